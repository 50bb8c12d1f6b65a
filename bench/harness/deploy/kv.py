"""KV through a worker and through the API. What else is on the same disk is in `beside`."""

from dataclasses import dataclass, field

from .. import load
from ..server import ServerFailed
from ..workloads import Ask, Workload
from .api import ACCOUNT, form
from .node import Node, Setting

KEYS = 1_000
VALUE = b"v" * 100
CONNECTIONS = (1, 32)
READ, WRITE = "read", "write"
WORKER, API = "Mote, through a worker", "Mote, through the API"
NO_KV = "this build has no KV"
SOURCE = """export default {
  async fetch(request, env) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === "GET") return new Response(await env.KV.get(key));
    await env.KV.put(key, await request.text());
    return new Response("written");
  },
};
"""


@dataclass
class Row:
    """One way to keep pairs, and one thing done with it."""

    way: str
    does: str
    connections: int
    per_s: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)


@dataclass
class Kv:
    rows: list[Row] = field(default_factory=list)
    # What was not measured, and why.
    missing: dict[str, str] = field(default_factory=dict)
    # The file system that everything here was kept on.
    file_system: str = ""

    def row(self, way: str, does: str, connections: int) -> Row:
        for row in self.rows:
            if (row.way, row.does, row.connections) == (way, does, connections):
                return row
        self.rows.append(Row(way, does, connections))
        return self.rows[-1]


def measure(setting: Setting, found: Kv, turn: int, seconds: int) -> None:
    """One round, with a fresh node."""
    with setting.node() as node:
        api = node.api()
        namespace = api.make_namespace("bench")
        if namespace is None:
            found.missing["Mote"] = NO_KV
            return
        api.deploy("pairs", form(SOURCE, [{"type": "kv_namespace", "name": "KV", "namespace_id": namespace}]))
        for number in range(KEYS):
            api.put_value(namespace, f"key{number}", VALUE)
        for way in (WORKER, API) if turn % 2 else (API, WORKER):
            for does in (READ, WRITE):
                for connections in CONNECTIONS:
                    done = _load(setting, node, namespace, way, does, connections, seconds)
                    row = found.row(way, does, connections)
                    row.per_s.append(done.requests / done.seconds)
                    row.p50_ms.append(done.latency_ms["p50"])
        for key in ("key0", f"key{KEYS - 1}"):
            if api.value(namespace, key) != VALUE or node.text("pairs", f"/{key}") != VALUE.decode():
                raise ServerFailed(f"{key} is not what was written")
        api.close()


def _load(setting: Setting, node: Node, namespace: str, way: str, does: str, connections: int, seconds: int) -> load.Load:
    prefix = "/" if way == WORKER else f"/client/v4/accounts/{ACCOUNT}/storage/kv/namespaces/{namespace}/values/"
    headers = ("Host: pairs.localhost",) if way == WORKER else (f"Authorization: Bearer {node.token()}",)
    port = node.port if way == WORKER else node.admin
    answer = VALUE if does == READ else b"written"
    asks = tuple(Ask(f"{prefix}key{number}", answer, "text/plain") for number in range(KEYS))
    if does == READ:
        asked = Workload("kv", way, asks)
    else:
        asked = Workload("kv", way, asks, method="PUT", body=VALUE, body_type="application/octet-stream")
    return load.run(setting.cores, asked, port, connections, seconds, node.folder, headers)
