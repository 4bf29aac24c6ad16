"The script that measures on a GPU: it runs, if only on the CPU, where its figures mean nothing."
import runpy, sys
from pathlib import Path
import pytest
from helpers import *

script = str(Path(__file__).parent.parent/'benchmarks'/'gpu.py')

def printed(capsys, *args):
    with pytest.MonkeyPatch.context() as m, warnings.catch_warnings():
        m.setattr(sys, 'argv', ['gpu.py', *args])
        runpy.run_path(script, run_name='__main__')
    return capsys.readouterr().out

def test_all_rows_are_printed_without_a_gpu(capsys):
    out = printed(capsys, '--device', 'cpu', '--repeats', '1')
    assert all(out.count(f'\n{k}: ')>0 for k in ('event','enforce','memory','fit')) and 'within their goals' in out

@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_it_says_that_there_is_no_gpu(capsys): assert 'there is no GPU' in printed(capsys)
