"""Which hostile workers there are. Each is a file in bench/workers/limits/ and says its harm in its first line."""

from ..peers import BENCH

FOLDER = BENCH / "workers" / "limits"
HELLO = BENCH / "workers" / "hello.js"

# They use CPU time without an end.
HOGS = (
    "cpu-loop", "cpu-finally", "cpu-microtasks", "cpu-getter", "cpu-regexp", "cpu-json-parse", "cpu-json-stringify",
    "cpu-sort", "cpu-sort-comparator", "cpu-sort-typed", "cpu-bigint-multiply", "cpu-bigint-text", "cpu-digest",
    "cpu-gzip", "cpu-structured-clone", "cpu-intl", "cpu-split", "cpu-replace", "cpu-normalize", "cpu-spread",
    "cpu-index-of", "cpu-join", "cpu-fill", "cpu-url", "cpu-text-decoder", "cpu-wait-until", "cpu-timers",
    "cpu-stream-pull",
)
# They run long in one call, with as much data as an isolate's memory allows.
NATIVES = (
    "one-json-parse", "one-sort", "one-sort-typed", "one-bigint-power", "one-bigint-text", "one-digest",
    "one-structured-clone", "one-regexp", "one-replace-all", "one-join", "one-normalize",
)
# They keep memory without an end.
MEMORY = (
    "mem-objects", "mem-arrays", "mem-strings", "mem-array-buffers", "mem-map", "mem-closures", "mem-promises",
    "mem-wasm", "mem-streams", "mem-bodies",
)
# Beside these a well-behaved worker is measured.
NEIGHBOURS = (
    "cpu-loop", "cpu-json-parse", "mem-objects", "mem-array-buffers", "flood-logs", "flood-headers", "flood-timers",
    "flood-streams", "slow-reader", "fan-out", "cpu-regexp",
)
ALL = tuple(dict.fromkeys((*HOGS, *NATIVES, *MEMORY, *NEIGHBOURS)))

# A quick run asks only these, unless `--kinds` names others.
QUICK = (
    "cpu-loop", "cpu-regexp", "cpu-json-parse", "cpu-sort-typed", "cpu-digest", "cpu-wait-until", "cpu-timers",
    "one-json-parse", "one-sort", "one-structured-clone", "mem-objects", "mem-array-buffers", "mem-wasm",
    "flood-headers",
)
# Too many of them for a quick run's neighbours.
NEIGHBOURS_QUICK = ("cpu-loop", "mem-array-buffers", "flood-headers")


def harm(kind: str) -> str:
    """What the worker does to others: its first line."""
    first = (FOLDER / f"{kind}.js").read_text().partition("\n")[0]
    if not first.startswith("// "):
        raise ValueError(f"{kind}.js does not begin with a comment that says its harm")
    return first.removeprefix("// ")
