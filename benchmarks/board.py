"""From a moved slider to the reply of a board, beside the bare run that it holds; ratios, since machines differ.

Run it with ``python benchmarks/board.py``; it takes about two minutes. With ``lessons`` behind it prints the boards of
the lessons alone.
"""

from __future__ import annotations

import importlib
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from custsim.lessons import catalogue
from custsim.scenario import bundled, load
from custsim.simulation import simulate
from custsim.widgets import Board, Session

MOVES = 25
CONTROLS = ("complaints.staff", "complaints.compensation", "complaints.ease", "employees.pay")
NUMBERS = {
    "columns only": ("profit", "customers_end", "satisfied_share", "response_days"),
    "with values": ("profit", "customer_equity", "lifetime_value", "retention", "response_days"),
}


def clock(work) -> tuple[float, object]:
    began = time.perf_counter()
    done = work()
    return 1e3 * (time.perf_counter() - began), done


def told(times) -> str:
    return f"{np.median(times):7.1f} / {np.percentile(times, 95):5.1f}"


def board(name: str, numbers=NUMBERS["with values"]) -> Board:
    return Board("bench", scenario=name, controls=CONTROLS, numbers=numbers)


def moves(session: Session, count: int, start: float = 0.5) -> list[float]:
    """Milliseconds of moves to settings that nobody has been at."""
    return [
        clock(lambda at=at: session.move({"complaints.compensation": round(start + 0.01 * at, 4)}, rest=False))[0]
        for at in range(1, count + 1)
    ]


def firms() -> None:
    print("\nOne move of each firm, milliseconds, median / 95 %; runs and moves take turns")
    print(f"{'firm':26}{'persons':>8}   {'bare run':>15}   {'move':>15}   move / run   same place again")
    for name in bundled():
        one = board(name)
        session = Session(one)
        moves(session, 3, start=2.0)
        bare, moved = [], []
        for n in range(MOVES):
            firm = one.scenario.change({"complaints.compensation": 1.5 + 0.01 * n})
            bare.append(clock(lambda firm=firm: simulate(firm, 1))[0])
            moved += moves(session, 1, start=0.2 + 0.01 * n)
        again = [clock(session.look)[0] for _ in range(20)]
        ratio = f"{np.median(np.array(moved) / np.array(bare)):10.2f}"
        print(f"{name:26}{one.scenario.market.persons:8,}   {told(bare)}   {told(moved)}   {ratio}   {told(again)}")


def boards_of_lessons() -> Iterator[tuple[str, Board]]:
    """Every board that a bundled lesson shows, with the number of its lesson."""
    for lesson in map(catalogue.read_notebook, catalogue.bundled()):
        cells = [cell.text for step in lesson.steps for cell in step.cells if cell.kind == "code"]
        name = re.search(r"import (\w+) as lesson", cells[0])[1]
        module = importlib.import_module(f"custsim.lessons.{name}")
        for cell in cells[1:]:
            shown = getattr(module, re.fullmatch(r"lesson\.(\w+)\(\)", cell.strip())[1])()
            if isinstance(shown, Board):
                yield f"{lesson.number}", shown


def fresh_places(one: Board) -> list[dict]:
    """Settings of the board in which nobody has been: every slider at some of its places, in turn."""
    settings = []
    for lever in one.levers:
        places = [place for place in lever.places if place != lever.start]
        settings += [{lever.path: places[round(at * (len(places) - 1))]} for at in np.linspace(0, 1, 8)]
    return [setting for at, setting in enumerate(settings) if setting not in settings[:at]]


def lessons() -> None:
    print("\nOne move of each board of the lessons, milliseconds, median / 95 %, where nobody has been before")
    print(f"{'lesson':8}{'board':18}{'persons':>8}{'months':>8}{'person-months':>15}   {'bare run':>15}   {'move':>15}")
    for name, one in boards_of_lessons():
        session = Session(one)
        if one.guess is not None:
            session.predict(one.guess.low)
        settings = fresh_places(one)
        for setting in settings[:2]:  # warm
            session.move(setting)
        bare, moved = [], []
        for setting in settings[2:]:
            bare.append(clock(lambda one=one, setting=setting: simulate(one.changed(setting), 1))[0])
            moved.append(clock(lambda one=one, setting=setting: one.outcome(setting))[0])
        persons = one.scenario.market.persons
        size = f"{persons:8,}{one.months:8}{persons * one.months:15,}"
        print(f"{name:8}{one.id:18}{size}   {told(bare)}   {told(moved)}", flush=True)


def numbers() -> None:
    print("\nWhat the numbers above the picture cost (neighbourhood bank)")
    for words, names in NUMBERS.items():
        session = Session(board("neighbourhood_bank", names))
        moves(session, 3, start=2.0)
        print(f"{words:26}{told(moves(session, MOVES))}")


def sizes() -> None:
    print("\nThe neighbourhood bank at other sizes")
    for persons in (2_000, 5_000, 10_000, 20_000):
        firm = load("neighbourhood_bank")
        one = Board("bench", scenario=firm, scale=persons / firm.market.persons, controls=CONTROLS)
        session = Session(one)
        moves(session, 3, start=2.0)
        print(f"{persons:10,} persons        {told(moves(session, 20))}")


def room() -> None:
    print("\nTrainees at one board at the same time, each moving as fast as answers come (4 threads)")
    one = board("neighbourhood_bank")
    one.describe()
    for number, trainees in enumerate((1, 4)):
        places = [0.1 + 0.25 * seat + number for seat in range(trainees)]
        with ThreadPoolExecutor(4) as pool:
            began = time.perf_counter()
            everybody = list(pool.map(lambda start: moves(Session(one), 20, start=start), places))
            rate = 20 * trainees / (time.perf_counter() - began)
        print(f"{trainees:10} trainees       {told(np.concatenate(everybody))}   {rate:5.1f} moves a second in all")


def panels() -> None:
    print("\nWhat runs aside, seconds, at first and again")
    session = Session(board("neighbourhood_bank"))
    first, _ = clock(session.component.describe)
    print(f"{'describe':26}{first / 1e3:6.2f}")
    session.move({"complaints.staff": 4, "employees.pay": 1.1})
    for do in ("why", "customer", "band"):
        times = [clock(lambda do=do: session.send({"do": do}))[0] / 1e3 for _ in range(2)]
        print(f"{do:26}{times[0]:6.2f}  {times[1]:6.2f}")


if __name__ == "__main__":
    if sys.argv[1:] == ["lessons"]:
        lessons()
        sys.exit()
    firms()
    numbers()
    sizes()
    room()
    panels()
    lessons()
