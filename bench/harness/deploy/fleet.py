"""Thousands of workers on one node: deploying them, starting with them, the host's memory, and first answers."""

import http.client
import random
import threading
import time
from dataclasses import dataclass, field

from ..server import ServerFailed
from .node import Node, Setting, hello
from .times import Times

CLIENTS = 4
# So many are deployed between two looks at the memory.
EVERY = 1_000
COLD = 100
STARTS = 5
# A host that has more than this after a batch is started again: the batches that are still to come must fit into memory, too.
HOST_MIB_MAX = 3_072


@dataclass
class Start:
    """Starts of one node with its folder as it is."""

    workers: int
    ready_ms: list[float] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)
    # The host's resident memory once it has answered one worker.
    host_mib: list[float] = field(default_factory=list)


@dataclass
class Mark:
    """After a batch of deploys."""

    workers: int
    deploys_per_s: float
    host_mib: float
    started_again: bool = False


@dataclass
class Fleet:
    asked: int
    deployed: int = 0
    seconds: float = 0
    marks: list[Mark] = field(default_factory=list)
    alone: Start | None = None
    all: Start | None = None
    cold_ms: Times | None = None
    warm_ms: Times | None = None
    host_asked_mib: float = 0
    store_mib: float = 0


def name(number: int) -> str:
    return f"worker{number}"


def text(number: int) -> str:
    return f"I am number {number}"


def measure(setting: Setting, workers: int, seconds_max: float) -> Fleet:
    """As many workers as are asked for, or as can be deployed in the time: which it was, the result says."""
    fleet, chance = Fleet(workers), random.Random(7)
    with setting.node() as node:
        api = node.api()
        api.deploy(name(0), hello(text(0)))
        api.close()
        fleet.alone = _starts(node, 1, chance)
        _deploy(node, fleet, seconds_max)
        fleet.all = _starts(node, fleet.deployed, chance)
        picked = chance.sample(range(fleet.deployed), min(COLD, fleet.deployed))
        fleet.cold_ms = Times.of([_timed(node, number) for number in picked])
        fleet.warm_ms = Times.of([_timed(node, number) for number in picked])
        fleet.host_asked_mib = node.host_mib()
        fleet.store_mib = sum(path.stat().st_size for path in (node.folder / "data").glob("mote.sqlite*")) / (1 << 20)
    return fleet


def _starts(node: Node, workers: int, chance: random.Random) -> Start:
    """The node is running before and after."""
    found = Start(workers)
    for _ in range(STARTS):
        node.end()
        number = chance.randrange(workers)
        found.ready_ms.append(node.start())
        found.answer_ms.append(node.first_answer(name(number), text(number)))
        found.host_mib.append(node.host_mib())
    return found


def _deploy(node: Node, fleet: Fleet, seconds_max: float) -> None:
    """Deploys the workers from the second on, batch by batch. A host that has grown too large is started again between two, so that the
    machine lives to see the rest."""
    fleet.deployed = 1
    while fleet.deployed < fleet.asked and fleet.seconds < seconds_max:
        batch = range(fleet.deployed, min(fleet.asked, fleet.deployed + EVERY))
        began = time.perf_counter()
        done = deploy_batch(node, batch, seconds_max - fleet.seconds)
        seconds = time.perf_counter() - began
        fleet.deployed += done
        fleet.seconds += seconds
        mark = Mark(fleet.deployed, done / seconds, node.host_mib())
        fleet.marks.append(mark)
        if mark.host_mib > HOST_MIB_MAX and fleet.deployed < fleet.asked:
            mark.started_again = True
            node.end()
            node.start()


def deploy_batch(node: Node, batch: range, seconds_max: float) -> int:
    """How many were deployed, of the first ones without a gap, by all clients at once."""
    numbers, lock, until = iter(batch), threading.Lock(), time.perf_counter() + seconds_max
    done, problems = set(), []

    def work() -> None:
        api = node.api()
        try:
            while time.perf_counter() < until and not problems:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                api.deploy(name(number), hello(text(number)))
                with lock:
                    done.add(number)
        except (ServerFailed, OSError, http.client.HTTPException) as error:
            problems.append(f"after {batch.start + len(done):,} workers: {error or type(error).__name__}")
        finally:
            api.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise ServerFailed(problems[0] + node.server.last_words())
    if done != set(batch[: len(done)]):
        raise ServerFailed("some numbers were left out")
    return len(done)


def _timed(node: Node, number: int) -> float:
    began = time.perf_counter()
    said = node.text(name(number))
    took = (time.perf_counter() - began) * 1000
    if said != text(number):
        raise ServerFailed(f"{name(number)} answers {said!r}")
    return took
