"Networks, masks and trained tickets that the tests of shipping share."
import torchvision
from helpers import *
from fasterlth.core.masks import apply_masks
from fasterlth.core.prunable import prunable
from fasterlth.core.pruner import make_masks

class Block(nn.Module):
    "A transformer block that splits its heads itself."
    def __init__(self, d=16, heads=2):
        super().__init__()
        self.heads,self.norm1,self.norm2 = heads,nn.LayerNorm(d),nn.LayerNorm(d)
        self.q,self.k,self.v,self.proj = [nn.Linear(d, d) for _ in range(4)]
        self.fc1,self.fc2 = nn.Linear(d, 4*d),nn.Linear(4*d, d)
    def forward(self, x):
        h = self.norm1(x)
        q,k,v = [f(h).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f in (self.q,self.k,self.v)]
        x = x+self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x+self.fc2(F.gelu(self.fc1(self.norm2(x))))

class Pair(nn.Module):
    "A network with two outputs."
    def __init__(self):
        super().__init__()
        self.net = SmallNet()
    def forward(self, x): return self.net(x),x

class Parts(nn.Module):
    "Adds up a text by parts of 8 tokens, as recurrent classifiers do."
    def __init__(self):
        super().__init__()
        self.embed,self.head = nn.Embedding(50, 8),nn.Linear(8, 2)
    def forward(self, x): return self.head(sum(self.embed(x[:,i:i+8]).sum(1).tanh() for i in range(0, x.shape[1], 8)))

def image(): return torch.randn(2, 3, 32, 32)
def sequence(): return torch.randn(3, 5, 16)
def digit(): return torch.randn(4, 1, 8, 8)
def encoder_layer(): return nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)

def linear(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

cases = dict(    # name → how to make the network, a batch of inputs, the last layer
    resnet18=(lambda: torchvision.models.resnet18(num_classes=10), image, 'fc'),
    mobilenet_v2=(lambda: torchvision.models.mobilenet_v2(num_classes=10), image, 'classifier.1'),
    densenet121=(lambda: torchvision.models.densenet121(num_classes=10), image, 'classifier'),
    vgg11_bn=(lambda: torchvision.models.vgg11_bn(num_classes=10), image, 'classifier.6'),
    block=(lambda: nn.Sequential(Block(), nn.Linear(16, 4)), sequence, '1'),
    encoder=(lambda: nn.Sequential(encoder_layer(), nn.Linear(16, 4)), sequence, '1'))

def random_statistics(model, zero):
    "Draw the statistics of normalisations. With `zero`, ReLU turns what dead channels give into zeros."
    for m in model.modules():
        if not isinstance(m, nn.BatchNorm2d): continue
        nn.init.uniform_(m.weight, .5, 1.5)
        nn.init.uniform_(m.running_var, .5, 1.5)
        nn.init.uniform_(m.bias, -.5, 0 if zero else .5)
        nn.init.uniform_(m.running_mean, 0 if zero else -.5, 0 if zero else .5)

def masked(make, sparsity=50, last=None, zero=False):
    "Make a model with masks of a filter ticket applied; return it with its masks."
    torch.manual_seed(0)
    model = make().eval()
    random_statistics(model, zero)
    sparsities = {'*': sparsity, **({last: 0} if last else {})}
    masks = make_masks(prunable(model, 'filter'), sparsities, l1_norm)
    return apply_masks(model, masks),masks

@torch.no_grad()
def largest(model, x): return max(1, float(model(x).abs().max()))

def n_params(model): return sum(p.numel() for p in model.parameters())

def trained(granularity='filter', sparsity=None, **kwargs):
    "Train a small learner to a ticket; return both."
    learn = make_learner(**kwargs)
    cb = sparsify(sparsity or {'*': 50, 'fc2': 0}, granularity, schedule=one_shot)
    return quiet(learn, 2, cbs=cb),cb.ticket

def files(folder): return sorted(o.name for o in folder.iterdir())

__all__ = [n for n in dir() if not n.startswith(('_','test'))]
