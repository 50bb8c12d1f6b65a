"""Requests to a node with many routes, beside one with few. Both are alive at once and asked in turn."""

import time
from dataclasses import dataclass, field

from .. import load
from ..server import ServerFailed
from ..workloads import Ask, Workload
from .node import Node, Setting, hello

# Workers that the load is for, on either node; each has the first of its routes on both.
ASKED = 10
ROUTES_OF_WORKER = 1_000
# An account may have 20,000 routes.
WORKERS_OF_ACCOUNT = 20
CONNECTIONS = 32
# How many of the many routes are asked where not only the first are.
SPREAD = 1_000
FEW, FEW_AGAIN, MANY, MANY_SPREAD = "10 routes", "10 routes, again", "many routes", "many routes, many asked"


@dataclass
class Turn:
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    single_p50_ms: float
    cpu_us: float


@dataclass
class Routing:
    routes: int
    workers: int
    # How long it took to set all of them, and what the host holds with their workers alone, and with them.
    set_s: float
    set_last_ms: float
    before_mib: float
    after_mib: float
    # Way -> round by round.
    turns: dict[str, list[Turn]] = field(default_factory=dict)

    def ratios(self, way: str, metric: str) -> list[float]:
        """Of a way to `FEW` in the same round, in order of size."""
        pairs = zip(self.turns.get(way, []), self.turns.get(FEW, []), strict=False)
        return sorted(getattr(one, metric) / getattr(few, metric) for one, few in pairs)


def pattern(worker: int, number: int) -> str:
    """The route, one of three kinds: a whole host, a wildcard host, a path of a host that all workers share."""
    kind = number % 3
    if kind == 0:
        return f"shop{number}.of{worker}.example.com/*"
    if kind == 1:
        return f"*.area{number}.of{worker}.example.net/*"
    return f"shared.example.org/of{worker}/page{number}/*"


def path(worker: int, number: int) -> str:
    """A request that the route leads, as `load.lua` takes it."""
    kind = number % 3
    if kind == 0:
        return f"//shop{number}.of{worker}.example.com/some/page"
    if kind == 1:
        return f"//a.area{number}.of{worker}.example.net/some/page"
    return f"//shared.example.org/of{worker}/page{number}/some/page"


def workload(routes_of_worker: int) -> Workload:
    asks = tuple(
        Ask(path(worker, number), text(worker).encode(), "text/plain") for number in range(routes_of_worker) for worker in range(ASKED)
    )
    return Workload("routing", "Hello from ten workers", asks)


def text(worker: int) -> str:
    return f"worker {worker:03}"


def measure(setting: Setting, routes: int, rounds: int, seconds: int) -> Routing:
    workers = routes // ROUTES_OF_WORKER
    with setting.node() as few, setting.node() as many:
        _prepare(few, ASKED, 1)
        found = Routing(routes, workers, *_prepare(many, workers, ROUTES_OF_WORKER))
        spread = workload(SPREAD // ASKED)
        plan = {
            FEW: (few, workload(1)), MANY: (many, workload(1)), MANY_SPREAD: (many, spread), FEW_AGAIN: (few, workload(1)),
        }
        for node, load_of in ((few, workload(1)), (many, spread)):
            _verify(node, load_of)
            load.run(setting.cores, load_of, node.port, CONNECTIONS, 1, node.folder)
        order = list(plan)
        found.turns = {way: [] for way in order}
        for turn in range(rounds):
            shift = turn % len(order)
            for way in order[shift:] + order[:shift]:
                found.turns[way].append(_visit(setting, *plan[way], seconds))
    return found


def _prepare(node: Node, workers: int, routes_of_worker: int) -> tuple[float, float, float, float]:
    """Deploys them and sets their routes; gives the seconds of all routes, the milliseconds of the last call, and the host's memory before
    and after. Deploys first: what they hold is no affair of the routes."""
    apis = [node.api(f"account{number}") for number in range(0, workers, WORKERS_OF_ACCOUNT)]
    for worker in range(workers):
        apis[worker // WORKERS_OF_ACCOUNT].deploy(f"worker{worker}", hello(text(worker)))
    before_mib = node.host_mib()
    began = last = time.perf_counter()
    for worker in range(workers):
        last = time.perf_counter()
        apis[worker // WORKERS_OF_ACCOUNT].set_routes(f"worker{worker}", [pattern(worker, number) for number in range(routes_of_worker)])
    done = time.perf_counter()
    for api in apis:
        api.close()
    return done - began, (done - last) * 1000, before_mib, node.host_mib()


def _verify(node: Node, asked: Workload) -> None:
    """Every route leads where it should."""
    for ask in asked.asks:
        host, _, rest = ask.path.removeprefix("//").partition("/")
        if (said := node.text_at(host, f"/{rest}")) != ask.answer.decode():
            raise ServerFailed(f"{host}/{rest} is answered with {said[:80]!r} and not {ask.answer!r}")


def _visit(setting: Setting, node: Node, asked: Workload, seconds: int) -> Turn:
    before = node.server.cpu_clock_s()
    loaded = load.run(setting.cores, asked, node.port, CONNECTIONS, seconds, node.folder)
    cpu_s = node.server.cpu_clock_s() - before
    single = load.run(setting.cores, asked, node.port, 1, max(1, seconds // 2), node.folder)
    return Turn(
        loaded.requests / loaded.seconds, loaded.latency_ms["p50"], loaded.latency_ms["p99"], single.latency_ms["p50"],
        cpu_s / loaded.requests * 1e6,
    )
