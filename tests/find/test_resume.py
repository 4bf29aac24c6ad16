"A finder that is interrupted goes on, and ends as if it had not been."
import contextlib, io, os, signal
import pytest
from apart import Session, run_module
from helpers import *
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.hold import hold_folder

def two_fits(l):
    l.fit_one_cycle(2, 1e-2)
    l.fit_one_cycle(1, 3e-3)

def finder(learn=None, **kwargs):
    return LotteryTicketFinder(learn or make_learner(), **{'sparsity': 80, 'n_rounds': 2, 'seed': 0, 'verbose': False, **kwargs})

def ended(f, ref):
    assert all(same(a, b) for a,b in zip(f.masks, ref.masks)) and same(weights(f.learn.model), weights(ref.learn.model))
    assert f.history.equals(ref.history) and f.epochs.equals(ref.epochs)
    assert all(same(a.weights, b.weights) for a,b in zip(f.tickets, ref.tickets))
    return True

@pytest.mark.parametrize('run,how,least', [
    ('lr, 1',['8'],8), weekly('weights, 7it',['every','4','at','replace'],15),
    weekly('early bird by weights',['every','2','at','replace','unlink'],4), weekly('finetune, reshuffled',['4'],4)])
def test_killed(run, how, least):
    "Real processes, killed before, after and in the middle of replacing files, and at random instants."
    code,out,err = run_module('tests.faults.kills', run, *how)
    words = out.split()
    assert code==0 and words[-5:][:2]==['none','of'] and int(words[-3])>=least, out+err

@pytest.fixture(scope='module')
def undisturbed():
    res = {}
    for rewind,at in (('weights',0), ('weights','7it'), ('lr',1), ('finetune',0)):
        f = finder(rewind=rewind, rewind_epoch=at)
        f.find_winning_ticket(two_fits)
        res[rewind,at] = f
    return res

@pytest.mark.parametrize('rewind,at', [('weights',0), ('weights','7it'), ('lr',1), ('finetune',0)])
def test_ctrl_c_leaves_a_usable_finder(tmp_path, undisturbed, rewind, at):
    for i,at_batch in enumerate((3, 8, 12, 18, 27)):    # the first round has 15 batches
        learn = stop(make_learner(), at_batch)
        f = finder(learn, rewind=rewind, rewind_epoch=at, path=tmp_path/str(i))
        with pytest.raises(KeyboardInterrupt): f.find_winning_ticket(two_fits)
        assert len(f.tickets)==len(f.history)+1 if f.rewound is not None else len(f.tickets)==1
        assert not {'fit','_do_fit'}&set(vars(learn)) and not any(isinstance(o, MaskCallback) for o in learn.cbs)
        if len(f.history): assert f.plot() and f.ticket.sparsity>50
        if i%2: assert f.find_winning_ticket(two_fits) and ended(f, undisturbed[rewind,at])    # the same finder continues
        else:
            g = finder(rewind=rewind, rewind_epoch=at, path=tmp_path/str(i), seed=None)    # or another, with what the folder holds
            assert g.find_winning_ticket(two_fits) and ended(g, undisturbed[rewind,at])

def test_without_a_folder_the_round_begins_again(undisturbed):
    learn = stop(make_learner(), 20, RuntimeError)
    f = finder(learn)
    with pytest.raises(RuntimeError): f.find_winning_ticket(two_fits)
    assert len(f.history)==1
    f.find_winning_ticket(two_fits)
    assert ended(f, undisturbed['weights',0])

def test_less_than_an_epoch_is_lost(tmp_path):
    with pytest.raises(KeyboardInterrupt): finder(stop(make_learner(), 14), path=tmp_path).find_winning_ticket(two_fits)    # in the third epoch
    learn,n = make_learner(),[0]
    do = learn._do_epoch_train
    def _do_epoch_train(): n[0] += 1; do()
    learn._do_epoch_train = _do_epoch_train
    finder(learn, path=tmp_path).find_winning_ticket(two_fits)
    assert n[0]==1+3+3

def test_a_finished_folder_is_read_not_trained(tmp_path, undisturbed):
    finder(path=tmp_path).find_winning_ticket(two_fits)
    learn = stop(make_learner(), 1, RuntimeError)    # nothing is trained
    f = finder(learn, path=tmp_path)
    t = f.find_winning_ticket(two_fits)
    assert ended(f, undisturbed['weights',0]) and same(Ticket.load(tmp_path/'ticket.safetensors').masks, t.masks)
    assert sorted(p.name for p in tmp_path.iterdir())==['experiment.json','history.csv','round_00.safetensors','round_01.safetensors','round_02.safetensors','start.safetensors','ticket.safetensors']
    n = sum(t.numel() for t in weights(learn.model).values())
    assert (tmp_path/'round_01.safetensors').stat().st_size<2*n and (tmp_path/'round_00.safetensors').stat().st_size<6*n+4000    # masks are bits; the dense network's weights are kept, once

def other_train(l): l.fit_one_cycle(2, 1e-2)

@pytest.mark.parametrize('change,says', [
    (dict(learn=lambda: make_learner(model=lenet_300_100(64, seed=0))), r'learner.model is SmallNet in the folder, Sequential now'),
    (dict(learn=lambda: make_learner(n=256)), r'learner.data.0.items is \d+ in the folder, \d+ now'),
    (dict(learn=lambda: make_learner(bs=32)), r'learner.data.0.batches'),
    (dict(learn=lambda: make_learner(opt_func=SGD)), r'learner.opt is Adam in the folder, SGD now'),
    (dict(sparsity=90), r'targets are \[55.28, 80\] in the folder, \[68.38, 90\] now \(sparsity, n_rounds\)'), (dict(criteria=l2_norm), 'criteria.name is l1_norm in the folder, l2_norm now'), (dict(rewind='lr'), 'rewind is weights in the folder, lr now'),
    (dict(rewind_epoch=1), 'rewind_epoch is 0 in the folder, 1 now'), (dict(seed=1), 'seed is 0 in the folder, 1 now'), (dict(granularity='filter', layer_type=nn.Conv2d), 'granularity is weight'),
    (dict(context='global'), 'context is local'), (dict(reshuffle=True), 'reshuffle is False'), (dict(train=other_train), 'train.name is two_fits in the folder, other_train now')])
def test_another_experiment_is_refused(tmp_path, change, says):
    finder(path=tmp_path).find_winning_ticket(two_fits)
    files = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    change = dict(change)
    learn,train = change.pop('learn', make_learner)(),change.pop('train', two_fits)
    with pytest.raises(ValueError, match=f'belongs to another experiment: .*{says}'): finder(learn, path=tmp_path, **change).find_winning_ticket(train)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()}==files    # nothing is touched

def test_weights_that_differ_from_the_folders_start_warn(tmp_path, undisturbed):
    finder(path=tmp_path, n_rounds=2).find_winning_ticket(two_fits)
    (tmp_path/'round_02.safetensors').unlink()
    with pytest.warns(UserWarning, match="the learner's weights differ from the start that .* holds: continuing with the folder's"):
        f = finder(make_learner(seed=9), path=tmp_path); f.find_winning_ticket(two_fits)
    assert ended(f, undisturbed['weights',0])

@pytest.mark.parametrize('name', ['start','rewind','round_00','moment'])
@pytest.mark.parametrize('damage', ['cut','flip','empty','foreign'])
def test_damaged_files_are_named(tmp_path, name, damage):
    with pytest.raises(KeyboardInterrupt): finder(stop(make_learner(), 22), path=tmp_path, rewind_epoch=1).find_winning_ticket(two_fits)
    f = tmp_path/f'{name}.safetensors'
    data = bytearray(f.read_bytes())
    if damage=='flip': data[-5] ^= 1
    f.write_bytes(dict(cut=data[:len(data)//2], flip=data, empty=b'', foreign=b'not a tensor'*10)[damage])
    files = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f.name): finder(path=tmp_path, rewind_epoch=1).find_winning_ticket(two_fits)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()}==files

def test_missing_files_are_named(tmp_path):
    with pytest.raises(KeyboardInterrupt): finder(stop(make_learner(), 22), path=tmp_path, rewind_epoch=1).find_winning_ticket(two_fits)
    go = lambda: finder(path=tmp_path, rewind_epoch=1).find_winning_ticket(two_fits)
    (tmp_path/'round_00.safetensors').rename(tmp_path/'away')
    with pytest.raises(ValueError, match='round_00.safetensors.* is missing'): go()
    (tmp_path/'away').rename(tmp_path/'round_00.safetensors')
    (tmp_path/'rewind.safetensors').rename(tmp_path/'away')
    with pytest.raises(ValueError, match='rewind.safetensors.* is missing'): go()
    (tmp_path/'away').rename(tmp_path/'rewind.safetensors')
    (tmp_path/'start.safetensors').rename(tmp_path/'away')
    with pytest.raises(ValueError, match='no start.safetensors'): go()
    (tmp_path/'away').rename(tmp_path/'start.safetensors')
    Snapshot.take(make_learner()).save(tmp_path/'start.safetensors')
    with pytest.raises(ValueError, match="not the start of a run"): go()

class Rates(Callback):
    "The learning rate of each step of each fit, without `lr_find`'s."
    def __init__(self): self.fits = []
    def before_fit(self):
        if not self.learn.lock.locked() and not hasattr(self.learn, 'lr_finder'): self.fits.append([])
    def before_batch(self):
        if self.training and not hasattr(self.learn, 'lr_finder'): self.fits[-1].append(self.opt.hypers[-1]['lr'])

def looks(l):
    "What it trains with depends on what it has learnt."
    l.fit_one_cycle(2, 1e-2)
    l.fit(1, l.lr_find(show_plot=False, num_it=20).valley)
    l.fit(2, 1e-3*float(l.recorder.values[-1][0]))

@pytest.mark.filterwarnings('ignore::pytest.PytestUnraisableExceptionWarning')    # an interrupted lr_find leaves its temporary folder to the collector
@pytest.mark.parametrize('at', [weekly(0), 4])
def test_train_may_look_at_what_it_has_learnt_between_fits(tmp_path, at):
    ref = finder(make_learner(path=tmp_path), rewind_epoch=at, n_rounds=1)
    ref.find_winning_ticket(looks)
    for i,at_batch in enumerate((4, 20, 32, 33, 37, 42, 52)):    # 10 batches, 20 of lr_find, 5, 10
        f = finder(stop(make_learner(path=tmp_path), at_batch), rewind_epoch=at, n_rounds=1, path=tmp_path/str(i))
        with pytest.raises(KeyboardInterrupt): f.find_winning_ticket(looks)
        g = f if i%2 else finder(make_learner(path=tmp_path), rewind_epoch=at, n_rounds=1, path=tmp_path/str(i))
        g.find_winning_ticket(looks)
        assert ended(g, ref)
        assert sorted(p.name for p in (tmp_path/str(i)).glob('*'))==sorted(['experiment.json','history.csv','round_00.safetensors','round_01.safetensors','start.safetensors','ticket.safetensors']+['rewind.safetensors']*bool(at))

def test_a_ticket_rewound_into_a_later_fit_trains_at_the_rates_of_the_dense_one(tmp_path):
    rates = Rates()
    f = finder(make_learner(path=tmp_path, cbs=rates), rewind_epoch=4, n_rounds=2)
    f.find_winning_ticket(looks)
    assert repr(f.rewound).startswith(f'Snapshot(epoch {f.rewound.epoch} of fit {f.rewound.fit+1}, batch 0:') and f.rewound.fit
    rates = [o for o in rates.fits if o]
    assert [len(o) for o in rates]==[10,5,10,5,5] and len(set(rates[2]))==1 and rates[2][0]!=1e-3
    assert rates[3]==rates[4]==rates[2][5:]

def test_loaders_that_train_replaces_are_seeded_and_rewound(tmp_path):
    def learner(seed, **kwargs):
        l = make_learner(**kwargs)
        l.other = digits_dls(size=8, bs=32, n=96, device=torch.device('cpu'))
        for dl in l.other.loaders: dl.rng.seed(seed)    # as in another process
        return l
    def grows(l):
        was = l.dls
        l.dls = l.other
        l.fit(2, 1e-2)
        l.dls = was
        l.fit(1, 1e-2)
    ref = finder(learner(1), n_rounds=1)
    ref.find_winning_ticket(grows)
    for i,at_batch in enumerate((2, 5, 8, 14)):
        f = finder(stop(learner(2), at_batch), n_rounds=1, path=tmp_path/str(i))
        with pytest.raises(KeyboardInterrupt): f.find_winning_ticket(grows)
        g = finder(learner(3), n_rounds=1, path=tmp_path/str(i))
        g.find_winning_ticket(grows)
        assert ended(g, ref)

# Whose turn it is

def test_two_processes_do_not_train_into_one_folder(tmp_path, undisturbed):
    with pytest.raises(KeyboardInterrupt): finder(stop(make_learner(), 20), path=tmp_path).find_winning_ticket(two_fits)
    files = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    hold = "import signal, sys; from fasterlth.find.hold import hold_folder\nwith hold_folder(sys.argv[1]): print('has it', flush=True); signal.pause()"
    other = Session(hold, tmp_path)
    try:
        while other.stdout!='has it\n': assert other.wait(.02) is None, other.stderr
        for f in (finder(path=tmp_path).find_winning_ticket, EarlyBirdFinder(make_learner(), path=tmp_path).find_early_bird):
            with pytest.raises(ValueError, match=f'path .{tmp_path}. is in use: another run is writing to it'): f(two_fits)
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()}==files    # nothing is touched
    finally: os.kill(other.pid, signal.SIGKILL)    # it couldn't clean up
    assert other.wait()==-signal.SIGKILL
    f = finder(path=tmp_path)
    f.find_winning_ticket(two_fits)
    assert ended(f, undisturbed['weights',0])
    with hold_folder(tmp_path):
        g = finder(path=tmp_path)
        g.find_winning_ticket(two_fits)    # finished, so it is only read, whoever has it
    assert ended(g, undisturbed['weights',0])

def test_a_run_holds_its_folder_until_it_ends(tmp_path):
    seen = []
    class Look(Callback):
        def after_epoch(self):
            if not self.learn.lock.locked():
                with pytest.raises(ValueError, match='is in use'), hold_folder(tmp_path, wait=0): pass
                seen.append(self.epoch)
    f = finder(make_learner(cbs=Look()), path=tmp_path, n_rounds=1)
    f.find_winning_ticket(two_fits)
    with hold_folder(tmp_path, wait=0): pass
    assert len(seen)==6
    with pytest.raises(KeyboardInterrupt): finder(stop(make_learner(), 8), path=tmp_path/'b').find_winning_ticket(two_fits)
    with hold_folder(tmp_path/'b', wait=0): pass

def test_without_training_no_folder_is_made(tmp_path):
    path = tmp_path/'new'
    for f in (finder(path=path).find_winning_ticket, EarlyBirdFinder(make_learner(), path=path).find_early_bird):
        with pytest.raises(TypeError, match='train must be a function'): f(5)
    assert not (tmp_path/'new').exists()

def test_find_ticket_without_a_folder_leaves_its_finder(undisturbed):
    learn = stop(make_learner(), 20)
    with pytest.raises(KeyboardInterrupt): learn.find_ticket(two_fits, 80, 2, seed=0, verbose=False)
    f = learn.ticket_finder
    assert len(f.history)==1 and len(f.tickets)==2 and f.ticket.sparsity>50 and f.plot()
    f.find_winning_ticket(two_fits)
    assert ended(f, undisturbed['weights',0])
    learn.find_ticket(two_fits, 80, 1, seed=0, verbose=False)
    assert not hasattr(learn, 'ticket_finder')    # nothing of it is exported with the learner

# The search for an early-bird ticket

def bird(path, at_batch=None, **kwargs):
    learn = make_learner()
    if at_batch: stop(learn, at_batch)
    settings = dict(sparsity=50, granularity='weight', criteria=movement, n_masks=4, threshold=1., seed=0)
    return EarlyBirdFinder(learn, path=path, verbose=False, **{**settings, **kwargs})

def long_fits(l):
    l.fit_one_cycle(3, 1e-2)
    l.fit_one_cycle(4, 3e-3)

def count_epochs(learn, seen):
    do = learn._do_epoch_train
    def _do_epoch_train(): seen.append(1); do()
    learn._do_epoch_train = _do_epoch_train

finished_search = ['experiment.json','masks.safetensors','start.safetensors','ticket.safetensors']

def test_a_search_continues_with_the_masks_it_has(tmp_path):
    ref = bird(None)
    want = ref.find_early_bird(long_fits)
    assert ref.found==4
    for at_batch,kept in ((3,0), (8,1), (14,2), (17,3)):    # 5 batches an epoch
        path,seen = tmp_path/str(at_batch),[]
        with pytest.raises(KeyboardInterrupt): bird(path, at_batch).find_early_bird(long_fits)
        assert (path/'moment.safetensors').exists()==(kept>0)
        for _ in range(2):    # the third call only reads
            f = bird(path, seed=None)
            count_epochs(f.learn, seen)
            t = f.find_early_bird(long_fits)
            assert len(seen)==4-kept and f.seed==0
            assert same(t.masks, want.masks) and same(t.weights, want.weights)
            assert same(weights(f.learn.model), weights(ref.learn.model))
            assert f.found==4 and f.distances.equals(ref.distances) and f.plot()
            assert f.costs().equals(ref.costs()) and f.costs().train_epochs['dense']==7
        assert sorted(p.name for p in path.iterdir())==finished_search

def test_the_same_finder_continues_its_search(tmp_path):
    ref = bird(None)
    want = ref.find_early_bird(long_fits)
    for path,n in ((tmp_path,2),(None,4)):    # without a folder it begins again
        f,seen = bird(path, 14),[]
        with pytest.raises(KeyboardInterrupt): f.find_early_bird(long_fits)
        count_epochs(f.learn, seen)
        assert same(f.find_early_bird(long_fits).masks, want.masks) and f.distances.equals(ref.distances)
        assert len(seen)==n

def test_another_search_needs_another_folder(tmp_path):
    with pytest.raises(KeyboardInterrupt): bird(tmp_path, 14).find_early_bird(long_fits)
    def refused():
        for kwargs,says in ((dict(threshold=.5), 'settings.threshold is 1.0 in the folder, 0.5 now'),
                            (dict(sparsity=40), 'settings.sparsity is 50 in the folder, 40 now'),
                            (dict(criteria=l1_norm), 'settings.criteria.name is movement in the folder, l1_norm now'),
                            (dict(seed=1), 'seed is 0 in the folder, 1 now')):
            with pytest.raises(ValueError, match=f'belongs to another experiment: .*{says}.*Use another folder'):
                bird(tmp_path, **kwargs).find_early_bird(long_fits)
        with pytest.raises(ValueError, match='train.*Use another folder'): bird(tmp_path).find_early_bird(two_fits)
        with pytest.raises(ValueError, match='is the folder of a search for an early-bird ticket, not of a finder'):
            finder(path=tmp_path).find_winning_ticket(long_fits)
    refused()
    bird(tmp_path).find_early_bird(long_fits)
    refused()
    rounds = tmp_path/'rounds'
    with pytest.raises(KeyboardInterrupt): finder(stop(make_learner(), 8), path=rounds).find_winning_ticket(two_fits)
    with pytest.raises(ValueError, match='is the folder of a finder, not of a search for an early-bird ticket'):
        bird(rounds).find_early_bird(long_fits)

def test_a_mistake_in_train_can_be_corrected(tmp_path):
    with pytest.raises(KeyboardInterrupt): bird(tmp_path, 3).find_early_bird(two_fits)    # nothing was kept of it
    assert same(bird(tmp_path).find_early_bird(long_fits).masks, bird(None).find_early_bird(long_fits).masks)

def test_a_search_that_finds_nothing_is_finished_as_well(tmp_path):
    says = 'no early-bird ticket in 7 epochs: the masks of 4 epochs differed'
    with pytest.raises(KeyboardInterrupt): bird(tmp_path, 18, threshold=0.).find_early_bird(long_fits)    # in the fourth epoch
    for n in (4,0):    # continued, then known
        f,seen = bird(tmp_path, threshold=0.),[]
        count_epochs(f.learn, seen)
        with pytest.raises(ValueError, match=says): f.find_early_bird(long_fits)
        assert len(seen)==n
    assert f.found is None and f.distances.shape==(7,7) and f.plot()
    assert sorted(p.name for p in tmp_path.iterdir())==[o for o in finished_search if o!='ticket.safetensors']

def test_a_finished_search_is_read_by_many(tmp_path):
    want = bird(tmp_path).find_early_bird(long_fits)
    with hold_folder(tmp_path): assert same(bird(tmp_path).find_early_bird(long_fits).weights, want.weights)
    with pytest.raises(KeyboardInterrupt): bird(tmp_path/'b', 14).find_early_bird(long_fits)
    with hold_folder(tmp_path/'b'), pytest.raises(ValueError, match='is in use'):
        bird(tmp_path/'b').find_early_bird(long_fits)

def test_a_search_continues_from_the_start_of_its_folder(tmp_path):
    with pytest.raises(KeyboardInterrupt): bird(tmp_path, 14).find_early_bird(long_fits)
    f = bird(tmp_path)
    nn.init.zeros_(f.learn.model.fc1.weight)
    with pytest.warns(UserWarning, match="the learner's weights differ from the start that .* holds: continuing with the folder's"):
        t = f.find_early_bird(long_fits)
    assert same(t.weights, bird(None).find_early_bird(long_fits).weights)

@pytest.mark.parametrize('name', ['start','moment','masks','ticket'])
def test_damaged_files_of_a_search_are_named(tmp_path, name):
    if name in ('start','moment'):
        with pytest.raises(KeyboardInterrupt): bird(tmp_path, 14).find_early_bird(long_fits)
    else: bird(tmp_path).find_early_bird(long_fits)
    f = tmp_path/f'{name}.safetensors'
    f.write_bytes(f.read_bytes()[:-50])
    with pytest.raises(ValueError, match=f.name): bird(tmp_path).find_early_bird(long_fits)
    f.unlink()
    if name=='start':
        with pytest.raises(ValueError, match='has moment.safetensors, but no start.safetensors: it is damaged'):
            bird(tmp_path).find_early_bird(long_fits)
    elif name!='ticket':
        assert same(bird(tmp_path).find_early_bird(long_fits).masks, bird(None).find_early_bird(long_fits).masks)

def test_a_body_frozen_by_hand_after_a_fit():
    learn = make_learner()
    quiet(learn, 1)
    for p in learn.model.conv.parameters(): p.requires_grad_(False)
    conv = learn.model.conv.weight.detach().clone()
    f = finder(learn, n_rounds=1, layer_type=nn.Linear)
    f.find_winning_ticket(two_fits)
    assert torch.equal(learn.model.conv.weight, conv) and len(f.history)==2
    assert not torch.equal(f.trained[0]['fc1.weight'], f.start.model['fc1.weight'])
    assert not any(p.requires_grad for p in learn.model.conv.parameters())

class Noisy:
    "A data set with random items, of which fastai finds out at the first batch how many inputs they have."
    def __init__(self, ds, noise): self.xs,self.noise = ds.tensors,noise
    def __len__(self): return len(self.xs[0])
    def __getitem__(self, i): return self.xs[0][i]+self.noise*torch.randn(1),self.xs[1][i]

def test_loaders_that_look_at_an_item_at_their_first_batch(tmp_path):
    data = make_learner().dls
    def ready():
        dls = DataLoaders.from_dsets(*[Noisy(dl.dataset, noise) for dl,noise in zip(data.loaders, (.5,0))], bs=64, device='cpu')
        return Learner(dls, SmallNet(), CrossEntropyLossFlat(), metrics=accuracy, lr=1e-2)
    def search(learn, path=None):
        set_seed(0)
        f = finder(learn, n_rounds=1, path=path)
        f.find_winning_ticket(two_fits)
        return f
    set_seed(0)
    whole = search(ready())
    set_seed(0)
    with pytest.raises(KeyboardInterrupt): search(stop(ready(), 8), tmp_path)
    set_seed(0)
    assert ended(search(ready(), tmp_path), whole)

def test_rounds_of_three_digits(tmp_path):
    "round_100 comes after round_11."
    def train(l): quiet(l, 1)
    def find(n): return LotteryTicketFinder(make_learner(n=64), 80, n_rounds=n, seed=0, path=tmp_path/'f', verbose=False)
    f = find(101)
    t = f.find_winning_ticket(train)
    again = find(101)
    assert same(again.find_winning_ticket(train).masks, t.masks) and len(again.history)==102
    (tmp_path/'f'/'round_50.safetensors').unlink()
    with pytest.raises(ValueError, match='round_50.safetensors.* is missing, but there is round_100'): find(101).find_winning_ticket(train)
