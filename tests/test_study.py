"Studies: conditions that keep counts, results that don't depend on who made them, intervals, verdicts."
import json, subprocess, sys
import numpy as np
import joblib
from scipy import stats
from conftest import *
from fasterlth.compare import compare_tickets, masks_on
from fasterlth.controls import Start, Trunk, conditions, examples
from fasterlth.study import interval

def make(seed): return Learner(digits_dls(size=8, n=256, bs=64, device=torch.device('cpu')), lenet_300_100(64, seed=seed), metrics=accuracy)
def train(learn): learn.fit_one_cycle(2, 1e-2)
def study(path=None, conditions=('random_reinit','shuffled'), seeds=2, **kwargs):
    return LotteryStudy(make, train, kwargs.pop('sparsity', 80), kwargs.pop('n_rounds', 2), conditions, seeds, path, **kwargs)
def rows(s): return s.results.drop(columns='seconds').sort_values(['condition','seed','round']).reset_index(drop=True)

@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    "All conditions there are, once."
    s = study(tmp_path_factory.mktemp('study')/'all', list(conditions), 1, rewind_epoch='3it').run(verbose=False)
    assert not s.failures
    return s

counted = [k for k in conditions if not isinstance(conditions[k], dict)]
layerwise = [k for k in counted if not k.startswith(('snip','grasp','synflow','magnitude'))]

@pytest.mark.parametrize('k', counted)
def test_conditions_keep_the_counts(whole, k):
    for r in (1,2):
        win,t = whole.ticket('winning', 0, r),whole.ticket(k, 0, r)
        assert sum(int(m.sum()) for m in t.masks.values())==sum(int(m.sum()) for m in win.masks.values())
        if k in layerwise: assert all(t.masks[n].sum()==m.sum() for n,m in win.masks.items())

def test_what_conditions_begin_with(whole):
    win = whole.ticket('winning', 0, 2)
    init = dict(make(0).model.named_parameters())
    t = {k: whole.ticket(k, 0, 2) for k in counted}
    eq = lambda a,b: all(torch.equal(a[n], b[n]) for n in win.masks)
    for k in ('random_mask','shuffled','inverted','one_shot'): assert eq(t[k].weights, win.weights) and not eq(t[k].masks, win.masks)
    assert not eq(win.weights, init)    # rewound to iteration 3
    for k in ('sign_constant','sign_flipped','random_reinit'): assert eq(t[k].masks, win.masks)
    for n in win.masks:
        w = init[n].detach()
        assert torch.equal(t['sign_constant'].weights[n].sign(), w.sign()) and t['sign_constant'].weights[n].abs().unique().numel()==1
        assert torch.equal(t['sign_flipped'].weights[n].abs(), w.abs()) and .4<(t['sign_flipped'].weights[n]!=w).float().mean()<.6
        assert not torch.equal(t['random_reinit'].weights[n], w)
    for k in ('snip','grasp','synflow','magnitude_at_init'):
        assert eq(t[k].weights, init) and eq(t[f'{k}_reinit'].masks, t[k].masks) and not eq(t[f'{k}_reinit'].weights, init)
        sh = t[f'{k}_shuffled']
        assert eq(sh.weights, init) and not eq(sh.masks, t[k].masks) and all(sh.masks[n].sum()==m.sum() for n,m in t[k].masks.items())
    # weights of the ticket that inversion keeps are the ones nobody else is left for
    for n,m in win.masks.items():
        if m.float().mean()<.4: assert (t['inverted'].masks[n]&m).float().sum()<.2*m.sum()

def test_inverted_and_one_shot_rank_the_trained_weights(whole):
    from fasterlth.study import _find
    f = _find(make, train, whole.kwargs, 0, whole._where('winning', 0))
    w,one,inv = f.trained[0],whole.ticket('one_shot', 0, 2),whole.ticket('inverted', 0, 2)
    for n in one.masks:
        a = w[n].abs()
        assert a[one.masks[n]].min()>=a[~one.masks[n]].max() and a[inv.masks[n]].max()<=a[~inv.masks[n]].min()

def test_at_init_scores_by_hand():
    "A linear network of two weights by two, a batch of which all gradients are known."
    net = nn.Sequential(nn.Linear(2, 2, bias=False))
    with torch.no_grad(): net[0].weight.copy_(torch.tensor([[1.,2],[3,-4]]))
    x = torch.tensor([[1.,1]])
    loss = lambda out,y: out.sum()
    layers = prunable(net)
    from fasterlth.criteria import score_inputs
    from fasterlth.masks import group_scores
    one = lambda c: group_scores(layers, c, **score_inputs(c, net, list(layers), [(x,torch.zeros(1))], loss))['0.weight'].view(2, 2)
    assert torch.equal(one(snip), torch.tensor([[1.,2],[3,4]]))      # every gradient is 1
    assert torch.equal(one(synflow), torch.tensor([[1.,2],[3,4]]))   # ∂R/∂|w| is 1 for an input of ones
    square = lambda out,y: out.square().sum()/2                      # g = out⊗x = (3,3;-1,-1), Hg = (6,6;-2,-2)
    s = group_scores(layers, grasp, **score_inputs(grasp, net, list(layers), [(x,torch.zeros(1))], square))['0.weight'].view(2, 2)
    assert torch.equal(s.abs(), torch.tensor([[6.,12],[6,8]])) and len(set(s.sign().mul(torch.tensor([[1.,1],[-1,1]])).flatten().tolist()))==1

def test_examples_of_each_class():
    x,y = examples(make(0).dls, 7)[0]
    assert y.bincount().tolist()==[7]*10 and len(x)==70

def test_the_same_whatever_the_number_of_jobs(tmp_path):
    one,two = study(tmp_path/'1').run(verbose=False),study(tmp_path/'2').run(n_jobs=2, verbose=False)
    pd.testing.assert_frame_equal(rows(one), rows(two), check_exact=True)
    for k in ('winning','random_reinit','shuffled'):
        a,b = one.ticket(k, 1),two.ticket(k, 1)
        assert same(a.masks, b.masks) and same(a.weights, b.weights)
    assert pd.read_csv(tmp_path/'2'/'results.csv').shape==two.results.shape

@pytest.mark.filterwarnings('ignore::DeprecationWarning', 'ignore::ResourceWarning', 'ignore:Sending large graph')
def test_on_a_dask_cluster(tmp_path):
    from distributed import Client, LocalCluster
    here = study(tmp_path/'here').run(verbose=False)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        with joblib.parallel_config(backend='dask'): there = study(tmp_path/'there').run(verbose=False)
    pd.testing.assert_frame_equal(rows(here), rows(there), check_exact=True)

def test_seeds_and_conditions_are_added(tmp_path):
    a = study(tmp_path, ['random_reinit'], 1).run(verbose=False)
    marks = {p: p.stat().st_mtime_ns for p in tmp_path.rglob('done.json')}
    b = study(tmp_path, ['random_reinit','shuffled'], 2).run(verbose=False)
    assert all(p.stat().st_mtime_ns==t for p,t in marks.items()) and len(b.results)==2*(1+2*3)
    pd.testing.assert_frame_equal(rows(b), rows(study(tmp_path/'new', seeds=2).run(verbose=False)), check_exact=True)

def test_killed_at_any_instant(tmp_path):
    got = subprocess.run([sys.executable, str(Path(__file__).parent/'killed.py'), str(tmp_path), 'study', '4'], capture_output=True, text=True)
    assert got.returncode==0 and got.stdout.split()==['ok','4'], got.stdout+got.stderr

def test_other_studies_are_refused(tmp_path):
    study(tmp_path, [], 1, n_rounds=1).run(verbose=False)
    with pytest.raises(ValueError, match='belongs to another study: targets'): study(tmp_path, [], 1, n_rounds=1, sparsity=70).run(verbose=False)
    with pytest.raises(ValueError, match='finder.context'): study(tmp_path, [], 1, n_rounds=1, context='global').run(verbose=False)
    def mine(t): return t.start
    study(tmp_path, {'mine': mine}, 1, n_rounds=1).run(verbose=False)
    def other(t): return t.start._replace(rewound=False)
    with pytest.raises(ValueError, match="'mine' was another condition"): study(tmp_path, {'mine': other}, 1, n_rounds=1).run(verbose=False)

def test_what_fails_is_collected_and_tried_again(tmp_path):
    flag = tmp_path/'fail'
    flag.touch()
    def brittle(t):
        if flag.exists(): raise RuntimeError('out of luck')
        return t.start
    with pytest.warns(UserWarning, match="2 of 4 runs failed, the first of them 'brittle' with seed 0 in round 1 .RuntimeError: out of luck"): s = study(tmp_path/'s', {'brittle': brittle,'shuffled': 'shuffled'}, 1).run(verbose=False)
    assert set(s.failures)=={('brittle',0,1),('brittle',0,2)} and 'out of luck' in s.failures['brittle',0,1]
    assert set(s.results.condition)=={'dense','winning','shuffled'}
    flag.unlink()
    s.run(verbose=False)
    assert not s.failures and set(s.results.condition)=={'dense','winning','shuffled','brittle'}
    # a control that begins with what the ticket begins with, ends where it ends
    at = s.results.set_index(['condition','round']).drop(columns=['seconds','seed'])
    pd.testing.assert_frame_equal(at.loc['winning'], at.loc['brittle'], check_exact=True)

def test_intervals_are_scipys():
    x = np.random.default_rng(0).normal(size=7)
    mean,lo,hi = interval(x, .9)
    want = stats.t.interval(.9, 6, loc=x.mean(), scale=stats.sem(x))
    np.testing.assert_allclose((lo,hi), want)
    assert np.isclose(mean, x.mean()) and np.isnan(interval([1.])[1])

def faked(acc, seeds=4):
    "A study whose results are given."
    s = study(seeds=seeds)
    for i in range(seeds):
        for k,v in acc.items():
            for r,a in enumerate(v):
                f = s._where('winning' if k in ('dense','winning') else k, i, None if k=='winning' else r+1)
                vals = (acc['dense']+v) if k=='winning' else v
                if k=='dense': continue
                f.mkdir(parents=True, exist_ok=True)
                row = lambda r,a: dict(round=r, sparsity=50.*(r>0)+10*r, remaining=100-50.*(r>0)-10*r, train_loss=1., valid_loss=1., accuracy=a+.001*i, best_epoch=2, start_valid_loss=2., start_accuracy=.1, seconds=1.)
                rs = [row(n, b+.0002*(i%2)*n) for n,b in enumerate(vals)] if k=='winning' else [row(r+1, a+.0003*(i%3))]
                (f/'done.json').write_text(json.dumps(dict(condition={}, iterations=5, rows=rs)))
    return s

def test_differences_are_paired():
    s = faked(dict(dense=[.9], winning=[.91,.88], random_reinit=[.88,.80]))
    df,r = s.summary(),s.results.set_index(['condition','round','seed']).accuracy*100
    d = np.array([r['winning',1,i]-r['dense',0,i] for i in range(4)])
    want = stats.t.interval(.95, 3, loc=d.mean(), scale=stats.sem(d))
    np.testing.assert_allclose(df.loc[('winning',1),['vs_dense','vs_dense_low','vs_dense_high']].astype(float), [d.mean(),*want])
    assert df.loc[('winning',1),'vs_dense_high']-df.loc[('winning',1),'vs_dense_low']<df.loc[('winning',1),'high']-df.loc[('winning',1),'low']
    v = s.verdict()
    assert v.startswith('winning at 40 % of the weights: +1.0') and 'against re-initialisation' in v and '4 seeds' in v
    assert (s.results.best_iteration==10).all()

def test_verdicts_that_are_none():
    assert faked(dict(dense=[.9], winning=[.85,.84], random_reinit=[.80,.80])).verdict().startswith('no ticket wins')
    assert faked(dict(dense=[.9], winning=[.91,.91], random_reinit=[.92,.92])).verdict().startswith('no ticket wins')
    assert 'one seed shows nothing' in faked(dict(dense=[.9], winning=[.91,.91], random_reinit=[.8,.8]), 1).verdict()
    assert 'without the condition random_reinit' in faked(dict(dense=[.9], winning=[.91,.91])).verdict()
    loss = faked(dict(dense=[.9], winning=[.91,.91], random_reinit=[.8,.8]))
    assert 'no ticket wins' in loss.verdict('valid_loss')    # all losses are equal: no gap

def test_plot_and_mistakes(whole):
    axs = whole.plot()
    assert len(axs[0].get_lines())==len(whole.conditions)+2
    with pytest.raises(ValueError, match='nothing is trained yet'): study().summary()
    with pytest.raises(ValueError, match='metric must be one of'): whole.plot('f1')
    with pytest.raises(ValueError, match='seed must be one of'): whole.ticket('winning', 7)
    with pytest.raises(ValueError, match='condition must be one of'): whole.ticket('lucky', 0)

def test_masks_hold_in_plain_pytorch():
    net = nn.Linear(4, 4)
    masks = {'weight': torch.eye(4, dtype=torch.bool)}
    with masks_on(net, masks):
        opt = torch.optim.Adam(net.parameters(), .1)
        for _ in range(3):
            net(torch.randn(8, 4)).square().mean().backward()
            opt.step()
            assert not net.weight.detach()[~masks['weight']].any()
    opt.step()
    assert net.weight.detach()[~masks['weight']].any()    # off again

def test_gpus_are_shared_out(tmp_path, monkeypatch):
    "Nothing of this machine has two: what would be set, and when."
    at,seen = [],[]
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    monkeypatch.setattr(torch.cuda, 'set_device', at.append)
    def copied(t): seen.append(at[-1]); return t.start
    s = LotteryStudy(make, train, [50,80,90], conditions={'copied': copied}, seeds=2, path=tmp_path)
    s.run(verbose=False)
    assert at[:2]==[0,1] and seen==[0,1]*3 and not s.failures
