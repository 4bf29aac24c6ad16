"A ticket that a callback has pruned is accepted by the same callback, and stays as it is: tolerances come from group sizes."
import itertools
import pytest
from helpers import *
from fasterlth.core.pruner import rounding

class Uneven(nn.Module):
    "Layers whose groups have several sizes, and numbers of weights that few percentages divide."
    def __init__(self):
        super().__init__()
        self.conv1,self.conv2 = nn.Conv2d(1, 7, 3, stride=2),nn.Conv2d(7, 9, 2)
        self.fc1,self.fc2 = nn.Linear(9*2*2, 13),nn.Linear(13, 10)
    def forward(self, x): return self.fc2(F.relu(self.fc1(F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1))))

pytestmark = pytest.mark.filterwarnings('ignore:.*whole outputs', 'ignore:.*would have lost everything')

set_seed(0)
dls = digits_dls(size=8, bs=64, n=64, device=torch.device('cpu'))

def learner(seed=0):
    set_seed(seed)
    return Learner(dls, Uneven(), metrics=accuracy, lr=1e-2)

settings = [o for o in itertools.product(['weight','filter','kernel','row','column','4:8'], ['local','global'], [1,13,45,50,66.6,80], [None,2,4])
            if not (o[3] and (o[1]=='global' or o[0]=='4:8')) and not (o[0]=='4:8' and o[2]>50)]

@pytest.mark.parametrize('granularity,context,sparsity,round_to', settings)
def test_the_second_fit(granularity, context, sparsity, round_to):
    def prune(**kwargs):
        return sparsify(sparsity, granularity, context, schedule=one_shot, round_to=round_to, **kwargs)
    learn = learner()
    try: cb = prune(); quiet(learn, 1, cbs=cb)
    except ValueError as e:    # settings that don't fit these layers
        assert 'round_to' in str(e) or '4:8' in str(e), e
        return
    layers = cb.pruner.layers(learn.model)
    assert cb.ticket.sparsity<=sparsity+rounding(layers, cb.pruner)+1e-6
    cb.ticket.apply(learn)
    for kwargs in (dict(), dict(lth=True, start_sparsity=min(sparsity, 5))):
        again = prune(**kwargs)
        quiet(learn, 1, cbs=again)
        assert same(again.masks, cb.masks)

def test_both_phases_of_fine_tune():
    set_seed(0)
    net = nn.Sequential(nn.Sequential(nn.Flatten(), nn.Linear(64, 13), nn.ReLU()), nn.Linear(13, 10))
    learn = Learner(dls, net, metrics=accuracy, splitter=lambda m: [params(m[0]),params(m[1])])
    Ticket.of(net, make_masks(prunable(net), 45)).apply(learn)
    with learn.no_bar(), learn.no_logging(): learn.fine_tune(2, 1e-2, cbs=sparsify(80, schedule=one_shot))
    assert round(sum(int((p==0).sum()) for p in net.parameters() if p.ndim>1)/(64*13+130), 2)==.8

def test_a_ticket_that_is_sparser_is_still_refused():
    learn = learner()
    Ticket.of(learn.model, make_masks(prunable(learn.model), 60)).apply(learn)
    with pytest.raises(ValueError, match='sparsity must be at least the 60.*% of the ticket on this learner, not 59%'):
        quiet(learn, 1, cbs=sparsify(59))
    with pytest.raises(ValueError, match='sparsity must be at least the 60.*% of the ticket on this learner, not 59%'):
        quiet(learn, 1, cbs=EarlyBirdCallback(59, 'weight'))
    quiet(learn, 1, cbs=EarlyBirdCallback(60, 'weight'))

@pytest.mark.parametrize('granularity,context', [('weight','local'), ('filter','local'), ('filter','global')])
def test_an_early_bird_ticket_is_accepted_by_its_callback(granularity, context):
    learn = learner()
    quiet(learn, 2, cbs=(cb := EarlyBirdCallback(47, granularity, context, n_masks=2, threshold=1., verbose=False)))
    cb.ticket.apply(learn)
    quiet(learn, 1, cbs=EarlyBirdCallback(47, granularity, context, verbose=False))

def test_the_step_after_a_pruning_is_of_a_whole_window():
    "A rewind drops accumulated gradients, so the callback that counts them begins anew."
    steps = []
    class Steps(Callback):
        order = 10**6+1
        def after_step(self): steps.append(self.epoch*self.n_iter+self.iter)
    sp = sparsify(80, start_epoch='6it', end_epoch='7it', schedule=one_shot, lth=True)
    quiet(make_learner(bs=16), 1, cbs=[sp, GradientAccumulation(64), Steps()])
    at = sp.history.iteration.tolist()
    assert at and all(s<at[0] for s in steps[:1]) and steps[:1]==[3]
    after = [s for s in steps if s>=at[0]]
    assert after[0]==at[0]+3 and {b-a for a,b in zip(after, after[1:])}=={4}

@pytest.mark.parametrize('every', [False,True])
def test_weights_that_are_loaded_at_the_end_are_mentioned(tmp_path, capsys, every):
    "SaveModelCallback loads the best epoch, here a dense one; one that saves every epoch loads none."
    learn = make_learner(path=tmp_path)
    quiet(learn, 3, cbs=[sparsify(80, start_epoch=1, schedule=one_shot, verbose=True), SaveModelCallback(monitor='sparsity', comp=np.less, every_epoch=every)])
    said = 'has loaded weights from before the last pruning step' in capsys.readouterr().out
    assert said==(not every)
