"""The debrief: who spent on what, and what it did, link by link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from custsim.errors import InputError
from custsim.game.benchmark import NAME as BENCHMARK
from custsim.game.firm import Firm
from custsim.game.levers import Plan, Volumes, lines
from custsim.game.results import ALONG, YearResult, as_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Debrief", "Story"]

#: links of the chain that the picture follows, from the back office to profit
_FOLLOWED = ("internal_service", "employee_satisfaction", "service_quality", "satisfaction", "customers", "profit")


@dataclass(frozen=True)
class Story:
    """What a team did and what became of it.

    Attributes
    ----------
    name, house
        Of the team; whether it is a house rival or the benchmark.
    plans
        Its decisions, year by year.
    results
        The years, from the one before the game on.
    """

    name: str
    house: bool
    plans: Sequence[Plan]
    results: Sequence[YearResult]


@dataclass(frozen=True)
class Debrief:
    """All teams of a game beside each other.

    Attributes
    ----------
    firm
        The firm of the game.
    stories
        The teams, in the order in which they are shown.
    """

    firm: Firm
    stories: Sequence[Story]

    @cached_property
    def spent(self) -> pd.DataFrame:
        """What was charged in all decided years, currency: one row a line of the budget, one column a team."""
        named = {line.lever: line.label for line in lines(self.firm.scenario, Volumes(1, 1, 1, 1, 1), 1.0)}
        columns = {
            story.name: [sum(result.paid[path] for result in story.results[1:]) for path in named]
            for story in self.stories
        }
        return pd.DataFrame(columns, index=pd.Index(named.values(), name="spent on"))

    @cached_property
    def decided(self) -> pd.DataFrame:
        """Mean setting of each lever over the years: one row a lever, one column a team.

        Raises
        ------
        InputError
            If no team has decided anything.
        """
        _need_decisions(self)
        rows = {
            lever.label: {
                story.name: sum(plan[lever.path] for plan in story.plans) / len(story.plans) for story in self.stories
            }
            for lever in self.firm.levers
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("lever")

    @cached_property
    def table(self) -> pd.DataFrame:
        """The chain in the last year decided: one row a number of :data:`ALONG`, one column a team."""
        columns: dict[str, list[Any]] = {"unit": [self._unit(one.unit) for one in ALONG]}
        for story in self.stories:
            columns[story.name] = [story.results[-1].numbers[one.name] for one in ALONG]
        return pd.DataFrame(columns, index=pd.Index([one.label for one in ALONG], name="last year"))

    def over_years(self, name: str) -> Mapping[str, list[float]]:
        """Give a number along the chain year by year, from the year before the game on, by team.

        Raises
        ------
        InputError
            If there is no such number.
        """
        if name not in {one.name for one in ALONG}:
            raise InputError(
                f"{name!r}: no such number along the chain; there are {', '.join(one.name for one in ALONG)}"
            )
        return {story.name: [one.numbers[name] for one in story.results] for story in self.stories}

    def data(self) -> dict[str, Any]:
        """Everything as plain data, for a browser."""
        return {
            "teams": [{"name": story.name, "house": story.house} for story in self.stories],
            "spent": [{"label": label, "values": [round(float(v)) for v in row]} for label, row in
                      zip(self.spent.index, self.spent.to_numpy(), strict=True)],
            "decided": [{"path": lever.path, "label": lever.label,
                         "values": [round(float(v), 4) for v in list(self.decided.loc[lever.label])]} for lever in
                        self.firm.levers],
            "links": [
                {"name": one.name, "label": one.label, "unit": self._unit(one.unit), "decimals": one.decimals,
                 "years": [[as_json(result.numbers)[one.name] for result in story.results] for story in self.stories]}
                for one in ALONG
            ],
        }  # fmt: skip

    def figure(self) -> Figure:
        """Draw who spent on what (left) and what it did, link by link over the years (right).

        Raises
        ------
        InputError
            If no team has decided anything.
        """
        return _drawn(self)

    def _unit(self, unit: str) -> str:
        return self.firm.scenario.currency if unit == "money" else unit


def _need_decisions(debrief: Debrief) -> None:
    if not debrief.stories or not debrief.stories[0].plans:
        raise InputError("debrief: nothing was decided yet, so there is nothing to compare")


def _drawn(debrief: Debrief) -> Figure:
    from custsim.plots.style import INK, SIZES, footnote, new_figure

    _need_decisions(debrief)
    years = len(debrief.stories[0].results) - 1
    figure = new_figure(3, 4, width=19.0, height=11.0, width_ratios=(1.35, 1, 1, 1), height_ratios=(1, 1, 0.16))
    figure.suptitle("Who spent on what, and what it did, link by link", x=0.012, ha="left", color=INK,
                    fontsize=SIZES["title"] + 3, fontweight="bold")  # fmt: skip
    grid = figure.axes[0].get_gridspec()
    for ax in [figure.axes[4], *figure.axes[9:]]:
        ax.remove()
    spending, *panels, key = figure.axes
    spending.set_subplotspec(grid[:2, 0])  # type: ignore[index]
    key.set_subplotspec(grid[2, :])  # type: ignore[index]
    key.axis("off")
    _draw_spending(spending, debrief)
    for ax, name in zip(panels, _FOLLOWED, strict=True):
        _draw_link(ax, debrief, name)
    key.legend(*panels[0].get_legend_handles_labels(), loc="center", ncols=6, frameon=False, fontsize=SIZES["label"])
    small = (
        f"The same firm (code {debrief.firm.code}) and the same luck for all. Year 0 is the year before the game; "
        f"spending is the sum of {years} years and leaves out what was not to be decided."
    )
    footnote(figure, small)
    return figure


def _looks(debrief: Debrief) -> dict[str, dict[str, Any]]:
    """Give each team its look: in colour; house rivals in grey and dashed, the benchmark in black and dotted."""
    from custsim.plots.style import INK, PALETTE

    greys, markers = ("#6B6B6B", "#8C8C8C", "#555555", "#A0A0A0"), "osD^vPX*hp<>"
    looks: dict[str, dict[str, Any]] = {}
    teams = rivals = 0
    colour: str
    line: str | tuple[int, tuple[float, ...]]
    for number, story in enumerate(debrief.stories):
        if story.name == BENCHMARK:
            colour, line = INK, (0, (1, 1.2))
        elif story.house:
            colour, line, rivals = greys[rivals % len(greys)], (0, (5, 3)), rivals + 1
        else:
            colour, line, teams = PALETTE[teams % len(PALETTE)], "-", teams + 1
        looks[story.name] = {
            "color": colour,
            "linestyle": line,
            "marker": markers[number % len(markers)],
            "linewidth": 1.8 if story.house else 3.0,
        }
    return looks


def _draw_spending(ax: Axes, debrief: Debrief) -> None:
    from custsim.plots.style import dress

    ax.clear()
    base = {path: value * len(debrief.stories[0].plans) for path, value in debrief.stories[0].results[0].paid.items()}
    named = {line.lever: line.label for line in lines(debrief.firm.scenario, Volumes(1, 1, 1, 1, 1), 1.0)}
    looks, rows = _looks(debrief), list(named)
    tall = 0.8 / len(debrief.stories)
    for number, story in enumerate(debrief.stories):
        more = [(sum(one.paid[path] for one in story.results[1:]) - base[path]) / 1000.0 for path in rows]
        places = [row - 0.4 + tall * (number + 0.5) for row in range(len(rows))]
        ax.barh(places, more, height=0.86 * tall, color=looks[story.name]["color"], label=story.name,
                hatch="///" if story.house else None, edgecolor="white", linewidth=0.0)  # fmt: skip
    ax.axvline(0.0, color="#222222", linewidth=1.0)
    ax.locator_params(axis="x", nbins=5)
    ax.set_yticks(range(len(rows)), [named[path] for path in rows])
    ax.invert_yaxis()
    dress(
        ax,
        title="Spending against year 0",
        subtitle="all years; a bar to the right: more than before",
        x=f"thousand {debrief.firm.scenario.currency}",
        grid="x",
    )


def _draw_link(ax: Axes, debrief: Debrief, name: str) -> None:
    from custsim.plots.style import dress

    one = next(item for item in ALONG if item.name == name)
    looks, money = _looks(debrief), one.unit == "money"
    for team, values in debrief.over_years(name).items():
        heights = [value / 1000.0 if money else value for value in values]
        ax.plot(range(len(values)), heights, markersize=6, label=team, **looks[team])
    ax.set_xticks(range(len(debrief.stories[0].results)))
    unit = f"thousand {debrief.firm.scenario.currency}" if money else one.unit
    dress(ax, title=one.label, x="year", y=unit)
