"The rules of the house, checked on syntax trees and notebooks, nothing imported. A failure lists every offender."
import ast, json, re
from functools import cache
from pathlib import Path

root = Path(__file__).parent.parent
wings = ['core', 'train', 'find', 'ship', '']    # bottom to top; '' are the rooms beside the wings

# What rooms exist

@cache
def notebooks():
    "Return the notebooks that export anything: room, like `core.masks` → `(wing, number, path)`."
    res = {}
    for wing in wings:
        for p in sorted((root/'nbs'/wing).glob('[0-9]*.ipynb')):
            if not re.search(r'^#\| *(default_exp|exporti?)\b', '\n'.join(cells(p)), re.M): continue
            number,stem = p.stem.split('_', 1)
            res[f'{wing}.{stem}'.lstrip('.')] = wing,number,p
    return res

@cache
def modules():
    "Return modules: room → path."
    paths = [p for p in sorted((root/'fasterlth').rglob('*.py')) if p.stem not in ('__init__','_modidx')]
    return {'.'.join(p.relative_to(root/'fasterlth').with_suffix('').parts): p for p in paths}

@cache
def tree(path): return ast.parse(path.read_text(encoding='utf-8'))

def cells(path):
    "Return the sources of a notebook's code cells."
    nb = json.loads(path.read_text(encoding='utf-8'))
    return [''.join(c['source']) for c in nb['cells'] if c['cell_type']=='code']

def place(room):
    "Return a room's place: imports must go to lower places. None if it has no notebook."
    if room not in notebooks(): return None
    wing,number,_ = notebooks()[room]
    return wings.index(wing),number

def where(path, node): return f'{path.relative_to(root)}:{node.lineno}'

def listed(offenders): return '\n'.join(['', *offenders])

# Imports

def imported(node, room=None):
    "Yield `(module, name)` for each import of ours, without `fasterlth.`; the name is None for a whole module."
    if isinstance(node, ast.Import):
        for a in node.names:
            if a.name.split('.')[0]=='fasterlth': yield a.name.partition('.')[2],None
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ''
        if node.level:
            if room is None: return
            package = room.split('.')[:-node.level]    # one dot is the room's own package
            module = '.'.join(['fasterlth', *package, *filter(None, [module])])
        if module.split('.')[0]!='fasterlth': return
        module = module.partition('.')[2]
        for a in node.names:
            inner = f'{module}.{a.name}'.lstrip('.')
            yield (inner,None) if inner in modules() else (module,a.name)

def all_imports(path, room=None):
    "Yield `(node, module, name)` for all imports of ours in a file, those within functions too."
    for node in ast.walk(tree(path)):
        for module,name in imported(node, room): yield node,module,name

def at_import(body):
    "Yield the statements that run when a module is imported, those within functions left out."
    for node in body:
        yield node
        if isinstance(node, (ast.FunctionDef,ast.AsyncFunctionDef)): continue
        for field in ('body','orelse','finalbody'): yield from at_import(getattr(node, field, None) or [])
        for h in getattr(node, 'handlers', []): yield from at_import(h.body)

def test_imports_go_down_only():
    "To lower wings, and within a wing to lower numbers."
    bad = []
    for room,path in modules().items():
        for node,module,name in all_imports(path, room):
            if module not in modules(): bad.append(f'{where(path, node)} imports from {module!r}, which is no room')
            elif None in (place(room),place(module)): bad.append(f'{where(path, node)}: {room} or {module} has no notebook')
            elif not place(module)<place(room): bad.append(f'{where(path, node)}: {room} imports {module}')
    assert not bad, listed(bad)

def test_core_loads_without_fastai_or_pandas():
    heavy,bad = ('fastai','fastcore','pandas','matplotlib'),[]
    for room,path in modules().items():
        if not room.startswith('core.'): continue
        for node in at_import(tree(path).body):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else \
                [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            bad += [f'{where(path, node)} imports {n}' for n in names if n.split('.')[0] in heavy]
    assert not bad, listed(bad)

# Private names

# Private names of libraries that we can't do without: name → (rooms that may use it, None for all; why)
libraries = {
    '_replace': (None, "NamedTuple's, documented in spite of its name"),
    '_asdict': (None, "NamedTuple's, documented in spite of its name"),
    '_fields': (None, "NamedTuple's, documented in spite of its name"),
    '_parameters': (['core.tensors'], "torch's Module: its own parameters; setting them by attribute refuses tensors that aren't leaves"),
    '_buffers': (['core.tensors'], "torch's Module: its own buffers, as above"),
    '_orig_mod': (['core.tensors'], "torch.compile's: where it keeps the model"),
    '_compiled_call_impl': (['core.tensors'], "torch's Module: what `module.compile()` has made of it"),
    '_current_level': (['core.sparse_kernels'], "torch's forward_ad: whether derivatives are taken forward"),
    '_C': (['core.sparse_kernels','train.loop'], "torch's: calls a function without tensor subclasses; whether torch.func transforms it"),
    '_are_functorch_transforms_active': (['core.sparse_kernels'], "torch's: whether torch.func makes another function of what it calls"),
    '_ConvNd': (['find.early_bird','ship.channels','ship.semi_structured'], "torch's: the class of all convolutions"),
    '_conv_forward': (['core.sparse_kernels'], "torch's Conv2d: what a subclass may compute otherwise"),
    '_BatchNorm': (['find.early_bird','find.interpolation'], "torch's: the class of all batch normalisations"),
    '_qkv_same_embed_dim': (['ship.heads'], "torch's attention: whether it is packed; keeps the encoder's fast path away"),
    '_FORCE_CUTLASS': (['ship.semi_structured'], "torch's 2:4 tensors: which kernels they use"),
    '_DTYPE_SHAPE_CONSTRAINTS': (['ship.semi_structured'], "torch's 2:4 tensors: which shapes their kernels take"),
    '_forward_hooks': (['core.attention'], "torch's modules: whether a user has hooks on a layer"),
    '_backward_hooks': (['core.sparse_kernels'], "torch's tensors: whether a user's hook looks at a weight's gradient"),
    '_forward_pre_hooks': (['core.attention'], "torch's modules: whether a user has hooks on a layer"),
    '_foreach_mul': (['core.units'], "torch's: the masks of all layers in one launch"),
    '_foreach_mul_': (['core.masks','train.mask_callback'], "torch's: multiplies all weights in one launch; its optimizers use it"),
    '_get_raw': (['core.flops'], "torch's FlopCounterMode: whether a formula gets tensors or shapes"),
    '_version': (['core.sparse_fit','train.loop','train.vectors'], "torch's: how often a tensor was written to"),
    '_foreach_copy_': (['core.rows','benchmarks.run','benchmarks.gpu'], "torch's: copies all weights in one launch; its optimizers use it"),
    '_call_one': (['train.loop','train.stackable'], "fastai's Learner: runs one event's callbacks"),
    '_with_events': (['train.loop'], "fastai's Learner: runs a part of a training between its events"),
    '_do_fit': (['train.loop'], "fastai's Learner: the epochs of a training"),
    '_do_epoch': (['train.loop'], "fastai's Learner: one epoch"),
    '_do_one_batch': (['train.passes'], "fastai's Learner: the forward pass and the loss, which criteria are given"),
    '_do_grad_opt': (['train.loop'], "fastai's Learner: backward pass and step"),
    '_backward': (['train.loop'], "fastai's Learner: the backward pass"),
    '_set_device': (['train.loop'], "fastai's Learner: a batch on the model's device"),
    '_step': (['train.loop'], "fastai's Learner: the optimizer's step"),
}

def is_private(name): return name.startswith('_') and not (name.startswith('__') and name.endswith('__')) and name!='_'

def names_defined(path):
    "Return what a file defines: functions, methods, classes, what it assigns to, on objects and in classes."
    res = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef,ast.AsyncFunctionDef,ast.ClassDef)): res.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id in ('self','cls'): res.add(node.attr)
    for cls in (n for n in ast.walk(tree(path)) if isinstance(n, ast.ClassDef)):
        for s in cls.body:
            targets = s.targets if isinstance(s, ast.Assign) else [s.target] if isinstance(s, ast.AnnAssign) else []
            res |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return res

lookups = 'getattr','setattr','hasattr','delattr'

def reached(path):
    "Yield `(node, name)` for each name that is looked up on an object, by a dot or by `getattr` and its kin."
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute): yield node,node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in lookups and len(node.args)>1:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str): yield node,name.value

def programs():
    "Return the scripts beside the package: like `benchmarks.run` → path."
    return {f'{folder}.{p.stem}': p for folder in ('benchmarks','tools') for p in sorted((root/folder).glob('*.py'))}

def test_no_room_imports_anothers_private_names():
    bad = []
    for room,path in (modules()|programs()).items():
        for node,module,name in all_imports(path, room):
            if is_private(name or module.rpartition('.')[2]): bad.append(f'{where(path, node)} imports {module}.{name}')
    assert not bad, listed(bad)

def test_no_room_reaches_for_anothers_private_names():
    bad = []
    for room,path in (modules()|programs()).items():
        own = names_defined(path)
        for node,name in reached(path):
            if not is_private(name) or name in own: continue
            rooms,_ = libraries.get(name, ([],''))
            if rooms is not None and room not in rooms: bad.append(f'{where(path, node)} {ast.unparse(node)[:80]}')
    assert not bad, listed(bad)

def test_libraries_names_are_needed():
    "The list of libraries' private names holds only names that are used, and only rooms that need them."
    used = {(name,room) for room,path in (modules()|programs()).items() for _,name in reached(path)}
    bad = [f'{n} in {r}' for n,(rooms,_) in libraries.items() for r in rooms or [] if (n,r) not in used]
    assert not bad, listed(bad)

# Notebooks and modules

def test_every_module_has_its_notebook_at_the_same_place():
    bad = [f'{p.relative_to(root)} has no notebook' for r,p in modules().items() if r not in notebooks()]
    for room,(wing,_,p) in notebooks().items():
        exports = re.findall(r'^#\| *default_exp +(\S+)', '\n'.join(cells(p)), re.M)
        if exports!=[room]: bad.append(f'{p.relative_to(root)} exports to {exports}, not to {room}')
        if room not in modules(): bad.append(f'{p.relative_to(root)} has no module'); continue
        text = modules()[room].read_text(encoding='utf-8')
        names = re.findall(r'^# AUTOGENERATED.*File to edit: (\S+?)\.$', text, re.M)
        made_from = [(modules()[room].parent/n).resolve() for n in names]
        if made_from!=[p.resolve()]: bad.append(f'{room} was made from {names}, not from {p.relative_to(root)}')
    assert not bad, listed(bad)

def is_all(node):
    "Tell whether a statement assigns to `__all__`."
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id=='__all__'

def test_no_line_of_code_is_longer_than_120_characters():
    "Generated lists of names and a notebook's own summary, which is the module's docstring, are left out."
    bad = []
    for room,path in modules().items():
        body = tree(path).body
        generated = [n for n in body if is_all(n)]
        docstring = [n for n in body[:1] if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
        out = {i for n in generated+docstring for i in range(n.lineno, n.end_lineno+1)}
        lines = path.read_text(encoding='utf-8').split('\n')
        bad += [f'{path.relative_to(root)}:{i} has {len(l)}: {l.strip()[:60]}'
                for i,l in enumerate(lines, 1) if len(l)>120 and i not in out]
    assert not bad, listed(bad)

def test_no_exported_cell_is_longer_than_60_lines():
    bad = []
    for room,(_,_,p) in notebooks().items():
        for s in cells(p):
            if not re.match(r'\s*#\| *exporti?\b', s): continue
            n = len(s.strip().split('\n'))-1    # without the directive
            if n>60: bad.append(f"{p.relative_to(root)}: {n} lines: {s.strip().split(chr(10))[1][:60]}")
    assert not bad, listed(bad)

def test_every_module_and_public_name_is_documented():
    bad = []
    for room,path in modules().items():
        body = tree(path).body
        if not ast.get_docstring(tree(path)): bad.append(f'{path.relative_to(root)} has no docstring')
        names = {c.value for n in body if is_all(n) for c in ast.walk(n.value) if isinstance(c, ast.Constant)}
        public = [n for n in body if isinstance(n, (ast.FunctionDef,ast.ClassDef)) and n.name in names]
        bad += [f'{where(path, n)} {n.name} has no docstring' for n in public if not (ast.get_docstring(n) or '').strip()]
    assert not bad, listed(bad)

def test_no_notebook_has_a_machines_paths():
    "Outputs may tell where a library lies, in a warning say."
    found = re.compile(r'site-packages|/(?:root|home|work|Users)/\w')
    bad = [f'{p.relative_to(root)}: {m[0]}' for p in sorted((root/'nbs').rglob('*.ipynb')) if (m := found.search(p.read_text(encoding='utf-8')))]
    assert not bad, listed(bad)
