"The site is built strictly, looked at in a browser, and refuses what is dead, missing or loaded from elsewhere."
import fcntl, functools, http.server, json, os, shutil, threading
from pathlib import Path

import pytest

from tools import pages as made, rooms, site as tool
from tools.docments import entries, signature

root = Path(__file__).parent.parent
desktop,phone = dict(width=1280, height=900),dict(width=390, height=844)
chromium = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
browser_missing = not chromium and os.environ.get('CI')!='true'

# The site

@pytest.fixture(scope='session')
def built(tmp_path_factory):
    "Return the folder of the site, built once for all of pytest's processes."
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get('PYTEST_XDIST_WORKER'): folder = folder.parent
    with (folder/'site.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder/'pages'/'site'/'index.html').exists(): tool.build(folder/'pages')
    return folder/'pages'/'site'

def test_every_notebook_and_module_has_its_page(built):
    for nb in (root/'nbs').rglob('*.ipynb'):
        if nb.parent.name.startswith('.'): continue
        stem = nb.stem.split('_', 1)[1] if nb.stem[0].isdigit() else nb.stem
        assert list(built.rglob(f'{stem}.html')), nb
    for module in (root/'fasterlth').rglob('[a-z]*.py'):
        assert (built/'source'/module.relative_to(root/'fasterlth').with_suffix('.html')).exists(), module

def test_a_page_of_the_reference_has_parameters_with_units_and_links(built):
    page = (built/'train'/'sparsify.html').read_text()
    assert 'id="SparsifyCallback"' in page and 'Percent of the weights to prune (50 = half)' in page
    assert 'href="../core/ticket.html#Ticket"' in page and 'href="../source/train/sparsify.html#__codelineno-0-' in page

def test_the_picture_shows_all_rooms_and_lines_that_lead_down():
    names = [r for rs in rooms.rooms().values() for r in rs]
    assert {'core.masks','train.sparsify','find.study','ship.shrink','data'}<=set(names)
    assert rooms.draw().count('<g class="room">')==len(names)
    assert 'core.masks' in rooms.imports('core.pruner') and not rooms.imports('core.tensors')
    assert rooms.needed({'a': {'b','c'}, 'b': {'c'}, 'c': set()})=={'a': {'b'}, 'b': {'c'}, 'c': set()}

# What is refused

def test_a_link_to_nothing_is_refused(tmp_path, monkeypatch):
    source = tmp_path/'x.md'
    source.write_text('# X\n\n[gone](nowhere.ipynb) and `[not a link](in_code.md)`')
    page = made.Page(source, 'x.md', '')
    links = made.Links([page], {})
    monkeypatch.setattr(made, 'root', tmp_path)
    made.render(page, links, {})
    assert links.missing==['x.md: nowhere.ipynb']

def test_show_doc_in_a_cell_is_rendered_or_refused(tmp_path, monkeypatch):
    def cell(s): return dict(cell_type='code', source=s, outputs=[])
    source = tmp_path/'nbs'/'x.ipynb'
    source.parent.mkdir()
    cells = [cell('#| default_exp core.x'), cell('#| export\ndef f(\n    a=1 # Percent\n): "Return it."'),
             cell('show_doc(f)'), cell('show_doc(gone)')]
    source.write_text(json.dumps(dict(cells=cells)))
    page = made.read(made.Page(source, 'x.md', ''))
    links = made.Links([page], {})
    monkeypatch.setattr(made, 'root', tmp_path)
    text,_ = made.render(page, links, {})
    assert text.count('| `a` |')==2 and 'show_doc' not in text
    assert links.missing==['nbs/x.ipynb: show_doc(gone), which is defined nowhere']

@pytest.mark.parametrize('body, says', [
    ('<a href="gone.html">x</a>', 'dead link gone.html'), ('<a href="#gone">x</a>', 'no such place #gone'),
    ('<img src="https://example.com/a.png">', 'loads https://example.com/a.png'),
    ('<script src="//example.com/a.js"></script>', 'loads //example.com/a.js'),
    ('<link rel="stylesheet" href="https://example.com/a.css">', 'loads https'),
    ('<p>show_doc(Ticket)</p>', 'left as text'),
    ('<p>fine</p>', 'Missing.name has no entry')])
def test_what_is_wrong_with_a_page_is_told(tmp_path, body, says):
    (tmp_path/'x.html').write_text(body)
    entry = entries('class Missing:\n    def name(self): "Return."')[0].methods[0]
    page = made.Page(tmp_path/'x.md', 'x.md', '', entries=[entry])
    assert any(says in w for w in tool.check(tmp_path, [page]))

def test_a_page_that_was_not_made_and_a_style_from_elsewhere_are_told(tmp_path):
    (tmp_path/'a.css').write_text('@import url("https://fonts.example.com/x");')
    wrong = tool.check(tmp_path, [made.Page(tmp_path/'x.md', 'x.md', '')])
    assert 'x.md has no page' in wrong and 'a.css loads from elsewhere' in wrong

# Reading source

def test_docments_are_read_as_they_stand():
    e, = entries('''
@patch
def f(self:Ticket,
    a:int, # First
    # Above,
    # two lines
    b:str|None=None,
    *,
    c=(1,
       2), # Last
) -> dict: # Name → mask
    "Return it."
''')
    assert (e.name,e.kind,e.doc)==('Ticket.f','method','Return it.')
    assert [(p.name,p.type,p.default,p.doc) for p in e.params]==[
        ('a','int','','First'), ('b','str | None','None','Above, two lines'), ('*','','',''), ('c','','(1, 2)','Last')]
    assert e.returns.doc=='Name → mask'
    assert signature(e)=='def f(a: int, b: str | None = None, *, c=(1, 2)) -> dict'

def test_formulas_become_mathml_and_prices_stay():
    assert '<math' in made.mathml(r'so $w_1 \cdot x$ holds') and made.mathml('between $5 and $6')=='between $5 and $6'

# In a browser

@pytest.fixture(scope='session')
def address(built):
    "Serve the site on this machine."
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args): pass
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=str(built)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}/'
    server.shutdown()
    server.server_close()

@pytest.fixture(scope='session')
def browser():
    if browser_missing: pytest.skip('there is no Chromium here: apt-get install chromium')
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        running = p.chromium.launch(executable_path=chromium, args=['--no-sandbox'])
        yield running
        running.close()

@pytest.fixture
def visit(browser, address):
    "Return a function that opens a page of the site and fails at errors and at requests that leave this machine."
    wrong,contexts = [],[]
    def _visit(path, size=desktop, page=None, scripts=True):
        if page is None:
            contexts.append(browser.new_context(viewport=size, java_script_enabled=scripts))
            contexts[-1].set_default_timeout(120_000)    # milliseconds: a busy machine is no error
            page = contexts[-1].new_page()
            page.on('console', lambda m: wrong.append(f'{page.url}: {m.text}') if m.type=='error' else None)
            page.on('pageerror', lambda e: wrong.append(f'{page.url}: {e}'))
            def local(url): return url.startswith((address,'data:','blob:'))
            page.on('request', lambda r: None if local(r.url) else wrong.append(f'{page.url} asks {r.url}'))
            def left(r): return 'ERR_ABORTED' in (r.failure or '')    # the test went on to the next page
            page.on('requestfailed', lambda r: None if left(r) else wrong.append(f'{page.url}: {r.url} failed'))
        page.goto(address+path)
        return page
    yield _visit
    for c in contexts: c.close()
    assert not wrong, '\n'.join(wrong)

looks = '''async () => {
  const images = [...document.images]
  for (const i of images) i.loading = 'eager'
  await Promise.all(images.map(i => i.decode().catch(() => 0)))
  return {width: document.documentElement.scrollWidth, room: innerWidth,
          broken: images.filter(i => !i.naturalWidth).map(i => i.src)}}'''

@pytest.mark.parametrize('size', [desktop,phone], ids=['desktop','phone'])
@pytest.mark.parametrize('path', ['index.html','tutorials/one_callback.html','train/sparsify.html',
    *[pytest.param(o, marks=pytest.mark.weekly) for o in
      ('tutorials/index.html','reference.html','contributing/design.html','core/inputs.html')]])
def test_a_page_looks_right(visit, path, size):
    page = visit(path, size)
    seen = page.evaluate(looks)
    assert page.locator('h1').is_visible() and seen['width']<=seen['room'] and not seen['broken'], seen

@pytest.mark.weekly
def test_no_page_is_wider_than_a_phone_or_lacks_an_image(visit, built):
    page,wrong = visit('index.html', phone, scripts=False),[]    # three times as fast without
    for f in sorted(built.rglob('*.html')):
        path = f.relative_to(built).as_posix()
        if path.startswith(('source/','404')): continue
        seen = visit(path, page=page).evaluate(looks)
        if seen['width']>seen['room'] or seen['broken']: wrong.append(f'{path}: {json.dumps(seen)}')
    assert not wrong, '\n'.join(wrong)

@pytest.mark.parametrize('size, button', [(desktop,'.md-search__button'), (phone,'label[for=__search]')],
                         ids=['desktop','phone'])
def test_search_finds(visit, size, button):
    page = visit('index.html', size)
    page.locator(button).first.click()
    page.locator('input[role=combobox]').fill('rewind_epoch')
    found = page.locator('a[role=option]')
    found.first.wait_for()
    places = [a.get_attribute('href').split('?')[0] for a in found.all()]
    assert any('/tutorials/' in p for p in places) and any('/find/' in p or '/train/' in p for p in places), places
    found.first.click()
    page.locator('main').get_by_text('rewind_epoch').first.wait_for()

def test_dark_mode_is_a_click_away(visit):
    page = visit('index.html')
    def background(): return page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = background()
    page.locator('label[title="Switch to dark mode"]').click()
    page.wait_for_function(f'getComputedStyle(document.body).backgroundColor!=="{light}"')
