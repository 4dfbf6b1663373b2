"""Write what the documentation takes from the code: ``python docs/generate.py``; ``--check`` only tells what is stale.

Three pages are made here: the table of parameters, the tables of a run, and the tables of symbols on the page of
equations, whose prose is written by hand (each table stands below a comment that lists its symbols and parameters).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from custsim.scenario.model import Scenario
from custsim.scenario.parameter import Parameter, declared, sections_in
from custsim.simulation.accounts import CHARGED, COLUMNS, COSTS, MARGINS, Column
from custsim.simulation.population import EVENTS
from custsim.simulation.tables import CUSTOMER_COLUMNS, LADDER, TICKET_COLUMNS

REFERENCE = Path(__file__).resolve().parent / "reference"

NOTICE = "<!-- Made by docs/generate.py from the code. Do not edit: change the declarations and run it again. -->\n"

#: a comment with one line "symbol = path" a row, and the table below it
SYMBOLS = re.compile(r"(<!-- symbols\n(?P<rows>.*?)-->\n).*?(<!-- end of symbols -->)", re.DOTALL)

#: tables of a run whose columns are not declared in the code, one column a line: name | what it is | unit
EMPLOYEES = """\
position | Position, from 0; positions are never renumbered | position
holder | How-manieth holder of the position, from 0 | count
hired | Month of hiring (below 0: before the run) | month
left | Month of leaving, -1 if still there | month
satisfaction | Satisfaction at leaving or at the end | index 0-100
skill | Skill at leaving or at the end | share of full skill"""
JOINED = """\
month | Month of the decision; the first month as a customer is the next | month
person | Who joined | person
recruiter | Whose recommendation brought it about, -1 nobody's | person"""
REFERRALS = """\
month | Month of the decision | month
recruit | Who joined | person
recruiter | Whose recommendation brought it about | person"""
LEVERS = """\
month | First month in which the value acts | month
path | Path of the parameter | text
value | Its new value | as declared"""
TRANSACTIONS = """\
person | Who came | person
time | When, in months from the beginning of month 0 | months
amount | Revenue of an average visit of this person | currency"""
FOLLOWED = """\
month | Month | month
person | Who is followed | person
state | State at the end of the month: 0 prospect, 1 customer, 2 lapsed, 3 removed | code
visits | Visits served | visits
satisfaction | Cumulative satisfaction | index 0-1
expectation | Expected quality | index 0-1
felt | Felt mark | index 0-1
wound | Wound | wound
recommendations | Recommendations in mind | messages
warnings | Warnings in mind | messages
informant | Who recommended last, -1 nobody | person
contribution | Contribution since the opening | currency
value | The same, discounted to the month from which value is counted | currency
changed | First month of the present state | month
segment | Place of the segment in the scenario, from 0 | place
rate | Personal mean of visits relative to the market's | 1
spend | Revenue relative to the market's mean | 1
taste | Lasting leniency (above 0) or strictness | index 0-1
hazard | Personal hazard of leaving at the reference satisfaction, a month or a visit | 1/month or 1/visit"""

#: what the events of a followed person mean, in the order of a month
HAPPENED = {
    "visited": "came at least once, whether served or not",
    "unserved": "was turned away at least once",
    "minor_failure": "suffered a minor failure",
    "major_failure": "suffered a major failure",
    "complained": "complained about it",
    "silent": "was wronged and said nothing",
    "answered": "had a complaint closed, by an answer or by giving up",
    "pleased": "was satisfied with how it was handled",
    "recommended": "recommended the firm",
    "warned": "warned others",
    "joined": "decided to become a customer",
    "referred": "did so because of a recommendation",
    "left": "left",
    "saved": "was about to leave and accepted an offer",
    "won_back": "came back after an approach",
    "dropped": "dropped out after a visit (non-contractual)",
}

STEPS = {
    "suspect": "is in the market and has heard nothing that is still in mind",
    "prospect": "has a message about the firm in mind",
    "first-time": "is a customer of less than a year with at most one visit in the run",
    "repeat": "is another customer of less than a year",
    "client": "is a customer of a year or more",
    "advocate": "is a satisfied customer who has recommended in the run",
    "lapsed": "was a customer",
}


INTRODUCTION = """\
Every value of a scenario: path, default, unit, what is allowed, meaning, and where the default comes from. The path is
what stands in files, in `--set` and in `scenario.change`. A source that begins with *assumption* is a choice of ours
or was fitted; put your own number there if you have one. How the parameters act is on the page of
[equations](equations.md). `custsim describe` prints the same table for a scenario of yours.
"""


def parameters() -> dict[str, Parameter]:
    """List every parameter of a scenario by its path."""
    return {parameter.path: parameter for parameter in declared(Scenario)}


def matching(pattern: str, known: Mapping[str, Parameter]) -> list[Parameter]:
    """List the parameters a path names; ``*`` stands for any name."""
    form = re.compile(re.escape(pattern).replace(r"\*", r"\w+"))
    found = [parameter for path, parameter in known.items() if form.fullmatch(path)]
    if not found:
        raise SystemExit(f"docs/generate.py: there is no parameter {pattern}")
    return found


def cell(text: str) -> str:
    """Make a text fit for a cell of a table."""
    return re.sub(r"``([^`]+)``", r"`\1`", text).replace("|", r"\|").replace("\n", " ").strip()


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(map(cell, row)) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: Any) -> str:
    """Write a default as a scenario file would."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "none" if value is None else str(value)


def default(parameter: Parameter) -> str:
    """Write the default of a parameter."""
    return "must be given" if parameter.required else f"`{number(parameter.default)}`"


def allowed(parameter: Parameter) -> str:
    """Write what values a parameter may have."""
    if not parameter.choices:
        return parameter.bounds
    return "; ".join(f'`"{name}"`' + (f": {meaning}" if meaning else "") for name, meaning in parameter.choices.items())


def parameters_page() -> str:
    """Write the page of parameters."""
    known = parameters()
    sourced = [p for p in known.values() if not p.source.lower().startswith("assumption")]
    parts = [
        f"# Parameters\n\n{NOTICE}\n{INTRODUCTION}\n"
        f"There are {len(known)} parameters; {len(sourced)} of them have a source other than an assumption.\n"
    ]
    groups: dict[str, list[Parameter]] = {}
    for path, parameter in known.items():
        groups.setdefault(re.split(r"[.\[]", path)[0] if "." in path else "", []).append(parameter)
    for group, members in groups.items():
        said = "What the scenario is called."
        if group:
            section = sections_in(Scenario.model_fields[group].annotation)[0]
            said = (section.__doc__ or "").strip().splitlines()[0]
        parts.append(f"\n## {f'`{group}`' if group else 'The scenario itself'}\n\n{said}\n\n")
        rows = ((f"`{p.path}`", default(p), p.unit, allowed(p), p.meaning, p.source) for p in members)
        parts.append(table(("path", "default", "unit", "allowed", "meaning", "source of the default"), rows))
    return "".join(parts)


def columns(text: str) -> list[Column]:
    """Read a list of columns."""
    return [Column(*(part.strip() for part in line.split("|"))) for line in text.splitlines()]


def columns_table(rows: Iterable[Column]) -> str:
    """Write a table of columns."""
    return table(("column", "what it is", "unit"), ((f"`{c.name}`", c.label, c.unit) for c in rows))


def events() -> list[Column]:
    """List the columns of true and false of a followed person."""
    return [Column(name, HAPPENED[name].capitalize(), "true or false") for name in EVENTS.values()]


def sums(names: Iterable[str]) -> str:
    """Write names as a sum."""
    return " + ".join(f"`{name}`" for name in names)


def results_page() -> str:
    """Write the page of the tables of a run."""
    steps = table(("step", "a person who"), ((f"`{step}`", STEPS[step]) for step in LADDER))
    return f"""# The tables of a run

{NOTICE}
`custsim.simulate` gives a `Run`. Its tables are pandas DataFrames; saved, they are Parquet files of the same names.
Months count from 0, the first month of the run. Money is in the scenario's currency. How to work with the tables is
told in [how to read a run](../how-to/read-a-run.md).

## `run.monthly`

One row a month, indexed by `month`. Counts and sums are of that month; indices are means over the customers or
the staff of that month.

{columns_table(COLUMNS)}
These add up in every month:

- `contribution` = {sums(MARGINS)} less ({sums(CHARGED)})
- `profit` = `contribution` less ({sums(COSTS)})
- `customers_end` = `customers` - `left` + `joined`, and `customers` of the next month is `customers_end` of this one

`response_days` is the mean over all complaints closed in the month, those given up included; it is missing in a month
without any. `service_quality` is as the first segment weighs it. `joined` includes those won back.

## `run.customers`

One row a person who was a customer at some time in the run, or had left before it and was compensated in it, indexed by
`person`.

{columns_table(CUSTOMER_COLUMNS)}
- `contribution` = `base` + `growth` + `saving` + `premium` - `care`.
- Observed and residual value are never added for you: the one happened, the other is an expectation in closed form.
- `leaving_chance` is what the residual value is based on: once wounds and messages have faded; 1 for those who left.
- `recruiter` and `recruits` count joinings within the run; `referral_value` counts direct recruits.

## `run.tickets`

One row a complaint that was answered or given up in the run, raised possibly before it.

{columns_table(TICKET_COLUMNS)}
## `run.employees`

One row a holder of a position.

{columns_table(columns(EMPLOYEES))}
## `run.joined`

One row a joining, also of those who come back.

{columns_table(columns(JOINED))}
## `run.referrals`

The referral tree: the joinings that word of mouth brought about.

{columns_table(columns(REFERRALS))}
## `run.levers`

One row a change of a lever while the run went on.

{columns_table(columns(LEVERS))}
## `run.ladder`

Persons on each step of the customer ladder at the end.

{steps}
## `run.transactions`

One row a visit served, if kept: by default for non-contractual relationships, otherwise with
`simulate(..., transactions=True)`. It is what buy-till-you-die models are fitted to.

{columns_table(columns(TRANSACTIONS))}
## `run.followed(person)`

One row a month in the life of one person; a person whom the run did not follow is lived once more.

{columns_table([*columns(FOLLOWED), *events()])}"""


def symbols(text: str) -> str:
    """Fill in the tables of symbols on the page of equations."""
    known = parameters()

    def filled(found: re.Match[str]) -> str:
        rows = []
        for line in found["rows"].strip().splitlines():
            symbol, path = (part.strip() for part in line.rsplit("=", 1))
            members = matching(path, known)
            values = " / ".join(map(default, members))
            one = members[0]
            rows.append((f"${symbol}$", f"`{path}`", values, one.unit, one.meaning, one.source))
        return found[1] + table(("symbol", "parameter", "default", "unit", "meaning", "source"), rows) + found[3]

    return SYMBOLS.sub(filled, text)


def pages() -> dict[Path, str]:
    """Make all pages, by file."""
    equations = REFERENCE / "equations.md"
    return {
        REFERENCE / "parameters.md": parameters_page(),
        REFERENCE / "results.md": results_page(),
        equations: symbols(equations.read_text(encoding="utf-8")),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or tell which are stale."""
    stale = [file for file, text in pages().items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for file in stale:
            print(f"{file.name} is stale: run python docs/generate.py")
        return 1 if stale else 0
    for file in stale:
        file.write_text(pages()[file], encoding="utf-8")
        print(f"wrote {file.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
