"""deploy.json, README.md and the pictures of the group `deploy`."""

import json
from dataclasses import asdict
from pathlib import Path

from .. import plot
from ..anonymous import anonymous, anonymous_values
from ..markdown import rounded
from ..remarks import circumstances, failures, verdict, warnings
from ..summary import Cell, Metric, Spread
from .calls import ALONE, CALL, CONNECTIONS, FETCH
from .kv import API, READ, WORKER, WRITE
from .results import Results
from .routing import FEW
from .sections import calls_text, fleet_text, kills_text, kv_text, live_text, rates_text, routing_text
from .times import Times

LIVE = Metric("live_ms", "Deploy to live", "ms", False, 1)
ROUTING = Metric("single_p50_ms", "Latency p50 with many routes, 1 connection", "ms", False, 3)
KV = Metric("per_s", "KV, one core", "a second", True, 0)
CALLS = Metric("requests_per_s", f"Workers that ask one another, {CONNECTIONS} connections", "req/s", True, 0)


def write(results: Results, out: Path, *work_folders: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures(results).items():
        (out / name).write_text(picture)
    data = anonymous_values(rounded(asdict(results)), *work_folders)
    (out / "deploy.json").write_text(json.dumps(data, indent=1) + "\n")
    (out / "README.md").write_text(anonymous(page(results), *work_folders))


def page(results: Results) -> str:
    texts = {
        "live": lambda: live_text(results.live),
        "rates": lambda: rates_text(results.rates),
        "fleet": lambda: fleet_text(results.fleet),
        "routing": lambda: routing_text(results.routing),
        "kv": lambda: kv_text(results.kv),
        "calls": lambda: calls_text(results.calls),
        "kills": lambda: kills_text(results.kills),
    }
    parts = [_opening(results), warnings(results), verdict(results), *(texts[name]() for name in results.parts), failures(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(results: Results) -> str:
    return f"""# Benchmark results: deploy

How soon a deploy is live, what many workers and routes cost a node, and what its parts cost. Written by
`bench/run.py --group deploy`; how to run it and how to read this is in [bench/README.md](../../README.md). Every node is a `mote serve` with a
fresh folder on loopback. Medians, with the lowest and the highest of the rounds in brackets.

{circumstances(results)}"""


def pictures(results: Results) -> dict[str, str]:
    """Only sections that were measured have one."""
    found: dict[str, str] = {}
    if results.live:
        table = {
            case.title: {"API": _times(case.api_ms), "first": _times(case.first_ms), "live": _times(case.live_ms)} for case in results.live
        }
        found["live.svg"] = plot.picture(LIVE, table, {}, "live")
    if results.routing:
        rows = {way: _cell(ROUTING, [turn.single_p50_ms for turn in turns]) for way, turns in results.routing.turns.items()}
        found["routing.svg"] = plot.picture(ROUTING, {f"{results.routing.routes:,} routes": rows}, {}, FEW, label_width=185)
    if results.kv and results.kv.rows:
        found["kv.svg"] = plot.picture(KV, _kv_table(results), {}, WORKER, label_width=185)
    if results.calls and results.calls.turns[ALONE]:
        rows = {way: _cell(CALLS, [turn.requests_per_s for turn in results.calls.turns[way]]) for way in (ALONE, FETCH, CALL)}
        found["calls.svg"] = plot.picture(CALLS, {"calls": rows}, {"calls": "The same three bytes"}, ALONE, label_width=120)
    return found


def _kv_table(results: Results) -> dict[str, dict[str, Cell]]:
    """A panel for each number of connections and each thing done; its scale is its own, as reads are much faster than writes."""
    table: dict[str, dict[str, Cell]] = {}
    for does in (READ, WRITE):
        for row in results.kv.rows if results.kv else []:
            if row.does == does:
                table.setdefault(f"{does}s, {row.connections} at once", {})[row.way] = _cell(KV, row.per_s)
    order = (WORKER, API)
    return {panel: dict(sorted(rows.items(), key=lambda item: item[0] not in order)) for panel, rows in table.items()}


def _cell(metric: Metric, values: list[float]) -> Cell:
    return Cell({metric.key: Spread.of(values)} if values else {}, {}, len(values), (), ())


def _times(times: Times) -> Cell:
    return Cell({LIVE.key: Spread(times.p50, times.min, times.max)}, {}, times.count, (), ())
