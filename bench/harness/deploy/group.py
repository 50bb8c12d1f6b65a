"""The order of events of the group `deploy`."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .. import peers
from ..machine import Cores
from ..plan import Step, work_off
from . import beside, calls, fleet, kills, kv, live, report, routing
from .node import Setting
from .results import Results

PARTS = ("live", "rates", "fleet", "routing", "kv", "calls", "kills")
FLEET, FLEET_QUICK = 10_000, 200
# A machine that deploys fewer in this time has a smaller fleet, and the page says so.
FLEET_S_MAX, FLEET_QUICK_S_MAX = 300, 30
ROUTES, ROUTES_QUICK = 100_000, 10_000


def run(options: argparse.Namespace, cores: Cores, machine: dict) -> bool:
    """Measures and reports; false if something could not be measured or was lost, or the run was cut short."""
    found, missing = peers.find_all(["mote"], options.mote)
    if missing:
        return False
    parts = tuple(part for part in PARTS if part in options.parts)
    results = Results(machine, found["mote"].version, options.quick, cores.shared, parts)
    with tempfile.TemporaryDirectory(prefix="mote-bench-deploy-") as folder:
        setting = Setting(cores, options.mote, Path(folder))
        results.cut = work_off("deploy", options, _plan(options, setting, results), results)
        report.write(results, options.out / "deploy", folder)
    print(f"bench: results in {options.out / 'deploy' / 'README.md'}")
    for line in results.failed + results.wrongs():
        print(f"bench: deploy: {line}", file=sys.stderr)
    return not (results.cut or results.failed or results.wrongs())


def _plan(options: argparse.Namespace, setting: Setting, results: Results) -> list[Step]:
    steps = {"live": _live, "rates": _rates, "fleet": _fleet, "routing": _routing, "kv": _kv, "calls": _calls, "kills": _kills}
    return [step for part in results.parts for step in steps[part](options.quick, setting, results)]


def _live(quick: bool, setting: Setting, results: Results) -> Iterator[Step]:
    for title, upload_of, many, few in live.KINDS:
        deploys = few if quick else many
        yield f"live  {title}", 1 + deploys * 0.1, lambda title=title, upload_of=upload_of, deploys=deploys: results.add(
            "live", live.live(setting, title, upload_of, deploys)
        )


def _rates(quick: bool, setting: Setting, results: Results) -> Iterator[Step]:
    rounds, seconds = (2, 1) if quick else (5, 3)
    yield "rates", 2 + rounds * seconds * len(live.CLIENTS), lambda: results.add("rates", live.rates(setting, rounds, seconds))


def _fleet(quick: bool, setting: Setting, results: Results) -> Iterator[Step]:
    workers, seconds_max = (FLEET_QUICK, FLEET_QUICK_S_MAX) if quick else (FLEET, FLEET_S_MAX)
    yield f"fleet  {workers:,} workers", 5 + workers / 50, lambda: results.add(
        "fleet", fleet.measure(setting, workers, seconds_max)
    )


def _routing(quick: bool, setting: Setting, results: Results) -> Iterator[Step]:
    routes, rounds, seconds = (ROUTES_QUICK, 1, 1) if quick else (ROUTES, 5, 2)
    yield f"routing  {routes:,} routes", 15 + rounds * seconds * 6, lambda: results.add(
        "routing", routing.measure(setting, routes, rounds, seconds)
    )


def _kv(quick: bool, setting: Setting, results: Results) -> Iterator[Step]:
    rounds, seconds = (1, 1) if quick else (3, 2)
    results.kv = kv.Kv(file_system=beside.file_system(setting.folder))
    # All of them within each round: how soon a disk has written changes from minute to minute.
    for turn in range(1, rounds + 1):
        yield f"kv  Mote, round {turn}", 3 + seconds * 8, partial(kv.measure, setting, results.kv, turn, seconds)
        yield f"kv  SQLite alone, round {turn}", seconds * 2, partial(beside.sqlite, setting, results.kv, turn, seconds)
        yield f"kv  Redis, round {turn}", seconds * 9, partial(beside.redis, setting, results.kv, turn, seconds)


def _calls(quick: bool, setting: Setting, results: Results) -> Iterator[Step]:
    rounds, seconds = (1, 1) if quick else (5, 3)
    yield "calls", 4 + rounds * 3 * seconds * 1.5, lambda: results.add("calls", calls.measure(setting, rounds, seconds))


def _kills(quick: bool, setting: Setting, results: Results) -> Iterator[Step]:
    times = 3 if quick else 10
    yield f"kills  {times} times", 1 + times * 2, lambda: results.add("kills", kills.measure(setting, times))
