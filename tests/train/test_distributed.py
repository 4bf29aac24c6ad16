"Replicas of a data-parallel model hold the same mask: the first one's (trap 14)."
import torch
from apart import Session

replica = '''
import sys, torch, torch.distributed as dist
from torch import nn
from fasterlth.core.masks import broadcast_masks
from fasterlth.core.pruner import make_masks
from fasterlth.core.prunable import prunable
rank,meet,folder = int(sys.argv[1]),*sys.argv[2:]
dist.init_process_group('gloo', init_method='file://' + meet, rank=rank, world_size=2)
torch.manual_seed(rank)    # replicas whose weights have drifted apart
net = nn.Sequential(nn.Linear(9, 7), nn.Linear(7, 5))
own = make_masks(prunable(net), 50)
masks = broadcast_masks({n: m.clone() for n,m in own.items()})
torch.save((own, masks), f'{folder}/{rank}.pt')
dist.barrier()
dist.destroy_process_group()
'''

def test_14_masks_are_broadcast_from_the_first_process(tmp_path, monkeypatch):
    monkeypatch.setenv('GLOO_SOCKET_IFNAME', 'lo')
    sessions = [Session(replica, rank, tmp_path/'meet', tmp_path) for rank in (0,1)]
    for s in sessions: assert s.wait(120)==0, s.stderr
    (own0,got0),(own1,got1) = [torch.load(tmp_path/f'{r}.pt') for r in (0,1)]
    for n in own0:
        assert torch.equal(got0[n], own0[n]) and torch.equal(got1[n], own0[n])
        assert not torch.equal(own1[n], own0[n])
