"Read names, signatures, docstrings and the comments of parameters (docments) from source text. Nothing is imported."
import ast, io, re, tokenize
from dataclasses import dataclass, field

functions = ast.FunctionDef,ast.AsyncFunctionDef


@dataclass
class Param:
    "A parameter, or what a function returns, as text."
    name: str # With its stars
    type: str # '' if there is none
    default: str # '' if there is none
    doc: str # Its comment

@dataclass
class Entry:
    "Something that is documented: a function, a class, a method, a property."
    name: str # Like `Ticket` or `Ticket.save`
    kind: str # 'function', 'class', 'method' or 'property'
    doc: str # Its docstring
    node: ast.AST # Its syntax tree
    params: list[Param]|None = None # None if there is no signature to show
    returns: Param|None = None # What is returned, if that is annotated
    methods: list = field(default_factory=list) # Of a class, as `Entry`

    @property
    def public(self): return not any(part.startswith('_') for part in self.name.split('.'))


def comments_of(
    source:str, # Of a cell or a module
) -> dict: # Line → text
    "Return all comments, and whether each has its line to itself."
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: (t.string.lstrip('#').strip(), not t.line[:t.start[1]].strip())
            for t in tokens if t.type==tokenize.COMMENT}

def _docment(first, last, comments):
    "Return the comment beside a parameter, or else the lines of comments above it."
    if last in comments and not comments[last][1]: return comments[last][0]
    above,line = [],first-1
    while line in comments and comments[line][1]:
        above.insert(0, comments[line][0])
        line -= 1
    return ' '.join(above)

def _text(node): return '' if node is None else ast.unparse(node)

def _params(node, comments):
    "Return the parameters of a function without `self`, and what it returns."
    a,found = node.args,[]
    plain = a.posonlyargs+a.args
    defaults = [None]*(len(plain)-len(a.defaults))+a.defaults
    found = [(o, '', d) for o,d in zip(plain, defaults)]
    if a.vararg: found.append((a.vararg, '*', None))
    elif a.kwonlyargs: found.append((ast.arg('', lineno=0, end_lineno=0), '*', None))
    found += [(o, '', d) for o,d in zip(a.kwonlyargs, a.kw_defaults)]
    if a.kwarg: found.append((a.kwarg, '**', None))
    last = {(d or o).end_lineno: o for o,_,d in found}    # of several on a line, the last one has the comment
    res = []
    for o,stars,default in found:
        end = (default or o).end_lineno
        doc = _docment(o.lineno, end, comments) if last[end] is o and o.lineno else ''
        res.append(Param(stars+o.arg, _text(getattr(o, 'annotation', None)), _text(default), doc))
    end = node.returns and node.returns.end_lineno
    beside = comments[end][0] if node.returns and end in comments and end<node.body[0].lineno else ''
    return res,(Param('', _text(node.returns), '', beside) if node.returns else None)

def _fields(node, comments):
    "Return the fields of a dataclass or a NamedTuple as parameters."
    rows = [s for s in node.body if isinstance(s, ast.AnnAssign) and not _text(s.annotation).startswith('ClassVar')]
    return [Param(s.target.id, _text(s.annotation), _text(s.value), _docment(s.lineno, s.end_lineno, comments))
            for s in rows]

def decorators(node): return [_text(d) for d in node.decorator_list]

def patched(
    node:ast.AST # A statement of a module
) -> str: # '' if it is none
    "Return the class that a function is a method of by `@patch`."
    if not isinstance(node, functions) or not any(d.startswith('patch') for d in decorators(node)): return ''
    return _text(node.args.args[0].annotation)

def _function(node, comments, owner=''):
    names,(params,returns) = decorators(node),_params(node, comments)
    prop = 'property' in names or 'cached_property' in names or 'patch(as_prop=True)' in names
    if owner and 'staticmethod' not in names: params = params[1:]
    kind = 'property' if prop else 'method' if owner else 'function'
    name = f'{owner}.{node.name}' if owner else node.name
    return Entry(name, kind, ast.get_docstring(node) or '', node, None if prop else params, returns)

def _class(node, comments):
    methods = [_function(o, comments, node.name) for o in node.body if isinstance(o, functions)]
    res = Entry(node.name, 'class', ast.get_docstring(node) or '', node,
                methods=[m for m in methods if not m.name.endswith('.__init__')])
    init = next((m for m in methods if m.name.endswith('.__init__')), None)
    has_fields = any('dataclass' in d for d in decorators(node)) or 'NamedTuple' in [_text(b) for b in node.bases]
    if init: res.params = init.params
    elif has_fields: res.params = _fields(node, comments)
    return res

def entries(
    source:str # Of a cell or a module
) -> list: # `Entry`s in their order
    "Return what the source defines at its top level, patched methods by the names of their classes."
    comments,res = comments_of(source),[]
    for node in ast.parse(source).body:
        if isinstance(node, functions): res.append(_function(node, comments, patched(node)))
        elif isinstance(node, ast.ClassDef): res.append(_class(node, comments))
    return res

def all_names(
    source:str # Of a module
) -> set: # Empty if it has none, or makes it while it runs
    "Return the names in `__all__`."
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and _text(node.targets[0])=='__all__' and isinstance(node.value, ast.List):
            return set(ast.literal_eval(node.value))
    return set()

def signature(
    entry:Entry # What to show
) -> str: # Python, on one line if it fits
    "Return a signature as code, without the comments."
    def shown(p):
        default = p.default and (f' = {p.default}' if p.type else f'={p.default}')
        return p.name+(p.type and f': {p.type}')+default
    name = ('class ' if entry.kind=='class' else 'def ')+entry.name.split('.')[-1]
    end = f' -> {entry.returns.type}' if entry.returns else ''
    if entry.kind=='property': return f'{entry.name}{end.replace(" ->", ":")}'
    if entry.params is None: return name
    parts = [shown(p) for p in entry.params]
    line = f"{name}({', '.join(parts)}){end}"
    if len(line)<=80: return line
    return f'{name}(\n'+''.join(f'    {p},\n' for p in parts)+f'){end}'

def without_generated(
    doc:str # A docstring
) -> str:
    "Return a docstring as it was written, without the sections made from docments."
    return re.split(r'\n\s*\n *(?:Parameters|Returns)\n *-{3,}', doc)[0].rstrip()
