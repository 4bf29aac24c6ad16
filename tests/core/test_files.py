"Files: written completely or not at all, by several at once; an error names whatever is damaged or foreign, and nothing is changed."
import json, os, resource, signal, stat, threading
from zlib import crc32
import pytest
import safetensors.torch
from hypothesis import given, settings, strategies as st
from helpers import *
from fasterlth.core import writing
from fasterlth.core.writing import atomic_write, remove_abandoned
from fasterlth.core.reading import whole
from fasterlth.core.files import load_tensors, save_tensors
from fasterlth.core.trees import pack_tree, unpack_tree
from fasterlth.find.early_bird_search import Search
from fasterlth.find.records import read_json, write_json
from fasterlth.find.rounds import Round
from fasterlth.find.folder import RunFolder


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Linear(5, 3))
    t = Ticket.of(net, make_masks(prunable(net), 50), seed=1)
    p = t.save(tmp_path_factory.mktemp('t')/'t.safetensors')
    return net,t,p,p.read_bytes()

@settings(deadline=None, max_examples=150)
@given(where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_no_flipped_byte_goes_unnoticed(saved, where, flip):
    net,t,p,whole = saved
    bad = bytearray(whole)
    i = int(where*len(bad))
    bad[i] ^= flip
    q = p.with_name('bad.safetensors')
    q.write_bytes(bad)
    try: again = Ticket.load(q)
    except ValueError as e: assert 'bad.safetensors' in str(e)
    else:    # the JSON still means the same
        assert i<8+int.from_bytes(whole[:8], 'little')
        assert same(again.masks, t.masks) and same(again.weights, t.weights) and again.about==t.about

@settings(deadline=None, max_examples=60)
@given(n=st.integers(0, 3000))
def test_no_truncated_file_is_mistaken_for_a_complete_one(saved, n):
    *_,p,whole = saved
    q = p.with_name('short.safetensors')
    q.write_bytes(whole[:min(n, len(whole)-1)])
    with pytest.raises(ValueError, match='short.safetensors.*truncated'): Ticket.load(q)

def test_foreign_files(tmp_path, saved):
    from safetensors.torch import save_file
    save_file({'w': torch.zeros(3)}, tmp_path/'other.safetensors')
    with pytest.raises(ValueError, match='not a fasterlth ticket'): Ticket.load(tmp_path/'other.safetensors')
    (tmp_path/'text').write_text('a,b\n1,2\n')
    with pytest.raises(ValueError, match="can't be read as a ticket"): Ticket.load(tmp_path/'text')
    with pytest.raises(FileNotFoundError, match='no ticket file'): Ticket.load(tmp_path)
    torch.save({'w': torch.zeros(3)}, tmp_path/'p.pth')
    with pytest.raises(ValueError, match="can't be read as a ticket"): Ticket.load(tmp_path/'p.pth')
    save_tensors(tmp_path/'odd', {'weights.w': torch.zeros(3)}, {'about': {}}, 'ticket')
    with pytest.raises(ValueError, match='has no shapes'): Ticket.load(tmp_path/'odd')
    bits = torch.zeros(9, dtype=torch.uint8)
    meta = {'about': {}, 'shapes': {'w': [3]}}
    save_tensors(tmp_path/'odd', {'weights.w': torch.zeros(3), 'mask.w': bits}, meta, 'ticket')
    with pytest.raises(ValueError, match='bits must be the 1 bytes'): Ticket.load(tmp_path/'odd')

def test_a_newer_format_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr('fasterlth.core.files._format', 99)
    save_tensors(tmp_path/'new', {}, {}, 'ticket')
    monkeypatch.undo()
    with pytest.raises(ValueError, match='format 99, newer than'): Ticket.load(tmp_path/'new')

@pytest.mark.parametrize('about,error,says', [
    (dict(source=Path('a')), TypeError, r"only what JSON can, but about\['source'\] is \w*Path\('a'\)"),
    (dict(x=torch.ones(2)), TypeError, r"but about\['x'\] is Tensor of torch.float32 \(2,\)"),
    (dict(x=[1,{'y': np.ones(2)}]), TypeError, r"but about\['x'\]\[1\]\['y'\] is ndarray of float64 \(2,\)"),
    (dict(x=1j), TypeError, r"but about\['x'\] is 1j"), (dict(x=np.complex64(1j)), TypeError, r"but about\['x'\] is"),
    (dict(x={1: 2, '1': 3}), TypeError, r"a key of about\['x'\] must be a string or a layer type, not 1"),
    (dict(x={None: 2}), TypeError, 'not None'), (dict(x={nn.Linear: 2, 'Linear': 3}), ValueError, r"about\['x'\] has the key 'Linear' twice")])
def test_what_a_ticket_cannot_say_about_itself_is_named(about, error, says):
    with pytest.raises(error, match=says): Ticket.of(nn.Linear(2, 2), {}, **about)

def test_what_a_ticket_says_about_itself_is_pythons():
    about = Ticket.of(nn.Linear(2, 2), {}, a=np.float32(.5), b=torch.tensor(3), c=(np.bool_(True),None), d={nn.Linear: 'x'}, e=np.str_('y')).about
    assert {k: about[k] for k in 'abcde'}==dict(a=.5, b=3, c=[True,None], d={'Linear': 'x'}, e='y') and type(about['a']) is float

def test_a_ticket_that_does_not_fit_changes_nothing(learn, saved):
    _,t,*_ = saved
    before,cbs = weights(learn.model),list(learn.cbs)
    with pytest.raises(ValueError, match='0.weight is missing from the model.*and [0-9]+ more'): t.apply(learn)
    assert same(before, weights(learn.model)) and list(learn.cbs)==cbs
    with pytest.raises(TypeError, match='about must hold only what JSON can'):
        Ticket.of(learn.model, {}, about_f=print).save('nowhere')
    masks = {'w': torch.zeros(2).bool(), 'fc1.weight': torch.zeros(2).bool()}
    with pytest.raises(ValueError, match='mask of fc1.weight has the shape'):
        Ticket(masks, {**t.weights, 'w': torch.zeros(2), 'fc1.weight': torch.zeros(3)}, {})
    with pytest.raises(ValueError, match='must be bool'): Ticket({'0.weight': torch.ones(5,6)}, t.weights, {})

@pytest.mark.parametrize('dtype', [torch.float16,torch.bfloat16,torch.float64])
def test_types_of_tensors_survive(tmp_path, dtype):
    net = nn.Linear(7, 3).to(dtype)
    t = Ticket.load(Ticket.of(net, make_masks(prunable(net), 40)).save(tmp_path/'t'))
    assert t.weights['weight'].dtype==dtype and torch.equal(t.weights['weight'], net.weight)

def test_a_loaded_ticket_is_not_a_view_of_its_file(tmp_path):
    net = nn.Linear(50, 50)
    p = Ticket.of(net, {}).save(tmp_path/'t')
    t = Ticket.load(p)
    with open(p, 'r+b') as f: f.seek(-400, 2); f.write(b'\0'*400)
    assert torch.equal(t.weights['weight'], net.weight)
    with pytest.raises(TypeError, match='learn must be a Learner, not Linear'): t.apply(net)

# Several at once

def in_child(f):
    "Run `f` in a forked process. Return its number; its status is 0 if nothing is raised."
    pid = os.fork()
    if pid: return pid
    try: f(); os._exit(0)
    except BaseException as e: print(repr(e), flush=True)
    finally: os._exit(1)

def status(pid): return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def save_and_load(path, i, n):
    "Save a ticket of one's own again and again; whatever is loaded is one of the tickets, and whole."
    net = nn.Linear(40, 20)
    nn.init.constant_(net.weight, i)
    t = Ticket.of(net, {}, i=i)
    for _ in range(n):
        t.save(path)
        o = Ticket.load(path)
        assert (o.weights['weight']==o.about['i']).all()

def test_threads_save_one_path(tmp_path):
    errors = []
    def work(i):
        try: save_and_load(tmp_path/'t', i, 60)
        except Exception as e: errors.append(e)
    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert not errors and os.listdir(tmp_path)==['t']

def test_processes_save_one_path(tmp_path):
    pids = [in_child(lambda i=i: save_and_load(tmp_path/'t', i, 60)) for i in range(3)]
    assert [status(p) for p in pids]==[0,0,0]
    Ticket.load(tmp_path/'t')
    assert os.listdir(tmp_path)==['t']

def test_a_writer_that_is_alive_keeps_its_partial_file(tmp_path):
    with atomic_write(tmp_path/'a.json') as part:
        part.write_text('1')
        assert not remove_abandoned(part)
        assert status(in_child(lambda: os._exit(int(remove_abandoned(part)))))==0    # nor may another process
    assert (tmp_path/'a.json').read_text()=='1'
    def die():
        with atomic_write(tmp_path/'a.json') as part:
            part.write_text('2')
            os.kill(os.getpid(), signal.SIGKILL)
    assert status(in_child(die))==-signal.SIGKILL
    part, = tmp_path.glob('.a.json.*.part')
    assert remove_abandoned(part) and not part.exists() and remove_abandoned(part)
    assert (tmp_path/'a.json').read_text()=='1'

def test_a_partial_file_that_is_deleted_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    lock,seen = writing._lock,[]
    def late(fd, wait):
        if not seen: seen.extend(o.unlink() or o for o in tmp_path.glob('.*.part'))
        return lock(fd, wait)
    monkeypatch.setattr(writing, '_lock', late)
    with atomic_write(tmp_path/'a') as part: part.write_text('1')
    assert len(seen)==1 and (tmp_path/'a').read_text()=='1'

def test_links_are_not_followed(tmp_path, monkeypatch):
    victim = tmp_path/'victim'
    victim.write_text('precious')
    names = iter(['known','free'])
    monkeypatch.setattr(writing, 'token_hex', lambda n: next(names))
    (tmp_path/'.t.known.part').symlink_to(victim)
    Ticket.of(nn.Linear(2, 2), {}).save(tmp_path/'t')
    assert victim.read_text()=='precious' and not (tmp_path/'t').is_symlink()
    assert remove_abandoned(tmp_path/'.t.known.part') and victim.read_text()=='precious'

def test_names_of_partial_files_are_random(tmp_path):
    names = set()
    for _ in range(20):
        with atomic_write(tmp_path/'a.csv') as part: names.add(part.name)
    assert len(names)==20 and all(n.split('.')[-3]=='csv' and str(os.getpid()) not in n for n in names)

@pytest.mark.parametrize('umask', [0o022,0o077,0o002])
def test_permissions_are_those_of_any_new_file(tmp_path, umask):
    was = os.umask(umask)
    try:
        Ticket.of(nn.Linear(2, 2), {}).save(tmp_path/'t')
        (tmp_path/'any').touch()
    finally: os.umask(was)
    assert (tmp_path/'t').stat().st_mode==(tmp_path/'any').stat().st_mode

# Failed writes

def test_a_full_disk_leaves_the_old_file(tmp_path):
    old,new = Ticket.of(nn.Linear(2, 2), {}),Ticket.of(nn.Linear(200, 200), {})
    old.save(tmp_path/'t')
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000,was[1]))
    try:
        with pytest.raises(OSError, match="File too large, so nothing was written: '.*/t'"): new.save(tmp_path/'t')
        with pytest.raises(OSError, match="nothing was written: '.*/j.json'"): write_json(tmp_path/'j.json', 'x'*30_000)
        with pytest.raises(OSError, match="nothing was written: '.*/h.csv'"):
            with atomic_write(tmp_path/'h.csv') as part: pd.DataFrame({'a': range(9_999)}).to_csv(part)
    finally: resource.setrlimit(resource.RLIMIT_FSIZE, was)
    assert same(Ticket.load(tmp_path/'t').weights, old.weights) and os.listdir(tmp_path)==['t']

def test_where_nothing_can_be_written(tmp_path):
    t = Ticket.of(nn.Linear(2, 2), {})
    (tmp_path/'file').touch()
    with pytest.raises(ValueError, match="path must be a file, but '.*/file', above '.*/file/t', is a file"): t.save(tmp_path/'file'/'t')
    with pytest.raises(ValueError, match='path must be a file, but .* is a folder'): t.save(tmp_path)
    with pytest.raises(OSError, match="name too long.*, so nothing was written"): t.save(tmp_path/('x'*250))
    os.mkfifo(tmp_path/'pipe')
    with pytest.raises(ValueError, match="pipe' is a device or a pipe"): t.save(tmp_path/'pipe')
    assert stat.S_ISFIFO((tmp_path/'pipe').stat().st_mode)
    with pytest.raises(TypeError, match='path must be a file, not 3'): t.save(3)
    with pytest.raises(FileNotFoundError, match="so nothing was written: '.*/gone/t'"):
        with atomic_write(tmp_path/'gone'/'t') as part:
            part.write_text('1')
            part.unlink()
            part.parent.rmdir()

def test_a_read_only_folder(tmp_path):
    folder = Path(tempfile.mkdtemp())
    def save():
        if os.geteuid()==0: os.seteuid(65534)    # root may write anywhere
        with pytest.raises(PermissionError, match=f"Permission denied, so nothing was written: '{folder}/t'"):
            Ticket.of(nn.Linear(2, 2), {}).save(folder/'t')
    folder.chmod(0o555)
    assert status(in_child(save))==0 and not os.listdir(folder)
    folder.chmod(0o755)
    folder.rmdir()

# Files from strangers

loaders = dict(ticket=Ticket.load, compressed=load_compressed, snapshot=Snapshot.load, round=Round.load,
               search=Search.load, end=lambda p: load_tensors(p, 'end'), json=read_json)

@pytest.mark.parametrize('load', loaders.values(), ids=loaders)
def test_what_is_no_file(tmp_path, load):
    os.mkfifo(tmp_path/'pipe')
    (tmp_path/'folder').mkdir()
    (tmp_path/'link').symlink_to('nowhere')
    (tmp_path/'loop').symlink_to('loop')
    (tmp_path/'pipelink').symlink_to('pipe')
    (tmp_path/'empty').touch()
    for n in ('pipe','folder','link','loop','pipelink','empty','empty/below','nothing','x'*300):
        with pytest.raises((ValueError,FileNotFoundError)) as e: load(tmp_path/n)
        assert str(tmp_path/n) in str(e.value)
    with pytest.raises(TypeError, match='path must be the path of a file, not int'): load(3)

def test_a_link_to_a_file_is_read(tmp_path):
    t = Ticket.of(nn.Linear(2, 2), {})
    t.save(tmp_path/'t')
    (tmp_path/'link').symlink_to('t')
    assert same(Ticket.load(tmp_path/'link').weights, t.weights)

def craft(path, kind, meta, tensors={}, sums=None, fmt='1'):
    "Write a file with valid checksums. In format 1 they are those of the bytes alone."
    text = meta if isinstance(meta, str) else json.dumps(meta)
    if sums is None:
        sums = {k: crc32(t.reshape(-1).view(torch.uint8).numpy()) for k,t in tensors.items()}
        sums = json.dumps({**sums, '': crc32(text.encode())})
    path.write_bytes(safetensors.torch.save(tensors, dict(fasterlth=kind, format=fmt, meta=text, crc32=sums)))
    return path

def test_format_1_is_still_read(tmp_path):
    w = {'b': torch.randn(3), 'a': torch.randn(9)}
    tensors = {'weights.b': w['b'], 'weights.a': w['a'], 'mask.a': torch.tensor([255,128], dtype=torch.uint8)}
    t = Ticket.load(craft(tmp_path/'t', 'ticket', dict(shapes={'a': [9]}, about={}), tensors))
    assert same(t.weights, w) and list(t.weights)==['b','a'] and t.masks['a'].all()
    with pytest.raises(ValueError, match='the checksum is wrong'):    # those of format 2 include types and shapes
        Ticket.load(craft(tmp_path/'t', 'ticket', dict(shapes={'a': [9]}, about={}), tensors, fmt='2'))

good = dict(shapes={}, about={})

@pytest.mark.parametrize('kind,meta,error', [
    ('ticket', '['*10**5, "meta isn't valid JSON: it is nested more than 100 levels deep"),
    ('ticket', '{"a":'*5000, 'nested more than 100 levels deep'),
    ('ticket', '{', "meta isn't valid JSON: Expecting property name"),
    ('ticket', '{"shapes": {}, "shapes": {}, "about": {}}', 'a key twice'),
    ('ticket', [], 'meta must be a dict, not list'),
    ('ticket', dict(shapes={}), 'meta has no about'),
    ('ticket', dict(good, x=1), "meta has an unknown key 'x'"),
    ('ticket', dict(good, about=[]), 'meta.about must be a dict, not list'),
    ('ticket', dict(good, shapes=[]), 'meta.shapes must be a dict, not list'),
    ('ticket', dict(good, shapes={'w': 3}), 'meta.shapes.w must be a list, not int'),
    ('ticket', dict(good, shapes={'w': [3]}), "meta.shapes.w needs the tensor 'mask.w', which is missing"),
    *[('compressed ticket', dict(good, shapes={'w': s}), rf'meta.shapes.w\S* (must be|is too large|is the shape of)')
      for s in ([-3], [3.], [True], ['3'], [[3]], [None], [1]*70, [2**40]*2, [2**64], 'x', {}, [2*10**9])],
    ('snapshot', {}, 'snapshot must be a tensor, a tuple or a dict'),
    ('snapshot', None, 'snapshot must be a dict, not NoneType'),
    ('snapshot', {'dict': [['model',{'tensor': 'no'}]]}, "snapshot.model needs the tensor 'no', which is missing"),
    ('snapshot', {'dict': [['model',{'dict': []}]]}, "doesn't say what its optimizer is"),
    ('round', dict(row={}, epochs=[], rates=[], seconds=1., shapes={}), 'meta.row.round must be a whole number'),
    ('round', dict(row={'round': 0}, epochs=[[]], rates=[], seconds=1., shapes={}), r'meta.epochs\[0\] must be a dict'),
    ('round', dict(row={'round': 0}, epochs=[], rates=['x'], seconds=1., shapes={}), r'meta.rates\[0\] must be a number'),
    ('round', dict(row={'round': 0}, epochs=[], rates=[], seconds=None, shapes={}), 'meta.seconds must be a number'),
    ('search', {'dict': [['masks',{'dict': [['shapes',{'dict': []}],['masks',[]]]}],['found',1],['n_epochs',2]]},
     'search.found must be an epoch from 1 to 0, not 1')])
def test_crafted_files(tmp_path, kind, meta, error):
    load = loaders[kind.split()[0]]
    with pytest.raises(ValueError, match=error) as e: load(craft(tmp_path/'x', kind, meta))
    assert str(tmp_path/'x') in str(e.value)

@pytest.mark.parametrize('sums,error', [('[]','header.crc32 must be a dict'), ('{"": "x"}','header.crc32. must be a whole number'),
                                        ('{', "header.crc32 isn't valid JSON"), ('{}','damaged in the description')])
def test_crafted_checksums(tmp_path, sums, error):
    with pytest.raises(ValueError, match=error): Ticket.load(craft(tmp_path/'x', 'ticket', good, sums=sums))

@pytest.mark.parametrize('fmt', ['', '0', '-1', '1.0', 'x', ' 1', '1'*50, '٢'])
def test_formats_that_do_not_exist(tmp_path, fmt):
    with pytest.raises(ValueError, match='its format is'): Ticket.load(craft(tmp_path/'x', 'ticket', good, fmt=fmt))

@pytest.mark.parametrize('tensors,error', [
    ({'x': torch.ones(2)}, "no place for the tensor 'x'"),
    ({'weights.w': torch.ones(3), 'mask.w': torch.ones(1)}, 'bits must be the 1 bytes .*, not Tensor of torch.float32'),
    ({'weights.w': torch.ones(3), 'mask.w': torch.ones(1, dtype=torch.int8)}, 'bits must be the 1 bytes .*, not Tensor of torch.int8'),
    ({'weights.w': torch.ones(4), 'mask.w': torch.ones(1).byte()}, 'the mask of w has the shape'),
    ({'mask.w': torch.ones(1).byte()}, "there is a mask for 'w'")])
def test_crafted_tensors(tmp_path, tensors, error):
    shapes = {'w': [3]} if 'mask.w' in tensors else {}
    with pytest.raises(ValueError, match=error): Ticket.load(craft(tmp_path/'x', 'ticket', dict(shapes=shapes, about={}), tensors))

def test_padding_bits_do_not_matter(tmp_path):
    tensors = {'weights.w': torch.ones(3), 'mask.w': torch.tensor([0b10111111]).byte()}
    t = Ticket.load(craft(tmp_path/'x', 'ticket', dict(shapes={'w': [3]}, about={}), tensors))
    assert t.masks['w'].tolist()==[True,False,True]

def test_sizes_are_checked_before_memory_is_taken(tmp_path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for s in ([2*10**9], [3*10**9,1]):
        for tensors in ({'dense.w': torch.zeros(3)}, {'kept.w': torch.zeros(3), 'mask.w': torch.ones(1).byte()}):
            craft(tmp_path/'bomb', 'compressed ticket', dict(shapes={'w': s}, about={}), tensors)
            with pytest.raises(ValueError, match='bomb.*meta.shapes.w'): load_compressed(tmp_path/'bomb')
    for entry in (dict(dtype='F32', shape=[2*10**9], data_offsets=[0,8*10**9]), dict(dtype='F32', shape=[2*10**9], data_offsets=[0,0]),
                  dict(dtype='F32', shape=[0,2**62,2**62], data_offsets=[0,0]), dict(dtype='F33', shape=[1], data_offsets=[0,4]),
                  dict(dtype='F32', shape=[1], data_offsets=[0]), dict(dtype='F32', shape=[1], data_offsets=[4,0])):
        header = json.dumps(dict(w=entry)).encode()
        (tmp_path/'bomb').write_bytes(len(header).to_bytes(8, 'little')+header+b'0000')
        with pytest.raises(ValueError, match='bomb.*(header.w|its tensors should)'): Ticket.load(tmp_path/'bomb')
    for n in (2**31,2**63,2**64-1):
        (tmp_path/'bomb').write_bytes(n.to_bytes(8, 'little')+b'{}')
        with pytest.raises(ValueError, match='bomb.*its header should have'): Ticket.load(tmp_path/'bomb')
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss-before<100*1024

def test_a_flag_that_is_neither_0_nor_1(tmp_path):
    p = craft(tmp_path/'x', 'ticket', good, {'weights.w': torch.tensor([True,False])})
    whole = p.read_bytes()
    p.write_bytes(whole[:-2]+b'\x02\0')
    with pytest.raises(ValueError, match='must be bool, but has bytes other than 0 and 1'): Ticket.load(p)

def test_a_flipped_type_or_shape_is_noticed(tmp_path):
    p = Ticket.of(nn.Linear(3, 30), {}).save(tmp_path/'t')
    whole = p.read_bytes()
    for a,b in ((b'"F32"',b'"I32"'), (b'[30,3]',b'[3,30]')):
        assert a in whole
        p.write_bytes(whole.replace(a, b))
        with pytest.raises(ValueError, match='the checksum is wrong'): Ticket.load(p)

def test_json_that_was_checked(tmp_path):
    write_json(tmp_path/'j', dict(a=[1,math.nan]))
    assert repr(read_json(tmp_path/'j'))==repr(dict(a=[1,math.nan]))
    for text in ('['*10**5, '[]', 'null', '{"crc32": 1}', '{"crc32": true, "content": 1}', '{"crc32": 1, "content": 1, "x": 1}',
                 '{"crc32": 1, "crc32": 1, "content": 1}', '\0'):
        (tmp_path/'j').write_text(text)
        with pytest.raises(ValueError, match="/j' is damaged, or not a fasterlth file"): read_json(tmp_path/'j')
    write_json(tmp_path/'j', dict(seed=True))
    with pytest.raises(ValueError, match='content.seed must be a whole number'): read_json(tmp_path/'j', seed=whole)
    deep = []
    for _ in range(200): deep = [deep]
    with pytest.raises(ValueError, match='nested more than 100'): write_json(tmp_path/'j', deep)
    with pytest.raises(ValueError, match='a key twice'): write_json(tmp_path/'j', {1: 0, '1': 0})
    assert read_json(tmp_path/'j')==dict(seed=True)

# What is read is what was written

def test_order_survives(tmp_path):
    names = [f'{i}.{n}' for i in (10,2,1) for n in ('weight','bias','a.b')]
    ws,ms = {n: torch.randn(9) for n in names},{n: torch.rand(9)>.5 for n in names[::-1]}
    t = Ticket(ms, ws, {})
    rounds = Round(dict(round=1), [], [], 1., ms, ws)
    search = Search([ms,ms], 2, 3)
    tensors = {}
    tree = pack_tree(ws, tensors, 'x')
    t.save(tmp_path/'t'); save_compressed(t, tmp_path/'c'); rounds.save(tmp_path/'r'); search.save(tmp_path/'s')
    save_tensors(tmp_path/'e', tensors, tree, 'end')
    for o in (Ticket.load(tmp_path/'t'), load_compressed(tmp_path/'c'), Round.load(tmp_path/'r')):
        assert list(o.weights)==list(ws) and list(o.masks)==list(ms) and same(o.masks, ms)
    assert [list(o) for o in Search.load(tmp_path/'s').masks]==[list(ms)]*2
    tensors,tree = load_tensors(tmp_path/'e', 'end')
    assert list(unpack_tree(tree, tensors))==list(ws)

@pytest.mark.parametrize('dtype', [torch.float8_e4m3fn,torch.uint16,torch.uint64,torch.float16,torch.bfloat16,torch.complex64])
def test_all_types_start_and_compress(tmp_path, dtype):
    w,m = torch.arange(64, dtype=torch.uint8).repeat(2).view(dtype).reshape(-1, 2),torch.rand(128//dtype.itemsize//2, 2)>.5
    t = Ticket({'w': m}, {'w': w}, {})
    bits = lambda x: x.contiguous().view(torch.uint8).tolist()
    start = t.start()['w']
    back = load_compressed(save_compressed(t, tmp_path/'c')).weights['w']
    assert start.dtype==back.dtype==dtype and bits(back)==bits(start)
    assert bits(Ticket.load(t.save(tmp_path/'t')).weights['w'])==bits(w)

def test_pruned_means_zero(tmp_path):
    w = torch.tensor([[math.inf,-math.inf,math.nan],[-1.,-0.,2.]])
    m = torch.tensor([[False,False,False],[False,False,True]])
    t = Ticket({'w': m}, {'w': w}, {})
    net = nn.Linear(1, 1)
    net.register_parameter('w', nn.Parameter(torch.ones(2, 3)))
    t = Ticket.of(net, {'w': m}, {**t.weights, **{n: o for n,o in weights(net).items() if n!='w'}})
    for o in (t, Ticket.load(t.save(tmp_path/'t')), load_compressed(save_compressed(t, tmp_path/'c'))):
        start = o.start()['w']
        assert start.tolist()==[[0,0,0],[0,0,2]] and not start.signbit().any()
        assert torch.equal(o.load_into(net).w, start)

def test_another_type_is_refused(tmp_path, learn):
    masks = make_masks(prunable(learn.model), 50)
    t = Ticket.of(deepcopy(learn.model).half(), masks)
    before,cbs = weights(learn.model),list(learn.cbs)
    for f in (t.check, t.load_into, lambda m: t.apply(learn)):
        with pytest.raises(ValueError, match='conv.weight is torch.float16 in the ticket, torch.float32 in the model.*transfer'):
            f(learn.model)
    assert same(before, weights(learn.model)) and list(learn.cbs)==cbs
    Ticket.of(learn.model, masks).load_into(learn.model)

def test_trees_that_cannot_be_stored():
    tensors = {}
    tree = pack_tree({'a.b': torch.ones(1), 'a': {'b': torch.zeros(1)}}, tensors, 'x')
    assert len(tensors)==2 and unpack_tree(tree, tensors)['a']['b']==0
    itself = []
    itself.append(itself)
    with pytest.raises(TypeError, match='nested too deeply'): pack_tree(itself, {}, 'x')
    for bad in ({(1,): 2}, {'a': {3: len}}, [1j], {torch.ones(1): 0}):
        with pytest.raises(TypeError, match='^x'): pack_tree(bad, {}, 'x')
    assert unpack_tree(pack_tree({np.int64(3): np.float32(.5)}, {}, 'x'), {})=={3: .5}

def test_what_safetensors_reserves_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no tensor can be called '__metadata__'"): save_tensors(tmp_path/'t', {'__metadata__': torch.ones(1)}, {}, 'ticket')
    assert not list(tmp_path.iterdir())

@pytest.mark.skipif(not Path('/proc/self/mem').exists(), reason='Linux has a file that fails to be read')
def test_a_disk_that_fails_is_named():
    with pytest.raises((OSError,ValueError), match="'/proc/self/mem'"): Ticket.load('/proc/self/mem')

def test_the_users_folder_and_names_that_are_too_long(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.chdir(tmp_path)
    net = nn.Linear(4, 4)
    ticket = Ticket.of(net, make_masks(net, 50))
    assert ticket.save('~/t.safetensors')==tmp_path/'t.safetensors' and os.listdir(tmp_path)==['t.safetensors']
    assert same(Ticket.load('~/t.safetensors').masks, ticket.masks)
    assert RunFolder('~/runs').path==tmp_path/'runs'
    with pytest.raises(OSError, match='path must be a file, not .*File name too long'): ticket.save('x'*300)

# What a file can't hold, and where it goes

@pytest.mark.parametrize('save', [lambda t,p: t.save(p), lambda t,p: save_compressed(t, p)], ids=['ticket','compressed'])
def test_a_sparse_buffer_is_named(tmp_path, save):
    net = nn.Linear(4, 4)
    net.register_buffer('adjacency', torch.eye(3).to_sparse())
    with pytest.raises(TypeError, match=r"adjacency can't be stored: files hold no torch.sparse_coo, use to_dense\(\)"):
        save(Ticket.of(net, {}), tmp_path/'t')
    assert not list(tmp_path.iterdir())

def test_a_link_stays_and_its_file_is_written(tmp_path):
    (tmp_path/'there').mkdir()
    (tmp_path/'link').symlink_to('there/t')    # to nothing yet
    t = Ticket.of(nn.Linear(2, 2), {})
    for _ in range(2):
        assert t.save(tmp_path/'link')==tmp_path/'link' and (tmp_path/'link').is_symlink()
        assert same(Ticket.load(tmp_path/'there'/'t').weights, t.weights)
    assert sorted(o.name for o in tmp_path.rglob('*'))==['link','t','there']
