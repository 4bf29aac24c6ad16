"Logs that people keep within `train` have all rounds, each with its number and sparsity."
import io
from contextlib import nullcontext, redirect_stdout
from helpers import *

def learner(tmp_path, **kwargs): return make_learner(n=128, path=tmp_path, **kwargs)
def search(learn, train, n_rounds=2, **kwargs):
    f = LotteryTicketFinder(learn, 80, n_rounds, seed=0, verbose=False, **kwargs)
    f.find_winning_ticket(train)
    return f

def rows(path): return pd.read_csv(path)
def rounds(df): return df['round'].tolist()

def test_a_csv_log_keeps_all_rounds(tmp_path):
    (tmp_path/'log.csv').write_text('of an earlier search\n')
    f = search(learner(tmp_path), lambda l: l.fit(2, cbs=CSVLogger('log.csv')))
    df = rows(tmp_path/'log.csv')
    assert rounds(df)==[0,0,1,1,2,2] and df.epoch.tolist()==[0,1]*3
    assert df.sparsity.round(2).tolist()==[round(s, 2) for s in f.history.sparsity for _ in range(2)]
    assert df.valid_loss.round(4).tolist()==f.epochs.valid_loss.round(4).tolist()
    f.train_ticket(f.ticket.masks)    # adds rows, and takes none away
    df = rows(tmp_path/'log.csv')
    assert len(df)==8 and df['round'].isna().tolist()==[False]*6+[True]*2 and round(df.sparsity.iloc[-1])==80
    assert 'before_fit' not in vars(CSVLogger('log.csv'))

def test_a_csv_log_on_the_learner_and_one_with_append(tmp_path):
    (tmp_path/'more.csv').write_text('what was there\n')
    learn = learner(tmp_path, cbs=CSVLogger())
    search(learn, lambda l: l.fit(1, cbs=CSVLogger('more.csv', append=True)))
    assert rounds(rows(tmp_path/'history.csv'))==[0,1,2]
    first,*others = (tmp_path/'more.csv').read_text().splitlines()
    assert first=='what was there' and [o[:4] for o in others]==['roun','0,0.','1,55','2,80']
    quiet(learn, 2)    # on its own, the logger is fastai's again
    assert (tmp_path/'history.csv').read_text().splitlines()[0].split(',')[0]=='epoch'

def test_several_fits_of_a_round_and_several_files(tmp_path):
    def train(l):
        l.fit(1, cbs=CSVLogger('a.csv'))
        l.fit(2, cbs=[CSVLogger('a.csv'), CSVLogger('b.csv')])
    search(learner(tmp_path), train, 1)
    assert rounds(rows(tmp_path/'a.csv'))==[0]*3+[1]*3 and rounds(rows(tmp_path/'b.csv'))==[0]*2+[1]*2

@pytest.mark.parametrize('stop', [1,2,3,4,5,6,7,8])
def test_a_killed_search_logs_no_epoch_twice(tmp_path, stop):
    def run(name, stop=None):
        left,logs = [stop],[]
        def log():
            logs.append(CSVLogger('log.csv'))
            return logs[-1]
        class Kill(Callback):
            order = 55    # after the epoch is recorded and logged
            def after_epoch(self):
                if left[0] is None or not logs: return    # measuring sends this event, too
                left[0] -= 1
                if not left[0]: raise KeyboardInterrupt
        def train(l):
            l.fit(1, cbs=log())
            l.fit(2, cbs=[log()])
        learn = learner(tmp_path/name, cbs=Kill())
        try: search(learn, train, path=tmp_path/name/'run')
        except KeyboardInterrupt: logs[-1].file.close()
    run('whole')
    run('killed', stop)
    run('killed')
    def text(name): return rows(tmp_path/name/'log.csv').drop(columns='time')
    pd.testing.assert_frame_equal(text('whole'), text('killed'))

def test_no_bar_silences_the_finder(tmp_path):
    learn = learner(tmp_path)
    def printed(quiet):
        out = io.StringIO()
        with redirect_stdout(out), learn.no_bar() if quiet else nullcontext():
            LotteryTicketFinder(learn, 80, 1, seed=0).find_winning_ticket(lambda l: l.fit(1))
        return out.getvalue()
    assert printed(True)=='' and 'round 1 of 1' in printed(False)

def test_tensorboard_has_a_folder_for_each_round(tmp_path):
    pytest.importorskip('tensorboard')
    from fastai.callback.tensorboard import TensorBoardCallback
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    board = TensorBoardCallback(log_dir=tmp_path/'tb', trace_model=False, log_preds=False)
    f = search(learner(tmp_path, cbs=board), lambda l: l.fit(2))
    assert board.log_dir==tmp_path/'tb'
    for r in range(3):
        log = EventAccumulator(str(tmp_path/'tb'/f'round_{r:02d}')).Reload()
        assert [round(o.value, 3) for o in log.Scalars('sparsity')]==[round(f.history.sparsity[r], 3)]*2
        assert [round(o.value, 4) for o in log.Scalars('valid_loss')]==f.epochs[f.epochs['round']==r].valid_loss.round(4).tolist()
    assert sorted(o.name for o in (tmp_path/'tb').iterdir())==['round_00','round_01','round_02']    # measuring logs nothing
    search(learner(tmp_path), lambda l: l.fit(1, cbs=TensorBoardCallback(tmp_path/'own', trace_model=False, log_preds=False)), 1)
    assert sorted(o.name for o in (tmp_path/'own').iterdir())==['round_00','round_01']

def test_wandb_has_round_and_sparsity_beside_its_values(tmp_path, monkeypatch):
    wandb = pytest.importorskip('wandb')
    for k,v in dict(WANDB_MODE='offline', WANDB_SILENT='true', WANDB_DIR=str(tmp_path)).items(): monkeypatch.setenv(k, v)
    from fastai.callback import wandb as fastais
    monkeypatch.setattr(fastais, '_format_config', lambda config: {})    # raises with fastcore 2, also without us
    logged = []
    with wandb.init(project='test', dir=tmp_path) as run:
        real = type(run)._partial_history_callback
        def noted(self, row, *args, **kwargs):
            logged.append(dict(row))
            return real(self, row, *args, **kwargs)
        monkeypatch.setattr(type(run), '_partial_history_callback', noted)
        f = search(learner(tmp_path), lambda l: l.fit(2, cbs=fastais.WandbCallback(log_preds=False)))
        assert run.step>0 and run.summary['round']==2 and round(run.summary['sparsity'])==80
    told = [o for o in logged if 'round' in o]
    assert [o['round'] for o in told]==[0,0,1,1,2,2]
    assert [round(o['sparsity'], 2) for o in told]==[round(s, 2) for s in f.history.sparsity for _ in range(2)]
