"""Which arguments there are, and what isn't one of them: the table of `arguments.py`.

`kinds` has a valid value of each kind of argument, and what people pass by mistake. `by_name` says which kind an
argument is by its name, `tables` says it for single callables. What neither mentions is an error."""
from collections.abc import Callable
from typing import NamedTuple

import numpy as np, pandas as pd, torch
from fastai.learner import Learner
from torch import nn
from fasterlth.all import *
from .things import make_learner

nan,inf = float('nan'),float('inf')

class Of(NamedTuple):
    "A value that is made from the `Things`, afresh for each call."
    make: Callable
    name: str = 'something made from the things'

class Kind(NamedTuple):
    "A kind of argument."
    good: object        # A valid value
    bad: list           # Values that must be refused; none for what is taken as it is
    why: str = ''       # Why anything is taken
    numpy: type = None  # NumPy's type for valid values

def it(name): return Of(lambda t: getattr(t, name), f'the {name}')
def but(kind, *values, good=None, without=()):
    "Return a kind with more bad values, or with another valid one, or without some bad ones."
    bad = [v for v in kind.bad if not any(v is o for o in without)]
    return kind._replace(bad=[*bad, *values], good=kind.good if good is None else good)
def optional(kind): return but(kind, without=[None])

# What people pass by mistake

scalar,used_up = torch.tensor(3),Of(lambda t: iter(()), 'an iterator that was read')
no_text = [None, True, 3, 2.5, b'3', [], {}, 1j, int, object(), scalar]
no_whole = [None, 2.5, nan, inf, '3', True, [], (3,), {}, b'3', int, scalar, np.float32(3), np.array(3), 2**70, -1]
no_real = [None, nan, inf, -inf, '0.5', True, [], {}, b'1', 1j, float, torch.tensor(.5), -1.]
no_percent = [None, -1, 101, .5, nan, inf, '50', True, b'50', 1j, float, torch.tensor(50.), np.float32(.5)]
no_flag = [None, 'True', 'no', '', 1, 0, 2.5, [], {}, b'1', bool, torch.tensor(True), np.array([True,False])]
no_function = [None, 3, 'l1_norm', [], {}, b'f', Of(lambda t: lambda: 3, 'lambda: 3'),
               Of(lambda t: lambda a,b,c,d,e: 3, 'lambda a,b,c,d,e: 3')]
no_object = [None, 3, True, 'no', b'no', [], {}, object(), int]
no_path = [None, 3, True, b'x', [], {}, object(), '', 'a\0b', Of(lambda t: t.text_file/'below', 'a path below a file')]
no_tensor = [None, 3, 'x', [], [1.], {}, np.ones(3), it('model')]
no_masks = [None, 3, 'masks', [], [1], {1: 2}, it('model'), it('layers'), it('ticket'),
            Of(lambda t: {'nothing': t.mask}, 'a mask of nothing'),
            Of(lambda t: {**t.masks, 'fc1.weight': 1}, 'a number among masks'),
            Of(lambda t: {**t.masks, 'fc1.weight': t.masks['fc1.weight'].float()}, 'a float mask'),
            Of(lambda t: {**t.masks, 'fc1.weight': t.mask}, 'a mask of another shape')]
no_masks_at_all = [None, 3, 'masks', [], [1], it('model'), {'a': 1}, {'a': [True]}, Of(lambda t: {'a': t.w}, 'a float mask')]
no_weights = [None, 3, 'weights', [], it('model'), {'fc1.weight': 1}, {},
              Of(lambda t: dict(list(t.weights.items())[:-1]), 'all weights but one'),
              Of(lambda t: {**t.weights, 'fc1.weight': t.w}, 'weights of another shape')]
no_model = [None, 3, 'resnet', [], {}, nn.Linear, it('learn'), it('masks')]
no_learner = [None, 3, 'learn', [], {}, it('model'), Learner, Of(lambda t: t.learn.dls, 'the loaders')]
no_batches = [None, 3, True, 'xy', b'xy', [], {}, [3], [(1,)], used_up, scalar, int]
no_rounds = [{'fc1': []}, {'fc1': {'a': 50}}, {3: 50}, [], {}, 100, [50,40], ['a'], [nan], [50,100], np.array([50.])]
no_moment = [None, nan, inf, -1, '1', 'it', '-3it', '1.5it', True, [], {}, b'1it', scalar, int]
no_schedule = [Of(lambda t, v=v: lambda start, end, p: v, f'a schedule that gives {v!r}')
               for v in (torch.tensor(50.), 'x', nan, -1, None, True)]
no_numbers = [None, 3, True, 'ab', b'12', [], {}, ['a'], [None], [1j], [True], used_up, scalar]
no_names = [3, True, 'abc', [], {}, b'ab', object()]
nowhere = Of(lambda t: t.path/'nowhere', 'a path of nothing')

# Kinds

whole = Kind(2, [*no_whole, 0], numpy=np.int64)
count = Kind(1, no_whole, numpy=np.int32)
number = Kind(.01, no_real, numpy=np.float64)
percent = Kind(50, no_percent, numpy=np.float32)
flag = Kind(False, no_flag, numpy=np.bool_)
text = Kind('a', [*no_text, ''])
choice = Kind('a', [*no_text, '', 'nothing', ['local']])
function = Kind(None, no_function)
formula = Kind(it('w'), [], 'a formula in one line, of what the library passes to it')
record = Kind(None, [], 'a record of what the library has made; whatever reads it checks it')

kinds = dict(
    whole=whole, count=count, number=number, percent=percent, flag=flag, text=text, function=function,
    seed=Kind(3, [*no_whole, 2**63], numpy=np.int64),
    seeds=Kind([0], [*no_object[3:], None, True, -1, 0, [0,0], [-1], ['a'], [True], [2**63], scalar, 2.5]),
    share=but(number, 1.5, 95), level=but(number, 0, 1, 95, good=.9),
    sparsity=but(percent, [50], {}, {'nothing': 50}, {3: 50}, {'fc1': '50'}, {'fc1': nan}, {'fc1': {'a': 5}}),
    rounds=but(percent, *no_rounds),
    budget=Kind(erk, [*no_function, 'erk']),
    criterion=Kind(l1_norm, [*no_function, Of(lambda t: lambda w, nothing: w, 'lambda w, nothing: w')]),
    schedule=Kind(one_shot, [*no_function, *no_schedule]),
    train=Kind(it('train'), [*no_function, it('learn')]),
    make_learner=Kind(it('make_learner'), [*no_function, it('learn')]),
    granularity=Kind('weight', [*no_text, '', 'nothing', '4:2', '2:2', ['weight'], {'fc1': 3}, {'fc1': 'nothing'},
                                {3: 'weight'}, {'nothing': 'weight'}]),
    layer_type=Kind(nn.Linear, ['Linear', 3, (nn.Linear,'Conv2d'), (), [nn.Linear], it('layer')]),
    moment=Kind(0, no_moment, numpy=np.int64), end_moment=Kind(1, no_moment, numpy=np.float32),
    model=Kind(it('model'), no_model), learn=Kind(it('learn'), no_learner),
    ticket=Kind(it('ticket'), [*no_object, it('model'), it('masks'), Ticket]),
    masks=Kind(it('masks'), no_masks), any_masks=Kind(it('masks'), no_masks_at_all), weights=Kind(it('weights'), no_weights),
    layers=Kind(it('layers'), [*no_object, it('model'), it('masks'), {'fc1.weight': 3}]),
    layer=Kind(it('layer'), no_model), batches=Kind(it('batches'), no_batches),
    names=Kind(None, [3, 'fc1.weight', ['nothing'], [3], scalar, True]),
    xb=Kind(it('x'), [*no_tensor, Of(lambda t: t.x[:,:0], 'no channels'), Of(lambda t: t.x[:,0], 'no dimension of channels'),
                      Of(lambda t: t.x.long(), 'whole numbers')]),
    some_xb=Kind(it('x'), [3, 'x', [], np.ones(3), it('model'), Of(lambda t: t.x[:0], 'no items'), scalar]),
    ax=Kind(it('ax'), no_object), two_axes=Kind(it('axes'), [*no_object[1:], it('ax'), [1,2]]),
    one_or_two_axes=Kind(it('axes'), no_object[1:]),
    file=Kind(Of(lambda t: t.new('.x')), [*no_path, it('path')]), folder=Kind(Of(lambda t: t.new()), [*no_path, it('text_file')]),
    df=Kind(it('df'), [*no_object, Of(lambda t: t.df[:0], 'an empty table'), pd.DataFrame,
                       Of(lambda t: t.df.drop(columns='condition'), 'a table without conditions')]),
    metric=Kind('accuracy', [*no_text[1:], '', 'nothing', ['accuracy']]),
    device=Kind('cpu', ['gpu', '', 2.5, True, [], {}, b'cpu', object()]),
    dtype=Kind(torch.float16, [None, 'float16', torch.float32, 16, np.float16, torch.int8]),
    dict=Kind({}, [None, 3, 'a', [], True, it('model')]),
    trunk=Kind(it('trunk'), [*no_object, it('finder')]),
    conditions=Kind(['random_reinit'], [
        None, 3, True, 'dense', b'dense', ['nothing'], ['shuffled','shuffled'], [3], {'a': 3}, {'a': dict(nothing=3)}, used_up,
        {'a': dict(seed=3)}, {'a/b': dict(rewind='lr')}, {'winning': dict(rewind='lr')}, {'a': lambda: 3}]),
    classes=Kind([0,1], [3, True, 'ab', [], {}, ['x'], [99], [True], [0,0], [-1], [scalar], used_up]),
    vocab=Kind(list('0123456789'), [*no_names, ['a'], set('0123456789'), list('0123456788')]),
    unknown=Kind(None, ['an unknown keyword']), formula=formula, record=record,
    start=Kind(0, [], formula.why), end=Kind(50, [], formula.why), progress=Kind(.5, [], formula.why),
    fastai=Kind(None, [], "one of fastai's own methods, called by fastai"))
kinds |= {f'{k}?': optional(v) for k,v in kinds.items()}    # None is allowed

by_name = dict(
    a='any_masks', ax='ax?', b='any_masks', batches='batches?', bn_batches='whole', bs='whole', budget='budget?', classes='classes?',
    conditions='conditions', context='context', criteria='criterion', criterion='criterion', device='device?', df='df', end='end',
    end_epoch='end_moment?', exact='flag', flow='formula', given='unknown', grad='formula', granularity='granularity', joint='flag',
    hess_grad='formula', init='formula', inputs='unknown', kwargs='unknown', l1='number', layer='layer', layer_type='layer_type',
    layers='layers', learn='learn', level='level', lth='flag', make_learner='make_learner', masks='masks', metric='metric?',
    kernels=but(choice, good='dense'), min_keep='count', model='model', n_ch='whole', n_in='whole', n_masks='whole', n_out='whole', n_rounds='whole?', n_steps='whole',
    names='names?', options='unknown', path='folder?', points='whole', prev='formula', progress='progress', regrow='flag',
    reset_end='flag', reset_on_fit='flag', reshuffle='flag', rewind_epoch='moment', rewound='flag', round_to='whole?',
    schedule='schedule', seed='seed?', seeds='seeds', size='whole', sparsity='sparsity', start='start', start_epoch='moment',
    stop='flag', stride='whole', t='trunk', threads='whole', threshold='share', ticket='ticket', train='train', verbose='flag',
    vocab='vocab?', weight='formula', weights='weights?', width='whole', xb='xb')
kinds['context'] = but(choice, good='local')

# What still accepts some of this, or refuses it by another error
waiting = []

# Callables

def one_of(good): return but(choice, good=good)
license_ = but(text, 'a b', 'mit\nx: y', good='mit')
def size_from(n): return but(whole, n-1, good=28)
def file_of(name): return Kind(it(name), [*no_path[:9], nowhere, it('path'), it('text_file')])
def folder_of(name): return Kind(it(name), [*no_path[1:7], '', nowhere, it('text_file')])
def other(kind, good): return kinds[kind]._replace(good=good)
def of(shape, dtype=None): return Of(lambda t: torch.ones(shape, dtype=dtype), f'a tensor of {shape}')

model_or_function = Kind(it('net'), [None, 3, 'net', [], {}, lambda a, b: 3, lambda: 3, nn.Linear, Of(lambda t: lambda: t.model, 'lambda: model')])
plain_train = Kind(it('plain_train'), [*no_function, it('model')])
plain_eval = Kind(Of(lambda t: lambda m: 1.), [*no_function, it('model')])
own_learner = other('learn', Of(lambda t: make_learner(1), 'a learner of its own'))
arrays = Kind(it('arrays'), [
    None, 3, 'xy', [], (1,), (1,2), (1,2,3), {}, (None,None), it('images'),
    *(Of(lambda t, f=f: f(t.images, t.labels), k) for k,f in {
        'fewer labels': lambda x,y: (x,y[:-1]), 'NaN': lambda x,y: (x*nan,y), 'infinite': lambda x,y: (x/0,y),
        'labels as floats': lambda x,y: (x,y.float()), 'rows': lambda x,y: (x[:,0,0],y), 'a label below 0': lambda x,y: (x,y-1),
        'strings': lambda x,y: ([['a']],y), 'complex': lambda x,y: (x.cfloat(),y)}.items())])
stat = Kind(it('stat'), [*no_tensor, of((7,))])
order = Kind(None, [3, True, 'fc1', [], [3], ['nothing'], {'fc1': 3}, used_up])
condition_function = Kind(shuffled, [*no_function, 'shuffled'])
joint = Kind(None, [3, True, 'filter', [], ['fc1.weight'], {'fc1.weight': 3}, {3: 'fc1.weight'}, {'fc1.weight': 'fc1.weight'}])
n_jobs = Kind(1, [0, -2, 2.5, 'two', True, [], scalar, nan], numpy=np.int64)
stack = Kind(1, [None, 0, -1, 2.5, 'two', True, [], scalar, nan], numpy=np.int64)
finder = dict(learn=own_learner, sparsity='rounds', rewind=one_of('weights'), joint=joint)
blocks_of_four = other('masks', it('in_blocks'))
digits = other('whole', 8)
loss = other('function', nn.functional.cross_entropy)
of_any_layer = but(kinds['sparsity'], without=[o for o in kinds['sparsity'].bad if isinstance(o, dict) and o=={'nothing': 50}])
without_model = but(kinds['granularity'], without=kinds['granularity'].bad[-1:])    # by layers that nobody knows yet
part_of_percent = but(kinds['sparsity'], without=[o for o in no_percent if isinstance(o, (float,np.float32)) and o==.5])    # schedules ask for it
shapes = Kind({'a': (3,4), 'b': (2,3)}, [None, 3, 'no', [], {}, it('model'), {'a': 3}, {'a': 'ab'}, {'a': (3,-1)}, {'a': (2.5,)}])
all_of_percent = Kind(50, [v for v in no_percent if not isinstance(v, (float,np.float32)) or v!=.5], numpy=np.float32)
any_weights = Kind(it('weights'), [None, 3, 'w', [], it('model'), {'fc1.weight': 1}])

tables = {
    'ArrayDataset': dict(x=Kind(it('images'), [*no_tensor, it('labels')]), vocab=Kind(list('0123456789'), [None, *no_names]), mean=stat,
                         y=Kind(it('labels'), [*no_tensor, it('images'), of((19,), torch.long)]), std=stat, split_idx=other('count?', 1)),
    'MemoryDL.show_batch': 'fastai', 'MemoryDL.show_results': 'fastai', 'TensorSeries': 'fastai', 'TensorSeries.show': 'fastai',
    'ArrayDataset.decode': 'fastai', 'ArrayDataset.to': 'fastai', 'ArrayDataset.typed': 'fastai',
    'Deployed': 'record', 'Deployed.__call__': 'record',
    'DynamicCallback': dict(grow=Kind(rigl, [*no_function, l1_norm.__name__, movement]), drop=but(kinds['percent'], without=[v for v in no_percent if isinstance(v, (float,np.float32)) and v==.5]),
                            every=Kind('2it', [*no_moment, 0, '0it']), end_epoch=Kind(None, [*no_moment[1:], 0]), budget='budget?', masks=Kind(None, no_masks_at_all[1:]), seed='seed'),
    'DynamicCallback.__call__': 'fastai', 'DynamicCallback.on_attach': 'fastai', 'DynamicCallback.on_detach': 'fastai', 'DynamicCallback.load_state_dict': 'record',
    'EarlyBirdCallback': dict(granularity=optional(without_model), joint=joint), 'EarlyBirdCallback.reset': 'record', 'EarlyBirdCallback.load_state_dict': 'record',
    'EarlyBirdCallback.__call__': 'fastai', 'EarlyBirdCallback.on_attach': 'fastai', 'EarlyBirdCallback.on_detach': 'fastai',
    'EarlyBirdFinder': dict(learn=own_learner, granularity=optional(without_model), joint=joint),
    'EarlyBirdFinder.costs': dict(finder=Kind(it('finder'), [*no_object[1:], it('learn'), LotteryTicketFinder])),
    'Groups': dict(shape=Kind((4,6), [None, 3, [4,6], 'ab', (4,'x'), (-1,6), (5,5), (2.5,)]),
                   view=Kind((4,6), [None, 3, [4,6], (5,6), ('a',)]), dims=Kind((1,), [None, 3, [1], (9,), (-1,), ('a',)]),
                   nm=Kind(None, [3, '2:4', (4,2), (1,), ('a',4), [2,4]]), nm_dim=Kind(None, [], 'read with nm only')),
    'Groups.contract': dict(mask=Kind(of((4,6), torch.bool), [*no_tensor, of((7,), torch.bool)])),
    'Groups.expand': dict(keep=Kind(of((4,), torch.bool), [*no_tensor, of((7,), torch.bool)])),
    'Groups.from_blocks': dict(blocks=Kind(of((8,4)), [*no_tensor, of((7,))])),
    'Groups.reduce': dict(scores=Kind(of((4,6)), [*no_tensor, of((7,))])),
    'Groups.to_blocks': dict(x=Kind(of((4,8)), [*no_tensor, of((7,))])),
    'LotteryStudy': dict(sparsity='rounds'),
    'LotteryStudy.plot': dict(ax='one_or_two_axes'),
    'LotteryStudy.finder': dict(seed=other('seed', 0)), 'LotteryStudy.run': dict(n_jobs=n_jobs, stack=stack),
    'LotteryStudy.ticket': dict(condition=one_of('winning'), seed=other('seed', 0), round=but(kinds['count?'], 9, good=1)),
    'LotteryStudy.verdict': dict(condition=one_of('winning'), margin='number?', more='flag?'),
    'LotteryStudy.where': dict(condition=one_of('winning'), seed=other('seed', 0), round='whole?'),
    'LotteryTicketFinder': finder,
    'LotteryTicketFinder.adopt_dense': dict(other=Kind(it('finder'), [*no_object, it('learn'), LotteryTicketFinder])),
    'LotteryTicketFinder.effective_sparsities': dict(xb='some_xb?'),
    'LotteryTicketFinder.train_ticket': dict(round=other('whole', 1), path=but(kinds['file?'], it('text_file'))),
    'MaskCallback': dict(masks='any_masks'), 'MaskCallback.__call__': 'fastai', 'MaskCallback.on_attach': 'fastai',
    'MaskCallback.on_detach': 'fastai', 'MaskCallback.load_state_dict': 'record',
    'MemoryDL': dict(dataset=Kind(it('dataset'), [None, 3, True, object(), list]), bs='whole?', shuffle='flag',
                     num_workers=other('count?', 0)),
    'MemoryDL.create_batches': 'fastai',
    'OnnxModel': dict(path=file_of('onnx_file'), threads='whole?', multiply_adds='count?'),
    'OnnxModel.__call__': 'fastai', 'OnnxModel.feeds': dict(xb=Kind(it('x'), no_tensor)), 'OnnxModel.with_threads': dict(threads='whole?'),
    'Pruner': dict(granularity=without_model, joint=joint), 'joint_filters': dict(xb='some_xb'), 'Pruner.targets': dict(sparsity=part_of_percent),
    'Pruner.choose': dict(masks='masks?', sparsity=part_of_percent, scores=Kind(it('scores'), [
        None, 3, 'no', [], {}, it('model'), {'fc1.weight': 3}, Of(lambda t: {n: s[:-1] for n,s in t.scores.items()}, 'fewer scores'),
        Of(lambda t: {n: s*nan for n,s in t.scores.items()}, 'NaN as scores')])),
    'Pruner.step': dict(masks='masks?', sparsity=part_of_percent, layers='layers?'),
    'ResumeCallback': dict(snapshot=Kind(it('snapshot'), [*no_object, it('learn'), Snapshot]), hypers='flag'),
    'RewindPoint': 'record', 'Scoring': 'record', 'Snapshot': 'record',
    'Snapshot.load': dict(path=file_of('snapshot_file')), 'Snapshot.save': dict(path='file'),
    'Snapshot.check': dict(opt='flag', rng='flag'),
    'Snapshot.restore': dict(model='flag', opt='flag', hypers='flag', rng='flag'),
    'Snapshot.take': dict(epoch='count', batch='count', fit='count', notes='dict?',
                          loaders=Kind(None, [3, 'no', [], {}, it('model')])),
    'SnapshotCallback': dict(at='moment'),
    'SparsifyCallback': dict(granularity=without_model, n_epochs='whole?', frozen='flag', joint=joint, sparsity=of_any_layer, start_sparsity=other('percent', 0), model=Kind(None, [3, 'm', [], {}, nn.Linear, it('learn')]),
                             save_tickets=Kind(False, [None, 3, 2.5, [], {}, b'x', object(), int])),
    'SparsifyCallback.__call__': 'fastai', 'SparsifyCallback.on_attach': 'fastai', 'SparsifyCallback.on_detach': 'fastai',
    'SparsifyCallback.load_state_dict': 'record',
    'Start': 'record',
    'SupermaskCallback': dict(constant='flag', seed='seed', sparsity=of_any_layer),
    'SupermaskCallback.__call__': 'fastai', 'SupermaskCallback.on_attach': 'fastai', 'SupermaskCallback.on_detach': 'fastai',
    'SupermaskCallback.load_state_dict': 'record',
    'Ticket': dict(weights=any_weights, about='dict'),
    'Ticket.apply': dict(learn=own_learner), 'Ticket.load': dict(path=file_of('ticket_file')), 'Ticket.save': dict(path='file'),
    'Ticket.deploy': dict(learn=other('learn', it('trained')), how=one_of('shrink'), path=Kind(None, [*no_path[1:], it('path')]),
                          xb='some_xb'),
    'Ticket.of': dict(about=Kind(None, [object()])),
    'Ticket.model_card': dict(repo_id=other('text', 'someone/x'), license=optional(license_)),
    'Ticket.save_folder': dict(path='folder', repo_id=other('text', 'someone/x'), license=optional(license_)),
    'Ticket.push_to_hub': dict(repo_id=other('text', 'someone/x'), private='flag', card='flag', license=optional(license_), token=optional(kinds['text'])),
    'Ticket.from_hub': dict(repo_id=but(kinds['text'], good=Of(lambda t: str(t.ticket.save_folder(t.new())))), revision=Kind(None, [*no_text[1:], 'v1']),
                            local_files_only='flag', cache_dir=Kind(None, [*no_path[1:], it('text_file')]), token=optional(kinds['text'])),
    'Ticket.build_model': 'fastai',    # its arguments are those of other libraries
    'Ticket.transfer': dict(what=one_of('both'), blocks=Kind(appended, no_function), order=order, source_order=order, strict='flag',
                            skip=Kind([], [None, 3, True, ['nothing'], [3], {'fc1': 3}, b'fc1'])),
    'Training': dict(warned=Kind(None, [3, 'no', [], {}]), begin=Kind(None, [*no_object[1:], it('learn'), Snapshot]), at='moment?', on_epoch=optional(function)),
    'Training.moment': dict(notes=Kind(None, [], 'whatever JSON can hold, refused where it is written')),
    'Transfer': 'record', 'Trunk': 'record',
    'Trunk.number': dict(what='text'), 'Trunk.prune': dict(steps='whole'),
    'Trunk.of': dict(finder=Kind(it('finder'), [*no_object, it('other_finder'), it('learn'), LotteryTicketFinder]),
                     round=but(whole, 9, good=1)),
    'Trunk.on': dict(start=Kind(Of(lambda t: t.trunk.start, 'a start'), [*no_object, it('model'), Start])),
    'appended': dict(n='whole', m='whole'), 'at_init': dict(steps='whole'),
    'barrier': dict(line=Kind(it('line'), [*no_object, Of(lambda t: t.df[:0], 'another table')]), of=one_of('error')),
    **{k: dict(shapes=shapes, sparsity=all_of_percent) for k in ('uniform','erk','balanced','igq','smart_ratio')},
    'uniform_plus': dict(shapes=shapes, sparsity=all_of_percent._replace(good=0)),
    'share_out': dict(shapes=shapes, sparsity=all_of_percent, density=Kind(Of(lambda t: lambda x: [min(x, 1.)]*2, 'a density'), no_function)),
    'budget_table': dict(layers=but(kinds['layers'], nn.Linear, it('learn'), without=[kinds['layers'].bad[9]]), sparsity=all_of_percent,
                         budgets=Kind([erk], [None, 3, 'erk', {}, [3], ['erk'], erk])),
    'check_semi_structured': dict(masks=blocks_of_four),
    'cifar10_dls': dict(path=folder_of('cifar'), bs=digits),
    'compare_models': dict(models=Kind(Of(lambda t: dict(a=t.model)), [None, 3, 'm', [], {}, it('model'), {'a': 3}, {'a': nn.Linear}]),
                           score=Kind(None, no_function[1:])),
    'compare_tickets': dict(model_fn=but(model_or_function, it('model')), sparsity='rounds', train_fn=plain_train, eval_fn=plain_eval,
                            pretrained='model?', joint=joint,
                            conditions=Kind(['random_mask'], [None, 3, True, 'dense', b'dense', ['nothing'], [3], {'a': 3}, {'a': lambda: 3},
                                                              {'winning': 'random_mask'}, used_up])),
    'computation_order': dict(xb=Kind(it('x'), [None, 3, 'x', [], Of(lambda t: t.x[:,0], 'no dimension of channels')])),
    **{k: dict(size=size_from(2 if k=='conv2' else 4)) for k in ('conv2','conv4','conv6')},
    'control_of': dict(condition=condition_function, control=condition_function),
    'digits_dls': dict(bs=digits, size=digits, valid_pct=other('percent', 20), seed='seed'),
    'draw_early_bird': dict(model=model_or_function, train_fn=plain_train, every=other('whole', 1), seed='seed', joint=joint),
    'fashion_mnist_dls': dict(path=folder_of('idx'), bs=digits),
    'find': dict(data=one_of('digits'), model=one_of('lenet_300_100'), rounds='whole', epochs='whole', sparsity='percent', seed='seed',
                 out='folder', path=Kind(None, [*no_path[1:], it('text_file')]), force='flag'),
    'find_ticket': dict(sparsity='rounds'),
    'find_winning_ticket': dict(model=model_or_function, train_fn=plain_train, eval_fn=plain_eval, sparsity='rounds', seed='seed', joint=joint),
    'find_winning_tickets': dict(sparsity='rounds', n_jobs=n_jobs, stack=stack),
    'forward_flops': dict(xb=Kind(Of(lambda t: (t.x,)), [None, 3, 'x', [], (), {}, it('x'), (3,)]), masks='masks?'),
    'geometric_rounds': dict(rate='percent', n_rounds='whole'),
    'gradients': dict(batches='batches', loss_func=loss), 'hessian_gradients': dict(batches='batches', loss_func=loss),
    'init_weights': dict(init=Kind(nn.init.xavier_normal_, [None, 3, 'x', lambda: 3])),
    'interpolated': dict(n='whole', m='whole'), 'interval': dict(values=Kind([1.,2.], no_numbers)),
    'latencies': dict(fs=Kind(Of(lambda t: dict(a=t.model)), [None, 3, 'f', [], {}, it('model'), {'a': 3}, {'a': lambda: 3}]),
                      xb=Kind(it('x'), [], 'whatever the functions take'), seconds=but(number, 0), rounds='whole'),
    'layer_axes': dict(granularity='granularity?'),
    'layer_groups': dict(param=other('text', 'weight')),
    'lenet5': dict(size=size_from(12)),
    'linear_interpolation': dict.fromkeys('ab', Kind(it('ticket'), [*no_object, it('model'), Of(lambda t: dict(t.masks), 'masks')]))
        | dict(points=but(whole, 2, good=3)),
    'load_sparse': dict(path=file_of('sparse_file')),
    'load_compressed': dict(path=file_of('compressed_file')), 'save_compressed': dict(path='file'),
    'measure_kernels': dict(training='flag', repeats='whole', threads='whole?', step=optional(function)), 'save_sparse': dict(path='file'),
    'sparse_kernels': dict(kernels=but(kinds['dict'], {'nothing': 3}, {'fc1': 3})), 'to_sparse': dict(repeats='whole', threads='whole?'),
    'quantize_rest': dict(repeats='whole', threads='whole?'),
    'make_masks': dict(layers=but(kinds['layers'], nn.Linear, it('learn'), without=[kinds['layers'].bad[9]]), masks='masks?'),
    'mask_table': dict(masks='any_masks'),
    'memory_dls': dict(train=arrays, valid=arrays, bs=digits, n=other('whole?', 10), seed='seed', path=but(kinds['folder'], good='.'),
                       kind=Kind('image', [3, True, 'images', b'image', [], {}, 'vector', object()])),
    'mnist1d_dls': dict(bs=digits, seed='seed'),
    'mnist_dls': dict(path=folder_of('idx'), bs=digits, small='flag'),
    'ac_dc': dict(n_cycles='whole'), 'set_': dict(name='formula'),
    'one_cycle': dict(steepness=but(number, 0, good=14), offset='number'),
    'pack_mask': dict(mask=Kind(it('mask'), [*no_tensor, it('w')])),
    **{k: dict(xb='some_xb') for k in ('path_masks','path_table','effective_sparsity')},
    'Ticket.effective_sparsity': dict(xb='some_xb'), 'Ticket.summary': dict(model='model?', xb=other('some_xb?', it('x'))),
    'plot_groups': dict(param=other('text', 'weight')), 'plot_masks': dict(masks='any_masks'), 'plot_results': dict(ax='one_or_two_axes'),
    'plot_schedule': dict(start='percent', end='percent'),
    'plot_stability': dict(found=Kind(it('found'), [*no_object, it('df'), RewindPoint]), threshold='number', axs='two_axes'),
    'random_by': dict(budget=Kind(erk, [*no_function, 'erk'])),
    'random_score': dict(name='formula', seed='seed'),
    'register_granularity': dict(name=Kind(Of(lambda t: f'gate_{t.new().stem}'), [*no_text, '', 'a b', 'weight', '2:4']),
                                 axes=Kind('out kh', [*no_text, 'a,b', '~~a'])),
    'register_input': dict(name=Kind(Of(lambda t: f'of_{t.new().stem}'), [*no_text, '', 'a b', 'grad']), cost='text',
                           make=Kind(Of(lambda t: lambda s: {}), no_function),
                           needs=Kind((), [None, 3, True, 'init', ('nothing',), (3,)])),
    'register_layer': dict(layer_type=Kind(nn.Bilinear, [None, 3, True, '', int, it('layer'), [nn.Linear]]),
                           specs=Kind({'no': 'out in'}, [None, 3, 'out in', [], {}, {'weight': 3}, {3: 'out'}]),
                           sizes=Kind(None, no_function[1:]), granularity='granularity?'),
    'remaining_axis': dict(ax='ax', remaining=Kind([50.,100.], [*no_numbers, [-1], [101], [nan]])),
    'rewind_find': dict(epochs=Kind([0], [None, nan, -1, 'it', 3, [], {}, [nan], ['1'], [True], [0,0], [-1], used_up, [scalar]]),
                        ticket='ticket?', copies=but(whole, 1), points=but(whole, 2, good=3), threshold='number', show_plot='flag',
                        seed='seed'),
    'round_targets': dict(sparsity='rounds'),
    'seed_learner': dict(seed='seed'), 'semi_structured_layers': dict(dtype='dtype'),
    'show': dict(ticket=file_of('ticket_file'), force='flag', plot=but(
        kinds['file?'], it('text_file'), Of(lambda t: t.new('.x'), 'a file of no image'), good=Of(lambda t: t.new('.png')))),
    'shrink': dict(masks=other('masks', it('filters'))), 'shrink_learner': dict(masks=other('masks', it('filters')), xb='some_xb'),
    'residual_mlp': dict(n_hidden=other('whole', 8)),
    'small_resnet': dict(depth=Kind(8, [*(v for v in no_whole if not isinstance(v, tuple)), 0, 18, (), (2,0), ('a',), (True,)])),
    'study': dict(data=one_of('digits'), model=one_of('lenet_300_100'), rounds='whole', epochs='whole', sparsity='percent', seeds=other('whole', 1),
                  conditions=Kind('random_mask', [*no_text, '', 'nothing', 'random_mask,random_mask', 'dense']), jobs=Kind(1, [*(v for v in no_whole if v!=-1), 0, -2]),
                  out='folder', path=Kind(None, [*no_path[1:], it('text_file')]), force='flag'),
    'stack_learners': dict(learners=Kind(Of(lambda t: [make_learner(1), make_learner(2)], 'two learners'), [
                               None, 3, True, 'x', [], {}, it('learn'), [3], [None], it('model'), Learner]),
                           seeds=Kind([0,1], [3, [0], [0,0], [-1,0], ['a','b'], 'ab', True, 2.5, {}])),
    'sparsity_of': dict(masks='any_masks'), 'sparsity_by_layer': dict(masks='any_masks'), 'synaptic_flow': dict(x='xb'),
    'to_int8': dict(batches=Kind(Of(lambda t: [t.x]), [None, 3, True, 'x', [], {}, it('x'), [3], used_up]), path='file', dynamic='flag',
                    reduce_range='flag', tolerance=other('number', .1)),
    'to_onnx': dict(path='file', tolerance=other('number', .1)),
    'to_semi_structured': dict(masks=blocks_of_four, dtype='dtype', xb=Kind(it('x'), no_tensor)),
    'transferred': dict(tickets=Kind(it('ticket'), [*no_object, lambda: 3, 'ticket.safetensors'])),
    'unpack_mask': dict(bits=Kind(Of(lambda t: pack_mask(t.mask)), [*no_tensor, it('w')]),
                        shape=Kind(Of(lambda t: tuple(t.mask.shape)), [None, 3, 'ab', (3,), (-1,), ('a',), (2.5,), {}])),
    'verdict': dict(condition=one_of('winning'), margin='number?', more='flag?'),
}

# Arguments that make a call quick, where the default doesn't

_search = dict(points=3, bn_batches=1, epochs=[0], show_plot=False, verbose=False)
quick = {
    'LotteryStudy': dict(sparsity=50, n_rounds=1, seeds=1), 'Ticket.summary': dict(model=it('model'), xb=it('x')), 'LotteryStudy.run': dict(verbose=False),
    'LotteryTicketFinder': dict(sparsity=50, n_rounds=1, verbose=False), 'SparsifyCallback': dict(verbose=False),
    'cifar10_dls': dict(bs=8, path=it('cifar')), 'compare_tickets': dict(sparsity=50),
    'draw_early_bird': dict(n_masks=2, threshold=1.), 'find_winning_ticket': dict(sparsity=50, n_rounds=1),
    'find_winning_tickets': dict(sparsity=50, n_rounds=1, seeds=1, verbose=False),
    'fashion_mnist_dls': dict(bs=8, path=it('idx')), 'mnist_dls': dict(bs=8, path=it('idx')),
    'find': dict(rounds=1, epochs=1, sparsity=50, out=Of(lambda t: t.new())),
    'study': dict(rounds=1, epochs=1, sparsity=50, seeds=1, conditions='random_mask', out=Of(lambda t: t.new())),
    'find_early_bird': dict(verbose=False, n_masks=2, threshold=1.), 'find_ticket': dict(n_rounds=1, verbose=False),
    'latencies': dict(seconds=.01, rounds=1), 'linear_interpolation': dict(points=3, bn_batches=1), 'rewind_find': _search}
