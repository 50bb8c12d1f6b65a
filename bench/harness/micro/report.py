"""micro.json and README.md."""

import json
import tomllib
from dataclasses import asdict
from pathlib import Path

from ..anonymous import anonymous, anonymous_values
from ..markdown import grid, number, one_line, rounded
from ..peers import BENCH
from ..remarks import failures, verdict, warnings
from ..summary import Spread
from .cases import CASES, SECTIONS
from .results import BASE, RIVALS, Behind, Results


class Reasons:
    """The entries `[[micro]]` of bench/reasons.toml: why Mote is behind where it is, written by hand."""

    def __init__(self, path: Path):
        data = tomllib.loads(path.read_text()) if path.is_file() else {}
        self._entries = data.get("micro", [])
        for entry in self._entries:
            if not entry.get("why") or not entry.get("case") or not set(entry["case"]) <= CASES.keys():
                raise ValueError(f"{path.name}: a [[micro]] needs `why` and known cases: {entry}")

    def find(self, case: str) -> str:
        return next((entry["why"].strip() for entry in self._entries if case in entry["case"]), "")


def write(results: Results, out: Path, work: str, reasons: Reasons | None = None) -> None:
    out.mkdir(parents=True, exist_ok=True)
    data = anonymous_values(rounded(asdict(results)), work)
    (out / "micro.json").write_text(json.dumps(data, indent=1) + "\n")
    page = _page(results, reasons or Reasons(BENCH / "reasons.toml"))
    (out / "README.md").write_text(anonymous(page, work))


def _page(results: Results, reasons: Reasons) -> str:
    parts = [
        _opening(results), warnings(results), verdict(results), _glance(results),
        *(_section(results, title) for title in SECTIONS),
        _behind(results, reasons), failures(results), _errors(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(results: Results) -> str:
    m = results.machine
    versions = ", ".join(f"{peer} {version}" for peer, version in results.versions.items())
    return f"""# Micro-benchmarks: headers, URLs, streams and their like

Made by `make bench ARGS='--group micro'`; what is measured, and how, is in [bench/README.md](../../README.md).

| | |
| --- | --- |
| date | {m["date"]} |
| commit | {m["commit"]} |
| machine | {m["cpu"]}, {m["cores"]} cores, {m["memory_gib"]} GiB |
| system | {m["system"]} |
| load average at the start | {m["load_average_at_start"]} |
| versions | {versions} |
| rounds | {results.rounds} |

Nanoseconds of CPU time for one run of a case: median of the rounds. x = ratio to {BASE} within a round, median (lowest to highest): more than 1 is
slower than {BASE}."""


def _glance(results: Results) -> str:
    compared, behind = results.compared(), results.behind()
    if not compared:
        return f"## At a glance\n\nNo ratios: {BASE} and a rival were not both measured."
    names = ", ".join(RIVALS[:-1]) + " and " + RIVALS[-1]
    lines = [
        f"In {len(compared) - len(behind)} of {len(compared)} cases no rival, of {names}, is faster than {BASE} by more than a tenth.",
        "Against each of them:",
    ]
    rows = []
    for peer in results.versions:
        ratios = [ratio.median for case in results.cases() if peer != BASE and (ratio := results.ratio(case, peer))]
        if ratios:
            faster, slower = sum(ratio < 0.9 for ratio in ratios), sum(ratio > 1 / 0.9 for ratio in ratios)
            rows.append([peer, str(slower), str(len(ratios) - slower - faster), str(faster)])
    return "## At a glance\n\n" + "\n".join(lines) + "\n\n" + grid(["", f"{BASE} is faster", "the same", f"{BASE} is slower"], rows)


def _section(results: Results, title: str) -> str:
    cases = [case for case in SECTIONS[title] if case.name in results.cases()]
    if not cases:
        return ""
    peers = list(results.versions)
    rows = [[f"`{case.name}`: {case.title}", *(_cell(results, case.name, peer) for peer in peers)] for case in cases]
    return f"## {title}\n\n" + grid(["", *peers], rows)


def _cell(results: Results, case: str, peer: str) -> str:
    ns = results.ns(case, peer)
    if ns is None:
        return "**failed**"
    ratio = None if peer == BASE else results.ratio(case, peer)
    return _ns(ns) + (f"<br>{_ratio(ratio)}" if ratio else "")


def _behind(results: Results, reasons: Reasons) -> str:
    if not results.compared():
        return ""
    head, found = f"## Where {BASE} is behind", results.behind()
    if not found:
        return f"{head}\n\nNowhere in this run by more than a tenth."
    text = "Cases in which a rival is faster by more than a tenth, with what it takes beside Mote. Reasons are written by hand in `bench/reasons.toml`."
    rows = [_behind_row(one, reasons) for one in found]
    return f"{head}\n\n{text}\n\n" + grid(["case", f"{BASE}, ns", "faster", "why"], rows, "---")


def _behind_row(one: Behind, reasons: Reasons) -> list[str]:
    faster = ", ".join(f"{peer} {_ratio(ratio)}" for peer, ratio in one.faster)
    return [f"`{one.case}`", _ns(one.ns), faster, reasons.find(one.case) or "*no reason written yet*"]


def _errors(results: Results) -> str:
    lines = [f"**{peer}** could not run: {reason}" for peer, reason in results.missing.items()] + results.errors()
    return "## What others could not do\n\n" + "\n".join(f"- {one_line(line)}" for line in lines) if lines else ""


def _ns(ns: Spread) -> str:
    return number(ns.median, 0 if ns.median >= 100 else 1)


def _ratio(ratio: Spread) -> str:
    return f"x{ratio.median:.2f} ({ratio.low:.2f}..{ratio.high:.2f})"
