"""What is asked of a worker, and what the right answer is: to the byte, so that nothing wrong is ever timed."""

import hashlib
import json
from dataclasses import dataclass

MEBIBYTE = 1 << 20


def _blob() -> bytes:
    """One mebibyte that does not compress and is the same everywhere."""
    block = b"".join(hashlib.sha512(n.to_bytes(4, "big")).digest() for n in range(1024))
    return block * (MEBIBYTE // len(block))


BLOB = _blob()


@dataclass(frozen=True)
class Ask:
    """One request and its right answer."""

    path: str
    answer: bytes
    content_type: str


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    asks: tuple[Ask, ...]
    method: str = "GET"
    body: bytes | None = None
    body_type: str | None = None
    needs_bundling: bool = False


def _hello() -> Workload:
    return Workload("hello", "Hello, World!", (Ask("/", b"Hello, World!", "text/plain"),))


def _json() -> Workload:
    lines = [
        {
            "id": 1000 + n,
            "name": f"article number {n}",
            "quantity": n % 5 + 1,
            "price_cents": 199 + 350 * n,
            "tags": [f"tag-{(n * 7 + k * 5) % 13:02d}" for k in range(3)],
        }
        for n in range(17)
    ]
    answers = [
        {
            "id": line["id"],
            "name": line["name"].upper(),
            "cents": line["quantity"] * line["price_cents"],
            "tags": sorted(line["tags"]),
        }
        for line in lines
    ]
    answer = {
        "customer": "c-4711",
        "count": len(lines),
        "total_cents": sum(line["cents"] for line in answers),
        "lines": answers,
    }
    return Workload(
        "json",
        "JSON in and out, 2 KB",
        (Ask("/", _compact(answer), "application/json"),),
        method="POST",
        body=_compact({"customer": "c-4711", "lines": lines}),
        body_type="application/json",
    )


def _stream() -> Workload:
    ask = Ask("/", BLOB, "application/octet-stream")
    return Workload("stream", "1 MiB from an upstream, passed on", (ask,))


def _echo() -> Workload:
    ask = Ask("/", BLOB, "application/octet-stream")
    kind = "application/octet-stream"
    return Workload("echo", "1 MiB posted and echoed", (ask,), method="POST", body=BLOB, body_type=kind)


def _hono() -> Workload:
    def text(path: str, answer: str, kind: str = "text/plain") -> Ask:
        return Ask(path, answer.encode(), kind)

    def data(path: str, answer: object) -> Ask:
        return Ask(path, _compact(answer), "application/json")

    asks = (
        text("/", "home"),
        text("/about", "about"),
        data("/health", {"ok": True}),
        data("/version", {"version": "1.0.0"}),
        data("/users", {"users": ["ada", "grace"]}),
        data("/users/ada", {"user": "ada"}),
        data("/users/ada/posts", {"user": "ada", "posts": []}),
        data("/users/ada/posts/12", {"user": "ada", "post": "12"}),
        data("/posts", {"posts": [1, 2, 3]}),
        data("/posts/12", {"post": 12}),
        data("/posts/12/comments", {"post": "12", "comments": []}),
        data("/search?q=isolates", {"query": "isolates"}),
        text("/static/css/site.css", "/static/css/site.css"),
        text("/page", "<!doctype html><title>page</title><p>page</p>", "text/html"),
        text("/agent", "none"),
        data("/shop/items", {"items": []}),
        data("/shop/items/lamp", {"item": "lamp"}),
        data("/shop/items/lamp/stock", {"item": "lamp", "stock": 7}),
        data("/shop/carts/c1", {"cart": "c1"}),
        data("/shop/carts/c1/lines/3", {"cart": "c1", "line": "3"}),
    )
    return Workload("hono", "Hono, 20 routes in turn", asks, needs_bundling=True)


def _compact(value: object) -> bytes:
    """As JSON.stringify writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


WORKLOADS = {workload.name: workload for workload in (_hello(), _json(), _stream(), _echo(), _hono())}
