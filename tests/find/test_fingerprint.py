"Descriptions of experiments: the same wherever they are made, and another for whatever would change the results."
from apart import Session
from helpers import *
from fasterlth.find.fingerprint import describe, describe_data, describe_function, describe_learner, differences

def of_items(items, **kwargs):
    "Loaders of a list as training set."
    return DataLoaders(DataLoader(items, bs=4, **kwargs), DataLoader(items[:1], bs=4))

def test_descriptions_are_the_same_in_another_session(capsys):
    "Functions are recognised by what they do, not by where they lie in memory; sets have no order from one process to the next."
    script = """
import json
from functools import partial
from helpers import *
from fasterlth.find.fingerprint import describe, describe_learner
def inner(l): return l.lr in {'a','b','c','d','e','f','g','h'}
def held(f, x=(1,2), *, y=None): return lambda l: f(l)
learn = make_learner(loss_func=CrossEntropyLossFlat(), opt_func=partial(SGD, mom=.9))
print(json.dumps([describe_learner(learn), describe([held(inner), partial(held, inner, y=slice(3)), {nn.Conv2d: random_score}])]))
"""
    exec(script, {})
    here = capsys.readouterr().out
    there = Session(script)
    assert there.wait()==0 and there.stdout==here and 'random_score' in here, there.stderr

def test_random_items():
    "Two descriptions agree, and the random states are as before."
    class Noisy:
        def __len__(self): return 10
        def __getitem__(self, i): return torch.randn(3)+random.random()+np.random.rand()
    dls = DataLoaders(DataLoader(Noisy(), bs=4), DataLoader(Noisy(), bs=4))
    torch.manual_seed(1)
    want = torch.rand(1)
    torch.manual_seed(1)
    a = describe_data(dls)
    assert torch.equal(torch.rand(1), want)
    torch.manual_seed(2)
    assert describe_data(dls)==a

@pytest.mark.parametrize('changed', [0, 15, 31, 99])
def test_any_of_32_items_tells_data_apart(changed):
    "The first and the last are among them, and all where there are no more."
    items = [(torch.ones(2)*i,i) for i in range(100 if changed==99 else 32)]
    a = describe_data(of_items(items))
    items[changed] = (torch.zeros(2)-1,changed)
    assert differences(a, describe_data(of_items(items)))[0]=='the items of 0 differ'

def test_data_without_a_length():
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self): return iter([])
    dls = DataLoaders(torch.utils.data.DataLoader(Stream()), torch.utils.data.DataLoader(Stream()))
    assert describe_data(dls)==[dict(dataset='Stream')]*2
    assert describe_data(of_items([]))[0]['checksum']==0

@pytest.mark.parametrize('change,says', [
    (dict(bs=32), r'data\.0\.batches is 5 there, 10 here'), (dict(n=256), r'data\.0\.items'), (dict(opt_func=SGD), 'opt is Adam there, SGD here'),
    (dict(metrics=error_rate), 'metrics is .accuracy. there, .error_rate. here'), (dict(wd=.1), r'wd is None there, 0\.1 here'),
    (dict(cbs=GradientAccumulation(2)), 'callbacks is'), (dict(model=SmallNet(.3)), '^the layers differ$'),
    (dict(loss_func=CrossEntropyLossFlat(reduction='sum')), r'loss_settings\.')])
def test_whatever_a_learner_trains_with(change, says):
    a = describe_learner(make_learner())
    assert not differences(a, describe_learner(make_learner(seed=3)))    # not the weights
    odd = differences(a, describe_learner(make_learner(**change)))
    assert any(re.search(says, o) for o in odd), odd

def test_masks_on_a_learner_are_not_its_own():
    learn = make_learner()
    a = describe_learner(learn)
    learn.add_cb(MaskCallback({}))
    assert describe_learner(learn)==a

def test_an_unseeded_split_is_named():
    def split(seed):
        block = DataBlock((TransformBlock,CategoryBlock), get_x=lambda i: torch.tensor(float(i)), get_y=lambda i: i%2, splitter=RandomSplitter(.5, seed=seed))
        return describe_data(block.dataloaders(range(40), bs=10, num_workers=0))
    assert not differences(split(3), split(3))
    odd = differences(dict(learner=dict(data=split(None))), dict(learner=dict(data=split(None))))
    assert len(odd)==2 and 'seed the split: RandomSplitter(seed=0)' in odd[1]
    first = split(3)
    other = [first[0],{**first[1], 'checksum': 1}]    # of one loader only: something else
    assert differences(first, other)==['the items of 1 differ']
