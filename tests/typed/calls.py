"What the README and the tutorials call, for a type checker: it is read, never run."
from pathlib import Path

import pandas as pd
from torch import nn

from fastai.vision.all import *
from fasterlth.all import *

dls = digits_dls()
learn = seed_learner(Learner(dls, lenet_300_100(seed=0), metrics=accuracy), 0)

# One callback

sp_cb = SparsifyCallback(80, 'weight', 'local', l1_norm, iterative, start_epoch=3, lth=True, reset_end=True, verbose=False)
learn.fit(12, 1e-3, cbs=sp_cb)
sp_cb.ticket.save('ticket.safetensors')
ticket: Ticket = Ticket.load(Path('ticket.safetensors'))
ticket.apply(learn)
summary: pd.DataFrame = sp_cb.summary()
sp_cb.plot_plan(ax=None)
by_layer = SparsifyCallback({'0.*': 50, nn.Linear: 80}, 'filter', 'global', l2_norm, agp, start_epoch='10it', n_epochs=None)

# The protocol

finder = LotteryTicketFinder(learn, sparsity=95, n_rounds=5, rewind_epoch=1, seed=0, path='runs/digits')
found: Ticket = finder.find_winning_ticket(lambda l: l.fit_one_cycle(6, 1e-2))
finder.history[['remaining','valid_loss']].round(3)
finder.plot()
for t in finder.tickets: print(t)
early = EarlyBirdFinder(learn, 50)
early_bird = EarlyBirdCallback(50)

# Studies

def make_learner(seed): return Learner(dls, lenet_300_100(seed=seed), metrics=accuracy)
study = LotteryStudy(make_learner, lambda l: l.fit_one_cycle(6, 1e-2), sparsity=95, n_rounds=3,
                     conditions=['random_reinit','random_mask'], seeds=3)
study.run(n_jobs=2).plot()
print(study.verdict(), study.summary())
results: pd.DataFrame = study.results

# Plain PyTorch

model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
masks = make_masks(model, 80)
apply_masks(model, masks)
percent: float = sparsity_of(masks)
Ticket.of(model, masks).save('plain.safetensors')

# Products

ticket.deploy(learn, 'shrink+onnx', 'small.onnx')
moved,report = ticket.transfer(lenet_300_100(n_out=20, seed=1))
small,report = shrink(model, masks, torch.rand(1, 4))

# What is wrong is seen: the checker would complain of a comment that hides nothing

study.nonsense                                     # pyright: ignore[reportAttributeAccessIssue]
make_masks(model, sparsty=80)                      # pyright: ignore[reportCallIssue]
ticket.save(3)                                     # pyright: ignore[reportArgumentType]
LotteryStudy(make_learner, 'train', sparsity=95)   # pyright: ignore[reportArgumentType]
