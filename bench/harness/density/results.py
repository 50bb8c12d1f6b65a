"""Everything that was measured."""

from dataclasses import dataclass, field

from .isolates import Isolates, Level
from .neighbours import AGAIN_S_MAX, HOSTILE, Beside
from .processes import Row
from .starts import PREPARED, Start
from .zipf import Zipf

# One more idle worker, isolate and all.
WORKER_BUDGET_KIB = 1_024
# From so many on, what the node itself takes no longer hides what a tenant takes.
WORKERS_MIN = 100


@dataclass(frozen=True)
class Tenant:
    """A tenant on Mote, as this run measured it: its part of everything that the node takes."""

    workers: int
    kib: float
    first_ms: float


@dataclass
class Results:
    machine: dict
    version: str
    quick: bool
    shared_core: bool
    parts: tuple[str, ...]
    isolates: Isolates | None = None
    starts: list[Start] = field(default_factory=list)
    zipf: Zipf | None = None
    peers: list[Row] = field(default_factory=list)
    # Peers that could not be had, and why.
    missing: dict[str, str] = field(default_factory=dict)
    neighbours: list[Beside] = field(default_factory=list)
    # How long each case took.
    seconds: dict[str, float] = field(default_factory=dict)
    # Cases that could not be measured.
    failed: list[str] = field(default_factory=list)
    # Why the run is shorter than asked for; empty if it is whole.
    cut: str = ""

    def add(self, what: str, found: object) -> None:
        held = getattr(self, what)
        if not isinstance(held, list):
            setattr(self, what, found)
        elif isinstance(found, list):
            held += found
        else:
            held.append(found)

    def tenant(self) -> Tenant | None:
        """What peers are compared with: the largest level, by the same measure of memory; `None` if there is none of some size."""
        level = self._last_level()
        if not level or level.workers < WORKERS_MIN:
            return None
        return Tenant(level.workers, level.pss_mib * 1024 / level.workers, level.first_ms.p50)

    def wrongs(self) -> list[str]:
        """What a node must never do, and this one did."""
        # A quick run waits for less than a hostile turn may take.
        return [f"zipf: {line}" for line in (self.zipf.wrongs if self.zipf else [])] + ([] if self.quick else self._silent())

    def misses(self) -> list[str]:
        """Budgets of the design that are not met."""
        found, level = self._silent() if self.quick else [], self._last_level()
        kib = self.isolates.kib(level) if self.isolates and level and level.workers >= WORKERS_MIN else None
        if kib is not None and kib > WORKER_BUDGET_KIB:
            found.append(f"an idle warm tenant takes {kib:,.0f} KiB, and the budget is {WORKER_BUDGET_KIB:,} KiB")
        if self.zipf:
            highest = max((turn.rss_mib_max for turn in self.zipf.turns), default=0)
            if highest > self.zipf.memory_mib:
                found.append(f"zipf: the node held {highest:,.0f} MiB, and may hold {self.zipf.memory_mib:,} MiB")
        return found

    def start(self, app: str) -> Start | None:
        return next((start for start in self.starts if start.app == app and PREPARED in start.times), None)

    def _silent(self) -> list[str]:
        return [
            f"neighbours, {one.operator}: beside {HOSTILE} of `{one.kind}` the quiet ones had no answer in {one.seconds:.0f} s"
            for one in self.neighbours if not one.requests
        ] + [
            f"neighbours, {one.operator}: {AGAIN_S_MAX} s after {HOSTILE} of `{one.kind}` had gone a quiet one was not answered as before"
            for one in self.neighbours if one.again_s is None
        ]

    def _last_level(self) -> Level | None:
        return self.isolates.levels[-1] if self.isolates and self.isolates.levels else None
