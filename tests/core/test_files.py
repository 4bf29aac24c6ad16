"Tickets and snapshots as files: what is damaged or foreign is named, and nothing is changed."
import json
import pytest
from hypothesis import given, settings, strategies as st
from helpers import *
from fasterlth.core.files import load_tensors, save_tensors


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Linear(5, 3))
    t = Ticket.of(net, make_masks(prunable(net), 50), seed=1)
    p = t.save(tmp_path_factory.mktemp('t')/'t.safetensors')
    return net,t,p,p.read_bytes()

@settings(deadline=None, max_examples=150)
@given(where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_no_flipped_byte_goes_unnoticed(saved, where, flip):
    net,t,p,whole = saved
    bad = bytearray(whole)
    i = int(where*len(bad))
    bad[i] ^= flip
    q = p.with_name('bad.safetensors'); q.write_bytes(bad)
    try: again = Ticket.load(q)
    except ValueError as e: assert 'bad.safetensors' in str(e)
    else:    # bytes of JSON that mean the same
        assert i<8+int.from_bytes(whole[:8], 'little')
        assert same(again.masks, t.masks) and same(again.weights, t.weights) and again.about==t.about

@settings(deadline=None, max_examples=60)
@given(n=st.integers(0, 3000))
def test_no_truncated_file_is_taken_for_a_whole_one(saved, n):
    *_,p,whole = saved
    q = p.with_name('short.safetensors'); q.write_bytes(whole[:min(n, len(whole)-1)])
    with pytest.raises(ValueError, match='short.safetensors.*truncated'): Ticket.load(q)

def test_foreign_files(tmp_path, saved):
    from safetensors.torch import save_file
    save_file({'w': torch.zeros(3)}, tmp_path/'other.safetensors')
    with pytest.raises(ValueError, match='not a ticket of fasterlth'): Ticket.load(tmp_path/'other.safetensors')
    (tmp_path/'text').write_text('a,b\n1,2\n')
    with pytest.raises(ValueError, match="can't be read as a ticket"): Ticket.load(tmp_path/'text')
    with pytest.raises(FileNotFoundError, match='no ticket file'): Ticket.load(tmp_path)
    torch.save({'w': torch.zeros(3)}, tmp_path/'p.pth')
    with pytest.raises(ValueError, match="can't be read as a ticket"): Ticket.load(tmp_path/'p.pth')
    save_tensors(tmp_path/'odd', {'weights.w': torch.zeros(3)}, {'about': {}}, 'ticket')
    with pytest.raises(ValueError, match='no whole ticket'): Ticket.load(tmp_path/'odd')
    save_tensors(tmp_path/'odd', {'weights.w': torch.zeros(3), 'mask.w': torch.zeros(9, dtype=torch.uint8)}, {'about': {}, 'shapes': {'w': [3]}}, 'ticket')
    with pytest.raises(ValueError, match='takes 1 bytes'): Ticket.load(tmp_path/'odd')

def test_a_newer_format_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr('fasterlth.snapshot._format', 99)
    save_tensors(tmp_path/'new', {}, {}, 'ticket')
    monkeypatch.undo()
    with pytest.raises(ValueError, match='format 99, newer than'): Ticket.load(tmp_path/'new')

def test_what_does_not_fit_changes_nothing(learn, saved):
    _,t,*_ = saved
    before,cbs = weights(learn.model),list(learn.cbs)
    with pytest.raises(ValueError, match='0.weight is missing in the model.*and [0-9]+ more'): t.apply(learn)
    assert same(before, weights(learn.model)) and list(learn.cbs)==cbs
    with pytest.raises(TypeError, match='about must hold what JSON can'): Ticket.of(learn.model, {}, about_f=print).save('nowhere')
    with pytest.raises(ValueError, match='mask of fc1.weight has the shape'): Ticket(dict(w=torch.zeros(2).bool()) | {'fc1.weight': torch.zeros(2).bool()}, {**t.weights, 'w': torch.zeros(2), 'fc1.weight': torch.zeros(3)}, {})
    with pytest.raises(ValueError, match='must be bool'): Ticket({'0.weight': torch.ones(5,6)}, t.weights, {})

@pytest.mark.parametrize('dtype', [torch.float16,torch.bfloat16,torch.float64])
def test_types_of_tensors_survive(tmp_path, dtype):
    net = nn.Linear(7, 3).to(dtype)
    t = Ticket.load(Ticket.of(net, make_masks(prunable(net), 40)).save(tmp_path/'t'))
    assert t.weights['weight'].dtype==dtype and torch.equal(t.weights['weight'], net.weight)

@pytest.mark.parametrize('opt', [Adam, partial(SGD, mom=.9), ranger, partial(OptimWrapper, opt=torch.optim.AdamW), partial(OptimWrapper, opt=torch.optim.SGD, momentum=.9)])
@pytest.mark.parametrize('at', [1,.4,'7it'])
def test_a_snapshot_through_a_file_goes_on_bit_for_bit(tmp_path, opt, at):
    learn = make_learner(opt_func=opt)
    snap = SnapshotCallback(at)
    quiet(learn, 3, cbs=snap)
    again = Snapshot.load(snap.taken.save(tmp_path/'s'))
    other = make_learner(seed=5, opt_func=opt)
    quiet(other, 3-again.epoch, cbs=ResumeCallback(again))
    assert same(weights(learn.model), weights(other.model))

def test_a_snapshot_holds_buffers_that_the_state_dict_leaves_out(learn):
    learn.model.register_buffer('seen', torch.zeros(3), persistent=False)
    snap = Snapshot.take(learn)
    learn.model.seen += 1
    snap.restore(learn)
    assert not learn.model.seen.any()

def test_all_random_states(learn):
    snap = Snapshot.take(learn)
    draw = lambda: (random.random(), np.random.rand(), torch.rand(1).item(), learn.dls.train.rng.random(), learn.dls.valid.rng.random())
    a = draw()
    assert draw()!=a
    snap.restore(learn)
    assert draw()==a

def test_a_torch_loader_with_a_generator():
    ds = [(torch.randn(4),torch.tensor(i%2)) for i in range(40)]
    dl = torch.utils.data.DataLoader(ds, 8, shuffle=True, generator=torch.Generator().manual_seed(3))
    learn = Learner(DataLoaders(dl, torch.utils.data.DataLoader(ds, 8)), nn.Linear(4, 2), CrossEntropyLossFlat())
    snap = Snapshot.take(learn)
    a = [y.tolist() for _,y in dl]
    snap.restore(learn)
    assert [y.tolist() for _,y in dl]==a

def test_a_snapshot_from_before_the_optimizer(learn):
    snap = Snapshot.take(learn)
    runs = []
    for _ in range(2):
        quiet(learn, 2)
        runs.append(weights(learn.model))
        snap.restore(learn)
        assert learn.opt is None
    assert same(*runs)

def test_a_moment_that_the_fit_does_not_reach_is_said(learn):
    with pytest.warns(UserWarning, match="no snapshot was taken: at=3 wasn't reached"): quiet(learn, 2, cbs=(cb := SnapshotCallback(3)))
    assert cb.taken is None

def test_another_optimizer_is_refused_and_nothing_changed(learn):
    quiet(learn, 1)
    snap = Snapshot.take(learn)
    for other in (make_learner(opt_func=partial(OptimWrapper, opt=torch.optim.SGD)), make_learner(splitter=lambda m: [params(m.conv)+params(m.bn), params(m.fc1)+params(m.fc2)])):
        before = weights(other.model)
        with pytest.raises(ValueError, match="optimizer doesn't fit the learner's"): snap.restore(other)
        assert same(before, weights(other.model))

def test_a_loaded_ticket_is_no_view_of_its_file(tmp_path):
    net = nn.Linear(50, 50)
    p = Ticket.of(net, {}).save(tmp_path/'t')
    t = Ticket.load(p)
    with open(p, 'r+b') as f: f.seek(-400, 2); f.write(b'\0'*400)
    assert torch.equal(t.weights['weight'], net.weight)
    with pytest.raises(TypeError, match='learn must be a Learner, not Linear'): t.apply(net)

def test_the_same_seed_gives_the_same_training():
    runs = []
    for _ in range(2):
        random.random(); torch.rand(3)
        learn = seed_learner(make_learner(), 7)
        runs.append(weights(quiet(learn, 1).model))
    assert same(*runs)
