"Draw the rooms of the house and what they import, as an SVG: `python -m tools.rooms rooms.svg`."
import ast, sys
from functools import cache
from html import escape
from pathlib import Path

root = Path(__file__).resolve().parent.parent
wings = '','ship','find','train','core'    # from the top; '' are the rooms beside the wings
width,height,gap,margin = 122,28,10,84    # of a box, between boxes, and left of them, in pixels
in_row = 6 # Boxes


@cache
def rooms():
    "Return the rooms of each wing in the order of their numbers, like `core.masks`, from the notebooks."
    res = {}
    for wing in wings:
        paths = sorted((root/'nbs'/wing).glob('[0-9]*.ipynb'))
        names = [f"{wing}.{p.stem.split('_', 1)[1]}".lstrip('.') for p in paths]
        res[wing] = [n for n in names if (root/'fasterlth'/f"{n.replace('.', '/')}.py").exists()]
    return res

def imports(
    room:str # Like `core.masks`
) -> set: # Other rooms
    "Return the rooms that one imports, those within its functions too."
    tree = ast.parse((root/'fasterlth'/f"{room.replace('.', '/')}.py").read_text(encoding='utf-8'))
    here,res = ['fasterlth', *room.split('.')],set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom): continue
        module = (node.module or '').split('.') if not node.level else \
            [*here[:-node.level], *filter(None, (node.module or '').split('.'))]
        if module[0]!='fasterlth': continue
        res |= {'.'.join(module[1:]), *('.'.join([*module[1:], a.name]) for a in node.names)}
    known = {r for rs in rooms().values() for r in rs}
    return (res & known)-{room}

def needed(
    direct:dict # Room → rooms it imports
) -> dict: # The same with fewer
    "Leave out imports that follow from others: of a → b → c and a → c, the last."
    def reach(r, seen):
        for o in direct[r]-seen:
            seen.add(o)
            reach(o, seen)
        return seen
    below = {r: reach(r, set()) for r in direct}
    return {r: {o for o in os if not any(o in below[other] for other in os-{o})} for r,os in direct.items()}

def places(house):
    "Return where each room's box is: room → (x, y), the height of each wing, and the height of all."
    at,bands,y = {},{},16
    for wing,names in house.items():
        rows = [names[i:i+in_row] for i in range(0, len(names), in_row)][::-1]    # later ones stand on earlier ones
        bands[wing] = y,len(rows)*(height+2*gap)
        for row in rows:
            for i,n in enumerate(row): at[n] = margin+i*(width+gap),y+gap
            y += height+2*gap
        y += 22
    return at,bands,y

def draw(
    href=None # Room → where its box leads, None for no links
) -> str:
    "Return the picture: boxes by wing, and lines from each room to what it imports, which stand out under the pointer."
    house = rooms()
    at,bands,total = places(house)
    lines = needed({r: imports(r) for r in at})
    across = margin+in_row*(width+gap)
    svg = [f'<svg class="rooms" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {total}" role="img" '
           'aria-label="The rooms by wing, and what each imports">']
    for wing,(y,h) in bands.items():
        svg.append(f'<rect class="wing" x="0" y="{y}" width="{across}" height="{h}" rx="6"/>'
                   f'<text class="wing" x="14" y="{y+h/2+5}">{wing or "beside"}</text>')
    for room,(x,y) in at.items():
        svg.append('<g class="room">'+''.join(_line(at[room], at[o]) for o in sorted(lines[room])))
        box = (f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4"/>'
               f'<text x="{x+width/2}" y="{y+height/2+4}">{escape(room.split(".")[-1])}</text>')
        svg.append((f'<a href="{escape(href(room))}">{box}</a>' if href else box)+'</g>')
    return ''.join([*svg, '</svg>'])

def _line(start, end):
    "Return a line from the lower side of a box to the upper side of another, or between two in a row."
    (x0,y0),(x1,y1) = start,end
    x0,y0,x1 = x0+width/2,y0+height,x1+width/2
    if y0==y1+height: return f'<path d="M{x0} {y0}Q{(x0+x1)/2} {y0+16} {x1} {y0}"/>'
    bend = (y1-y0)/2
    return f'<path d="M{x0} {y0}C{x0} {y0+bend} {x1} {y1-bend} {x1} {y1}"/>'

style = '''svg.rooms{width:100%;height:auto;font:13px sans-serif}
svg.rooms rect.wing{fill:#8881}
svg.rooms text.wing{fill:currentColor;font-weight:bold;font-size:14px}
svg.rooms .room rect{fill:var(--md-default-bg-color,#fff);stroke:#7986cb}
svg.rooms .room text{fill:currentColor;text-anchor:middle}
svg.rooms a{text-decoration:none}
svg.rooms path{fill:none;stroke:#888;stroke-opacity:.55}
svg.rooms .room:hover path{stroke:#e91e63;stroke-opacity:1;stroke-width:2}
svg.rooms .room:hover rect{stroke:#e91e63;stroke-width:2}'''

if __name__ == '__main__':
    if len(sys.argv)!=2: sys.exit('usage: python -m tools.rooms FILE.svg')
    Path(sys.argv[1]).write_text(draw().replace('><rect', f'><style>{style}</style><rect', 1), encoding='utf-8')
