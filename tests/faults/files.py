"""Damaged and crafted files for every loader.

A damaged file must be refused, or be read as what was saved. A crafted one has valid checksums and hostile contents: it
must be refused as well, or be read as something well-formed of its kind. To refuse is to raise an error that names the
file. Nothing may take much more memory than the file has."""
import json, math, os, resource, tempfile
from collections.abc import Callable
from copy import deepcopy
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import NamedTuple
from zlib import crc32

import safetensors.torch
from helpers import *
from fasterlth.core.sparse_layers import parts_of, SparseLayer
from fasterlth.core.tensors import model_tensors
from fasterlth.core.reading import a_dict, a_text, whole
from fasterlth.core.files import load_tensors, save_tensors
from fasterlth.find.early_bird_search import Search
from fasterlth.find.records import read_json, write_json
from fasterlth.find.rounds import Round
from fasterlth.train.randomness import random_states, set_random_states
from . import Trial, raw, wrong

# What is saved

class Case(NamedTuple):
    "A file and its loader."
    name: str           # Kind of file
    load: Callable      # Path → object
    saved: object       # What was saved
    data: bytes         # The file
    faults: Callable    # Object → what isn't well-formed about it, None if all is

def as_bytes(t): return t.contiguous().reshape(-1).view(torch.uint8).numpy()

def tree(o):
    "Return plain values and bytes that two equal objects share."
    if isinstance(o, torch.Tensor): return str(o.dtype),tuple(o.shape),as_bytes(o).tobytes()
    if isinstance(o, dict): return ['dict',*[(k,tree(v)) for k,v in o.items()]]
    if isinstance(o, (list,tuple)): return [type(o).__name__,*map(tree, o)]
    return tree(vars(o)) if hasattr(o, '__dataclass_fields__') else repr(o)

@cache
def folder_of(pid):
    "Make a folder for as long as the process lives, in memory where there is one."
    where = tempfile.TemporaryDirectory(dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
    return where,Path(where.name)

def folder(): return folder_of(os.getpid())[1]    # forked workers have folders of their own

def again(o, load):
    "Save and load once more: what is well-formed can be saved and is the same afterwards."
    o.save(folder()/'again')
    return None if tree(load(folder()/'again'))==tree(o) else 'it is another one after saving'

def ticket_faults(o):
    o.start(),repr(o),o._repr_html_()
    return again(o, Ticket.load)

def snapshot_faults(o, learn):
    "Restore it. It may not fit the learner, but then nothing has changed."
    before,states = tree(weights(learn.model)),random_states()
    try: o.restore(learn)
    except ValueError as e:
        if tree(weights(learn.model))!=before: return f'the model has changed before {e!r}'
    finally: set_random_states(states)
    repr(o)
    return again(o, Snapshot.load)

def is_plain(row): return all(isinstance(v, (bool,int,float,str,type(None))) for v in row.values())

def round_faults(o):
    if not all(map(is_plain, [o.row,*o.epochs])): return 'its rows are no rows'
    pd.DataFrame([o.row]).set_index('round').to_csv(),pd.DataFrame(o.epochs)
    if any(m.dtype!=torch.bool for m in o.masks.values()): return 'its masks are no masks'
    return again(o, Round.load)

def search_faults(o):
    [[mask_distance(a, b) for a in o.masks] for b in o.masks]
    if o.found is not None and not 1<=o.found<=len(o.masks): return f'found in epoch {o.found}'
    return again(o, Search.load)

def net():
    torch.manual_seed(0)
    res = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Linear(6, 3).half(), nn.Linear(3, 9, bias=False))
    res.register_buffer('flags', torch.tensor([True,False]))
    res.register_buffer('empty', torch.zeros(0, 3))
    return res

def dense_net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4*4, 5)).eval()

def sparse_net():
    "Hold only what is left of three layers."
    res = dense_net()
    for n in ('0','1','4'):
        layer = res.get_submodule(n)
        mask = torch.rand_like(layer.weight)<.5
        with torch.no_grad(): layer.weight.mul_(mask)
        res.set_submodule(n, SparseLayer(layer, parts_of(layer, mask)))
    return res

def load_and_run(path):
    "Read a sparse network, run it, and return its tensors: its kernels would read anywhere."
    model = load_sparse(path, dense_net())
    if model(torch.ones(2, 2, 4, 4)).shape!=(2,5): raise ValueError(f'{path} gives other outputs')
    return model_tensors(model)

@cache
def cases():
    "Save one of everything."
    d = folder()
    ticket = Ticket.of(net(), {**make_masks(net(), 60), '0.bias': torch.ones(6).bool()}, steps=[1,'two',{'3': None}])
    small = Ticket(ticket.masks, ticket.start(), ticket.about)
    masks = {n: ticket.masks[n] for n in reversed(ticket.masks)}
    row = dict(round=2, sparsity=60.5, accuracy=math.nan, overlap=None)
    ends,content = ticket.weights,dict(kind='finder', experiment=dict(seed=1, masks={'w': 50.}, train=['f',None]))
    a_round = Round(row, [dict(epoch=0, train_loss=.5), dict(epoch=1, train_loss=.25)], [1e-2], 3.5, masks, ticket.weights)
    search = Search([masks, {n: m.flip(0) for n,m in masks.items()}], 2, 9)
    def made(name, load, o, faults, save=None):
        (save or type(o).save)(o, d/'valid')
        assert tree(load(d/'valid'))==tree(o), name
        return Case(name, load, o, (d/'valid').read_bytes(), faults)
    def snapshots():
        for name,opt in dict(adam=Adam, torch=partial(OptimWrapper, opt=torch.optim.AdamW)).items():
            learn = quiet(make_learner(model=lenet_300_100(64), n=64, opt_func=opt), 1)
            snap = Snapshot.take(learn, 1, 0, notes=dict(round=1, frozen=['fc1.weight']))
            yield made(f'snapshot {name}', Snapshot.load, snap, partial(snapshot_faults, learn=learn))
    return [
        made('ticket', Ticket.load, ticket, ticket_faults),
        made('compressed ticket', load_compressed, small, ticket_faults, save_compressed),
        made('round', Round.load, a_round, round_faults),
        made('search', Search.load, search, search_faults),
        made('end', lambda p: load_tensors(p, 'end')[0], ends, lambda o: None, lambda o,p: save_tensors(p, o, {}, 'end')),
        made('sparse network', load_and_run, model_tensors(sparse_net()), lambda o: None, lambda o,p: save_sparse(sparse_net(), p)),
        made('json', partial(read_json, kind=a_text, experiment=a_dict), content, lambda o: None,
             lambda o,p: write_json(p, o)),
        *snapshots()]

# Damage

def flipped(data, r):
    res = bytearray(data)
    for _ in range(r.choice([1,1,2,8])): res[place(data, r)] ^= 1<<r.randrange(8)
    return bytes(res)

def place(data, r):
    "Return a random place, often in the header."
    n = 8+int.from_bytes(data[:8], 'little')
    return r.randrange(min(n, len(data)) if r.random()<.6 else len(data))

def cut(data, r): return data[:place(data, r)]
def grown(data, r): return data+r.choice([b'\0', b' ', data, r.randbytes(r.randrange(1, 99))])
def zeroed(data, r):
    a,n = place(data, r),r.randrange(1, 200)
    return data[:a]+b'\0'*len(data[a:a+n])+data[a+n:]
def swapped(data, r):
    a = place(data, r)
    return data[a:]+data[:a]
def inserted(data, r):
    a = place(data, r)
    return data[:a]+r.choice([b'\0', data[a:a+9], r.randbytes(5)])+data[a:]
def removed(data, r):
    a = place(data, r)
    return data[:a]+data[a+r.randrange(1, 9):]
def overwritten(data, r):
    a,new = place(data, r),r.randbytes(r.randrange(1, 50))
    return data[:a]+new+data[a+len(new):]
def halves(data, r):
    "Take the beginning of this file and the end of another one."
    other = r.choice(cases()).data
    return data[:len(data)//2]+other[len(other)//2:]

damages = flipped,cut,grown,zeroed,swapped,inserted,removed,overwritten,halves

# Crafted contents

DEEP = '@deep@'
hostile = [
    None, True, False, 0, 1, -1, 2, 7, 2**31, 2**53, 2**63-1, 2**63, 2**64, 10**400, .5, -.0, math.nan, math.inf, -math.inf,
    1e308, '', 'x', 'w', '0.weight', 'mask.0.weight', 'weights.', '\0', '\ud800', 'é'*300, '../../x', '<b>', 'F32', 'BOOL',
    [], [[]], [None], {}, {'': 0}, {'x': {}}, {'tensor': 'x'}, {'tensor': []}, {'tensor': None}, {'dict': []}, {'dict': 3},
    {'dict': [[[],1]]}, {'dict': [[1,2],[1,3]]}, {'dict': [[None,None]]}, {'dict': [1]}, {'tuple': []}, {'tuple': 3},
    {'tuple': {'tuple': []}}, {'tuple': [], 'dict': []}, [2*10**9], [10**12], [2**62,2], [2**64], [-1], [-5,-6], [0,2**70],
    [0,2**62,2**62], [1]*40, [1]*70, [6.,5.], [True,5], ['6','5'], [6,[5]], [6,5], [30], [5,6], [0]*5000,
    {'a': 1, 'b': [2]*900}, DEEP]

def node(x, r, path=()):
    "Return the path of a random node."
    if isinstance(x, (dict,list)) and x and (not path or r.random()<.75):
        k = r.choice(list(x) if isinstance(x, dict) else range(len(x)))
        return node(x[k], r, (*path,k))
    return path

def at(x, path):
    for k in path: x = x[k]
    return x

def changed(x, r):
    "Return JSON's text with a change: a node is hostile, missing, copied from elsewhere; a key is new, twice or another."
    x = deepcopy(x)
    path = node(x, r)
    if not path: return hostile_text(r.choice(hostile))
    *up,k = path
    holder,how = at(x, up),r.choice(['hostile']*5+['missing','copied','new','twice','renamed'])
    if how=='missing': del holder[k]
    elif how=='copied': holder[k] = deepcopy(at(x, node(x, r)))
    elif how=='hostile' or isinstance(holder, list): holder[k] = r.choice(hostile)
    elif how=='new': holder[r.choice(['x','','0.weight','mask','__class__','tensor','dict','tuple'])] = r.choice(hostile)
    elif how=='renamed': holder[r.choice(['x','','0.bias','1.weight'])] = holder.pop(k)
    elif how=='twice':
        holder['@twice@'] = r.choice([holder[k],r.choice(hostile)])
        return hostile_text(x).replace('"@twice@"', json.dumps(k))
    return hostile_text(x)

def hostile_text(x): return json.dumps(x).replace(json.dumps(DEEP), '['*100_000+']'*100_000)

def parts(data):
    "Return the metadata, the tensors, and the JSON of a file."
    n = int.from_bytes(data[:8], 'little')
    info = json.loads(data[8:8+n])['__metadata__']
    tensors = safetensors.torch.load(data)
    return info,{k: tensors[k] for k in json.loads(info['crc32']) if k},json.loads(info['meta'])

def sums(tensors, text):
    "Return the checksums of a file in format 2."
    def crc(t): return crc32(as_bytes(t), crc32(f'{t.dtype}{tuple(t.shape)}'.encode()))
    return {**{k: crc(t) for k,t in tensors.items()}, '': crc32(text.encode())}

def sealed(info, tensors, text, **others):
    "Return a file with valid checksums."
    return safetensors.torch.save({k: t.contiguous() for k,t in tensors.items()},
                                  {**info, 'meta': text, 'crc32': json.dumps(sums(tensors, text)), **others})

def with_meta(case, r):
    info,tensors,meta = parts(case.data)
    return sealed(info, tensors, changed(meta, r))

types = torch.float64,torch.int64,torch.uint8,torch.bool,torch.float16,torch.float8_e4m3fn,torch.uint16

def reshaped(t, r):
    flat = t.reshape(-1)
    return r.choice([flat, t[None], flat[:-1], torch.cat([flat]*2), t.new_zeros(0), t.new_zeros(())]).clone()

def refilled(t, r):
    values = [0,1,math.nan] if t.is_floating_point() else [0,1,255] if t.dtype==torch.uint8 else [0,1]
    return torch.full_like(t, r.choice(values))

def with_tensors(case, r):
    "Change a tensor: its type, its shape, its values, its name; or drop, swap or add one."
    info,tensors,meta = parts(case.data)
    n,m = r.choice(list(tensors)),r.choice(list(tensors))
    t,how = tensors[n],r.choice(['type','bytes','shape','values','name','drop','add','swap','order'])
    names = ['x','mask.x','weights.x','kept.x','dense.x','snapshot.x','dense.'+n.partition('.')[2]]
    if how=='type': tensors[n] = t.to(r.choice(types))
    elif how=='bytes': tensors[n] = torch.from_numpy(as_bytes(t).copy())
    elif how=='shape': tensors[n] = reshaped(t, r)
    elif how=='values': tensors[n] = refilled(t, r)
    elif how=='name': tensors[r.choice([*names,'','.',n+'.',n.upper(),m])] = tensors.pop(n)
    elif how=='drop': del tensors[n]
    elif how=='add': tensors[r.choice(names)] = t.clone()
    elif how=='swap': tensors[n],tensors[m] = tensors[m].clone(),t.clone()
    else: tensors = dict(r.sample(list(tensors.items()), len(tensors)))
    return sealed(info, tensors, json.dumps(meta))

def with_info(case, r):
    "Change what the header says of the file: kind, format, checksums."
    info,tensors,meta = parts(case.data)
    k = r.choice([*info,'new'])
    if k=='crc32': return sealed(info, tensors, json.dumps(meta), crc32=changed(sums(tensors, json.dumps(meta)), r))
    value = r.choice([*hostile[:-1],'ticket','round','1','99',' 2','٢','0','-1','2.0'])
    return sealed(info, tensors, json.dumps(meta), **{k: str(value).encode('utf-8', 'replace').decode()})

def with_header(case, r):
    "Change the header of the safetensors file: shapes, types, offsets."
    n = int.from_bytes(case.data[:8], 'little')
    text = changed(json.loads(case.data[8:8+n]), r).encode('utf-8', 'replace')
    size = len(text) if r.random()<.9 else r.choice([0,2**31,2**63,2**64-1,len(text)-1,len(text)+1])
    return size.to_bytes(8, 'little')+text+case.data[8+n:]

texts = ['', '{', '[]]', 'nan', '"', '{"a":1,}', '['*10**6, '{"a":'*10**5, '1'*9999, '\ufeff{}', 'null', '"\\',
         '"'+'\\"'*10**5]

def with_raw_text(case, r):
    "Replace the JSON by a text that isn't."
    info,tensors,_ = parts(case.data)
    return sealed(info, tensors, r.choice(texts))

crafts = with_meta,with_meta,with_meta,with_tensors,with_tensors,with_header,with_info,with_raw_text

def json_file(case, r):
    "Change a JSON file, with or without its checksum."
    file = json.loads(case.data)
    if r.random()<.3: return changed(file, r).encode()
    text = changed(file['content'], r)
    try: crc = crc32(json.dumps(json.loads(text)).encode())
    except (ValueError,RecursionError): crc = 0
    return f'{{"crc32": {crc}, "content": {text}}}'.encode()

# Trials

def judged(case, path, crafted):
    "Load a file. Return what is wrong about what happens, None if nothing is."
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try: o = case.load(path)
    except (ValueError,FileNotFoundError) as e:
        if str(path) not in str(e): return raw(f"{type(e).__name__} doesn't name the file: {e}")
        if len(str(e))>3000: return raw(f'an error of {len(str(e))} characters')
    else:
        if tree(o)!=tree(case.saved):
            if not crafted: return wrong('a damaged file was believed')
            if fault := case.faults(o): return wrong(fault)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss-before)/1024
    return wrong(f'{grown:.0f} MB more memory') if grown>100 else None

def try_bytes(case, how, seed):
    "Change a file as `how` does with this seed, and load it."
    r,path = Random(seed),folder()/'changed'
    crafted = how not in damages
    path.write_bytes(how(case, r) if crafted else how(case.data, r))
    return judged(case, path, crafted)

def pipe(path): os.mkfifo(path)
def a_folder(path): path.mkdir()
def link(path): path.symlink_to('nowhere')
def loop(path): path.symlink_to(path.name)
def nothing(path): pass
def empty(path): path.touch()
def below_a_file(path): path.parent.touch()

def try_path(case, make):
    "Load what isn't a file."
    with tempfile.TemporaryDirectory(dir=folder()) as d:
        path = Path(d)/'x'/'y' if make is below_a_file else Path(d)/'y'
        make(path)
        try: case.load(path)
        except (ValueError,FileNotFoundError) as e: return None if str(path) in str(e) else raw(f"{e!r} doesn't name {path}")
        return wrong('something was loaded')

trial_kinds = 'file',

def trials(rng):
    "Yield trials of loading a damaged or crafted file, or something else under its name."
    while True:
        case,seed = rng.choice(cases()),rng.randrange(2**32)
        if rng.random()<.03:
            make = rng.choice([pipe,a_folder,link,loop,nothing,empty,below_a_file])
            yield Trial('file', f'{case.name}: {make.__name__}', partial(try_path, case, make))
        else:
            how = rng.choice(damages if rng.random()<.3 else [json_file] if case.name=='json' else crafts)
            yield Trial('file', f'{case.name}: {how.__name__} {seed}', partial(try_bytes, case, how, seed))
