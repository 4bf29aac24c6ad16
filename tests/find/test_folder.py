"What a run's folder survives: a first save that fails, other people's files, damage."
import numpy as np
import pytest
from helpers import *
from fasterlth.find.folder import RunFolder, open_folder, read_json, write_json

def train(learn): learn.fit(1)
def finder(path, seed=0): return LotteryTicketFinder(make_learner(n=128), 50, 1, seed=seed, path=path, verbose=False)
def bird(path): return EarlyBirdFinder(make_learner(n=128), 50, 'weight', n_masks=2, threshold=1., seed=0, path=path, verbose=False)
searches = dict(finder=(finder, 'find_winning_ticket'), bird=(bird, 'find_early_bird'))
def run(kind, path):
    make,method = searches[kind]
    return make(path),lambda search: getattr(search, method)(lambda l: l.fit(3))

@pytest.mark.parametrize('kind', searches)
def test_a_start_that_could_not_be_saved_is_saved_by_the_next_call(kind, tmp_path, monkeypatch):
    whole,failures,save = run(kind, None),[OSError('no space left')],Snapshot.save
    want = whole[1](whole[0])
    def failing(snapshot, path):
        if failures: raise failures.pop()
        return save(snapshot, path)
    monkeypatch.setattr(Snapshot, 'save', failing)
    search,go = run(kind, tmp_path)
    with pytest.raises(OSError, match='no space left'): go(search)
    go(search)
    again,go = run(kind, tmp_path)    # another process
    assert same(go(again).masks, want.masks) and (tmp_path/'start.safetensors').exists()

@pytest.mark.parametrize('kind', searches)
def test_files_of_others_may_lie_in_the_folder(kind, tmp_path):
    Ticket.of(nn.Linear(2, 2), {}).save(tmp_path/'mine.safetensors')
    search,go = run(kind, tmp_path)
    with pytest.raises(AttributeError): getattr(search, searches[kind][1])(lambda l: l.fit_onecycle(1))
    go(search)    # nothing was trained, so `train` may be corrected
    assert (tmp_path/'mine.safetensors').exists()

def test_loaders_that_train_has_replaced_do_not_change_the_experiment(tmp_path):
    f,other,stopped = finder(tmp_path),make_learner(n=64).dls,[]
    def train(learn):
        if not stopped:
            learn.dls = other
            stopped.append(1)
            raise KeyboardInterrupt
        learn.fit(1)
    with pytest.raises(KeyboardInterrupt): f.find_winning_ticket(train)
    assert round(f.find_winning_ticket(train).sparsity)==50

def test_numpys_numbers_are_seeds(tmp_path):
    a,b = finder(tmp_path/'a', np.int64(3)),finder(tmp_path/'b', 3)
    assert same(a.find_winning_ticket(train).masks, b.find_winning_ticket(train).masks) and type(a.seed) is int

def test_a_flipped_digit_in_a_record_is_named(tmp_path):
    folder = RunFolder(tmp_path)
    with folder.held(): open_folder(folder, dict(seed=1))
    file = folder.file('experiment.json')
    file.write_text(file.read_text().replace('"seed": 1', '"seed": 2'))
    with pytest.raises(ValueError, match='experiment.json. is damaged: the checksum is wrong'): folder.experiment
    write_json(file, [1])
    assert read_json(file)==[1]
