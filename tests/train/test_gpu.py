"On a GPU: what a fit leaves on, moments, criteria, masks. Skipped where there is none."
import tempfile
from helpers import *
from fasterlth.core.inputs import Scoring, make_inputs
from fasterlth.core.ranking import lowest

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
gpu = torch.device('cuda')

def learner(seed=0, half=False, model=None, **kwargs):
    set_seed(seed)
    learn = Learner(digits_dls(size=8, n=640, device=gpu), (model or SmallNet()).to(gpu), metrics=accuracy, lr=1e-2, **kwargs)
    return learn.to_fp16() if half else learn

def trained(half=True, **kwargs):
    "Return validation loss and accuracy of a short training."
    learn = learner(half=half, **kwargs)
    return quiet(learn, 4).recorder.values[-1][1:]

def test_two_mixed_precisions_are_refused_by_name():
    learn = learner(half=True).add_cb(MixedPrecision())
    with pytest.raises(ValueError, match='MixedPrecision'): quiet(learn, 1, cbs=MaskCallback(make_masks(learn.model, 50)))
    with pytest.raises(ValueError, match='MixedPrecision'):
        LotteryTicketFinder(learn, 50, 1, seed=0, verbose=False).find_winning_ticket(lambda l: l.fit(1))
    assert not torch.is_autocast_enabled('cuda')

@pytest.mark.parametrize('error', [KeyboardInterrupt, torch.OutOfMemoryError])
def test_an_interrupted_forward_pass_leaves_no_autocast_on(error):
    "Each later training in this process is as the first one was."
    want = trained()
    learn = learner(half=True); masks = make_masks(learn.model, 50); n = [0]
    def stop(m, args):
        n[0] += 1
        if n[0]==3: raise error('in the middle of a batch')
    hook = learn.model.register_forward_pre_hook(stop)
    with pytest.raises(error): quiet(learn, 2, cbs=MaskCallback(masks))
    hook.remove()
    assert not torch.is_autocast_enabled('cuda') and torch.is_grad_enabled()
    assert trained()==want

def test_a_finder_begins_without_the_autocast_of_others():
    def found():
        finder = LotteryTicketFinder(learner(), 80, 1, seed=0, verbose=False)
        finder.find_winning_ticket(lambda l: l.fit(2, 1e-2))
        return finder.history[['valid_loss','accuracy']].values.tolist()
    want = found()
    left = torch.autocast('cuda', dtype=torch.float16); left.__enter__()
    try: assert found()==want
    finally: left.__exit__(None, None, None)

def test_a_moment_goes_through_a_file_and_on():
    def run(stop_at=None, begin=None):
        learn = learner(half=True); end = []
        def on_epoch(t):
            if t.epoch==stop_at: end.append(t.moment().save(tempfile.mkdtemp()+'/m.safetensors')); raise KeyboardInterrupt
        try:
            with learn.no_bar(), learn.no_logging(): Training(learn, begin, on_epoch=on_epoch)(lambda l: l.fit_one_cycle(3, 1e-2))
        except KeyboardInterrupt: pass
        return learn,end
    torch.backends.cudnn.deterministic = True
    whole,_ = run()
    _,(path,) = run(stop_at=2)
    went_on,_ = run(begin=Snapshot.load(path))
    assert same(weights(went_on.model), weights(whole.model))

@pytest.mark.parametrize('criterion', [snip, grasp, synflow, taylor])
def test_scores_leave_no_trace(criterion):
    learn = learner(); model = learn.model
    before,states = weights(model),(torch.get_rng_state(),torch.cuda.get_rng_state())
    b = learn.dls.one_batch()
    states = torch.get_rng_state(),torch.cuda.get_rng_state()
    def score(): return make_inputs(criterion, Scoring(model, list(prunable(model)), [b], learn.loss_func))
    first = score(); torch.rand(3, device=gpu); model.eval(); second = score()
    assert same(weights(model), before) and torch.equal(torch.get_rng_state(), states[0])
    for k in first:
        for n in first[k]: assert torch.allclose(first[k][n], second[k][n], rtol=1e-4, atol=1e-6)

def test_pruned_means_zero_on_a_gpu():
    for half in (False, True):
        learn = learner(half=half); masks = make_masks(learn.model, 60)
        with torch.no_grad():
            for n,p in learn.model.named_parameters():
                if n in masks: p[~masks[n]] = float('inf')
        cb = MaskCallback(masks)
        quiet(learn, 1, cbs=[cb, Watch(cb)])
        assert_masked(learn.model, masks)

def test_the_lowest_are_the_same_on_both_devices():
    torch.manual_seed(0)
    for n in (10, 1000, 300_000):
        s = torch.randint(50, (n,)).float(); alive = torch.rand(n)<.9    # many ties
        for k in (0, 1, n//3, int(alive.sum())):
            a,b = lowest([s], [alive], k)[0],lowest([s.to(gpu)], [alive.to(gpu)], k)[0]
            assert torch.equal(a, b.cpu())

def test_a_search_is_killed_and_goes_on_with_the_same_bits(tmp_path):
    torch.backends.cudnn.deterministic = True
    def finder(path): return LotteryTicketFinder(learner(), 80, 2, seed=0, criteria=snip, rewind_epoch=1, path=path, verbose=False)
    def train(l): l.fit_one_cycle(2, 1e-2)
    whole = finder(tmp_path/'a'); whole.find_winning_ticket(train)
    cut = finder(tmp_path/'b'); n = [0]; do = cut.learn._do_one_batch
    def stop():
        do(); n[0] += cut.learn.training
        if n[0]==35: raise KeyboardInterrupt
    cut.learn._do_one_batch = stop
    with pytest.raises(KeyboardInterrupt): cut.find_winning_ticket(train)
    again = finder(tmp_path/'b'); again.find_winning_ticket(train)
    assert n[0]==35 and all(same(a, b) for a,b in zip(whole.masks, again.masks))
    pd.testing.assert_frame_equal(whole.history, again.history)
