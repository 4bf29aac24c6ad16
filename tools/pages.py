"Turn notebooks into Markdown pages: text, code, the outputs in the file, and for exported cells what they define."
import base64, hashlib, json, posixpath, re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from latex2mathml.converter import convert as to_mathml

from tools.docments import Entry, entries, signature

root = Path(__file__).resolve().parent.parent
wings = 'core','train','find','ship'
generated = 'rooms.svg', # Pictures that the site draws


def flat(x): return ''.join(x) if isinstance(x, list) else x

@dataclass
class Page:
    "A page of the site."
    source:Path # The notebook or Markdown file it is made from
    path:str # Of the page, relative to the site's root, like `core/masks.md`
    section:str # The part of the site it is in: a folder of `nbs/`, '' for the front page
    module:str = '' # The room that the notebook exports, like `core.masks`
    title:str = '' # Its first heading
    summary:str = '' # The quote below it
    entries:list = field(default_factory=list) # What it defines, as `Entry`


# Text

_code = re.compile(r'(^ *```.*?^ *```[^\n]*$|`[^`\n]+`)', re.S|re.M)    # fences, and code within a line
_math = re.compile(r'\$\$(.+?)\$\$|(?<![\\$\w])\$(?![\s$])([^$\n]+?)(?<![\s\\])\$(?!\w)', re.S)

def mathml(
    text:str # Without code
) -> str:
    "Replace formulas in TeX by MathML, which browsers show without a script."
    def show(m):
        made = to_mathml((m[1] or m[2]).strip(), display='block' if m[1] else 'inline')
        return re.sub(r'[*_]', lambda c: f'&#{ord(c[0])};', made.replace('\n', ' '))
    return _math.sub(show, text)

def spaced(
    text:str # Markdown as Jupyter reads it
) -> str: # Markdown as the site's builder reads it
    "Put empty lines before lists and tables that follow a paragraph, and indent nested lists by four."
    res,fenced = [],False
    def is_item(l): return re.match(r' *([-*+]|\d+[.)]) ', l)
    for line in text.split('\n'):
        if line.lstrip().startswith('```'): fenced = not fenced
        before = res[-1] if res else ''
        if not fenced and before.strip():
            starts = is_item(line) and not is_item(before) and not before.startswith(' ')
            if starts or line.startswith('|') and not before.startswith('|'): res.append('')
        nested = not fenced and re.match(r'( +)([-*+]|\d+[.)]) ', line)
        res.append(' '*(2*len(nested[1]) if nested and len(nested[1])<4 else 0)+line.lstrip(' ')
                   if nested and len(nested[1])<4 else line)
    return '\n'.join(res)

class Links:
    "Where names and files are on the site."
    def __init__(self,
        pages:list, # All `Page`s
        public:dict # Room → names in its `__all__`
    ):
        self.pages,self.names,self.files = {p.source: p for p in pages},{},{}
        for listed in (True,False):    # what users write comes before helpers of the same name
            for p in pages:
                for e in p.entries:
                    if (e.name.split('.')[0] in public.get(p.module, ()))==listed: self.names.setdefault(e.name, p)
        self.missing = []

    def between(self, page, target, anchor=''):
        "Return the link from one page to another."
        rel = posixpath.relpath(target, posixpath.dirname(page.path) or '.')
        return f'{rel}#{anchor}' if anchor else rel

    def name(self, page, text):
        "Return the link to a name's entry, or None if it has none."
        name = text.removesuffix('()')
        if name in wings and page.module!='cli': return None    # a wing has the command's name
        target = page if any(e.name==name for e in page.entries) else self.names.get(name)
        return target and self.between(page, target.path, name)

    def file(self, page, link):
        "Return the link to a page, or to a copy of a file of the repository."
        if re.match(r'[a-z]+:|#', link) or link in generated: return link
        path,_,anchor = link.partition('#')
        file = (page.source.parent/path).resolve()
        if file in self.pages: return self.between(page, self.pages[file].path, anchor)
        if root not in file.parents or not file.is_file():
            self.missing.append(f'{page.source.relative_to(root)}: {link}')
            return link
        copy = f'files/{file.relative_to(root).as_posix()}'
        self.files[copy] = file
        return self.between(page, copy)

    def text(self, page, text):
        "Return Markdown with its links, names and formulas as the site needs them."
        parts = _code.split(text)
        for i,s in enumerate(parts):
            if i%2==0:
                s = re.sub(r'(\]\()([^)\s]+)', lambda m: m[1]+self.file(page, m[2]), s)
                parts[i] = mathml(s)
            elif s.startswith('`') and '\n' not in s:
                line = parts[i-1].rsplit('\n', 1)[-1]
                linked = line.count('[')>line.count(']') or line.startswith('#')    # in a link or a heading already
                if not linked and (link := self.name(page, s[1:-1])): parts[i] = f'[{s}]({link})'
        return spaced(''.join(parts))


# What a cell defines

def cell_text(text): return text.replace('\n', ' ').replace('|', '\\|')

def in_table(rows):
    "Return rows as a table that keeps names whole."
    return '\n'.join(['<div class="docments" markdown>\n', *rows, '\n</div>'])

def table(
    page:Page, entry:Entry, links:Links
) -> str: # '' if there is nothing to tell
    "Return docments as a table."
    rows = entry.params or []
    def typed(t):
        if not t: return ''
        known = [(n, links.name(page, n)) for n in re.findall(r'\w+', t)]
        first = next((l for _,l in known if l), None)
        code = f'`{cell_text(t)}`' if '|' not in t else f'<code>{escape(t).replace("|", "&#124;")}</code>'
        return f'[{code}]({first})' if first else code
    def row(name, p): return ' | '.join(['', name, typed(p.type), f'`{cell_text(p.default)}`' if p.default else '',
                                         links.text(page, cell_text(p.doc)), '']).strip()
    body = [row(f'`{p.name}`', p) for p in rows if p.name!='*']
    ret = entry.returns
    if ret and ret.type!='None' and body: body.append(row('*returns*', ret))
    elif ret and ret.type!='None' and (ret.doc or links.name(page, ret.type)):
        return ': '.join(filter(None, [f'*returns* {typed(ret.type)}', links.text(page, ret.doc)]))
    if not any(p.doc or p.type for p in rows): return ''
    return in_table(['| | type | default | |', '|---|---|---|---|', *body])

def show_doc(
    page:Page, entry:Entry, links:Links, line:int, # In its module
    module:str=None # That it is in, default the page's
) -> str:
    "Return what the page shows of an entry: its name, signature, docstring and parameters, and where its source is."
    level = '####' if '.' in entry.name else '###'
    source = links.between(page, f"source/{(module or page.module).replace('.', '/')}.md")
    label = entry.name if level=='###' else '.'+entry.name.split('.')[-1]
    head = f'{level} {entry.name} {{ #{entry.name} data-toc-label="{label}" }}'
    sig = f'```python {{ .signature }}\n{signature(entry)}\n```'
    link = f'[source]({source}#__codelineno-0-{line}){{ .source }}' if line else ''
    return '\n\n'.join(filter(None, [head, link, sig, links.text(page, entry.doc), table(page, entry, links)]))

def shown(
    entry:Entry # Defined at the top of a cell
) -> list: # `Entry`s, in the order of the page
    "Return what is documented: an entry and its public methods, if they say anything."
    if not entry.public: return []
    return [entry, *(m for m in entry.methods if m.public and m.doc)] if entry.doc or entry.kind=='class' else []


def shown_elsewhere(page, name, links):
    "Return what a cell that calls `show_doc` asks for: an entry, which may be of another page."
    owner = links.names.get(name)
    if owner is None:
        links.missing.append(f'{page.source.relative_to(root)}: show_doc({name}), which is defined nowhere')
        return []
    entry = next(e for e in owner.entries if e.name==name)
    return [show_doc(page, entry, links, None, owner.module)]


# Outputs

def _html(text):
    "Return a table in HTML without its styles, or '' if it is only a bar."
    text = re.sub(r'<style.*?</style>', '', flat(text), flags=re.S)
    text = re.sub(r'<progress.*?</progress>[^<]*', '', text, flags=re.S)
    if not re.search(r'<(table|svg|img)\b|\w[^<>]*<', text): return ''
    return f'<div class="output">{re.sub(chr(10)+" *", "", text)}</div>'

def output(
    out:dict, # Of a cell
    page:Page, # It is on
    images:dict # Path → bytes, to which its images are added
) -> str:
    "Return an output as Markdown."
    def text(s): return f'```text {{ .output }}\n{flat(s).rstrip()}\n```' if flat(s).strip() else ''
    if out['output_type']=='stream': return text(out['text']) if out['name']=='stdout' else ''
    if out['output_type']=='error': return text(f"{out['ename']}: {out['evalue']}")
    data = out.get('data', {})
    if 'image/png' in data:
        image = base64.b64decode(flat(data['image/png']))
        path = f'{page.path[:-3]}-{hashlib.sha256(image).hexdigest()[:8]}.png'
        images[path] = image
        return f'![Plot]({posixpath.basename(path)})'
    if 'text/html' in data: return _html(data['text/html'])
    if 'text/markdown' in data: return flat(data['text/markdown'])
    return text(data.get('text/plain', ''))


# Pages

def read(
    page:Page # Without what is read here
) -> Page:
    "Read a page's title, summary, room and what it defines."
    if page.source.suffix=='.md': text = page.source.read_text(encoding='utf-8')
    else:
        cells = json.loads(page.source.read_text(encoding='utf-8'))['cells']
        text = '\n\n'.join(flat(c['source']) for c in cells if c['cell_type']=='markdown')
        code = [flat(c['source']) for c in cells if c['cell_type']=='code']
        room = re.search(r'^#\| *default_exp +(\S+)', '\n'.join(code), re.M)
        page.module = room[1] if room else ''
        exported = [s for s in code if re.match(r'\s*#\| *exporti?\b', s)]
        page.entries = [e for s in exported for top in entries(s) for e in shown(top)]
    title = re.search(r'^# +(.+)', text, re.M)
    first_sentence = re.search(r'\A# .+\n\s*([A-Z].+?[.?!])(?=\s|$)', text)
    summary = re.search(r'^> *(.+)', text, re.M) or first_sentence
    page.title = title[1].strip() if title else page.source.stem
    page.summary = summary[1].strip() if summary else ''
    return page

def directives(source): return re.findall(r'^#\| *([\w-]+:? ?\w*)', source, re.M)

def code_cell(cell, page, links, lines, images):
    "Return a code cell as Markdown: what it defines if it is exported, and else itself with its outputs."
    source = flat(cell['source'])
    marks = directives(source)
    body = '\n'.join(l for l in source.split('\n') if not l.startswith('#|')).strip()
    if any(m.split()[0] in ('hide','default_exp') for m in marks): return []
    if asked := re.fullmatch(r'show_doc\(([\w.]+)[^()]*\)', body): return shown_elsewhere(page, asked[1], links)
    if any(m.split()[0] in ('export','exporti') for m in marks):
        tops = entries(body)
        if not tops and re.match(r'(import|from) ', body): return []
        docs = [show_doc(page, e, links, lines.get(e.name)) for top in tops for e in shown(top)]
        indented = '\n'.join('    '+l for l in body.split('\n'))
        return [*docs, f'??? quote "Source"\n    ```python\n{indented}\n    ```']
    code = [] if 'echo: false' in marks or not body else [f'```python\n{body}\n```']
    return code+[o for out in cell.get('outputs', []) if (o := output(out, page, images))]

def render(
    page:Page, # Any
    links:Links, # Of all pages
    lines:dict, # Name → line in the module, of what the page defines
) -> tuple: # The page's Markdown, and its images: path → bytes
    "Return a page."
    images = {}
    if page.source.suffix=='.md': return links.text(page, page.source.read_text(encoding='utf-8')),images
    parts = []
    for cell in json.loads(page.source.read_text(encoding='utf-8'))['cells']:
        if cell['cell_type']=='markdown': parts.append(links.text(page, flat(cell['source'])))
        elif cell['cell_type']=='code': parts += code_cell(cell, page, links, lines, images)
    notebook = f'notebooks/{page.source.relative_to(root/"nbs").as_posix()}'
    links.files[notebook] = page.source
    about = f'`fasterlth.{page.module}` · ' if page.module else ''
    about += f'[notebook]({links.between(page, notebook)}){{ download }}'
    parts.insert(1, f'{about}\n{{ .about }}') if page.section else None
    return '\n\n'.join(p.strip('\n') for p in parts)+'\n',images
