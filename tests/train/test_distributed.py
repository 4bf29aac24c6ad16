"Replicas of a data-parallel model hold the same mask: the first one's (trap 14)."
import os, subprocess, sys, textwrap


def test_14_masks_are_broadcast_from_the_first_process(tmp_path):
    script = tmp_path/'replica.py'
    script.write_text(textwrap.dedent('''
        import sys, torch, torch.distributed as dist
        from torch import nn
        from fasterlth.core.masks import broadcast_masks
        from fasterlth.core.pruner import make_masks
        from fasterlth.core.prunable import prunable
        rank = int(sys.argv[1])
        dist.init_process_group('gloo', init_method='file://' + sys.argv[2], rank=rank, world_size=2)
        torch.manual_seed(rank)    # replicas whose weights have drifted apart
        net = nn.Sequential(nn.Linear(9, 7), nn.Linear(7, 5))
        own = make_masks(prunable(net), 50)
        masks = broadcast_masks({n: m.clone() for n,m in own.items()})
        torch.save((own, masks), sys.argv[3] + f'/{rank}.pt')
        dist.barrier()
        dist.destroy_process_group()
    '''))
    def start(rank):
        args = [sys.executable, '-W', 'ignore', script, str(rank), str(tmp_path/'meet'), str(tmp_path)]
        return subprocess.Popen(args, env={**os.environ, 'GLOO_SOCKET_IFNAME': 'lo'})
    ps = [start(rank) for rank in (0,1)]
    assert [p.wait(120) for p in ps]==[0,0]
    import torch
    (own0,got0),(own1,got1) = [torch.load(tmp_path/f'{r}.pt') for r in (0,1)]
    for n in own0:
        assert torch.equal(got0[n], own0[n]) and torch.equal(got1[n], own0[n])
        assert not torch.equal(own1[n], own0[n])
