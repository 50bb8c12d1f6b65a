"""One visit: one peer, one workload, one round. A fresh process, verified, warmed up, measured, ended."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import load, peers
from .machine import Cores, core_busy_s
from .peers import Peer, PeerMissing
from .server import Server, ServerFailed, end, free_port
from .workloads import Workload

COMPATIBILITY_DATE = "2026-01-01"
CONNECTIONS_MANY = 32
UPSTREAM_START_S = 5


@dataclass(frozen=True)
class Durations:
    seconds: int
    warm_up_s: int
    settle_s: float
    # Extra starts of the hello worker in a round, for a steadier start time.
    extra_starts: int

    def visit_s(self) -> float:
        """About how long one visit takes, to say beforehand how long the whole will."""
        return self.warm_up_s + self.seconds + self.single_s + 2 * self.settle_s + 1.0

    @property
    def single_s(self) -> int:
        return max(1, self.seconds // 2)


class Bench:
    """What all visits share: the cores, the folder for generated files, the upstream."""

    def __init__(self, cores: Cores, folder: Path, durations: Durations):
        self._cores = cores
        self._folder = folder
        self._durations = durations
        self._upstream_port = free_port()
        self._upstream = cores.spawn(
            cores.upstream, [sys.executable, str(Path(__file__).parent / "upstream.py"), str(self._upstream_port)]
        )
        self._environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "DENO_DIR": str(folder / "deno"),
            "DENO_NO_UPDATE_CHECK": "1",
            "DO_NOT_TRACK": "1",
            "NODE_ENV": "production",
            "NO_COLOR": "1",
            "UPSTREAM": self._upstream_url,
        }
        time.sleep(0.3)

    def close(self) -> None:
        end(self._upstream)

    @property
    def _upstream_url(self) -> str:
        return f"http://127.0.0.1:{self._upstream_port}/"

    def prepare(self, workload: Workload) -> None:
        """A project folder: the worker as one module, with the configurations that workerd and Mote read."""
        folder = self._folder / workload.name
        folder.mkdir()
        source = peers.BENCH / "workers" / f"{workload.name}.js"
        if workload.needs_bundling:
            peers.bundle(source, folder / "worker.mjs")
        else:
            (folder / "worker.mjs").write_text(source.read_text())
        for name in ("workerd.capnp", "wrangler.toml"):
            text = (peers.ADAPTERS / name).read_text()
            text = text.replace("@UPSTREAM@", self._upstream_url)
            (folder / name).write_text(text.replace("@COMPATIBILITY_DATE@", COMPATIBILITY_DATE))

    def visit(self, peer: Peer, workload: Workload) -> dict[str, float | str]:
        """The order matters: memory is idle before the first load, and the peak includes all of it."""
        starts = [self._start_only(peer, workload) for _ in range(self._extra_starts(workload))]
        with self._server(peer, workload) as server:
            starts.append(server.wait_for_first_response(workload))
            remark = server.verify(workload)
            time.sleep(self._durations.settle_s)
            idle = server.memory()
            self._load(server, workload, CONNECTIONS_MANY, self._durations.warm_up_s)
            many = self._measured(server, workload, CONNECTIONS_MANY, self._durations.seconds)
            loaded = server.memory()
            single = self._measured(server, workload, 1, self._durations.single_s)
            server.verify(workload)
            server.check_alive()
            peak = server.memory()
        return {
            "requests_per_s": many["requests_per_s"],
            "p50_ms": many["p50_ms"],
            "p99_ms": many["p99_ms"],
            "cpu_us": many["cpu_us"],
            "single_p50_ms": single["p50_ms"],
            "single_p99_ms": single["p99_ms"],
            "single_cpu_us": single["cpu_us"],
            "start_ms": sorted(starts)[len(starts) // 2],
            "idle_rss_mib": idle.rss_mib,
            "idle_pss_mib": idle.pss_mib,
            "loaded_rss_mib": loaded.rss_mib,
            "loaded_pss_mib": loaded.pss_mib,
            "peak_rss_mib": peak.peak_rss_mib,
            "server_busy": many["server_busy"],
            "generator_busy": many["generator_busy"],
            "foreign_busy": many["foreign_busy"],
            "core_busy": many["core_busy"],
            "remark": remark or many["remark"] or single["remark"],
        }

    def _extra_starts(self, workload: Workload) -> int:
        return self._durations.extra_starts if workload.name == "hello" else 0

    def _start_only(self, peer: Peer, workload: Workload) -> float:
        with self._server(peer, workload) as server:
            return server.wait_for_first_response(workload)

    def _server(self, peer: Peer, workload: Workload) -> Server:
        folder, port = self._folder / workload.name, free_port()
        if not (folder / "worker.mjs").is_file():
            raise PeerMissing(f"the {workload.name} worker could not be bundled")
        return Server(self._cores, peer.command(folder, port), port, folder, self._environment)

    def _load(self, server: Server, workload: Workload, connections: int, seconds: int) -> load.Load:
        folder = self._folder / workload.name
        try:
            return load.run(self._cores, workload, server.port, connections, seconds, folder)
        except ServerFailed as error:
            server.check_alive()
            raise ServerFailed(f"{error}{server.last_words()}") from error

    def _measured(self, server: Server, workload: Workload, connections: int, seconds: int) -> dict:
        core, started = core_busy_s(self._cores.server), time.perf_counter()
        cpu = server.cpu_s()
        seen = self._load(server, workload, connections, seconds)
        cpu, wall = server.cpu_s() - cpu, time.perf_counter() - started
        core = core_busy_s(self._cores.server) - core
        # With one core the load generator is not foreign.
        foreign = core - cpu - (seen.generator_cpu_s if self._cores.shared else 0)
        return {
            "requests_per_s": seen.requests / seen.seconds,
            "p50_ms": seen.latency_ms["p50"],
            "p99_ms": seen.latency_ms["p99"],
            "cpu_us": cpu / seen.requests * 1e6,
            "server_busy": cpu / wall,
            "generator_busy": seen.generator_cpu_s / wall,
            "foreign_busy": max(0.0, foreign / wall),
            "core_busy": core / wall,
            "remark": seen.remark,
        }
