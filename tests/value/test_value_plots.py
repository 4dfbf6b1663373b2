"""Pictures of retention and purchases show the numbers they are given, and save."""

import numpy as np
import pandas as pd
import pytest

from custsim.errors import InputError
from custsim.plots import purchases, retention, style
from custsim.value.exponentialgamma import ExponentialGamma
from custsim.value.purchases import BGBB, BGNBD, MBGNBD, holdout_check
from custsim.value.retention import BetaDiscreteWeibull, Geometric, ShiftedBetaGeometric
from custsim.value.transactions import CustomerSummary, calibration_holdout

OBSERVED = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8]
SBG = ShiftedBetaGeometric(alpha=0.668, beta=3.806)
BG = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")


@pytest.fixture(scope="module")
def split():
    drawn = BG.simulate(np.linspace(20, 39, 400), seed=1, holdout=39)
    return calibration_holdout(drawn, calibration_end=drawn.end, end=drawn.end + 39, unit="week")


def test_survival_is_drawn_as_computed():
    figure = retention.survival_projection([SBG, Geometric(churn=0.15)], OBSERVED, periods=12, calibration=6)
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    assert lines["customers differ (sBG)"] == pytest.approx(SBG.survival(np.arange(13)))
    assert lines["observed"] == pytest.approx(np.array(OBSERVED[:7]) / 100)
    assert lines["observed later"] == pytest.approx(np.array(OBSERVED[7:]) / 100)
    assert "38" in figure.axes[0].get_title(loc="left")


@pytest.mark.parametrize(
    "observed", [OBSERVED, [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3], [100, 97, 95, 94, 93, 92, 92, 91, 91]]
)
@pytest.mark.parametrize("periods", [8, 20])
def test_the_legend_covers_no_curve(observed, periods):
    models = [kind.fit(observed) for kind in (ShiftedBetaGeometric, BetaDiscreteWeibull, Geometric)]
    figure = retention.survival_projection(models, observed, periods=periods, calibration=5)
    figure.canvas.draw()
    ax = figure.axes[0]
    box = ax.get_legend().get_window_extent()
    for line in ax.lines:
        x, y = np.asarray(line.get_xydata()).T
        along = np.linspace(x[0], x[-1], 400)
        points = ax.transData.transform(np.column_stack([along, np.interp(along, x, y)]))
        assert not any(box.contains(*point) for point in points), line.get_label()
    for text in ax.texts:
        assert not box.overlaps(text.get_window_extent()), text.get_text()


def test_retention_by_age_is_drawn_as_computed():
    model = BetaDiscreteWeibull(alpha=0.5, beta=2.0, c=1.2)
    figure = retention.retention_by_age(model, OBSERVED, periods=10)
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    assert lines["differ and change (BdW)"] == pytest.approx(model.retention_rate(np.arange(1, 11)))
    assert lines["observed"] == pytest.approx(np.array(OBSERVED[1:]) / np.array(OBSERVED[:-1]))
    falling = retention.retention_by_age(BetaDiscreteWeibull(alpha=50.0, beta=400.0, c=1.6), periods=5)
    assert "falls" in falling.axes[0].get_title(loc="left")
    for picture in (figure, falling):
        picture.canvas.draw()
        ax = picture.axes[0]
        points = ax.transData.transform(np.vstack([line.get_xydata() for line in ax.lines]))
        box = ax.get_legend().get_window_extent()
        assert not any(box.contains(*point) for point in points)


def test_customers_who_may_leave_at_any_moment_are_drawn_between_the_counts_too():
    """Where alpha = r = 1 half are gone at age 1 and a third at 1/2: a curve, not a line between counts."""
    figure = retention.survival_projection([ExponentialGamma(r=1.0, alpha=1.0), SBG], OBSERVED, periods=3)
    line = next(line for line in figure.axes[0].lines if line.get_label() == "differ, leave any time (EG)")
    age, share = np.asarray(line.get_xydata()).T
    assert share[[0, -1]] == pytest.approx([1.0, 0.25])
    assert np.interp([0.5, 1.0], age, share) == pytest.approx([2 / 3, 0.5], abs=1e-3)
    assert "Exponential-gamma model: r 1, alpha 1" in _words(figure)
    by_age = retention.retention_by_age(ExponentialGamma(r=1.0, alpha=1.0), periods=3)
    (line,) = by_age.axes[0].lines
    assert np.interp([1, 2, 3], *np.asarray(line.get_xydata()).T) == pytest.approx([1 / 2, 2 / 3, 3 / 4], abs=1e-3)
    assert "renew" not in _words(by_age)


@pytest.mark.parametrize("draw", [retention.survival_projection, retention.retention_by_age])
def test_what_was_observed_later_than_the_last_age_drawn_is_left_out(draw):
    figure = draw(SBG, OBSERVED, periods=3)
    ages = next(line for line in figure.axes[0].lines if line.get_label() == "observed").get_xdata()
    assert max(ages) == 3
    figure = draw(SBG, OBSERVED, periods=5, calibration=3)
    ages = next(line for line in figure.axes[0].lines if line.get_label() == "observed later").get_xdata()
    assert list(ages) == [4, 5]


def _words(figure):
    ax = figure.axes[0]
    return " ".join([text.get_text() for text in [*ax.texts, ax.title, ax._left_title]] + [ax.get_xlabel()])


def test_mix_of_customers_fills_the_bars():
    figure = retention.sorting_of_customers(SBG, 5, groups=3)
    heights = np.array([bar.get_height() for bar in figure.axes[0].patches]).reshape(3, 5)
    assert heights.sum(axis=0) == pytest.approx(np.ones(5))
    assert np.all(np.diff(heights[0]) > 0)  # the most loyal gain
    assert "no customer does" in figure.axes[1].get_title(loc="left")


def test_heat_map_shows_the_probabilities(split):
    figure = purchases.frequency_recency(BG, T=39, most=6, customers=split.calibration)
    dots = len(figure.axes[0].lines[0].get_xdata())
    words = " ".join(text.get_text() for text in [*figure.axes[0].texts, figure.axes[0]._left_title])
    assert f"dots: {dots} of 400" in words
    shade = np.asarray(figure.axes[0].images[0].get_array())
    assert shade[-1, 0] == pytest.approx(float(BG.probability_alive(1, 39, 39)))
    assert shade[0, 5] == pytest.approx(float(BG.probability_alive(6, 0, 39)))
    purchases_ = purchases.frequency_recency(BG, T=39, most=6, show="purchases", periods=10)
    assert np.asarray(purchases_.axes[0].images[0].get_array())[-1, 5] == pytest.approx(
        float(BG.expected_purchases(10, 6, 39, 39))
    )


def test_heat_map_is_not_hidden_by_its_customers():
    luck, model = np.random.default_rng(1), MBGNBD(r=0.5, alpha=4.4, a=0.8, b=2.4, unit="month")
    table = {"frequency": np.repeat([1.0, 3.0, 5.0], 100_000), "recency": 20.0}
    table["T"] = luck.uniform(122, 156, 300_000)
    many = CustomerSummary.of(pd.DataFrame(table), unit="month")
    drawn = []
    for customers in (many, many):
        figure = purchases.frequency_recency(model, T=139, most=6, customers=customers)
        drawn.append(figure.axes[0].lines[0].get_xdata())
        assert "(dots: 1,000 of 300,000, 122 to 156 months)" in " ".join(
            text.get_text() for text in figure.axes[0].texts
        )
    assert np.array_equal(*drawn)
    kinds = np.bincount(np.round(drawn[0]).astype(int))
    assert kinds.sum() == 1000
    assert np.all(np.abs(kinds[[1, 3, 5]] - 1000 / 3) < 5 * np.sqrt(1000 * 2 / 9))  # a third each, to five deviations
    figure.canvas.draw()
    bar, shade = figure.axes[1].get_window_extent(), figure.axes[0].get_window_extent()
    assert bar.x0 - shade.x1 < 0.05 * figure.bbox.width


def test_heat_map_leaves_impossible_histories_of_opportunities_blank():
    model = BGBB(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8, unit="year")
    shade = purchases.frequency_recency(model, T=6, most=6).axes[0].images[0].get_array()
    assert np.ma.getmaskarray(shade).sum() == 15  # frequency above recency


def test_history_ends_where_the_customer_stands():
    figure = purchases.alive_history(BG, [0, 5, 9], until=40, customer="17")
    alive = float(BG.probability_alive(2, 9, 40))
    assert figure.axes[0].lines[0].get_ydata()[-1] == pytest.approx(alive)
    figure.canvas.draw()
    ax = figure.axes[0]
    curve = ax.transData.transform(ax.lines[0].get_xydata()[:-1])
    label = next(text for text in ax.texts if "%" in text.get_text()).get_window_extent()
    assert not any(label.contains(*point) for point in curve)
    assert "Customer 17" in figure.axes[0].get_title(loc="left")
    assert f"{alive * 100:.0f} %" in figure.axes[0].get_title(loc="left")


def test_tracking_and_holdout_draw_actual_and_expected(split):
    model = MBGNBD.fit(split.calibration)
    figure = purchases.purchase_tracking(model, split, step=2)
    actual = figure.axes[0].lines[0].get_ydata()
    assert actual[-1] == split.calibration.frequency.sum() + split.holdout["purchases"].sum()
    bars = purchases.holdout_by_frequency(holdout_check(model, split)).axes[0].patches
    assert len(bars) % 2 == 0


def test_every_picture_can_be_saved(split, tmp_path):
    model = MBGNBD.fit(split.calibration)
    pictures = [
        retention.survival_projection(SBG),
        retention.retention_by_age(SBG),
        retention.sorting_of_customers(SBG),
        retention.survival_projection(ExponentialGamma(r=1.2, alpha=10.0)),
        purchases.frequency_recency(model, T=30),
        purchases.alive_history(model, [0], until=10),
        purchases.purchase_tracking(model, split.calibration, step=3),
        purchases.holdout_by_frequency(holdout_check(model, split)),
    ]
    for i, figure in enumerate(pictures):
        assert style.save(figure, tmp_path / f"{i}.png", dpi=40).stat().st_size > 2000


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: retention.survival_projection([]), "at least one"),
        (lambda: retention.survival_projection(SBG, [5]), "observed"),
        (lambda: retention.survival_projection(SBG, periods=0), "periods"),
        (lambda: retention.survival_projection(SBG, OBSERVED, calibration=40), "calibration"),
        (lambda: retention.sorting_of_customers(SBG, groups=9), "groups"),
        (lambda: purchases.frequency_recency(BG, T=0), "T and most"),
        (lambda: purchases.frequency_recency(BG, T=9, show="all"), "show"),
        (lambda: purchases.alive_history(BG, [], until=3), "at least one time"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
