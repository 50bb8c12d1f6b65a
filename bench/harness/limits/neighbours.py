"""Latency of a well-behaved worker beside a hostile one, in the same process."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .. import load
from ..server import ServerFailed
from . import node
from .client import Caller

ALONE = "alone"
# The client asks a second well-behaved worker: what is left of the difference is what the client itself costs.
CONTROL = "hello"
CONNECTIONS = 8
# No case waits longer than this for an answer.
ANSWER_S_MAX = 5
# Others' p99 may at most double.
BUDGET_RATIO = 2.0

# What an operator writes who does not trust an account: 10 ms of CPU time an event, as Cloudflare's free plan has it,
# and a twentieth of a core over time.
STRICT = """\
[accounts.hostile.limits]
cpu_ms = 10
cpu_burst_ms = 100
cpu_share_percent = 5
account_cpu_share_percent = 5
"""
OPERATORS = {"mote": "", "mote strict": STRICT}


@dataclass
class Neighbour:
    """The well-behaved worker on one runtime, beside one kind of hostile worker."""

    runtime: str
    kind: str
    requests: int = 0
    seconds: float = 0
    p50_ms: float = 0
    p99_ms: float = 0
    max_ms: float = 0
    errors: dict[str, int] = field(default_factory=dict)
    # What the hostile worker's client got.
    hostile: dict[str, int] = field(default_factory=dict)
    # The process died or hung, in words; its numbers are then worth nothing.
    fate: str = ""
    last_words: str = ""
    # It answered before, and did not any more when all was over.
    remark: str = ""

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.seconds if self.seconds else 0


def measure(
    setting: node.Setting, runtime: str, kind: str, start: Callable[[list[str]], node.Node], seconds: int
) -> Neighbour:
    found = Neighbour(runtime, kind)
    workers = ["hello"] if kind in (ALONE, CONTROL) else ["hello", kind]
    try:
        with start(workers) as started:
            _measure(setting, started, found, seconds)
    except ServerFailed as error:
        found.fate = found.fate or str(error)
    return found


def _measure(setting: node.Setting, started: node.Node, found: Neighbour, seconds: int) -> None:
    hello = started.targets["hello"]
    load.hammer(setting.cores, hello.port, hello.host, CONNECTIONS, 1)  # warms up
    if found.kind == ALONE:
        _note(found, load.hammer(setting.cores, hello.port, hello.host, CONNECTIONS, seconds))
        return
    core = setting.cores.upstream
    target = started.targets[found.kind]
    with Caller(target, core, wait_s=ANSWER_S_MAX, slowly=found.kind == "slow-reader") as caller:
        time.sleep(0.2)
        try:
            _note(found, load.hammer(setting.cores, hello.port, hello.host, CONNECTIONS, seconds))
        except ServerFailed as error:
            # wrk cannot even connect where nobody listens any more.
            found.fate, found.last_words = _death(started) or str(error), started.last_words()
            return
        last = started.ask("hello", wait_s=ANSWER_S_MAX if found.requests else max(1, ANSWER_S_MAX - seconds))
        caller.end(1)
        found.hostile = dict(caller.endings) or {"still waiting": 1}
    found.fate = _death(started)
    if found.fate:
        found.last_words = started.last_words()
    if not found.fate and not found.requests:
        found.fate = "hung: no answer, for as long as was waited" if not last.is_ok else f"no answer in {seconds} s"
    elif not found.fate and not last.is_ok:
        found.remark = f"afterwards: {last.ending}"


def _death(started: node.Node) -> str:
    """A process that is dying needs a moment until it is dead."""
    for _ in range(10):
        if death := started.death():
            return death
        if started.server.resident_mib()[0] > 0:
            return ""
        time.sleep(0.05)
    return ""


def _note(found: Neighbour, seen: dict) -> None:
    found.requests = seen["requests"] - seen["errors"]["status"]
    found.seconds = seen["duration_us"] / 1e6
    found.errors = {name: count for name, count in seen["errors"].items() if count}
    latency = seen["latency_us"]
    found.p50_ms, found.p99_ms, found.max_ms = latency["p50"] / 1000, latency["p99"] / 1000, latency["max"] / 1000
