"""Write type stubs (`.pyi`) beside the modules, for editors and checkers: `python -m tools.stubs [--check]`.

A checker doesn't see methods that `@patch` adds to a class, nor attributes set by `store_attr`, and takes
`x: int = None` at its word. The stubs have each class whole, and `int | None`. They are made from the modules;
nothing is imported.
"""
import ast, sys
from functools import cache
from pathlib import Path

from tools.docments import all_names, decorators, functions, patched

root = Path(__file__).resolve().parent.parent
package = root/'fasterlth'
kept = 'property','staticmethod','classmethod','contextmanager','cached_property'
note = '# Made from the module by tools/stubs.py: edit the notebook, not this file.\n'


def _text(node): return ast.unparse(node)

def _annotation(node, default):
    "Return an annotation as a checker wants it: with None if that is the default."
    if node is None: return ''
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else _text(node)
    none = isinstance(default, ast.Constant) and default.value is None
    more = ['None']*none+['tuple']*isinstance(default, ast.Tuple)
    return ' | '.join([text, *(m for m in more if m not in text.lower() and m not in text and text!='Any')])

def _arg(a, default, stars=''):
    annotation = _annotation(a.annotation, default)
    res = stars+a.arg+(f': {annotation}' if annotation else '')
    if default is None: return res
    names = [n.id for n in ast.walk(default) if isinstance(n, ast.Name)]
    hidden = len(_text(default))>=60 or any(n.startswith('_') for n in names)
    return res+(' = ' if annotation else '=')+('...' if hidden else _text(default))

def _args(a, method):
    "Return the parameters of a function; a method's `self` goes without its annotation."
    plain = a.posonlyargs+a.args
    pairs = list(zip(plain, [None]*(len(plain)-len(a.defaults))+a.defaults))
    res = [_arg(o, d) for o,d in pairs]
    if method and pairs: res[0] = plain[0].arg
    if a.vararg: res.append(_arg(a.vararg, None, '*'))
    elif a.kwonlyargs: res.append('*')
    res += [_arg(o, d) for o,d in zip(a.kwonlyargs, a.kw_defaults)]
    if a.kwarg: res.append(_arg(a.kwarg, None, '**'))
    return ', '.join(res)

def _own(node):
    "Yield the nodes of a function without those of functions within it."
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*functions, ast.Lambda, ast.ClassDef)): continue
        yield child
        yield from _own(child)

def _returns(node):
    "Return what a function returns: as annotated, or None or itself if that is all it does."
    if node.returns: return f' -> {_annotation(node.returns, None)}'
    inside = list(_own(node))
    if any(isinstance(n, (ast.Yield,ast.YieldFrom)) for n in inside): return ''
    values = [n.value for n in inside if isinstance(n, ast.Return) and n.value is not None]
    first = node.args.args[0].arg if node.args.args else ''
    if not values: return ' -> None'
    own = all(_text(v)=='self'==first or isinstance(v, ast.Call) and _text(v.func)=='cls'==first for v in values)
    return ' -> Self' if own else ''

def _docstring(node, indent):
    doc = ast.get_docstring(node, clean=False)
    if not doc: return f'{indent}...\n'
    quoted = doc.replace('\\', '\\\\').replace('"""', '\\"\\"\\"')
    return f'{indent}"""{quoted}"""\n{indent}...\n'

def function(node, indent='', method=False, name=None):
    "Return a function's stub."
    def stays(mark): return mark.split('(')[0].split('.')[-1] in kept or mark.endswith('.setter')
    marks = [d for d in decorators(node) if stays(d)]
    if 'patch(as_prop=True)' in decorators(node): marks.append('property')
    if 'patch(cls_method=True)' in decorators(node): marks.append('classmethod')
    plain = method and 'staticmethod' not in marks
    head = f'{indent}def {name or node.name}({_args(node.args, plain)}){_returns(node)}:\n'
    return ''.join(f'{indent}@{m}\n' for m in marks)+head+_docstring(node, indent+'    ')

literals = {ast.Dict: 'dict', ast.DictComp: 'dict', ast.List: 'list', ast.ListComp: 'list', ast.Set: 'set',
            ast.Tuple: 'tuple', ast.JoinedStr: 'str'}

def _value_type(node):
    "Return the type of a value where it is plain to see, else Any."
    if isinstance(node, ast.Constant) and node.value is not None: return type(node.value).__name__
    if isinstance(node, ast.Call) and _text(node.func) in literals.values(): return _text(node.func)
    return literals.get(type(node), 'Any')

def _pairs(node):
    "Yield `(target, value)` of an assignment, of each part if it is to several."
    for t in node.targets:
        if isinstance(t, ast.Tuple):
            same = isinstance(node.value, ast.Tuple) and len(node.value.elts)==len(t.elts)
            yield from zip(t.elts, node.value.elts if same else [None]*len(t.elts))
        else: yield t,node.value

def _set_on_self(method):
    "Yield the attributes that a method sets, by `store_attr` and by assignments, as (name, type)."
    args = [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs][1:]
    known = {a.arg: _annotation(a.annotation, None) for a in args}
    for n in ast.walk(method):
        if isinstance(n, ast.Call) and _text(n.func)=='store_attr':
            named = n.args[0].value.replace(' ', '').split(',') if n.args else list(known)
            yield from ((name, known.get(name) or 'Any') for name in named)
        elif isinstance(n, ast.Assign):
            yield from ((t.attr, _value_type(v)) for t,v in _pairs(n)
                        if isinstance(t, ast.Attribute) and _text(t.value)=='self')

def attributes(
    methods:list # Functions' trees
) -> dict: # Name → type, Any where several are set
    "Return what a class's methods set on `self`."
    res = {}
    for name,kind in (found for m in methods for found in _set_on_self(m)): res.setdefault(name, set()).add(kind)
    return {n: types.pop() if len(types)==1 else 'Any' for n,types in res.items() if not n.startswith('_')}

def class_stub(node, patches):
    "Return a class's stub, with the methods that `patches` add: (name, function)."
    marks = ''.join(f'@{d}\n' for d in decorators(node) if 'dataclass' in d)
    bases = ', '.join(map(_text, [*node.bases, *node.keywords]))
    own = [n for n in node.body if isinstance(n, functions)]
    public = [n for n in own if not n.name.startswith('_') or n.name.startswith('__')]
    fields = [n for n in node.body if isinstance(n, ast.AnnAssign)]
    plain = [(t.id, _value_type(v)) for n in node.body if isinstance(n, ast.Assign) for t,v in _pairs(n)
             if isinstance(t, ast.Name) and not t.id.startswith('_')]
    added = [(n,f) for n,f in patches if not n.startswith('_') or n.startswith('__')]
    taken = {n.name for n in own}|{n for n,_ in patches}|{f.target.id for f in fields}|{n for n,_ in plain}
    def field(f): return f"    {f.target.id}: {_annotation(f.annotation, f.value)}{' = ...' if f.value else ''}\n"
    lines = [field(f) for f in fields]
    lines += [f'    {n}: {t}\n' for n,t in plain]
    found = attributes([*own, *(f for _,f in patches)])
    lines += [f'    {n}: {t}\n' for n,t in found.items() if n not in taken]
    lines += [function(n, '    ', True) for n in public]+[function(f, '    ', True, n) for n,f in added]
    doc = _docstring(node, '    ').removesuffix('    ...\n')
    head = f"{marks}class {node.name}{f'({bases})' if bases else ''}:\n"
    return head+doc+(''.join(lines) or '    ...\n')

def patches_of(trees):
    "Return what each class gets from elsewhere: class → [(name, function, module)]. `Class.name = f` counts too."
    res = {}
    for module,tree in trees.items():
        defined = {n.name: n for n in tree.body if isinstance(n, functions)}
        for n in tree.body:
            if cls := patched(n): res.setdefault(cls, []).append((n.name, n, module))
            elif isinstance(n, ast.Assign) and _text(n.value) in defined and '.' in _text(t := n.targets[0]):
                res.setdefault(_text(t.value), []).append((t.attr, defined[_text(n.value)], module))
    return res

def _imports(tree):
    return [n for n in tree.body if isinstance(n, (ast.Import,ast.ImportFrom))]

def _absolute(node, module):
    "Return an import that may stand in another module."
    if isinstance(node, ast.Import) or not node.level: return _text(node)
    up = ['fasterlth', *module.split('.')][:-node.level]
    return _text(ast.ImportFrom('.'.join([*up, *filter(None, [node.module])]), node.names, 0))

def stub(
    module:str, # Like `core.ticket`
    tree:ast.Module,
    source:str,
    patches:dict # Of all modules
) -> str:
    "Return a module's stub."
    body,needed = [],[]
    for n in tree.body:
        if isinstance(n, functions) and not patched(n) and not n.name.startswith('_'): body.append(function(n))
        elif isinstance(n, ast.ClassDef):
            more = patches.get(n.name, [])
            body.append(class_stub(n, [(name,f) for name,f,_ in more]))
            for m in {m: 0 for _,_,m in more if m!=module}: needed += imports_for([f for _,f,o in more if o==m], m)
        elif isinstance(n, ast.Assign):
            for t,v in _pairs(n):
                if not isinstance(t, ast.Name) or t.id.startswith('_'): continue
                alias = isinstance(v, (ast.Name,ast.Attribute))
                body.append(f'{t.id} = {_text(v)}\n' if alias else f'{t.id}: {_value_type(v)}\n')
    names = all_names(source)
    listed = f'__all__ = {sorted(names)!r}\n' if names else ''
    head = 'from typing import Any\nfrom typing_extensions import Self\n'
    text = '\n'.join(body)
    used = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}|set(names)    # a listed name may be another room's
    lines = dict.fromkeys([*(t for n in _imports(tree) if (t := _only(n, used))), *needed])
    lines |= {f'import {n}': None for n in ('pandas','torch') if n in used}    # which some import within functions
    return note+head+'\n'.join(lines)+'\n\n'+listed+'\n'+text

def _only(node, used):
    "Return an import with those names that are used, '' if none is."
    names = [a for a in node.names if a.name=='*' or (a.asname or a.name.split('.')[0]) in used]
    if not names: return ''
    return _text(ast.Import(names) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, names, node.level))

def imports_for(nodes, module):
    "Return the imports that the signatures of some functions of another module need."
    parts = [part for f in nodes for part in (f.args, f.returns) if part]
    names = {n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)}
    res,tree = [],trees_of()[module]
    for n in _imports(tree):
        if any((a.asname or a.name.split('.')[0]) in names for a in n.names): res.append(_absolute(n, module))
    own = sorted(names & {n.name for n in tree.body if isinstance(n, (ast.ClassDef,*functions))})
    return res+[f"from fasterlth.{module} import {', '.join(own)}"]*bool(own)

def modules():
    files = sorted(package.rglob('[a-z]*.py'))
    return {'.'.join(p.relative_to(package).with_suffix('').parts): p for p in files}

@cache
def trees_of(): return {m: ast.parse(p.read_text(encoding='utf-8')) for m,p in modules().items()}

def stubs() -> dict: # Path → text
    "Return all stubs."
    trees = trees_of()
    patches = patches_of(trees)
    def made(module, path): return stub(module, trees[module], path.read_text(encoding='utf-8'), patches)
    return {p.with_suffix('.pyi'): made(m, p) for m,p in modules().items()}

if __name__ == '__main__':
    made,there = stubs(),set(package.rglob('*.pyi'))
    if sys.argv[1:]==['--check']:
        stale = [p for p,t in made.items() if not p.exists() or p.read_text(encoding='utf-8')!=t]
        names = ', '.join(p.relative_to(root).as_posix() for p in [*stale, *sorted(there-set(made))])
        if names: sys.exit(f'out of date: {names}. Run python -m tools.stubs')
        print('the stubs are in sync')
    elif sys.argv[1:]: sys.exit('usage: python -m tools.stubs [--check]')
    else:
        for p in there-set(made): p.unlink()
        for p,t in made.items(): p.write_text(t, encoding='utf-8')
        print(f'wrote {len(made)} stubs')
