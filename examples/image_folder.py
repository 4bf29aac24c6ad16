"Find a ticket of whole filters for a folder of images, cut out what it prunes, and write an ONNX file."
from fastai.vision.all import *
from fastcore.script import call_parse
from fasterlth.all import *


def write_digits(path, n):
    "Write scikit-learn's digits to a folder with a folder of images for each class."
    from sklearn.datasets import load_digits
    for i,(image,label) in enumerate(zip(*load_digits(return_X_y=True))):
        if i==n: break
        folder = Path(path)/str(label)
        folder.mkdir(parents=True, exist_ok=True)
        PILImage.create((image.reshape(8, 8)*15.9).astype('uint8')).save(folder/f'{i:04}.png')
    return path

def make_learner(dls, pretrained):
    "Make a small residual network, or fastai's learner with a pretrained one."
    if pretrained: return vision_learner(dls, resnet18, metrics=accuracy)
    return Learner(dls, small_resnet(8, n_ch=3, width=16, n_out=dls.c, seed=0, stride=2), metrics=accuracy)

@call_parse
def main(
    path:str=None, # Folder with a folder of images for each class; without one, digits are written to --out and used
    out:str='image-folder-out', # Folder for the run, the ticket and the network
    bs:int=32, # Images in a batch
    size:int=32, # Height and width that images are resized to
    epochs:int=4, # Of each training
    rounds:int=2, # Of pruning
    sparsity:float=60, # Percent of the filters to prune
    n:int=1797, # How many digits to write
    pretrained:bool=False # Begin with a ResNet-18 pretrained on ImageNet, which is downloaded
):
    "Find a ticket of filters, and write `small.onnx`."
    out = Path(out)
    path = path or write_digits(out/'digits', n)
    dls = ImageDataLoaders.from_folder(path, valid_pct=.2, seed=0, item_tfms=Resize(size), bs=bs, num_workers=0)
    learn = make_learner(dls, pretrained)
    last = list(prunable(learn.model))[-1]    # its filters are the classes: they stay
    finder = LotteryTicketFinder(learn, {'*': sparsity, last: 0}, n_rounds=rounds, granularity='filter', criteria=l2_norm,
                                 rewind_epoch=min(1, epochs-1), seed=0, path=out/'run')
    ticket = finder.find_winning_ticket(lambda learn: learn.fit_one_cycle(epochs, 5e-3))
    print(finder.history[['remaining','valid_loss','accuracy']].round(3))
    ticket.save(out/'ticket.safetensors')
    product = ticket.deploy(learn, 'shrink+onnx', out/'small.onnx')
    print(product.report[['parameters','bytes','latency_ms','accuracy']].round(3).to_string())
    print(f"classes, in the order of the outputs: {', '.join(map(str, dls.vocab))}")
    return product
