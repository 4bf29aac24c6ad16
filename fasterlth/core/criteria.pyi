# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self


__all__ = ['grasp', 'l1_norm', 'l2_norm', 'lamp', 'large_final', 'large_init', 'large_init_large_final', 'magnitude_increase', 'movement', 'movmag', 'random_score', 'small_final', 'small_init', 'small_init_small_final', 'snip', 'synflow', 'taylor', 'updating_magnitude_increase', 'updating_movement', 'updating_movmag']

def l1_norm(weight):
    """Score by magnitude, $|w|$; a group by its mean magnitude."""
    ...

large_final = l1_norm

def l2_norm(weight):
    """Score by $w^2$; its mean ranks groups as their L2 norm per weight does."""
    ...

def small_final(weight):
    """Keep the smallest weights: a control."""
    ...

def large_init(weight, init):
    """Score by magnitude at the start."""
    ...

def small_init(weight, init):
    """Keep the weights that were smallest at the start."""
    ...

def large_init_large_final(weight, init):
    """Keep what is large at the start and at the end: $\\min(|w_0|,|w|)$."""
    ...

def small_init_small_final(weight, init):
    """Keep what is small at the start and at the end: $-\\max(|w_0|,|w|)$."""
    ...

def lamp(weight):
    """Score by $w^2/\\sum_{|v|\\ge|w|} v^2$ within the layer, for a ranking over the whole network
    ([Lee et al. 2021](https://arxiv.org/abs/2010.07611))."""
    ...

def magnitude_increase(weight, init):
    """Score by $|w|-|w_0|$, which is negative where the weight has shrunk."""
    ...

def movement(weight, init):
    """Score by $|w-w_0|$."""
    ...

def movmag(weight, init):
    """Score by movement times magnitude, $|w\\,(w-w_0)|$."""
    ...

def updating_magnitude_increase(weight, prev):
    """Score by $|w|-|w_{prev}|$."""
    ...

def updating_movement(weight, prev):
    """Score by $|w-w_{prev}|$."""
    ...

def updating_movmag(weight, prev):
    """Score by $|w\\,(w-w_{prev})|$."""
    ...

def random_score(weight, name, seed=0):
    """Draw uniform scores; `partial(random_score, seed=1)` draws others."""
    ...

def taylor(weight, grad):
    """Score by the loss's first-order change, $(g\\,w)^2$ ([Molchanov et al. 2019](https://arxiv.org/abs/1906.10771))."""
    ...

def snip(weight, grad):
    """Score by connection sensitivity, $|g\\,w|$ ([Lee et al. 2018](https://arxiv.org/abs/1810.02340))."""
    ...

def grasp(weight, hess_grad):
    """Score by gradient flow, $w\\,Hg$ ([Wang et al. 2020](https://arxiv.org/abs/2002.07376)).

    The paper scores by $-w\\,Hg$, the change of the gradient's norm when the weight is removed, and prunes the highest.
    Here the lowest are pruned, so the sign is reversed."""
    ...

def synflow(weight, flow):
    """Score by synaptic flow, $|w|\\,\\partial R/\\partial|w|$ ([Tanaka et al. 2020](https://arxiv.org/abs/2006.05467))."""
    ...
