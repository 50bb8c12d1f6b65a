"""What one run of a case takes: so many at once that the way there and back is nothing beside them, and that taken off.

CPU time of the process, with all of its threads: what collects garbage beside the work is part of the price, and what else runs on the machine is not.
"""

from collections.abc import Callable
from dataclasses import dataclass

# One request's work. Long enough to be timed from outside, and far below the CPU time that an event may take.
WORK_S = 0.03
# Asked for before anything counts: compilers have had their chance.
WARM_UP_S = 0.12
SAMPLES, SAMPLES_QUICK = 5, 2
# A case that takes no time at all is not asked for more than this.
RUNS_MAX = 50_000_000
# The first question must not be too long for the slowest, and each further one not much longer than wished.
RUNS_FIRST, GROWTH_MAX = 8, 8

# Runs a case so many times and says how many seconds of CPU time that took.
Ask = Callable[[int], float]


@dataclass(frozen=True)
class Time:
    """Of one run, and of how many at once it is."""

    ns: float
    runs: int


def measure(ask: Ask, samples: int = SAMPLES) -> Time:
    """The least of several: what disturbs a run only ever makes it longer."""
    runs = _warm_up(ask)
    whole, empty = [], []
    for _ in range(samples):
        # The two in turn, so that both see the same machine.
        empty.append(ask(0))
        whole.append(ask(runs))
    return Time(max(0.0, min(whole) - min(empty)) * 1e9 / runs, runs)


def _warm_up(ask: Ask) -> int:
    """Says how many runs take about as long as wished."""
    runs, spent = RUNS_FIRST, 0.0
    while True:
        took = ask(runs)
        spent += took
        wanted = runs * WORK_S / max(took, 1e-6)
        if spent >= WARM_UP_S or runs >= RUNS_MAX:
            return max(1, min(int(wanted), runs * GROWTH_MAX, RUNS_MAX))
        runs = max(1, min(int(wanted), runs * GROWTH_MAX, RUNS_MAX))
