"Make README.md from nbs/index.ipynb: markdown, code, and the outputs in the notebook. --check only compares."
import base64, json, posixpath, re, sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
image_dir = root/'nbs'/'images'


def flat(x): return ''.join(x) if isinstance(x, list) else x

def from_root(text):
    "Turn links of the notebook, which are relative to its folder, into links of the README."
    return re.sub(r'\]\((?!https?:|#)([^)]+)\)', lambda m: f"]({posixpath.normpath('nbs/' + m[1])})", text)

def show(out, images):
    "Return an output of a cell as markdown."
    if out['output_type'] == 'stream': return f"```text\n{flat(out['text']).rstrip()}\n```" if out['name'] == 'stdout' else ''
    data = out.get('data', {})
    if 'image/png' in data:
        path = image_dir/f'index-{len(images)+1}.png'
        images[path] = base64.b64decode(flat(data['image/png']))
        return f'![plot]({path.relative_to(root).as_posix()})'
    if '<progress' in flat(data.get('text/html', '')): return ''    # a bar has nothing to read
    if 'text/html' in data: return re.sub(r'<style.*?</style>\s*|^\s+|\n\s*', '', flat(data['text/html']), flags=re.S|re.M)
    if 'text/markdown' in data: return flat(data['text/markdown'])
    return f"```text\n{flat(data['text/plain'])}\n```" if 'text/plain' in data else ''

def render():
    "Return the README's text, and its images by path."
    cells, parts, images = json.loads((root/'nbs'/'index.ipynb').read_text(encoding='utf-8'))['cells'], [], {}
    for c in cells:
        src = flat(c['source'])
        if c['cell_type'] == 'markdown': parts.append(from_root(src))
        elif c['cell_type'] == 'code' and '#| hide' not in src:
            body = '\n'.join(l for l in src.split('\n') if not l.startswith('#|')).strip()
            if '#| echo: false' not in src: parts.append(f'```python\n{body}\n```')
            parts += filter(None, (show(o, images) for o in c.get('outputs', [])))
    note = '<!-- Made from nbs/index.ipynb by tools/readme.py: edit the notebook, not this file. -->'
    return note + '\n\n' + '\n\n'.join(p.strip() for p in parts) + '\n', images

if __name__ == '__main__':
    text, images = render()
    files = {root/'README.md': text.encode(), **images}
    if sys.argv[1:] == ['--check']:
        stale = [p.relative_to(root).as_posix() for p, b in files.items() if not p.exists() or p.read_bytes() != b]
        if stale: sys.exit(f"out of date: {', '.join(stale)}. Run python tools/readme.py")
        print('README.md is in sync')
    elif sys.argv[1:]: sys.exit('usage: readme.py [--check]')
    else:
        image_dir.mkdir(exist_ok=True)
        for p, b in files.items(): p.write_bytes(b)
        print('wrote', ', '.join(p.relative_to(root).as_posix() for p in files))
