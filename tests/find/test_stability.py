"Straight lines between networks, and the moment from which copies stay connected."
from helpers import *
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.folder import RunFolder
from fasterlth.find.protocol import Protocol
from fasterlth.find.stability import RewindPoint, earliest_stable, plot_stability
from fasterlth.find.interpolation import barrier, linear_interpolation
from fasterlth.train.randomness import random_states
from fasterlth.train.snapshot import Snapshot

def plain(seed=0, n=320):
    dls = digits_dls(size=8, n=n, bs=64, device=torch.device('cpu'))
    return seed_learner(Learner(dls, lenet_300_100(64, seed=seed), metrics=accuracy), seed)

def train(l): l.fit_one_cycle(3, 3e-2)

def find(learn, **kwargs):
    return learn.rewind_find(train, **{**dict(epochs=[0,.5,1], points=5, show_plot=False, verbose=False), **kwargs})

def test_a_network_and_itself():
    learn = quiet(make_learner(), 1)
    line = linear_interpolation(learn, learn, learn, points=4)
    assert barrier(line)==0 and line.error.nunique()==1 and line.alpha.tolist()==[0, 1/3, 2/3, 1]

def test_two_starts_have_a_barrier_and_one_start_less():
    a,b = quiet(plain(0, 1000), 6),quiet(plain(1, 1000), 6)
    apart = linear_interpolation(a, a, b, points=11)
    assert barrier(apart)>1 and barrier(apart, 'loss')>.1
    c = quiet(seed_learner(Learner(a.dls, lenet_300_100(64, seed=0), metrics=accuracy, lr=1e-3), 7), 6)
    assert barrier(linear_interpolation(a, a, c, points=11), 'loss')<barrier(apart, 'loss')

def test_ends_are_the_networks_themselves():
    a,b = quiet(plain(0), 2),quiet(plain(1), 2)
    line = linear_interpolation(a, a, b, points=3)
    for l,e,x in ((a, line.error.iloc[0], line.loss.iloc[0]),(b, line.error.iloc[-1], line.loss.iloc[-1])):
        loss,acc = l.validate()
        assert abs(100*(1-acc)-e)<1e-4 and abs(loss-x)<1e-5

def test_everything_is_as_it_was():
    a,b = quiet(make_learner(), 1),quiet(make_learner(1), 1)
    before,states = weights(a.model),random_states(a.dls)
    linear_interpolation(a, a, b, points=3)
    assert same(before, weights(a.model)) and str(states)==str(random_states(a.dls))

def test_statistics_are_recomputed():
    "Halfway between two networks with BatchNorm, whose statistics are useless for their mean."
    a,b = quiet(make_learner(n=1000), 3),quiet(make_learner(1, n=1000), 3)
    line = linear_interpolation(a, a, b, points=3)
    wa,wb = weights(a.model),weights(b.model)
    with torch.no_grad():
        for n,t in [*a.model.named_parameters(), *a.model.named_buffers()]:
            if t.is_floating_point(): t.copy_((wa[n]+wb[n])/2)
    assert a.validate()[0]!=line.loss[1]    # with mixed statistics it is another network

def test_statistics_are_those_of_the_training_set():
    "With a single batch that holds all of the data, they are the mean network's own, as computed by hand."
    a,b = [quiet(make_learner(i, SmallNet(0.), bs=256, n=256), 3) for i in (0,1)]
    assert len(a.dls.train)==1
    line = linear_interpolation(a, a, b, points=3)
    wb = weights(b.model)
    with torch.no_grad():
        for n,p in a.model.named_parameters(): p.copy_((p+wb[n])/2)
        a.model.bn.reset_running_stats()
        a.model.bn.momentum = 1.
        a.model.train()(a.dls.one_batch()[0])
    assert abs(a.validate()[0]-line.loss[1])<1e-5

def test_layers_keep_their_own_modes():
    learn = make_learner()
    learn.model.train(); learn.model.bn.eval()
    before = weights(learn.model)
    linear_interpolation(learn, learn, learn, points=3)
    assert learn.model.training and learn.model.drop.training and not learn.model.bn.training
    assert same(before, weights(learn.model))

def test_a_ticket_is_its_start():
    learn = make_learner()
    masks = make_masks(prunable(learn.model), 50)
    t = Ticket.of(learn.model, masks)
    line = linear_interpolation(learn, t, learn, points=3)
    apply_masks(learn.model, masks)
    learn.model.bn.reset_running_stats()
    assert line.loss[0]!=line.loss[2]

def test_rewind_find_is_reproducible_and_leaves_no_trace():
    learn = plain()
    before = weights(learn.model)
    a,b = find(learn),find(plain())
    assert same(before, weights(learn.model)) and isinstance(a, RewindPoint)
    pd.testing.assert_frame_equal(a.lines, b.lines, check_exact=True)
    assert a.barriers.iteration.tolist()==[0,2,5] and a.barriers.rewind_epoch.tolist()==[0,.5,1]
    assert len(a.lines)==3*5
    stable = [e for i,e in enumerate(a.barriers.rewind_epoch) if (a.barriers.barrier[i:]<2).all()]
    assert a.suggestion==(stable[0] if stable else None)
    assert repr(a).startswith(f'RewindPoint: suggestion {a.suggestion!r}; barriers ') and '\n' not in repr(a)
    assert find(plain(), threshold=0.).suggestion is None
    assert find(plain(), threshold=101., epochs=['2it',1]).suggestion=='2it'

def test_a_training_that_diverged_is_never_stable(tmp_path):
    "With NaN for outputs, all points of a line have the same error."
    learn,train = plain(),lambda l: l.fit(1, 1e30)
    says = (r"the loss is NaN or infinite after training copy 0 from 0.0; copy 1 from 0.0; copy 0 from 0.5; copy 1 from 0.5. "
            r"Have they diverged\? What they begin from counts as unstable")
    for _ in range(2):    # the second time it is read from the folder
        with pytest.warns(UserWarning, match=says):
            found = learn.rewind_find(train, [0.,.5], points=3, verbose=False, path=tmp_path)
        assert found.suggestion is None and found.barriers[['barrier','min','max']].isna().all(axis=None) and 'nan from 0.0' in repr(found)

def test_one_copy_that_diverged_makes_its_moment_unstable(monkeypatch):
    from fasterlth.find import copies
    train_copy = copies.RewindSearch._train_copy
    def spoilt(self, copy, masks, moment):
        end = train_copy(self, copy, masks, moment)
        if copy.moment.iteration==0 and copy.number==1: end['fc1.weight'].fill_(float('nan'))
        return end
    monkeypatch.setattr(copies.RewindSearch, '_train_copy', spoilt)
    with pytest.warns(UserWarning, match='after training copy 1 from 0. Have they'):
        found = find(plain(), epochs=[0,1], copies=3, threshold=1000.)
    assert found.suggestion==1 and found.barriers.barrier.isna().tolist()==[True,False]

@pytest.mark.parametrize('barriers,first', [
    ([14.2,.7,.9,.3], 1), ([.2,.1], 0), ([.1,9,.2,.1], 2), ([.1,.2,9], None), ([.1,float('nan'),.2], 2), ([9,9], None)])
def test_suggested_is_what_stays_stable(barriers, first):
    bars = pd.DataFrame(dict(iteration=range(len(barriers)), masked=False, barrier=barriers))
    assert earliest_stable(bars, False, 2.)==first
    assert earliest_stable(bars.assign(masked=True), False, 2.) is None

def test_copies_begin_with_the_moment_and_differ_in_order(monkeypatch):
    seen,real = [],Protocol.beginning
    def spy(self, moment, *args, **kwargs):
        res = real(self, moment, *args, **kwargs)
        seen.append((moment, res))
        return res
    monkeypatch.setattr(Protocol, 'beginning', spy)
    t = plain().find_ticket(train, 80, n_rounds=1, seed=0, verbose=False)
    seen.clear()
    find(plain(), ticket=t, epochs=[1], copies=3)
    assert len(seen)==6
    for m,b in seen:
        assert (b.epoch,b.batch,b.fit)==(m.epoch,m.batch,m.fit)==(1,0,0)
        for n,w in m.model.items():
            assert torch.equal(b.model[n], w) or torch.equal(b.model[n], w*t.masks[n])
    assert len({str(b.rng) for _,b in seen[:3]})==3    # three orders

def test_interrupted_it_continues(tmp_path):
    want = find(plain(), path=tmp_path/'whole')
    class Stop(Callback):
        n = 0
        def before_epoch(self):
            Stop.n += 1
            if Stop.n==at: raise KeyboardInterrupt
    for at in (2, 6, 12):
        Stop.n,folder = 0,tmp_path/str(at)
        learn = plain()
        learn.add_cb(Stop())
        with pytest.raises(KeyboardInterrupt): find(learn, path=folder)
        at = -1
        ended = len(list(folder.glob('end_*')))
        learn = plain()
        learn.add_cb(Stop())
        got = find(learn, path=folder)
        pd.testing.assert_frame_equal(got.lines, want.lines, check_exact=True)
        assert ended<6==len(list(folder.glob('end_*'))) and not list(folder.glob('moment*'))

def test_finished_it_trains_nothing_again(tmp_path):
    find(plain(), path=tmp_path)
    times = {f: f.stat().st_mtime_ns for f in tmp_path.glob('end_*')}
    learn = plain()
    find(learn, path=tmp_path)
    assert times=={f: f.stat().st_mtime_ns for f in tmp_path.glob('end_*')}
    with pytest.raises(ValueError, match='belongs to another experiment'):
        plain().rewind_find(lambda l: l.fit(2), epochs=[0], path=tmp_path, show_plot=False)

def test_plot_and_mistakes():
    found = find(plain(), epochs=[0,1])
    assert len(plot_stability(found)[1].get_lines())==2
    learn = plain()
    before = weights(learn.model)
    for kw,what in ((dict(epochs=[3]), 'must lie within training'), (dict(epochs=[]), 'must be a list'),
                    (dict(copies=1), 'copies must be'), (dict(points=2), 'points must be'),
                    (dict(epochs=['5x']), 'epochs must be')):
        with pytest.raises(ValueError, match=what): find(learn, **kw)
    with pytest.raises(TypeError, match='ticket must be a Ticket'): find(learn, ticket={})
    with pytest.raises(TypeError, match='b must be a Ticket'): linear_interpolation(learn, learn, 3)
    with pytest.raises(ValueError): linear_interpolation(learn, learn, {})
    assert same(before, weights(learn.model))

def test_moments_lie_on_one_training(tmp_path):
    "A moment that is reached by way of others is the one that a training reaches directly, in every respect."
    find(plain(), epochs=['2it',1,'7it',2], path=tmp_path)
    for at,k in (('2it',2),(1,5),('7it',7),(2,10)):
        f = LotteryTicketFinder(plain(), 50, 1, seed=0, rewind_epoch=at, verbose=False)
        f.find_winning_ticket(train)
        m = f.start if k==0 else f.rewound
        s = Snapshot.load(tmp_path/f'at_{k}.safetensors')
        assert same(s.model, m.model) and (s.epoch,s.batch)==(m.epoch,m.batch) and str(s.rng)==str(m.rng)

def test_the_optimizer_and_random_states_are_restored():
    learn = quiet(plain(), 1)
    opt,state,states = learn.opt,str(learn.opt.state_dict()),str(random_states(learn.dls))
    find(learn, epochs=[0,1])
    assert learn.opt is opt and str(opt.state_dict())==state and str(random_states(learn.dls))==states

def test_costs_are_stated_and_what_is_left(tmp_path, capsys):
    find(plain(), path=tmp_path, verbose=True)
    # from 0, 2 and 5 of 15 iterations, two copies each: 2*(3+2.6+2)
    assert '6 trainings from 3 moments: 15.2 epochs, and at most 3 to get there' in capsys.readouterr().out
    next(tmp_path.glob('end_5_*')).unlink()
    for o in (tmp_path/'.end_0_dense_0.safetensors.1.part',): o.touch()
    find(plain(), path=tmp_path, verbose=True)
    assert '1 trainings (of 6) from 3 moments: 2 epochs' in capsys.readouterr().out and not list(tmp_path.glob('.*'))

def test_without_classes():
    "The barrier is that of the loss, in percent of it."
    def regress():
        set_seed(0)
        x = torch.randn(160, 4)
        ds = list(zip(x, x[:,:1]**2))
        dls = DataLoaders.from_dsets(ds[:128], ds[128:], bs=32, num_workers=0, device=torch.device('cpu'))
        return Learner(dls, nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1)), loss_func=MSELossFlat())
    found = find(regress(), epochs=[0,2])
    assert found.lines.error.isna().all() and found.barriers.barrier.notna().all()
    for k in (0,8):
        l = found.lines[found.lines.iteration==k].loss.to_numpy()
        ends = (l[0]+l[-1])/2
        assert np.isclose(found.barriers.barrier[found.barriers.iteration==k], 100*max(l.max()-ends, 0)/ends)
    axs = plot_stability(found)
    assert axs[1].get_ylabel()=='loss' and 'loss' in axs[0].get_ylabel() and len(axs[1].get_lines())==2

def test_plots_of_equal_pairs():
    "The mean of equal numbers may differ from them by a rounding error."
    low,high = np.nextafter(.1, 1),np.nextafter(.1, 0)    # the wrong way round
    b = pd.DataFrame([dict(rewind_epoch=0, iteration=0, masked=False, barrier=.1, min=low, max=high)])
    line = dict(loss=1., error=2., pair='0-1', rewind_epoch='0', iteration=0, masked=False)
    lines = pd.DataFrame(dict(alpha=[0.,1.], **line))
    plot_stability(RewindPoint(0, b, lines))

def test_more_mistakes():
    learn = plain()
    for kw,what in ((dict(epochs=[0,'0it']), 'different moments'), (dict(bn_batches=0), 'bn_batches must be')):
        with pytest.raises(ValueError, match=what): find(learn, **kw)
    with pytest.raises(TypeError, match='threshold must be'): find(learn, threshold='2%')
    with pytest.raises(ValueError, match='bn_batches must be'): linear_interpolation(learn, learn, learn, bn_batches=0)

def test_everything_is_restored_when_it_fails():
    "Weights, modes, frozen layers, optimizer, loaders and random states, also where trainings change them."
    learn = quiet(make_learner(), 1)
    learn.model.conv.requires_grad_(False)
    learn.model.train(); learn.model.bn.eval()
    before,opt,dls,states = weights(learn.model),learn.opt,learn.dls,str(random_states(learn.dls))
    def failing(l):
        l.dls = digits_dls(size=8, bs=32, n=320, device=torch.device('cpu'))
        l.model.requires_grad_(True)
        l.model.bn.running_mean = torch.zeros(8)    # another tensor
        l.fit(2)
        if l.model.fc1.weight.sum()!=before['fc1.weight'].sum(): raise RuntimeError('out of luck')
    with pytest.raises(RuntimeError, match='out of luck'):
        learn.rewind_find(failing, [0], show_plot=False, verbose=False)
    assert same(before, weights(learn.model)) and learn.opt is opt and learn.dls is dls
    assert str(random_states(learn.dls))==states
    assert learn.model.training and not learn.model.bn.training
    assert [n for n,p in learn.model.named_parameters() if not p.requires_grad]==['conv.weight','conv.bias']
    assert all(p.grad is None for p in learn.model.parameters())

def test_an_interrupted_line_leaves_norms_their_momentum():
    learn = make_learner()
    before,states = weights(learn.model),str(random_states(learn.dls))
    def stop(module, args):
        if module.momentum is None: raise KeyboardInterrupt
    hook = learn.model.bn.register_forward_pre_hook(stop)
    with pytest.raises(KeyboardInterrupt): linear_interpolation(learn, learn, learn, points=3)
    hook.remove()
    assert learn.model.bn.momentum==.1 and same(before, weights(learn.model)) and str(random_states(learn.dls))==states

def test_folders_of_others_are_refused(tmp_path):
    find(plain(), epochs=[0], path=tmp_path/'a')
    with pytest.raises(ValueError, match='belongs to another experiment: seed is 0 in the folder, 1 now'):
        find(plain(), seed=1, path=tmp_path/'a')
    with pytest.raises(ValueError, match='is the folder of a rewind_find, not of a finder'):
        plain().find_ticket(train, 80, n_rounds=1, path=tmp_path/'a', verbose=False)
    with pytest.warns(UserWarning, match="the learner's weights differ from the start"):
        again = find(plain(1), epochs=[0], path=tmp_path/'a')
    pd.testing.assert_frame_equal(again.lines, find(plain(), epochs=[0]).lines, check_exact=True)
    (tmp_path/'a'/'start.safetensors').unlink()
    with pytest.raises(ValueError, match='but no start.safetensors: it is damaged'): find(plain(), path=tmp_path/'a')

def test_a_folder_is_held_while_it_trains(tmp_path):
    seen = []
    def both(l):
        if (tmp_path/'start.safetensors').exists() and not seen:
            seen.append(1)
            with pytest.raises(ValueError, match='is in use'):
                with RunFolder(tmp_path, 'rewind_find').held(wait=0): pass
        train(l)
    plain().rewind_find(both, [0], path=tmp_path, points=3, show_plot=False, verbose=False)
    assert seen

def test_a_finished_folder_reports_the_same(tmp_path):
    t = plain().find_ticket(train, 80, n_rounds=1, seed=0, verbose=False)
    first = find(plain(), ticket=t, path=tmp_path)
    tables = {n: (tmp_path/n).read_bytes() for n in ('barriers.csv','lines.csv')}
    again = find(plain(), ticket=t, path=tmp_path)
    pd.testing.assert_frame_equal(first.barriers, again.barriers, check_exact=True)
    assert tables=={n: (tmp_path/n).read_bytes() for n in tables}

def test_a_negative_threshold_is_refused():
    with pytest.raises(ValueError, match='threshold must be a number >= 0, not -1'): find(plain(), threshold=-1)

def normed(path=None):
    set_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 10))
    return seed_learner(Learner(digits_dls(size=8, n=256, device=torch.device('cpu')), net, metrics=accuracy), 0)

def test_no_random_state_decides_what_is_reported(tmp_path):
    "The same call twice, with another history, resumed, or read again from a folder."
    def find(learn=None, path=None):
        return (learn or normed()).rewind_find(train, [0,1], path=path, points=5, bn_batches=2, show_plot=False, verbose=False)
    want = find()
    torch.rand(7); random.random(); np.random.rand()
    used = normed()
    list(used.dls.train)
    t = find(path=tmp_path/'a')
    (tmp_path/'b').mkdir()
    for f in (tmp_path/'a').glob('*'):
        if f.name!='lines.csv' and 'end_5' not in f.name and f.is_file(): (tmp_path/'b'/f.name).write_bytes(f.read_bytes())
    for got in (find(), t, find(path=tmp_path/'a'), find(path=tmp_path/'b')):
        pd.testing.assert_frame_equal(got.lines, want.lines, check_exact=True)
        pd.testing.assert_frame_equal(got.barriers, want.barriers, check_exact=True)
    a,b = quiet(normed(), 1),quiet(normed(), 2)
    line = linear_interpolation(a, a, b, points=3, bn_batches=2)
    list(a.dls.train); torch.rand(3)
    pd.testing.assert_frame_equal(linear_interpolation(a, a, b, points=3, bn_batches=2), line, check_exact=True)

def test_statistics_are_renewed_with_all_inputs():
    class Two(nn.Module):
        def __init__(self): super().__init__(); self.norm,self.fc = nn.BatchNorm1d(3),nn.Linear(3, 2)
        def forward(self, a, b): return self.fc(self.norm(a+b))
    set_seed(0)
    ds = [(torch.randn(3), 5+torch.randn(3), i%2) for i in range(64)]
    dls = DataLoaders.from_dsets(ds[:48], ds[48:], bs=16, num_workers=0, n_inp=2, device=torch.device('cpu'))
    learn = Learner(dls, Two(), CrossEntropyLossFlat(), metrics=accuracy)
    line = linear_interpolation(learn, learn, quiet(Learner(dls, Two(), CrossEntropyLossFlat()), 1), points=3)
    assert line.loss.notna().all() and not learn.model.norm.running_mean.any()

def test_callbacks_do_not_carry_over_from_copy_to_copy(tmp_path):
    "Which copies are trained in this process must not matter."
    class Lazy(Callback):
        def after_step(self):
            if not hasattr(self, 'avg'): self.avg = [p.detach().clone() for p in self.learn.model.parameters()]
            for a,p in zip(self.avg, self.learn.model.parameters()): a.lerp_(p.detach(), .2)
        def after_fit(self):
            if self.learn.lock.locked(): return
            for a,p in zip(self.avg, self.learn.model.parameters()): p.data.copy_(a)
    def make():
        learn = plain()
        learn.add_cb(Lazy())
        return learn
    learn = make()
    whole = find(learn, epochs=[0,1], path=tmp_path/'a')
    assert not hasattr(learn.lazy, 'avg')
    find(make(), epochs=[0], path=tmp_path/'b')
    pd.testing.assert_frame_equal(find(make(), epochs=[0,1], path=tmp_path/'b').lines, whole.lines, check_exact=True)
