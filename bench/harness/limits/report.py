"""limits.json and README.md of the group `limits`: everything that was measured, and the page that people read."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .. import plot
from ..anonymous import anonymous, anonymous_values
from ..markdown import grid, one_line, rounded
from ..summary import Cell, Metric, Spread
from . import kinds, losses
from .cost import Cost
from .memory import Peak
from .neighbours import Neighbour
from .overshoot import HOG_LIMIT_MS, NATIVE_LIMIT_MS, Overshoot
from .sections import cost_text, memory_text, neighbours_text, overshoot_text


LAST_WORDS_MAX = 240


@dataclass
class Results:
    """All there is to report."""

    machine: dict
    quick: bool
    shared_core: bool
    sections: tuple[str, ...]
    versions: dict[str, str]
    missing: dict[str, str]
    cost: Cost | None = None
    overshoot: list[Overshoot] = field(default_factory=list)
    neighbours: list[Neighbour] = field(default_factory=list)
    memory: list[Peak] = field(default_factory=list)
    # Cases that could not be measured at all.
    failed: list[str] = field(default_factory=list)
    # How long each case took.
    seconds: dict[str, float] = field(default_factory=dict)
    # Why the run is shorter than asked for; empty if it is whole.
    cut: str = ""

    def add(self, section: str, found: object) -> None:
        if section == "cost":
            self.cost = found
        else:
            getattr(self, section).append(found)

    def is_partial(self) -> bool:
        return bool(self.cut or self.missing or self.failed or (self.cost and self.cost.problem))

    def mote_deaths(self) -> list[str]:
        """Cases in which Mote's process did not live to the end, or did not answer."""
        cases = [*self.neighbours, *self.memory]
        dead = [f"{case.kind}, {case.runtime}: {case.fate}" for case in cases if case.fate and case.runtime != "workerd"]
        return dead + [f"{case.kind}: {case.problem}" for case in self.overshoot if "died" in case.problem]

    def losses(self) -> list[losses.Loss]:
        return [
            *losses.of_cost(self.cost), *losses.of_overshoot(self.overshoot),
            *losses.of_neighbours(self.neighbours), *losses.of_memory(self.memory),
        ]


def write(results: Results, reasons: losses.Reasons, out: Path, *work_folders: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in _pictures(results).items():
        (out / name).write_text(picture)
    data = anonymous_values(rounded(asdict(results)), *work_folders)
    (out / "limits.json").write_text(json.dumps(data, indent=1) + "\n")
    (out / "README.md").write_text(anonymous(_page(results, reasons), *work_folders))


def _page(results: Results, reasons: losses.Reasons) -> str:
    texts = {
        "cost": lambda: cost_text(results.cost),
        "overshoot": lambda: overshoot_text(results.overshoot),
        "neighbours": lambda: neighbours_text(results.neighbours),
        "memory": lambda: memory_text(results.memory),
    }
    parts = [_opening(results), _warnings(results), *(texts[name]() for name in results.sections)]
    parts += [_losses(results, reasons), _failures(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(results: Results) -> str:
    m = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return f"""# Benchmark results: limits

What hostile workers cost their neighbours, and what the limits cost everybody. Written by `bench/run.py --group limits`;
how to run it and how to read this is in [bench/README.md](../../README.md). The hostile workers are in
`bench/workers/limits/`.

| | |
| --- | --- |
| date | {m["date"]} |
| commit | {m["commit"]} |
| machine | {m["cpu"]}, {m["cores"]} cores, {m["memory_gib"]} GiB |
| system | {m["system"]} |
| load average at the start | {m["load_average_at_start"]} |
| versions | {versions} |"""


def _warnings(results: Results) -> str:
    lines = []
    if results.cut:
        lines.append(f"The run is not whole: {results.cut}.")
    if results.quick:
        lines.append("A quick run: good for seeing that everything works, not for comparing.")
    if results.shared_core:
        lines.append("One core only: server and load shared it. The neighbours' latencies say little.")
    if results.machine["load_average_at_start"] > 0.5:
        lines.append("The machine was busy when the run began: repeat it on a quiet one.")
    return "\n".join(f"> **{line}**\n>" for line in lines).removesuffix("\n>")


def _losses(results: Results, reasons: losses.Reasons) -> str:
    head = "## Where Mote loses"
    if "mote" not in results.versions:
        return f"{head}\n\nNot known: Mote was not measured."
    found = results.losses()
    unknown = " What was not measured is not known." if results.is_partial() else ""
    if not found:
        return f"{head}\n\nNowhere in this run: every budget is met, and workerd is better at nothing.{unknown}"
    text = (
        "Every budget that Mote misses, and everything that workerd is better at by more than "
        f"{losses.NOISE * 100:.0f} %. Reasons are written by hand in `bench/reasons.toml`.{unknown}"
    )
    rows = [
        [loss.section, loss.kind, loss.runtime, loss.what, one_line(loss.mote), loss.better,
         reasons.find(loss) or "*no reason written yet*"]
        for loss in found
    ]
    return f"{head}\n\n{text}\n\n" + grid(["section", "kind", "runtime", "what", "Mote", "better", "why"], rows, "---")


def _failures(results: Results) -> str:
    lines = [f"- **{name}** could not run: {one_line(reason)}" for name, reason in results.missing.items()]
    lines += [f"- **not measured**: {one_line(text)}" for text in results.failed]
    if results.cost and results.cost.problem:
        lines.append(f"- cost: {one_line(results.cost.problem)}")
    lines += [f"- {case.kind}: {one_line(case.problem)}" for case in results.overshoot if case.problem]
    cases = [*results.neighbours, *results.memory]
    lines += [
        f"- **{case.runtime}**, {case.kind}: {one_line(case.fate)}{_quoted(case.last_words)}" for case in cases if case.fate
    ]
    lines += [f"- {case.runtime}, {case.kind}: {case.remark}" for case in results.neighbours if case.remark]
    return "## Failures and remarks\n\n" + "\n".join(lines) if lines else ""


def _quoted(words: str) -> str:
    """A process's last words; where they are a stack of addresses, its beginning is enough."""
    line = " / ".join(line.strip().replace("`", "'") for line in words.splitlines())
    return f": `{line[:LAST_WORDS_MAX]}`" if line else ""


OVER = Metric("over_ms", "CPU time past the limit", "ms", False, 1)
P99 = Metric("p99_ms", "Latency p99 of a well-behaved worker, 8 connections", "ms", False, 2)
PEAK = Metric("peak_mib", "Growth of the process's resident memory, peak", "MiB", False, 0)


def _pictures(results: Results) -> dict[str, str]:
    """Only sections that were measured have one."""
    pictures = {}
    if results.overshoot:
        table: dict[str, dict[str, Cell]] = {}
        for case in results.overshoot:
            numbers = case.over_ms if case.over_ms and not case.problem else []
            group = "natives" if case.kind in kinds.NATIVES else "hogs"
            # An event that kept to its limit is no failure: its bar has no length.
            numbers = numbers or ([0.0] if case.cpu_ms and not case.problem else [])
            table.setdefault(group, {})[case.kind] = _cell(OVER, numbers, case.problem)
        titles = {"hogs": f"Limit {HOG_LIMIT_MS} ms", "natives": f"One long native, limit {NATIVE_LIMIT_MS} ms"}
        pictures["overshoot.svg"] = plot.picture(OVER, table, titles, "", label_width=140)
    if results.neighbours:
        pictures["neighbours.svg"] = _by_kind(P99, results.neighbours, lambda case: case.p99_ms)
    if results.memory:
        pictures["memory.svg"] = _by_kind(PEAK, results.memory, lambda case: case.grown_mib)
    return pictures


def _by_kind(metric: Metric, found: list, value) -> str:
    numbers: dict[str, dict[str, list]] = {}
    for case in found:
        numbers.setdefault(case.kind, {}).setdefault(case.runtime, []).append(case)
    table = {
        kind: {
            runtime: _cell(metric, [value(case) for case in cases if not case.fate], *(c.fate for c in cases if c.fate))
            for runtime, cases in row.items()
        }
        for kind, row in numbers.items()
    }
    return plot.picture(metric, table, {}, "mote", label_width=84)


def _cell(metric: Metric, values: list[float], *errors: str) -> Cell:
    spreads = {metric.key: Spread.of(values)} if values else {}
    return Cell(spreads, {}, len(values), errors, ())
