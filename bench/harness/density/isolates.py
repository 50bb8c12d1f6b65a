"""Memory and first answer of one more idle tenant: as many workers that say hello as fit, each with a text of its own."""

import random
import time
from dataclasses import dataclass, field

from ..deploy.fleet import deploy_batch, name, text
from ..deploy.node import Node, Setting
from . import books
from .client import Client
from .tail import Tail

# Isolates of one cell share V8's cage of 4 GiB, so many tenants need several cells. One core runs them all here.
CELLS = 4
# A node plans with four fifths of what it may have; it is given so much more that nothing has to leave.
SPARE = 1.5
# So long after the last answer the memory is read: trials of the last deploys are over then.
SETTLE_S = 2
# Asked again at the end, to see whether they are still there.
AGAIN = 200
# All first answers of a level within this time.
ASK_S_MAX = 240


@dataclass
class Level:
    """After so many workers have answered once."""

    workers: int
    # Of host and cells together. RSS counts pages that processes share in each of them, PSS shares them out.
    rss_mib: float
    pss_mib: float
    host_mib: float
    # First answers of the workers that this level has more than the one before, one after another.
    first_ms: Tail


@dataclass
class Isolates:
    asked: int
    cells: int = CELLS
    memory_mib_max: float = 0
    deploy_s: float = 0
    levels: list[Level] = field(default_factory=list)
    # Why there are fewer than were asked for.
    short: str = ""
    starts: int = 0
    warm: float | None = None
    again: int = 0
    # Of these, how many had to be started again.
    again_started: int = 0

    def kib(self, level: Level, metric: str = "rss_mib") -> float | None:
        """What each worker after the first one takes."""
        first = self.levels[0]
        if level.workers <= first.workers:
            return None
        return (getattr(level, metric) - getattr(first, metric)) * 1024 / (level.workers - first.workers)


def config(memory_mib: float) -> str:
    return f"[node]\nmemory_mib = {int(memory_mib * SPARE)}\n[cordons.default]\ncells = {CELLS}\n"


def too_many(found: Isolates, workers: int) -> bool:
    """Whether that many would take more memory than they may, going by those that there are."""
    if not found.levels:
        return False
    last = found.levels[-1]
    each = found.kib(last)
    return each is not None and last.rss_mib + each * (workers - last.workers) / 1024 > found.memory_mib_max


def measure(setting: Setting, levels: tuple[int, ...], deploy_s_max: float, memory_mib_max: float) -> Isolates:
    found = Isolates(levels[-1], memory_mib_max=memory_mib_max)
    with setting.node(config(memory_mib_max)) as node:
        for workers in levels:
            if too_many(found, workers):
                found.short = f"{workers:,} would take more than {memory_mib_max:,.0f} MiB"
                break
            had = found.levels[-1].workers if found.levels else 0
            there = had + _deploy(node, found, range(had, workers), deploy_s_max)
            if there < workers:
                found.short = f"{deploy_s_max:.0f} s were over with {there:,} workers deployed"
            if there > had:
                found.levels.append(_level(node, range(had, there)))
            if found.short:
                break
        counted = books.of(node)
        found.starts, found.warm = counted.starts, counted.warm
        _again(node, found, counted)
    return found


def _deploy(node: Node, found: Isolates, batch: range, seconds_max: float) -> int:
    began = time.perf_counter()
    done = deploy_batch(node, batch, seconds_max - found.deploy_s)
    found.deploy_s += time.perf_counter() - began
    return done


def _level(node: Node, workers: range) -> Level:
    times, until = [], time.monotonic() + ASK_S_MAX
    with Client(node.port) as client:
        for number in workers:
            if time.monotonic() > until:
                break
            times.append(client.ask(name(number), text(number)))
    time.sleep(SETTLE_S)
    memory = node.server.memory()
    return Level(workers.start + len(times), memory.rss_mib, memory.pss_mib, node.host_mib(), Tail.of(times))


def _again(node: Node, found: Isolates, counted: books.Books) -> None:
    there = found.levels[-1].workers
    picked = random.Random(7).sample(range(there), min(AGAIN, there))
    with Client(node.port) as client:
        for number in picked:
            client.ask(name(number), text(number))
    found.again = len(picked)
    found.again_started = books.of(node).since(counted).starts
