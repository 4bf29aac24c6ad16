"Find a ticket for a table, and compare it with its controls."
from fastai.tabular.all import *
from fastcore.script import call_parse
from fasterlth.all import *


def bundled():
    "Return scikit-learn's table of breast cancers, and the column to predict."
    from sklearn.datasets import load_breast_cancer
    data = load_breast_cancer(as_frame=True)
    return data.frame.assign(target=data.target_names[data.target]),'target'

def make_loaders(df, target, bs):
    "Make loaders for all columns of a table, and normalise numbers. The split is seeded."
    cont,cat = cont_cat_split(df, dep_var=target, max_card=20)
    return TabularDataLoaders.from_df(df, y_names=target, y_block=CategoryBlock(), cont_names=cont, cat_names=cat,
        procs=[Categorify,FillMissing,Normalize], valid_idx=RandomSplitter(.3, seed=0)(df)[1], bs=bs)

@call_parse
def main(
    csv:str=None, # A table; without one, scikit-learn's breast cancers
    target:str='target', # The column to predict
    out:str='tabular-out', # Folder for the study
    bs:int=32, # Rows in a batch
    epochs:int=5, # Of each training
    rounds:int=3, # Of pruning
    sparsity:float=90, # Percent of the weights to prune
    seeds:int=3 # Number of seeds
):
    "Study tickets of a tabular network, and print the verdict."
    df,target = (pd.read_csv(csv),target) if csv else bundled()
    if target not in df: raise ValueError(f"target must be a column of the table ({', '.join(df)}), not {target!r}")
    dls = make_loaders(df, target, bs)
    def make_learner(seed):
        set_seed(seed)    # of the initial weights
        return tabular_learner(dls, layers=[200,100], metrics=accuracy)
    def train(learn): learn.fit_one_cycle(epochs, 1e-2)
    study = LotteryStudy(make_learner, train, sparsity, rounds, ['random_reinit','random_mask'], seeds, path=out).run()
    print(study.summary()[['remaining','mean','low','high']].round(2), study.verdict(), sep='\n\n')
    study.ticket('winning', 0).save(Path(out)/'ticket.safetensors')
    return study
