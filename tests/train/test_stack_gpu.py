"Stacks and CUDA graphs on a GPU. Without one, nothing here runs."
import pytest
from helpers import *

pytestmark = [pytest.mark.skipif(not torch.cuda.is_available(), reason='there is no GPU'), pytest.mark.filterwarnings('ignore')]

def conv_net(): return nn.Sequential(nn.Conv2d(1, 6, 3, stride=2, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(54, 10))
nets = dict(lenet=lambda: lenet_300_100(64), conv=conv_net)
def one_of(k, net='lenet', **kwargs):
    set_seed(k)
    return Learner(digits_dls(size=8, bs=32, n=320, device=torch.device('cuda')), nets[net]().cuda(), metrics=accuracy, lr=1e-2, **kwargs)
def steps(learn):
    with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(5, 1e-2)
def close(a, b): return all(torch.allclose(a[n].float(), b[n].float(), atol=2e-3) for n in a)

@pytest.mark.parametrize('net', nets)
def test_a_stack_is_what_replicas_are_alone(net):
    stack = stack_learners([one_of(k, net) for k in range(3)], [0,1,2])
    steps(stack)
    for k in range(3):
        alone = seed_learner(one_of(k, net), k)
        steps(alone)
        assert close(stack.tensors_of(k), weights(alone.model))

@pytest.mark.parametrize('net', nets)
def test_bfloat16(net):
    stack = stack_learners([one_of(k, net).to_bf16() for k in range(3)], [0,1,2])
    steps(stack)
    alone = [seed_learner(one_of(k, net).to_bf16(), k) for k in range(3)]
    for l in alone: steps(l)
    reached = [(rows[-1][2],l.recorder.values[-1][2]) for rows,l in zip(stack.recorder.replicas, alone)]
    assert all(abs(a-b)<.1 and a>.5 for a,b in reached), reached

@pytest.mark.parametrize('net', nets)
@pytest.mark.parametrize('stacked', [False,True])
def test_a_graph_changes_nothing(net, stacked):
    def train(*cbs):
        if stacked: learn = stack_learners([one_of(k, net, cbs=cbs) for k in range(3)], [0,1,2])
        else: learn = seed_learner(one_of(0, net, cbs=cbs), 0)
        why = []
        class Ask(Callback):
            def after_batch(self):
                if self.training and hasattr(self.learn, 'graph'): why.append(self.learn.graph.why)
        learn.add_cb(Ask())
        steps(learn)
        return weights(learn.model),why
    plain,graphed = train()[0],train(GraphCallback())
    assert set(graphed[1])=={None} and close(plain, graphed[0])

@pytest.mark.parametrize('lean', [False,True])
def test_gradients_of_a_graph_accumulate(lean):
    def train(*cbs):
        learn = seed_learner(one_of(0, cbs=[GradientAccumulation(64),*cbs], opt_func=SGD), 0)
        if lean: Training(learn)(steps)
        else: steps(learn)
        assert 'forward' not in vars(learn.model)
        return weights(learn.model)
    assert close(train(), train(GraphCallback()))

def test_no_step_of_a_stack_waits_for_the_device():
    stack = stack_learners([one_of(k) for k in range(3)], [0,1,2])
    steps(stack)    # what is tried at the first batch may wait
    class Strict(Callback):
        in_stacks = True    # or what it does would be compared, which waits
        def before_batch(self):
            if self.training: torch.cuda.set_sync_debug_mode('error')
        def after_batch(self): torch.cuda.set_sync_debug_mode('default')
    try: Training(stack.add_cb(Strict()))(steps)
    finally: torch.cuda.set_sync_debug_mode('default')

def test_a_study_takes_what_fits():
    s = LotteryStudy(one_of, steps, 80, 1, ['random_reinit'], 3).run(stack='auto', verbose=False)
    assert not s.failures and len(s.results)==9
