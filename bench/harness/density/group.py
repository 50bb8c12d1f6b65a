"""The order of events of the group `density`."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .. import peers
from ..deploy.node import Setting
from ..machine import Cores, available_mib
from ..plan import Step, work_off
from . import isolates, neighbours, processes, report, starts, zipf
from .apps import APPS
from .neighbours import ALONE, CONTROL, KINDS
from .results import Results

PARTS = ("isolates", "starts", "zipf", "peers", "neighbours")
PROCESSES = ("workerd", "deno", "bun", "node")
LEVELS, LEVELS_QUICK = (1, 100, 1_000, 2_500, 5_000, 10_000), (1, 20, 100)
# A level that would take more than this is not begun; nor one that would take more than half of what the machine has left.
MEMORY_MIB_MAX = 8_192
FLEET, FLEET_QUICK = 10_000, 200
DEPLOY_S_MAX, DEPLOY_QUICK_S_MAX = 300, 40


def run(options: argparse.Namespace, cores: Cores, machine: dict) -> bool:
    """Measures and reports; false if something could not be measured or went wrong, or the run was cut short."""
    found, missing = peers.find_all(["mote"], options.mote)
    if missing:
        return False
    parts = tuple(part for part in PARTS if part in options.parts)
    results = Results(machine, found["mote"].version, options.quick, cores.shared, parts)
    with tempfile.TemporaryDirectory(prefix="mote-bench-density-") as folder:
        setting = Setting(cores, options.mote, Path(folder))
        results.cut = work_off("density", options, _plan(options, setting, results), results)
        report.write(results, options.out / "density", folder)
    print(f"bench: results in {options.out / 'density' / 'README.md'}")
    for line in results.failed + results.wrongs():
        print(f"bench: density: {line}", file=sys.stderr)
    return not (results.cut or results.failed or results.wrongs())


def _plan(options: argparse.Namespace, setting: Setting, results: Results) -> list[Step]:
    steps = {"isolates": _isolates, "starts": _starts, "zipf": _zipf, "peers": _peers, "neighbours": _neighbours}
    return [step for part in results.parts for step in steps[part](options, setting, results)]


def _isolates(options: argparse.Namespace, setting: Setting, results: Results) -> Iterator[Step]:
    levels, seconds_max = (LEVELS_QUICK, DEPLOY_QUICK_S_MAX) if options.quick else (LEVELS, DEPLOY_S_MAX)
    yield f"isolates  up to {levels[-1]:,}", 10 + levels[-1] / 25, lambda: results.add(
        "isolates", isolates.measure(setting, levels, seconds_max, min(MEMORY_MIB_MAX, available_mib() / 2))
    )


def _starts(options: argparse.Namespace, setting: Setting, results: Results) -> Iterator[Step]:
    samples, seconds = (5, 3) if options.quick else (1_000, 90)
    for app in APPS:
        measure = partial(starts.measure, setting, app, samples, seconds)
        yield f"starts  {app.title}", 5 + seconds, lambda measure=measure: results.add("starts", measure())


def _zipf(options: argparse.Namespace, setting: Setting, results: Results) -> Iterator[Step]:
    workers, deploy_s_max, seconds = (FLEET_QUICK, DEPLOY_QUICK_S_MAX, 2) if options.quick else (FLEET, DEPLOY_S_MAX, 30)
    yield f"zipf  {workers:,} workers", 10 + workers / 50 + seconds * 6, lambda: results.add(
        "zipf", zipf.measure(setting, workers, deploy_s_max, seconds)
    )


def _peers(options: argparse.Namespace, setting: Setting, results: Results) -> Iterator[Step]:
    found, results.missing = peers.find_all([name for name in PROCESSES if name in options.peers], options.mote)
    services = processes.SERVICES_QUICK if options.quick else processes.SERVICES
    for title, measure in processes.cases(setting, found, services):
        yield f"peers  {title}", 5, lambda measure=measure: results.add("peers", measure())


def _neighbours(options: argparse.Namespace, setting: Setting, results: Results) -> Iterator[Step]:
    # Ten turns of the default limit, one second of CPU each, may come before a quiet one's.
    seconds = 1 if options.quick else 15
    hostile = tuple(KINDS)[:2] if options.quick else tuple(KINDS)
    for operator in neighbours.OPERATORS:
        for kind in (ALONE, CONTROL, *hostile):
            measure = partial(neighbours.measure, setting, operator, kind, seconds)
            yield f"neighbours  {kind}, {operator}", seconds + 6, lambda measure=measure: results.add("neighbours", measure())
