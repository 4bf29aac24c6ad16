"Fixtures. What tests share otherwise is in helpers.py."
import pytest
from fasterlth.core import granularity, inputs
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

@pytest.fixture(autouse=True)
def close_figures():
    yield
    import matplotlib.pyplot as plt
    plt.close('all')
