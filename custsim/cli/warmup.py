"""``custsim warmup``: compile everything ahead, so that the next run starts at once."""

from __future__ import annotations

import time

import click


@click.command("warmup")
def command() -> None:
    """Compile all laws and passes ahead and keep them on disk, so that runs and lessons start at once.

    That is needed once after installing custsim, and again after a law was edited.
    """
    from custsim.simulation.compiled import cache_folder

    ahead = compiling_takes()
    click.echo(ahead or "checking what is compiled", err=True)
    began = time.perf_counter()
    compile_all()
    folder = cache_folder()
    seconds = time.perf_counter() - began
    if folder is None:
        click.echo(f"compiled in {seconds:.0f} s, but not kept: no folder for it can be written (NUMBA_CACHE_DIR)")
        return
    click.echo(f"{'compiled' if ahead else 'all was compiled'} in {seconds:.0f} s; kept in {folder}")


def compile_all() -> None:
    """Compile all that a run may need: both kinds of relationship, with and without a network."""
    from custsim.scenario import Scenario
    from custsim.simulation import simulate

    small = Scenario().scaled(0.02).change({"time.warm_up_months": 1}, opening="own")
    for network in ("small_world", "well_mixed"):
        for relationship in ("contractual", "noncontractual"):
            firm = small.change({"referral.network": network, "loyalty.relationship": relationship}, opening="own")
            simulate(firm, months=2)


def compiling_takes() -> str:
    """Say that the laws are about to be compiled; empty if they have been.

    Notes
    -----
    Tells by the largest pass, which is compiled last but one: if it is on disk, nearly everything is.
    """
    from custsim.simulation.compiled import cache_folder

    folder = cache_folder()
    if folder is None:
        return "compiling the laws, half a minute; no folder can be written to keep them"
    if any(folder.rglob("month.behaviour_pass*.nbc")):
        return ""
    return "compiling the laws, half a minute"
