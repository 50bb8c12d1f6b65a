"""The order of events of the group `limits`."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from .. import peers
from ..machine import Cores
from ..peers import BENCH, Peer
from ..plan import Step, work_off
from . import cost, kinds, memory, neighbours, node, overshoot, report
from .losses import Reasons

SECTIONS = ("cost", "overshoot", "neighbours", "memory")
# A step whose result has yet to be kept.
Case = tuple[str, float, Callable[[], object]]


def run(options: argparse.Namespace, cores: Cores, machine: dict) -> bool:
    """Measures and reports; false if Mote is missing or died, or the run was cut short."""
    reasons = Reasons(BENCH / "reasons.toml")
    found, missing = peers.find_all([name for name in ("mote", "workerd") if name in options.peers], options.mote)
    results = report.Results(
        machine=machine, quick=options.quick, shared_core=cores.shared, sections=tuple(options.sections),
        versions={name: peer.version for name, peer in found.items()}, missing=missing,
    )
    with tempfile.TemporaryDirectory(prefix="mote-bench-") as folder:
        setting = node.Setting(cores, Path(folder))
        try:
            time.sleep(0.3)
            results.cut = work_off("limits", options, list(_plan(options, setting, found, results)), results)
        finally:
            setting.close()
        report.write(results, reasons, options.out / "limits", folder)
    print(f"bench: results in {options.out / 'limits' / 'README.md'}")
    return "mote" in found and not (results.cut or results.failed or results.mote_deaths())


def _plan(
    options: argparse.Namespace, setting: node.Setting, found: dict[str, Peer], results: report.Results
) -> Iterator[Step]:
    parts = {"cost": _cost, "overshoot": _overshoot, "neighbours": _neighbours, "memory": _memory}
    for section in options.sections:
        for title, seconds, measure in parts[section](options, setting, found):
            yield f"{section}  {title}", seconds, lambda section=section, measure=measure: results.add(section, measure())


def _cost(options: argparse.Namespace, setting: node.Setting, found: dict[str, Peer]) -> Iterator[Case]:
    if "mote" not in found:
        return
    rounds = 3 if options.quick else 24

    def measure() -> cost.Cost:
        if not options.unmetered.is_file() and options.unmetered_may_be_built:
            print("bench: building Mote without accounting (once)", file=sys.stderr)
            node.build_unmetered(BENCH.parent)
        return cost.measure(setting, options.mote, options.unmetered, rounds)

    yield "hello", (rounds + 1) * 3.3, measure


def _overshoot(options: argparse.Namespace, setting: node.Setting, found: dict[str, Peer]) -> Iterator[Case]:
    if "mote" not in found:
        return
    many, few = (3, 1) if options.quick else (20, 5)
    case_s_max = overshoot.CASE_QUICK_S_MAX if options.quick else overshoot.CASE_S_MAX
    groups = ((kinds.HOGS, overshoot.HOG_LIMIT_MS, many), (kinds.NATIVES, overshoot.NATIVE_LIMIT_MS, few))
    for names, limit_ms, events in groups:
        for kind in _asked(options, names):
            measure = partial(overshoot.measure, setting, options.mote, kind, limit_ms, events, case_s_max)
            yield kind, 0.5 + events * limit_ms * 1.2 / 1000, measure


def _neighbours(options: argparse.Namespace, setting: node.Setting, found: dict[str, Peer]) -> Iterator[Case]:
    seconds = 2 if options.quick else 3
    quick = options.quick and not options.kinds
    hostile = kinds.NEIGHBOURS_QUICK if quick else _asked(options, kinds.NEIGHBOURS)
    # Alone at the beginning, in the middle and at the end: the machine may change in between.
    again, middle = [] if options.quick else [neighbours.ALONE], len(hostile) // 2
    for kind in (neighbours.ALONE, neighbours.CONTROL, *hostile[:middle], *again, *hostile[middle:], *again):
        for runtime, start in _runtimes(options, setting, found, neighbours.OPERATORS).items():
            measure = partial(neighbours.measure, setting, runtime, kind, start, seconds)
            yield f"{kind}  {runtime}", seconds + 2.5, measure


def _memory(options: argparse.Namespace, setting: node.Setting, found: dict[str, Peer]) -> Iterator[Case]:
    later_s = memory.LATER_QUICK_S if options.quick else memory.LATER_S
    kill_s = memory.KILL_QUICK_S if options.quick else memory.KILL_S
    for kind in _asked(options, kinds.MEMORY):
        for runtime, start in _runtimes(options, setting, found, {"mote": memory.OPERATOR}).items():
            measure = partial(memory.measure, runtime, kind, start, later_s, kill_s)
            yield f"{kind}  {runtime}", later_s + 2, measure


def _runtimes(
    options: argparse.Namespace, setting: node.Setting, found: dict[str, Peer], operators: dict[str, str]
) -> dict[str, Callable[[list[str]], node.Node]]:
    """How each is started with some workers: Mote once for each operator's configuration, and workerd."""
    starts: dict[str, Callable[[list[str]], node.Node]] = {}
    if "mote" in found:
        for name, operator in operators.items():
            starts[name] = partial(node.mote, setting, options.mote, operator=operator)
    if "workerd" in found:
        starts["workerd"] = partial(node.workerd, setting, found["workerd"])
    return starts


def _asked(options: argparse.Namespace, names: tuple[str, ...]) -> list[str]:
    """Of these kinds: those of `--kinds`, else those of a quick run, else all."""
    asked = options.kinds or (kinds.QUICK if options.quick else kinds.ALL)
    return [name for name in names if name in asked]
