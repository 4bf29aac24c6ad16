"Jobs in processes: what may go wrong with one of them, and what the others notice of it."
import functools, os
import joblib, pytest, torch
from joblib.externals.loky.process_executor import BrokenProcessPool
import fasterlth.find.jobs as room
from fasterlth.find.jobs import Failure, Job, check_jobs, run_jobs, settled

def finish(folder): (folder/'done.json').write_text('{}')
def jobs_of(folder, **calls): return [Job(k, folder/k, functools.partial(f, folder/k)) for k,f in calls.items()]

def test_gpus_are_assigned_by_number(tmp_path, monkeypatch):
    "This machine hasn't two: check what would be set, and when, and restored."
    at,seen = [],[]
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    monkeypatch.setattr(torch.cuda, 'current_device', lambda: at[-1] if at else 0)
    monkeypatch.setattr(torch.cuda, 'set_device', at.append)
    def copied(folder): seen.append(at[-1]); finish(folder)
    assert not run_jobs(jobs_of(tmp_path, a=copied, b=copied, c=copied), 1, 1)
    assert at==[0,0,1,0,0,0] and seen==[0,1,0]
    with settled(1): pass    # without a number, the GPU stays
    assert len(at)==6

def test_threads_and_random_states_are_restored_after_an_error():
    was,state = torch.get_num_threads(),torch.get_rng_state()
    with pytest.raises(RuntimeError), settled(was+1):
        torch.rand(3)
        raise RuntimeError
    assert torch.get_num_threads()==was and torch.equal(torch.get_rng_state(), state)

def test_a_process_that_dies_takes_no_others(tmp_path):
    "Each job that was running gets a process of its own; one that dies in the first run only is done in the second."
    def die(folder): os._exit(3)
    def die_once(folder):
        if (folder/'tried').exists(): return finish(folder)
        (folder/'tried').touch()
        os._exit(3)
    jobs = jobs_of(tmp_path, a=die_once, b=die, c=finish)
    assert [f[:2] for f in run_jobs(jobs, 2, 1)]==[('b','its process died')]
    assert [job.key for job in jobs if job.done]==['a','c'] and not list(tmp_path.rglob('running'))

def test_a_pool_that_breaks_without_a_job_is_not_a_jobs_fault(tmp_path, monkeypatch):
    def broken(*args): raise BrokenProcessPool('no memory for processes')
    monkeypatch.setattr(room, '_in_processes', broken)
    with pytest.raises(BrokenProcessPool): run_jobs(jobs_of(tmp_path, a=finish), 2, 1)

def test_a_job_that_an_orphan_has_finished_is_done(tmp_path):
    "The worker of a killed run lives on, and writes the same files."
    def late(folder):
        finish(folder)
        raise FileNotFoundError('moment.safetensors')
    assert run_jobs(jobs_of(tmp_path, a=late), 1, 1)==[]

def test_failures_say_what_and_where(tmp_path):
    def stumble(folder): raise KeyError('seed')
    [f] = run_jobs([Job(('brittle',0,1), tmp_path/'a', functools.partial(stumble, tmp_path/'a'))], 1, 1)
    assert isinstance(f, Failure) and f.key==('brittle',0,1) and f.error=="KeyError: 'seed'" and 'in stumble' in f.trace

def test_keyboard_interrupts_end_everything(tmp_path):
    ran = []
    def stop(folder): raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): run_jobs(jobs_of(tmp_path, a=stop, b=lambda folder: ran.append(folder)), 1, 1)
    assert not ran and not list(tmp_path.rglob('running'))

@pytest.mark.parametrize('n_jobs', [0,'two',True,1.5])
def test_numbers_of_jobs(n_jobs):
    with pytest.raises(ValueError, match='n_jobs must be a number >= 1'): check_jobs(n_jobs)

def test_threads_are_refused(tmp_path):
    for kw in (dict(prefer='threads'), dict(backend='threading')):
        with pytest.raises(ValueError, match='in processes, not in threads'), joblib.parallel_config(**kw):
            run_jobs(jobs_of(tmp_path, a=finish), 2, 1)

@pytest.mark.filterwarnings('ignore::DeprecationWarning', 'ignore::ResourceWarning', 'ignore:Sending large graph')
def test_dasks_threads_are_refused():
    from distributed import Client, LocalCluster
    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=':0') as cluster, Client(cluster), joblib.parallel_config(backend='dask'):
        with pytest.raises(ValueError, match='one thread each'): check_jobs(None)
