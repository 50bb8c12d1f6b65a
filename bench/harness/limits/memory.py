"""How much more memory than its limit an isolate gets, seen from outside: the resident memory of its process."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..server import ServerFailed
from . import node

LIMIT_MIB = 128
# Only the memory limit may end an event here.
OPERATOR = f"[limits]\nmemory_mib = {LIMIT_MIB}\ncpu_ms = 20000\ncpu_burst_ms = 60000\n"
# A process that nothing stops is killed at one of these.
KILL_MIB, KILL_S, KILL_QUICK_S = 3072, 10, 5
LOOK_S = 0.01
# What a hog leaves behind is looked at this long after it has ended.
LATER_S, LATER_QUICK_S = 3.0, 1.0
# A heap is not the whole process: the collector copies, tables double before they are counted.
BUDGET_OVER = 0.25
# An isolate that was ended leaves at most this share of its limit with the process.
BUDGET_KEPT = 0.5


@dataclass
class Peak:
    """One hog in a fresh process."""

    runtime: str
    kind: str
    before_mib: float = 0
    peak_mib: float = 0
    # None where there was nothing left to look at.
    later_mib: float | None = None
    # What the hog's client got.
    ending: str = ""
    # The process died, or was killed, in words.
    fate: str = ""
    last_words: str = ""

    @property
    def grown_mib(self) -> float:
        return self.peak_mib - self.before_mib

    @property
    def kept_mib(self) -> float | None:
        return None if self.later_mib is None else self.later_mib - self.before_mib


def measure(
    runtime: str, kind: str, start: Callable[[list[str]], node.Node], later_s: float, kill_s: float
) -> Peak:
    found = Peak(runtime, kind)
    try:
        with start([kind]) as started:
            _measure(started, found, later_s, kill_s)
            if found.fate.startswith("died"):
                found.last_words = started.last_words()
    except ServerFailed as error:
        found.fate = found.fate or str(error)
    return found


def _measure(started: node.Node, found: Peak, later_s: float, kill_s: float) -> None:
    found.before_mib, _ = started.server.resident_mib()
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(started.ask(found.kind, wait_s=kill_s)), daemon=True
    )
    until = time.monotonic() + kill_s
    asking.start()
    while asking.is_alive():
        now = _look(started, found)
        found.fate = started.death()
        if found.fate:
            return
        if now > KILL_MIB or time.monotonic() > until:
            return _kill(started, found, f"at {KILL_MIB} MiB" if now > KILL_MIB else f"after {kill_s} s")
        time.sleep(LOOK_S)
    found.ending = answers[0].ending
    if answers[0].seconds >= kill_s:
        return _kill(started, found, f"after {kill_s} s")
    time.sleep(later_s)
    found.later_mib = _look(started, found)
    found.fate = started.death()


def _look(started: node.Node, found: Peak) -> float:
    now, peak = started.server.resident_mib()
    found.peak_mib = max(found.peak_mib, peak)
    return now


def _kill(started: node.Node, found: Peak, why: str) -> None:
    """Whatever is past its limit then was stopped by nobody; a hog that is only slow has done no harm yet."""
    started.server.kill()
    if found.grown_mib > LIMIT_MIB * (1 + BUDGET_OVER):
        found.fate = f"nothing stopped it: killed by the bench {why}, {found.grown_mib:,.0f} MiB larger than before"
    else:
        found.ending = f"still running and within the limit {why}"
