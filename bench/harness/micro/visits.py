"""The runtimes, all alive at once on one core, and one case asked of each of them in turn."""

import http.client
import os
from contextlib import ExitStack
from pathlib import Path

from .. import peers
from ..machine import Cores
from ..measure import COMPATIBILITY_DATE
from ..peers import ADAPTERS, Peer
from ..server import Server, ServerFailed, free_port
from . import times
from .cases import Case
from .times import Time

ANSWER_S_MAX = 60
# An event of Mote may take a second by default, which is enough on a quiet machine; a busy one shall not fail.
CPU_MS = 30_000


def prepare(folder: Path) -> None:
    """A project folder: the worker as one module, with the configurations that workerd and Mote read."""
    peers.bundle(peers.BENCH / "workers/micro/index.js", folder / "worker.mjs")
    for name in ("workerd.capnp", "wrangler.toml"):
        text = (ADAPTERS / name).read_text().replace("@UPSTREAM@", "").replace("@COMPATIBILITY_DATE@", COMPATIBILITY_DATE)
        (folder / name).write_text(text + (f"\n[limits]\ncpu_ms = {CPU_MS}\n" if name == "wrangler.toml" else ""))


def command(peer: Peer, folder: Path, port: int) -> list[str]:
    """As elsewhere, but that Node has its own Request and Response."""
    words = peer.command(folder, port)
    return [str(ADAPTERS / "node-plain.js") if word == str(ADAPTERS / "node.js") else word for word in words]


class Round:
    """One fresh process of each runtime. Use as a context manager."""

    def __init__(self, cores: Cores, found: dict[str, Peer], project: Path):
        self._cores, self._found, self._project = cores, found, project
        self._stack = ExitStack()
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self._servers: dict[str, Server] = {}
        # Why one is not there.
        self.failed: dict[str, str] = {}

    def __enter__(self) -> "Round":
        for name, peer in self._found.items():
            try:
                self._start(name, peer)
            except (ServerFailed, OSError) as error:
                self.failed[name] = str(error) or type(error).__name__
        return self

    def __exit__(self, *_raised) -> None:
        for connection in self._connections.values():
            connection.close()
        self._stack.close()

    def visit(self, name: str, case: Case, samples: int) -> Time:
        """What one run of the case takes there. Throws `ServerFailed` if it does not do what it shall."""
        if name not in self._connections:
            raise ServerFailed(self.failed.get(name, "it is not there"))
        # A new connection for each visit: servers close one that was idle while the others had their turns.
        self._connections[name].close()
        try:
            return times.measure(lambda runs: self._ask(name, case, runs), samples)
        except (OSError, http.client.HTTPException) as error:
            self._servers[name].check_alive()
            raise ServerFailed(f"{type(error).__name__}: {error}{self._servers[name].last_words()}") from error

    def _start(self, name: str, peer: Peer) -> None:
        port = free_port()
        # Its own folder for what it writes: the project's is everybody's.
        work = self._project.parent / f"{name}-{port}"
        work.mkdir()
        environment = {
            "PATH": os.environ.get("PATH", ""), "HOME": str(work), "DENO_DIR": str(work / "deno"), "DENO_NO_UPDATE_CHECK": "1",
            "DO_NOT_TRACK": "1", "NODE_ENV": "production", "NO_COLOR": "1",
        }
        server = self._stack.enter_context(Server(self._cores, command(peer, self._project, port), port, work, environment))
        server.wait_for_answer(f"GET /url-parse/1 HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n".encode())
        self._servers[name] = server
        self._connections[name] = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S_MAX)

    def _ask(self, name: str, case: Case, runs: int) -> float:
        connection, server = self._connections[name], self._servers[name]
        began = server.cpu_clock_s()
        connection.request("GET", f"/{case.name}/{runs}")
        answer = connection.getresponse()
        text = answer.read()
        took = server.cpu_clock_s() - began
        if answer.status != 200 or text != b"done":
            raise ServerFailed(f"{case.name}: status {answer.status}, {text[:200].decode(errors='replace')}")
        return took
