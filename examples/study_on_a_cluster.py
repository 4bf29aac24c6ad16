"Run a study on a Dask cluster: on this machine, or on the machines of a scheduler."
from fastai.vision.all import *
from fastcore.script import call_parse
from fasterlth.all import *


@call_parse
def main(
    address:str=None, # Of a Dask scheduler; without one, a cluster on this machine
    workers:int=2, # On this machine
    out:str='cluster-out', # Folder of the study, on a disk that all machines see
    seeds:int=3, # Number of seeds
    rounds:int=3, # Of pruning
    epochs:int=6, # Of each training
    sparsity:float=90, # Percent of the weights to prune
    n:int=1797, # Digits
    in_threads:bool=False # Run one worker in this process, to try it
):
    "Train tickets and their controls on a cluster, and print the verdict."
    import joblib
    from distributed import Client, LocalCluster
    dls = digits_dls(n=n)
    def make_learner(seed): return Learner(dls, lenet_300_100(seed=seed), metrics=accuracy)
    def train(learn): learn.fit_one_cycle(epochs, 1e-2)
    study = LotteryStudy(make_learner, train, sparsity, rounds, ['random_reinit','random_mask'], seeds, path=out)
    local = dict(n_workers=1 if in_threads else workers, threads_per_worker=1, processes=not in_threads, dashboard_address=':0')
    with (nullcontext() if address else LocalCluster(**local)) as cluster, Client(address or cluster):
        with joblib.parallel_config(backend='dask'): study.run()
    print(study.verdict())
    study.plot()[0].figure.savefig(Path(out)/'study.png', dpi=120, bbox_inches='tight')
    return study
