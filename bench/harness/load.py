"""wrk: requests a second and latencies, with one thread on a core of its own."""

import json
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .machine import Cores
from .peers import BENCH
from .server import ServerFailed, end
from .workloads import Workload

# wrk may need this much longer than it was told: it starts, and it waits for what is under way.
GRACE_S = 15
# More than this share of requests with a broken connection is a failure, less is a remark.
BROKEN_SHARE_MAX = 0.001
INSTALL_HINT = "wrk is missing: install it with `sudo apt-get install wrk` (Debian, Ubuntu) or from its sources"


@dataclass(frozen=True)
class Load:
    requests: int
    seconds: float
    latency_ms: dict[str, float]
    generator_cpu_s: float
    remark: str


def available() -> bool:
    return shutil.which("wrk") is not None


def run(
    cores: Cores, workload: Workload, port: int, connections: int, seconds: int, folder: Path, headers: tuple[str, ...] = ()
) -> Load:
    """`headers` are sent with every request, as `Name: value`."""
    report, spent = _wrk(cores, _command(workload, port, connections, seconds, folder, headers), seconds)
    return _checked(report, workload, spent)


def hammer_at(cores: Cores, port: int, paths: tuple[str, ...], connections: int, seconds: int) -> dict:
    """GETs of what load.lua takes for paths, whatever becomes of them: wrk's counts, errors among them, as they are."""
    return _wrk(cores, _hammer(port, "localhost", connections, seconds, paths), seconds)[0]


def hammer(cores: Cores, port: int, host: str, connections: int, seconds: int) -> dict:
    """GETs of `/` whatever becomes of them: wrk's counts, errors among them, as they are."""
    return _wrk(cores, _hammer(port, host, connections, seconds), seconds)[0]


def start_hammer(cores: Cores, port: int, host: str, connections: int, seconds: int) -> subprocess.Popen:
    """The same, begun: whoever asks goes on meanwhile, and ends it with `end_hammer`."""
    return cores.spawn(cores.load, _hammer(port, host, connections, seconds), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end_hammer(wrk: subprocess.Popen, seconds: int) -> dict:
    return _report_of(wrk, seconds)


def _hammer(port: int, host: str, connections: int, seconds: int, paths: tuple[str, ...] = ("/",)) -> list[str]:
    return [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s", "-H", f"Host: {host}",
        "-s", str(BENCH / "load.lua"), f"http://127.0.0.1:{port}/", "--", "GET", "-", "-", *paths,
    ]


def _wrk(cores: Cores, command: list[str], seconds: int) -> tuple[dict, float]:
    """What load.lua printed, and the CPU time that wrk took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wrk = cores.spawn(cores.load, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    report = _report_of(wrk, seconds)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return report, spent


def _report_of(wrk: subprocess.Popen, seconds: int) -> dict:
    """What load.lua printed, once wrk has ended, which it must soon."""
    try:
        output, _ = wrk.communicate(timeout=seconds + GRACE_S)
    except subprocess.TimeoutExpired as error:
        raise ServerFailed(f"wrk did not end within {seconds + GRACE_S} s") from error
    finally:
        end(wrk)
    reports = [line.removeprefix("REPORT ") for line in output.splitlines() if line.startswith("REPORT ")]
    if wrk.returncode != 0 or not reports:
        raise ServerFailed(f"wrk failed: {output.strip()[:200]}")
    return json.loads(reports[0])


def _command(
    workload: Workload, port: int, connections: int, seconds: int, folder: Path, headers: tuple[str, ...]
) -> list[str]:
    body = "-"
    if workload.body is not None:
        body = str(folder / "body")
        Path(body).write_bytes(workload.body)
    paths = [ask.path for ask in workload.asks]
    return [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s",
        *(word for header in headers for word in ("-H", header)),
        "-s", str(BENCH / "load.lua"), f"http://127.0.0.1:{port}", "--",
        workload.method, workload.body_type or "-", body, *paths,
    ]


def _checked(report: dict, workload: Workload, generator_cpu_s: float) -> Load:
    """Every answer was a 200 with about the right number of bytes; `Server.verify` has compared the bytes."""
    requests, errors = report["requests"], report["errors"]
    if requests == 0:
        raise ServerFailed(f"no request was answered under load: {errors}")
    broken = sum(errors.values())
    if errors["status"] or broken > requests * BROKEN_SHARE_MAX:
        raise ServerFailed(f"errors under load, of {requests} requests: {errors}")
    bytes_min = sum(len(ask.answer) for ask in workload.asks) / len(workload.asks)
    # The last round of the paths may be incomplete, so the mean may be a little off.
    if report["bytes"] < 0.9 * bytes_min * requests:
        raise ServerFailed(f"short answers under load: {report['bytes']} bytes in {requests} requests")
    return Load(
        requests=requests,
        seconds=report["duration_us"] / 1e6,
        latency_ms={name: us / 1000 for name, us in report["latency_us"].items()},
        generator_cpu_s=generator_cpu_s,
        remark=f"{broken} of {requests} connections broke" if broken else "",
    )
