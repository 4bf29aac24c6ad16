"The papers' protocol: what each round begins with, and what it trains with."
import re, warnings
import pytest
from helpers import *
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.measuring import best_epoch
from fasterlth.find.protocol import Protocol
from fasterlth.core.schedules import round_targets
from fasterlth.train.training import Training
from fasterlth.core.checks import to_iteration


def finder(learn=None, sparsity=80, n_rounds=3, **kwargs):
    return LotteryTicketFinder(learn or make_learner(), sparsity, n_rounds, **{'seed': 0, 'verbose': False, **kwargs})

def two_fits(l):
    l.fit_one_cycle(2, 1e-2)
    l.fit_one_cycle(1, 3e-3)

class Diary(Callback):
    "The weights before the first batch that is trained in each training, all learning rates, and a checksum of each batch."
    order = 10**7    # after all others have done what they do to a batch
    def __init__(self): self.first,self.rates,self.batches,self.opts = [],[],[],[]
    def before_batch(self):
        if not self.training or hasattr(self.learn, 'lr_finder'): return
        if not self.fresh: self.rates[-1].append(self.opt.hypers[-1]['lr']); self.batches[-1].append(float(self.xb[0].sum())); return
        self.fresh = False
        self.first.append(weights(self.model)); self.rates.append([self.opt.hypers[-1]['lr']]); self.batches.append([float(self.xb[0].sum())])
        self.opts.append(sum('grad_avg' in s for s in self.opt.state.values()))

def logged(train):
    "With a log of each call of `train`."
    def _train(l):
        l.diary.fresh = True
        train(l)
    return _train

@pytest.mark.parametrize('at', [0, 1, .4, '7it', 2])
def test_each_round_begins_with_the_saved_weights_times_the_mask(at):
    learn = make_learner()
    learn.add_cb(log := Diary())
    f = finder(learn, rewind_epoch=at)
    f.find_winning_ticket(logged(two_fits))
    n = len(learn.dls.train)
    k = to_iteration(at, n)
    assert len(log.first)==4 and len(f.masks)==4
    for r in (1,2,3):
        start = f.rewound.model
        assert all(torch.equal(w, start[name]*f.masks[r][name] if name in f.masks[r] else start[name]) for name,w in log.first[r].items())
        assert log.rates[r]==log.rates[0][k:], r    # those of an uninterrupted training from the same step
        assert log.batches[r]==log.batches[0][k:]   # in the same order of data
        assert log.opts[r]==0    # a fresh optimizer
        assert same(f.tickets[r].start(), log.first[r])
    if k==0: assert same(f.rewound.model, log.first[0])
    # the moment is that of the first training
    twin = make_learner(); seed_learner(twin, 0)
    with twin.no_bar(), twin.no_logging(): t = Training(twin, at=f'{k}it')(two_fits)
    assert same(t.taken.model, f.rewound.model)

def test_density_of_each_round_is_exact():
    f = finder(sparsity=geometric_rounds(20, 4), n_rounds=4)
    f.find_winning_ticket(lambda l: l.fit(1))
    for r,df in enumerate([mask_table(m) for m in f.masks]):
        for n,m in f.masks[r].items():
            assert int((~m).sum())==math.floor((1-.8**r)*m.numel()+.5), (r, n)
    assert f.history.sparsity.tolist()==pytest.approx([0, 20, 36, 48.8, 59.04], abs=.1)
    a,b = f.masks[1],f.masks[2]
    assert all(not (b[n]&~a[n]).any() for n in a)    # nested

def test_lr_rewinding_keeps_the_weights_and_finetuning_the_last_rate():
    for mode in ('lr','finetune'):
        learn = make_learner(); learn.add_cb(log := Diary())
        ends = []
        def train(l):
            two_fits(l)
            ends.append(weights(l.model))
        f = finder(learn, rewind=mode, rewind_epoch=1, n_rounds=2)
        f.find_winning_ticket(logged(train))
        n = len(learn.dls.train)
        for r in (1,2):
            masks = f.masks[r]
            assert all(torch.equal(w, ends[r-1][k]*masks[k] if k in masks else ends[r-1][k]) for k,w in log.first[r].items())
            assert log.rates[r]==log.rates[0][n:] if mode=='lr' else set(log.rates[r])=={log.rates[0][-1]}
            assert len(log.rates[r])==2*n and same(f.tickets[r].start(), log.first[r])

def test_reshuffle():
    logs = {}
    for reshuffle in (False,True):
        learn = make_learner(); learn.add_cb(log := Diary())
        finder(learn, reshuffle=reshuffle, n_rounds=2, rewind_epoch='2it').find_winning_ticket(logged(lambda l: l.fit(1)))
        logs[reshuffle] = log.batches
    assert logs[False][1]==logs[False][2]==logs[False][0][2:]
    assert logs[True][0]==logs[False][0] and logs[True][1]!=logs[True][2] and len(logs[True][1])==len(logs[True][0])-2

def test_one_seed_one_ticket():
    runs = []
    for seed,noise in ((0,1),(0,2),(1,1)):
        learn = make_learner()
        set_seed(noise); torch.rand(3); learn.dls.train.rng.random()    # whatever was drawn before
        f = finder(learn, seed=seed, criteria=random_score if seed is None else l1_norm)
        f.find_winning_ticket(two_fits)
        runs.append((f.masks, f.history, weights(learn.model)))
    (m0,h0,w0),(m1,h1,w1),(_,_,w2) = runs
    assert all(same(a, b) for a,b in zip(m0, m1)) and h0.equals(h1) and same(w0, w1) and not same(w0, w2)
    set_seed(5); f = finder(seed=None); f.find_winning_ticket(lambda l: l.fit(1))
    set_seed(5); g = finder(make_learner(), seed=None)
    set_seed(5); g.find_winning_ticket(lambda l: l.fit(1))
    assert isinstance(f.seed, int) and f.ticket.about['seed']==f.seed

def test_it_is_the_plain_loop():
    "Against the protocol written out by hand, with nothing of the finder's."
    learn = make_learner()
    f = finder(learn, n_rounds=2)
    f.find_winning_ticket(lambda l: l.fit_one_cycle(2, 1e-2))
    by_hand = make_learner()
    theta,masks = weights(by_hand.model),{n: torch.ones_like(o.weight, dtype=torch.bool) for n,o in prunable(by_hand.model).items()}
    for target in (None, 100*(1-.2**.5), 80):
        if target is not None:
            ps = dict(by_hand.model.named_parameters())
            for n,m in masks.items():
                keep = m.numel()-math.floor(target/100*m.numel()+.5)
                best = (ps[n].detach().abs()*m - (~m)*1.).flatten().argsort(descending=True)[:keep]
                masks[n] = torch.zeros(m.numel(), dtype=torch.bool).index_fill_(0, best, True).view_as(m)
        by_hand = make_learner()
        by_hand.model.load_state_dict(theta)
        with torch.no_grad():
            for n,m in masks.items(): by_hand.model.get_parameter(n).mul_(m)
        seed_learner(by_hand, 0)
        with by_hand.no_bar(), by_hand.no_logging(): by_hand.fit_one_cycle(2, 1e-2, cbs=MaskCallback(masks))
    assert same(masks, f.masks[-1]) and same(weights(by_hand.model), weights(learn.model))

def test_the_learner_is_left_with_the_trained_network_and_nothing_else():
    learn = make_learner()
    cbs,metrics,own = list(map(type, learn.cbs)),list(learn.metrics),set(vars(learn))
    f = finder(learn)
    t = f.find_winning_ticket(two_fits)
    assert list(map(type, learn.cbs))==cbs and list(learn.metrics)==metrics and not {'fit','_do_fit'}&set(vars(learn))
    assert_masked(learn.model, t.masks)
    with learn.no_bar(): loss,acc = learn.validate()
    assert [loss,acc]==f.history.loc[3, ['valid_loss','accuracy']].tolist()
    assert t.sparsity==f.history.sparsity.iloc[-1]>79.9 and len(f.tickets)==4 and f.tickets[0].sparsity==0
    assert t.about['history'][1]['round']==1 and f.find_winning_ticket(two_fits).sparsity==t.sparsity    # nothing left to do

def test_the_verb():
    learn = make_learner()
    t = learn.find_ticket(two_fits, 80, 2, seed=0, verbose=False, path=None)
    assert isinstance(t, Ticket) and round(t.sparsity)==80 and len(t.about['history'])==3
    t = learn.find_ticket(lambda l: l.fit(1), sparsity=50, n_rounds=1, granularity='filter', context='global', criteria=l2_norm, layer_type=nn.Conv2d, verbose=False)
    assert list(t.masks)==['conv.weight'] and t.sparsity==50    # one-shot

def test_it_shows_its_progress():
    f = finder(n_rounds=2)
    assert repr(f)=='LotteryTicketFinder: 0 of 3 trainings'
    f.find_winning_ticket(lambda l: l.fit(1))
    assert repr(f)=='LotteryTicketFinder: 3 of 3 trainings, 20 % of the weights in the last'

def test_pruning_whole_outputs_warns():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        f = finder(sparsity=50, n_rounds=1, granularity='filter')
        for _ in range(2): f.find_winning_ticket(lambda l: l.fit(1))
        f = finder(sparsity={'*': 50, 'fc2': 0}, n_rounds=1, granularity='filter')    # as the warning says
        assert f.find_winning_ticket(lambda l: l.fit(1)).masks['fc2.weight'].all()
    assert [str(o.message).split(':')[0] for o in seen]==["fc2.weight produces the 10 outputs, and granularity 'filter' would prune whole outputs. To leave it dense"]
    assert "sparsity={'*': 50, 'fc2': 0}" in str(seen[0].message)

def test_history():
    f = finder()
    f.find_winning_ticket(two_fits)
    h,e = f.history,f.epochs
    assert h.columns.tolist()==['sparsity','remaining','effective_sparsity','train_loss','valid_loss','accuracy','best_epoch','start_valid_loss','start_accuracy','overlap']
    assert e.groupby('round').size().tolist()==[3]*4 and e.epoch.tolist()==[1,2,3]*4
    for r,g in e.groupby('round'):
        assert h.best_epoch[r]==g.epoch.iloc[g.valid_loss.argmin()] and h.valid_loss[r]==g.valid_loss.iloc[-1] and h.train_loss[r]==g.train_loss.iloc[-1]
        if r: assert h.overlap[r]==mask_overlap(f.masks[r-1], f.masks[r])
    learn = make_learner()    # the accuracy at step 0 is that of the ticket's start
    f.tickets[2].load_into(learn.model)
    with learn.no_bar(): assert learn.validate()[1]==h.start_accuracy[2]
    assert f.plot('valid_loss') and f.plot().get_xscale()=='log'
    with pytest.raises(ValueError, match="metric must be one of valid_loss, accuracy"): f.plot('acc')
    assert '<td>' in f._repr_html_()

def test_history_has_the_effective_sparsity_of_each_ticket():
    f = finder(sparsity=97, n_rounds=2)
    f.find_winning_ticket(lambda l: l.fit(1))
    xb,h = f.learn.dls.train.one_batch()[0],f.history
    assert h.effective_sparsity.tolist()==[t.effective_sparsity(f.learn.model, xb) for t in f.tickets]
    assert h.effective_sparsity[0]==0 and h.effective_sparsity[2]>h.sparsity[2]
    assert f.ticket.about['history'][2]['effective_sparsity']==h.effective_sparsity[2]
    assert f.train_ticket(f.ticket.masks)['effective_sparsity']==h.effective_sparsity[2]

def test_effective_sparsity_follows_paths_through_what_an_applied_ticket_has_pruned():
    "Weights behind a layer that was pruned before lie on no path, though the finder prunes other layers."
    learn = Learner(digits_dls(size=8, n=128), model := lenet_300_100(64, seed=0), metrics=accuracy)
    dead = {n: torch.ones_like(w, dtype=torch.bool) for n,w in model.named_parameters() if w.ndim==2}
    dead['fc2.weight'][:90] = False
    Ticket.of(model, dead).apply(learn)
    f = finder(learn, {'fc1': 0, 'fc2': 0, 'fc3': 50}, 1)
    f.find_winning_ticket(lambda l: l.fit(1))
    found = path_masks(model, f.ticket.masks, f.learn.dls.train.one_batch()[0])
    assert f.history.effective_sparsity[1]==sparsity_of({n: found[n] for n in f.masks[1]})>f.history.sparsity[1]

class Unfollowed(nn.Module):
    "A network whose paths can't be followed: it refuses inputs that are all the same."
    def __init__(self): super().__init__(); self.fc1,self.fc2 = nn.Linear(64, 20),nn.Linear(20, 10)
    def forward(self, x):
        if (x==1).all(): raise ArithmeticError('no variance')
        return self.fc2(self.fc1(x.flatten(1)).relu())

def test_where_paths_cannot_be_followed_a_sentence_says_so_and_the_search_goes_on():
    f = finder(Learner(digits_dls(size=8, n=128), Unfollowed(), metrics=accuracy), n_rounds=2)
    with pytest.warns(UserWarning) as told: f.find_winning_ticket(lambda l: l.fit(1))
    said, = [str(w.message) for w in told]
    assert said.startswith("the tables have no effective_sparsity, as the model's paths can't be followed: ") and said.endswith('ArithmeticError: no variance')
    assert len(f.history)==3 and 'effective_sparsity' not in f.history

def test_layers_without_a_path_are_named_while_the_search_runs():
    learn = Learner(digits_dls(size=8, n=128), lenet_300_100(64, seed=0), metrics=accuracy)
    f = finder(learn, {'*': 99.9}, 1, context='global', criteria=partial(random_score, seed=0))
    with pytest.warns(UserWarning, match='no path leads'): f.find_winning_ticket(lambda l: l.fit(1))
    assert f.history.effective_sparsity[1]==100

class Noisy(torch.utils.data.Dataset):
    "Images with noise from a generator of the data set's own."
    def __init__(self, n): self.x,self.y,self.g = torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(0)),torch.arange(n)%10,torch.Generator().manual_seed(1)
    def __len__(self): return len(self.x)
    def __getitem__(self, i): return self.x[i]+torch.randn(1, 8, 8, generator=self.g),self.y[i]

def test_looking_for_paths_changes_nothing_that_follows(monkeypatch):
    "Not even the numbers that a data set draws by itself."
    def go():
        dls = DataLoaders.from_dsets(Noisy(64), Noisy(32), bs=16, num_workers=0)
        f = finder(Learner(dls, lenet_300_100(64, seed=0), loss_func=nn.CrossEntropyLoss(), metrics=accuracy), n_rounds=2)
        f.find_winning_ticket(lambda l: l.fit(1))
        return f.history.drop(columns='effective_sparsity', errors='ignore')
    looked = go()
    monkeypatch.setattr(Protocol, 'effective', lambda self, masks: {})
    assert looked.equals(go())

def test_rounds_of_older_folders_have_no_effective_sparsity(tmp_path, monkeypatch):
    "They continue all the same, and the new rounds have it."
    train = lambda l: l.fit(1)
    with monkeypatch.context() as m:
        m.setattr(Protocol, 'effective', lambda self, masks: {})
        finder(path=tmp_path, n_rounds=2).find_winning_ticket(train)
    for name in ('ticket.safetensors','history.csv','round_02.safetensors'): (tmp_path/name).unlink()    # as if killed in the last round
    f = finder(path=tmp_path, n_rounds=2)
    f.find_winning_ticket(train)
    assert f.history.effective_sparsity.isna().tolist()==[True,True,False]
    assert pd.read_csv(tmp_path/'history.csv').columns[-1]=='effective_sparsity'

def test_criteria_get_what_they_ask_for():
    x = digits_dls(size=8, n=64, bs=32, device=torch.device('cpu')).one_batch()
    for c in (movement, updating_movement, snip, synflow, random_score):
        f = finder(criteria=c, n_rounds=2, batches=[x])
        assert round(f.find_winning_ticket(lambda l: l.fit(1)).sparsity)==80
    f = finder(criteria=snip, n_rounds=1)    # without batches one of the training set's
    assert round(f.find_winning_ticket(lambda l: l.fit(1)).sparsity)==80

def test_callbacks_of_the_user_work_in_every_round(tmp_path):
    learn = make_learner(path=tmp_path)
    def train(l): l.fit_one_cycle(4, 1e-2, cbs=[SaveModelCallback(monitor='accuracy'), EarlyStoppingCallback(patience=1)])
    import contextlib, io
    with contextlib.redirect_stdout(io.StringIO()): t = finder(learn, rewind_epoch=1).find_winning_ticket(train)
    assert_masked(learn.model, t.masks)
    learn = make_learner(path=tmp_path)
    def train(l):
        l.lr_find(show_plot=False, num_it=5)
        l.fit(1, 1e-2)
    with contextlib.redirect_stdout(io.StringIO()): assert round(finder(learn, n_rounds=2, rewind_epoch='1it').find_winning_ticket(train).sparsity)==80

def test_the_recorder_holds_the_last_training():
    learn = make_learner()
    f = finder(learn, n_rounds=2, rewind_epoch=1)
    f.find_winning_ticket(lambda l: l.fit_one_cycle(3, 1e-2))
    rec,n = learn.recorder,2*len(learn.dls.train)
    assert len(rec.lrs)==len(rec.losses)==n and [len(v) for v in rec.values]==[3,3]
    assert float(rec.values[-1][1])==f.epochs.valid_loss.iloc[-1]; rec.plot_loss()

def test_every_callback_hears_what_it_would_hear():
    def heard(call):
        learn,log = make_learner(),[]
        note = lambda who: lambda *a: log.append((who, learn.epoch if hasattr(learn, 'epoch') else None, learn.training if hasattr(learn, 'training') else None))
        class Early(Callback):
            order = -5
            def before_fit(self): note('early before_fit')()
            def after_loss(self): note('early loss')(); self.run = learn.iter<3    # off for the rest of the fit
            def after_fit(self): note('early never')()
        class All(Callback):
            def __call__(self, event): note(event)()
        class Validating(Callback):
            run_train = False
            def after_batch(self): note('valid batch')()
        class Adding(Callback):
            def before_epoch(self):
                if learn.epoch==1: learn.add_cb(Callback(after_step=note('late step')))
        class Skipping(Callback):
            def before_step(self):
                if learn.iter==2: raise CancelStepException()
            def after_cancel_step(self): note('no step')()
        learn.add_cbs([Early(), All(), Validating(), Adding(), Skipping(), Callback(after_batch=note('an attribute'), before_validate=note('before validate'))])
        with learn.no_bar(), learn.no_logging(): call(learn, two_fits)
        assert '_call_one' not in vars(learn) and 'fit' not in vars(learn)
        return log
    plain,ours = heard(lambda l, train: train(l)),heard(lambda l, train: Training(l)(train))
    assert plain==ours and {o[0] for o in plain}>={'early loss','valid batch','late step','no step','an attribute','after_cancel_step'}

def test_adam_of_torch_and_groups():
    from fastai.optimizer import OptimWrapper
    for opt in (partial(OptimWrapper, opt=torch.optim.AdamW), SGD):
        learn = make_learner(opt_func=opt, splitter=lambda m: [params(m.conv)+params(m.bn), params(m.fc1)+params(m.fc2)])
        learn.add_cb(log := Diary())
        f = finder(learn, rewind_epoch=.4)
        f.find_winning_ticket(logged(lambda l: l.fit_one_cycle(2, slice(1e-3, 1e-2))))
        assert all(r==log.rates[0][-len(r):] for r in log.rates)
        assert_masked(learn.model, f.ticket.masks)

def test_a_ticket_on_the_learner_is_where_it_begins():
    learn = make_learner()
    Ticket.of(learn.model, make_masks(prunable(learn.model), 50)).apply(learn)
    f = finder(learn, 75, 2)
    t = f.find_winning_ticket(lambda l: l.fit(1))
    assert [round(o) for o in f.history.sparsity]==[50,50,75] and t.sparsity==f.history.sparsity[2]
    assert all(not (m&~f.masks[0][n]).any() for n,m in t.masks.items())

def test_a_frozen_body_and_a_new_head():
    "On a pretrained model, epoch 0 means the pretrained weights; fine_tune's phases are unchanged."
    def pretrained():
        learn = make_learner(splitter=lambda m: [params(m.conv)+params(m.bn)+params(m.fc1), params(m.fc2)])
        with learn.no_bar(), learn.no_logging(): learn.fit(1)
        set_seed(3); nn.init.kaiming_normal_(learn.model.fc2.weight)    # the new head
        learn.freeze()
        return learn
    learn = pretrained(); learn.add_cb(log := Diary())
    theta = weights(learn.model)
    grads = []
    class Frozen(Callback):
        def after_backward(self): grads.append(self.model.conv.weight.grad is not None and bool(self.model.conv.weight.grad.count_nonzero()))
        def before_fit(self): self.learn.opt and self.learn.opt.zero_grad()
    learn.add_cb(Frozen())
    f = finder(learn, n_rounds=2)
    f.find_winning_ticket(logged(lambda l: l.fine_tune(2, 1e-2)))
    n = len(learn.dls.train)
    assert same(f.rewound.model, theta) and same(log.first[0], theta)    # BatchNorm's statistics as well
    assert log.rates[0]==log.rates[1]==log.rates[2] and len(log.rates[0])==3*n
    assert grads==([False]*n+[True]*2*n)*3
    # from a point after the unfreezing
    learn = pretrained(); learn.add_cb(log := Diary()); grads.clear(); learn.add_cb(Frozen())
    finder(learn, n_rounds=1, rewind_epoch=2).find_winning_ticket(logged(lambda l: l.fine_tune(2, 1e-2)))
    assert log.rates[1]==log.rates[0][2*n:] and grads==[False]*n+[True]*2*n+[True]*n
    # a body that stays frozen
    learn = pretrained()
    body = learn.model.conv.weight.detach().clone()
    assert learn.model.conv.weight.grad is not None    # of the training before
    finder(learn, n_rounds=1, sparsity={'fc2': 50}).find_winning_ticket(lambda l: l.fit(1))
    assert torch.equal(body, learn.model.conv.weight)

@needs_fashion
@pytest.mark.weekly
def test_pretrained_on_some_classes_the_ticket_on_the_others():
    "Fashion-MNIST: five classes to pretrain, five to find the ticket of. The start is the pretrained network with its new head."
    def net(seed):
        blocks = [o for i,c in ((1,8),(8,16)) for o in (nn.Conv2d(i, c, 3, stride=2, bias=False), nn.BatchNorm2d(c), nn.ReLU())]
        return init_weights(nn.Sequential(nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(2), nn.Flatten()), nn.Linear(64, 5)), seed)
    def on(classes, model): return seed_learner(Learner(fashion_mnist_dls(n=2500, classes=classes, device=torch.device('cpu')), model, metrics=accuracy,
                                                        splitter=lambda m: [params(m[0]), params(m[1])]), 0)
    first = quiet(on([0,1,2,3,4], net(0)), 3)
    def second():
        model = net(1)
        model[0].load_state_dict(first.model[0].state_dict())
        learn = on([5,6,7,8,9], model)
        learn.freeze()
        return learn
    learn = second()
    learn.add_cb(log := Diary())
    theta = weights(learn.model)
    assert theta['0.1.running_mean'].abs().sum()>0 and int(theta['0.1.num_batches_tracked'])==3*39
    groups = []
    class Rates(Callback):
        order = 10**6    # after the scheduler
        def before_batch(self):
            if self.training: groups.append([h['lr'] for h in self.opt.hypers]+[self.opt.frozen_idx])
    learn.add_cb(Rates())
    f = finder(learn, 80, 3)
    t = f.find_winning_ticket(logged(lambda l: l.fine_tune(2, 2e-2)))
    for r in range(4):
        assert all(torch.equal(w, theta[n]*f.masks[r][n] if n in f.masks[r] else theta[n]) for n,w in log.first[r].items()), r
    n = len(learn.dls.train)
    rounds = [groups[i:i+3*n] for i in range(0, len(groups), 3*n)]
    assert len(rounds)==4 and all(o==rounds[0] for o in rounds)    # the same rates, of the same groups
    assert all(o[2]==1 for o in rounds[1][:n]) and all(o[2]==0 for o in rounds[1][n:])    # frozen, then not
    assert all(abs(o[1]/o[0]-100)<1e-6 for o in rounds[1][n:])    # the body at a hundredth of the head's rate
    assert same(t.weights, {k: v for k,v in theta.items()}) and round(t.sparsity)==80
    # what was learnt on the one half helps on the other: an epoch of the head alone beats the same body at random
    raw = on([5,6,7,8,9], net(1)); raw.freeze()
    a,b = (quiet(l, 1).recorder.values[-1][-1] for l in (second(), raw))
    assert a>b and f.history.accuracy[3]>.75, f.history.T

@pytest.mark.parametrize('kwargs,says', [(dict(sparsity=.9),"Did you mean 90"), (dict(sparsity=100),"sparsity must be below 100"), (dict(sparsity='90'),"sparsity must be a percent"),
    (dict(n_rounds=0),"n_rounds must be a whole number >= 1"), (dict(n_rounds=2.5),"n_rounds must be a whole number"), (dict(sparsity=[10,20]),"2 percents for 3 rounds"),
    (dict(sparsity=[30,20,40]),"must not decrease"), (dict(sparsity={'fc9': 50}),"'fc9', which matches none"), (dict(rewind='init'),"rewind must be one of 'weights', 'lr', 'finetune', not 'init'"),
    (dict(rewind_epoch=-1),"rewind_epoch must be epochs"), (dict(rewind_epoch='2'),"rewind_epoch must be epochs"), (dict(seed='x'),"seed must be a whole number"),
    (dict(seed=-1),"seed must be a whole number"), (dict(granularity='weights'),"granularity"), (dict(context='both'),"context must be"), (dict(criteria='l1'),"criteria must be a function"),
    (dict(reshuffle=1),"reshuffle must be True or False"), (dict(path=3),"path must be a folder"), (dict(path=__file__),"is a file"), (dict(round_to=0),"round_to"), (dict(min_keep=-1),"min_keep")])
def test_bad_input(kwargs, says):
    learn = make_learner()
    before = weights(learn.model)
    with pytest.raises((ValueError,TypeError), match=says): finder(learn, **kwargs)
    assert same(before, weights(learn.model))

def test_bad_training():
    with pytest.raises(TypeError, match='learn must be a Learner'): LotteryTicketFinder(SmallNet())
    f = finder()
    with pytest.raises(ValueError, match='no ticket yet'): f.ticket
    with pytest.raises(ValueError, match='nothing to plot yet'): f.plot()
    with pytest.raises(TypeError, match='train must be a function'): f.find_winning_ticket(5)
    with pytest.raises(ValueError, match='it made no fit'): f.find_winning_ticket(lambda l: None)
    with pytest.raises(ValueError, match="rewind_epoch must lie within training, which has 1 epochs of 5 iterations: 2 doesn't"):
        finder(rewind_epoch=2).find_winning_ticket(lambda l: l.fit(1))
    with pytest.raises(ValueError, match="criteria must be l1_norm for magnitude pruning, not 'movement'"): finder(criteria=movement).iterative_magnitude_pruning(two_fits)
    f = finder(n_rounds=1)
    assert f.iterative_magnitude_pruning(lambda l: l.fit(1)).sparsity==f.ticket.sparsity
    with pytest.raises(ValueError, match="train differs from what this finder started with"): f.find_winning_ticket(lambda l: l.fit(2))


# What an interruption must not change, and what a folder must refuse
def interrupted(path, train, at, **kwargs):
    "A run that is stopped in its `at`-th training batch, and the new one that continues."
    class Stop(Callback):
        order,n = 100,0
        def before_batch(self):
            if self.training:
                self.n += 1
                if self.n==at[0]: raise KeyboardInterrupt
    def make(): 
        l = make_learner(path=path)
        l.add_cb(Stop())
        return l
    at = [at]
    with pytest.raises(KeyboardInterrupt): finder(make(), n_rounds=1, seed=0, path=path/'run', **kwargs).find_winning_ticket(train)
    at[0] = -1
    there,here = [finder(make(), n_rounds=1, seed=0, path=p, **kwargs) for p in (path/'run', path/'whole')]
    for f in (there,here): f.find_winning_ticket(train)
    return there,here

@pytest.mark.parametrize('train', [
    lambda l: l.fit(5, 3e-2, cbs=[EarlyStoppingCallback(monitor='valid_loss', patience=1, min_delta=.3), EarlyStoppingCallback(monitor='accuracy', patience=9)]),
    lambda l: l.fit(3, cbs=GradientAccumulation(n_acc=128))], ids=['two of a kind', 'accumulated gradients'])
@pytest.mark.parametrize('at', [7, 12])
def test_callbacks_continue(tmp_path, train, at, capsys):
    there,here = interrupted(tmp_path, train, at)
    assert same(weights(there.learn.model), weights(here.learn.model)) and there.history.to_csv()==here.history.to_csv()
    assert there.learn.recorder.lrs==here.learn.recorder.lrs and there.learn.recorder.iters==here.learn.recorder.iters

def test_what_train_draws_continues(tmp_path):
    there,here = interrupted(tmp_path, lambda l: l.fit_one_cycle(2, 10**random.uniform(-3, -2)), 17, reshuffle=True)
    assert same(weights(there.learn.model), weights(here.learn.model))

def test_lookahead_learns_anew():
    seen = []
    def train(l):
        l.fit(3, 1e-2, cbs=CheckFresh(seen))
    finder(make_learner(opt_func=ranger), n_rounds=1, seed=0, rewind='lr', rewind_epoch='5it').find_winning_ticket(train)
    assert seen[-1]<.1, seen

class CheckFresh(Callback):
    "Return the size of the first step."
    order = 1000
    def __init__(self, seen): self.seen = seen
    def before_fit(self): self.w = None
    def before_batch(self):
        if self.training and self.w is None: self.w = self.learn.model.fc1.weight.detach().clone()
    def after_batch(self):
        if self.training and isinstance(self.w, torch.Tensor):
            self.seen.append(float((self.learn.model.fc1.weight.detach()-self.w).abs().max()))
            self.w = False

def test_folders_with_something_missing(tmp_path):
    train = lambda l: l.fit(2)
    f = finder(path=tmp_path, n_rounds=2, seed=0, rewind_epoch=1)
    f.find_winning_ticket(train)
    (tmp_path/'.movie.mkv.part').touch()
    hold = (tmp_path/'round_01.safetensors').read_bytes()
    (tmp_path/'round_01.safetensors').unlink()
    with pytest.raises(ValueError, match='round_01.safetensors. is missing, but there is round_02'): finder(path=tmp_path, n_rounds=2, seed=0, rewind_epoch=1).find_winning_ticket(train)
    (tmp_path/'round_01.safetensors').write_bytes(hold)
    for r in (0,1,2): (tmp_path/f'round_0{r}.safetensors').unlink()
    (tmp_path/'start.safetensors').unlink()
    with pytest.raises(ValueError, match='has rewind.safetensors, but no start'): finder(path=tmp_path, n_rounds=2, seed=0, rewind_epoch=1).find_winning_ticket(train)
    assert (tmp_path/'.movie.mkv.part').exists()

def test_a_mistake_in_train_can_be_fixed(tmp_path):
    for path in (None, tmp_path):
        f = finder(path=path, n_rounds=1, seed=0)
        with pytest.raises(AttributeError): f.find_winning_ticket(lambda l: l.fit_onecycle(1))
        f.find_winning_ticket(lambda l: l.fit_one_cycle(1))
        assert len(f.history)==2
    with pytest.raises(AttributeError): finder(path=tmp_path/'b', n_rounds=1, seed=0).find_winning_ticket(lambda l: l.fit_onecycle(1))
    assert len(finder(path=tmp_path/'b', n_rounds=1, seed=0).find_winning_ticket(lambda l: l.fit_one_cycle(1)).masks)

def test_a_train_with_other_code_is_named(tmp_path):
    finder(path=tmp_path, n_rounds=1, seed=0).find_winning_ticket(lambda l: l.fit(1))
    with pytest.raises(ValueError, match='belongs to another experiment: the code of train has changed. Use another'): finder(path=tmp_path, n_rounds=1, seed=0).find_winning_ticket(lambda l: l.fit(2))
    with pytest.raises(ValueError, match='the items of learner.data.0 differ'):
        learn = make_learner()
        learn.dls.train_ds.x[0] += 1
        finder(learn, path=tmp_path, n_rounds=1, seed=0).find_winning_ticket(lambda l: l.fit(1))

def test_other_criteria_and_rates_are_refused(tmp_path):
    for i,(a,b) in enumerate(((dict(criteria=lambda w: w.abs()), dict(criteria=lambda w: -w.abs())), (dict(learn=make_learner()), dict(learn=make_learner(model=SmallNet(.5)))))):
        finder(**a, path=tmp_path/str(i), n_rounds=1, seed=0).find_winning_ticket(lambda l: l.fit(1))
        with pytest.raises(ValueError, match='belongs to another experiment'): finder(**b, path=tmp_path/str(i), n_rounds=1, seed=0).find_winning_ticket(lambda l: l.fit(1))
    rate = slice(1e-3)
    def train(l): l.fit_one_cycle(1, rate)
    finder(path=tmp_path/'r', n_rounds=1, seed=0).find_winning_ticket(train)
    rate = slice(1e-2)
    with pytest.raises(ValueError, match='train.uses.rate'): finder(path=tmp_path/'r', n_rounds=1, seed=0).find_winning_ticket(train)

def test_trackers_on_the_learner(tmp_path, capsys):
    l = make_learner(path=tmp_path)
    l.add_cb(SaveModelCallback(monitor='accuracy')); l.add_cb(CSVLogger())
    finder(l, n_rounds=1, seed=0).find_winning_ticket(lambda l: l.fit(2))
    assert len((tmp_path/'history.csv').read_text().splitlines())==5    # two epochs of both rounds

def test_metrics_of_one_name_or_none():
    def sparsity(p, y): return torch.tensor(.5)
    f = finder(make_learner(metrics=[partial(top_k_accuracy, k=1), partial(top_k_accuracy, k=3), sparsity]), n_rounds=1, seed=0)
    f.find_winning_ticket(lambda l: l.fit(1))
    assert {'top_k_accuracy','top_k_accuracy_2','sparsity_metric'}<=set(f.history.columns) and f.history.sparsity.tolist()!=[.5,.5]

def test_a_finished_folder_is_only_read(tmp_path):
    train = lambda l: l.fit(2)
    finder(path=tmp_path, n_rounds=2, seed=0, rewind_epoch=1).find_winning_ticket(train)
    stat = lambda: {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in tmp_path.iterdir()}
    (tmp_path/'.history.csv.1.part').touch()    # what another process is about to write in spite of the lock
    before = stat()
    finder(path=tmp_path, n_rounds=2, seed=0, rewind_epoch=1).find_winning_ticket(train)
    assert stat()==before
    (tmp_path/'ticket.safetensors').unlink()    # killed before it was there
    finder(path=tmp_path, n_rounds=2, seed=0, rewind_epoch=1).find_winning_ticket(train)
    assert stat().keys()==before.keys()-{'.history.csv.1.part'}

def test_lenets_weights_remaining_as_in_the_paper():
    "20 % a round, the output layer at 10 %: 51.3, 21.1, 13.5 and 3.6 % after 3, 7, 9 and 15 rounds."
    rounds = range(1, 16)
    learn = Learner(digits_dls(size=28, bs=64, n=64), lenet_300_100(seed=0), metrics=accuracy)
    last = [n for n,m in learn.model.named_modules() if isinstance(m, nn.Linear)][-1]
    f = LotteryTicketFinder(learn, {'*': [100*(1-.8**r) for r in rounds], last: [100*(1-.9**r) for r in rounds]}, seed=0, verbose=False)
    f.find_winning_ticket(lambda l: l.fit(1, 1e-3))
    assert f.n_rounds==15 and f.history.remaining[[3,7,9,15]].round(1).tolist()==[51.3,21.1,13.5,3.6]
    ps = dict(learn.model.named_parameters())
    assert round(100*sum(int(ps[n].count_nonzero()) for n in f.masks[15])/sum(m.numel() for m in f.masks[15].values()), 1)==3.6

def test_the_bar_counts_the_epochs_of_all_rounds(capsys):
    f = finder(n_rounds=2, seed=0, rewind_epoch=1, verbose=True)
    f.find_winning_ticket(lambda l: l.fit(3))
    shown = capsys.readouterr().out
    assert re.search(r'\d\d:\d\d<\d\d:\d\d', shown)    # time past, time left
    assert '[7/7' in shown and 'round 2 of 2, 20% of the weights' in shown and shown.endswith(']\n') and shown.count('\n')==1

def test_the_plots_lines_are_those_of_the_history():
    f = finder(n_rounds=2, seed=0)
    f.find_winning_ticket(lambda l: l.fit(1))
    dense,ticket = f.plot('valid_loss').lines
    assert set(dense.get_ydata())=={f.history.valid_loss[0]} and list(ticket.get_ydata())==f.history.valid_loss.tolist() and list(ticket.get_xdata())==f.history.remaining.tolist()

def test_loaders_of_torch():
    from torch.utils.data import DataLoader, TensorDataset
    x,y = torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(0)),torch.arange(64)%10
    dls = DataLoaders(DataLoader(TensorDataset(x, y), 16, shuffle=True, generator=torch.Generator()), DataLoader(TensorDataset(x, y), 32))
    f = LotteryTicketFinder(Learner(dls, SmallNet(), loss_func=nn.CrossEntropyLoss(), lr=1e-2), 80, 1, criteria=snip, seed=0, verbose=False)
    assert round(f.find_winning_ticket(lambda l: l.fit(1)).sparsity)==80 and f.costs().train_epochs.tolist()==[1,1]

def test_costs_change_no_later_training():
    def losses(look):
        f = finder(n_rounds=1)
        f.find_winning_ticket(lambda l: l.fit(1))
        if look: f.costs()
        quiet(f.learn, 1)
        return f.learn.recorder.losses
    assert torch.equal(torch.stack(losses(True)), torch.stack(losses(False)))

class OfTwo(nn.Module):
    def __init__(self): super().__init__(); self.a,self.b = nn.Linear(8, 20),nn.Linear(20, 2)
    def forward(self, x, y): return self.b(F.relu(self.a(x)+self.a(y)))

@pytest.mark.parametrize('bs,drop_last', [(16,False),(24,True)])
def test_costs_with_two_inputs(bs, drop_last):
    from torch.utils.data import DataLoader, TensorDataset
    x,y = torch.randn(64, 8, generator=torch.Generator().manual_seed(0)),torch.arange(64)%2
    dls = DataLoaders(*[DataLoader(TensorDataset(x, x.flip(0), y), bs, drop_last=drop_last) for _ in range(2)])
    f = LotteryTicketFinder(Learner(dls, OfTwo(), loss_func=nn.CrossEntropyLoss(), lr=1e-2), 80, 1, seed=0, verbose=False)
    f.find_winning_ticket(lambda l: l.fit(1))
    assert f.costs().train_flops['dense']==3*(48 if drop_last else 64)*2*(2*8*20+20*2)

@pytest.mark.parametrize('train', [
    lambda l: l.fit_flat_cos(3, 1e-2), lambda l: l.fit_sgdr(2, 1, 1e-2), lambda l: l.fit(3, cbs=ParamScheduler({'lr': SchedExp(1e-2, 1e-3), 'mom': SchedLin(.8, .9)})),
    lambda l: (l.freeze(), l.fit_one_cycle(1, 1e-2), l.unfreeze(), l.fit_flat_cos(2, slice(1e-4, 1e-2)))], ids=['flat_cos','sgdr','scheduler','by_hand'])
def test_any_of_fastais_fits(train):
    learn = make_learner(splitter=lambda m: [params(m.conv)+params(m.bn), params(m.fc1)+params(m.fc2)])
    learn.add_cb(log := Diary())
    f = finder(learn, n_rounds=2, rewind_epoch=1)
    f.find_winning_ticket(logged(train))
    assert len(set(log.rates[0]))>1 and log.rates[1]==log.rates[2]==log.rates[0][len(learn.dls.train):]
    assert [len(o.epochs) for o in f.rounds]==[len(log.rates[0])//len(learn.dls.train)]+[len(log.rates[1])//len(learn.dls.train)]*2
    assert_masked(learn.model, f.ticket.masks)

def test_a_fresh_optimizer_each_round():
    learn,opts = make_learner(),[]
    class Watching(Callback):
        def before_train(self): opts.append({k: v for s in self.opt.state.values() for k,v in s.items() if k in ('step','grad_avg')}) if self.epoch==0 else None
    learn.add_cb(Watching())
    quiet(learn, 1); opts.clear()    # the learner had one that has learnt
    finder(learn, n_rounds=2).find_winning_ticket(lambda l: l.fit(2))
    assert opts==[{}]*3

def test_a_method_of_a_learner_is_no_train():
    learn = make_learner(n=128)
    with pytest.raises(TypeError, match='train must be a function of the learner like .*, not the method fit of one'): LotteryTicketFinder(learn, 50, 1).find_winning_ticket(learn.fit)

def test_a_finished_run_shows_no_bar(tmp_path, capsys):
    "There is nothing to wait for."
    def finder(): return LotteryTicketFinder(make_learner(n=128), 50, 1, seed=0, path=tmp_path)
    finder().find_winning_ticket(lambda l: l.fit(1))
    capsys.readouterr()
    finder().find_winning_ticket(lambda l: l.fit(1))
    assert not capsys.readouterr().out

def test_a_new_finder_says_how_to_read_what_is_there(tmp_path):
    def finder(): return LotteryTicketFinder(make_learner(n=128), 50, 1, seed=0, path=tmp_path, verbose=False)
    with pytest.raises(ValueError, match=r'there is no ticket yet: call find_winning_ticket\(train\)$'): finder().ticket
    finder().find_winning_ticket(lambda l: l.fit(1))
    with pytest.raises(ValueError, match='call find_winning_ticket.train., which reads those in'): finder().ticket

def test_a_train_that_prunes_is_named():
    "What the tickets are compared with would be no dense network."
    learn = make_learner(n=128)
    def train(l): l.fit(2, cbs=sparsify(50, end_epoch=1))
    finder = LotteryTicketFinder(learn, [80], verbose=False)
    with pytest.warns(UserWarning, match=r'train has left 50 % of the weights at zero in the dense training. If it prunes'), pytest.raises(ValueError):
        finder.find_winning_ticket(train)    # beside a ticket, it is refused

class PartlyFloat(nn.Module):
    "A network with a part in float32, whatever comes in."
    def __init__(self): super().__init__(); self.a,self.o = nn.Linear(64, 20),nn.Linear(20, 10)
    def forward(self, x): return self.o(F.relu(self.a(x.flatten(1))).float())

@pytest.mark.parametrize('net,criterion', [(PartlyFloat, synflow), (lambda: nn.Sequential(nn.Flatten(), Bag(), nn.Linear(64, 10)), grasp)])
def test_a_criterion_that_cannot_score_is_named_before_any_training(net, criterion, tmp_path):
    trained = []
    learn = make_learner(model=net())
    with pytest.raises(RuntimeError, match=f"criterion '{criterion.__name__}' can't score"):
        LotteryTicketFinder(learn, 80, 1, criteria=criterion, seed=0, verbose=False, path=tmp_path/'run').find_winning_ticket(trained.append)
    assert not trained and not list((tmp_path/'run').glob('*'))

class Bag(nn.Module):
    "A sum of rows, whose gradient torch can't derive again."
    def __init__(self): super().__init__(); self.e = nn.EmbeddingBag(17, 64)
    def forward(self, x): return self.e((x*16).clamp(0, 16).long())

def test_trying_a_criterion_changes_nothing():
    "The dense training is that of any criterion."
    def dense_loss(criterion):
        f = LotteryTicketFinder(make_learner(), 80, 1, criteria=criterion, seed=0, verbose=False)
        f.find_winning_ticket(lambda l: quiet(l, 2))
        return f.history.valid_loss[0]
    assert dense_loss(snip)==dense_loss(grasp)==dense_loss(l1_norm)

def test_a_loss_of_nan_is_never_the_best():
    best = best_epoch
    assert best([dict(epoch=1, valid_loss=math.nan), dict(epoch=2, valid_loss=.5), dict(epoch=3, valid_loss=0.)])==3
    assert best([dict(epoch=1, valid_loss=math.nan)]) is None and best([dict(epoch=1, valid_loss=None)]) is None

def test_a_train_that_changes_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path/'elsewhere').mkdir()
    def train(l):
        quiet(l, 1)
        os.chdir(tmp_path/'elsewhere')
    f = LotteryTicketFinder(make_learner(), 80, 1, seed=0, verbose=False, path='run')
    f.find_winning_ticket(train)
    assert (tmp_path/'run'/'ticket.safetensors').exists() and not list((tmp_path/'elsewhere').iterdir())

def test_networks_without_shapes():
    lazy = nn.Sequential(nn.Flatten(), nn.LazyLinear(10))
    for f in (lambda: LotteryTicketFinder(make_learner(model=lazy), 80), lambda: make_masks(lazy, 50), lambda: Ticket.of(lazy, {}), lambda: Snapshot.take(make_learner(model=lazy))):
        with pytest.raises(ValueError, match=r'1\.weight is lazy: call the model with a batch first'): f()
    t = Ticket.of(nn.Linear(4, 2), {})
    with pytest.raises(ValueError, match="weight can't be written, as it is on meta"): t.load_into(nn.Linear(4, 2, device='meta'))

def test_other_code_of_a_callback_warns(tmp_path):
    "It may print, or stop a run, so the search continues."
    def of(says):
        class Says(Callback):
            if says==1:
                def after_epoch(self): self.learn.said = 1
            else:
                def after_epoch(self): self.learn.said = 2
        return LotteryTicketFinder(make_learner(cbs=Says()), 80, 1, seed=0, verbose=False, path=tmp_path/'run')
    def train(l): quiet(l, 1)
    of(1).find_winning_ticket(train)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        of(1).find_winning_ticket(train)
    with pytest.warns(match='was begun with other callbacks: the code of learner.callback_code.Says.after_epoch has changed'): of(2).find_winning_ticket(train)
