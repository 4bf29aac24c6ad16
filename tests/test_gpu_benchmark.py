"The scripts that measure on a GPU: they run, if only on the CPU, where their figures mean nothing."
import runpy, sys
from pathlib import Path
import pytest
from helpers import *

scripts = Path(__file__).parent.parent/'benchmarks'

def printed(capsys, *args, script='gpu.py'):
    with pytest.MonkeyPatch.context() as m, warnings.catch_warnings():
        m.setattr(sys, 'argv', [script, *args])
        runpy.run_path(str(scripts/script), run_name='__main__')
    return capsys.readouterr().out

def test_all_rows_are_printed_without_a_gpu(capsys):
    out = printed(capsys, '--device', 'cpu', '--repeats', '1')
    assert all(out.count(f'\n{k}: ')>0 for k in ('event','enforce','memory','fit')) and 'within their goals' in out

@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
@pytest.mark.parametrize('script', ['gpu.py','stack.py'])
def test_it_says_that_there_is_no_gpu(capsys, script): assert 'there is no GPU' in printed(capsys, script=script)

def test_stacked_trainings_are_timed_without_a_gpu(capsys):
    before = (scripts/'results.txt').read_text()
    out = printed(capsys, '--device', 'cpu', '--repeats', '1', script='stack.py')
    assert out.count('stack: separate trainings ÷ a stack of 2')==1 and out.count('stack: a study one by one ÷')==1
    assert (scripts/'results.txt').read_text()==before
