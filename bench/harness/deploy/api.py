"""The node's API as a client sees it. Every answer is looked at: what is refused is never timed as done."""

import http.client
import json
import time

from ..server import ServerFailed

ACCOUNT = "bench"
BOUNDARY = "mote-bench-4f1c9a"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
ANSWER_S_MAX = 60
MODULE = "index.js"
NOT_FOUND = 404
# What a build says to a call that it does not have.
UNKNOWN = (NOT_FOUND, 501)


class Refused(ServerFailed):
    """The API answered, and said no."""

    def __init__(self, what: str, status: int, said: bytes):
        super().__init__(f"{what}: {status} {said[:300].decode(errors='replace')}")
        self.status = status


def form(source: str, bindings: list[dict] | None = None, more: tuple[tuple[str, str, bytes], ...] = ()) -> bytes:
    """A worker, as clients upload it. `more` are modules beside its main one: name, content type, content."""
    metadata = {"main_module": MODULE, "compatibility_date": "2026-01-01", "bindings": bindings or []}
    parts = (
        ("metadata", "application/json", json.dumps(metadata).encode()), (MODULE, "application/javascript+module", source.encode()), *more,
    )
    pieces = []
    for name, kind, content in parts:
        head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"; filename="{name}"\r\ncontent-type: {kind}\r\n\r\n'
        pieces += [head.encode(), content, b"\r\n"]
    return b"".join([*pieces, f"--{BOUNDARY}--\r\n".encode()])


# A node lets an idle connection go after 15 s.
IDLE_S_MAX = 5


class Api:
    """One client with one connection, which is kept. Not for several threads at once."""

    def __init__(self, admin: int, token: str, account: str = ACCOUNT):
        self._connection = http.client.HTTPConnection("127.0.0.1", admin, timeout=ANSWER_S_MAX)
        self._authorization = {"authorization": f"Bearer {token}"}
        self._account = account
        self._used = time.monotonic()

    def close(self) -> None:
        self._connection.close()

    def deploy(self, name: str, upload: bytes) -> None:
        self._send("PUT", f"workers/scripts/{name}", upload, FORM)

    def start(self, name: str) -> dict | None:
        """What the node found out about the start of a worker's newest version; `None` as long as it has not."""
        versions = json.loads(self._send("GET", f"workers/scripts/{name}/versions"))["result"]["items"]
        return max(versions, key=lambda version: version["number"]).get("start")

    def set_routes(self, name: str, patterns: list[str]) -> None:
        self._send("PUT", f"workers/scripts/{name}/routes", json.dumps(patterns).encode(), "application/json")

    def make_namespace(self, title: str) -> str | None:
        """The id of a fresh KV namespace; `None` if this build has no KV."""
        try:
            said = self._send("POST", "storage/kv/namespaces", json.dumps({"title": title}).encode(), "application/json")
        except Refused as refused:
            if refused.status in UNKNOWN:
                return None
            raise
        return json.loads(said)["result"]["id"]

    def put_value(self, namespace: str, key: str, value: bytes) -> None:
        self._send("PUT", f"storage/kv/namespaces/{namespace}/values/{key}", value, "application/octet-stream")

    def value(self, namespace: str, key: str) -> bytes | None:
        try:
            return self._send("GET", f"storage/kv/namespaces/{namespace}/values/{key}")
        except Refused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise

    def _send(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> bytes:
        headers = self._authorization | ({"content-type": kind} if kind else {})
        if time.monotonic() - self._used > IDLE_S_MAX:
            # The node may be hanging up in this very moment.
            self._connection.close()
        self._used = time.monotonic()
        try:
            self._connection.request(method, f"/client/v4/accounts/{self._account}/{path}", body, headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            # The connection is of no more use; the next call makes a fresh one.
            self._connection.close()
            raise
        if answer.status != 200:
            raise Refused(f"{method} {path}", answer.status, said)
        return said
