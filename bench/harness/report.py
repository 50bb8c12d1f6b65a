"""results.json and README.md: everything that was measured, and the page that people read."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from . import plot
from .markdown import grid, number, one_line, percent, rounded
from .peers import BASELINES
from .summary import METRIC, Cell, Loss, Reasons, Sample, Spread, losses

# Below this the server's core waited for the load: the requests a second say what the load generator could do.
BUSY_MIN = 0.9
# Above this something else ran on the server's core, and the numbers are not worth much. The kernel's own network work
# is counted here too and takes up to 6 % where a mebibyte is streamed.
FOREIGN_MAX = 0.1

PLOTS = (
    ("requests_per_s", "requests.svg"),
    ("cpu_us", "cpu.svg"),
    ("single_p50_ms", "latency-single.svg"),
    ("p99_ms", "latency-loaded.svg"),
    ("start_ms", "start.svg"),
    ("idle_pss_mib", "memory-idle.svg"),
    ("loaded_pss_mib", "memory-loaded.svg"),
)
SPEED = ("requests_per_s", "cpu_us", "single_p50_ms", "single_p99_ms", "p50_ms", "p99_ms")
SIZE = ("start_ms", "idle_rss_mib", "idle_pss_mib", "loaded_rss_mib", "loaded_pss_mib", "peak_rss_mib")
SHORT = {
    "requests_per_s": "req/s, 32 conn.",
    "cpu_us": "CPU us a request",
    "single_p50_ms": "p50 ms, 1 conn.",
    "single_p99_ms": "p99 ms, 1 conn.",
    "p50_ms": "p50 ms, 32 conn.",
    "p99_ms": "p99 ms, 32 conn.",
    "start_ms": "first response ms",
    "idle_rss_mib": "RSS idle",
    "idle_pss_mib": "PSS idle",
    "loaded_rss_mib": "RSS after load",
    "loaded_pss_mib": "PSS after load",
    "peak_rss_mib": "RSS peak",
}


@dataclass(frozen=True)
class Run:
    """All there is to report."""

    machine: dict
    options: dict
    versions: dict[str, str]
    missing: dict[str, str]
    base: str
    titles: dict[str, str]
    samples: list[Sample]
    table: dict[str, dict[str, Cell]]
    # Why the run is shorter than asked for; empty if it is whole.
    cut: str = ""


def write(run: Run, reasons: Reasons, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    pictures = [(METRIC[key], name) for key, name in PLOTS]
    for metric, name in pictures:
        (out / name).write_text(plot.picture(metric, run.table, run.titles, run.base))
    (out / "results.json").write_text(json.dumps(rounded(_data(run)), indent=1) + "\n")
    (out / "README.md").write_text(_page(run, reasons))


def _data(run: Run) -> dict:
    return {
        "machine": run.machine,
        "options": run.options,
        "versions": run.versions,
        "missing": run.missing,
        "base": run.base,
        "cut": run.cut,
        "summary": {w: {peer: asdict(cell) for peer, cell in row.items()} for w, row in run.table.items()},
        "samples": [asdict(sample) for sample in run.samples],
    }


def _page(run: Run, reasons: Reasons) -> str:
    parts = [
        _opening(run),
        _warnings(run),
        _ratios(run),
        *(_workload(run, workload) for workload in run.table),
        _losses(run, reasons),
        _failures(run),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(run: Run) -> str:
    m, o = run.machine, run.options
    versions = ", ".join(f"{peer} {version}" for peer, version in run.versions.items())
    return f"""# Benchmark results

Written by `bench/run.py`; how to run it and how to read this is in [bench/README.md](../README.md).

| | |
| --- | --- |
| date | {m["date"]} |
| commit | {m["commit"]} |
| machine | {m["cpu"]}, {m["cores"]} cores, {m["memory_gib"]} GiB |
| system | {m["system"]} |
| load average at the start | {m["load_average_at_start"]} |
| versions | {versions} |
| rounds | {o["rounds"]}, of {o["seconds"]} s each with 32 connections |

In the tables: median of the rounds, in brackets lowest to highest; x = ratio to {run.base} within a round."""


def _warnings(run: Run) -> str:
    lines = []
    if run.cut:
        lines.append(f"The run is not whole: {run.cut}.")
    if run.options["quick"]:
        lines.append("A quick run: good for seeing that everything works, not for comparing.")
    if run.options["rounds"] < 3:
        lines.append("Fewer than three rounds: the spread says little.")
    if run.options["shared_core"]:
        lines.append("One core only: server and load shared it. Compare CPU time a request, not requests a second.")
    if run.machine["load_average_at_start"] > 0.5:
        lines.append("The machine was busy when the run began: repeat it on a quiet one.")
    foreign = [
        f"{peer} on {workload} ({percent(cell.spreads['foreign_busy'].high)})"
        for workload, row in run.table.items()
        for peer, cell in row.items()
        if "foreign_busy" in cell.spreads and cell.spreads["foreign_busy"].high > FOREIGN_MAX
    ]
    if foreign:
        lines.append(f"Something else ran on the server's core in a round of: {', '.join(foreign)}.")
    return "\n".join(f"> **{line}**\n>" for line in lines).removesuffix("\n>")


def _ratios(run: Run) -> str:
    """The overview: one row a peer, one column a workload."""
    parts = ["## At a glance"]
    for key, meaning in (("requests_per_s", "more than 1: faster"), ("cpu_us", "less than 1: cheaper")):
        if not any(key in cell.ratios for row in run.table.values() for cell in row.values()):
            continue
        parts.append(f"{METRIC[key].title}, as ratio to {run.base} ({meaning} than {run.base}):")
        rows = [
            [peer, *(_glance(run.table[workload].get(peer), key) for workload in run.table)]
            for peer in _peers(run)
        ]
        parts.append(grid(["", *run.table], rows))
    if len(parts) == 1:
        parts.append(f"No ratios: {run.base} was not measured.")
    parts += [f"![{METRIC[key].title}]({name})" for key, name in PLOTS]
    return "\n\n".join(parts)


def _workload(run: Run, workload: str) -> str:
    row = run.table[workload]
    speed = [[_name(run, peer), *_columns(cell, SPEED, peer != run.base)] for peer, cell in row.items()]
    size = [[_name(run, peer), *_columns(cell, SIZE, peer != run.base)] for peer, cell in row.items()]
    parts = [
        f"## {workload}: {run.titles[workload]}",
        grid(["", *(SHORT[key] for key in SPEED)], speed),
        grid(["", *(SHORT[key] for key in SIZE)], size),
    ]
    waiting = [
        f"{peer} {percent(cell.spreads['core_busy'].median)}"
        for peer, cell in row.items()
        if "core_busy" in cell.spreads and cell.spreads["core_busy"].median < BUSY_MIN
    ]
    if waiting:
        parts.append(
            "† The load generator was the limit: the server's core was busy only this much - "
            f"{', '.join(waiting)}. Requests a second and latency with 32 connections are then a lower bound "
            "on what the server can do; CPU time a request is the honest number."
        )
    return "\n\n".join(parts)


def _losses(run: Run, reasons: Reasons) -> str:
    head = f"## Where {run.base} loses"
    if not any(run.base in row and row[run.base].rounds for row in run.table.values()):
        return f"{head}\n\nNot known: {run.base} was not measured."
    found = losses(run.table, run.base)
    if not found:
        return f"{head}\n\nNowhere in this run: no peer is better at any metric of any workload."
    rows = [_loss_row(loss, reasons) for loss in found]
    text = (
        f"Every metric that a peer is better at than {run.base}, with the peers' ratios, best first. "
        "`~` marks a difference inside the spread: another run may say otherwise. "
        "Reasons are written by hand in `bench/reasons.toml`."
    )
    return f"{head}\n\n{text}\n\n" + grid(["workload", "metric", run.base, "better", "why"], rows, "---")


def _loss_row(loss: Loss, reasons: Reasons) -> list[str]:
    better = ", ".join(f"{peer} {_ratio(ratio)}" for peer, ratio in loss.better)
    why = reasons.find(loss) or ("inside the spread" if loss.in_the_noise else "*no reason written yet*")
    value = f"{number(loss.base.median, loss.metric.digits)} {loss.metric.unit}"
    metric = f"{loss.metric.title} (`{loss.metric.key}`)"
    return [loss.workload, metric, value, ("~ " if loss.in_the_noise else "") + better, why]


def _failures(run: Run) -> str:
    lines = [f"- **{peer}** could not run: {reason}" for peer, reason in run.missing.items()]
    for workload, row in run.table.items():
        for peer, cell in row.items():
            if peer in run.missing:
                continue
            lines += [f"- **{peer}**, {workload}: {one_line(error)}" for error in cell.errors]
            lines += [f"- {peer}, {workload}: {remark}" for remark in cell.remarks]
    return "## Failures and remarks\n\n" + "\n".join(lines) if lines else ""


def _columns(cell: Cell, keys: tuple[str, ...], with_ratio: bool) -> list[str]:
    if not cell.rounds:
        return ["**failed**", *("" for _ in keys[1:])]
    return [_entry(cell.spreads[key], cell.ratios.get(key) if with_ratio else None, cell, key) for key in keys]


def _entry(spread: Spread, ratio: Spread | None, cell: Cell, key: str) -> str:
    digits = METRIC[key].digits
    text = f"{number(spread.median, digits)} ({number(spread.low, digits)}..{number(spread.high, digits)})"
    if key == "requests_per_s" and cell.spreads["core_busy"].median < BUSY_MIN:
        text += " †"
    return text + (f"<br>{_ratio(ratio)}" if ratio else "")


def _glance(cell: Cell | None, key: str) -> str:
    if cell is None:
        return "-"
    if not cell.rounds:
        return "**failed**"
    ratio = cell.ratios.get(key)
    return f"{ratio.median:.2f} ({ratio.low:.2f}..{ratio.high:.2f})" if ratio else "no ratio"


def _name(run: Run, peer: str) -> str:
    if peer in BASELINES:
        return f"{peer} (no JavaScript)"
    return f"**{peer}**" if peer == run.base else peer


def _peers(run: Run) -> list[str]:
    return list(dict.fromkeys(peer for row in run.table.values() for peer in row))


def _ratio(ratio: Spread) -> str:
    return f"x{ratio.median:.2f} ({ratio.low:.2f}..{ratio.high:.2f})"
