"Tickets on the Hub: cards, uploads and downloads against a small server in this process, networks built again."
import base64, json, os, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import huggingface_hub
import pytest
import timm
from huggingface_hub import constants
from transformers import GPT2Config, GPT2LMHeadModel
from helpers import *

commit = 'a'*40


class Hub(BaseHTTPRequestHandler):
    "What an upload and a download of small files need of the Hub."
    files,created,headers_seen = {},[],[]

    def log_message(self, *args): pass

    def answer(self, data=b'', status=200, **headers):
        self.send_response(status)
        for k,v in {'Content-Length': len(data), **headers}.items(): self.send_header(k.replace('_', '-'), str(v))
        self.end_headers()
        if self.command!='HEAD': self.wfile.write(data)

    def json(self, o): self.answer(json.dumps(o).encode(), Content_Type='application/json')

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.headers_seen.append(dict(self.headers))
        if self.path=='/api/repos/create':
            o = json.loads(body)
            name = '/'.join(filter(None, [o.get('organization'), o['name']]))
            self.created.append((name, o.get('private') or o.get('visibility')=='private'))
            self.json(dict(url=f'{constants.ENDPOINT}/{name}', name=name))
        elif 'validate-yaml' in self.path: self.json(dict(errors=[], warnings=[]))
        elif '/preupload/' in self.path:
            names = [f['path'] for f in json.loads(body)['files']]
            self.json(dict(files=[dict(path=n, uploadMode='regular', shouldIgnore=False) for n in names]))
        elif '/commit/' in self.path:
            for o in map(json.loads, body.decode().splitlines()):
                if o['key']=='file': self.files[o['value']['path']] = base64.b64decode(o['value']['content'])
            self.json(dict(success=True, commitUrl=f'{constants.ENDPOINT}/someone/digits/commit/{commit}', commitOid=commit, hookOutput=''))
        else: self.answer(status=404)

    def do_GET(self):
        name = self.path.partition('/resolve/main/')[2]
        if name in self.files and self.path.startswith('/someone/digits/'):
            self.answer(self.files[name], ETag='"'+str(len(self.files[name]))+'"', X_Repo_Commit=commit)
        else: self.answer(status=404, X_Error_Code='RepositoryNotFound')
    do_HEAD = do_GET

@pytest.fixture
def hub(monkeypatch, tmp_path):
    "Run the small server as the Hub."
    server = ThreadingHTTPServer(('127.0.0.1',0), Hub)
    monkeypatch.setattr(constants, 'ENDPOINT', f'http://127.0.0.1:{server.server_port}')
    monkeypatch.setattr(constants, 'HUGGINGFACE_CO_URL_TEMPLATE', constants.ENDPOINT+'/{repo_id}/resolve/{revision}/{filename}')
    for o in (Hub.files,Hub.created,Hub.headers_seen): o.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Hub
    server.shutdown()
    server.server_close()

@pytest.fixture
def ticket():
    net = lenet_300_100(64, seed=0)
    return Ticket.of(net, make_masks(net, 90), made_by='a test', history=[dict(round=0, accuracy=.9)])

def equal(a, b): return same(a.masks, b.masks) and same(a.weights, b.weights) and a.about==b.about

def test_there_and_back(hub, ticket, tmp_path):
    url = ticket.push_to_hub('someone/digits', private=True, license='mit', token='secret')
    assert url.endswith(commit) and hub.created==[('someone/digits',True)] and set(hub.files)=={'ticket.safetensors','README.md'}
    assert 'Bearer secret' in str(hub.headers_seen) and b'secret' not in b''.join(hub.files.values())
    card = hub.files['README.md'].decode()
    assert card.startswith('---\nlibrary_name: fasterlth\n') and "Ticket.from_hub('someone/digits')" in card and 'license: mit' in card
    assert huggingface_hub.ModelCard(card).data.library_name=='fasterlth'
    again = Ticket.from_hub('someone/digits', cache_dir=tmp_path/'cache')
    assert equal(again, ticket)
    hub.files.clear()    # what was downloaded is read without the Hub
    assert equal(Ticket.from_hub('someone/digits', cache_dir=tmp_path/'cache', local_files_only=True), ticket)

def test_a_card_of_ones_own_stays(hub, ticket):
    hub.files['README.md'] = b'mine'
    ticket.push_to_hub('someone/digits', card=False, token='x')
    assert hub.files['README.md']==b'mine' and 'ticket.safetensors' in hub.files

def test_what_isnt_there_is_named(hub, tmp_path):
    with pytest.raises(FileNotFoundError, match="repo_id 'someone/else' has no ticket.safetensors that can be read"):
        Ticket.from_hub('someone/else', cache_dir=tmp_path)

def test_a_damaged_download_is_refused(hub, ticket, tmp_path):
    ticket.push_to_hub('someone/digits', token='x')
    hub.files['ticket.safetensors'] = hub.files['ticket.safetensors'][:-1]
    with pytest.raises(ValueError, match="can't be read as a ticket"): Ticket.from_hub('someone/digits', cache_dir=tmp_path)

@pytest.mark.parametrize('text', ['|', '<img src=x>', '[a](b)', '\n---\nlicense: x', '`'*3, '# '*9, 'x'*9999, 'ä\u2028|'])
def test_a_card_quotes_what_a_ticket_says(ticket, text):
    t = Ticket(ticket.masks, ticket.weights, {text: text, 'history': [{text: text}], 'made_by': dict(a=[text])})
    card = t.model_card()
    assert '<img' not in card and '[a](b)' not in card and 'license' not in card.split('\n---\n')[0]
    plain = Ticket(ticket.masks, ticket.weights, {'a': 'b', 'history': [{'a': 'b'}], 'made_by': dict(a=['b'])}).model_card()
    assert card.count('\n')==plain.count('\n')
    rows = [[l.replace('\\|', '').count('|') for l in c.split('\n') if l.startswith('|')] for c in (card,plain)]
    assert rows[0]==rows[1]

@pytest.mark.parametrize('name,more', [('resnet10t',{}), ('vit_tiny_patch16_224',dict(img_size=32, in_chans=1)), ('mobilenetv3_small_050',{}),
                                       ('mixer_s32_224',dict(img_size=64)), ('convnext_atto',{})])
def test_networks_of_timm_are_built_again(name, more):
    net = timm.create_model(name, pretrained=False, num_classes=4, **more)
    t = Ticket.of(net, make_masks(net, 50, random_score))    # some layers begin with zeros
    other = t.build_model()
    assert type(other) is type(net) and same(weights(other), t.start())

def test_a_network_with_arguments_that_timm_forgets():
    net = timm.create_model('vit_tiny_patch16_224', pretrained=False, img_size=32, num_classes=3, embed_dim=24, num_heads=2, depth=1)
    t = Ticket.of(net, make_masks(net, 50))
    with pytest.raises(ValueError, match='blocks'): t.build_model()
    assert same(weights(t.build_model(embed_dim=24, num_heads=2, depth=1)), t.start())

def test_networks_of_hugging_face_are_built_again(tmp_path):
    "Also when tensors are tied, and after a round through a file."
    net = GPT2LMHeadModel(GPT2Config(n_embd=16, n_head=2, n_layer=1, vocab_size=40, n_positions=8))
    Ticket.of(net, make_masks(net, 50)).save(tmp_path/'t.safetensors')
    t = Ticket.load(tmp_path/'t.safetensors')
    assert same(weights(t.build_model()), t.start())
    t.about['build']['config'] |= dict(auto_map={'AutoModel': 'x--y.Z'}, attn_implementation='someone/kernel', _name='x')
    t.build_model()    # what would load code is left out

def test_a_learners_body_is_a_part():
    from fastai.vision.all import vision_learner
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        learn = vision_learner(digits_dls(size=32, n=64, bs=32), 'resnet10t', pretrained=False, n_in=1, n_out=10)
    t = Ticket.of(learn.model, {})
    assert t.about['build']['part']=='0.model' and t.about['build']['library']=='timm'

def test_finders_record_what_builds_a_network():
    net = timm.create_model('resnet10t', pretrained=False, num_classes=10, in_chans=1)
    finder = LotteryTicketFinder(make_learner(model=net, n=64), 50, n_rounds=1, seed=0, verbose=False)
    t = finder.find_winning_ticket(lambda l: quiet(l, 1))
    assert t.about['build']['args']==dict(num_classes=10, in_chans=1) and t.build_model()

def test_a_readme_of_something_else_is_kept(tmp_path):
    net = nn.Sequential(nn.Linear(4, 4))
    ticket = Ticket.of(net, make_masks(net, 50))
    (tmp_path/'README.md').write_text('# my project')
    with pytest.raises(ValueError, match="path must be a folder of the ticket's own"): ticket.save_folder(tmp_path)
    assert (tmp_path/'README.md').read_text()=='# my project' and os.listdir(tmp_path)==['README.md']
    (tmp_path/'README.md').unlink()
    for _ in range(2): ticket.save_folder(tmp_path)    # its own card is replaced
    assert sorted(os.listdir(tmp_path))==['README.md','ticket.safetensors']

@pytest.mark.parametrize('name,options,says', [
    ('test_vit', dict(act_layer='relu'), "has 6 × GELU.* where the ticket's network had 6 × ReLU"),
    ('test_vit', dict(global_pool='avg'), "global_pool='map'.* had .*global_pool='avg'|patch|norm"),
    ('test_resnet', dict(global_pool='max'), 'AdaptiveAvgPool2d.* had .*AdaptiveMaxPool2d'), ('test_resnet', dict(output_stride=8), 'stride|Conv2d')])
def test_options_that_change_no_shape_are_asked_for(name, options, says, tmp_path):
    net = timm.create_model(name, num_classes=5, **options)
    Ticket.of(net, make_masks(net, 50)).save(tmp_path/'t.safetensors')
    t = Ticket.load(tmp_path/'t.safetensors')
    with pytest.raises(ValueError, match=says): t.build_model()
    assert same(weights(t.build_model(**options)), t.start())

@pytest.mark.parametrize('make', [lambda: timm.create_model('visformer_tiny', num_classes=5, in_chans=1), lambda: timm.create_model('test_vit').half(),
                                  lambda: GPT2LMHeadModel(GPT2Config(n_embd=16, n_head=2, n_layer=1, vocab_size=40, n_positions=8)).bfloat16()])
def test_first_layers_and_types_are_those_of_the_ticket(make):
    net = make()
    t = Ticket.of(net, make_masks(net, 50))
    assert same(weights(t.build_model()), t.start())

@pytest.mark.parametrize('layers', [{}, {'ReLU()': 'x'}, {'ReLU()': None}])
def test_layers_in_a_ticket_may_be_anything(layers):
    net = timm.create_model('test_resnet', num_classes=5)
    t = Ticket.of(net, {})
    t.about['build']['layers'] = layers
    with pytest.raises(ValueError, match="timm's test_resnet"): t.build_model()
    t.about['build']['layers'] = 3
    with pytest.raises(TypeError, match='layers must be a dict, not int'): t.build_model()
    del t.about['build']['layers']
    assert same(weights(t.build_model()), t.start())    # as in a ticket of before

def test_what_a_folder_does_not_have(ticket, tmp_path):
    ticket.save_folder(tmp_path/'f')
    with pytest.raises(ValueError, match="revision must be None for a folder, '.*f', not 'v1'"):
        Ticket.from_hub(str(tmp_path/'f'), revision='v1')

def test_a_hub_that_cannot_be_reached(ticket, monkeypatch):
    import huggingface_hub
    class Unreachable(Exception): "As the library's own for connections, whose class differs by version."
    def fails(*args, **kwargs): raise Unreachable('name or service not known')
    monkeypatch.setattr(huggingface_hub.HfApi, 'create_repo', fails)
    with pytest.raises(ConnectionError, match=r"the Hub can't be reached \(name or service not known\): save_folder"):
        ticket.push_to_hub('a/b', token='x')

@pytest.mark.parametrize('name,options', [('vit_tiny_patch16_224',dict(img_size=32, num_heads=4)), ('test_nfnet',dict(alpha=.5))])
def test_numbers_that_change_no_shape_are_asked_for(name, options):
    net = timm.create_model(name, num_classes=5, **options)
    t = Ticket.of(net, {})
    with pytest.raises(ValueError, match='where the ticket.s network had'): t.build_model()
    assert same(weights(t.build_model(**{k: v for k,v in options.items() if k!='img_size'})), t.start())
    t.about['build']['version'] = '0.0.1'
    with pytest.warns(UserWarning, match='But that was timm 0.0.1, and this is'): t.build_model()

def test_an_image_size_of_one_number():
    net = timm.create_model('efficientvit_m0', num_classes=5)
    assert same(weights(Ticket.of(net, {}).build_model()), net.state_dict()|dict(net.named_buffers()))
