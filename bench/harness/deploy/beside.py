"""SQLite alone and Redis, on the disk that the nodes are on: what a write and a read cost where nothing is around them."""

import csv
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..server import ServerFailed, end, free_port
from .kv import CONNECTIONS, KEYS, READ, VALUE, WRITE, Kv
from .node import Setting

SQLITE = "SQLite alone"
REDIS = {"Redis, fsync always": "always", "Redis, fsync every second": "everysec"}
NO_REDIS = "there is no redis-server (`sudo apt-get install redis-server`)"
# Commits before the first that counts.
WARM = 3_000
# So many requests show how fast it is; then as many are sent as fit the time.
PROBE = 300
REQUESTS_MAX = 2_000_000
START_S_MAX = 10
GRACE_S = 60


def file_system(folder: Path) -> str:
    """Of the mount that a folder is on."""
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _device, place, name, *_ = line.split()
        inside = folder.is_relative_to(place)
        if inside and len(place) >= len(best):
            best, kind = place, name
    return kind


def sqlite(setting: Setting, found: Kv, turn: int, seconds: int) -> None:
    """One round, in this process, on the core that servers have: one insert a transaction, each on the disk before the next."""
    folder = setting.folder / f"sqlite-{turn}"
    folder.mkdir()
    os.sched_setaffinity(0, {setting.cores.server})
    try:
        base = sqlite3.connect(folder / "alone.sqlite", isolation_level=None)
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("CREATE TABLE pairs (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
        # A log that still grows costs the file system more for each write than one that is used again, as a node's is.
        base.execute("PRAGMA synchronous = OFF")
        for number in range(WARM):
            base.execute("INSERT INTO pairs VALUES (?, ?)", (f"warm{number}", VALUE))
        base.execute("PRAGMA wal_checkpoint(RESTART)")
        os.sync()
        base.execute("PRAGMA synchronous = FULL")
        writes = _timed(seconds, lambda n: base.execute("INSERT INTO pairs VALUES (?, ?)", (f"key{n}", VALUE)))
        kept = len(writes)
        reads = _timed(seconds, lambda n: base.execute("SELECT value FROM pairs WHERE key = ?", (f"key{n % kept}",)).fetchone())
        base.close()
    finally:
        os.sched_setaffinity(0, {setting.cores.load})
        shutil.rmtree(folder)
    _keep(found, WRITE, writes)
    _keep(found, READ, reads)


def _timed(seconds: float, do) -> list[float]:
    """Milliseconds of each."""
    times, until = [], time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        do(len(times))
        times.append((time.perf_counter() - began) * 1000)
    return times


def _keep(found: Kv, does: str, times: list[float]) -> None:
    row = found.row(SQLITE, does, 1)
    row.per_s.append(len(times) / (sum(times) / 1000))
    row.p50_ms.append(sorted(times)[len(times) // 2])


def redis(setting: Setting, found: Kv, turn: int, seconds: int) -> None:
    """One round, with a fresh server for each way to keep its log."""
    if not (shutil.which("redis-server") and shutil.which("redis-benchmark")):
        found.missing["Redis"] = NO_REDIS
        return
    for way, fsync in REDIS.items():
        with _server(setting, fsync, turn) as port:
            for does in (WRITE, READ):
                for connections in CONNECTIONS:
                    per_s, p50_ms = _benchmark(setting, port, does, connections, seconds)
                    row = found.row(way, does, connections)
                    row.per_s.append(per_s)
                    row.p50_ms.append(p50_ms)


@contextmanager
def _server(setting: Setting, fsync: str, turn: int) -> Iterator[int]:
    folder, port = setting.folder / f"redis-{fsync}-{turn}", free_port()
    folder.mkdir()
    command = [
        "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
        "--appendfsync", fsync, "--dir", str(folder),
    ]
    server = setting.cores.spawn(setting.cores.server, command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield port
    finally:
        end(server)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int) -> None:
    until = time.monotonic() + START_S_MAX
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            pass
        time.sleep(0.02)
    raise ServerFailed(f"redis-server does not answer within {START_S_MAX} s")


def _benchmark(setting: Setting, port: int, does: str, connections: int, seconds: int) -> tuple[float, float]:
    probe, _ = _run(setting, port, does, connections, PROBE)
    return _run(setting, port, does, connections, min(REQUESTS_MAX, max(PROBE, int(probe * seconds))))


def _run(setting: Setting, port: int, does: str, connections: int, requests: int) -> tuple[float, float]:
    command = [
        "redis-benchmark", "-h", "127.0.0.1", "-p", str(port), "-t", "set" if does == WRITE else "get", "-d", str(len(VALUE)),
        "-r", str(KEYS), "-c", str(connections), "-n", str(requests), "--csv",
    ]
    client = setting.cores.spawn(setting.cores.load, command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        output, _ = client.communicate(timeout=GRACE_S)
    except subprocess.TimeoutExpired as error:
        raise ServerFailed(f"redis-benchmark did not end within {GRACE_S} s") from error
    finally:
        end(client)
    return numbers(output)


def numbers(output: str) -> tuple[float, float]:
    """Requests a second and p50 in ms of what `redis-benchmark --csv` printed."""
    rows = list(csv.DictReader(line for line in output.splitlines() if line.startswith('"')))
    if not rows or "rps" not in rows[0] or "p50_latency_ms" not in rows[0]:
        raise ServerFailed(f"redis-benchmark printed {output[:200]!r}")
    return float(rows[0]["rps"]), float(rows[0]["p50_latency_ms"])
