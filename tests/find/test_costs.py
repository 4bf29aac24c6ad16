"Costs count the items that an epoch trains on, and draw nothing from the learner's loaders."
import pytest
from torch.utils.data import RandomSampler, SubsetRandomSampler, WeightedRandomSampler
from torch.utils.data import DataLoader as TorchLoader
from fastai.callback.data import WeightedDL
from fastai.text.data import LMDataLoader
from helpers import *
from fasterlth.find.costs import epoch_flops

items = [(torch.rand(1, 8, 8), i%10) for i in range(330)]
def torchs(**kwargs): return TorchLoader(items, 32, **kwargs)
own = dict(
    plain=lambda: TfmdDL(items, bs=32, shuffle=True), drop_last=lambda: TfmdDL(items, bs=32, drop_last=True),
    some=lambda: TfmdDL(items, bs=32, n=100, shuffle=True), chosen=lambda: TfmdDL(items, bs=32, get_idxs=lambda: list(range(64))),
    weighted=lambda: WeightedDL(items, bs=32, wgts=np.ones(330)), torchs=torchs, torchs_drop=lambda: torchs(drop_last=True),
    subset=lambda: torchs(sampler=SubsetRandomSampler(range(96))), repeated=lambda: torchs(sampler=WeightedRandomSampler(np.ones(330), 1000)),
    half=lambda: torchs(sampler=RandomSampler(items, num_samples=165)))

def trained_on(learn): return sum(len(b[0]) for b in learn.dls.train)

@pytest.mark.parametrize('name', own)
def test_items_of_an_epoch(name):
    learn = Learner(DataLoaders(own[name](), TfmdDL(items[:64], bs=32)), lenet_300_100(64), CrossEntropyLossFlat())
    before = torch.get_rng_state(),np.random.get_state()[1].tolist()
    flops = epoch_flops(learn, {})
    assert torch.equal(torch.get_rng_state(), before[0]) and np.random.get_state()[1].tolist()==before[1]
    assert flops==trained_on(learn)*3*2*(64*300+300*100+100*10)

class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.words,self.out = nn.Embedding(20, 8),nn.Linear(8, 20)
    def forward(self, x): return self.out(self.words(x))

def test_sequences_of_a_language_model():
    texts = [torch.arange(101)%20 for _ in range(7)]
    learn = Learner(DataLoaders(LMDataLoader(texts, bs=8, seq_len=10, shuffle=True), LMDataLoader(texts, bs=8, seq_len=10)), Words(), CrossEntropyLossFlat())
    assert epoch_flops(learn, {})==trained_on(learn)*3*2*8*20*10
