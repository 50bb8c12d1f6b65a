"""From the upload to the first answer of the new version; and deploys a second."""

import http.client
import threading
import time
from dataclasses import dataclass, field

from ..server import ServerFailed
from .api import form
from .node import Node, Setting, hello
from .times import Times

KIB, MIB = 1 << 10, 1 << 20
CLIENTS = (1, 4)


@dataclass
class Live:
    """Deploys of one worker, one after another, each with a request right behind it."""

    title: str
    upload_kib: float
    # Until the API has answered; from there to the end of the first answer; and both.
    api_ms: Times
    first_ms: Times
    live_ms: Times
    # First answers that came from the version before, and how many there were.
    stale: int


@dataclass
class Rate:
    """Deploys a second, round by round."""

    clients: int
    per_s: list[float] = field(default_factory=list)


def large_source(version: str, size: int = MIB) -> str:
    """A module of about this size whose functions a bundler might have put together; no two versions are the same."""
    parts, length = [f"const version = {version!r};\nexport default {{ fetch() {{ return new Response(version); }} }};\n"], 0
    number = 0
    while length < size:
        part = (
            f"export function part{number}(items, options = {{}}) {{\n"
            f"  const found = items.filter((item) => item.id % {number + 3} === 0 && !options.without?.includes(item.name));\n"
            f"  return found.map((item) => ({{ ...item, label: `part {number} of {version}: ${{item.name}}`, rank: item.rank * {number} }}));\n"
            "}\n"
        )
        parts.append(part)
        length += len(part)
        number += 1
    return "".join(parts)


def small_upload(version: str) -> bytes:
    return hello(version)


def large_upload(version: str) -> bytes:
    return form(large_source(version))


# title, the upload of a version, how many deploys of an ordinary run and of a quick one.
KINDS = (("hello", small_upload, 200, 10), ("1 MiB", large_upload, 200, 5))


def live(setting: Setting, title: str, upload_of, deploys: int) -> Live:
    with setting.node() as node:
        api, size = node.api(), 0
        api.deploy("fresh", upload_of("before"))
        gateway = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
        before = _ask(gateway)
        api_ms, first_ms, live_ms, stale = [], [], [], 0
        for number in range(deploys):
            version = f"version {number}"
            upload = upload_of(version)
            size = len(upload)
            began = time.perf_counter()
            api.deploy("fresh", upload)
            answered = time.perf_counter()
            text = _ask(gateway)
            first = time.perf_counter()
            if text == before:
                stale += 1
                while text == before:
                    text = _ask(gateway)
            if text != version:
                raise ServerFailed(f"after the deploy of {version!r} came {text[:80]!r}")
            done, before = time.perf_counter(), version
            api_ms.append((answered - began) * 1000)
            first_ms.append((first - answered) * 1000)
            live_ms.append((done - began) * 1000)
        gateway.close()
        api.close()
    return Live(title, size / KIB, Times.of(api_ms), Times.of(first_ms), Times.of(live_ms), stale)


def _ask(gateway: http.client.HTTPConnection) -> str:
    gateway.request("GET", "/", headers={"host": "fresh.localhost"})
    answer = gateway.getresponse()
    body = answer.read().decode(errors="replace")
    if answer.status != 200:
        raise ServerFailed(f"status {answer.status} after a deploy: {body[:200]}")
    return body


def rates(setting: Setting, rounds: int, seconds: float) -> list[Rate]:
    found = [Rate(clients) for clients in CLIENTS]
    with setting.node() as node:
        deploy_for(node, 1, min(seconds, 1), "warm")
        for turn in range(rounds):
            order = found if turn % 2 == 0 else list(reversed(found))
            for rate in order:
                rate.per_s.append(deploy_for(node, rate.clients, seconds, f"round {turn}"))
    return found


def deploy_for(node: Node, clients: int, seconds: float, mark: str) -> float:
    """Deploys a second of some clients at once, each with a worker of its own; every last version must then serve."""
    until, last, problems = time.perf_counter() + seconds, [0] * clients, []

    def work(client: int) -> None:
        api = node.api()
        try:
            while time.perf_counter() < until:
                api.deploy(f"client{client}", hello(f"{mark}, {clients} clients, {last[client] + 1}"))
                last[client] += 1
        except (ServerFailed, OSError, http.client.HTTPException) as error:
            problems.append(f"client {client}: {error or type(error).__name__}")
        finally:
            api.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(client,), daemon=True) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if problems:
        raise ServerFailed(problems[0])
    for client, number in enumerate(last):
        expected = f"{mark}, {clients} clients, {number}"
        if (text := node.text(f"client{client}")) != expected:
            raise ServerFailed(f"client{client} answers {text!r} and not {expected!r}")
    return sum(last) / took
