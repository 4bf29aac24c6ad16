"""Bad arguments: every argument of every public callable × what people pass by mistake.

Each is refused by an error that names the argument and shows the value, and nothing has changed."""
import inspect, re, warnings
from contextlib import nullcontext, redirect_stdout
from functools import cache
from io import StringIO

import fasterlth.all
from fastai.learner import Learner
from fasterlth import cli
from . import Trial, raw, wrong
from .table import Of, by_name, kinds, quick, tables, waiting
from .things import Things, changes

# What is public

# What methods are called on: the class's name → the name of one of the things
owners = dict(
    EarlyBirdCallback='bird', EarlyBirdFinder='early_finder', Groups='groups', LotteryStudy='study', LotteryTicketFinder='finder',
    OnnxModel='onnx', Pruner='pruner', Snapshot='snapshot', SparsifyCallback='callback', Ticket='ticket', Training='training',
    Trunk='trunk')
owners |= {'Groups.from_blocks': 'blocks', 'Groups.to_blocks': 'blocks', 'Ticket.deploy': 'shrinkable'}
on_learner = 'find_ticket','find_early_bird','rewind_find'

def methods(cls):
    "Yield the public methods of a class that are ours: name, function, whether the class itself has them."
    for k in dir(cls):
        if k.startswith('_') and k!='__call__': continue
        static,f = inspect.getattr_static(cls, k),getattr(cls, k)
        own = inspect.ismethod(f)
        f = getattr(f, '__func__', f)
        if inspect.isfunction(f) and not isinstance(static, property) and (f.__module__ or '').startswith('fasterlth.'):
            yield k,f,own

def parameters(f): return list(inspect.signature(f).parameters.values())

@cache
def callables():
    "Return everything public that takes arguments: name → `(function that gets it from the things, parameters)`."
    res = {f.__name__: (lambda t, f=f: f, parameters(f)) for f in (cli.find,cli.study,cli.show)}    # of the command
    for n in fasterlth.all.__all__:
        o = getattr(fasterlth.all, n)
        if not callable(o): continue
        res[n] = (lambda t, o=o: o),parameters(o)
        for k,f,own in methods(o) if inspect.isclass(o) else ():
            owner = owners.get(f'{n}.{k}', owners.get(n))
            get = (lambda t, o=o, k=k: getattr(o, k)) if own else (lambda t, a=owner, k=k: getattr(getattr(t, a), k))
            res[f'{n}.{k}'] = get,parameters(f)[1:]
    for k in on_learner: res[k] = (lambda t, k=k: getattr(t.learn, k)),parameters(getattr(Learner, k))[1:]
    return {k: (get,ps) for k,(get,ps) in res.items() if ps}

# The table

def kind_of(name, arg):
    "Return the kind of an argument. Raise a `KeyError` if the table doesn't say."
    row = tables.get(name, {})
    if isinstance(row, str): return kinds[row]
    k = row.get(arg) or by_name.get(arg)
    if k is None: raise KeyError(f'{name}({arg}) is not in the table')
    return kinds[k] if isinstance(k, str) else k

def arguments(): return [(name,p.name) for name,(_,ps) in callables().items() for p in ps]

def cases(name):
    "List `(argument, bad value)` of a callable."
    return [(p.name,v) for p in callables()[name][1] for v in kind_of(name, p.name).bad]

def lacking():
    "List what is public and not in the table, and what is in the table and not public."
    public,res = arguments(),[]
    for name,arg in public:
        try: kind_of(name, arg)
        except KeyError as e: res.append(str(e))
    res += [f'{k} is in by_name, but nothing has it' for k in by_name if k not in {a for _,a in public}]
    for name,row in tables.items():
        args = [''] if isinstance(row, str) else row
        res += [f'{name}({a}) is not public' for a in args if not any(n==name and a in ('',o) for n,o in public)]
    return res

# Calls

unknown = 'no_such_argument'
def value_of(v, things): return v.make(things) if isinstance(v, Of) else v
def show(v): return v.name if isinstance(v, Of) else re.sub(r' at 0x\w+', '', ' '.join(repr(v).split()))[:60]

def call(things, name, given):
    "Return a function that calls something with these arguments, and valid ones where they are required."
    get,ps = callables()[name]
    fast,args,kwargs = quick.get(name, {}),[],{}
    for p in ps:
        if p.kind==p.VAR_KEYWORD: kwargs |= {unknown: given[p.name]} if p.name in given else {}
        elif p.name in given: args.append((p,given[p.name]))
        elif p.name in fast: args.append((p,value_of(fast[p.name], things)))
        elif p.default is p.empty: args.append((p,value_of(kind_of(name, p.name).good, things)))
    kwargs |= {k: value_of(v, things) for k,v in fast.items() if k not in [p.name for p in ps]}
    if not any(p.kind==p.VAR_POSITIONAL for p in ps): args,kwargs = [],kwargs|{p.name: v for p,v in args}
    f = get(things)
    def run():
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter('ignore')
            res = f(*(v for _,v in args), **kwargs)
            with res if name in ('masks_on','sparse_kernels') else nullcontext(): return res
    return run

# What an error may call an argument besides by its name
aliases = dict(masks='mask', layers='layer', batches='batch', criteria='criteri', criterion='criteri', a='mask', b='mask', xb='input',
               kwargs=unknown, given=unknown, inputs=unknown, options=unknown)
_plain = type(None),bool,int,float,complex,str,bytes

def lacks(error, given):
    "Return, in words, what an error lacks, None if it says what it should."
    text,kind = ' '.join(str(error).split()),type(error).__name__
    if not isinstance(error, (ValueError,TypeError,FileNotFoundError)): return f'{kind}: {text[:150]}'
    if not any(re.search(rf'\b{o}', text) for a in given for o in (a,aliases.get(a, a))):
        return f"{kind} that doesn't name it: {text[:150]}"
    if len(given)>1 or aliases.get(*given)==unknown: return None
    v = next(iter(given.values()))
    words = [repr(v)[:20], str(v)[:20], type(v).__name__, 'empty']
    if isinstance(v, _plain) and not any(w in text for w in words): return f"{kind} that doesn't show it: {text[:150]}"

def refused(things, name, bad):
    "Return None if bad arguments are refused as they should be, and nothing has changed; else what went wrong."
    given = {k: value_of(v, things) for k,v in bad.items()}
    run = call(things, name, given)
    before = things.state()
    try: res = run()
    except Exception as e: problem = raw(o) if (o := lacks(e, given)) else None
    else: problem = wrong(f'accepted, and gave {show(res)}')
    if odd := changes(before, things.state()): return wrong(f"changed {', '.join(odd[:5])} ({problem})")
    return problem

trial_kinds = 'argument',

def trials(rng):
    "Draw one bad argument, or several of one call."
    things,names = Things(),[n for n in callables() if cases(n) and n not in waiting]
    while True:
        name = rng.choice(names)
        pairs = rng.sample(cases(name), k=min(len(cases(name)), rng.choice((1,1,2,3))))
        bad = dict(pairs)
        shown = ', '.join(f'{k}={show(v)}' for k,v in bad.items())
        yield Trial('argument', f'{name}({shown})', lambda name=name, bad=bad: refused(things, name, bad))
