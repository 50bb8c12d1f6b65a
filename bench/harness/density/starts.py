"""Cold starts as a client sees them, beside a warm request, with and without what was prepared at the deploy.

Copies of one app have one bundle, which is prepared once. After a start of the node none of them has an isolate, so each
copy gives one cold start, and the node is started again and again.
"""

import sqlite3
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from ..deploy.api import Api
from ..deploy.node import Node, Setting, hello
from .apps import NO_HEAP, App
from .client import Client
from .tail import Tail

PREPARED = "as deployed"
IN_A_ROW = "as deployed, without a pause"
NO_HEAP_WAY = "code caches, no heap"
FROM_SOURCE = "nothing prepared"
WARM = "warm"
WAYS = (PREPARED, IN_A_ROW, NO_HEAP_WAY, FROM_SOURCE, WARM)
# Time to make a blank isolate in, and whatever else a cell does between events.
PAUSE_S = 0.02
# A node prepares a version within this time after its deploy, or not at all.
PREPARE_S_MAX = 30
# What is not prepared is prepared 20 s after its first event; a round with nothing prepared is over by then.
ROUND_S_MAX = 15
# A cell that has run this one has its own start behind it.
FIRST, FIRST_TEXT = "first", "Hello, World!"


@dataclass
class Start:
    app: str
    title: str
    bundle_kib: float
    # Way -> times as the client saw them.
    times: dict[str, Tail] = field(default_factory=dict)
    # What the node itself found out when it prepared the version, in microseconds, and why there is no heap.
    found: dict | None = None
    found_no_heap: dict | None = None
    rounds: int = 0


def measure(setting: Setting, app: App, samples: int, seconds_max: float) -> Start:
    """Until each way has so many samples, or the time is over."""
    with tempfile.TemporaryDirectory(dir=setting.folder) as folder:
        source = app.source(Path(folder))
    copies = max(1, min(app.copies_max, samples))
    plan = {
        PREPARED: [f"{app.key}{number}" for number in range(copies)],
        IN_A_ROW: [f"{app.key}{number}" for number in range(copies, 2 * copies)],
        NO_HEAP_WAY: [f"noheap{number}" for number in range(copies)],
    }
    found, times = Start(app.key, app.title, len(source.encode()) / 1024), {way: [] for way in WAYS}
    with setting.node() as node:
        api = node.api()
        api.deploy(FIRST, hello(FIRST_TEXT))
        for way, names in plan.items():
            upload = app.upload(NO_HEAP + source if way == NO_HEAP_WAY else source)
            for name in names:
                api.deploy(name, upload)
        found.found = _wait(api, plan[PREPARED][0])
        found.found_no_heap = _wait(api, plan[NO_HEAP_WAY][0])
        api.close()
        until = time.monotonic() + seconds_max
        while len(times[PREPARED]) < samples and (time.monotonic() < until or not found.rounds):
            _round(node, app, plan, times)
            found.rounds += 1
    found.times = {way: Tail.of(values) for way, values in times.items() if values}
    return found


def _wait(api: Api, name: str) -> dict | None:
    until = time.monotonic() + PREPARE_S_MAX
    while (start := api.start(name)) is None and time.monotonic() < until:
        time.sleep(0.1)
    return start


def _round(node: Node, app: App, plan: dict[str, list[str]], times: dict[str, list[float]]) -> None:
    node.end()
    node.start()
    with _client(node) as client:
        _paced(client, app, plan[PREPARED], times[PREPARED], times[WARM])
        times[IN_A_ROW] += [client.ask(name, app.expected, app.path) for name in plan[IN_A_ROW]]
        time.sleep(PAUSE_S)
        _paced(client, app, plan[NO_HEAP_WAY], times[NO_HEAP_WAY], [])
    node.end()
    with Forgotten(node.folder / "data" / "mote.sqlite"):
        node.start()
        with _client(node) as client:
            _paced(client, app, plan[PREPARED], times[FROM_SOURCE], [])
        node.end()
    node.start()


def _client(node: Node) -> Client:
    """The cell itself is warm: what is measured is an isolate's start."""
    client = Client(node.port)
    for _ in range(3):
        client.ask(FIRST, FIRST_TEXT)
    time.sleep(10 * PAUSE_S)
    return client


def _paced(client: Client, app: App, names: list[str], cold: list[float], warm: list[float]) -> None:
    until = time.monotonic() + ROUND_S_MAX
    for name in names:
        if time.monotonic() > until:
            return
        cold.append(client.ask(name, app.expected, app.path))
        time.sleep(PAUSE_S)
        warm.append(client.ask(name, app.expected, app.path))
        time.sleep(PAUSE_S)


class Forgotten:
    """A store from which everything that was prepared is gone, until the end of the block. No node may run when it begins or ends."""

    def __init__(self, store: Path):
        self._store = store
        self._rows: list[tuple] = []

    def __enter__(self) -> "Forgotten":
        with self._open() as base:
            self._rows = base.execute("SELECT * FROM prepared").fetchall()
            base.execute("DELETE FROM prepared")
        return self

    def __exit__(self, *_raised) -> None:
        with self._open() as base:
            base.execute("DELETE FROM prepared")
            if self._rows:
                base.executemany(f"INSERT INTO prepared VALUES ({', '.join('?' * len(self._rows[0]))})", self._rows)

    def _open(self) -> "_Base":
        return _Base(self._store)


class _Base:
    """One transaction on a connection of its own: `sqlite3` by itself would leave the connection open."""

    def __init__(self, store: Path):
        self._connection = sqlite3.connect(store)

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, kind, *_raised) -> None:
        if kind is None:
            self._connection.commit()
        self._connection.close()
