"What networks cost is measured in turns, and measuring changes nothing."
import os, subprocess, sys
import pytest
from networks import *
from fasterlth.ship.measure import compare_models, latencies
from fasterlth.ship.shrink import shrink


def test_latencies_take_turns():
    seen = []
    def call(name): return lambda x: seen.append(name) or x.exp()
    t = latencies({k: call(k) for k in 'ab'}, torch.randn(1000), seconds=.01, rounds=3)
    assert t.keys()=={*'ab'} and min(t.values())>0
    assert [k for i,k in enumerate(seen) if i==0 or k!=seen[i-1]]==[*'ababab']

def test_models_are_left_as_they_were():
    learn = make_learner()
    learn.model.train()
    table = compare_models({'a': learn.model, 'b': SmallNet()}, learn.dls.one_batch()[0], lambda m: 1.)
    assert learn.model.training and table.multiply_adds['a']==8*9*9+8*9*20+20*10
    assert table.score.tolist()==[1,1] and table.latency_ms.min()>0 and table.difference['b']>0

def test_frozen_layers_stay_frozen():
    net = SmallNet().train()
    net.bn.eval()    # among layers in training mode
    was = {n: m.training for n,m in net.named_modules()}
    x = digit()
    compare_models({'a': net}, x)
    shrink(net, make_masks(prunable(net, 'filter'), 50, l1_norm), x)
    assert {n: m.training for n,m in net.named_modules()}==was
    with pytest.raises(ValueError, match="xb must be inputs that SmallNet can take"): compare_models({'a': net}, torch.randn(4, 2, 8, 8))
    assert {n: m.training for n,m in net.named_modules()}==was

def test_measuring_logs_nothing_about_cuda():
    "torch logs what is missing when its benchmarks are imported; afterwards that logger logs as before."
    code = """import logging, torch
from fasterlth.ship.measure import latency
latency(torch.exp, torch.zeros(2), seconds=.01)
assert logging.getLogger('torch.utils.cpp_extension').level==0"""
    env = {**os.environ, 'CUDA_HOME': '/nowhere', 'CUDA_VISIBLE_DEVICES': ''}
    done = subprocess.run([sys.executable, '-c', code], env=env, capture_output=True, text=True, check=True)
    assert 'CUDA' not in done.stderr

def test_a_tuple_is_refused_with_what_to_do():
    net = nn.LSTM(4, 4)
    with pytest.raises(TypeError, match=r"models\['a'\] must return one tensor, but it returns tuple: wrap it .*ticket.deploy"):
        compare_models({'a': net}, torch.randn(2, 3, 4))

def test_a_layer_named_reset_is_not_called():
    class Gated(nn.Linear):
        def __init__(self):
            super().__init__(4, 4)
            self.reset = nn.Linear(4, 4)
        def forward(self, x): return super().forward(x)*self.reset(x)
    assert compare_models({'a': (net := Gated()), 'b': net}, torch.randn(2, 4)).difference['b']==0
