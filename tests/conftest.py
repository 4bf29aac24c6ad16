"Fixtures. What tests share otherwise is in helpers.py."
import pytest
import torch
from fasterlth.core import granularity, inputs, kernel_choice
from helpers import make_learner


@pytest.fixture
def learn(): return make_learner()

@pytest.fixture(autouse=True)
def forget_registered():
    "Forget the granularities, layers and inputs that a test registered."
    tables = granularity._granularities,granularity._layers,granularity._joint,inputs._inputs
    before = [t.copy() for t in tables]
    yield
    for t,o in zip(tables, before):
        t.clear()
        t.update(o)

@pytest.fixture
def faster(monkeypatch):
    "Measuring always says that sparse kernels are faster."
    def compare(*fs):
        for f in fs[:2]: f(), f()
        return dict(dense_us=2., sparse_us=1., kernel='sparse', why='')
    monkeypatch.setattr(kernel_choice, 'compare', compare)

@pytest.fixture(autouse=True)
def keep_threads():
    "Give back torch's threads: numba's are OpenMP's too, and two in each of two processes take ten times as long."
    n = torch.get_num_threads()
    yield
    torch.set_num_threads(n)

@pytest.fixture(scope='session', autouse=True)
def read_digits_once():
    "scikit-learn parses a text file at each call, which takes as long as an epoch of most trainings here."
    from sklearn import datasets
    read,arrays,usual = datasets.load_digits,datasets.load_digits(return_X_y=True),dict(return_X_y=True)
    def load_digits(**kwargs): return tuple(a.copy() for a in arrays) if kwargs==usual else read(**kwargs)
    with pytest.MonkeyPatch.context() as m:
        m.setattr(datasets, 'load_digits', load_digits)
        yield

@pytest.fixture(scope='session', autouse=True)
def do_not_wait_for_disks():
    "No computer crashes here; processes are killed in tests.faults, with the real function."
    with pytest.MonkeyPatch.context() as m:
        m.setattr('os.fsync', lambda file: None)
        yield

@pytest.fixture(autouse=True)
def close_figures():
    yield
    import matplotlib.pyplot as plt
    plt.close('all')
