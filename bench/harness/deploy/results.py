"""Everything that was measured."""

from dataclasses import dataclass, field
from statistics import median

from .calls import Calls
from .fleet import Fleet
from .kills import Kills
from .kv import Kv
from .live import Live, Rate
from .routing import Routing

LIVE_BUDGET_MS = 100
# One more idle worker, isolate and all.
WORKER_BUDGET_MIB = 1


@dataclass
class Results:
    machine: dict
    version: str
    quick: bool
    shared_core: bool
    parts: tuple[str, ...]
    live: list[Live] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    fleet: Fleet | None = None
    routing: Routing | None = None
    kv: Kv | None = None
    calls: Calls | None = None
    kills: Kills | None = None
    # How long each case took.
    seconds: dict[str, float] = field(default_factory=dict)
    # Cases that could not be measured.
    failed: list[str] = field(default_factory=list)
    # Why the run is shorter than asked for; empty if it is whole.
    cut: str = ""

    def add(self, what: str, found: object) -> None:
        if what == "live":
            self.live.append(found)
        else:
            setattr(self, what, found)

    def wrongs(self) -> list[str]:
        """What a node must never do, and this one did."""
        found = [f"kills: {line}" for line in self.kills.lost] if self.kills else []
        if self.kills and self.kills.orphans:
            found.append(f"kills: {self.kills.orphans} cells went on without their host")
        return found + [
            f"live, {case.title}: {case.stale} first answers were the old version's" for case in self.live if case.stale
        ]

    def misses(self) -> list[str]:
        """Budgets of the design that are not met."""
        slow = [
            f"deploy to live, {case.title}: p99 is {case.live_ms.p99:,.0f} ms, and the budget {LIVE_BUDGET_MS} ms"
            for case in self.live if case.live_ms.p99 > LIVE_BUDGET_MS
        ]
        # What is in service takes memory beside what a start takes.
        held = _held_mib(self.fleet) if self.fleet else None
        if held is not None and held > WORKER_BUDGET_MIB:
            slow.append(f"a worker in service that nobody calls holds {held:,.2f} MiB in the host, and the budget is {WORKER_BUDGET_MIB} MiB")
        return slow


def _held_mib(fleet: Fleet) -> float | None:
    """Of the host's memory, for each worker of the first batch of deploys."""
    if not fleet.marks or not fleet.alone:
        return None
    first = fleet.marks[0]
    return (first.host_mib - median(fleet.alone.host_mib)) / (first.workers - 1) if first.workers > 1 else None
