"""The budget game: one yearly budget over the whole chain, five years, the same luck for all.

:class:`Game` is the component for notebooks and workshops; :class:`Match` the game of a room, for scripts.
"""

from custsim.game.benchmark import Benchmark, find_benchmark
from custsim.game.component import Game
from custsim.game.debrief import Debrief
from custsim.game.firm import Firm, firm, new_code
from custsim.game.leaderboard import leaderboard
from custsim.game.match import Match
from custsim.game.rivals import RIVALS, Rival
from custsim.game.store import Store

__all__ = [
    "RIVALS",
    "Benchmark",
    "Debrief",
    "Firm",
    "Game",
    "Match",
    "Rival",
    "Store",
    "find_benchmark",
    "firm",
    "leaderboard",
    "new_code",
]
