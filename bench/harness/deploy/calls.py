"""A worker that asks another one through a service binding, beside one that answers itself."""

from dataclasses import dataclass, field

from .. import load
from ..server import ServerFailed
from ..workloads import Ask, Workload
from .api import form
from .node import Node, Setting

CONNECTIONS = 32
ALONE, FETCH, CALL = "answers itself", "env.B.fetch", "env.B.add(1, 2)"
HOSTS = {ALONE: "alone", FETCH: "fetches", CALL: "calls"}
ANSWER = "3"
SOURCES = {
    "alone": "export default { fetch() { return new Response('3'); } };\n",
    "callee": """import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  fetch() { return new Response("3"); }
  add(a, b) { return a + b; }
}
""",
    "fetches": "export default { fetch(request, env) { return env.B.fetch('http://callee/'); } };\n",
    "calls": "export default { async fetch(request, env) { return new Response(`${await env.B.add(1, 2)}`); } };\n",
}
BINDING = [{"type": "service", "name": "B", "service": "callee"}]


@dataclass
class Turn:
    requests_per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    single_p50_ms: float


@dataclass
class Calls:
    # Way -> round by round.
    turns: dict[str, list[Turn]] = field(default_factory=lambda: {way: [] for way in HOSTS})

    def extra_us(self, way: str, metric: str) -> list[float]:
        """What a way costs more than `ALONE` in the same round, in microseconds, in order of size."""
        factor = 1000 if metric.endswith("_ms") else 1
        pairs = zip(self.turns[way], self.turns[ALONE], strict=False)
        return sorted((getattr(one, metric) - getattr(alone, metric)) * factor for one, alone in pairs)


def measure(setting: Setting, rounds: int, seconds: int) -> Calls:
    found = Calls()
    with setting.node() as node:
        api = node.api()
        for name, source in SOURCES.items():
            api.deploy(name, form(source, BINDING if "env.B" in source else None))
        api.close()
        order = list(HOSTS)
        for way in order:
            _load(setting, node, way, CONNECTIONS, 1)  # warms up
        for turn in range(rounds):
            shift = turn % len(order)
            for way in order[shift:] + order[:shift]:
                found.turns[way].append(_visit(setting, node, way, seconds))
    return found


def _visit(setting: Setting, node: Node, way: str, seconds: int) -> Turn:
    before = node.server.cpu_clock_s()
    loaded = _load(setting, node, way, CONNECTIONS, seconds)
    cpu_s = node.server.cpu_clock_s() - before
    single = _load(setting, node, way, 1, max(1, seconds // 2))
    return Turn(
        loaded.requests / loaded.seconds, cpu_s / loaded.requests * 1e6, loaded.latency_ms["p50"], loaded.latency_ms["p99"],
        single.latency_ms["p50"],
    )


def _load(setting: Setting, node: Node, way: str, connections: int, seconds: int) -> load.Load:
    if (said := node.text(HOSTS[way])) != ANSWER:
        raise ServerFailed(f"{way}: {said!r}")
    asked = Workload("calls", way, (Ask("/", ANSWER.encode(), "text/plain"),))
    return load.run(setting.cores, asked, node.port, connections, seconds, node.folder, (f"Host: {HOSTS[way]}.localhost",))
