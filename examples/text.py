"Find a ticket for a text classifier."
from fastai.text.all import *
from fastcore.script import call_parse
from fasterlth.all import *


def bundled(words=30):
    "Return passages of the descriptions of scikit-learn's data sets, labelled with the set that they describe."
    from sklearn import datasets
    rows = []
    for name in ('breast_cancer','diabetes','digits','iris','linnerud','wine'):
        text = re.findall(r"[A-Za-z']+", getattr(datasets, f'load_{name}')().DESCR)
        rows += [(' '.join(text[i:i+words]), name) for i in range(0, len(text)-words, words//3)]
    return pd.DataFrame(rows, columns=['text','label'])

@call_parse
def main(
    csv:str=None, # A table with the columns text and label; without one, descriptions of data sets
    out:str='text-out', # Folder for the run and the ticket
    epochs:int=8, # Of each training
    rounds:int=2, # Of pruning
    sparsity:float=70, # Percent of the weights to prune
    width:int=64 # Of the recurrent layers
):
    "Find a ticket of an LSTM, and print how each round did."
    df = pd.read_csv(csv) if csv else bundled()
    dls = TextDataLoaders.from_df(df, text_col='text', label_col='label', valid_pct=.3, seed=0, bs=32)
    set_seed(0)    # of the initial weights
    config = {**awd_lstm_clas_config, 'emb_sz': width//2, 'n_hid': width, 'n_layers': 2}
    learn = text_classifier_learner(dls, AWD_LSTM, config=config, drop_mult=.3, pretrained=False, metrics=accuracy)
    finder = LotteryTicketFinder(learn, sparsity, n_rounds=rounds, rewind_epoch=1, seed=0, path=Path(out)/'run')
    ticket = finder.find_winning_ticket(lambda learn: learn.fit_one_cycle(epochs, 2e-2))
    print(finder.history[['remaining','valid_loss','accuracy']].round(3), ticket, sep='\n\n')
    ticket.save(Path(out)/'ticket.safetensors')
    return finder
