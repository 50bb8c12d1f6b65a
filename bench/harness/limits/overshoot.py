"""How much more CPU time than its limit an event gets before it is stopped."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from ..server import ServerFailed
from . import node

HOG_LIMIT_MS, NATIVE_LIMIT_MS = 100, 50
# A runaway is to be stopped before it has spent twice its budget.
BUDGET_SHARE = 1.0
# No case takes longer than this, whatever is not stopped.
CASE_S_MAX, CASE_QUICK_S_MAX = 30, 5


@dataclass
class Overshoot:
    """One kind of worker, some events."""

    kind: str
    limit_ms: int
    # CPU time of each event, whether it was past the limit or not.
    cpu_ms: list[float] = field(default_factory=list)
    # What the whole process used meanwhile: more, where work for the event runs on threads that nobody charges for.
    process_ms: list[float] = field(default_factory=list)
    endings: dict[str, int] = field(default_factory=dict)
    # Why there are fewer events than asked for.
    problem: str = ""

    @property
    def over_ms(self) -> list[float]:
        """Of the events that went past the limit, sorted: by how much."""
        return sorted(cpu - self.limit_ms for cpu in self.cpu_ms if cpu > self.limit_ms)

    @property
    def uncharged_ms(self) -> float:
        """The most that the process used for an event beyond what its books say."""
        return max((whole - own for whole, own in zip(self.process_ms, self.cpu_ms)), default=0.0)

    @property
    def median_ms(self) -> float:
        return median(self.over_ms)

    @property
    def worst_ms(self) -> float:
        return self.over_ms[-1]


def measure(
    setting: node.Setting, mote: Path, kind: str, limit_ms: int, events: int, case_s_max: float
) -> Overshoot:
    found = Overshoot(kind, limit_ms)
    try:
        with node.mote(setting, mote, [kind], _operator(limit_ms)) as started:
            until = time.monotonic() + case_s_max
            for _ in range(events):
                _event(started, found, until)
    except ServerFailed as error:
        found.problem = str(error)
    return found


def _operator(limit_ms: int) -> str:
    """Only the limit that is measured may end an event, so there is CPU time for all of them at once."""
    return f"[limits]\ncpu_ms = {limit_ms}\ncpu_burst_ms = 60000\ncpu_share_percent = 100\n"


def _event(started: node.Node, found: Overshoot, until: float) -> None:
    kind = found.kind
    ready = started.ask(kind, "/ready", wait_s=_left(found, until))
    if not ready.is_ok:
        raise ServerFailed(started.death() or f"no fresh isolate: {ready.ending}")
    before, process_s = started.stats(kind, wait_s=_left(found, until)), started.server.cpu_clock_s()
    answer = started.ask(kind, wait_s=_left(found, until))
    try:
        after = started.stats(kind, wait_s=_left(found, until))
    except ServerFailed as error:
        raise ServerFailed(started.death() or f"not stopped in {answer.seconds:.0f} s ({answer.ending})") from error
    found.cpu_ms.append(after.cpu_ms - before.cpu_ms)
    found.process_ms.append((started.server.cpu_clock_s() - process_s) * 1000)
    for outcome, count in after.ended.items():
        if more := count - before.ended.get(outcome, 0):
            found.endings[outcome] = found.endings.get(outcome, 0) + more


def _left(found: Overshoot, until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise ServerFailed(f"only {len(found.cpu_ms)} events in the time that a case has")
    return left
