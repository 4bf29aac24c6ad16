"Prune heads and neurons of a Hugging Face ViT, cut them out, and write the folder that `push_to_hub` would upload."
from fastai.vision.all import *
from fastcore.script import call_parse
from fasterlth.all import *


class Logits(Callback):
    "Turn Hugging Face's output into logits."
    def after_pred(self): self.learn.pred = self.pred.logits

def make_vit(size, width, depth, n_out):
    "Make a small ViT with random weights; for pretrained ones, see `from_pretrained`."
    from transformers import ViTConfig, ViTForImageClassification
    set_seed(0)
    return ViTForImageClassification(ViTConfig(image_size=size, patch_size=size//8, num_channels=1, hidden_size=width, num_hidden_layers=depth,
        num_attention_heads=4, intermediate_size=2*width, num_labels=n_out))

@call_parse
def main(
    out:str='transformer-out', # Folder for the run and the ticket
    size:int=16, # Height and width of the digits
    width:int=64, # Of the transformer
    depth:int=3, # Blocks
    epochs:int=8, # Of each training
    rounds:int=2, # Of pruning
    sparsity:float=50, # Percent of the heads and the neurons to prune
    n:int=1797 # Digits
):
    "Find a ticket of heads and neurons, and print what it saves."
    dls = digits_dls(size=size, n=n)
    learn = Learner(dls, make_vit(size, width, depth, dls.c), metrics=accuracy, cbs=Logits(), loss_func=CrossEntropyLossFlat())
    names = list(prunable(learn.model))
    heads = {n: 'head' for n in names if 'attention' in n}
    neurons = {n: 'filter' for n in names if n not in heads and ('fc1' in n or 'intermediate' in n)}
    percent = {'*': 0, **dict.fromkeys([*heads,*neurons], sparsity)}
    finder = LotteryTicketFinder(learn, percent, n_rounds=rounds, granularity={'*': 'filter', **heads}, criteria=l2_norm,
                                 rewind_epoch=1, seed=0, path=Path(out)/'run')
    ticket = finder.find_winning_ticket(lambda learn: learn.fit_one_cycle(epochs, 3e-3))
    print(finder.history[['remaining','valid_loss','accuracy']].round(3), ticket, sep='\n\n')
    print(ticket.deploy(learn, 'shrink').report[['parameters','multiply_adds','latency_ms','accuracy']].round(3).to_string())
    ticket.save_folder(Path(out)/'to-share')    # or ticket.push_to_hub('organisation/name')
    return ticket
