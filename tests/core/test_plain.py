"Masks and comparisons without a Learner."
import pytest
from helpers import *


def test_masks_hold_in_plain_pytorch():
    net = nn.Linear(4, 4)
    masks = {'weight': torch.eye(4, dtype=torch.bool)}
    with masks_on(net, masks):
        opt = torch.optim.Adam(net.parameters(), .1)
        for _ in range(3):
            net(torch.randn(8, 4)).square().mean().backward()
            opt.step()
            assert not net.weight.detach()[~masks['weight']].any()
    opt.step()
    assert net.weight.detach()[~masks['weight']].any()    # the hook is removed

def test_comparison_refuses():
    def net(): return nn.Linear(4, 4)
    def same_net():
        torch.manual_seed(0)
        return net()
    def compare(model_fn=net, eval_fn=lambda m: 0., **kwargs):
        return compare_tickets(model_fn, lambda m: None, eval_fn, 50, **kwargs)
    with pytest.raises(ValueError, match='model_fn must give other weights'): compare(same_net)
    with pytest.raises(ValueError, match="criteria 'snip' needs batches.*use LotteryStudy"): compare(criteria=snip)
    with pytest.raises(ValueError, match='seeds must be'): compare(seeds=0)
    with pytest.raises(TypeError, match='eval_fn must be'): compare(eval_fn=.5)
