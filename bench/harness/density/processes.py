"""The same tenants as people would run them without Mote: a process of `node`, `deno` or `bun` each, or a `workerd` with all of them."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from ..deploy.node import Setting
from ..measure import COMPATIBILITY_DATE
from ..peers import ADAPTERS, Peer
from ..server import Server, ServerFailed, free_port
from ..workloads import Ask, Workload

# All processes of one case together; what would be more is not started.
MEMORY_MIB_MAX = 6_144
EACH = (1, 20)
# Services of one workerd: a process, so a new tenant is a new start of all of them.
SERVICES, SERVICES_QUICK = (1, 20, 1_000), (1, 20)
ANSWER_S_MAX = 60


@dataclass
class Row:
    """Tenants of one peer, alive at once; each has answered once."""

    peer: str
    way: str
    version: str
    tenants: int
    # From the start of the process to the first right answer, of each process.
    start_ms: list[float] = field(default_factory=list)
    # First answers of tenants whose process was there already.
    first_ms: list[float] = field(default_factory=list)
    rss_mib: float = 0
    pss_mib: float = 0
    # Why there are fewer than were asked for.
    short: str = ""

    @property
    def each_kib(self) -> float:
        """Of proportional memory: pages that processes share are counted once."""
        return self.pss_mib * 1024 / self.tenants if self.tenants else 0

    @property
    def ready_ms(self) -> float:
        return median(self.start_ms)


def source(number: int) -> str:
    return f"export default {{ fetch() {{ return new Response('I am number {number}'); }} }};\n"


def _asked(number: int) -> Workload:
    return Workload("processes", "hello", (Ask("/", f"I am number {number}".encode(), "text/plain"),))


def each(setting: Setting, peer: Peer, tenants: int) -> Row:
    """A process for each tenant, started one after another."""
    row = Row(peer.name, "a process each", peer.version, 0)
    with ExitStack() as stack:
        servers: list[Server] = []
        for number in range(tenants):
            if number and row.rss_mib / number * (number + 1) > MEMORY_MIB_MAX:
                row.short = f"one more would take more than {MEMORY_MIB_MAX:,} MiB"
                break
            folder = _folder(setting)
            (folder / "worker.mjs").write_text(source(number))
            if peer.name == "workerd":
                (folder / "workerd.capnp").write_text(_config({}, ADAPTERS / "workerd.capnp"))
            port = free_port()
            server = stack.enter_context(Server(setting.cores, peer.command(folder, port), port, folder, _environment(folder)))
            servers.append(server)
            row.start_ms.append(server.wait_for_first_response(_asked(number)))
            server.verify(_asked(number))
            row.tenants += 1
            row.rss_mib = sum(one.resident_mib()[0] for one in servers)
        time.sleep(0.5)
        _weigh(row, servers)
    return row


def together(setting: Setting, peer: Peer, tenants: int) -> Row:
    """One workerd with a service and a socket for each tenant."""
    row, folder = Row(peer.name, "one process", peer.version, tenants), _folder(setting)
    ports: dict[int, int] = {}
    while len(ports) < tenants:
        port = free_port()
        if port not in ports.values():
            ports[len(ports)] = port
    for number in ports:
        (folder / f"{number}.mjs").write_text(source(number))
    (folder / "workerd.capnp").write_text(_config(ports, ADAPTERS / "workerd-many.capnp"))
    command = peer.command(folder, 0)[:3]  # `workerd serve FILE`: the file names the sockets
    with Server(setting.cores, command, ports[0], folder, _environment(folder)) as server:
        row.start_ms.append(server.wait_for_first_response(_asked(0)))
        for number, port in ports.items():
            took = _first(port, f"I am number {number}")
            if number:
                row.first_ms.append(took)
        time.sleep(0.5)
        _weigh(row, [server])
    return row


def _folder(setting: Setting) -> Path:
    number = 0
    while (folder := setting.folder / f"process-{number}").exists():
        number += 1
    folder.mkdir()
    return folder


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"}


def _config(ports: dict[int, int], adapter: Path) -> str:
    """workerd's configuration, with a service for each port."""
    services = [f'(name = "{number}", worker = .worker{number}),' for number in ports]
    sockets = [f'(name = "{number}", address = "127.0.0.1:{port}", http = (), service = "{number}"),' for number, port in ports.items()]
    workers = [
        f'const worker{number} :Workerd.Worker = (modules = [(name = "worker.mjs", esModule = embed "{number}.mjs")], '
        'compatibilityDate = "@COMPATIBILITY_DATE@");'
        for number in ports
    ]
    text = adapter.read_text()
    for mark, lines in (("@SERVICES@", services), ("@SOCKETS@", sockets), ("@WORKERS@", workers)):
        text = text.replace(mark, "\n".join(lines))
    return text.replace("@UPSTREAM@", "none").replace("@COMPATIBILITY_DATE@", COMPATIBILITY_DATE)


def _first(port: int, expected: str) -> float:
    """Milliseconds of one request, with the connection that it needs."""
    began, said = time.perf_counter(), b""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S_MAX) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        while part := connection.recv(65_536):
            said += part
    took = (time.perf_counter() - began) * 1000
    if not said.startswith(b"HTTP/1.1 200") or expected.encode() not in said:
        raise ServerFailed(f"port {port} answers {said[:200]!r} and not {expected!r}")
    return took


def _weigh(row: Row, servers: list[Server]) -> None:
    for server in servers:
        server.check_alive()
    memories = [server.memory() for server in servers]
    row.rss_mib, row.pss_mib = sum(one.rss_mib for one in memories), sum(one.pss_mib for one in memories)


# What a case does: peer, tenants -> row.
Case = tuple[str, Callable[[], Row]]


def cases(setting: Setting, found: dict[str, Peer], services: tuple[int, ...]) -> list[Case]:
    listed: list[Case] = []
    for peer in found.values():
        for tenants in EACH:
            listed.append((f"{peer.name}, {tenants} processes", lambda peer=peer, tenants=tenants: each(setting, peer, tenants)))
    if workerd := found.get("workerd"):
        for tenants in services:
            listed.append((f"workerd, {tenants:,} services", lambda tenants=tenants: together(setting, workerd, tenants)))
    return listed
