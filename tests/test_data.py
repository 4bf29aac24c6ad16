"The data, batch by batch, against fastai's own loaders; what is refused; where data is found."
import random

import pytest
from helpers import *
import fasterlth.data
from fasterlth.data import cifar10_dls, digits_dls, fashion_mnist_dls, mnist1d_dls, mnist_dls
from fasterlth.memory import MemoryDL, memory_dls
from fasterlth.models import lenet_300_100


@pytest.mark.parametrize('bs,drop_last', [(64,True),(50,False),(7,True)])
def test_batches_are_those_of_fastais_loader(bs, drop_last):
    dls = digits_dls(size=8, bs=bs, drop_last=drop_last, device=torch.device('cpu'))
    set_seed(3); ours = MemoryDL(dls.train_ds, bs=bs, shuffle=True, drop_last=drop_last)
    set_seed(3); theirs = TfmdDL(dls.train_ds, bs=bs, shuffle=True, drop_last=drop_last, num_workers=0)
    for _ in range(2):
        a,b = list(ours),list(theirs)
        assert len(a)==len(b)==len(ours)
        for x,y in zip(a, b): assert all(torch.equal(o, p.as_subclass(torch.Tensor)) for o,p in zip(x, y))
    assert ours.rng.getstate()==theirs.rng.getstate()

def test_a_learner_works_as_with_fastais_loaders(learn, tmp_path):
    learn.path = tmp_path
    with learn.no_bar():
        preds,targs = learn.get_preds()
        assert torch.equal(targs, learn.dls.valid_ds.y)
        learn.show_results(max_n=4)
    learn.dls.show_batch(max_n=4)
    assert learn.dls.c==10 and learn.dls.vocab[3]=='3' and len(learn.dls.valid.new(bs=5))==72
    with learn.no_bar(): interp = Interpretation.from_learner(learn)
    assert len(interp.top_losses(3)[0])==3

def test_data_moves_with_the_loaders():
    dls = digits_dls(size=8, device=torch.device('cpu'))
    dls.to(torch.device('meta'))
    assert next(iter(dls.valid))[0].device.type=='meta'

def of_kind(kind, n=60, spoilt=None):
    x = dict(vector=torch.rand(n, 7), series=torch.rand(n, 2, 12), image=torch.rand(n, 3, 6, 6))[kind]
    if spoilt is not None: x[:4] = spoilt
    return x,torch.arange(n)%3

@pytest.mark.parametrize('kind', ['vector','series'])
def test_vectors_and_series_are_served_like_images(kind, tmp_path):
    pair = of_kind(kind)
    dls = memory_dls(pair, pair, bs=8, kind=kind, device='cpu', path=tmp_path)
    set_seed(3); ours = list(MemoryDL(dls.train_ds, bs=8, shuffle=True))
    set_seed(3); theirs = list(TfmdDL(dls.train_ds, bs=8, shuffle=True, num_workers=0))
    for a,b in zip(ours, theirs, strict=True): assert all(torch.equal(o, p.as_subclass(torch.Tensor)) for o,p in zip(a, b))
    each = dls.train_ds.x.transpose(0, 1).flatten(1)
    torch.testing.assert_close(each.mean(1), torch.zeros(len(each))), torch.testing.assert_close(each.std(1), torch.ones(len(each)))
    torch.testing.assert_close(dls.train_ds.decode(dls.train_ds[5])[0].as_subclass(torch.Tensor), pair[0][5])
    learn = Learner(dls, lenet_300_100(pair[0][0].numel(), 3, seed=0), metrics=accuracy)
    with learn.no_bar():
        ticket = learn.find_ticket(lambda l: l.fit(1, 1e-3), 80, n_rounds=1, seed=0)
        learn.show_results(max_n=7)
    dls.show_batch(max_n=4, figsize=(6,2))
    assert ticket.sparsity==80

def test_two_or_three_dimensions_as_said():
    x,y = torch.rand(20, 9),torch.arange(20)%2
    def first(x, **kwargs): return memory_dls((x,y), (x,y), bs=4, device='cpu', **kwargs).one_batch()[0].shape
    assert first(x)==first(x, kind='vector')==(4,9) and first(x, kind='series')==(4,1,9)
    assert first(torch.rand(20, 3, 9))==(4,1,3,9) and first(torch.rand(20, 3, 9), kind='series')==(4,3,9)

@pytest.mark.parametrize('kind,says', [('image','pixels .*, or leave those images out'), ('series','values .*, or leave those series out'),
                                       ('vector','values .*, or leave those vectors out')])
def test_errors_say_what_the_inputs_are(kind, says):
    good,bad = of_kind(kind),of_kind(kind, spoilt=float('nan'))
    with pytest.raises(ValueError, match=f'valid has .* {says}'): memory_dls(good, bad, kind=kind)
    with pytest.raises(ValueError, match="valid must have inputs like those of train"): memory_dls(good, (good[0][:,:1],good[1]), kind=kind)
    other = 'vector' if kind!='vector' else 'image'
    with pytest.raises(ValueError, match=f"train must have .* with kind='{other}'"): memory_dls(good, good, kind=other)
    with pytest.raises(ValueError, match='n must be a number of training .* to 60, not 61'): memory_dls(good, good, kind=kind, n=61)

def test_constant_features_are_counted():
    x,y = torch.rand(40, 64),torch.arange(40)%2
    x[:,8:20] = 0
    with pytest.warns(UserWarning, match=r'features 8, 9, 10, 11, 12 and 7 more of the training vectors are constant \(0, 0, 0, 0, 0\)'):
        assert memory_dls((x,y), (x,y), device='cpu').train_ds.x.isfinite().all()

def test_mnist1d_is_the_published_one_and_leaves_random_states_alone():
    set_seed(5)
    a = torch.rand(1),np.random.rand(),random.random()
    set_seed(5)
    fasterlth.data._mnist1d(42)
    assert a==(torch.rand(1),np.random.rand(),random.random())
    dls = mnist1d_dls(device='cpu')
    assert (len(dls.train_ds),len(dls.valid_ds),dls.c)==(4000,1000,10)
    assert dls.train_ds.y[:12].tolist()==[2, 6, 4, 5, 6, 6, 6, 0, 3, 1, 6, 9]    # those of its authors' file
    other = mnist1d_dls(seed=2**40, classes=[3,5], device='cpu')
    assert other.c==2 and torch.bincount(other.train_ds.y).min()>300

@needs_fashion
def test_all_of_fashion_mnist():
    dls = fashion_mnist_dls(device=torch.device('cpu'))
    assert (len(dls.train_ds),len(dls.valid_ds)) == (60000,10000)
    assert torch.bincount(dls.train_ds.y).tolist()==[6000]*10 and dls.vocab[9]=='Ankle boot'
    # the data set's known figures
    assert abs(dls.train_ds.mean.item()-.2860)<1e-3 and abs(dls.train_ds.std.item()-.3530)<1e-3

@needs_fashion
def test_some_classes():
    cpu = torch.device('cpu')
    a,b = fashion_mnist_dls(device=cpu),fashion_mnist_dls(classes=['Bag',1,'Coat'], n=1000, device=cpu)
    assert b.vocab==['Bag','Trouser','Coat'] and b.c==3 and (len(b.train_ds),len(b.valid_ds))==(1000,3000)
    for new,old in ((0,8),(1,1),(2,4)):    # the same images, though normalised by their own mean
        mine,theirs = b.valid_ds,a.valid_ds
        x = mine.x[mine.y==new]*mine.std+mine.mean
        torch.testing.assert_close(x, theirs.x[theirs.y==old]*theirs.std+theirs.mean)
    assert Learner(b, lenet_300_100(n_out=3)).validate()

@pytest.mark.parametrize('classes,error,says', [
    (['Hat'],ValueError,r"classes must be names \('0', '1'.*not 'Hat'"), ([10],ValueError,'from 0 to 9, not 10'),
    ([True],ValueError,'not True'), ([],TypeError,'classes must be a list'), ('12',TypeError,'classes must be a list'),
    ([3,'3'],ValueError,'each class only once')])
def test_wrong_classes(classes, error, says):
    with pytest.raises(error, match=says): digits_dls(classes=classes)

def test_no_data_anywhere_names_all_three_ways(monkeypatch, tmp_path):
    monkeypatch.setattr(fasterlth.data, 'debian_fashion', tmp_path/'nothing')
    monkeypatch.setattr(fasterlth.data, 'fastai_path', lambda _: tmp_path/'data')
    from torchvision import datasets
    def no_network(*args, **kwargs): raise OSError('no network')
    monkeypatch.setattr(datasets, 'FashionMNIST', no_network)
    monkeypatch.setattr(datasets, 'CIFAR10', no_network)
    ways = 'path=.*package that puts them into .*nothing.*torchvision download.*no network'
    with pytest.raises(RuntimeError, match=f'could not be found or downloaded.*{ways}'): fashion_mnist_dls()
    with pytest.raises(RuntimeError, match='binary version.*no network'): cifar10_dls()

def test_torchvisions_layout_is_found(monkeypatch, tmp_path):
    "Files that torchvision has downloaded are used the next time, without a network."
    raw = tmp_path/'data/MNIST/raw'; raw.mkdir(parents=True)
    for s,n in (('train',30),('t10k',10)):
        images,labels = np.random.randint(0, 255, (n,28,28), dtype=np.uint8),np.arange(n, dtype=np.uint8)%10
        for k,a in (('images-idx3',images),('labels-idx1',labels)):
            (raw/f'{s}-{k}-ubyte').write_bytes(bytes([0,0,8,a.ndim])+np.array(a.shape, '>i4').tobytes()+a.tobytes())
    monkeypatch.setattr(fasterlth.data, 'fastai_path', lambda _: tmp_path/'data')
    assert len(mnist_dls(bs=5).train_ds)==30
    (raw/'t10k-images-idx3-ubyte').write_bytes(b'\0\0\x08\x03\0\0\0\x0a'+b'\0'*20)
    with pytest.raises(ValueError, match='is damaged: 28 bytes instead of 16'): mnist_dls()

def test_a_constant_channel_is_named_and_left_finite():
    x,y = torch.rand(200, 3, 4, 4),torch.arange(200)%2
    x[:,2] = 0
    with pytest.warns(UserWarning, match=r'channel 2 of the training images is constant \(0\)'):
        dls = memory_dls((x,y), (x,y), device='cpu')
    assert dls.train_ds.x.isfinite().all() and dls.train_ds.std.flatten()[2]==1 and not dls.train_ds.x[:,2].any()
    with pytest.warns(UserWarning, match='channel 0 .* constant'):    # a single image of one pixel has no deviation at all
        assert memory_dls((x[:1,:1,:1,:1],y[:1]), (x[:,:1,:1,:1],y*0), bs=1, device='cpu').train_ds.x.isfinite().all()

@pytest.mark.parametrize('split', ['train','valid'])
@pytest.mark.parametrize('value', [float('nan'),float('inf'),-float('inf')])
def test_pixels_that_are_no_numbers_are_counted(split, value):
    x,y = torch.rand(20, 1, 4, 4),torch.arange(20)%2
    spoilt = x.clone()
    spoilt[3:5] = value
    pairs = {'train': (x,y), 'valid': (x,y), split: (spoilt,y)}
    with pytest.raises(ValueError, match=f'{split} has 32 pixels that are NaN or infinite, of 320'): memory_dls(**pairs)

@pytest.mark.parametrize('split,big', [('train',1e38),('train',3e38),('train',-1e38),('valid',3e38)])
def test_pixels_that_float32_cannot_normalize(split, big):
    x,y = torch.rand(200, 1, 4, 4),torch.arange(200)%2
    large = x.clone()
    large[:100] = big
    pairs = {'train': (x,y), 'valid': (x,y), split: (large,y)}
    with pytest.raises(ValueError, match=f"{split} has pixels from .* which float32 can't normalise by the training images' mean and deviation"): memory_dls(**pairs)

def test_tiny_pixels_that_float32_cannot_normalize():
    x,y = torch.rand(200, 1, 4, 4)*1e-38,torch.arange(200)%2
    try: dls = memory_dls((x,y), (x,y), device='cpu')
    except ValueError as e: assert 'scale all images to [0, 1]' in str(e)
    else: assert dls.train_ds.x.isfinite().all()

loaders = dict(digits_dls=digits_dls, mnist_dls=mnist_dls, fashion_mnist_dls=fashion_mnist_dls, cifar10_dls=cifar10_dls)

@pytest.mark.parametrize('name', loaders)
@pytest.mark.parametrize('given,error,says', [
    (dict(sizes=3),TypeError,"has no argument 'sizes': it takes n, "), (dict(bs='64'),TypeError,"bs must be a whole number >= 1, not '64'"),
    (dict(n=0),ValueError,'n must be .* >= 1, not 0'), (dict(seed=-1),ValueError,'seed must be'), (dict(drop_last='no'),TypeError,'drop_last must be'),
    (dict(classes='12'),TypeError,'classes must be a list'), (dict(device='gpu'),ValueError,"device must be a device like 'cpu'"),
    (dict(after_batch=3),TypeError,'after_batch must be a function')])
def test_options_are_checked_before_anything_is_read(name, given, error, says, monkeypatch):
    def read(*args): pytest.fail('it looked for the data first')
    for k in ('_downloaded','_cifar_download'): monkeypatch.setattr(fasterlth.data, k, read)
    with pytest.raises(error, match=says): loaders[name](**given)

def test_any_seed_splits_the_digits():
    a,b = digits_dls(size=8, seed=2**63-1),digits_dls(size=8, seed=2**32-1)
    assert torch.equal(a.train_ds.x, b.train_ds.x)    # scikit-learn takes 32 bits

@pytest.mark.parametrize('zipped', [False,True])
def test_damaged_idx_files_are_named(zipped, tmp_path):
    "Cut anywhere, or with any byte changed in the header, they are damaged; and nothing large is allocated."
    import gzip, tracemalloc
    content = b'\0\0\x08\x03'+np.array((3,4,5), '>i4').tobytes()+bytes(range(60))
    path = tmp_path/('images.gz' if zipped else 'images')
    def reads(data, raw=False):
        path.write_bytes(data if raw or not zipped else gzip.compress(data))
        return fasterlth.data._read_idx(path)
    assert reads(content).shape==(3,4,5)
    headers = [content[:i]+bytes([v])+content[i+1:] for i in range(16) for v in (0,7,127,255) if content[i]!=v]
    whole = gzip.compress(content)
    tracemalloc.start()
    for data in [content[:n] for n in range(len(content))]+headers+[content+b'\0']:
        with pytest.raises(ValueError, match=f'images.*is damaged: '): reads(data)
    for n in range(len(whole)) if zipped else ():
        with pytest.raises(ValueError, match='is damaged: '): reads(whole[:n], raw=True)
    assert tracemalloc.get_traced_memory()[1]<2e7
    tracemalloc.stop()

def test_a_label_beyond_the_classes_of_cifar(tmp_path):
    records = np.zeros((4,3073), np.uint8)
    for name in ('data_batch_1','test_batch'): records.tofile(tmp_path/f'{name}.bin')
    with pytest.warns(UserWarning, match='channels 0, 1, 2 .* constant'): cifar10_dls(tmp_path, bs=2)
    records[2,0] = 10
    records.tofile(tmp_path/'test_batch.bin')
    with pytest.raises(ValueError, match='is damaged: it has the label 10'): cifar10_dls(tmp_path)

@pytest.mark.parametrize('vocab,error,says', [
    ({'a','b'}, TypeError, "vocab must be a list of the classes' names, not {'a', 'b'}"), (frozenset('ab'), TypeError, "vocab must be a list"),
    (['a','b','a'], ValueError, "vocab must have another name for each class, but has 'a' twice"), ([1,'1'], ValueError, "has '1' twice")])
def test_names_of_classes_are_in_order_and_differ(vocab, error, says):
    x,y = torch.rand(20, 9),torch.arange(20)%2
    with pytest.raises(error, match=says): memory_dls((x,y), (x,y), vocab)
    with pytest.raises(error, match=says): digits_dls(vocab=vocab)
    assert memory_dls((x,y), (x,y), dict.fromkeys('ab').keys()).vocab==['a','b']    # which is in order

@pytest.mark.parametrize('label', [10**6,2*10**6])
def test_labels_that_number_no_classes(label):
    "Names for all of them would need all memory."
    import tracemalloc
    x,y = torch.rand(20, 9),torch.arange(20)%2
    y[7] = label
    tracemalloc.start()
    with pytest.raises(ValueError, match=f"train has 20 labels up to {label}: number its classes 0, 1, …, or pass vocab with {label+1} names"):
        memory_dls((x,y), (x,y))
    assert tracemalloc.get_traced_memory()[1]<1e6
    tracemalloc.stop()
    y[7] = 999
    assert memory_dls((x,y), (x,y), bs=4).c==1000

@pytest.mark.parametrize('kwargs', [{}, dict(batch_size=21), dict(after_batch=noop), dict(after_item=noop), dict(num_workers=2)])
def test_a_batch_that_is_larger_than_the_data(kwargs):
    "Training on none of it is no success."
    x,y = torch.rand(20, 9),torch.arange(20)%2
    dls = memory_dls((x,y), (x,y), device='cpu', **kwargs)
    says = f"bs must be at most 20, the number of items, not {kwargs.get('batch_size', 64)}: the last batch is dropped, unless drop_last=False"
    learn = Learner(dls, lenet_300_100(9, 2), metrics=accuracy)
    before = weights(learn.model)
    with learn.no_bar(), pytest.raises(ValueError, match=says): learn.fit(1)
    with pytest.raises(ValueError, match=says): next(iter(dls.train))
    with learn.no_bar(), pytest.raises(ValueError, match=says): learn.find_ticket(lambda l: l.fit(1), 50, 1, verbose=False)
    assert same(before, weights(learn.model))
    with learn.no_bar(): learn.validate()
    learn.dls = memory_dls((x,y), (x,y), device='cpu', drop_last=False, **kwargs)
    with learn.no_bar(): learn.fit(1)
    assert not same(before, weights(learn.model))

def test_a_stack_of_batches_that_are_larger_than_the_data():
    x,y = torch.rand(20, 9),torch.arange(20)%2
    dls = memory_dls((x,y), (x,y), device='cpu')
    learners = [Learner(dls, lenet_300_100(9, 2, seed=i), metrics=accuracy) for i in range(2)]
    with pytest.raises(ValueError, match='bs must be at most 20, the number of items, not 64'): stack_learners(learners, [0,1])
