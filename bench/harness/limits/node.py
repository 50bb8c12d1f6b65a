"""One process with several workers in it: Mote or workerd. Use as a context manager; afterwards it is gone."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ..machine import Cores
from ..measure import COMPATIBILITY_DATE
from ..peers import ADAPTERS, Peer
from ..server import Server, ServerFailed, free_port
from ..server import end as end_process
from . import kinds
from .client import Answer, Target, ask

READY_S_MAX = 10
STATS_S_MAX = 5
SETTLE_POLL_S = 0.01
# Every hostile worker also answers this: a fresh isolate is started by it and not by the event that is measured.
READY = """
export default {
  fetch(request, env, ctx) {
    return request.url.endsWith("/ready") ? new Response("ready") : hostile.fetch(request, env, ctx);
  },
};
"""


@dataclass(frozen=True)
class Stats:
    """What Mote's books say about one worker."""

    cpu_ms: float
    ended: dict[str, int]


class Setting:
    """What all nodes of a run share: the cores, a folder for generated files, an upstream to fetch from."""

    def __init__(self, cores: Cores, folder: Path):
        self.cores = cores
        self.folder = folder
        self._nodes = 0
        port = free_port()
        self.upstream_url = f"http://127.0.0.1:{port}/"
        script = Path(__file__).parent.parent / "upstream.py"
        self._upstream = cores.spawn(cores.upstream, [sys.executable, str(script), str(port)])
        self.environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "NO_COLOR": "1"}

    def close(self) -> None:
        end_process(self._upstream)

    def next_folder(self) -> Path:
        self._nodes += 1
        folder = self.folder / str(self._nodes)
        folder.mkdir()
        return folder


class Node:
    def __init__(self, server: Server, targets: dict[str, Target], admin_port: int = 0):
        self.server = server
        self.targets = targets
        self._admin_port = admin_port

    def __enter__(self) -> "Node":
        try:
            for target in self.targets.values():
                self.server.wait_for_answer(target.request("/ready"))
        except BaseException:
            self.server.__exit__()
            raise
        return self

    def __exit__(self, *_raised) -> None:
        self.server.__exit__()

    def ask(self, worker: str, path: str = "/", *, wait_s: float) -> Answer:
        return ask(self.targets[worker], path, wait_s=wait_s)

    def death(self) -> str:
        """How the process ended; empty while it runs."""
        code = self.server.ended_with
        if code is None:
            return ""
        return f"died ({signal.Signals(-code).name})" if code < 0 else f"died (exit code {code})"

    def last_words(self) -> str:
        return self.server.last_words().strip()

    def stats(self, worker: str, *, wait_s: float) -> Stats:
        """The worker's books, once none of its events is under way."""
        until = time.monotonic() + wait_s
        while True:
            entry = self._entry(worker)
            if entry["events_under_way"] == 0:
                return Stats(entry["cpu_us"] / 1000, entry["events"])
            if time.monotonic() > until:
                raise ServerFailed("the event did not end")
            time.sleep(SETTLE_POLL_S)

    def _entry(self, worker: str) -> dict:
        connection = http.client.HTTPConnection("127.0.0.1", self._admin_port, timeout=STATS_S_MAX)
        try:
            connection.request("GET", "/stats")
            entries = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ServerFailed(self.death() or f"no /stats: {type(error).__name__}") from error
        finally:
            connection.close()
        return next(entry for entry in entries if entry["worker"] == worker)


def mote(setting: Setting, binary: Path, workers: list[str], operator: str) -> Node:
    """`mote dev` with the operator's configuration; hello belongs to the account `good`, all others to `hostile`."""
    folder, port, admin_port = setting.next_folder(), free_port(), free_port()
    (folder / "mote.toml").write_text(operator)
    for worker in workers:
        project = folder / worker
        project.mkdir()
        (project / "worker.mjs").write_text(_module(worker))
        text = (ADAPTERS / "wrangler.toml").read_text().replace('name = "bench"', f'name = "{worker}"')
        text = text.replace("[vars]", f'account_id = "{"good" if worker == "hello" else "hostile"}"\n\n[vars]')
        (project / "wrangler.toml").write_text(_filled(text, setting))
    command = [
        str(binary), "dev", *(str(folder / worker) for worker in workers), "--port", str(port), "--quiet",
        "--config", str(folder / "mote.toml"), "--admin", f"127.0.0.1:{admin_port}",
    ]
    server = Server(setting.cores, command, port, folder, setting.environment)
    targets = {worker: Target(port, f"{worker}.localhost:{port}") for worker in workers}
    return Node(server, targets, admin_port)


def workerd(setting: Setting, peer: Peer, workers: list[str]) -> Node:
    """workerd with a service and a socket for each worker."""
    folder = setting.next_folder()
    ports = {worker: free_port() for worker in workers}
    services, sockets, constants = [], [], []
    for index, worker in enumerate(workers):
        (folder / f"{worker}.mjs").write_text(_module(worker))
        services.append(f'(name = "{worker}", worker = .worker{index}),')
        address = f"127.0.0.1:{ports[worker]}"
        sockets.append(f'(name = "{worker}", address = "{address}", http = (), service = "{worker}"),')
        constants.append(
            f"const worker{index} :Workerd.Worker = (\n"
            f'  modules = [(name = "worker.mjs", esModule = embed "{worker}.mjs")],\n'
            '  compatibilityDate = "@COMPATIBILITY_DATE@",\n'
            '  bindings = [(name = "UPSTREAM", text = "@UPSTREAM@")],\n'
            ");"
        )
    text = (ADAPTERS / "workerd-many.capnp").read_text()
    for mark, lines in (("@SERVICES@", services), ("@SOCKETS@", sockets), ("@WORKERS@", constants)):
        text = text.replace(mark, "\n".join(lines))
    (folder / "workerd.capnp").write_text(_filled(text, setting))
    command = peer.command(folder, 0)[:3]  # `workerd serve FILE`: the file names the sockets
    server = Server(setting.cores, command, ports[workers[0]], folder, setting.environment)
    return Node(server, {worker: Target(port, f"127.0.0.1:{port}") for worker, port in ports.items()})


def build_unmetered(root: Path) -> None:
    """Mote without accounting and enforcement, built once. Whether it worked shows in the file that is there or not."""
    command = ["cargo", "build", "--release", "--quiet", "--package", "mote-cli", "--features", "unmetered"]
    subprocess.run([*command, "--target-dir", "target/unmetered"], cwd=root, check=False)


def _module(worker: str) -> str:
    if worker == "hello":
        return kinds.HELLO.read_text()
    return (kinds.FOLDER / f"{worker}.js").read_text().replace("export default", "const hostile =") + READY


def _filled(text: str, setting: Setting) -> str:
    return text.replace("@UPSTREAM@", setting.upstream_url).replace("@COMPATIBILITY_DATE@", COMPATIBILITY_DATE)
