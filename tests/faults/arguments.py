"""Bad arguments: every argument of every public callable × what people pass by mistake.

`kinds` says what each kind of argument is like, and what isn't one. `by_name` says of which kind arguments of a name are;
`tables` says it for single callables, where that differs. A callable or an argument that neither mentions is an error."""
import inspect, random, re, warnings
from contextlib import AbstractContextManager, redirect_stdout
from io import StringIO
from typing import NamedTuple

import numpy as np, pandas as pd, torch
from torch import nn

import fasterlth.all
from fasterlth.all import *
from fasterlth.cli import find
from fastai.learner import Learner
from . import Trial, raw, wrong
from .things import Things, changes, make_learner

nan,inf = float('nan'),float('inf')

class Of(NamedTuple):
    "A value that is made from the things, afresh for each call."
    make: callable
def it(name): return Of(lambda t: getattr(t, name))

def others(*but):
    "Return one value of each plain type, but for those of some types."
    values = [None, True, 3, 2.5, 'no', b'3', [], {}, 1j, int, object()]
    return [v for v in values if not any(type(v) is t for t in but)]

used_up = Of(lambda t: iter(()))
scalar = torch.tensor(3)
wholes = [2.5, nan, inf, '3', True, [], (3,), {}, b'3', int, scalar, np.float32(3), np.array(3), 2**70, -1]
reals = [nan, inf, -inf, '0.5', True, [], {}, b'1', 1j, float, torch.tensor(.5), -1.]
percents = [-1, 101, .5, nan, inf, '50', True, b'50', 1j, float, torch.tensor(50.), np.float32(.5)]
flags = ['True', 'no', '', 1, 0, 2.5, [], {}, b'1', bool, torch.tensor(True), np.array([True,False])]
functions = [3, 'l1_norm', [], {}, b'f', Of(lambda t: lambda: 3), Of(lambda t: lambda a,b,c,d,e: 3)]
objects = [3, True, 'no', b'no', [], {}, object(), int]
a_model,a_layer,a_learner = it('model'),Of(lambda t: nn.Linear),it('learn')
bad_masks = [3, 'masks', [], [1], {1: 2}, a_model, it('layers'), it('ticket'), Of(lambda t: {'nothing': t.mask}), Of(lambda t: {**t.masks, 'fc1.weight': 1}),
    Of(lambda t: {**t.masks, 'fc1.weight': t.masks['fc1.weight'].float()}), Of(lambda t: {**t.masks, 'fc1.weight': t.mask})]
own_masks = [3, 'masks', [], [1], a_model, {'a': 1}, {'a': [True]}, Of(lambda t: {'a': t.w})]
bad_weights = [3, 'weights', [], a_model, {'fc1.weight': 1}, {}, Of(lambda t: dict(list(t.weights.items())[:-1])), Of(lambda t: {**t.weights, 'fc1.weight': t.w})]
bad_paths = [3, True, b'x', [], {}, object(), '', 'a\0b', Of(lambda t: t.text_file/'below')]
bad_models = [3, 'resnet', None, [], {}, nn.Linear, a_learner, it('masks')]
bad_learners = [3, 'learn', None, [], {}, a_model, Learner, Of(lambda t: t.learn.dls)]
tensors = [3, None, 'x', [], [1.], {}, np.ones(3), a_model]

class Kind(NamedTuple):
    "A kind of argument."
    good: object    # A valid value, or `Of` one
    bad: list       # Values that must be refused; empty for what is taken as it is
    why: str = ''   # Why anything is taken

def opt(kind): return kind._replace(bad=[v for v in kind.bad if v is not None])
def least(n, kind): return kind._replace(bad=[*kind.bad, n-1], good=max(n, 2))

whole = Kind(2, [*wholes, None, 0])
kinds = {
    'whole': whole, 'whole?': opt(whole), 'count': Kind(1, [*wholes, None]), 'count?': Kind(1, wholes),
    'seed': Kind(3, [*wholes, None, 2**63, '3']), 'seed?': Kind(3, [*wholes, 2**63]),
    'seeds': Kind([0], [*others(int, list), -1, 0, [], [0,0], [-1], ['a'], [True], [2**63], scalar, 2.5]),
    'number': Kind(.01, [*reals, None]), 'number?': Kind(.01, reals),
    'share': Kind(.5, [*reals, None, 1.5, 95]), 'level': Kind(.9, [*reals, None, 0, 1, 95]),
    'percent': Kind(50., [*percents, None, [], {}]),
    'sparsity': Kind(50., [*percents, None, [50], {}, {'nothing': 50}, {3: 50}, {'fc1': '50'}, {'fc1': nan}, {'fc1': {'a': 5}}]),
    'rounds': Kind(50, [*percents, None, [], {}, 100, [50,40], ['a'], [nan], [50,100], {'fc1': []}, {'fc1': {'a': 50}}, {3: 50}, np.array([50.])]),
    'flag': Kind(False, [*flags, None]), 'flag?': Kind(False, flags),
    'choice': Kind(None, [*others(str), 'nothing', '', ['local'], scalar]),
    'text': Kind('a', [*others(str), '', scalar]),
    'criterion': Kind(l1_norm, [*functions, None, Of(lambda t: lambda w, nothing: w)]),
    'schedule': Kind(one_shot, [*functions, None, Of(lambda t: lambda start, end, p: torch.tensor(50.)), Of(lambda t: lambda start, end, p: 'x'),
        Of(lambda t: lambda start, end, p: nan), Of(lambda t: lambda start, end, p: -1), Of(lambda t: lambda start, end, p: None)]),
    'train': Kind(it('train'), [*functions, None, a_learner]), 'make_learner': Kind(it('make_learner'), [*functions, None, a_learner]),
    'function': Kind(None, [*functions, None]), 'function?': Kind(None, functions),
    'granularity': Kind('weight', [*others(str), '', 'nothing', '4:2', '2:2', {'fc1': 3}, {'fc1': 'nothing'}, {'nothing': 'weight'}, {3: 'weight'}, ['weight']]),
    'granularity?': Kind('weight', ['', 'nothing', 3, True, {'fc1': 3}, ['weight'], b'weight', str]),
    'layer_type?': Kind(nn.Linear, ['Linear', 3, (nn.Linear,'Conv2d'), (), [nn.Linear], it('layer')]),
    'moment': Kind(0, [nan, inf, -1, '1', 'it', '-3it', '1.5it', True, [], {}, b'1it', scalar, None, int]),
    'moment?': Kind(None, [nan, inf, -1, '1', 'it', '-3it', True, [], b'1it', scalar, int]),
    'moments': Kind([0], [nan, -1, 'it', 3, None, [], {}, [nan], ['1'], [True], [0,0], [-1], used_up, [scalar]]),
    'model': Kind(it('model'), bad_models), 'model?': Kind(None, [3, 'm', [], {}, nn.Linear, a_learner, it('layer')]),
    'learn': Kind(it('learn'), bad_learners), 'ticket': Kind(it('ticket'), [*objects, None, a_model, it('masks'), Ticket]),
    'ticket?': Kind(it('ticket'), [*objects, a_model, it('masks'), Ticket]),
    'masks': Kind(it('masks'), [*bad_masks, None]), 'masks?': Kind(it('masks'), bad_masks),
    'any masks': Kind(it('masks'), [*own_masks, None]), 'any masks?': Kind(it('masks'), own_masks),
    'weights': Kind(it('weights'), [*bad_weights, None]), 'weights?': Kind(it('weights'), bad_weights),
    'layers': Kind(it('layers'), [*objects, None, a_model, it('masks'), {'fc1.weight': 3}]),
    'layers?': Kind(it('layers'), [3, 'no', [], a_model, it('masks'), {'fc1.weight': 3}]),
    'layers|model': Kind(it('layers'), [*objects, None, it('masks'), {'fc1.weight': 3}, nn.Linear, a_learner]),
    'layer': Kind(it('layer'), [*bad_models]),
    'batches': Kind(it('batches'), [3, True, 'xy', b'xy', [], {}, [3], [(1,)], used_up, scalar, None, int]),
    'batches?': Kind(it('batches'), [3, True, 'xy', b'xy', [], {}, [3], [(1,)], used_up, scalar, int]),
    'names?': Kind(None, [3, 'fc1.weight', ['nothing'], [3], scalar, True]),
    'x': Kind(it('x'), tensors), 'tensor': Kind(it('w'), tensors),
    'xb': Kind(it('x'), [*tensors, Of(lambda t: t.x[:,:0]), Of(lambda t: t.x[:,0]), Of(lambda t: t.x.long())]),
    'xb?': Kind(it('x'), [3, 'x', [], np.ones(3), a_model, Of(lambda t: t.x[:0]), scalar]),
    'ax': Kind(it('ax'), [*objects, None]), 'ax?': Kind(it('ax'), objects),
    'axs?': Kind(it('axes'), [*objects, it('ax'), [1,2]]), 'ax|axs?': Kind(it('axes'), objects),
    'file': Kind(Of(lambda t: t.new('.x')), [*bad_paths, None, it('path')]),
    'file?': Kind(None, [*bad_paths, it('path')]),
    'folder?': Kind(Of(lambda t: t.new()), [*bad_paths, it('text_file')]),
    'df': Kind(it('df'), [*objects, None, Of(lambda t: t.df[:0]), Of(lambda t: t.df.drop(columns='condition')), pd.DataFrame]),
    'metric?': Kind('accuracy', [3, True, '', 'nothing', [], ['accuracy'], scalar, b'accuracy', str]),
    'device?': Kind('cpu', ['gpu', '', 2.5, True, [], {}, b'cpu', object()]),
    'dtype': Kind(torch.float16, [None, 'float16', torch.float32, 16, np.float16, torch.int8]),
    'dict': Kind({}, [3, 'a', [], None, True, a_model]), 'dict?': Kind(None, [3, 'a', [], True, a_model]),
    'unknown': Kind(None, ['keyword']),
    'formula': Kind(None, [], 'a formula in one line, of what the library passes to it'),
    'record': Kind(None, [], 'a record of what the library made; what reads it, checks it'),
    'fastai': Kind(None, [], "one of fastai's own methods, called by fastai"),
}

by_name = dict(
    seed='seed?', sparsity='sparsity', path='folder?', verbose='flag', n_rounds='whole?', ax='ax?', model='model', learn='learn', masks='masks',
    granularity='granularity', context='choice', criteria='criterion', criterion='criterion', schedule='schedule', train='train',
    make_learner='make_learner', layer_type='layer_type?', min_keep='count', round_to='whole?', batches='batches?', threads='whole',
    rewind_epoch='moment', start_epoch='moment', end_epoch='moment?', layer='layer', df='df', metric='metric?', level='level', n_out='whole', n_ch='whole',
    size='whole', width='whole', n_in='whole', stride='whole', bs='whole', reshuffle='flag', lth='flag', reset_end='flag', n_masks='whole', l1='number',
    threshold='share', stop='flag', reset_on_fit='flag', n_steps='whole', weight='formula', init='formula', prev='formula', grad='formula', flow='formula',
    hess_grad='formula', start='formula', end='formula', progress='formula', xb='xb', exact='flag', ticket='ticket', layers='layers', weights='weights?',
    rewound='flag', t='trunk', kwargs='unknown', names='names?', points='whole', bn_batches='whole', conditions='conditions', seeds='seeds', a='any masks',
    b='any masks', device='device?', classes='classes?', vocab='vocab?', regrow='flag', given='unknown', inputs='unknown', options='unknown')

special = dict(
    trunk=Kind(it('trunk'), [*objects, None, it('finder')]),
    conditions=Kind(['random_reinit'], [3, None, 'dense', b'dense', ['nothing'], ['shuffled','shuffled'], [3], {'a': 3}, {'a': dict(nothing=3)}, {'a': dict(seed=3)},
        {'a/b': dict(rewind='lr')}, {'winning': dict(rewind='lr')}, {'a': lambda: 3}, used_up, True]),
    classes=Kind([0,1], [3, True, 'ab', [], {}, ['x'], [99], [True], [0,0], [-1], [scalar], used_up]),
    vocab=Kind(list('0123456789'), [3, True, 'abc', [], {}, ['a'], b'ab', object()]),
)
kinds |= {'trunk': special['trunk'], 'conditions': special['conditions'], 'classes?': special['classes'], 'vocab?': special['vocab']}

def good(kind, value): return kinds[kind]._replace(good=value)
def one_of(*choices): return kinds['choice']._replace(good=choices[0])
def taken(name): return kinds[name]
no_path = Of(lambda t: t.path/'nowhere')
arrays = Kind(it('arrays'), [3, None, 'xy', [], (1,), (1,2), (1,2,3), {}, Of(lambda t: t.images), Of(lambda t: (t.images,t.labels[:-1])),
    Of(lambda t: (t.images*nan,t.labels)), Of(lambda t: (t.images/0,t.labels)), Of(lambda t: (t.images,t.labels.float())), Of(lambda t: (t.images[:,0,0],t.labels)),
    Of(lambda t: (t.images,t.labels-1)), Of(lambda t: ([['a']],t.labels)), Of(lambda t: (t.images.cfloat(),t.labels)), Of(lambda t: (None,None))])
bs = good('whole', 8)
idx,cifar = [Kind(it(k), [3, True, b'x', [], {}, '', it('text_file'), no_path]) for k in ('idx','cifar')]
loader = dict(bs=bs)
learn_of = Of(lambda t: make_learner(1))
ticket_file,compressed_file,snapshot_file,onnx_file = [Kind(it(k), [3, True, None, b'x', [], {}, '', 'a\0b', no_path, it('path'), it('text_file')])
    for k in ('ticket_file','compressed_file','snapshot_file','onnx_file')]
filters = good('masks', it('filters'))
numbers = Kind([1.,2.], [3, None, 'ab', b'12', [], {}, ['a'], [None], [1j], used_up, scalar, [True,'x'], True])
finder_args = dict(n_rounds=good('whole?', 1), sparsity='rounds', context=one_of('local'), rewind=one_of('weights'))

tables = {
    'ArrayDataset': dict(x=Kind(it('images'), [*tensors, Of(lambda t: t.labels)]), y=Kind(it('labels'), [*tensors, Of(lambda t: t.images), Of(lambda t: t.labels[:-1])]),
        vocab=Kind(list('0123456789'), [3, True, 'abc', None, {}]), mean=Kind(it('stat'), [*tensors, Of(lambda t: torch.ones(7))]),
        std=Kind(it('stat'), [*tensors, Of(lambda t: torch.ones(7))]), split_idx=good('count?', 1)),
    'ArrayDataset.decode': 'fastai', 'ArrayDataset.to': 'fastai', 'ArrayDataset.typed': 'fastai', 'MemoryDL.create_batches': 'fastai',
    'MemoryDL': dict(dataset=Kind(it('dataset'), [3, None, True, object(), list]), bs=kinds['whole?'], shuffle='flag', num_workers=good('count', 0)),
    'Deployed': 'record', 'RewindPoint': 'record', 'Scoring': 'record', 'Snapshot': 'record', 'Start': 'record', 'Transfer': 'record', 'Trunk': 'record',
    'Deployed.__call__': 'record', 'EarlyBirdCallback.reset': 'record',
    'EarlyBirdCallback': dict(context=one_of('global')), 'EarlyBirdFinder': dict(context=one_of('global'), learn=good('learn', learn_of)),
    'EarlyBirdFinder.costs': dict(finder=Kind(it('finder'), [*objects, a_learner, LotteryTicketFinder])),
    'Groups': dict(shape=Kind((4,6), [3, None, [4,6], 'ab', (4,'x'), (-1,6), (5,5), (2.5,)]), view=Kind((4,6), [3, None, [4,6], (5,6), ('a',)]),
        dims=Kind((1,), [3, None, [1], (9,), (-1,), ('a',)]), nm=Kind(None, [3, '2:4', (4,2), (1,), (2,5), ('a',4), [2,4]]), nm_dim=Kind(None, [], 'read with nm only')),
    'Groups.reduce': dict(scores=Kind(Of(lambda t: torch.rand(4, 6)), [*tensors, Of(lambda t: torch.ones(7))])),
    'Groups.expand': dict(keep=Kind(Of(lambda t: torch.ones(4).bool()), [*tensors, Of(lambda t: torch.ones(7).bool())])),
    'Groups.contract': dict(mask=Kind(Of(lambda t: torch.ones(4, 6).bool()), [*tensors, Of(lambda t: torch.ones(7).bool())])),
    'Groups.to_blocks': dict(x=Kind(Of(lambda t: torch.rand(4, 8)), [*tensors, Of(lambda t: torch.ones(7))])),
    'Groups.from_blocks': dict(blocks=Kind(Of(lambda t: torch.rand(8, 4)), [*tensors, Of(lambda t: torch.ones(7))])),
    'LotteryStudy': dict(n_rounds=good('whole?', 1), sparsity='rounds', path=kinds['folder?'], threads=kinds['whole']),
    'LotteryStudy.run': dict(n_jobs=Kind(1, [0, -2, 2.5, 'two', True, [], scalar, nan])),
    'LotteryStudy.ticket': dict(condition=one_of('winning'), seed=Kind(0, [7, -1, '0', None, 2.5, True, [], scalar]), round=Kind(1, wholes+[9])),
    'LotteryStudy.verdict': dict(condition=one_of('winning'), margin='number?', more='flag?'),
    'LotteryStudy.where': dict(condition=one_of('winning'), seed=Kind(0, [7, -1, '0', None, 2.5, []]), round=Kind(1, wholes)),
    'LotteryTicketFinder': dict(finder_args, learn=good('learn', learn_of)),
    'LotteryTicketFinder.adopt_dense': dict(other=Kind(it('finder'), [*objects, None, a_learner, LotteryTicketFinder])),
    'LotteryTicketFinder.train_ticket': dict(round=good('whole', 1), path=Kind(Of(lambda t: t.new('.x')), [*bad_paths, it('path'), it('text_file')])),
    'MaskCallback': dict(masks=Kind(it('masks'), [*own_masks, None])), 'MaskCallback.__call__': 'fastai', 'SparsifyCallback.__call__': 'fastai', 'SparsifyCallback.on_attach': 'fastai', 'SparsifyCallback.on_detach': 'fastai', 'MaskCallback.on_attach': 'fastai', 'MaskCallback.on_detach': 'fastai',
    'OnnxModel': dict(path=onnx_file, threads='whole?', multiply_adds='count?'), 'OnnxModel.__call__': dict(xb=Kind(it('x'), tensors)),
    'Pruner': dict(context=one_of('local')),
    'Pruner.choose': dict(scores=Kind(it('scores'), [3, None, 'no', [], {}, a_model, {'fc1.weight': 3}, Of(lambda t: {n: s[:-1] for n,s in t.scores.items()}),
        Of(lambda t: {n: s*nan for n,s in t.scores.items()})]), masks='masks?'),
    'Pruner.step': dict(masks='masks?', layers='layers?'),
    'ResumeCallback': dict(snapshot=Kind(it('snapshot'), [*objects, None, a_learner, Snapshot]), hypers='flag'),
    'Snapshot.load': dict(path=snapshot_file), 'Snapshot.save': dict(path='file'),
    'Snapshot.restore': dict(model='flag', opt='flag', hypers='flag', rng='flag'),
    'Snapshot.take': dict(epoch='count', batch='count', fit='count', loaders=Kind(None, [3, 'no', [], {}, a_model]), notes='dict?'),
    'SnapshotCallback': dict(at='moment'),
    'SparsifyCallback': dict(context=one_of('local'), start_sparsity=good('percent', 0), save_tickets=Kind(False, [3, None, 2.5, [], {}, b'x', object(), int]), model='model?'),
    'Ticket': dict(masks=kinds['masks'], weights=Kind(it('weights'), [3, None, 'w', [], a_model, {'fc1.weight': 1}]), about='dict'),
    'Ticket.apply': dict(learn=good('learn', learn_of)), 'Ticket.load': dict(path=ticket_file), 'Ticket.save': dict(path='file'),
    'Ticket.of': dict(weights='weights?', about=Kind(None, [object()])),
    'Ticket.deploy': dict(how=one_of('shrink'), path='file?', xb='xb?'),
    'Ticket.transfer': dict(what=one_of('both'), skip=Kind([], [3, True, None, ['nothing'], [3], {'fc1': 3}, b'fc1']), blocks=Kind(appended, [*functions, None]),
        order=Kind(None, [3, True, 'fc1', [], [3], ['nothing'], {'fc1': 3}]), source_order=Kind(None, [3, True, 'fc1', [], [3], ['nothing'], {'fc1': 3}]), strict='flag'),
    'Training': dict(begin=Kind(None, [*objects, a_learner, Snapshot]), at='count?', on_epoch='function?'),
    'Training.__call__': dict(), 'Training.moment': dict(notes=Kind(None, [], 'anything that JSON can hold, written where it is saved')),
    'Trunk.number': dict(what=kinds['text']), 'Trunk.on': dict(start=Kind(Of(lambda t: t.trunk.start), [*objects, None, a_model, Start])),
    'Trunk.of': dict(finder=Kind(it('finder'), [*objects, None, it('other_finder'), a_learner, LotteryTicketFinder]), round=Kind(1, [*wholes, None, 0, 9])),
    'Trunk.prune': dict(context=one_of('local'), steps='whole'), 'Trunk.reset': dict(),
    'appended': dict(n='whole', m='whole'), 'interpolated': dict(n='whole', m='whole'),
    'at_init': dict(steps='whole'), 'control_of': dict(condition=Kind(shuffled, [*functions, None, 'shuffled']), control=Kind(shuffled, [*functions, None, 'shuffled'])),
    'barrier': dict(line=Kind(it('line'), [*objects, None, Of(lambda t: t.df[:0])]), of=one_of('error')),
    'check_semi_structured': dict(masks=good('masks', Of(lambda t: make_masks(prunable(t.model, '2:4', (nn.Linear,)), 50)))),
    'semi_structured_layers': dict(dtype='dtype'), 'to_semi_structured': dict(masks=good('masks', Of(lambda t: make_masks(prunable(t.model, '2:4', (nn.Linear,)), 50))), dtype='dtype'),
    'cifar10_dls': dict(path=cifar, bs=bs), 'fashion_mnist_dls': dict(path=idx, bs=bs), 'mnist_dls': dict(path=idx, bs=bs, small='flag'),
    'digits_dls': dict(bs=bs, size=good('whole', 8), valid_pct=good('percent', 20), seed='seed'),
    'memory_dls': dict(train=arrays, valid=arrays, bs=bs, n=good('whole?', 10), seed='seed', path=good('folder?', '.')),
    'compare_models': dict(models=Kind(Of(lambda t: dict(a=t.model)), [3, None, 'm', [], {}, a_model, {'a': 3}, {'a': nn.Linear}, {'a': 'm'}]),
        score=Kind(None, functions)),
    'compare_tickets': dict(model_fn=Kind(it('plain'), [3, None, 'net', a_model, lambda a, b: 3, lambda: 3]), train_fn=Kind(Of(lambda t: lambda m: None), [*functions, None]),
        eval_fn=Kind(Of(lambda t: lambda m: 1.), [*functions, None, lambda m: 'x']), sparsity='rounds', seeds=good('whole', 1)),
    'computation_order': dict(xb=Kind(it('x'), [3, 'x', None, [], Of(lambda t: t.x[:,0])])),
    'forward_flops': dict(xb=Kind(Of(lambda t: (t.x,)), [3, None, 'x', [], (), {}, Of(lambda t: t.x), (3,)]), masks='masks?'),
    'find': dict(data=one_of('digits'), model=one_of('lenet_300_100'), rounds='whole', epochs='whole', out=Kind(Of(lambda t: t.new()), [*bad_paths, None, it('text_file')]),
        path=Kind(None, [*bad_paths, it('text_file')]), sparsity=good('percent', 50), seed='seed'),
    'find_early_bird': dict(kwargs='unknown'), 'find_ticket': dict(n_rounds=good('whole?', 1), sparsity='rounds'),
    'geometric_rounds': dict(rate='percent', n_rounds='whole'),
    'gradients': dict(batches='batches', loss_func=good('function', nn.functional.cross_entropy)),
    'hessian_gradients': dict(batches='batches', loss_func=good('function', nn.functional.cross_entropy)),
    'synaptic_flow': dict(x='xb'),
    'init_weights': dict(init=Kind(nn.init.xavier_normal_, [3, None, 'x', lambda: 3])),
    'interval': dict(values=numbers), 'latencies': dict(fs=Kind(Of(lambda t: dict(a=t.model)), [3, None, 'f', [], {}, a_model, {'a': 3}, {'a': lambda: 3}]),
        xb=Kind(it('x'), [], 'whatever the functions take'), seconds=Kind(.01, [*reals, None, 0]), rounds='whole'),
    'layer_groups': dict(param=good('text', 'weight')), 'plot_groups': dict(param=good('text', 'weight')),
    'lenet5': dict(size=Kind(28, [*wholes, None, 0, 8])), **{k: dict(size=Kind(28, [*wholes, None, 0, 1])) for k in ('conv2','conv4','conv6')},
    'linear_interpolation': {k: Kind(it('ticket'), [*objects, None, a_model, Of(lambda t: dict(t.masks))]) for k in ('a','b')} | dict(points=good('whole', 3), bn_batches=good('whole', 1)),
    'list_inputs': dict(), 'load_compressed': dict(path=compressed_file), 'save_compressed': dict(path='file'),
    'make_masks': dict(layers='layers|model', context=one_of('local'), masks='masks?'),
    'mask_table': dict(masks='any masks'), 'plot_masks': dict(masks='any masks'), 'sparsity_of': dict(masks='any masks'), 'sparsity_by_layer': dict(masks='any masks'),
    'one_cycle': dict(steepness=Kind(14, [*reals, None, 0]), offset='number'), 'random_score': dict(name='formula', seed='seed'),
    'pack_mask': dict(mask=Kind(it('mask'), [*tensors, Of(lambda t: t.w)])),
    'unpack_mask': dict(bits=Kind(Of(lambda t: pack_mask(t.mask)), [*tensors, Of(lambda t: t.w)]), shape=Kind(Of(lambda t: tuple(t.mask.shape)), [3, None, 'ab', (3,), (-1,), ('a',), (2.5,), {}])),
    'plot_results': dict(ax='ax|axs?'), 'plot_schedule': dict(start='percent', end='percent'), 'LotteryStudy.plot': dict(ax='ax|axs?'),
    'plot_stability': dict(found=Kind(it('found'), [*objects, None, it('df'), RewindPoint]), threshold='number', axs='axs?'),
    'register_granularity': dict(name=Kind(Of(lambda t: f'gate{t.new().stem}'), [*others(str), '', 'a b', 'weight', '2:4']), axes=Kind('out kh', [*others(str), 'a,b', '~~a'])),
    'register_input': dict(name=Kind(Of(lambda t: f'of_{t.new().stem}'), [*others(str), '', 'a b', 'grad']), make=Kind(Of(lambda t: lambda s: {}), [*functions, None]),
        needs=Kind((), [3, None, 'init', ('nothing',), (3,), True]), cost=kinds['text']),
    'register_layer': dict(layer_type=Kind(nn.Bilinear, [3, None, '', True, int, a_layer and it('layer'), [nn.Linear]]), specs=Kind({'nothing': 'out in'}, [3, None, 'out in', [], {}, {'weight': 3}, {3: 'out'}]),
        sizes=Kind(None, functions)),
    'remaining_axis': dict(ax='ax', remaining=Kind([50.,100.], [*numbers.bad, [-1], [101], [nan]])),
    'rewind_find': dict(epochs=Kind([0], kinds['moments'].bad), ticket='ticket?', copies=Kind(2, [*wholes, None, 0, 1]), points=good('whole', 3), threshold='number',
        bn_batches=good('whole', 1), show_plot='flag', seed='seed'),
    'round_targets': dict(sparsity='rounds'),
    'shrink': dict(masks=filters), 'shrink_learner': dict(masks=filters, xb='xb?'),
    'small_resnet': dict(depth=Kind(8, [*wholes, None, 0, 18, (), (2,0), ('a',), (True,)])),
    'to_int8': dict(batches=Kind(Of(lambda t: [t.x]), [3, None, 'x', [], {}, it('x'), [3], used_up, True]), path='file', dynamic='flag', reduce_range='flag'),
    'to_onnx': dict(path='file', tolerance=Kind(.1, [*reals, None])),
    'seed_learner': dict(seed='seed'),
    'transferred': dict(tickets=Kind(it('ticket'), [*objects, None, lambda: 3, 'ticket.safetensors'])),
    'verdict': dict(condition=one_of('winning'), margin='number?', more='flag?'),
    'masks_on': dict(), 'apply_masks': dict(),
}

# Callables

owners = dict(EarlyBirdCallback='bird', EarlyBirdFinder='early_finder', Groups='groups', LotteryStudy='study', LotteryTicketFinder='finder', OnnxModel='onnx', Pruner='pruner',
    Snapshot='snapshot', SparsifyCallback='callback', Ticket='ticket', Training='training', Trunk='trunk', Learner='learn', ArrayDataset='dataset', MaskCallback='callback')
on_learner = 'find_ticket','find_early_bird','rewind_find'

def methods(cls):
    "Return the public methods of a class that are ours and take arguments."
    for name in dir(cls):
        f = inspect.getattr_static(cls, name)
        if isinstance(f, property) or name.startswith('_') and name!='__call__': continue
        f = getattr(cls, name)
        f = getattr(f, '__func__', f)
        if inspect.isfunction(f) and (f.__module__ or '').startswith('fasterlth.'): yield name,f

def arguments(f, bound):
    "Return the parameters of a callable, without what it is bound to."
    return list(inspect.signature(f).parameters.values())[int(bound):]

def callables():
    "Return all public callables by name: `(function that gets it from the things, parameters)`."
    res = {'find': (lambda t: find, arguments(find, False))}
    for n in fasterlth.all.__all__:
        o = getattr(fasterlth.all, n)
        if not callable(o): continue
        res[n] = (lambda t, o=o: o),arguments(o, False)
        if not inspect.isclass(o): continue
        for k,f in methods(o):
            is_class = isinstance(inspect.getattr_static(o, k), classmethod) or k in ('load','of','take') and n in ('Snapshot','Ticket','Trunk')
            ps = arguments(f, True)
            owner = 'blocks' if 'blocks' in k and n=='Groups' else owners.get(n)
            if ps: res[f'{n}.{k}'] = (lambda t, o=o, k=k, a=owner, c=is_class: getattr(o if c else getattr(t, a), k)),ps
    for k in on_learner: res[k] = (lambda t, k=k: getattr(t.learn, k)),arguments(getattr(Learner, k), True)
    return res

def kind_of(name, arg):
    "Return the kind of an argument. Raise a `KeyError` if the table doesn't say."
    row = tables.get(name, {})
    if isinstance(row, str): return kinds[row]
    k = row.get(arg) or by_name.get(arg)
    if k is None: raise KeyError(f'{name}({arg}) is not in the table')
    return kinds[k] if isinstance(k, str) else k

def rows():
    "Yield `(name, argument)` for everything that is public."
    for name,(_,ps) in callables().items():
        for p in ps: yield name,p

def lacking():
    "List what is public and not in the table, and what is in the table and not public."
    res,seen = [],set()
    for name,p in rows():
        seen |= {name,(name,p.name)}
        try: kind_of(name, p.name)
        except KeyError as e: res.append(str(e))
    for name,row in tables.items():
        if name not in callables() and row: res.append(f'{name} is not public')
        elif not isinstance(row, str): res += [f'{name} has no argument {k}' for k in row if (name,k) not in seen]
    return res

# Calls

def value_of(o, things): return o.make(things) if isinstance(o, Of) else o

def call(things, name, bad):
    "Call something with good arguments but for those in `bad`. Return a function that does it, and the values."
    get,ps = callables_[name]
    args,kwargs = [],{}
    for p in ps:
        given = p.name in bad
        if p.kind==p.VAR_KEYWORD:
            if given: kwargs |= {'no_such_argument': bad[p.name]}
        elif given or p.default is p.empty:
            v = bad[p.name] if given else value_of(kind_of(name, p.name).good, things)
            if p.kind==p.VAR_POSITIONAL: args.append(v)
            elif p.kind==p.POSITIONAL_ONLY: args.append(v)
            else: kwargs[p.name] = v
    kwargs |= {k: v for k,v in quick.get(name, {}).items() if k not in kwargs and not {'n_jobs'}&set(kwargs)}
    f = get(things)
    if args: args,kwargs = [*(kwargs.pop(p.name) for p in ps if p.name in kwargs and p.kind==p.POSITIONAL_OR_KEYWORD),*args],kwargs
    def run():
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter('ignore')
            res = f(*args, **kwargs)
            if isinstance(res, AbstractContextManager) and name=='masks_on':
                with res: pass
            return res
    return run

# What makes the calls quick, where an argument has a default that doesn't
quick = {'rewind_find': dict(points=3, bn_batches=1, epochs=[0], show_plot=False, verbose=False), 'find_ticket': dict(n_rounds=1, verbose=False),
    'find_early_bird': dict(verbose=False, n_masks=2, threshold=1.), 'linear_interpolation': dict(points=3, bn_batches=1), 'LotteryStudy.run': dict(verbose=False),
    'LotteryStudy': dict(sparsity=50, n_rounds=1, seeds=1), 'LotteryTicketFinder': dict(sparsity=50, n_rounds=1, verbose=False),
    'SparsifyCallback': dict(verbose=False), 'mnist_dls': dict(bs=8), 'fashion_mnist_dls': dict(bs=8), 'cifar10_dls': dict(bs=8), 'find': dict(rounds=1, epochs=1, sparsity=50),
    'latencies': dict(seconds=.01, rounds=1), 'compare_tickets': dict(sparsity=50)}
for _k in ('mnist_dls','fashion_mnist_dls'): quick[_k] |= dict(path=it('idx'))
quick['cifar10_dls'] |= dict(path=it('cifar'))
quick['find'] |= dict(out=Of(lambda t: t.new()))
callables_ = callables()

also = dict(masks='mask', layers='layer', batches='batch', kwargs='no_such_argument', given='no_such_argument', inputs='no_such_argument', options='no_such_argument',
    schedule='schedule', weights='weights', path='path', n_rounds='rounds', criteria='criteri', criterion='criteri', a='mask', b='mask', about='about', xb='input')

def words(v):
    "Return texts of which one must be in the error, or None if any will do."
    if v is None or isinstance(v, (bool,int,float,complex,str,bytes)): return [repr(v)[:20], type(v).__name__, str(v)[:20], 'empty', 'none']
    return None

def says(error, args):
    "Return what an error lacks, or None."
    if not isinstance(error, (ValueError,TypeError,FileNotFoundError)): return f'{type(error).__name__}: {str(error)[:150]}'
    text = str(error)
    if not any(re.search(rf'\b{k}', text) for a in args for k in (a,also.get(a, a))): return f"{type(error).__name__} that doesn't name it: {text[:150]}"
    if not all(any(w in text for w in words(v)) for v in args.values() if words(v)) and len(args)==1: return f"{type(error).__name__} that doesn't show it: {text[:150]}"

def show(v): return re.sub(r' at 0x\w+', '', ' '.join(repr(v).split()))[:60]

def refuse(things, name, bad):
    "Call something with bad arguments. Return None if it is refused as it should be, and nothing has changed; else what went wrong."
    values = {k: value_of(v, things) for k,v in bad.items()}
    run = call(things, name, values)
    before = things.state()
    try: res = run()
    except Exception as e:
        lacks = says(e, values)
        if lacks: return raw(lacks)
    else: return wrong(f'accepted, and gave {show(res)}')
    if odd := changes(before, things.state()): return wrong(f"refused, but changed {', '.join(odd[:5])}")

def cases():
    "Yield `(name, argument, number, value)` of the whole table."
    for name,p in rows():
        for i,v in enumerate(kind_of(name, p.name).bad): yield name,p.name,i,v

def trials(rng):
    "Draw one bad argument, or two of one call."
    things,table = Things(),{}
    for name,arg,_,v in cases(): table.setdefault(name, {}).setdefault(arg, []).append(v)
    while True:
        name = rng.choice(list(table))
        args = rng.sample(list(table[name]), min(len(table[name]), rng.choice((1,1,2,3))))
        bad = {a: rng.choice(table[name][a]) for a in args}
        shown = ', '.join(f'{k}={show(v)}' for k,v in bad.items())
        yield Trial('argument', f'{name}({shown})', lambda name=name, bad=bad: refuse(things, name, bad))
