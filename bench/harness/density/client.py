"""One client on one connection, which asks worker after worker: what a connection costs is no part of a cold start."""

import http.client
import time

from ..deploy.node import ANSWER_S_MAX
from ..server import ServerFailed

# Both sides let idle connections go.
IDLE_S_MAX = 5


class Client:
    def __init__(self, port: int):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S_MAX)
        self._connection.connect()
        self._used = time.monotonic()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_raised) -> None:
        self._connection.close()

    def ask(self, worker: str, expected: str, path: str = "/") -> float:
        """Milliseconds until the whole answer was there. Anything but a 200 with this text in it is a failure."""
        if time.monotonic() - self._used > IDLE_S_MAX:
            self._connection.close()
            self._connection.connect()
        began = time.perf_counter()
        # A crawler: a page that is streamed comes in one piece.
        self._connection.request("GET", path, headers={"host": f"{worker}.localhost", "user-agent": "mote-bench-bot"})
        answer = self._connection.getresponse()
        body = answer.read().decode(errors="replace")
        took = (time.perf_counter() - began) * 1000
        self._used = time.monotonic()
        if answer.status != 200 or expected not in body:
            raise ServerFailed(f"{worker}{path}: status {answer.status}, {body[:200]!r} and not {expected!r}")
        return took
