"""A node that is killed while it takes deploys: how soon it serves again, and whether it kept what it had said yes to."""

import http.client
import random
import threading
import time
from dataclasses import dataclass, field

from ..server import ServerFailed
from .api import Api
from .node import Node, Setting, hello

CLIENTS = 2
# Each client deploys to its workers in turn.
WORKERS_OF_CLIENT = 5
# The load goes on this long before the node is killed: by chance, between these.
LOAD_S_MIN, LOAD_S_MAX = 0.3, 1.0
KEYS = 20
JOIN_S = 30


@dataclass
class Kills:
    ready_ms: list[float] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)
    deploys: int = 0
    # Writes of KV, or `None` where this build has none.
    kv_writes: int | None = None
    # What had been said yes to and was not there afterwards.
    lost: list[str] = field(default_factory=list)
    # Cells that went on without their host.
    orphans: int = 0


@dataclass
class Book:
    """What one client has sent and what was answered with yes, by name: numbers that only grow."""

    sent: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)

    def loss(self, name: str, served: int | None) -> str:
        """What is wrong with what a name serves; empty if nothing is."""
        said, sent = self.acknowledged.get(name, 0), self.sent.get(name, 0)
        if served is None:
            return f"{name}: number {said} was acknowledged, and nothing is there" if said else ""
        if served < said:
            return f"{name}: number {said} was acknowledged, and {served} is there"
        return f"{name}: {served} is there, and the last sent was {sent}" if served > sent else ""


def measure(setting: Setting, kills: int) -> Kills:
    found, chance = Kills(), random.Random(11)
    with setting.node() as node:
        api = node.api()
        api.deploy("steady", hello("steady"))
        namespace = api.make_namespace("kills")
        api.close()
        found.kv_writes = 0 if namespace else None
        books, kv_book = [Book() for _ in range(CLIENTS)], Book()
        for _ in range(kills):
            _storm(node, books, kv_book, namespace, chance.uniform(LOAD_S_MIN, LOAD_S_MAX), found)
            found.ready_ms.append(node.start())
            found.answer_ms.append(node.first_answer("steady", "steady"))
            _check(node, books, kv_book, namespace, found)
        found.deploys = sum(sum(book.acknowledged.values()) for book in books)
        if namespace:
            found.kv_writes = sum(kv_book.acknowledged.values())
    return found


def _storm(node: Node, books: list[Book], kv_book: Book, namespace: str | None, seconds: float, found: Kills) -> None:
    """Writes until the node is killed; whoever writes ends then, and notes what came back before."""
    killed, problems = threading.Event(), []

    def work(book: Book, names: list[str], write) -> None:
        api = node.api()
        try:
            while True:
                for name in names:
                    number = book.sent[name] = book.sent.get(name, 0) + 1
                    write(api, name, number)
                    book.acknowledged[name] = number
        except (ServerFailed, OSError, http.client.HTTPException) as error:
            if not killed.is_set():
                problems.append(f"a write failed before the node was killed: {error or type(error).__name__}")
        finally:
            api.close()

    def deploy(api: Api, name: str, number: int) -> None:
        api.deploy(name, hello(str(number)))

    def put(api: Api, key: str, number: int) -> None:
        api.put_value(str(namespace), key, str(number).encode())

    jobs = [(book, names_of(client), deploy) for client, book in enumerate(books)]
    if namespace:
        jobs.append((kv_book, [f"key{number}" for number in range(KEYS)], put))
    threads = [threading.Thread(target=work, args=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    killed.set()
    found.orphans += len(node.kill())
    for thread in threads:
        thread.join(JOIN_S)
    if problems or any(thread.is_alive() for thread in threads):
        raise ServerFailed(problems[0] if problems else "a client got neither an answer nor an error when the node was killed")


def names_of(client: int) -> list[str]:
    return [f"client{client}-{number}" for number in range(WORKERS_OF_CLIENT)]


def _check(node: Node, books: list[Book], kv_book: Book, namespace: str | None, found: Kills) -> None:
    """Reads everything back. What was under way counts from here on as what it turned out to be."""
    api = node.api()
    reads = [(book, name, lambda name=name: _served(node, name)) for book in books for name in book.sent]
    reads += [(kv_book, key, lambda key=key: _kept(api, str(namespace), key)) for key in kv_book.sent]
    for book, name, read in reads:
        served = read()
        if problem := book.loss(name, served):
            found.lost.append(problem)
        book.sent[name] = max(served or 0, book.acknowledged.get(name, 0))
    api.close()


def _served(node: Node, name: str) -> int | None:
    try:
        return int(node.text(name))
    except ServerFailed:
        return None


def _kept(api: Api, namespace: str, key: str) -> int | None:
    value = api.value(namespace, key)
    return None if value is None else int(value)
