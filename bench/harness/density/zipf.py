"""Ten thousand workers on a machine that cannot keep them all warm: traffic of a few favourites, and traffic of everybody alike.

Here the node has every core of the machine, and wrk shares them: the question is what the machine can do.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from .. import load
from ..deploy.fleet import EVERY, deploy_batch, name, text
from ..deploy.node import Node, Setting
from ..server import ServerFailed
from . import books
from .client import Client

MEMORY_MIB = 4_096
TRAFFIC = {"Zipf(1.0)": 1.0, "uniform": 0.0}
# Everything is cold in the beginning, and the favourites change with the traffic: what is kept settles first.
FILLING, MANY, FEW = "filling", "32 connections", "4 connections"
CONNECTIONS = {FILLING: 32, MANY: 32, FEW: 4}
LOOK_EVERY_S = 0.5
# Asked one by one afterwards, and compared to the byte.
VERIFIED = 50


@dataclass
class Turn:
    """One load."""

    traffic: str
    phase: str
    requests: int
    seconds: float
    # wrk's counts of what went wrong.
    errors: dict[str, int]
    # Events that the node counted, by outcome.
    outcomes: dict[str, int]
    latency_ms: dict[str, float]
    # Isolates that were started, and how many of them for a worker that had one before.
    starts: int
    starts_again: int
    evicted: float | None
    shed: float | None
    warm: float | None
    # Resident memory of host and cells during it: median and highest.
    rss_mib: float
    rss_mib_max: float

    @property
    def per_s(self) -> float:
        """Answers that were no error: turning away is quick."""
        return (self.requests - self.errors.get("status", 0)) / self.seconds if self.seconds else 0

    @property
    def cold_share(self) -> float:
        """Of the node's own counts: events that found no isolate, of those that were served."""
        return self.starts / max(1, self.outcomes.get("ok", 0))


@dataclass
class Zipf:
    asked: int
    deployed: int = 0
    deploy_s: float = 0
    memory_mib: int = MEMORY_MIB
    turns: list[Turn] = field(default_factory=list)
    # Seconds since the first load, and resident memory then.
    memory: list[tuple[float, float]] = field(default_factory=list)
    # Loads with errors, wrong answers: there must be none.
    wrongs: list[str] = field(default_factory=list)


def measure(setting: Setting, workers: int, deploy_s_max: float, seconds: int) -> Zipf:
    found = Zipf(workers)
    wide = Setting(setting.cores.wide(), setting.mote, setting.folder)
    with wide.node(f"[node]\nmemory_mib = {MEMORY_MIB}\n") as node:
        _deploy(node, found, deploy_s_max)
        # What the deploys left behind is no part of this.
        node.end()
        node.start()
        seen: set[str] = set()
        with _watched(node, found.memory):
            for traffic, exponent in TRAFFIC.items():
                for turn, (phase, connections) in enumerate(CONNECTIONS.items()):
                    asked = f"@{found.deployed},{exponent},{turn + 1}"
                    found.turns.append(_turn(setting, node, found, (traffic, phase), asked, connections, seconds, seen))
        _verify(node, found)
    return found


def _deploy(node: Node, found: Zipf, seconds_max: float) -> None:
    began = time.perf_counter()
    while found.deployed < found.asked and (left := seconds_max - (time.perf_counter() - began)) > 0:
        found.deployed += deploy_batch(node, range(found.deployed, min(found.asked, found.deployed + EVERY)), left)
    found.deploy_s = time.perf_counter() - began
    if not found.deployed:
        raise ServerFailed("no worker could be deployed")


@contextmanager
def _watched(node: Node, memory: list[tuple[float, float]]) -> Iterator[None]:
    """Reads the resident memory now and then, on a thread of its own."""
    over, began = threading.Event(), time.perf_counter()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            memory.append((time.perf_counter() - began, node.server.resident_mib()[0]))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _turn(
    setting: Setting, node: Node, found: Zipf, what: tuple[str, str], asked: str, connections: int, seconds: int, seen: set[str]
) -> Turn:
    before, looks = books.of(node), len(found.memory)
    report = load.hammer_at(setting.cores, node.port, (asked,), connections, seconds)
    node.server.check_alive()
    new = books.of(node).since(before)
    again = sum(count - (worker not in seen) for worker, count in new.started.items())
    seen.update(new.started)
    memory = [mib for _, mib in found.memory[looks:]] or [node.server.resident_mib()[0]]
    turn = Turn(
        *what, report["requests"], report["duration_us"] / 1e6, {kind: count for kind, count in report["errors"].items() if count},
        dict(new.events), {key: us / 1000 for key, us in report["latency_us"].items()}, new.starts, again, new.evicted, new.shed,
        new.warm, median(memory), max(memory),
    )
    found.wrongs += problems(turn)
    return turn


def problems(turn: Turn) -> list[str]:
    """What no client may see: this working set is served, be it slowly."""
    where = f"{turn.traffic}, {turn.phase}"
    outcomes = {outcome: count for outcome, count in turn.outcomes.items() if outcome not in ("ok", "canceled", "responseStreamDisconnected")}
    found = []
    if not turn.requests:
        found.append(f"{where}: no request was answered")
    if turn.errors:
        found.append(f"{where}: errors of {turn.requests:,} requests: {_counts(turn.errors)}")
    if outcomes:
        found.append(f"{where}: events that did not end well: {_counts(outcomes)}")
    return found


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items())


def _verify(node: Node, found: Zipf) -> None:
    with Client(node.port) as client:
        for number in random.Random(7).sample(range(found.deployed), min(VERIFIED, found.deployed)):
            try:
                client.ask(name(number), text(number))
            except ServerFailed as error:
                found.wrongs.append(f"afterwards: {error}")
