"What an editor and `?` show: docments within docstrings, and stubs that have every public name."
import ast, inspect, textwrap
from pathlib import Path

import pytest
from fastai.learner import Learner
from fastcore.docments import docments
from IPython.core.oinspect import getdoc

import fasterlth.all
from tools.docstrings import with_docments
from tools.stubs import package, stub, stubs

def compact(text): return ' '.join(text.split())

@pytest.mark.parametrize('name', fasterlth.all.__all__)
def test_a_public_names_docstring_tells_its_docments(name):
    o = getattr(fasterlth.all, name)
    if not (inspect.isfunction(o) or inspect.isclass(o)) or not o.__module__.startswith('fasterlth'): return
    doc = compact(inspect.getdoc(o))
    for param,text in docments(o, returns=False).items():
        if text: assert f'{param} :' in doc or f'{param} ' in doc, param
        if text: assert compact(text).rstrip('.') in doc, text

def methods_of(cls):
    "Yield the public methods that this package gives a class."
    for name,f in vars(cls).items():
        f = getattr(f, '__func__', f)
        if name[0]!='_' and inspect.isfunction(f) and f.__module__.startswith('fasterlth'): yield name,f

public = [getattr(fasterlth.all, n) for n in fasterlth.all.__all__]

@pytest.mark.parametrize('cls', [*filter(inspect.isclass, public), Learner])
def test_a_public_methods_docstring_tells_its_docments(cls):
    for name,f in methods_of(cls):
        told = {k for k,v in docments(f).items() if v}-{'return','self'}
        assert not told or 'Parameters\n---' in (inspect.getdoc(f) or ''), f'{cls.__name__}.{name}: {told}'

def test_question_mark_shows_parameters_with_units_and_defaults():
    shown = getdoc(fasterlth.all.SparsifyCallback)
    assert 'rewind_epoch : float | str' in shown and 'Percent of the weights to prune (50 = half)' in compact(shown)
    assert 'Default: `0`' in shown

source = textwrap.dedent('''
    def f(
        a:int, # Percent of the weights
        b:str='x', # A name, or `"""`
        c=None # The rest, default none
    ) -> dict: # Name → mask
        "Return it."
        return {}

    def g(x): "Return nothing."

    def _h(
        a:int # Hidden
    ):
        "Return."

    class K:
        "Hold it."
        def __init__(self,
            n:int # Items
        ): self.n = n
    ''')

def test_docments_go_into_docstrings_and_nowhere_else():
    made = with_docments(source)
    docs = {n.name: ast.get_docstring(n) for n in ast.parse(made).body}
    assert docs['f']==('Return it.\n\nParameters\n----------\na : int\n    Percent of the weights.\n'
        'b : str\n    A name, or `"""`. Default: `\'x\'`.\nc\n    The rest, default none.\n\n'
        'Returns\n-------\ndict\n    Name → mask.')
    assert docs['g']=='Return nothing.' and docs['_h']=='Return.'
    assert docs['K']=='Hold it.\n\nParameters\n----------\nn : int\n    Items.'
    assert with_docments(made)==made
    def bare(s):
        t = ast.parse(s)
        for n in ast.walk(t):
            if isinstance(n, (ast.FunctionDef,ast.ClassDef)) and ast.get_docstring(n): n.body[0].value.value = ''
        return ast.dump(t)
    assert bare(made)==bare(source)

def test_stubs_are_in_sync_and_have_every_public_name():
    made = stubs()
    assert {p for p in package.rglob('*.pyi')}==set(made)
    for path,text in made.items():
        assert path.read_text()==text, f'{path.name} is out of date: run python -m tools.stubs'
        defined = {n.name for n in ast.parse(text).body if isinstance(n, (ast.FunctionDef,ast.ClassDef))}
        defined |= {t.id for n in ast.parse(text).body if isinstance(n, (ast.Assign,ast.AnnAssign))
                    for t in (n.targets if isinstance(n, ast.Assign) else [n.target]) if isinstance(t, ast.Name)}
        defined |= {a.asname or a.name for n in ast.parse(text).body if isinstance(n, ast.ImportFrom) for a in n.names}    # another room's
        listed = [n for n in ast.parse(text).body if isinstance(n, ast.Assign) and n.targets[0].id=='__all__']
        if listed: assert set(ast.literal_eval(listed[0].value))<=defined, path

def test_stubs_have_a_classs_methods_wherever_they_are_added():
    text = (package/'core'/'ticket.pyi').read_text()
    for method in ('apply','deploy','transfer','save','load'): assert f'def {method}(' in text, method
    for cls in (fasterlth.all.LotteryStudy, fasterlth.all.LotteryTicketFinder, fasterlth.all.SparsifyCallback):
        stub_of = (package/Path(*cls.__module__.split('.')[1:]).with_suffix('.pyi')).read_text()
        tree = next(n for n in ast.parse(stub_of).body if isinstance(n, ast.ClassDef) and n.name==cls.__name__)
        names = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
        own = {n: o for n,o in vars(cls).items() if n[0]!='_'}
        assert {n for n,o in own.items() if inspect.isfunction(o) or isinstance(o, property)}<=names

def test_a_stub_has_none_where_it_is_the_default():
    code = ('@patch\ndef g(self:K, x:int=None): return self\n\n'
            'class K:\n    def __init__(self, a:str): store_attr(); self.n = 3')
    from tools.stubs import patches_of
    made = stub('room', ast.parse(code), code, patches_of({'room': ast.parse(code)}))
    assert 'def g(self, x: int | None = None) -> Self' in made and 'a: str' in made and 'n: int' in made

def test_the_package_says_that_it_is_typed():
    assert (package/'py.typed').exists() and 'py.typed' in (package.parent/'MANIFEST.in').read_text()
