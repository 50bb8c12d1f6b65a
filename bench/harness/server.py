"""One process under test: its start, CPU time, memory and end. Numbers are over the process and all its children."""

import http.client
import os
import random
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .machine import TICKS_PER_S, Cores
from .workloads import Ask, Workload

START_S_MAX = 20
ANSWER_S_MAX = 10
END_S_MAX = 3
# A killed process is gone only when the system has taken its memory back.
KILL_S_MAX = 30
POLL_S = 0.0005
# Outside the range that the kernel picks client ports from: a poll of a closed port in that range can, by chance,
# connect to itself.
PORTS = range(18000, 28000)


class ServerFailed(Exception):
    """The peer did not do what the benchmark needs; the text says what it did instead."""


@dataclass(frozen=True)
class Memory:
    rss_mib: float
    pss_mib: float
    peak_rss_mib: float


def free_port() -> int:
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise ServerFailed("no free port on loopback")


class Server:
    """Use as a context manager: whatever happens inside, the process is gone afterwards."""

    def __init__(self, cores: Cores, command: list[str], port: int, folder: Path, environment: dict[str, str]):
        self.port = port
        self._log_path = folder / "server.log"
        self._log = self._log_path.open("w+b")
        self._started = time.perf_counter()
        self._process = cores.spawn(
            cores.server, command, cwd=folder, env=environment, stdout=self._log, stderr=subprocess.STDOUT
        )

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_raised) -> None:
        end(self._process)
        self._log.close()

    def wait_for_first_response(self, workload: Workload) -> float:
        """Milliseconds from the process's start to the first right status line."""
        small = workload.body if workload.body and len(workload.body) < 16384 else b"x"
        return self.wait_for_answer(_request_bytes(workload, small if workload.body else b""))

    def wait_for_answer(self, request: bytes) -> float:
        """Milliseconds from the process's start to the first status line that says 200 to this request."""
        last = "nothing listened"
        while time.perf_counter() - self._started < START_S_MAX:
            status = self._poll(request)
            if status.startswith(b"HTTP/1.1 200"):
                return (time.perf_counter() - self._started) * 1000
            if status:
                last = f"it answered {status[:60].decode(errors='replace')!r}"
            self.check_alive()
            time.sleep(POLL_S)
        raise ServerFailed(f"no response within {START_S_MAX} s: {last}{self.last_words()}")

    def verify(self, workload: Workload) -> str:
        """Asks everything once: a wrong status or body is a failure, a wrong content type a remark."""
        remarks = []
        for ask in workload.asks:
            try:
                remarks.append(self._verify(workload, ask))
            except (OSError, http.client.HTTPException) as error:
                self.check_alive()
                problem = f"{type(error).__name__}: {error}"
                raise ServerFailed(f"{workload.method} {ask.path}: {problem}{self.last_words()}") from error
        return next(filter(None, remarks), "")

    def cpu_s(self) -> float:
        """utime + stime of every process in the tree, with the children that have already ended."""
        return sum(_cpu_ticks(pid) for pid in _tree(self._process.pid)) / TICKS_PER_S

    def cpu_clock_s(self) -> float:
        """The same to the nanosecond, for processes that are still there."""
        return sum(_cpu_clock_s(pid) for pid in _tree(self._process.pid))

    def resident_mib(self) -> tuple[float, float]:
        """Resident memory now, and its peak. Quick to read, so that it can be read often."""
        rows = [_kib_fields(f"/proc/{pid}/status") for pid in _tree(self._process.pid)]
        return sum(row.get("VmRSS", 0) for row in rows) / 1024, sum(row.get("VmHWM", 0) for row in rows) / 1024

    def own_resident_mib(self) -> float:
        """Resident memory of the process itself, without its children."""
        return _kib_fields(f"/proc/{self._process.pid}/status").get("VmRSS", 0) / 1024

    def memory(self) -> Memory:
        rss = pss = peak = 0
        for pid in _tree(self._process.pid):
            status = _kib_fields(f"/proc/{pid}/status")
            rss += status.get("VmRSS", 0)
            peak += status.get("VmHWM", 0)
            pss += _kib_fields(f"/proc/{pid}/smaps_rollup").get("Pss", 0)
        return Memory(rss / 1024, pss / 1024, peak / 1024)

    @property
    def ended_with(self) -> int | None:
        """The exit code, or minus the signal's number; None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(KILL_S_MAX)

    def end_in_order(self, wait_s: float) -> None:
        """Asks the process to end and waits for it; one that does not is a failure. What it has left behind is ended, too."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired as error:
            raise ServerFailed(f"it has not ended {wait_s} s after SIGTERM{self.last_words()}") from error
        finally:
            self.__exit__()

    def children(self) -> dict[int, int]:
        """The processes below it now, each with its start time."""
        return {pid: born for pid, born in _tree(self._process.pid).items() if pid != self._process.pid}

    def check_alive(self) -> None:
        if self._process.poll() is not None:
            raise ServerFailed(f"the process ended with {self._process.returncode}{self.last_words()}")

    def last_words(self) -> str:
        """The end of the server's log, for an error message."""
        lines = self._log_path.read_text(errors="replace").strip().splitlines()[-4:]
        return "".join(f"\n{line[:200]}" for line in lines)

    def _poll(self, request: bytes) -> bytes:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_S_MAX) as connection:
                connection.sendall(request)
                return connection.recv(64)
        except OSError:
            return b""

    def _verify(self, workload: Workload, ask: Ask) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S_MAX)
        try:
            connection.putrequest(workload.method, ask.path, skip_accept_encoding=True)
            if workload.body is not None:
                connection.putheader("content-type", workload.body_type)
                connection.putheader("content-length", str(len(workload.body)))
            connection.endheaders()
            # Sent beside the reading: an echo answers while the request is still coming in.
            sender = threading.Thread(target=_send, args=(connection.sock, workload.body or b""), daemon=True)
            sender.start()
            response = connection.getresponse()
            body = response.read()
            sender.join(ANSWER_S_MAX)
        finally:
            connection.close()
        where = f"{workload.method} {ask.path}"
        if response.status != 200:
            raise ServerFailed(f"{where}: status {response.status}, {body[:120]!r}{self.last_words()}")
        if body != ask.answer:
            raise ServerFailed(f"{where}: wrong body ({len(body)} bytes, {len(ask.answer)} expected): {body[:120]!r}")
        kind = response.headers.get("content-type", "none")
        return "" if kind.startswith(ask.content_type) else f"{where}: content type {kind}, {ask.content_type} expected"


def end(process: subprocess.Popen) -> None:
    """Asks the process to end, then makes it and what it started."""
    tree = _tree(process.pid)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(KILL_S_MAX)
    for pid, born in tree.items():
        # The start time tells an orphan of ours from a stranger that got the same number since.
        if pid != process.pid and _birth(pid) == born:
            os.kill(pid, signal.SIGKILL)


def left_of(processes: dict[int, int]) -> list[int]:
    """Those of them that still are there, and no strangers that got their numbers since."""
    return [pid for pid, born in processes.items() if _birth(pid) == born]


def _send(connection: socket.socket, body: bytes) -> None:
    try:
        connection.sendall(body)
    except OSError:
        pass  # the reading side reports what went wrong


def _request_bytes(workload: Workload, body: bytes) -> bytes:
    head = f"{workload.method} {workload.asks[0].path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    if workload.body is not None:
        head += f"content-type: {workload.body_type}\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def _tree(root: int) -> dict[int, int]:
    """The process and its descendants, each with its start time."""
    found: dict[int, int] = {}
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        born = _birth(pid)
        if born is None or pid in found:
            continue
        found[pid] = born
        for task in _listed(f"/proc/{pid}/task"):
            waiting.extend(map(int, _read(f"/proc/{pid}/task/{task}/children").split()))
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, which may itself hold spaces and brackets."""
    return _read(f"/proc/{pid}/stat").rpartition(") ")[2].split()


def _birth(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[19]) if len(fields) > 19 and fields[0] != "Z" else None


def _cpu_ticks(pid: int) -> int:
    return sum(map(int, _stat(pid)[11:15]))


def _cpu_clock_s(pid: int) -> float:
    try:
        # How Linux numbers the CPU clock of another process: clock_getcpuclockid(3).
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


def _kib_fields(path: str) -> dict[str, int]:
    rows = (line.split() for line in _read(path).splitlines())
    return {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) == 3 and row[2] == "kB"}


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""  # the process has ended between two looks


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []
