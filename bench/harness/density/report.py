"""density.json, README.md and the pictures of the group `density`."""

import json
from dataclasses import asdict
from pathlib import Path

from .. import plot
from ..anonymous import anonymous, anonymous_values
from ..limits.neighbours import ALONE
from ..markdown import rounded
from ..remarks import circumstances, failures, verdict, warnings
from ..summary import Cell, Metric, Spread
from .results import Results
from .sections import isolates_text, neighbours_text, peers_text, starts_text, zipf_text
from .starts import PREPARED
from .tail import Tail
from .zipf import CONNECTIONS

ISOLATES = Metric("kib", "Memory of one more idle tenant", "KiB", False, 0)
STARTS = Metric("start_ms", "Cold starts, as a client sees them (whisker: p50 to p99, or to the highest)", "ms", False, 2)
PEERS_START = Metric("start_ms", "Until one more tenant answers", "ms", False, 1)
NEIGHBOURS = Metric("p99_ms", "p99 of quiet tenants", "ms", False, 2)
MOTE = "mote"


def write(results: Results, out: Path, *work_folders: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures(results).items():
        (out / name).write_text(picture)
    data = anonymous_values(rounded(asdict(results)), *work_folders)
    (out / "density.json").write_text(json.dumps(data, indent=1) + "\n")
    (out / "README.md").write_text(anonymous(page(results), *work_folders))


def page(results: Results) -> str:
    texts = {
        "isolates": lambda: isolates_text(results.isolates),
        "starts": lambda: starts_text(results.starts),
        "zipf": lambda: zipf_text(results.zipf),
        "peers": lambda: peers_text(results.peers, results.tenant(), results.missing),
        "neighbours": lambda: neighbours_text(results.neighbours),
    }
    parts = [_opening(results), warnings(results), verdict(results), *(texts[name]() for name in results.parts), failures(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(results: Results) -> str:
    return f"""# Benchmark results: density

How many tenants fit on a machine, and how soon one that was cold answers. Written by `bench/run.py --group density`; how to run it and how to
read this is in [bench/README.md](../../README.md). Every node is a `mote serve` with a fresh folder on loopback.

{circumstances(results)}"""


def pictures(results: Results) -> dict[str, str]:
    """Only sections that were measured have one."""
    found: dict[str, str] = {}
    if results.isolates and results.isolates.levels:
        table = {"RSS": _levels(results, "rss_mib"), "PSS": _levels(results, "pss_mib")}
        found["isolates.svg"] = plot.picture(ISOLATES, table, {}, "", label_width=90)
    if results.starts:
        table = {start.title: {way: _tail(times) for way, times in start.times.items()} for start in results.starts}
        found["starts.svg"] = plot.picture(STARTS, table, {}, PREPARED, label_width=205)
    if results.zipf and results.zipf.turns:
        found["memory.svg"] = _memory(results)
    if results.peers:
        found["peers.svg"] = plot.picture(PEERS_START, {"start": _peers(results)}, {"start": "Start, or first answer"}, MOTE, label_width=170)
    if results.neighbours:
        table: dict[str, dict[str, Cell]] = {}
        for one in results.neighbours:
            table.setdefault(one.operator, {})[one.kind] = _cell(NEIGHBOURS, [one.p99_ms] if one.p99_ms else [])
        found["neighbours.svg"] = plot.picture(NEIGHBOURS, table, {}, ALONE, label_width=120)
    return found


def _levels(results: Results, metric: str) -> dict[str, Cell]:
    isolates = results.isolates
    each = {f"{level.workers:,}": isolates.kib(level, metric) for level in isolates.levels}
    return {workers: _cell(ISOLATES, [kib]) for workers, kib in each.items() if kib is not None}


def _memory(results: Results) -> str:
    zipf = results.zipf
    # Loads are equally long, and what lies between them is short.
    last = zipf.memory[-1][0] if zipf.memory else 1
    marks = [(last * place / len(zipf.turns), f"{turn.traffic}, {CONNECTIONS[turn.phase]}") for place, turn in enumerate(zipf.turns)]
    return plot.curve("Resident memory of host and cells", "MiB", zipf.memory, zipf.memory_mib, marks)


def _peers(results: Results) -> dict[str, Cell]:
    rows = {MOTE: _cell(PEERS_START, [tenant.first_ms])} if (tenant := results.tenant()) else {}
    return rows | {f"{row.peer}, {row.tenants:,} {_way(row.way)}": _cell(PEERS_START, row.start_ms) for row in results.peers if row.start_ms}


def _way(way: str) -> str:
    return "in one" if way == "one process" else "processes"


def _cell(metric: Metric, values: list[float]) -> Cell:
    return Cell({metric.key: Spread.of(values)} if values else {}, {}, len(values), (), ())


def _tail(times: Tail) -> Cell:
    """From the median up: what is quicker than half is nobody's trouble."""
    return Cell({STARTS.key: Spread(times.p50, times.p50, times.p99 or times.max)}, {}, times.count, (), ())
