"""Forty short runs over everything that makes numbers still give the counts that they gave when they were recorded.

Counts of kept weights, rows and sparsities hold on every machine. The last bits of weights don't: for those,
`python tests/same_bits.py` compares two versions of the code on one machine."""
import json
from pathlib import Path
import pytest
from same_bits import cases, run

recorded = json.loads((Path(__file__).parent/'same_counts.json').read_text())

def test_every_case_is_recorded(): assert set(cases)==set(recorded)

@pytest.mark.parametrize('case', recorded)
def test_counts(case):
    now = {k[1:]: v for k,v in run(case).items() if k.startswith('=')}
    assert now==recorded[case]
