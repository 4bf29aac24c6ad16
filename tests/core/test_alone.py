"The core stands on PyTorch alone: it neither needs nor loads fastai, fastcore, pandas, matplotlib or scipy."
import os, pkgutil, subprocess, sys
from textwrap import dedent
import fasterlth.core

others = ['fastai','fastcore','pandas','matplotlib','scipy']

def run(code, *args):
    "Run code in a Python of its own, which finds this fasterlth, and return what it prints."
    path = os.path.dirname(os.path.dirname(os.path.dirname(fasterlth.core.__file__)))
    env = {**os.environ, 'PYTHONPATH': path}
    res = subprocess.run([sys.executable, '-c', dedent(code), *args], capture_output=True, text=True, env=env)
    assert not res.returncode, res.stderr
    return res.stdout.split()

def test_the_core_works_without_the_others(tmp_path):
    rooms = [m.name for m in pkgutil.iter_modules(fasterlth.core.__path__)]
    assert len(rooms)>=14
    run("""
        import sys
        path,others,*rooms = sys.argv[1:]
        class Without:
            "Finds what another finder finds, except for the others: as if they weren't installed."
            def __init__(self, finder): self.finder = finder
            def __getattr__(self, k): return getattr(self.finder, k)
            def find_spec(self, name, *args):
                return None if name.partition('.')[0] in others.split(',') else self.finder.find_spec(name, *args)
        sys.meta_path[:] = map(Without, sys.meta_path)
        for o in others.split(','):
            try: __import__(o)
            except ModuleNotFoundError: pass
            else: raise AssertionError(f'{o} was imported')
        from importlib import import_module
        for room in rooms: import_module(f'fasterlth.core.{room}')

        import torch
        from torch import nn
        from fasterlth.core.criteria import movement
        from fasterlth.core.masks import sparsity_of
        from fasterlth.core.plain import masks_on
        from fasterlth.core.pruner import Pruner, make_masks
        from fasterlth.core.ticket import Ticket

        torch.manual_seed(0)
        def make(): return nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 20))
        net = make()
        init = {n: p.detach()*2 for n,p in net.named_parameters()}
        masks = Pruner(context='global', criterion=movement).step(net, 60, make_masks(net, 30), init=init)
        assert sparsity_of(masks)==60

        ticket = Ticket.of(net, masks, criterion='movement')
        again = Ticket.load(ticket.save(path))
        other = again.load_into(make())
        assert again.sparsity==60 and again.about==ticket.about and '60.00% sparse' in str(again)
        assert all(torch.equal(other.get_parameter(n), net.get_parameter(n)*m) for n,m in masks.items())

        with masks_on(other, again.masks):
            opt = torch.optim.AdamW(other.parameters(), .1)
            for _ in range(3):
                other(torch.randn(8, 20)).square().mean().backward()
                opt.step()
        assert sparsity_of({n: other.get_parameter(n)!=0 for n in masks})==60
        """, str(tmp_path/'t.safetensors'), ','.join(others), *rooms)

def test_a_ticket_loads_no_more_than_torch_numpy_and_safetensors():
    extra = run("""
        import sys, torch, numpy, safetensors.torch
        before = {*sys.modules}
        import fasterlth.core.ticket
        print(*{*sys.modules}-before)
        """)
    assert 'fasterlth.core.ticket' in extra and not [m for m in extra if m.partition('.')[0] in others]
