"""One `mote serve` with a folder of its own, on one core with its cells."""

import http.client
import os
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ..machine import Cores
from ..server import Server, ServerFailed, free_port, left_of
from .api import ACCOUNT, Api, form

START_S_MAX = 120
POLL_S = 0.001
ANSWER_S_MAX = 30
# A node that ends in good order lets events finish first; none is under way here.
END_S_MAX = 20
# Cells whose host is gone end within this time.
ORPHANS_S_MAX = 5


@dataclass(frozen=True)
class Setting:
    """What every section needs to start a node."""

    cores: Cores
    mote: Path
    folder: Path

    def node(self, config: str = "") -> "Node":
        """`config` is the text of its `mote.toml`."""
        return Node(self, config)


def hello(text: str) -> bytes:
    """An upload of a worker that says this."""
    return form(f"export default {{ fetch() {{ return new Response({text!r}); }} }};\n")


class Node:
    """Use as a context manager: the folder and every process are gone afterwards. May be started and ended in it many times."""

    def __init__(self, setting: Setting, config: str = ""):
        self._setting = setting
        self._temporary = tempfile.TemporaryDirectory(prefix="node-", dir=setting.folder)
        self.folder = Path(self._temporary.name)
        (self.folder / "mote.toml").write_text(config)
        self.port, self.admin = free_port(), free_port()
        self._server: Server | None = None
        self._started = 0.0

    def __enter__(self) -> "Node":
        self.start()
        return self

    def __exit__(self, *raised) -> None:
        if self._server:
            self._server.__exit__(*raised)
        self._temporary.cleanup()

    @property
    def server(self) -> Server:
        if not self._server:
            raise ServerFailed("the node is not there")
        return self._server

    def start(self) -> float:
        """Starts it and waits until it is ready; gives the milliseconds."""
        command = [
            str(self._setting.mote), "serve", "--listen", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin}",
            "--data", str(self.folder / "data"), "--config", str(self.folder / "mote.toml"),
        ]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MOTE_")}
        self._started = time.perf_counter()
        self._server = Server(self._setting.cores, command, self.port, self.folder, environment)
        return self._until(lambda: self._get(self.admin, "localhost", "/readyz")[0] == 200, "it is not ready")

    def end(self) -> None:
        """As an operator does."""
        self.server.end_in_order(END_S_MAX)
        self._server = None

    def kill(self) -> list[int]:
        """kill -9 of the host alone. Its cells must see that and end; gives those that did not, which are ended then."""
        cells = self.server.children()
        self.server.kill()
        self.server.__exit__()
        self._server = None
        until = time.monotonic() + ORPHANS_S_MAX
        while (left := left_of(cells)) and time.monotonic() < until:
            time.sleep(0.01)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        return left

    def first_answer(self, name: str, text: str) -> float:
        """Milliseconds from the start to the first right answer of a worker."""
        return self._until(lambda: self._answers(name, text), f"{name} does not answer {text!r}")

    def api(self, account: str = ACCOUNT) -> Api:
        return Api(self.admin, self.token(), account)

    def metrics(self) -> str:
        """All its books, in the OpenMetrics text format."""
        status, body = self._get(self.admin, "localhost", "/metrics")
        if status != 200:
            raise ServerFailed(f"/metrics: status {status}{self.server.last_words()}")
        return body.decode()

    def token(self) -> str:
        return (self.folder / "data" / "admin-token").read_text().strip()

    def text(self, name: str, path: str = "/") -> str:
        """What a worker answers on a fresh connection. Anything but a 200 is a failure."""
        return self.text_at(f"{name}.localhost", path)

    def text_at(self, host: str, path: str) -> str:
        status, body = self._get(self.port, host, path)
        if status != 200:
            raise ServerFailed(f"{host}{path}: status {status}, {body[:200]!r}{self.server.last_words()}")
        return body.decode(errors="replace")

    def host_mib(self) -> float:
        """Resident memory of the host's process, without the cells."""
        return self.server.own_resident_mib()

    def _answers(self, name: str, text: str) -> bool:
        status, body = self._get(self.port, f"{name}.localhost", "/")
        return (status, body) == (200, text.encode())

    def _until(self, is_so, problem: str) -> float:
        last = ""
        while time.perf_counter() - self._started < START_S_MAX:
            try:
                if is_so():
                    return (time.perf_counter() - self._started) * 1000
            except (OSError, http.client.HTTPException) as error:
                last = f" ({type(error).__name__})"
            self.server.check_alive()
            time.sleep(POLL_S)
        raise ServerFailed(f"{problem} within {START_S_MAX} s{last}{self.server.last_words()}")

    def _get(self, port: int, host: str, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S_MAX)
        try:
            connection.request("GET", path, headers={"host": host})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
