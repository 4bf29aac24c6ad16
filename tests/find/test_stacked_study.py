"A study in stacks has the results of one without."
import signal, subprocess, sys, time
from helpers import *
from fasterlth.find.controls import conditions
from fasterlth.train.stack import Unstackable

def make(seed): return Learner(digits_dls(size=8, n=256, bs=64, device=torch.device('cpu')), lenet_300_100(64, seed=seed), metrics=accuracy)
def train(learn): learn.fit_one_cycle(2, 1e-2)
def study(path, conditions=('random_reinit','shuffled'), seeds=3, make=make, train=train, **kwargs):
    return LotteryStudy(make, train, 80, kwargs.pop('n_rounds', 2), conditions, seeds, path, **kwargs)
def rows(s): return s.results.sort_values(['condition','seed','round']).reset_index(drop=True)

exact = ['condition','seed','round','sparsity','remaining']
def check_same(a, b, tolerance=.02):
    "Counts are exactly the same, measurements but for the last bits of sums."
    a,b = rows(a),rows(b)
    assert list(a.columns)==list(b.columns)
    pd.testing.assert_frame_equal(a[exact], b[exact], check_exact=True)
    measured = [c for c in a if c not in (*exact,'seconds','best_epoch','best_iteration')]
    pd.testing.assert_frame_equal(a[measured], b[measured], rtol=tolerance, atol=tolerance/2)

@pytest.mark.parametrize('given', [dict(), dict(rewind_epoch=1), dict(rewind_epoch='3it', reshuffle=True)])
def test_a_stacked_study(tmp_path, given):
    alone = study(tmp_path/'alone', **given).run(verbose=False)
    both = study(tmp_path/'both', **given).run(stack=2, verbose=False)
    assert not both.failures and not (tmp_path/'both'/'moment_stack.safetensors').exists()
    check_same(alone, both)
    for k in ('winning','random_reinit','shuffled'):
        a,b = alone.ticket(k, 1),both.ticket(k, 1)
        assert all(m.sum()==b.masks[n].sum() for n,m in a.masks.items())
        assert all((m==b.masks[n]).float().mean()>.995 for n,m in a.masks.items())
