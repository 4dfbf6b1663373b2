"""A customer base valued in one call: from the log to each customer's probability of being one, and residual value.

This is what ``custsim value fit`` shows. Nothing here is a model of its own: :func:`customer_base` summarises the log,
chooses and fits a purchase model, fits the Gamma-Gamma model to the amounts, and values what is to come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from custsim.errors import InputError
from custsim.value.purchases import (
    BGBB,
    BGNBD,
    MBGNBD,
    BootstrapIntervals,
    Choice,
    GammaGamma,
    ParetoNBD,
    PurchaseModel,
    bootstrap_intervals,
    choose_model,
    spend_frequency_correlation,
)
from custsim.value.transactions import CustomerSummary, periods_per_year, summarise

__all__ = ["MODELS", "CustomerBase", "customer_base", "slipping_away"]

#: Models by the names the command line knows.
MODELS: dict[str, type[PurchaseModel]] = {"bg-nbd": BGNBD, "mbg-nbd": MBGNBD, "pareto-nbd": ParetoNBD, "bg-bb": BGBB}


@dataclass(frozen=True)
class CustomerBase:
    """A valued customer base.

    Attributes
    ----------
    customers
        Index ``customer``; columns ``frequency``, ``recency``, ``T``, ``monetary_value`` (if amounts are known),
        ``probability_alive``, ``expected_purchases`` (in ``periods``), ``discounted_purchases``, ``expected_spend``,
        ``residual_value`` and ``at_risk``. Without amounts, spend is 1, so that values are counted in purchases.
    summary
        The customers' histories, with the record of the log.
    model
        The fitted purchase model.
    spend
        The fitted spend model; one number where everybody spends the same or a number was given; ``None`` without
        amounts.
    choice
        Why this model; ``None`` if it was asked for by name.
    spend_frequency_correlation
        The Gamma-Gamma model wants it near 0; not a number without amounts.
    periods
        Length of the future that ``expected_purchases`` looks at, in ``summary.unit``.
    annual_discount_rate, margin
        As given.
    """

    customers: pd.DataFrame = field(repr=False)
    summary: CustomerSummary
    model: PurchaseModel
    spend: GammaGamma | float | None
    choice: Choice | None = field(repr=False)
    spend_frequency_correlation: float
    periods: float
    annual_discount_rate: float
    margin: float

    @property
    def mean_spend(self) -> float:
        """Mean spend an occasion across customers, currency units; not a number without amounts."""
        if isinstance(self.spend, GammaGamma):
            return self.spend.mean_spend
        return float("nan") if self.spend is None else self.spend

    def totals(self) -> dict[str, float]:
        """Sum up the customer base.

        Returns
        -------
        dict
            ``customers``; ``one_time_buyers``; ``expected_customers`` (sum of the probabilities of being alive);
            ``expected_purchases`` in ``periods``; ``discounted_purchases``; ``mean_spend`` (not a number without
            amounts); ``residual_value``; and ``share_of_top_fifth``, of the residual value.

        Examples
        --------
        >>> drawn = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6, unit="week").simulate(40.0, customers=500, seed=1)
        >>> totals = customer_base(drawn.summary).totals()
        >>> 0 < totals["expected_customers"] < totals["customers"]
        True
        """
        table = self.customers
        value = np.sort(table["residual_value"].to_numpy())[::-1]
        fifth = value[: max(1, round(len(value) / 5))].sum()
        return {
            "customers": float(len(table)),
            "one_time_buyers": float((table["frequency"] == 0).sum()),
            "expected_customers": float(table["probability_alive"].sum()),
            "expected_purchases": float(table["expected_purchases"].sum()),
            "discounted_purchases": float(table["discounted_purchases"].sum()),
            "mean_spend": self.mean_spend,
            "residual_value": float(value.sum()),
            "share_of_top_fifth": float(fifth / value.sum()) if value.sum() > 0 else float("nan"),
        }

    def intervals(self, *, seed: int, draws: int = 200, level: float = 0.95) -> BootstrapIntervals:
        """Put bootstrap intervals on each customer's predictions and on the totals.

        Parameters
        ----------
        seed
            Seed of the resampling.
        draws
            Number of refits, at least 20.
        level
            Coverage aimed at, in 0..1.

        Returns
        -------
        BootstrapIntervals
            For probabilities, purchases, spend and residual value; see
            :func:`~custsim.value.purchases.bootstrap_intervals`.

        Raises
        ------
        InputError
            If a number is out of range, or the tables would not fit in memory.

        Examples
        --------
        >>> drawn = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6, unit="week").simulate(40.0, customers=500, seed=1)
        >>> found = customer_base(drawn.summary).intervals(seed=1, draws=20).total_value
        >>> found["low"] < found["estimate"] < found["high"]
        True
        """
        return bootstrap_intervals(
            self.model,
            self.summary,
            self.periods,
            seed=seed,
            draws=draws,
            level=level,
            spend=1.0 if self.spend is None else self.spend,
            annual_discount_rate=self.annual_discount_rate,
            margin=self.margin,
        )


def customer_base(
    log: Any,
    *,
    model: str | type[PurchaseModel] = "auto",
    annual_discount_rate: float = 0.10,
    margin: float = 1.0,
    periods: float | None = None,
    spend: float | None = None,
    **rules: Any,
) -> CustomerBase:
    """Value a customer base from its transaction log.

    Parameters
    ----------
    log
        A log (see :func:`custsim.value.transactions.summarise`), or a summary.
    model
        ``"auto"`` (what :func:`~custsim.value.purchases.choose_model` says of customers who buy at any time and do not
        say goodbye: MBG/NBD), ``"bg-nbd"``, ``"mbg-nbd"``, ``"pareto-nbd"``, ``"bg-bb"``, or a model class.
    annual_discount_rate
        Effective rate a year, above 0; 0.10 is 10 %.
    margin
        Contribution as a share of spend, above 0 and at most 1.
    periods
        How far ``expected_purchases`` looks ahead; a year by default.
    spend
        Spend an occasion, the same for everybody, in currency units, above 0; by default it is learned from the
        amounts, with the Gamma-Gamma model where they differ.
    **rules
        Arguments of ``summarise``: columns, unit, end, duplicates and so on.

    Returns
    -------
    CustomerBase
        The fitted models and a table of all customers. Read ``model.convergence``.

    Raises
    ------
    InputError
        If the log, a name or a number cannot be used.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005), RFM and CLV: using iso-value curves for customer base analysis,
    Journal of Marketing Research 42(4).

    Examples
    --------
    >>> spend = GammaGamma(p=6.0, q=4.0, v=15.0)
    >>> drawn = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6, unit="week").simulate(40.0, customers=800, seed=1, spend=spend)
    >>> base = customer_base(drawn, unit="week", end=drawn.end, margin=0.3)
    >>> base.model.name, base.totals()["customers"]
    ('MBG/NBD', 800.0)
    """
    choice = choose_model(contractual=False, discrete=False) if model == "auto" else None
    kind = choice.model if choice is not None else MODELS.get(model) if isinstance(model, str) else model
    if kind is None or not (isinstance(kind, type) and issubclass(kind, PurchaseModel)):
        raise InputError(f"model: must be auto, {', '.join(MODELS)} or a model class, got {model!r}")
    if isinstance(log, CustomerSummary):
        if rules:
            raise InputError(f"{', '.join(rules)}: the log is summarised already; give these to summarise(...)")
        summary = log
    else:
        summary = summarise(log, **({"timing": kind.timing} | rules))
    ahead = float(periods) if periods is not None else float(np.round(periods_per_year(summary.unit)))
    fitted = kind.fit(summary)
    paid, correlation = _spend(summary, spend)
    value = fitted.residual_lifetime_value(
        summary, 1.0 if paid is None else paid, annual_discount_rate=annual_discount_rate, margin=margin
    )
    predicted = fitted.predict(summary, ahead)[["expected_purchases"]]
    table = (
        summary.table.join(value[["probability_alive"]]).join(predicted).join(value.drop(columns="probability_alive"))
    )
    table["at_risk"] = table["residual_value"] * (1 - table["probability_alive"])
    return CustomerBase(table, summary, fitted, paid, choice, correlation, ahead, annual_discount_rate, margin)


def _spend(summary: CustomerSummary, given: float | None) -> tuple[GammaGamma | float | None, float]:
    """Say what an occasion brings (a number, a model, or nothing known), and whether it goes with frequency."""
    if given is not None:
        if not (np.isfinite(given) and given > 0):
            raise InputError(f"spend: must be above 0, in currency units an occasion, got {given!r}")
        return float(given), float("nan")
    if "monetary_value" not in summary.table:
        return None, float("nan")
    known = summary.monetary_value[summary.frequency > 0]
    if len(known) and known.min() > 0 and np.ptp(known) <= 1e-9 * known.max():
        return float(known[0]), float("nan")  # a tariff: nothing to model
    return GammaGamma.fit(summary), spend_frequency_correlation(summary)


def slipping_away(base: CustomerBase, *, most: int = 20, below: float = 0.75) -> pd.DataFrame:
    """List the customers who are slipping away: worth much, if they are still there, and probably about to be gone.

    They are ranked by ``at_risk = residual_value (1 - probability_alive)``, among those less probably alive than
    ``below``. Customers who are safe are left out, those who are long gone have no value; in between are those whom a
    call may be worth.

    Parameters
    ----------
    base
        From :func:`customer_base`.
    most
        Number of customers, at least 1.
    below
        Only customers whose probability of being alive is below this share.

    Returns
    -------
    pandas.DataFrame
        Rows of ``base.customers``, the largest ``at_risk`` first, with ``silent_for`` (periods since the last
        purchase) and ``usual_gap`` (mean periods between the customer's purchases).

    Raises
    ------
    InputError
        If ``most`` is below 1, or ``below`` is not in 0..1.

    Examples
    --------
    >>> drawn = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6, unit="week").simulate(40.0, customers=800, seed=1)
    >>> table = slipping_away(customer_base(drawn.summary), most=5)
    >>> len(table), bool((table["silent_for"] > table["usual_gap"]).all())
    (5, True)
    """
    if most < 1:
        raise InputError(f"most: must be at least 1, got {most!r}")
    if not 0 < below <= 1:
        raise InputError(f"below: must be a share above 0 and at most 1, got {below!r}")
    some = (base.customers["frequency"] > 0) & (base.customers["probability_alive"] < below)
    table = base.customers[some].nlargest(most, "at_risk")
    return table.assign(silent_for=table["T"] - table["recency"], usual_gap=table["recency"] / table["frequency"])
