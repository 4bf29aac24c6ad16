"""Write docments into docstrings while nbdev exports, so that `?` and an editor's hover show each parameter.

nbdev reads the name of this processor in `pyproject.toml`. The notebooks have a comment beside each parameter, and
only that; the module gets it a second time, in sections in the style of numpydoc, which editors and IPython know.
"""
import re, textwrap

from tools.docments import entries, without_generated

left_out = 'cli', # Rooms whose docments are a command's options: there the docstring is the command's own description
width = 118


def sentence(text): return text if not text or text[-1] in '.…?!' else text+'.'

def _lines(text, indent):
    "Return a text in lines that fit."
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False)

def _row(p, indent):
    "Return a parameter's lines: name and type, then its docment with the default."
    told = not p.default or 'default' in p.doc.lower() or len(p.default)>=60
    default = '' if told else f'Default: `{p.default}`'
    doc = ' '.join(filter(None, [sentence(p.doc), sentence(default)]))
    return [f'{indent}{p.name} : {p.type}' if p.type else f'{indent}{p.name}', *_lines(doc, indent+'    ')]

def sections(
    entry, # `Entry` with docments
    indent:str='' # Of the docstring
) -> str: # '' if there are no docments
    "Return the sections of a docstring that say what an entry's docments say."
    params = [p for p in entry.params or [] if p.name!='*']
    res = []
    if any(p.doc for p in params):
        res += ['', f'{indent}Parameters', f'{indent}----------', *(l for p in params for l in _row(p, indent))]
    if entry.returns and entry.returns.doc:
        res += ['', f'{indent}Returns', f'{indent}-------', f'{indent}{entry.returns.type}',
                *_lines(sentence(entry.returns.doc), indent+'    ')]
    return '\n'.join(res)

def with_docments(
    source:str, # Of a cell or a module
    wanted=lambda entry: True # Which `Entry`s, of those that are public
) -> str:
    "Return source in which the docstrings of all that is public tell what its docments tell."
    lines,todo = source.split('\n'),[]
    for top in filter(wanted, entries(source)):
        todo += [e for e in (top, *top.methods) if e.public and e.doc==without_generated(e.doc)!='']
    for e in sorted(todo, key=lambda e: -e.node.lineno):
        doc = e.node.body[0]
        indent = ' '*doc.col_offset
        first,last = lines[doc.lineno-1],lines[doc.end_lineno-1]
        alone = not first[:doc.col_offset].strip() and not last[doc.end_col_offset:].strip()    # on lines of its own
        if not alone or not (more := sections(e, indent)): continue
        text = doc.value.value.rstrip()
        quoted = f'{text}\n{more}\n'.replace('\\', '\\\\').replace('"""', '\\"\\"\\"')
        lines[doc.lineno-1:doc.end_lineno] = f'{indent}"""{quoted}{indent}"""'.split('\n')
    return '\n'.join(lines)

class WriteDocstrings:
    "nbdev's processor: changes exported cells on their way into the module, those that define what users call."
    def __init__(self, nb):
        named = [c.directives_['default_exp'] for c in nb.cells if 'default_exp' in c.directives_]
        self.room = named[0].strip() if named else ''
        helpers = [c.source for c in nb.cells if 'exporti' in c.directives_]
        self.internal = {e.name for s in helpers for e in entries(s) if e.kind=='class'}
        code = '\n'.join(c.source for c in nb.cells if c.cell_type=='code')
        self.attached = {*re.findall(r'^[A-Z]\w*\.\w+ = (\w+)', code, re.M)}    # as a method

    def is_called(self, entry):
        "Tell whether users call what a cell of helpers defines: a method that it adds to one of their classes."
        owner = entry.name.split('.')[0]
        return entry.name in self.attached or entry.kind=='method' and owner not in self.internal

    def __call__(self, cell):
        if cell.cell_type!='code' or self.room in left_out: return
        if 'export' in cell.directives_: cell.source = with_docments(cell.source)
        elif 'exporti' in cell.directives_: cell.source = with_docments(cell.source, self.is_called)
