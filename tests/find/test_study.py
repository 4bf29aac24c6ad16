"Studies: conditions that keep counts, results that don't depend on who made them."
import functools, os, sys, warnings
from apart import Session, run_module
from types import SimpleNamespace
import numpy as np
import joblib
from helpers import *
from fasterlth.find.trunk import Start, Trunk
from fasterlth.find.controls import conditions
from fasterlth.train.learner import examples
from fasterlth.find.finder import LotteryTicketFinder

def make(seed): return Learner(digits_dls(size=8, n=256, bs=64, device=torch.device('cpu')), lenet_300_100(64, seed=seed), metrics=accuracy)
def train(learn): learn.fit_one_cycle(2, 1e-2)
def study(path=None, conditions=('random_reinit','shuffled'), seeds=2, **kwargs):
    return LotteryStudy(make, train, kwargs.pop('sparsity', 80), kwargs.pop('n_rounds', 2), conditions, seeds, path, **kwargs)
def rows(s): return s.results.drop(columns='seconds').sort_values(['condition','seed','round']).reset_index(drop=True)

@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    "Every condition, once."
    s = study(tmp_path_factory.mktemp('study')/'all', list(conditions), 1, rewind_epoch='3it').run(verbose=False)
    assert not s.failures
    return s

counted = [k for k in conditions if not isinstance(conditions[k], dict)]
layerwise = [k for k in counted if not k.startswith(('snip','grasp','synflow','magnitude','random_erk','random_smart'))]

@pytest.mark.parametrize('k', counted)
def test_conditions_keep_the_counts(whole, k):
    for r in (1,2):
        win,t = whole.ticket('winning', 0, r),whole.ticket(k, 0, r)
        assert sum(int(m.sum()) for m in t.masks.values())==sum(int(m.sum()) for m in win.masks.values())
        if k in layerwise: assert all(t.masks[n].sum()==m.sum() for n,m in win.masks.items())

def test_results_and_summary_have_effective_sparsity(whole):
    r,t = whole.results,whole.summary()
    assert r.effective_sparsity.notna().all() and (r.effective_sparsity>=r.sparsity-1e-9).all()
    win = whole.ticket('winning', 0, 2)
    assert t.loc[('winning',2),'effective_sparsity']==win.effective_sparsity(make(0).model, make(0).dls.train.one_batch()[0])
    same = t.xs(2, level='round').effective_sparsity
    assert same['winning']==same['random_reinit']==same['sign_constant']    # the same masks
    assert t.columns.tolist()[:3]==['remaining','effective_sparsity','seeds']

def test_what_conditions_begin_with(whole):
    win = whole.ticket('winning', 0, 2)
    init = dict(make(0).model.named_parameters())
    t = {k: whole.ticket(k, 0, 2) for k in counted}
    eq = lambda a,b: all(torch.equal(a[n], b[n]) for n in win.masks)
    for k in ('random_mask','random_erk','random_smart','shuffled','inverted','one_shot'): assert eq(t[k].weights, win.weights) and not eq(t[k].masks, win.masks)
    assert not eq(win.weights, init)    # rewound to iteration 3
    for k in ('sign_constant','sign_flipped','sign_only','random_reinit'): assert eq(t[k].masks, win.masks)
    for n in win.masks:
        w = init[n].detach()
        assert torch.equal(t['sign_constant'].weights[n].sign(), w.sign()) and t['sign_constant'].weights[n].abs().unique().numel()==1
        assert torch.equal(t['sign_only'].weights[n].sign(), w.sign()) and not torch.equal(t['sign_only'].weights[n], w)
        assert torch.equal(t['sign_flipped'].weights[n].abs(), w.abs()) and .4<(t['sign_flipped'].weights[n]!=w).float().mean()<.6
        assert not torch.equal(t['random_reinit'].weights[n], w)
    for k in ('snip','grasp','synflow','magnitude_at_init'):
        assert eq(t[k].weights, init) and eq(t[f'{k}_reinit'].masks, t[k].masks) and not eq(t[f'{k}_reinit'].weights, init)
        sh = t[f'{k}_shuffled']
        assert eq(sh.weights, init) and not eq(sh.masks, t[k].masks) and all(sh.masks[n].sum()==m.sum() for n,m in t[k].masks.items())
    # inversion keeps weights of the ticket only where no others are left
    for n,m in win.masks.items():
        if m.float().mean()<.4: assert (t['inverted'].masks[n]&m).float().sum()<.2*m.sum()

def test_inverted_and_one_shot_rank_the_trained_weights(whole):
    f = LotteryTicketFinder(make(0), **whole.kwargs, seed=0, path=whole.where('winning', 0), verbose=False)
    f.find_winning_ticket(train)
    w,one,inv = f.trained[0],whole.ticket('one_shot', 0, 2),whole.ticket('inverted', 0, 2)
    for n in one.masks:
        a = w[n].abs()
        assert a[one.masks[n]].min()>=a[~one.masks[n]].max() and a[inv.masks[n]].max()<=a[~inv.masks[n]].min()

def test_synflow_prunes_as_its_paper_says():
    "A hundred rounds, each scoring what is left, against a loop of its own: nothing of a layer is cut off, as one round at this sparsity would do."
    def tiny(seed): return Learner(digits_dls(size=8, n=64, bs=64, device=torch.device('cpu')), nn.Sequential(nn.Flatten(), nn.Linear(64, 8, bias=False), nn.ReLU(), nn.Linear(8, 10, bias=False)))
    f = LotteryTicketFinder(tiny(0), 95, n_rounds=1, seed=0, verbose=False)
    f.find_winning_ticket(lambda l: l.fit(1, 1e-2))
    t = Trunk.of(f, 1, tiny)
    got = conditions['synflow'](t).masks
    w = [t.init[n].abs().double() for n in got]
    ms = [torch.ones_like(o) for o in w]
    total,kept = sum(o.numel() for o in w),sum(int(m.sum()) for m in t.start.masks.values())
    for i in range(1, 101):
        a,b = [o*m for o,m in zip(w, ms)]
        s = torch.cat([(a*b.sum(0)[:,None]).flatten(), (b*a.sum(1)).flatten()])
        flat = torch.cat([m.flatten() for m in ms])
        n = kept if i==100 else total-round(total*(1-(kept/total)**(i/100)))
        top = torch.zeros_like(flat)
        top[torch.where(flat>0, s, -1.).topk(n).indices] = 1
        ms = [o.view_as(m) for o,m in zip(top.split([m.numel() for m in ms]), ms)]
    assert all(torch.equal(g, m.bool()) for g,m in zip(got.values(), ms))

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

@pytest.mark.weekly
@pytest.mark.filterwarnings('ignore::DeprecationWarning', 'ignore::ResourceWarning', 'ignore:Sending large graph')
def test_on_a_dask_cluster(tmp_path):
    from distributed import Client, LocalCluster
    here = study(tmp_path/'here').run(verbose=False)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=':0') as cluster, Client(cluster):
        with joblib.parallel_config(backend='dask'): there = study(tmp_path/'there').run(verbose=False)
    pd.testing.assert_frame_equal(rows(here), rows(there), check_exact=True)

@pytest.mark.weekly
@pytest.mark.filterwarnings('ignore')
def test_on_a_ray_cluster(tmp_path):
    "Where Ray is installed."
    ray = pytest.importorskip('ray')
    from ray.util.joblib import register_ray
    here = study(tmp_path/'here').run(verbose=False)
    env = dict(env_vars=dict(PYTHONPATH=os.pathsep.join(sys.path), RAY_AUTH_MODE='disabled'))
    with ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=env):
        register_ray()
        with joblib.parallel_config(backend='ray'): there = study(tmp_path/'there').run(verbose=False)
    assert not there.failures
    pd.testing.assert_frame_equal(rows(here), rows(there), check_exact=True)

@pytest.mark.parametrize('n_jobs', [1,weekly(2)])
def test_pruning_whole_outputs_warns_once(tmp_path, n_jobs, capfd):
    s = study(tmp_path, ['shuffled'], n_rounds=1, sparsity=50, granularity='filter')
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        for _ in range(2): s.run(n_jobs, verbose=False)
    assert len(seen)==1 and 'would prune whole outputs' in str(seen[0].message) and 'whole outputs' not in capfd.readouterr().err and not s.failures

def test_seeds_and_conditions_are_added(tmp_path):
    a = study(tmp_path, ['random_reinit'], 1).run(verbose=False)
    marks = {p: p.stat().st_mtime_ns for p in tmp_path.rglob('done.json')}
    b = study(tmp_path, ['random_reinit','shuffled'], 2).run(verbose=False)
    assert all(p.stat().st_mtime_ns==t for p,t in marks.items()) and len(b.results)==2*(1+2*3)
    pd.testing.assert_frame_equal(rows(b), rows(study(tmp_path/'new', seeds=2).run(verbose=False)), check_exact=True)

def test_killed_at_any_instant():
    code,out,err = run_module('tests.faults.kills', 'study', 4)
    assert code==0 and out.strip()=='none of 4 went wrong', out+err

def test_other_studies_are_refused(tmp_path):
    study(tmp_path, [], 1, n_rounds=1).run(verbose=False)
    with pytest.raises(ValueError, match='belongs to another experiment: targets'): study(tmp_path, [], 1, n_rounds=1, sparsity=70).run(verbose=False)
    with pytest.raises(ValueError, match='finder.context'): study(tmp_path, [], 1, n_rounds=1, context='global').run(verbose=False)
    def mine(t): return t.start
    study(tmp_path, {'mine': mine}, 1, n_rounds=1).run(verbose=False)
    def other(t): return t.start._replace(rewound=False)
    with pytest.raises(ValueError, match="'mine' was a different condition"): study(tmp_path, {'mine': other}, 1, n_rounds=1).run(verbose=False)

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

def test_plot_and_mistakes(whole):
    axs = whole.plot()
    assert len(axs[0].get_lines())==len(whole.conditions)+2
    with pytest.raises(ValueError, match='nothing is trained yet'): study().summary()
    with pytest.raises(ValueError, match='metric must be one of'): whole.plot('f1')
    with pytest.raises(ValueError, match='seed must be one of'): whole.ticket('winning', 7)
    with pytest.raises(ValueError, match='condition must be one of'): whole.ticket('lucky', 0)


def test_callbacks_that_write_do_so_apart(tmp_path, monkeypatch):
    "SaveModelCallback has one file by default, from which two trainings at a time would read each other's weights."
    monkeypatch.chdir(tmp_path)
    watched = lambda seed: Learner(digits_dls(size=8, n=256, bs=64, device=torch.device('cpu')), lenet_300_100(64, seed=seed), metrics=accuracy, cbs=[SaveModelCallback(monitor='accuracy'), CSVLogger()])
    short = lambda l: l.fit(3, 1e-2)
    one,two = [LotteryStudy(watched, short, 80, 1, ['shuffled','random_mask'], 2, tmp_path/str(n)).run(n, verbose=False) for n in (1,2)]
    assert not one.failures and not two.failures
    pd.testing.assert_frame_equal(rows(one), rows(two), check_exact=True)
    assert sorted(o.name for o in tmp_path.iterdir())==['1','2'] and not list(tmp_path.rglob('model.pth'))    # nothing beside the folder, no weights left
    assert len(list(tmp_path.rglob('files/history.csv')))==2*2*3

def test_the_dense_training_is_shared(tmp_path, monkeypatch):
    "What differs only after the dense training begins with the finder's own; bit for bit what it would be alone."
    own = {'finetune': 'finetune','lr_rewind': 'lr_rewind','global': dict(context='global', n_rounds=1),'by_movement': dict(criteria=movement),
           'later': dict(rewind_epoch='2it'),'by_snip': dict(criteria=snip)}
    fits,real = [],Learner.fit
    @functools.wraps(real)
    def counted(*args, **kwargs): fits.append(1); return real(*args, **kwargs)
    monkeypatch.setattr(Learner, 'fit', counted)
    a = study(tmp_path/'a', own, 1, rewind_epoch='5it').run(verbose=False)
    n = len(fits)
    monkeypatch.setattr(LotteryTicketFinder, 'adopt_dense', lambda *args: None)
    b = study(tmp_path/'b', own, 1, rewind_epoch='5it').run(verbose=False)
    assert not a.failures and n==3+3*2+1+2*3 and len(fits)-n==n+4    # a later rewind point, or gradients: a dense training of its own
    pd.testing.assert_frame_equal(rows(a), rows(b), check_exact=True)
    for k in own: assert same(a.ticket(k, 0).weights, b.ticket(k, 0).weights) and same(a.ticket(k, 0).masks, b.ticket(k, 0).masks)

@pytest.mark.weekly
def test_a_process_that_dies_takes_no_others(tmp_path):
    import os
    def deadly(t):
        if t.finder.seed==0: os._exit(3)
        return t.start
    with pytest.warns(UserWarning, match="'deadly' with seed 0 in round 1 .its process died"): s = study(tmp_path, {'deadly': deadly,'shuffled': 'shuffled'}, 3, n_rounds=1).run(2, verbose=False)
    assert set(s.failures)=={('deadly',0,1)} and len(s.results)==3*4-1 and not list(tmp_path.rglob('running'))

@pytest.mark.weekly
def test_it_is_opened_again_in_another_session(tmp_path, capsys):
    "Functions among the arguments are recognised by what they do, not by where they lie in memory."
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from helpers import *
from fasterlth.find.controls import at_init, control_of, shuffled
def make(seed): return Learner(digits_dls(size=8, n=256, bs=64, device=torch.device('cpu')), lenet_300_100(64, seed=seed), metrics=accuracy)
own = {{'moved': dict(criteria=movement), 'early': at_init(snip), 'mixed': control_of(at_init(snip), shuffled)}}
s = LotteryStudy(make, lambda l: l.fit(1, 1e-2), {{nn.Linear: 50}}, 1, own, 1, {str(tmp_path)!r}, criteria=partial(random_score, seed=1), layer_type=nn.Linear)
print('run', len(s.run(verbose=False).results), len(s.failures))
for k,other in (('moved',dict(criteria=taylor)),('early',at_init(grasp)),('mixed',control_of(at_init(grasp), shuffled)),('early',dict(rewind='lr')),('moved',at_init(snip))):
    try: LotteryStudy(make, lambda l: l.fit(1, 1e-2), {{nn.Linear: 50}}, 1, {{k: other}}, 1, {str(tmp_path)!r}, criteria=partial(random_score, seed=1), layer_type=nn.Linear).run(verbose=False)
    except ValueError as e: print('refused', 'was a different condition' in str(e))
"""
    want = ['run 5 0']+['refused True']*5
    exec(script, dict(__name__='__main__'))    # in this session, whose functions lie elsewhere than the next one's
    assert capsys.readouterr().out.splitlines()==want
    s = Session(script)
    assert s.wait()==0 and s.stdout.splitlines()==want, s.stdout+s.stderr

losses,n_calls = [],0
def noted(learn):
    global n_calls
    n_calls += 1
    train(learn)
    losses.append(learn.recorder.values[-1][0])

@pytest.mark.parametrize('path', [None,'study'])
def test_training_may_note_what_it_does(path, tmp_path):
    "A list of losses grows with each training, which makes none of them another experiment."
    s = LotteryStudy(make, noted, 50, 1, ['random_reinit'], 1, path and tmp_path/path)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        s.run(verbose=False)
    assert not s.failures and len(s.results)==3 and len(losses)>=3

def test_other_settings_are_refused(tmp_path):
    args = SimpleNamespace(lr=1e-2)
    def fit(learn): learn.fit_one_cycle(1, args.lr)
    def study(): return LotteryStudy(make, lambda learn: fit(learn), 50, 1, ['random_mask'], 1, tmp_path)
    study().run(verbose=False)
    args.lr = 1e-3
    with pytest.raises(ValueError, match='belongs to another experiment: train.uses.fit.uses.args.lr is 0.01 in the folder, 0.001 now'): study().run(verbose=False)

def test_results_of_other_settings_are_not_shown(tmp_path):
    "Two settings in one folder would be one verdict."
    study = lambda *args, **kwargs: LotteryStudy(make, train, *args, conditions=['random_reinit'], path=tmp_path, **{'seeds': 2, **kwargs})
    said = study(50, 1).run(verbose=False).verdict()
    assert study(50, 1).verdict()==said and study([50]).verdict()==said and len(study(50, 1, seeds=1).results)==3
    for other in (study(60, 1), study(50, 2), study(50, 1, granularity='filter'), study(50, 1, criteria=random_score)):
        for f in (lambda: other.results, other.verdict, other.summary, other.plot):
            with pytest.raises(ValueError, match='has results of other settings: .* in the folder'): f()
        assert 'has results of other settings' in other._repr_html_() and 'LotteryStudy' in repr(other)

@pytest.mark.parametrize('wrong,error,says', [
    (dict(granularity='x'),ValueError,"granularity 'x' is unknown"), (dict(criteria='l1_norm'),TypeError,"without quotes"), (dict(context='x'),ValueError,'context must be one of'),
    (dict(n_jobs=3),TypeError,r"LotteryStudy has no argument 'n_jobs': it takes make_learner, train, sparsity, n_rounds, conditions, seeds, path, threads, .*granularity"),
    (dict(round_to=0),ValueError,'round_to must be')])
def test_mistakes_are_known_when_a_study_is_made(wrong, error, says, tmp_path):
    with pytest.raises(error, match=says): LotteryStudy(make, train, 50, 1, path=tmp_path/'s', **wrong)
    with pytest.raises(error, match=says.split(': it takes')[0]): LotteryStudy(make, train, 50, 1, {'mine': wrong}, path=tmp_path/'s') if 'n_jobs' not in wrong else LotteryStudy(make, train, 50, 1, **wrong)
    assert not (tmp_path/'s').exists()

def test_why_nothing_is_trained(tmp_path):
    def fails(learn): raise RuntimeError('no luck')
    s = LotteryStudy(make, fails, 50, 1, [], 1, tmp_path)
    with pytest.raises(ValueError, match=r'nothing is trained yet in this study: call run\(\)'): s.verdict()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        s.run(verbose=False)
    for f in (s.verdict, s.summary, s.plot):
        with pytest.raises(ValueError, match='nothing is trained yet in this study: RuntimeError: no luck'): f()

def test_other_data_are_refused(tmp_path):
    "They may differ though `make_learner` is the same."
    data = SimpleNamespace(n=256)
    def of_data(seed): return Learner(digits_dls(size=8, n=data.n, bs=64, device=torch.device('cpu')), lenet_300_100(64, seed=seed), metrics=accuracy)
    one = lambda seeds: LotteryStudy(of_data, train, 50, 1, [], seeds, tmp_path).run(verbose=False)
    one([1])
    data.n = 320
    with pytest.raises(ValueError, match='belongs to another experiment: make_learner.uses.data.n is 256 in the folder, 320 now; learner.data.0.items'): one([2])
    data.n = 256
    assert len(one([2,1]).results)==4

def test_regression_and_losses(tmp_path):
    "Without classes: no accuracy, and metrics where less is better and that aren't percentages."
    def regress(seed):
        x = torch.randn(160, 4, generator=torch.Generator().manual_seed(0))
        ds = list(zip(x, x[:,:1]*.1+.05*x[:,1:2]))
        dls = DataLoaders.from_dsets(ds[:128], ds[128:], bs=32, num_workers=0, device=torch.device('cpu'))
        return Learner(dls, nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1)), loss_func=MSELossFlat(), metrics=mse)
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'these layers would have lost everything')
        s = LotteryStudy(regress, lambda l: l.fit(1, 1e-2), 50, 1, list(conditions), 2, tmp_path).run(verbose=False)
    assert not s.failures and len(s.results)==2*(2+len(conditions))
    assert s.results.mse.between(0, 1).all()
    np.testing.assert_allclose(s.summary().loc[('dense',0),'mean'], s.results.mse[s.results.condition=='dense'].mean())    # no percent
    assert ' pp' not in s.verdict() and 'mse' in s.verdict()

@pytest.mark.parametrize('kw', [dict(granularity='row'), dict(context='global'),
    *map(weekly, (dict(n_rounds=1), dict(sparsity=[50,80], n_rounds=None), dict(sparsity={'fc1': [50,80], nn.Linear: [10,20]}, n_rounds=None), dict(criteria=snip)))])
@pytest.mark.filterwarnings('ignore:.* would prune whole outputs')    # rows of the last layer, on purpose
def test_conditions_keep_the_counts_of_any_ticket(tmp_path, kw):
    ks = ['random_mask','shuffled','inverted','one_shot','sign_flipped','snip','synflow_shuffled']
    s = study(tmp_path, ks, 1, **kw).run(verbose=False)
    assert not s.failures
    win = s.ticket('winning', 0)
    count = lambda t: {n: int(m.sum()) for n,m in t.masks.items()}
    for k in ks:
        t = s.ticket(k, 0)
        if kw.get('granularity')=='row' and k.startswith(('snip','synflow')): assert abs(sum(count(t).values())-sum(count(win).values()))<=300    # rows of other lengths: no nearer
        else: assert sum(count(t).values())==sum(count(win).values())
        if k in ('random_mask','shuffled','inverted','sign_flipped') or k=='one_shot' and kw.get('context')!='global': assert count(t)==count(win)

@pytest.mark.filterwarnings('ignore:.* would prune whole outputs')    # rows of the last layer, on purpose
def test_layers_outside_the_rounding(tmp_path):
    "What the results say is what the masks hold."
    s = study(tmp_path, ['random_mask'], 1, round_to=8, granularity='row').run(verbose=False)
    for r in (1,2): assert s.results.set_index(['condition','round']).loc[[('winning',r),('random_mask',r)],'sparsity'].tolist()==[s.ticket(k, 0, r).sparsity for k in ('winning','random_mask')]

def test_supermasks_are_measured(whole):
    "`start_accuracy` is that of the masked weights before any step; `best_iteration` that of the lowest validation loss."
    df = whole.results.set_index(['condition','round'])
    for k in ('sign_constant','random_reinit','winning'):
        learn = make(0)
        learn.add_cb(MaskCallback(whole.ticket(k, 0, 2).masks))
        whole.ticket(k, 0, 2).load_into(learn.model)
        with learn.no_bar(): loss,acc = learn.validate()
        assert np.isclose(df.loc[(k,2),'start_accuracy'], acc) and np.isclose(df.loc[(k,2),'start_valid_loss'], loss)
    f = LotteryTicketFinder(make(0), **whole.kwargs, seed=0, path=whole.where('winning', 0), verbose=False)
    f.find_winning_ticket(train)
    es = f.epochs[f.epochs['round']==2]
    best = es.epoch[es.valid_loss.idxmin()]
    assert df.loc[('winning',2),'best_epoch']==best and df.loc[('winning',2),'best_iteration']==best*len(make(0).dls.train)
    assert (df.seconds>0).all() and {'condition','seed','round','sparsity','remaining','accuracy','valid_loss','start_accuracy','best_epoch','best_iteration','seconds'}<={*whole.results.columns}
    csv = pd.read_csv(whole.path/'results.csv')
    pd.testing.assert_frame_equal(csv, whole.results.reset_index(drop=True), check_dtype=False)

def test_rounds_of_another_number_are_compared_by_sparsity(tmp_path):
    s = study(tmp_path, {'random_reinit': 'random_reinit','at_once': dict(n_rounds=1)}, 2).run(verbose=False)
    df,r = s.summary(),s.results.set_index(['condition','round','seed']).accuracy*100
    assert np.isclose(df.loc[('at_once',1),'remaining'], df.loc[('random_reinit',2),'remaining'])
    assert np.isclose(df.loc[('at_once',1),'vs_random_reinit'], np.mean([r['at_once',1,i]-r['random_reinit',2,i] for i in range(2)]))

def test_fewer_conditions_and_seeds(tmp_path):
    s = study(tmp_path).run(verbose=False)
    t = study(tmp_path, ['shuffled'], [1]).run(verbose=False)
    pd.testing.assert_frame_equal(rows(t), s.results.query("seed==1 and condition!='random_reinit'").drop(columns='seconds').sort_values(['condition','seed','round']).reset_index(drop=True), check_exact=True)

def test_wrong_arguments_before_anything_is_made(tmp_path):
    from fasterlth.find.controls import at_init
    for error,kw,what in ((ValueError, dict(conditions=[at_init(snip),at_init(grasp)]), "the name 'pruned_at_init' twice"), (ValueError, dict(conditions={'winning': lambda t: t.start}), 'is always'),
                          (ValueError, dict(conditions={'x': dict(seed=1)}), "can't set seed"), (ValueError, dict(conditions={1: 'shuffled'}), "condition's name"), (ValueError, dict(conditions=[lambda t: t.start]), "condition's name"),
                          (TypeError, dict(conditions={'x': 3}), 'must be a function'), (ValueError, dict(batches=[]), 'batches must hold')):
        with pytest.raises(error, match=what): study(tmp_path/'s', **kw)
    for error,kw,n,what in ((TypeError, dict(conditions={'x': dict(rewnd='lr')}), 1, 'rewnd'), (ValueError, dict(conditions={'x': dict(rewind='luck')}), 1, 'rewind must be'), (ValueError, {}, 0, 'n_jobs'), (ValueError, {}, 'two', 'n_jobs'),
                            (TypeError, dict(n_round=2), 1, 'n_round')):
        with pytest.raises(error, match=what): study(tmp_path/'s', **kw).run(n, verbose=False)
    assert not (tmp_path/'s').exists()
    with pytest.raises(ValueError, match='in processes, not in threads'), joblib.parallel_config(prefer='threads'): study(tmp_path/'s').run(2, verbose=False)

def test_folders_of_finders_are_not_studies(tmp_path):
    LotteryTicketFinder(make(0), 50, 1, seed=0, path=tmp_path/'finder', verbose=False).find_winning_ticket(train)
    with pytest.raises(ValueError, match='finder. is the folder of a finder, not of a study'): study(tmp_path/'finder').run(verbose=False)
    s = study(tmp_path/'study', [], 1, n_rounds=1)
    assert repr(s)=='LotteryStudy: dense, winning; seeds 0; 0 training runs finished' and '<table' not in s._repr_html_()
    s.run(verbose=False)
    assert repr(s)=='LotteryStudy: dense, winning; seeds 0; 2 training runs finished' and '<table' in s._repr_html_()
    files = sorted(tmp_path.rglob('*'))
    with pytest.raises(ValueError, match='study. is the folder of a study, not of a finder'): LotteryTicketFinder(make(0), 50, 1, path=tmp_path/'study', verbose=False).find_winning_ticket(train)
    assert files==sorted(tmp_path.rglob('*'))

def test_mistakes_are_reported_early():
    with pytest.raises(ValueError, match='Did you mean 80'): study(sparsity=.8)
    with pytest.raises(ValueError, match='Did you mean 80'): study(conditions={'x': dict(sparsity=.8)})
    def maker(): return make(0)
    with pytest.raises(TypeError, match=r'make_learner must be a function of the seed that returns a Learner, not maker\(\)'): LotteryStudy(maker, train).run()

@pytest.mark.parametrize('kind', ['are the same','share weights'])
def test_learners_must_be_new(kind, tmp_path):
    "Or a control would begin with what the ticket's training has left."
    learn = make(0)
    def maker(seed): return learn if kind=='are the same' else Learner(learn.dls, learn.model, learn.loss_func)
    with pytest.raises(ValueError, match=f'make_learner must make a new Learner.* {kind}'):
        LotteryStudy(maker, train, 50, 1, ['random_reinit'], seeds=1, path=tmp_path/'study').run(verbose=False)
    assert not (tmp_path/'study').exists()

def test_one_bar_over_everything(tmp_path, monkeypatch):
    import fasterlth.find.progress as st
    bars = []
    class Bar:
        def __init__(self, gen): self.total,self.seen = len(gen),[]; bars.append(self)
        def update(self, n): self.seen.append(n)
        def on_interrupt(self): self.seen.append('interrupted')
    monkeypatch.setattr(st, 'progress_bar', Bar)
    own = {'at_once': dict(n_rounds=1),'shuffled': 'shuffled'}
    study(tmp_path, own, 2).run(2)
    assert len(bars)==1 and bars[0].total==2*(3+2+2) and bars[0].seen==sorted(bars[0].seen) and bars[0].seen[0]==0 and bars[0].seen[-1]==bars[0].total
    study(tmp_path, own, 2).run()
    assert bars[1].seen[-1]==bars[1].total
    def stop(t): raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): study(tmp_path, {'stop': stop}, 1).run()
    assert bars[2].seen[-1]=='interrupted'

@pytest.mark.weekly
@pytest.mark.parametrize('how', ['SIGINT','SIGKILL'])
def test_interrupted_while_two_train(tmp_path, how):
    "By Ctrl-C, which all processes of a terminal get, or killed, when its workers are left: the next run continues, at once."
    import os, signal, time
    script = f"""
import signal, sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})
signal.signal(signal.SIGINT, signal.default_int_handler)    # tests that a shell runs in the background ignore it, and would hand that down
from helpers import *
from joblib.externals.loky.backend.context import set_start_method
if 'fork' in sys.argv: set_start_method('fork', force=True)    # or its workers would import fastai again
make = lambda seed: Learner(digits_dls(size=8, n=256, bs=64, device=torch.device('cpu')), lenet_300_100(64, seed=seed), metrics=accuracy)
s = LotteryStudy(make, lambda l: l.fit(12, 1e-2), 50, 1, ['shuffled'], 2, sys.argv[1])
print(s.run(2, verbose=False).results.drop(columns='seconds').to_csv(), len(s.failures))
"""
    p,end = Session(script, tmp_path/'s'),time.time()+120
    try:
        while not list((tmp_path/'s').glob('seed_*/winning/moment*')) and time.time()<end: time.sleep(.05)
        os.killpg(p.pid, signal.SIGINT) if how=='SIGINT' else os.kill(p.pid, signal.SIGKILL)
        assert p.wait(60) and not list((tmp_path/'s').glob('seed_*/shuffled/*/done.json'))
        if how=='SIGINT': assert 'KeyboardInterrupt' in p.stderr
        again = Session(script, tmp_path/'s', 'fork')
        assert again.wait(200)==0, again.stderr
    finally:
        try: os.killpg(p.pid, signal.SIGKILL)    # its workers stay for a while
        except ProcessLookupError: pass
    whole = LotteryStudy(make, lambda l: l.fit(12, 1e-2), 50, 1, ['shuffled'], 2).run(verbose=False)
    assert again.stdout.strip()==f"{whole.results.drop(columns='seconds').to_csv()} 0"
    assert not [o for o in (tmp_path/'s').rglob('*') if o.suffix=='.part' or o.name in ('moment.safetensors','running')]


def test_a_verdict_says_that_a_control_failed():
    "The model's weights don't come from the seed, so there are no others to draw."
    def make(seed): return make_learner(0)
    s = LotteryStudy(make, lambda l: l.fit(1), 80, 1, ['random_reinit'], seeds=2)
    with pytest.warns(UserWarning, match='2 of '): s.run(verbose=False)
    assert s.verdict().startswith('no verdict: all trainings of random_reinit failed (ValueError: make_learner(seed) must give other weights')
