"Snapshots: complete, restored bit for bit, and refused where they don't fit."
import pytest
from helpers import *


@pytest.mark.parametrize('opt', [Adam, partial(SGD, mom=.9), ranger, partial(OptimWrapper, opt=torch.optim.AdamW),
                                 partial(OptimWrapper, opt=torch.optim.SGD, momentum=.9)])
@pytest.mark.parametrize('at', [1,.4,'7it'])
def test_training_resumes_from_a_file_bit_for_bit(tmp_path, opt, at):
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
    loaders = learn.dls.train,learn.dls.valid
    def draw(): return random.random(),np.random.rand(),torch.rand(1).item(),*(dl.rng.random() for dl in loaders)
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

def test_a_moment_that_the_fit_does_not_reach_is_reported(learn):
    cb = SnapshotCallback(3)
    with pytest.warns(UserWarning, match="no snapshot was taken: at=3 wasn't reached"): quiet(learn, 2, cbs=cb)
    assert cb.taken is None

def test_another_optimizer_is_refused_and_nothing_is_changed(learn):
    quiet(learn, 1)
    snap = Snapshot.take(learn)
    def in_two(m): return [params(m.conv)+params(m.bn), params(m.fc1)+params(m.fc2)]
    for other in (make_learner(opt_func=partial(OptimWrapper, opt=torch.optim.SGD)), make_learner(splitter=in_two)):
        before = weights(other.model)
        with pytest.raises(ValueError, match="optimizer doesn't fit the learner's"): snap.restore(other)
        assert same(before, weights(other.model))

def test_a_file_without_a_note_of_the_optimizer_is_refused(tmp_path, learn):
    from dataclasses import replace
    file = replace(Snapshot.take(learn), opt_is=None).save(tmp_path/'s')
    with pytest.raises(ValueError, match="can't be read as a snapshot: the snapshot doesn't say what its optimizer is"):
        Snapshot.load(file)

def test_the_same_seed_gives_the_same_training():
    runs = []
    for _ in range(2):
        random.random()
        torch.rand(3)
        learn = seed_learner(make_learner(), 7)
        runs.append(weights(quiet(learn, 1).model))
    assert same(*runs)
