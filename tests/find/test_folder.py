"What a run's folder survives: a first save that fails, other people's files and runs, damage; and what it doesn't: being deleted."
import errno, itertools, os, shutil, signal, sys, threading, time, warnings
import numpy as np
import pytest
from apart import Session
from helpers import *
from fasterlth.find import folder as folder_room, hold as hold_room, records as records_room, trainings
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.folder import RunFolder, open_folder
from fasterlth.find.hold import hold_file, hold_folder
from fasterlth.find.records import read_json, write_json

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

# Whose turn it is

def rewind(path): return lambda train: make_learner(model=lenet_300_100(64, seed=0), n=128).rewind_find(train, [0,1], path=path, points=3, bn_batches=1, show_plot=False, verbose=False)
def a_study(path, train, **kwargs): return LotteryStudy(lambda seed: make_learner(seed, n=128), train, 50, 1, kwargs.pop('conditions', ['random_reinit']), 1, path, **kwargs)
every = dict(finder=lambda path: finder(path).find_winning_ticket, bird=lambda path: bird(path).find_early_bird, rewind=rewind,
             study=lambda path: lambda train: a_study(path, train).run(verbose=False))
def three(l): l.fit(3)

@pytest.fixture
def impatient(monkeypatch):
    "Nobody waits for others."
    monkeypatch.setattr(hold_room.time, 'monotonic', lambda at=itertools.count(step=100): next(at))

@pytest.mark.parametrize('kind', [k for k in every if k!='study'])
def test_a_run_within_a_run_is_refused(kind, tmp_path, impatient):
    said = []
    def within(learn):
        if not said and (tmp_path/'start.safetensors').exists():
            with pytest.raises(ValueError) as e: every[kind](tmp_path)(three)
            said.append(str(e.value))
        three(learn)
    every[kind](tmp_path)(within)
    assert said==[f"path {str(tmp_path)!r} is in use: another run is writing to it. Wait until it ends, or use another one"]

def test_two_threads_do_not_share_a_folder(tmp_path, impatient):
    held,over,said = threading.Event(),threading.Event(),[]
    def hold():
        with hold_folder(tmp_path):
            held.set()
            over.wait(20)
    t = threading.Thread(target=hold)
    t.start()
    assert held.wait(20)
    with pytest.raises(ValueError, match='is in use'): finder(tmp_path).find_winning_ticket(train)
    over.set()
    t.join()
    with hold_folder(tmp_path, wait=0): pass

def test_without_locks_a_process_knows_what_it_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(hold_room, '_flock', lambda *args: True)
    with hold_folder(tmp_path), pytest.raises(ValueError, match='is in use'), hold_folder(tmp_path, wait=0): pass
    with hold_folder(tmp_path, wait=0): pass

def descriptors(): return len(os.listdir('/proc/self/fd'))
needs_proc = pytest.mark.skipif(not Path('/proc/self/fd').exists(), reason='lists descriptors')

@needs_proc
def test_ctrl_c_while_waiting_leaves_nothing_open(tmp_path, monkeypatch):
    def stop(seconds): raise KeyboardInterrupt
    with hold_folder(tmp_path), hold_file(tmp_path/'x'):
        before = descriptors()
        monkeypatch.setattr(hold_room.time, 'sleep', stop)
        for hold in (lambda: hold_folder(tmp_path), lambda: hold_file(tmp_path/'x')):
            with pytest.raises(KeyboardInterrupt), hold(): pass
        assert descriptors()==before
    assert not list(tmp_path.iterdir())

def test_a_forked_child_does_not_keep_the_lock(tmp_path):
    "Workers may outlive a killed run, by minutes."
    r,w = os.pipe()
    if not (parent := os.fork()):
        with hold_folder(tmp_path), hold_file(tmp_path/'x'):
            if not (child := os.fork()): time.sleep(60)
            os.write(w, f'{child:10d}'.encode())
            time.sleep(60)
        os._exit(0)
    child = int(os.read(r, 10))
    try:
        with pytest.raises(ValueError, match='is in use'), hold_folder(tmp_path, wait=0): pass
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        os.kill(child, 0)    # it lives
        with hold_folder(tmp_path, wait=0), hold_file(tmp_path/'x', wait=0): pass
    finally: os.kill(child, signal.SIGKILL)
    assert not list(tmp_path.iterdir())

def test_a_forked_child_neither_frees_nor_uses_what_its_parent_holds(tmp_path):
    folder = RunFolder(tmp_path)
    with folder.held(), hold_file(tmp_path/'x'):
        if not (pid := os.fork()):
            try: folder.keep_table('a.csv', 'a')
            except ValueError as e: os._exit(7 if 'this one was forked from' in str(e) else 1)
            finally: os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])==7
        for hold in (hold_folder(tmp_path, wait=0), hold_file(tmp_path/'x', wait=0)):
            with pytest.raises(ValueError, match='is in use'), hold: pass
    assert not list(tmp_path.iterdir())

def test_a_lock_file_that_its_owner_deletes_is_opened_again(tmp_path, monkeypatch):
    "Opened before the owner deleted it, locked afterwards: that lock would be worth nothing."
    opened,taken = os.open,[]
    owner = hold_file(tmp_path/'x')
    owner.__enter__()
    def late(path, *args, **kwargs):
        fd = opened(path, *args, **kwargs)
        if str(path).endswith('.lock') and not taken:
            taken.append(fd)
            owner.__exit__(None, None, None)
        return fd
    monkeypatch.setattr(os, 'open', late)
    with hold_file(tmp_path/'x'): assert taken and (tmp_path/'.x.lock').exists()
    assert not list(tmp_path.iterdir())

# Folders that vanish

def gone(path, how):
    if how=='moved': path.rename(path.with_name('away'))
    elif how=='emptied': [o.unlink() for o in path.rglob('*') if o.is_file()]
    else: shutil.rmtree(path)
    if how=='replaced': path.mkdir()
    if how=='a file': path.touch()

@pytest.mark.parametrize('how', ['deleted','moved','replaced','emptied','a file'])
@pytest.mark.parametrize('kind', every)
def test_a_folder_that_vanishes_is_an_error_at_the_next_write(kind, how, tmp_path):
    path,n = tmp_path/'run',[]
    def trains(l):
        l.fit(1)
        if path.exists() and not n and any(o.suffix=='.safetensors' for o in path.rglob('moment*')):
            gone(path, how)
            n.append(1)
        l.fit(2)
    with pytest.raises(FileNotFoundError, match=f'{path}.* was deleted, moved or replaced since the run began'): every[kind](path)(trains)
    assert n and ([o for o in path.rglob('*') if o.is_file()]==[] if how in ('replaced','emptied') else path.is_file()==(how=='a file') and not path.is_dir())

def test_the_same_finder_does_not_continue_without_its_beginning(tmp_path):
    f = finder(tmp_path/'run')
    f.find_winning_ticket(train)
    shutil.rmtree(tmp_path/'run')
    with pytest.raises(FileNotFoundError, match='was deleted, moved or replaced'): f.find_winning_ticket(train)
    assert not (tmp_path/'run').exists()
    (tmp_path/'run').mkdir()
    with pytest.raises(ValueError, match="start.safetensors' is missing, but this finder began with it"): f.find_winning_ticket(train)
    assert not list((tmp_path/'run').iterdir())

@pytest.mark.weekly
def test_a_study_in_processes_notices_that_its_folder_is_gone(tmp_path):
    path = tmp_path/'run'
    def trains(l):
        l.fit(1)
        shutil.rmtree(path, ignore_errors=True)
    s = a_study(path, trains)
    with pytest.raises(FileNotFoundError, match='run. was deleted, moved or replaced'): s.run(2, verbose=False)
    assert not path.exists() and 'was deleted, moved or replaced' in s.failures['winning',0,None]

def test_a_ticket_is_read_not_trained(tmp_path):
    s = a_study(tmp_path, train).run(verbose=False)
    (tmp_path/'seed_0'/'winning'/'round_01.safetensors').unlink()
    with pytest.raises(ValueError, match="round_01.safetensors' is missing: put it back, or delete .*done.json"): s.ticket('random_reinit', 0)

@pytest.mark.parametrize('whole', [True,False])
def test_a_study_without_its_experiment(tmp_path, whole):
    "Finished or not, the missing file is named, with what to do."
    s = a_study(tmp_path, train).run(verbose=False)
    if not whole: (tmp_path/'results.csv').unlink()
    kept = (tmp_path/'experiment.json').read_bytes()
    (tmp_path/'experiment.json').unlink()
    says = 'has seed_0/winning/experiment.json, but no experiment.json: it is damaged, or not the folder of a study. Put the file back, or use another folder'
    with pytest.raises(ValueError, match=says): a_study(tmp_path, train).run(verbose=False)
    assert not (tmp_path/'experiment.json').exists()
    (tmp_path/'experiment.json').write_bytes(kept)
    assert a_study(tmp_path, train).run(verbose=False).results.equals(s.results)

def test_an_experiment_that_is_deleted_while_it_runs(tmp_path):
    def trains(l):
        l.fit(1)
        (tmp_path/'experiment.json').unlink()
    f = LotteryTicketFinder(make_learner(), 50, 1, path=tmp_path, verbose=False)
    with pytest.raises(FileNotFoundError, match=f"experiment.json of path '{tmp_path}' was deleted"): f.find_winning_ticket(trains)

def test_a_training_of_a_study_that_vanishes_is_named(tmp_path):
    def trunk_away(t):
        shutil.rmtree(tmp_path/'run'/'seed_0'/'winning')
        return t.start
    s = a_study(tmp_path/'run', train, conditions={'careless': trunk_away})
    with pytest.raises(FileNotFoundError, match='winning. was deleted, moved or replaced'): s.run(verbose=False)

# Folders that can't be written to

@pytest.mark.parametrize('kind', every)
def test_what_cannot_be_written_is_said_before_any_training(kind, tmp_path, monkeypatch):
    def never(l): raise AssertionError('it trains')
    (tmp_path/'file').touch()
    with pytest.raises(ValueError, match="path must be a folder, but '.*/file', above '.*/file/run', is a file"): every[kind](tmp_path/'file'/'run')(never)
    def read_only(**kwargs): raise OSError(errno.EROFS, 'Read-only file system')
    monkeypatch.setattr(hold_room.tempfile, 'TemporaryFile', read_only)
    with pytest.raises(OSError, match=f"path '{tmp_path}/run' can't be written to .Read-only file system."): every[kind](tmp_path/'run')(never)

@pytest.mark.skipif(not Path('/proc/self').exists(), reason='needs a file system that makes no folders')
@pytest.mark.parametrize('kind', every)
def test_where_no_folder_can_be_made_it_is_said(kind):
    def never(l): raise AssertionError('it trains')
    with pytest.raises(PermissionError, match="path '/proc/run' can't be written to .no folder can be made there."): every[kind]('/proc/run')(never)

def test_a_refused_search_leaves_no_finder_on_the_learner(tmp_path):
    learn = make_learner(n=128)
    with pytest.raises(OSError): learn.find_ticket(train, 50, 1, path=tmp_path/('x'*300), verbose=False)
    assert 'ticket_finder' not in vars(learn)

@pytest.mark.parametrize('kind', every)
def test_a_finished_run_is_read_without_a_write(kind, tmp_path, monkeypatch):
    every[kind](tmp_path)(three)
    files = {o: (o.read_bytes(),o.stat().st_mtime_ns) for o in tmp_path.rglob('*') if o.is_file()}
    def never(*args, **kwargs): raise OSError(errno.EROFS, 'Read-only file system')
    rooms = (hold_room,'atomic_write'), (records_room,'atomic_write'), (hold_room,'check_writable'), (folder_room,'check_writable'), (hold_room,'_take')
    for room,name in rooms:
        monkeypatch.setattr(room, name, never)
    every[kind](tmp_path)(three)
    assert files=={o: (o.read_bytes(),o.stat().st_mtime_ns) for o in tmp_path.rglob('*') if o.is_file()}

@pytest.mark.parametrize('kind,table', [('finder','history.csv'), ('rewind','barriers.csv'), ('rewind','lines.csv'), ('study','results.csv'), ('study','seed_0/winning/history.csv')])
def test_tables_are_never_believed(kind, table, tmp_path, monkeypatch):
    every[kind](tmp_path)(three)
    whole = (tmp_path/table).read_bytes()
    (tmp_path/table).write_bytes(whole.replace(b'0', b'9'))
    def go():
        every[kind](tmp_path)(three)
        if '/' in table: a_study(tmp_path, three).ticket('winning', 0)
    go()
    assert (tmp_path/table).read_bytes()==whole
    (tmp_path/table).write_bytes(whole[:9])
    def never(*args, **kwargs): raise OSError(errno.EROFS, 'Read-only file system')
    monkeypatch.setattr(folder_room, 'check_writable', never)
    with pytest.warns(UserWarning, match="csv' differs from what the run's other files say, and can't be mended"): go()

@pytest.mark.parametrize('kind,calls', [('finder',2), ('bird',1), ('rewind',4)])
def test_files_of_another_models_run_are_named(kind, calls, tmp_path, monkeypatch):
    "Those of an interrupted run: its start, its moment, its rounds, where a copy ended."
    def go(path):
        n = itertools.count(1)
        def train(l):
            l.fit(2)
            if next(n)==calls: raise KeyboardInterrupt()
        every[kind](path)(train)
    own,other = tmp_path/'own',tmp_path/'other'
    with pytest.raises(KeyboardInterrupt): go(own)
    with monkeypatch.context() as m:
        m.setattr(sys.modules[__name__], 'make_learner', lambda seed=0, model=None, n=320, make=make_learner: make(seed, lenet_300_100(64, n_out=11, seed=0), n=n))
        with pytest.raises(KeyboardInterrupt): go(other)
    names = [o.name for o in own.glob('*.safetensors')]
    for name in names:
        whole = (own/name).read_bytes()
        (own/name).write_bytes((other/name).read_bytes())
        with pytest.raises(ValueError, match=f"{name}' belongs to another model's run: "): go(own)
        (own/name).write_bytes(whole)
    assert len(names)>=2

# Records with a valid checksum

@pytest.mark.parametrize('content,says', [
    ([], 'content must be a dict'), ({}, 'content has no kind'), (dict(kind=3, experiment={}), 'content.kind must be text'), (dict(kind='finder', experiment=[]), 'content.experiment must be a dict'),
    (dict(kind='finder', experiment={}), 'it has no seed'), (dict(kind='finder', experiment=dict(seed='x')), 'it.seed must be a whole number'), (dict(kind='finder', experiment=dict(seed=0)), 'belongs to another experiment')])
def test_foreign_experiments_are_named(tmp_path, content, says):
    write_json(tmp_path/'experiment.json', content)
    files = {o: o.read_bytes() for o in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f'{says}') as e: finder(tmp_path, None).find_winning_ticket(train)
    assert str(tmp_path) in str(e.value) and files=={o: o.read_bytes() for o in tmp_path.iterdir()}

def test_foreign_results_of_a_study_are_named(tmp_path):
    s = a_study(tmp_path, train).run(verbose=False)
    file = tmp_path/'seed_0'/'random_reinit'/'round_01'/'done.json'
    whole = read_json(file)
    row, = whole['rows']
    for wrong,says in (([], 'content must be a dict'), ({k: v for k,v in whole.items() if k!='iterations'}, 'content has no iterations'), (dict(whole, rows=3), 'content.rows must be a list'),
                       (dict(whole, rows=[3]), 'content.rows.0. must be a dict'), (dict(whole, rows=[dict(row, round='x')]), 'it.round must be a whole number'),
                       (dict(whole, rows=[{k: v for k,v in row.items() if k!='best_epoch'}]), 'it has no best_epoch'), (dict(whole, condition=7), 'content.condition must be a dict')):
        write_json(file, wrong)
        for call in (lambda: s.results, lambda: a_study(tmp_path, train).run(verbose=False)):
            with pytest.raises(ValueError, match=f'done.json.*{says}'): call()

def test_a_search_without_its_ticket_says_what_to_do(tmp_path):
    bird(tmp_path).find_early_bird(three)
    (tmp_path/'ticket.safetensors').unlink()
    with pytest.raises(ValueError, match="ticket.safetensors' is missing, but by masks.safetensors a ticket was found in epoch 2. Put it back, or delete masks"): bird(tmp_path).find_early_bird(three)

@pytest.mark.parametrize('kind', searches)
def test_foreign_moments_are_named(kind, tmp_path):
    search,go = run(kind, tmp_path)
    go(search)
    for o in ('round_01','masks'): (tmp_path/f'{o}.safetensors').unlink(missing_ok=True)
    Snapshot.take(make_learner(n=128)).save(tmp_path/'moment.safetensors')
    with pytest.raises(ValueError, match="moment.safetensors' is not the record of such a run.*Delete it"): go(run(kind, tmp_path)[0])

# What nothing has used yet

class Batches(Callback):
    "Count trained batches."
    n = 0
    def after_batch(self): Batches.n += self.training

def asking(w, init): return (w-init).abs()

@pytest.fixture
def fails(monkeypatch):
    "A criterion that fails when it scores."
    prune = LotteryTicketFinder._prune
    def _prune(self, r):
        if self.criteria is asking: raise RuntimeError('a slip')
        return prune(self, r)
    monkeypatch.setattr(LotteryTicketFinder, '_prune', _prune)

def test_a_mended_criterion_keeps_the_dense_training(tmp_path, fails):
    def go(criteria, path=tmp_path/'a', **kwargs):
        Batches.n = 0
        return LotteryTicketFinder(make_learner(n=128, cbs=Batches()), 50, 1, criteria=criteria, seed=0, path=path, verbose=False, **kwargs).find_winning_ticket(three)
    with pytest.raises(RuntimeError, match='a slip'): go(asking)
    shutil.copytree(tmp_path/'a', tmp_path/'b')
    want,n = go(movement, tmp_path/'whole'),Batches.n
    got = go(movement)
    assert Batches.n==n//2 and same(got.masks, want.masks)    # only the ticket was trained
    assert all(int(m.sum())%8==0 for m in go(l2_norm, tmp_path/'b', round_to=8, min_keep=2).masks.values()) and Batches.n==n//2
    for change in (dict(round_to=8), dict(context='global'), dict(min_keep=3)):
        with pytest.raises(ValueError, match=f'belongs to another experiment: {[*change][0]}'): go(movement, tmp_path/'whole', **change)
    with pytest.raises(ValueError, match='belongs to another experiment: .*criteria.name is movement in the folder, asking now'): go(asking, tmp_path/'whole')

def test_a_mended_criterion_keeps_a_studys_dense_trainings(tmp_path, fails):
    def go(criteria, path=tmp_path/'a', **kwargs):
        Batches.n = 0
        return LotteryStudy(lambda seed: make_learner(seed, n=128, cbs=Batches()), three, 50, 1, {'own': dict(criteria=l2_norm)}, 1, path, criteria=criteria, **kwargs).run(verbose=False)
    with pytest.warns(UserWarning, match="'winning' with seed 0 .RuntimeError: a slip"): assert ('winning',0,None) in go(asking).failures
    n = Batches.n
    s = go(movement)
    assert not s.failures and Batches.n==n//3 and s.results.condition.tolist()==['dense','winning','own']    # nothing but the ticket's training
    with pytest.raises(ValueError, match='belongs to another experiment: finder.criteria'): go(l1_norm)

# What a killed job has done

def test_a_control_that_is_killed_before_its_results_are_written_loses_nothing(tmp_path, monkeypatch):
    finish,calls = trainings._finish,[]
    def killed(f, rows, folder, condition):
        calls.append(folder.path.name)
        if calls==['winning','round_01']: raise KeyboardInterrupt
        finish(f, rows, folder, condition)
    monkeypatch.setattr(trainings, '_finish', killed)
    def counted(seed): return make_learner(seed, n=128, cbs=[Batches(), SaveModelCallback()])
    def go(): return LotteryStudy(counted, three, 50, 1, ['random_reinit'], 1, tmp_path).run(verbose=False)
    with pytest.raises(KeyboardInterrupt): go()
    Batches.n = 0
    s = go()
    assert not s.failures and Batches.n==0 and len(s.results)==3
    assert not [o for o in tmp_path.rglob('*') if o.name in ('running','files','moment.safetensors') or o.suffix in ('.part','.lock')]

def test_what_a_killed_job_left_is_tidied(tmp_path):
    a_study(tmp_path, train).run(verbose=False)
    for job in (tmp_path/'seed_0'/'winning',tmp_path/'seed_0'/'random_reinit'/'round_01'):
        (job/'files'/'models').mkdir(parents=True)
        for o in ('running','files/models/model.pth'): (job/o).touch()
    (job/'files'/'history.csv').touch()    # a callback's, to keep
    a_study(tmp_path, train).run(verbose=False)
    assert [str(o.relative_to(tmp_path)) for o in tmp_path.rglob('files/**/*')]==['seed_0/random_reinit/round_01/files/history.csv'] and not list(tmp_path.rglob('running'))

@pytest.mark.weekly
def test_workers_know_what_was_registered(tmp_path):
    "In the main module, whose code workers don't run."
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from helpers import *
class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(64, 32))
    def forward(self, x): return x.flatten(1)@self.w
register_layer(Scaled, {{'w': 'in out'}})
register_granularity('per_output', 'in')
register_input('half', lambda s: {{n: .5 for n in s.names}})
def by_half(w, half): return w.abs()*half
def make(seed):
    torch.manual_seed(seed)
    return make_learner(seed, nn.Sequential(Scaled(), nn.ReLU(), nn.Linear(32, 10)), n=128)
def study(n, path):
    s = LotteryStudy(make, lambda l: l.fit(1), 50, 1, {{'own': dict(granularity={{'0.w': 'per_output', '*': 'weight'}}, layer_type=Scaled)}}, 1, path, criteria=by_half).run(n, verbose=False)
    print(sorted(s.ticket('winning', 0).masks), s.failures)
    return s.results.drop(columns='seconds')
pd.testing.assert_frame_equal(study(1, {str(tmp_path/'1')!r}), study(2, {str(tmp_path/'2')!r}), check_exact=True)
"""
    s = Session(script)
    assert s.wait()==0 and s.stdout.splitlines()==["['0.w', '2.weight'] {}"]*2, s.stdout+s.stderr

# A file for one training

@pytest.fixture(scope='module')
def trunk():
    f = finder(None)
    f.find_winning_ticket(train)
    return f

def test_a_training_holds_its_file(tmp_path, trunk, impatient):
    want,path,said = trunk.train_ticket(trunk.ticket.masks),tmp_path/'new'/'a.safetensors',[]
    before = trunk.train
    def within(l):
        before(l)
        assert sorted(o.name for o in path.parent.iterdir())==['.a.safetensors.lock','a.safetensors']
        with pytest.raises(ValueError, match=f"path '{path}' is in use: another run is writing to it"): trunk.train_ticket(trunk.ticket.masks, path=path)
        said.append(1)
    trunk.train = within
    try: row = trunk.train_ticket(trunk.ticket.masks, path=path)
    finally: trunk.train = before
    assert said and {**row, 'seconds': 0}=={**want, 'seconds': 0} and not list(path.parent.iterdir())
    with pytest.raises(ValueError, match='path must be a file, but .* is a folder'): trunk.train_ticket(trunk.ticket.masks, path=tmp_path)

def test_a_training_notices_that_its_folder_is_gone(tmp_path, trunk):
    path,before = tmp_path/'new'/'a.safetensors',trunk.train
    def trains(l):
        shutil.rmtree(path.parent)
        before(l)
    trunk.train = trains
    try:
        with pytest.raises(FileNotFoundError, match=f"path '{path}' was deleted, moved or replaced"): trunk.train_ticket(trunk.ticket.masks, path=path)
    finally: trunk.train = before
    assert not path.parent.exists()

def test_the_moment_of_another_training_is_refused(tmp_path, trunk):
    path,before = tmp_path/'a.safetensors',trunk.train
    def stops(l):
        before(l)
        raise KeyboardInterrupt
    trunk.train = stops
    try:
        with pytest.raises(KeyboardInterrupt): trunk.train_ticket(trunk.ticket.masks, path=path)
    finally: trunk.train = before
    assert [o.name for o in tmp_path.iterdir()]==['a.safetensors']
    others = {n: ~m for n,m in trunk.ticket.masks.items()}
    for masks,weights in ((others,None), (trunk.ticket.masks,trunk.trained[0])):
        with pytest.raises(ValueError, match="a.safetensors' is of a training with other masks or weights: delete it"): trunk.train_ticket(masks, weights, path=path)
    assert trunk.train_ticket(trunk.ticket.masks, path=path)['accuracy']==trunk.train_ticket(trunk.ticket.masks)['accuracy']
    Snapshot.take(make_learner(n=128)).save(path)
    with pytest.raises(ValueError, match="a.safetensors' is not the record of such a run"): trunk.train_ticket(trunk.ticket.masks, path=path)
