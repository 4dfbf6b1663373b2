"""Pictures say what the numbers say, stay inside their frame, and are written whole or not at all."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from custsim import value
from custsim.errors import EnvironmentFailure, InputError
from custsim.plots import economics, style

RNG = np.random.default_rng(11)
MONEY = RNG.lognormal(4, 1.5, 400)
STREAM = {"margin": 100, "retention": 0.8, "discount": 0.1}


def _summary():
    frequency = RNG.poisson(3, 200)
    recency = np.where(frequency > 0, 52 * RNG.beta(2, 1, 200), 0)
    return pd.DataFrame({"frequency": frequency, "recency": recency, "T": 52.0, "monetary_value": 20.0 + frequency})


PICTURES = {
    "relationship": lambda: economics.relationship_value(**STREAM, acquisition_cost=150),
    "relationship, a loss": lambda: economics.relationship_value(**STREAM, acquisition_cost=900),
    "relationship, three payments": lambda: economics.relationship_value(**STREAM, acquisition_cost=50, horizon=3),
    "retention": lambda: economics.retention_worth(**STREAM),
    "ledger": lambda: economics.retention_ledger(
        value.retention_ledger(years=7, base=30, growth=20, cost_saving=8, referral=10, premium=6, acquisition_cost=60)
    ),
    "ledger, flat": lambda: economics.retention_ledger(
        value.retention_ledger(years=3, base=30, profile="flat", acquisition_cost=60)
    ),
    "lorenz": lambda: economics.lorenz(MONEY, what="contribution"),
    "whale": lambda: economics.whale_curve(
        value.cost_to_serve(revenue=MONEY, gross_margin=0.3, activities={"call": RNG.gamma(1, 9, 400)},
                            unit_costs={"call": 3})
    ),
    "tiers": lambda: economics.tiers(MONEY, what="contribution"),
    "segments": lambda: economics.rfm_segments(value.rfm(_summary())),
    "referral map": lambda: economics.referral_map(MONEY, RNG.gamma(0.5, 100, 400)),
    "loyalty map": lambda: economics.loyalty_map(RNG.beta(4, 2, 300), RNG.beta(2, 2, 300)),
    "equity": lambda: economics.equity_surface(
        margin=50, discount=0.15, acquisition=value.ResponseCurve(0.4, 0.1), retention=value.ResponseCurve(0.7, 0.08)
    ),
    "diffusion": lambda: economics.bass_diffusion(value.Bass(p=0.03, q=0.38, market=1000)),
    "diffusion, falling": lambda: economics.bass_diffusion(value.Bass(p=0.2, q=0.05, market=1000)),
    "diffusion, service": lambda: economics.bass_diffusion(value.Bass(p=0.03, q=0.38, market=1000, attrition=0.1)),
    "diffusion, fitted": lambda: economics.bass_diffusion(
        value.bass_fit(value.Bass(p=0.01, q=0.5, market=9000).by_period(10) + 5)
    ),
}  # fmt: skip


def _texts(figure):
    return [text for ax in figure.axes for text in [*ax.texts, ax.title, ax.xaxis.label, ax.yaxis.label,
            ax._left_title]]  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_words_stay_inside_the_picture_and_titles_do_not_meet(name):
    figure = PICTURES[name]()
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    frame = figure.bbox
    for text in _texts(figure):
        if text.get_text():
            box = text.get_window_extent(renderer)
            assert box.x0 >= frame.x0 - 1, text.get_text()
            assert box.y0 >= frame.y0 - 1, text.get_text()
            assert box.x1 <= frame.x1 + 1, text.get_text()
            assert box.y1 <= frame.y1 + 1, text.get_text()
    titles = [ax._left_title.get_window_extent(renderer) for ax in figure.axes if ax._left_title.get_text()]
    for left, right in pairwise(titles):
        assert left.x1 < right.x0 or left.y0 > right.y1


def test_drawing_leaves_pyplot_and_the_global_look_alone():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    PICTURES["lorenz"]()
    assert dict(mpl.rcParams) == before
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_pictures_drawn_in_threads_are_those_drawn_one_by_one(tmp_path):
    def write(number):
        return style.save(economics.lorenz(np.arange(1, 50.0)), tmp_path / f"{number}.png", dpi=50).read_bytes()

    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(write, range(8)))
    assert set(drawn) == {write(9)}


class TestWhatPicturesSay:
    def test_payback_and_final_value(self):
        figure = economics.relationship_value(**STREAM, acquisition_cost=150)
        words = " ".join(text.get_text() for text in _texts(figure))
        assert "lifetime value 217" in words  # 366.67 - 150
        assert "paid back with payment 2" in words  # 100 + 72.7 > 150

    def test_a_loss_is_called_one(self):
        figure = economics.relationship_value(**STREAM, acquisition_cost=900)
        assert "never paid back" in " ".join(text.get_text() for text in _texts(figure))

    def test_lorenz_marks_the_share_of_the_best(self):
        figure = economics.lorenz([8] * 20 + [0.5] * 80)
        words = " ".join(text.get_text() for text in _texts(figure)).replace("\n", " ")
        assert "the best 20 % of customers bring 80 % of the value" in words
        assert "Gini 0.60" in words

    def test_tiers_show_both_shares(self):
        figure = economics.tiers([100] * 5 + [20] * 15 + [2] * 80)
        widths = [bar.get_width() for bar in figure.axes[0].patches]
        np.testing.assert_allclose(widths[:4], [0.01, 0.04, 0.15, 0.80])
        np.testing.assert_allclose(widths[4:], np.array([100, 400, 300, 160]) / 960)

    def test_ledger_bars_stack_to_the_profit(self):
        ledger = value.retention_ledger(years=4, base=30, growth=20, premium=-4, acquisition_cost=60)
        bars = economics.retention_ledger(ledger).axes[0].patches
        by_year = pd.Series([bar.get_height() for bar in bars]).groupby([round(bar.get_center()[0]) for bar in bars])
        np.testing.assert_allclose(by_year.sum(), ledger["profit"])

    def test_the_star_is_at_the_best_balance(self):
        a, r = value.ResponseCurve(0.4, 0.1), value.ResponseCurve(0.7, 0.08)
        figure = economics.equity_surface(margin=50, discount=0.15, acquisition=a, retention=r)
        best = value.acquisition_retention_balance(margin=50, discount=0.15, acquisition=a, retention=r)
        star = next(line for line in figure.axes[0].lines if line.get_marker() == "*")
        assert star.get_xydata()[0].tolist() == [best.acquisition_spend, best.retention_spend]

    def test_wrong_improvements_and_tables_are_refused(self):
        with pytest.raises(InputError, match=r"percentage_points: 30 takes retention 0\.8 to 1\.1"):
            economics.retention_worth(**STREAM, percentage_points=30)
        with pytest.raises(InputError, match="ledger: lacks acquisition"):
            economics.retention_ledger(pd.DataFrame({"base": [1]}))


class TestStyle:
    def test_a_notebook_shows_the_picture(self):
        assert PICTURES["lorenz"]()._repr_png_().startswith(b"\x89PNG")

    def test_palette_keeps_apart_for_the_colour_blind_and_on_white(self):
        """Each pair of series colours differs by contrast of lightness or clearly in the blue-yellow direction.

        Simulated deuteranopia and protanopia (Viénot, Brettel & Mollon 1999): distances in linear RGB.
        """
        deuter = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])
        protan = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
        rgb = np.array([[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for c in style.PALETTE]) ** 2.2
        for seen in (rgb, rgb @ deuter.T, rgb @ protan.T):
            for one in range(len(seen)):
                for two in range(one):
                    assert np.linalg.norm(seen[one] - seen[two]) > 0.07, (style.PALETTE[one], style.PALETTE[two])

    @pytest.mark.parametrize(
        ("number", "text"),
        [
            (1234567.8, "1,234,568"),
            (-1500, "\N{MINUS SIGN}1,500"),
            (0.25, "0.25"),
            (3.0, "3"),
            (-0.0, "0"),
            (100.4, "100"),
        ],
    )
    def test_numbers_as_people_read_them(self, number, text):
        assert style.number(number) == text

    def test_ticks_have_separators_and_only_the_decimals_they_need(self):
        figure = style.new_figure()
        ax = figure.axes[0]
        ax.plot([0, 0.5, 1], [0, 20_000, 45_000])
        style.dress(ax)
        style.percent_axis(ax.xaxis)
        figure.canvas.draw()
        assert "20,000" in [label.get_text() for label in ax.get_yticklabels()]
        assert "20 %" in [label.get_text() for label in ax.get_xticklabels()]

    def test_categories_keep_their_names(self):
        figure = style.new_figure()
        ax = figure.axes[0]
        ax.bar(["ann", "bob"], [1, 2])
        style.dress(ax)
        figure.canvas.draw()
        assert [label.get_text() for label in ax.get_xticklabels()] == ["ann", "bob"]


class TestSave:
    @pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
    def test_writes_the_three_formats_and_nothing_beside(self, tmp_path, ending):
        style.save(style.new_figure(), tmp_path / f"picture{ending}")
        assert [file.name for file in tmp_path.iterdir()] == [f"picture{ending}"]

    def test_other_endings_are_refused(self, tmp_path):
        with pytest.raises(InputError, match=r"one of \.png, \.svg, \.pdf, got '\.jpg'"):
            style.save(style.new_figure(), tmp_path / "picture.jpg")

    def test_a_folder_that_is_not_there_is_the_environments_failure(self, tmp_path):
        with pytest.raises(EnvironmentFailure, match="check that the folder exists"):
            style.save(style.new_figure(), tmp_path / "nowhere" / "picture.png")

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_one_may_not_write_to_too(self, tmp_path):
        tmp_path.chmod(0o500)
        with pytest.raises(EnvironmentFailure):
            style.save(style.new_figure(), tmp_path / "picture.png")

    def test_a_failure_leaves_the_older_file_and_no_litter(self, tmp_path, monkeypatch):
        target = tmp_path / "picture.png"
        target.write_bytes(b"older")

        def half(self, path, **_options):
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Figure, "savefig", half)
        with pytest.raises(EnvironmentFailure, match="No space left on device"):
            style.save(style.new_figure(), target)
        assert target.read_bytes() == b"older"
        assert [file.name for file in tmp_path.iterdir()] == ["picture.png"]
