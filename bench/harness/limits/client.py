"""One request with a bounded wait, and a client that asks again and again. What comes back is only counted."""

import os
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass

# A client that asks without an end waits this long after an answer: else it would itself fill a core with requests
# that are turned away.
PAUSE_S = 0.001
READ_BYTES = 64 << 10
# A client that hardly reads: this much, this often, into a small buffer of the system's.
SLOW_READ_BYTES, SLOW_PAUSE_S, SLOW_BUFFER_BYTES = 1024, 0.05, 4096
# What of an answer is looked at.
HEAD_BYTES_MAX = 64 << 10
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """How a request ended: `503 exceeded-cpu`, `200`, or in words why there is no whole answer."""

    ending: str
    seconds: float

    @property
    def is_ok(self) -> bool:
        return self.ending == "200"


@dataclass(frozen=True)
class Target:
    """Where a worker answers."""

    port: int
    host: str

    def request(self, path: str = "/") -> bytes:
        return f"GET {path} HTTP/1.1\r\nhost: {self.host}\r\nconnection: close\r\n\r\n".encode()


def ask(
    target: Target, path: str = "/", *, wait_s: float, slowly: bool = False, stop: threading.Event | None = None
) -> Answer:
    """Asks once, reads the answer to its end, and gives up when the time is over."""
    began = time.monotonic()
    head, tail, size = b"", b"", 0
    try:
        with socket.socket() as connection:
            if slowly:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER_BYTES)
            connection.settimeout(wait_s)
            connection.connect(("127.0.0.1", target.port))
            connection.sendall(target.request(path))
            while True:
                left = wait_s - (time.monotonic() - began)
                if stop and stop.is_set():
                    return Answer(f"{_ending(head) or 'answer'}, still coming", time.monotonic() - began)
                if left <= 0:
                    return _given_up(head, began)
                connection.settimeout(left)
                part = connection.recv(SLOW_READ_BYTES if slowly else READ_BYTES)
                if not part:
                    return Answer(_whole(head, tail, size), time.monotonic() - began)
                tail, size = (tail + part)[-len(LAST_CHUNK) :], size + len(part)
                if len(head) < HEAD_BYTES_MAX:
                    head += part
                if slowly:
                    time.sleep(SLOW_PAUSE_S)
                elif len(part) == READ_BYTES:
                    # A body without an end must not take the core that measures.
                    time.sleep(PAUSE_S)
    except TimeoutError:
        return _given_up(head, began)
    except ConnectionRefusedError:
        return Answer("connection refused", time.monotonic() - began)
    except OSError:
        return Answer(_cut_off(head), time.monotonic() - began)


def _given_up(head: bytes, began: float) -> Answer:
    status = _ending(head)
    return Answer(f"{status}, without an end" if status else "no answer", time.monotonic() - began)


def _whole(head: bytes, tail: bytes, size: int) -> str:
    """How an answer ended whose connection was closed in good order."""
    fields, _, _ = head.lower().partition(b"\r\n\r\n")
    _, has_length, length = fields.partition(b"\r\ncontent-length:")
    if b"\r\ntransfer-encoding: chunked" in fields:
        is_whole = tail == LAST_CHUNK
    elif has_length:
        is_whole = size == len(fields) + 4 + int(length.split(b"\r\n")[0])
    else:
        is_whole = bool(_ending(head))
    return _ending(head) if is_whole else _cut_off(head)


def _cut_off(head: bytes) -> str:
    status = _ending(head)
    return f"{status}, cut off" if status else "connection broke"


def _ending(head: bytes) -> str:
    """The status, and Mote's word for the error if there is one."""
    lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    words = lines[0].split()
    if len(words) < 2 or not words[0].startswith("HTTP/"):
        return ""
    slugs = [line.partition(":")[2].strip() for line in lines[1:] if line.lower().startswith("mote-error:")]
    return " ".join([words[1], *slugs])


class Caller:
    """One client that asks a worker without an end, on a thread of its own. Use as a context manager."""

    def __init__(self, target: Target, core: int, *, wait_s: float, slowly: bool = False):
        self.endings: Counter[str] = Counter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._call, args=(target, core, wait_s, slowly), daemon=True)

    def __enter__(self) -> "Caller":
        self._thread.start()
        return self

    def __exit__(self, *_raised) -> None:
        self._stop.set()

    def end(self, wait_s: float) -> None:
        """Stops asking; the last answer is waited for, but not long."""
        self._stop.set()
        self._thread.join(wait_s)

    def _call(self, target: Target, core: int, wait_s: float, slowly: bool) -> None:
        os.sched_setaffinity(0, {core})  # of this thread
        while not self._stop.is_set():
            answer = ask(target, wait_s=wait_s, slowly=slowly, stop=self._stop)
            self.endings[answer.ending] += 1
            time.sleep(PAUSE_S)
