"""One run: the clock, the population, the month, the desks, the staff, the results."""

from custsim.simulation.engine import Simulation
from custsim.simulation.month import MONTH
from custsim.simulation.results import Run
from custsim.simulation.run import simulate

__all__ = ["MONTH", "Run", "Simulation", "simulate"]
