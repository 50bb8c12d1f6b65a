"""The group `cells`: what the second wall costs, and what becomes of a node whose processes are killed.

    load      hello for four workers: in one process (`mote dev`), in one cell, in four cells; each on one core alone
    start     a cell from its process's start until it takes workers
    replace   from the end of a cell to a fresh one in its place
    memory    a cell that holds nothing
    storm     requests that fail while serving cells are killed again and again

Results: cells.json and README.md.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import load, peers
from .machine import Cores
from .markdown import grid, number, percent, rounded
from .server import Server, ServerFailed, free_port
from .workloads import Ask, Workload

WORKERS = ("a", "b", "c", "d")
MODULE = "export default { fetch() { return new Response('Hello, World!'); } };\n"
# In each, the same four workers answer in turn.
WAYS = ("in process", "one cell", "four cells")
OPERATOR = {
    "one cell": "[cordons.default]\ncells = 1\n",
    "four cells": "".join(f"[workers.{name}]\ncordon = 'dedicated'\naccount = '{name}'\n" for name in WORKERS),
}
CONNECTIONS = 32
# More than this below in process is a miss: the target of the design.
LOSS_MAX = 0.15
KILL_EVERY_S = 0.5


@dataclass
class Visit:
    way: str
    # Which round it was of: the machine changes, so that only visits of one round are compared.
    turn: int
    requests_per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    single_p50_ms: float


@dataclass
class Storm:
    seconds: float
    kills: int
    requests: int
    failed: int
    broken: int


@dataclass
class Results:
    machine: dict
    version: str
    quick: bool
    visits: list[Visit] = field(default_factory=list)
    start_ms: list[float] = field(default_factory=list)
    replace_ms: list[float] = field(default_factory=list)
    noticed_ms: list[float] = field(default_factory=list)
    memory_mib: dict[str, float] = field(default_factory=dict)
    storm: Storm | None = None
    failed: list[str] = field(default_factory=list)


class Node:
    """One node with the four workers, or one of them; the operator's door of a `mote serve` is known."""

    def __init__(self, cores: Cores, mote: Path, way: str, workers: tuple[str, ...] = WORKERS):
        self._folder = tempfile.TemporaryDirectory(prefix="mote-bench-cells-")
        self.folder, self.port, self.admin = Path(self._folder.name), free_port(), free_port()
        projects = [self._project(name) for name in workers]
        if way == "in process":
            command = [str(mote), "dev", *projects, "--port", str(self.port), "--admin", f"127.0.0.1:{self.admin}", "--quiet"]
        else:
            config = self.folder / "mote.toml"
            config.write_text(OPERATOR[way] if workers == WORKERS else "")
            command = [
                str(mote), "serve", *projects, "--listen", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin}",
                "--data", str(self.folder / "data"), "--config", str(config),
            ]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MOTE_")}
        self.server = Server(cores, command, self.port, self.folder, environment)

    def __enter__(self) -> "Node":
        self.server.__enter__()
        return self

    def __exit__(self, *raised) -> None:
        self.server.__exit__(*raised)
        self._folder.cleanup()

    def cells(self) -> list[dict]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/cells", timeout=10) as answer:
            return json.load(answer)["cells"]

    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    def _project(self, name: str) -> str:
        folder = self.folder / name
        folder.mkdir()
        (folder / "index.js").write_text(MODULE)
        (folder / "wrangler.toml").write_text(f'name = "{name}"\nmain = "index.js"\ncompatibility_date = "2026-08-01"\n')
        return str(folder)


def workload(workers: tuple[str, ...] = WORKERS) -> Workload:
    """One request for each worker, in turn."""
    asks = tuple(Ask(f"//{name}.localhost/", b"Hello, World!", "text/plain") for name in workers)
    return Workload("cells", "Hello, World! from four workers", asks)


def run(options: argparse.Namespace, cores: Cores, machine: dict) -> bool:
    """Measures and reports; false if something could not be measured."""
    found, missing = peers.find_all(["mote"], options.mote)
    if "mote" not in found:
        print(f"bench: {missing}", file=sys.stderr)
        return False
    results = Results(machine, found["mote"].version, options.quick)
    rounds = 2 if options.quick else 11
    for turn in range(rounds):
        # The order changes, so that none is always the first.
        for way in WAYS[turn % 3:] + WAYS[:turn % 3]:
            _attempt(results, f"load, {way}", lambda way=way: results.visits.append(_visit(options, cores, way, turn)))
    _attempt(results, "start, replace and memory", lambda: _lives(options, cores, results))
    _attempt(results, "storm", lambda: _storm(options, cores, results))
    write(results, options.out / "cells")
    print(f"bench: results in {options.out / 'cells' / 'README.md'}")
    return not results.failed


def _attempt(results: Results, title: str, measure) -> None:
    print(f"bench: cells: {title}", file=sys.stderr)
    try:
        measure()
    except (ServerFailed, OSError, subprocess.SubprocessError) as error:
        results.failed.append(f"{title}: {error or type(error).__name__}")


def _visit(options: argparse.Namespace, cores: Cores, way: str, turn: int) -> Visit:
    with Node(cores, options.mote, way) as node:
        _wait(node)
        load.run(cores, workload(), node.port, CONNECTIONS, 1, node.folder)
        before = node.server.cpu_clock_s()
        loaded = load.run(cores, workload(), node.port, CONNECTIONS, options.seconds, node.folder)
        cpu_s = node.server.cpu_clock_s() - before
        single = load.run(cores, workload(), node.port, 1, 1, node.folder)
        return Visit(
            way, turn, loaded.requests / loaded.seconds, cpu_s / loaded.requests * 1e6,
            loaded.latency_ms["p50"], loaded.latency_ms["p99"], single.latency_ms["p50"],
        )


def _wait(node: Node) -> None:
    for name in WORKERS:
        node.server.wait_for_answer(_request(name))


def _request(name: str) -> bytes:
    return f"GET / HTTP/1.1\r\nhost: {name}.localhost\r\nconnection: close\r\n\r\n".encode()


def _lives(options: argparse.Namespace, cores: Cores, results: Results) -> None:
    """Kills the serving cell again and again while nothing else goes on, and reads the log."""
    with Node(cores, options.mote, "one cell", ("a",)) as node:
        node.server.wait_for_answer(_request("a"))
        time.sleep(1)
        blank = [cell["pid"] for cell in node.cells() if cell["stage"] == "blank"]
        if not blank:
            raise ServerFailed("no cell is blank")
        results.memory_mib = _memory(blank[0])
        for _ in range(3 if options.quick else 20):
            serving = [cell["pid"] for cell in node.cells() if cell["stage"] == "serving"]
            os.kill(serving[0], signal.SIGKILL)
            time.sleep(0.3)
            node.server.wait_for_answer(_request("a"))
        time.sleep(0.3)
        log = node.log()
    results.start_ms = [float(ms) for ms in re.findall(r"cell \d+ started in ([\d.]+) ms", log)]
    results.replace_ms = [float(ms) for ms in re.findall(r"has taken the place of cell \d+ after ([\d.]+) ms", log)]
    results.noticed_ms = [float(ms) for ms in re.findall(r"noticed after ([\d.]+) ms", log)]
    if not (results.start_ms and results.replace_ms and results.noticed_ms):
        raise ServerFailed(f"the log does not say what became of the cells: {log[-500:]}")


def _memory(pid: int) -> dict[str, float]:
    rows = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    kib = {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) == 3 and row[2] == "kB"}
    return {
        "resident": kib["Rss"] / 1024,
        "proportional": kib["Pss"] / 1024,
        "its own": (kib["Private_Clean"] + kib["Private_Dirty"]) / 1024,
    }


def _storm(options: argparse.Namespace, cores: Cores, results: Results) -> None:
    seconds = 3 if options.quick else 20
    with Node(cores, options.mote, "one cell", ("a",)) as node:
        node.server.wait_for_answer(_request("a"))
        time.sleep(1)
        kills, until = 0, time.monotonic() + seconds - 0.5
        wrk = load.start_hammer(cores, node.port, "a.localhost", CONNECTIONS, seconds)
        while time.monotonic() < until:
            time.sleep(KILL_EVERY_S)
            for cell in node.cells():
                if cell["stage"] == "serving" and cell["workers"]:
                    os.kill(cell["pid"], signal.SIGKILL)
                    kills += 1
        report = load.end_hammer(wrk, seconds)
        node.server.check_alive()
    errors = report["errors"]
    broken = errors["connect"] + errors["read"] + errors["write"] + errors["timeout"]
    results.storm = Storm(seconds, kills, report["requests"], errors["status"], broken)


def _middle(found: list[float]) -> str:
    low, high = found[len(found) // 4], found[-1 - len(found) // 4]
    return f"{percent(low - 1)} to {percent(high - 1)}"


def write(results: Results, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "cells.json").write_text(json.dumps(rounded(asdict(results)), indent=1) + "\n")
    (out / "README.md").write_text(page(results))


def medians(results: Results) -> dict[str, Visit]:
    found = {}
    for way in WAYS:
        visits = [visit for visit in results.visits if visit.way == way]
        if visits:
            fields = [name for name in asdict(visits[0]) if name not in ("way", "turn")]
            found[way] = Visit(way, 0, *(statistics.median(getattr(visit, name) for visit in visits) for name in fields))
    return found


def ratios(results: Results, way: str) -> list[float]:
    """Requests a second of one way to those in process, round by round, in order of size."""
    base = {visit.turn: visit.requests_per_s for visit in results.visits if visit.way == "in process"}
    return sorted(
        visit.requests_per_s / base[visit.turn] for visit in results.visits if visit.way == way and visit.turn in base
    )


def page(results: Results) -> str:
    table, machine = medians(results), results.machine
    lines = [
        "# Cells: what the second wall costs",
        "",
        f"Mote {results.version}, {machine['date']}, {machine['cpu']}, {machine['system']}, commit {machine['commit']}."
        + (" A quick run: good for nothing but to see that it works." if results.quick else ""),
        "Made by `make bench ARGS='--group cells'`; what is measured, and how, says `../../README.md`.",
        "",
        "## Load",
        "",
        f"Four workers in turn, {CONNECTIONS} connections; host and cells share one core, so the requests a second are the CPU "
        "time of all processes. Medians; the ratio is the median of those to `in process` in the same round, with the middle half "
        "of the rounds.",
        "",
    ]
    rows, missed = [], []
    for way, visit in table.items():
        found = ratios(results, way)
        ratio = f"{percent(statistics.median(found) - 1)} ({_middle(found)})" if found else "-"
        if found and statistics.median(found) < 1 - LOSS_MAX:
            missed.append(way)
        rows.append([
            way, number(visit.requests_per_s, 0), ratio, number(visit.cpu_us, 1), number(visit.p50_ms, 2),
            number(visit.p99_ms, 2), number(visit.single_p50_ms, 3),
        ])
    head = ["", "req/s", "to in process", "CPU us a request", "p50 ms", "p99 ms", "p50 ms, 1 connection"]
    lines += [grid(head, rows), ""]
    if rows:
        lines += [f"The target of less than {percent(LOSS_MAX)} below in process is "
                  + (f"**missed** by {' and '.join(missed)}." if missed else "met."), ""]
    lines += ["## Lives", ""]
    for title, values in (
        ("a cell starts", results.start_ms), ("a killed one is noticed", results.noticed_ms),
        ("a fresh one is in its place", results.replace_ms),
    ):
        if values:
            lines.append(f"- {title}: {statistics.median(values):.0f} ms in the median, {max(values):.0f} ms at most ({len(values)} times)")
    if results.memory_mib:
        text = ", ".join(f"{value:.1f} MiB {name}" for name, value in results.memory_mib.items())
        lines.append(f"- an empty cell: {text}")
    if results.storm:
        storm = results.storm
        each = (storm.failed + storm.broken) / max(storm.kills, 1)
        lines += ["", "## A storm of kills", "",
                  f"The serving cell was killed {storm.kills} times in {storm.seconds:.0f} s, under {CONNECTIONS} connections: "
                  f"{storm.requests:,} requests were answered, {storm.failed} of them with an error, and {storm.broken} connections "
                  f"broke: {each:.1f} for each kill, of {CONNECTIONS} that can be under way."]
    if results.failed:
        lines += ["", "## Not measured", "", *(f"- {line}" for line in results.failed)]
    return "\n".join(lines) + "\n"
