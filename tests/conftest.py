"Fixtures. What tests share otherwise is in helpers.py."
import pytest
from helpers import make_learner


@pytest.fixture
def learn(): return make_learner()

@pytest.fixture(autouse=True)
def close_figures():
    yield
    import matplotlib.pyplot as plt
    plt.close('all')
