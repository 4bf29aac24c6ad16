"Tables of results: intervals, differences seed by seed, verdicts, plots."
import matplotlib.pyplot as plt
import numpy as np, pandas as pd
import pytest
from scipy import stats
from helpers import *
from fasterlth.find.report import interval, plot_results, remaining_axis, summarize, verdict

def faked(acc, seeds=4):
    "A table of results: condition → accuracy in each round."
    def row(k, i, r, a):
        sparsity = 50.*(r>0)+10*r
        return dict(condition=k, seed=i, round=r, sparsity=sparsity, remaining=100-sparsity, train_loss=1., valid_loss=1., accuracy=a+.001*i,
                    best_epoch=2, start_valid_loss=2., start_accuracy=.1, best_iteration=10, seconds=1.)
    rows = []
    for i in range(seeds):
        rows += [row('winning' if r else 'dense', i, r, a+.0002*(i%2)*r) for r,a in enumerate(acc['dense']+acc['winning'])]
        for k in acc:
            if k not in ('dense','winning'): rows += [row(k, i, r, a+.0003*(i%3)) for r,a in enumerate(acc[k], 1)]
    return pd.DataFrame(rows)

def without(df, condition, seeds): return df[~((df.condition==condition)&df.seed.isin(seeds))]

def test_intervals_are_scipys():
    x = np.random.default_rng(0).normal(size=7)
    mean,lo,hi = interval(x, .9)
    want = stats.t.interval(.9, 6, loc=x.mean(), scale=stats.sem(x))
    np.testing.assert_allclose((lo,hi), want)
    assert np.isclose(mean, x.mean()) and np.isnan(interval([1.])[1])

def test_differences_are_paired():
    df = faked(dict(dense=[.9], winning=[.91,.88], random_reinit=[.88,.80]))
    s,r = summarize(df),df.set_index(['condition','round','seed']).accuracy*100
    d = np.array([r['winning',1,i]-r['dense',0,i] for i in range(4)])
    want = stats.t.interval(.95, 3, loc=d.mean(), scale=stats.sem(d))
    np.testing.assert_allclose(s.loc[('winning',1),['vs_dense','vs_dense_low','vs_dense_high']].astype(float), [d.mean(),*want])
    assert s.loc[('winning',1),'vs_dense_high']-s.loc[('winning',1),'vs_dense_low']<s.loc[('winning',1),'high']-s.loc[('winning',1),'low']
    v = verdict(df)
    assert v.startswith('winning at 40 % of the weights: +1.0') and 'against re-initialisation' in v and '4 seeds' in v

def test_rounds_of_other_numbers_are_paired_by_remaining_weights():
    df = faked(dict(dense=[.9], winning=[.91,.88], random_reinit=[.88,.80]))
    once = df[(df.condition=='winning')&(df['round']==2)].assign(condition='at_once', round=1)
    s = summarize(pd.concat([df,once]))
    pd.testing.assert_series_equal(s.loc['at_once',1], s.loc['winning',2], check_names=False)

def test_no_verdict():
    assert verdict(faked(dict(dense=[.9], winning=[.85,.84], random_reinit=[.80,.80]))).startswith('no ticket wins')
    assert verdict(faked(dict(dense=[.9], winning=[.91,.91], random_reinit=[.92,.92]))).startswith('no ticket wins')
    assert 'one seed proves nothing' in verdict(faked(dict(dense=[.9], winning=[.91,.91], random_reinit=[.8,.8]), 1))
    assert 'without the condition random_reinit' in verdict(faked(dict(dense=[.9], winning=[.91,.91])))
    loss = faked(dict(dense=[.9], winning=[.91,.91], random_reinit=[.8,.8]))
    assert 'no ticket wins' in verdict(loss, 'valid_loss')    # all losses are equal: no gap

def test_verdicts_of_losses():
    df = faked(dict(dense=[.50], winning=[.45,.60], random_reinit=[.70,.80]))
    def renamed(name, **kwargs): return verdict(df.rename(columns={'accuracy': name,'start_accuracy': f'start_{name}'}), name, **kwargs)
    for name in ('mse','error_rate','hinge_loss','val_mae','perplexity'): assert renamed(name).startswith('winning at 40 %'), name
    assert '-5.0' in renamed('error_rate') and ' pp' in renamed('error_rate') and ' pp' not in renamed('mse')
    assert renamed('hinge_loss', margin=.11).startswith('winning at 30 %')    # the default margin is for percentages only
    assert renamed('distance').startswith('no ticket wins') and renamed('distance', more=False).startswith('winning at 40 %')

def test_verdicts_need_pairs():
    acc = dict(dense=[.9], winning=[.91,.91], random_reinit=[.8,.8])
    one = without(faked(acc, 3), 'random_reinit', (1,2))
    assert verdict(one).startswith('no verdict: winning, dense and random_reinit share fewer than two seeds')
    df = without(faked(acc, 4), 'random_reinit', (2,))
    assert '3 seeds' in verdict(df) and summarize(df).loc[('winning',1),['vs_dense_seeds','vs_random_reinit_seeds']].tolist()==[4,3]
    for k in ('dense','random_reinit','lucky'):
        with pytest.raises(ValueError, match='condition must be one of winning'): verdict(df, condition=k)
    for level in (95,0,True,'high'):
        with pytest.raises((TypeError,ValueError), match='level must be a number between 0 and 1'): summarize(df, level=level)
    with pytest.raises(ValueError, match='metric must be one of'): summarize(df, 'condition')

def test_bands_stay_within_the_plot():
    "Two seeds have intervals beyond 100 %, one seed has none."
    acc = dict(dense=[.97], winning=[.995,.90], random_reinit=[.95,.80])
    assert summarize(faked(acc, 2)).high.max()>100
    for n in (2,1):
        axs = plot_results(faked(acc, n))
        for c in axs[0].collections:
            for y in (p.vertices[:,1] for p in c.get_paths()): assert not len(y) or np.isnan(y).all() or np.nanmax(y)<=100
        lo,hi = axs[0].get_ylim()
        assert 60<lo<80 and 98<hi<=105 and axs[0].get_lines()[0].get_label()=='dense'
        assert len(axs[0].patches)==(n==2)    # the dense network's band
    plot_results(faked(acc, 2), ax=plt.subplots()[1])

def test_plots_without_an_early_stop():
    "Trainings without validation data have none; the axes stay empty."
    df = faked(dict(dense=[.9], winning=[.91,.88])).assign(best_iteration=None)
    axs = plot_results(df)
    assert axs[0].get_lines() and not axs[1].get_lines()

def test_colors_are_the_conditions_own():
    acc = dict(dense=[.9], winning=[.91,.88], mine=[.88,.80], random_reinit=[.8,.7], yours=[.8,.7])
    df = faked(acc)
    def colors(df): return {l.get_label(): l.get_color() for a in plot_results(df) for l in a.get_lines()}
    all_ = colors(df)
    assert all_['winning']=='tab:green' and all_['mine']!=all_['yours'] and len(all_)==5
    assert colors(df[df.condition!='mine'])['random_reinit']==all_['random_reinit']

def test_an_axis_is_turned_once():
    ax = plt.subplots()[1]
    for _ in range(3): assert remaining_axis(ax, [100,80,64]) is ax and ax.xaxis_inverted() and ax.get_xscale()=='log'
    assert ax.get_xlim()[0]>=100>64>=ax.get_xlim()[1]

# What can be seen

def lines(ax): return {l.get_label(): l for l in ax.get_lines()}

def test_two_seeds_have_bars_and_no_band():
    acc = dict(dense=[.97], winning=[.96,.90], random_reinit=[.95,.80])
    two,three = (plot_results(faked(acc, n))[0] for n in (2,3))
    def areas(ax): return [c for c in ax.collections if type(c).__name__ in ('PolyCollection','FillBetweenPolyCollection') and len(c.get_paths())]
    assert not areas(two) and len(areas(three))==2
    assert 'range of two seeds' in two.get_legend().get_title().get_text() and not three.get_legend().get_title().get_text()
    df = faked(acc, 2)
    bars = [seg for c in two.collections if type(c).__name__=='LineCollection' for seg in c.get_segments()]
    assert len(bars)==4 and np.isclose(max(b[:,1].max() for b in bars), 100*df[df.condition!='dense'].accuracy.max())

def test_lines_that_coincide_are_seen():
    acc = dict(dense=[.97], winning=[.96,.90,.8], mine=[.96,.90,.8], random_reinit=[.95,.80,.7], yours=[.96,.90,.8])
    for n in (1,3):
        ls = lines(plot_results(faked(acc, n))[0])
        assert [ls[k].get_linestyle() for k in ('winning','mine','random_reinit','yours')]==['-','--','-','--']
        assert ls['winning'].get_markersize()>ls['mine'].get_markersize()>ls['yours'].get_markersize()==ls['random_reinit'].get_markersize()
        assert ls['dense'].get_zorder()>ls['winning'].get_zorder()
    apart = lines(plot_results(faked(dict(acc, mine=[.96,.89,.7], yours=[.9,.8,.75])))[0])
    assert {l.get_linestyle() for k,l in apart.items() if k!='dense'}=={'-'} and {l.get_markersize() for k,l in apart.items() if k!='dense'}=={4}

def test_whole_numbers_have_whole_ticks():
    df = faked(dict(dense=[.97], winning=[.96,.90])).assign(best_iteration=3, best_epoch=2)
    df.loc[1,['best_iteration','best_epoch']] = 4
    for ax in (plot_results(df)[1], plot_results(df, 'best_epoch', plt.subplots()[1])):
        assert all(float(o).is_integer() for o in ax.get_yticks())

def test_every_plot_returns_its_axes():
    from matplotlib.axes import Axes
    from faults.arguments import call, callables
    from faults.things import Things
    things = Things()
    names = [n for n in callables() if 'plot' in n.rpartition('.')[2]]
    assert len(names)>=12
    for n in names:
        res = call(things, n, {})()
        assert isinstance(res, Axes) or len(res)==2 and all(isinstance(o, Axes) for o in res), n
        plt.close('all')

def test_labels_beside_each_other():
    "However many rounds, there is room for the label of each tick."
    fig,ax = plt.subplots()
    for n in (5,22,60):
        remaining = [100*.8**i for i in range(n)]
        remaining_axis(ax, remaining)
        ticks = ax.get_xticks()
        assert len(ticks)<=14 and ticks.max()==100 and (n>5 or len(ticks)==5)
    plt.close(fig)

def test_pairs_are_of_one_seed_though_seeds_differ_in_size():
    "With filters ranked over the whole network, seeds end with different numbers of weights; their controls have the same masks."
    sizes,control = [10.35,10.59,9.86,10.11,10.35],[.95,.97,.97,.951,.95]
    rows = []
    for s,(n,c) in enumerate(zip(sizes, control)):
        for k,r,left,v in (('dense',0,100.,.95), ('winning',1,n,.955+.001*(s%2)), ('random_reinit',1,n,c)):
            rows.append(dict(condition=k, seed=s, round=r, remaining=left, start_accuracy=.1, accuracy=v))
    df = pd.DataFrame(rows)
    row = summarize(df).loc[('winning',1)]
    d = np.array([.955+.001*(s%2)-c for s,c in enumerate(control)])*100
    assert row.vs_random_reinit_seeds==5 and row.vs_random_reinit==pytest.approx(d.mean())
    assert verdict(df).startswith('no ticket wins')

def test_a_winner_among_many_rounds_may_be_chance():
    wins = noted = 0
    for seed in range(60):
        g = np.random.default_rng(seed)
        rows = [('dense',0), *[(k,r) for r in range(1, 16) for k in ('winning','random_reinit')]]
        said = verdict(pd.DataFrame([dict(condition=k, seed=s, round=r, remaining=100*.8**r, start_accuracy=.1, accuracy=.95+.0005*g.standard_normal())
                                     for s in range(5) for k,r in rows]))
        wins += said.startswith('winning')
        noted += said.endswith('With intervals that hold for all 15 rounds at once, none wins')
    assert wins>=8 and wins-noted<=4    # in the long run 2.5 % of all tables at most
    sure = faked(dict(dense=[.9], winning=[.91,.90], random_reinit=[.88,.80]), 8)
    assert verdict(sure).startswith('winning at 30 %') and 'at once' not in verdict(sure)

def test_a_sparser_winner_may_be_less_sure():
    g,rows = np.random.default_rng(0),[]
    for s in range(6):
        rows.append(dict(condition='dense', seed=s, round=0, remaining=100., start_accuracy=.1, accuracy=.9))
        for r,sd in ((1,.0001), (2,.0045)):
            e = sd*(s-2.5)/1.87
            rows += [dict(condition=k, seed=s, round=r, remaining=50./r, start_accuracy=.1, accuracy=.905+a+e*(a>0)) for k,a in (('winning',.005),('random_reinit',0.))]
    said = verdict(pd.DataFrame(rows))
    assert said.startswith('winning at 25 %') and said.endswith('for all 2 rounds at once, a ticket wins at 50 %, and at none sparser')

def test_what_is_better_of_common_losses():
    for name in ('cross_entropy','nll','wer','fid','hamming_loss'):
        df = faked(dict(dense=[.1], winning=[.6], random_reinit=[.5])).rename(columns={'accuracy': name,'start_accuracy': f'start_{name}'})
        assert verdict(df, name).startswith('no ticket wins') and ' pp' not in verdict(df, name), name

def test_an_interval_without_width_is_no_certainty():
    rows = [dict(condition=k, seed=s, round=r, remaining=50., start_accuracy=.1, accuracy=a+.01*s)
            for s in range(2) for k,r,a in (('dense',0,.5), ('winning',1,.75), ('random_reinit',1,.625))]
    assert verdict(pd.DataFrame(rows)).endswith('so an interval has no width: take more seeds')

# Tables that aren't right

def test_no_training_counts_twice():
    df = faked(dict(dense=[.9], winning=[.91,.88], random_reinit=[.88,.80]))
    says = "df must have one row for each condition, seed and round, but has several for 'winning', seed 2, round 1"
    twice = pd.concat([df,df[(df.condition=='winning')&(df.seed>1)]])
    for f in (summarize,verdict,plot_results):
        with pytest.raises(ValueError, match=says): f(twice)
        assert f(df) is not None

def test_metrics_must_be_one_column_of_numbers():
    df = faked(dict(dense=[.9], winning=[.91,.88], random_reinit=[.88,.80]))
    for f in (summarize,verdict,plot_results):
        for metric in ('accuracy',None):
            with pytest.raises(ValueError, match=r"metric must be one of valid_loss, not 'accuracy', whose values aren't numbers \(object\): convert them"):
                f(df.astype({'accuracy': object}), metric)
        both = pd.concat([df,df[['accuracy','seed']]], axis=1)
        with pytest.raises(ValueError, match="df must have the column 'accuracy' once, not several times"): f(both, 'accuracy')
        with pytest.raises(ValueError, match="df must have the column 'seed' once, not several times"): f(both, 'valid_loss')
        with pytest.raises(ValueError, match="metric must be the name of a column of numbers, not 'train_loss'"):
            f(df[['condition','seed','round','remaining']])

def spoilt(df, *rows):
    "Return results in which accuracies of trainings, each a condition, a seed and a round, are NaN."
    df = df.copy()
    for k,i,r in rows: df.loc[(df.condition==k)&(df.seed==i)&(df['round']==r),'accuracy'] = float('nan')
    return df

def test_a_verdict_leaves_out_trainings_that_gave_nan_and_says_so():
    df = faked(dict(dense=[.9], winning=[.91,.88], random_reinit=[.88,.80], mine=[.9,.9]))
    winning = (df.condition=='winning')&(df['round']==1)
    v = verdict(spoilt(df, ('winning',1,1), ('mine',0,1)))
    without_it = verdict(df[~(winning&(df.seed==1))])
    assert v==without_it+'. Left out, as accuracy is NaN there: winning, seed 1, round 1' and '3 seeds' in v
    v = verdict(spoilt(df, *((k,i,1) for k in ('winning','random_reinit') for i in (0,1,2))))
    assert v.endswith('. Left out, as accuracy is NaN there: winning, seed 0, round 1; random_reinit, seed 0, round 1; '
                      'winning, seed 1, round 1; random_reinit, seed 1, round 1; and 2 more') and '..' not in v
    low = verdict(spoilt(faked(dict(dense=[.9], winning=[.8,.8], random_reinit=[.88,.80])), ('dense',0,0)))
    assert low.startswith('no ticket wins') and low.endswith('in this order. Left out, as accuracy is NaN there: dense, seed 0, round 0')
    for k in ('winning','dense','random_reinit'):
        assert verdict(spoilt(df, *((k,i,r) for i in range(4) for r in range(3))))==f'no verdict: accuracy is NaN in all trainings of {k}'
    assert verdict(spoilt(df, *(('dense',i,0) for i in (0,1,2)))).startswith('no verdict: winning, dense and random_reinit share fewer than two seeds. Left out')

def test_a_verdict_without_the_dense_network():
    df = faked(dict(dense=[.9], winning=[.91,.88], random_reinit=[.88,.80]))
    with pytest.raises(ValueError, match="df must have the condition 'dense', but has winning, random_reinit"): verdict(df[df.condition!='dense'])
    others = df.assign(seed=df.seed+10*(df.condition=='dense'))
    assert verdict(others).startswith('no verdict: winning, dense and random_reinit share fewer than two seeds')
