"""Write type stubs (`.pyi`) beside the modules, for editors and type checkers: `python -m tools.stubs`. --check only compares.

A checker doesn't see methods that `@patch` adds to a class, nor attributes set by `store_attr`, and takes `x: int = None` at
its word. The stubs have each class whole, and `int | None`. They are made from the modules; nothing is imported.
"""
import ast, sys
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
    hidden = default is not None and (len(_text(default))>=60 or any(n.id.startswith('_') for n in ast.walk(default) if isinstance(n, ast.Name)))
    shown = '' if default is None else '...' if hidden else _text(default)
    return stars+a.arg+(f': {annotation}' if annotation else '')+(shown and (' = ' if annotation else '=')+shown)

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
    marks = [d for d in decorators(node) if d.split('(')[0].split('.')[-1] in kept or d.endswith('.setter')]
    if 'patch(as_prop=True)' in decorators(node): marks.append('property')
    if 'patch(cls_method=True)' in decorators(node): marks.append('classmethod')
    plain = method and 'staticmethod' not in marks
    head = f'{indent}def {name or node.name}({_args(node.args, plain)}){_returns(node)}:\n'
    return ''.join(f'{indent}@{m}\n' for m in marks)+head+_docstring(node, indent+'    ')

def _value_type(node):
    "Return the type of a value where it is plain to see, else Any."
    if isinstance(node, ast.Constant) and node.value is not None: return type(node.value).__name__
    for kind,name in ((ast.Dict,'dict'),(ast.List,'list'),(ast.Set,'set'),(ast.Tuple,'tuple'),(ast.JoinedStr,'str'),(ast.DictComp,'dict'),(ast.ListComp,'list')):
        if isinstance(node, kind): return name
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ('dict','list','set','tuple'): return node.func.id
    return 'Any'

def _pairs(node):
    "Yield `(target, value)` of an assignment, of each part if it is to several."
    for t in node.targets:
        if isinstance(t, ast.Tuple):
            same = isinstance(node.value, ast.Tuple) and len(node.value.elts)==len(t.elts)
            yield from zip(t.elts, node.value.elts if same else [None]*len(t.elts))
        else: yield t,node.value

def attributes(methods):
    "Return a class's attributes: what `store_attr` keeps, and what its methods set on `self`. Name → type."
    res = {}
    for m in methods:
        args = [*m.args.posonlyargs, *m.args.args, *m.args.kwonlyargs]
        known = {a.arg: (a, None) for a in args[1:]}
        for n in ast.walk(m):
            if isinstance(n, ast.Call) and _text(n.func)=='store_attr':
                named = n.args[0].value.replace(' ', '').split(',') if n.args else list(known)
                for name in named: res.setdefault(name, set()).add(_annotation(known[name][0].annotation, None) or 'Any' if name in known else 'Any')
            if not isinstance(n, ast.Assign): continue
            for t,value in _pairs(n):
                if isinstance(t, ast.Attribute) and _text(t.value)=='self': res.setdefault(t.attr, set()).add(_value_type(value))
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
    lines = [f"    {f.target.id}: {_annotation(f.annotation, f.value)}{' = ...' if f.value else ''}\n" for f in fields]
    lines += [f'    {n}: {t}\n' for n,t in plain]
    lines += [f'    {n}: {t}\n' for n,t in attributes([*own, *(f for _,f in patches)]).items() if n not in taken]
    lines += [function(n, '    ', True) for n in public]+[function(f, '    ', True, n) for n,f in added]
    doc = _docstring(node, '    ').rsplit('    ...\n', 1)[0]
    return f"{marks}class {node.name}{f'({bases})' if bases else ''}:\n{doc}{''.join(lines) or '    ...' + chr(10)}"

def patches_of(trees):
    "Return what each class gets from elsewhere: class → [(name, function, module)]. `Class.name = function` counts too."
    res = {}
    for module,tree in trees.items():
        defined = {n.name: n for n in tree.body if isinstance(n, functions)}
        for n in tree.body:
            if cls := patched(n): res.setdefault(cls, []).append((n.name, n, module))
            elif isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Attribute) and isinstance(n.value, ast.Name):
                t = n.targets[0]
                if n.value.id in defined: res.setdefault(_text(t.value), []).append((t.attr, defined[n.value.id], module))
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
    used = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
    lines = dict.fromkeys([*(t for n in _imports(tree) if (t := _only(n, used))), *needed])
    lines |= {f'import {n}': None for n in ('pandas','torch') if n in used and f'import {n}' not in lines}    # within functions
    return note+head+'\n'.join(lines)+'\n\n'+listed+'\n'+text

def _only(node, used):
    "Return an import with those names that are used, '' if none is."
    names = [a for a in node.names if a.name=='*' or (a.asname or a.name.split('.')[0]) in used]
    if not names: return ''
    return _text(ast.Import(names) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, names, node.level))

def imports_for(nodes, module):
    "Return the imports that the signatures of some functions of another module need."
    names = {n.id for f in nodes for part in [f.args, f.returns] if part for n in ast.walk(part) if isinstance(n, ast.Name)}
    res,tree = [],trees_of()[module]
    for n in _imports(tree):
        if any((a.asname or a.name.split('.')[0]) in names for a in n.names): res.append(_absolute(n, module))
    own = sorted(names & {n.name for n in tree.body if isinstance(n, (ast.ClassDef,*functions))})
    return res+[f"from fasterlth.{module} import {', '.join(own)}"]*bool(own)

def modules(): return {'.'.join(p.relative_to(package).with_suffix('').parts): p for p in sorted(package.rglob('[a-z]*.py'))}

def trees_of(): return {m: ast.parse(p.read_text(encoding='utf-8')) for m,p in modules().items()}

def stubs() -> dict: # Path → text
    "Return all stubs."
    trees = trees_of()
    patches = patches_of(trees)
    return {p.with_suffix('.pyi'): stub(m, trees[m], p.read_text(encoding='utf-8'), patches) for m,p in modules().items()}

if __name__ == '__main__':
    made,there = stubs(),set(package.rglob('*.pyi'))
    if sys.argv[1:]==['--check']:
        stale = [p for p,t in made.items() if not p.exists() or p.read_text(encoding='utf-8')!=t]+sorted(there-set(made))
        if stale: sys.exit(f"out of date: {', '.join(p.relative_to(root).as_posix() for p in stale)}. Run python -m tools.stubs")
        print('the stubs are in sync')
    elif sys.argv[1:]: sys.exit('usage: python -m tools.stubs [--check]')
    else:
        for p in there-set(made): p.unlink()
        for p,t in made.items(): p.write_text(t, encoding='utf-8')
        print(f'wrote {len(made)} stubs')
