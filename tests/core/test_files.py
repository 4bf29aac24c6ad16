"Tickets as files: an error names whatever is damaged or foreign, and nothing is changed."
import json
import pytest
from hypothesis import given, settings, strategies as st
from helpers import *
from fasterlth.core.files import load_tensors, save_tensors


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
    with pytest.raises(ValueError, match='takes 1 bytes'): Ticket.load(tmp_path/'odd')

def test_a_newer_format_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr('fasterlth.core.files._format', 99)
    save_tensors(tmp_path/'new', {}, {}, 'ticket')
    monkeypatch.undo()
    with pytest.raises(ValueError, match='format 99, newer than'): Ticket.load(tmp_path/'new')

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
