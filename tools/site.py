"""Build the site from the notebooks: `python -m tools.site`, and with `--serve` show it on this machine.

Nothing is imported or run but the builder: outputs are those in the notebooks, signatures are read from the source.
Every notebook and Markdown file under `nbs/` becomes a page by itself: a folder is a section, a notebook that exports a
room is a page of the reference. The build fails at a dead link, a missing page, a name without its entry, or anything
that a browser would load from elsewhere.
"""
import argparse, functools, http.server, json, re, shutil, subprocess, sys
from configparser import ConfigParser
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

from tools import rooms
from tools.docments import all_names, entries
from tools.pages import Links, Page, in_table, read, render, root

areas = dict(core='Pruning as data, in plain PyTorch.', train='Training with fastai: callbacks, snapshots, the loop.',
             find='Experiments: rounds, controls, studies.', ship='Products: smaller networks, files, ONNX, int8, 2:4.',
             api='Beside the wings: transfer, data, networks, the command.')
# The sections that come first, in this order, and the one that comes last
first,last = ('tutorials','questions','guides','reproductions'),'contributing'
described = dict(tutorials='From a first ticket to a product. Every figure and plot was made by the cell above it.',
                 questions='What people ask most, each with a short answer and something to look at.',
                 reproductions='Published claims, run again: what was claimed, what came out, with seeds and spread.')


# What pages there are

def sources():
    "Yield `(file, section)` of each page, in order; the section of a room's page is its wing or 'api'."
    for f in sorted(f for f in (root/'nbs').rglob('*') if f.suffix in ('.ipynb','.md')):
        if any(part.startswith('.') for part in f.relative_to(root).parts): continue
        folder = f.relative_to(root/'nbs').parent.as_posix()
        yield f,'' if folder=='.' else folder
    for f in [*sorted(root.glob('[A-Z]*.md')), *sorted(root.glob('[a-z]*/README.md'))]:
        if f==root/'README.md': continue    # it is made from the front page
        yield f,'guides' if f.parent.name=='examples' else last

def pages():
    "Return all pages: their places, titles, summaries and what they define."
    res = []
    for f,section in sources():
        stem = f.parent.name if f.name=='README.md' else re.sub(r'^\d+[a-z]?_', '', f.stem).lower()
        page = read(Page(f, '', section))
        if page.module and not section: page.section = 'api'
        elif not section and stem!='index': page.section = 'guides'
        page.path = f'{page.section}/{stem}.md'.lstrip('/')
        res.append(page)
    twice = {p.path for p in res if sum(o.path==p.path for o in res)>1}
    if twice: sys.exit(f"two files for one page: {', '.join(sorted(twice))}. They must differ by more than numbers")
    return res

def sections(found):
    "Return the sections that aren't of the reference, in order."
    names = {p.section for p in found}-{'',*areas}
    return [s for s in first if s in names]+sorted(names-{*first, last})+[last]*(last in names)

def navigation(found):
    "Return the site's navigation."
    def part(section):
        return [{p.title: p.path} for p in found if p.section==section and p.path!=f'{section}/index.md']
    nav = [{'Start': 'index.md'}]
    nav += [{s.capitalize(): [f'{s}/index.md', *part(s)]} for s in sections(found) if s!=last]
    nav.append({'Reference': ['reference.md', *({w if w!='api' else 'beside': part(w)} for w in areas if part(w))]})
    return nav+[{s.capitalize(): [f'{s}/index.md', *part(s)]} for s in sections(found) if s==last]


# Pages that list others

def inline(text):
    "Return a line of Markdown as HTML, without links."
    text = escape(re.sub(r'\[([^]]+)\]\([^)]+\)', r'\1', text), quote=False)
    return re.sub(r'\*([^*]+)\*', r'<em>\1</em>', re.sub(r'`([^`]+)`', r'<code>\1</code>', text))

def cards(found, images):
    "Return links to pages as cards: title, summary, and its last plot."
    def card(p):
        pictures = [i for i in images if i.startswith(f'{p.path[:-3]}-')]
        picture = f'<img src="{pictures[-1].split("/")[-1]}" alt="" loading="lazy">' if pictures else ''
        link = f'{p.path.split("/")[-1][:-3]}.html'
        return f'<a class="card" href="{link}">{picture}<b>{inline(p.title)}</b><span>{inline(p.summary)}</span></a>'
    return '<div class="cards">\n'+'\n'.join(card(p) for p in found)+'\n</div>\n'

def section_page(section, found, images):
    "Return the first page of a section."
    about = f'\n{described[section]}\n' if section in described else ''
    inside = [p for p in found if p.section==section]
    return f'# {section.capitalize()}\n{about}\n{cards(inside, images)}'

def reference_page(found, links):
    "Return the list of all rooms by wing."
    page,parts = Page(root/'nbs'/'reference.md', 'reference.md', ''),['# Reference']
    parts.append('A page for each module: what it is about, each function and class with its parameters, and examples '
                 'that ran. `from fasterlth.all import *` gives all names that users write.')
    for wing,about in areas.items():
        rooms_of = [p for p in found if p.section==wing]
        rows = [f'| [{p.title}]({p.path})<br>`{p.module}` | {links.text(page, p.summary)} |' for p in rooms_of]
        table = in_table(['| module | |', '|---|---|', *rows])
        if rows: parts += [f"## {wing if wing!='api' else 'beside'}", about, table]
    return '\n\n'.join(parts)+'\n'

def source_page(file):
    "Return a module's source as a page, with a number at each line."
    text = file.read_text(encoding='utf-8').rstrip()
    return (f'---\nsearch:\n  exclude: true\nhide: [toc]\n---\n\n# {file.relative_to(root).as_posix()}\n\n'
            f'``````{{ .python linenums="1" }}\n{text}\n``````\n')


# Building

def write(docs, path, content):
    "Write a page or a file of the site's source."
    file = docs/path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

def write_sources(docs):
    "Write all pages as Markdown with their files. Return the pages."
    found = pages()
    modules = {p.module: root/'fasterlth'/f"{p.module.replace('.', '/')}.py" for p in found if p.module}
    texts = {room: f.read_text(encoding='utf-8') for room,f in modules.items()}
    links,images = Links(found, {room: all_names(t) for room,t in texts.items()}),{}
    for p in found:
        lines = {e.name: e.node.lineno for t in entries(texts[p.module]) for e in (t, *t.methods)} if p.module else {}
        text,own = render(p, links, lines)
        images |= own
        if 'rooms.svg' in text: text = re.sub(r'!\[[^]]*\]\([^)]*rooms.svg\)', lambda m: picture(p, found), text)
        write(docs, p.path, text)
    for s in sections(found):
        if not any(p.path==f'{s}/index.md' for p in found): write(docs, f'{s}/index.md', section_page(s, found, images))
    write(docs, 'reference.md', reference_page(found, links))
    for room,file in modules.items(): write(docs, f"source/{room.replace('.', '/')}.md", source_page(file))
    for path,image in images.items(): write(docs, path, image)
    for path,file in links.files.items(): write(docs, path, file.read_bytes())
    write(docs, 'site.css', (root/'tools'/'site.css').read_text()+rooms.style)
    if links.missing: sys.exit('links to files that do not exist:\n'+'\n'.join(links.missing))
    return found

def picture(page, found):
    "Return the picture of the rooms, with links to their pages."
    paths = {p.module: f'{p.path[:-3]}.html' for p in found if p.module}
    up = '../'*page.path.count('/')
    return f'<div class="wide">{rooms.draw(lambda room: up+paths[room])}</div>'

def config(found):
    "Return the builder's configuration."
    meta = ConfigParser(delimiters=['='])
    meta.read(root/'settings.ini', encoding='utf-8')
    def palette(scheme, icon, other):
        media = f'(prefers-color-scheme: {"dark" if scheme=="slate" else "light"})'
        toggle = dict(icon=f'lucide/{icon}', name=f'Switch to {other} mode')
        return dict(media=media, scheme=scheme, primary='indigo', accent='pink', toggle=toggle)
    features = ['navigation.tabs','navigation.indexes','navigation.top','navigation.footer','toc.follow',
                'content.code.copy','search.highlight']
    return dict(site_name='fasterlth', site_description=meta['DEFAULT']['description'],
        docs_dir='docs', site_dir='site', use_directory_urls=False, nav=navigation(found),
        extra_css=['site.css'], extra=dict(generator=False),
        theme=dict(name='material', font=False, features=features,
                   palette=[palette('default', 'sun', 'dark'), palette('slate', 'moon', 'light')]),
        plugins=[{'search': dict(separator=r'''[\s\-,:!=\[\]()"'`/]+''')}],    # names with underscores are whole words
        markdown_extensions=['attr_list','tables','md_in_html','footnotes', 'pymdownx.details',
            {'toc': dict(permalink=True)}, {'pymdownx.superfences': {}}, {'pymdownx.inlinehilite': {}},
            {'pymdownx.highlight': dict(anchor_linenums=True, use_pygments=True)}])

def build(
    out:Path # Folder to build in: its `site` has the site
) -> list: # All pages
    "Build the site and check it. Exit with a list of what is wrong."
    shutil.rmtree(out, ignore_errors=True)
    found = write_sources(out/'docs')
    (out/'mkdocs.yml').write_text(yaml.safe_dump(config(found), sort_keys=False, allow_unicode=True), encoding='utf-8')
    made = subprocess.run([sys.executable, '-m', 'zensical', 'build', '--strict', '-f', 'mkdocs.yml'], cwd=out,
                          capture_output=True, text=True)
    if made.returncode: sys.exit(re.sub(r'\x1b\[[0-9;]*m', '', made.stdout+made.stderr))
    trim_search(out/'site'/'search.json')
    if wrong := check(out/'site', found): sys.exit('the site is not as it should be:\n'+'\n'.join(wrong))
    return found


def trim_search(file):
    "Leave the source of cells out of what is searched: what it defines has an entry of its own."
    index = json.loads(file.read_text(encoding='utf-8'))
    source = re.compile(r'Source <pre>.*?</pre>|<p>source</p>', re.S)
    for item in index['items']: item['text'] = source.sub('', item['text'])
    file.write_text(json.dumps(index, ensure_ascii=False), encoding='utf-8')


# Checking

class Seen(HTMLParser):
    "What a page of HTML links to, loads, and can be linked to."
    def __init__(self, text):
        super().__init__()
        self.ids,self.links,self.loads = set(),[],[]
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.ids |= {a[k] for k in ('id','name') if a.get(k)}
        if tag=='a' and a.get('href'): self.links.append(a['href'])
        loads = a.get('href') if tag=='link' and a.get('rel') not in ('canonical','next','prev') else a.get('src')
        if loads: self.loads.append(loads)

def check(
    site:Path, # A built site
    found:list # Its pages
) -> list: # Sentences
    "Return what is wrong: dead links, missing pages and names, what is left as text, and what is loaded from elsewhere."
    seen = {f: Seen(f.read_text(encoding='utf-8')) for f in site.rglob('*.html')}
    wrong = []
    for f,page in seen.items():
        name = f.relative_to(site)
        for link in page.links+page.loads:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                if link in page.loads and url.scheme!='data': wrong.append(f'{name} loads {link}')
                continue
            start = site if url.path.startswith('/') else f.parent
            target = (start/unquote(url.path).lstrip('/')).resolve() if url.path else f
            if target.is_dir(): target = target/'index.html'
            if not target.exists(): wrong.append(f'{name}: dead link {link}')
            elif url.fragment and target in seen and unquote(url.fragment) not in seen[target].ids:
                wrong.append(f'{name}: no such place {link}')
    for f in site.rglob('*.css'):
        for m in re.findall(r'(?:@import|url\()\s*["\']?(https?:)?//[^)"\']+', f.read_text(encoding='utf-8')):
            wrong.append(f'{f.relative_to(site)} loads from elsewhere')
    return wrong+unrendered(site, found, seen)

def unrendered(site, found, seen):
    "Return which pages are missing, and names and formulas that weren't rendered."
    wrong = []
    for p in found:
        f = site/f'{p.path[:-3]}.html'
        if f not in seen: wrong.append(f'{p.path} has no page'); continue
        wrong += [f'{p.path}: {e.name} has no entry' for e in p.entries if e.name not in seen[f].ids]
        body = re.sub(r'<(code|pre|script|math)\b.*?</\1>', '', f.read_text(encoding='utf-8'), flags=re.S)
        for mark in ('show_doc(','\\frac','\\sum','\\cdot','{ .','```'):
            if mark in body: wrong.append(f'{p.path}: {mark!r} is left as text')
    return wrong

def serve(site, port):
    "Serve a built site on this machine until interrupted."
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    print(f'http://localhost:{port} (Ctrl-C ends it)')
    try: http.server.ThreadingHTTPServer(('localhost', port), handler).serve_forever()
    except KeyboardInterrupt: pass

def main():
    p = argparse.ArgumentParser(prog='python -m tools.site', description=__doc__.splitlines()[0])
    p.add_argument('--out', type=Path, default=root/'build', help='folder to build in; its site/ has the site')
    p.add_argument('--serve', action='store_true', help='serve it on this machine afterwards')
    p.add_argument('--port', type=int, default=8000)
    a = p.parse_args()
    found = build(a.out/'pages')
    site = a.out/'site'
    shutil.rmtree(site, ignore_errors=True)
    (a.out/'pages'/'site').rename(site)
    print(f'{len(found)} pages from notebooks and Markdown, {sum(1 for _ in site.rglob("*.html"))} in all: '
          f'{site/"index.html"}')
    if a.serve: serve(site, a.port)

if __name__ == '__main__': main()
