"""The order of events of the group `micro`."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from .. import peers
from ..machine import Cores
from ..peers import BASELINES, PeerMissing
from ..progress import Progress
from ..server import ServerFailed
from . import report, times
from .cases import CASES
from .results import BASE, Results, Sample
from .visits import Round, prepare

# About how long one visit takes.
VISIT_S = times.WARM_UP_S + times.SAMPLES * times.WORK_S + 0.05
# A peer that fails a case this often is not asked for it again.
FAILURES_MAX = 2


def run(options: argparse.Namespace, cores: Cores, machine: dict) -> bool:
    """Measures and reports; false if Mote could not do something, or the run was cut short."""
    wanted = [name for name in options.peers if name not in BASELINES]
    found, missing = peers.find_all(wanted, options.mote)
    versions = {name: peer.version for name, peer in found.items()}
    results = Results(machine, versions, missing, options.quick, cores.shared, options.rounds)
    with tempfile.TemporaryDirectory(prefix="mote-bench-micro-") as folder:
        project = Path(folder) / "project"
        project.mkdir()
        try:
            prepare(project)
            results.cut = _measure(options, cores, found, project, results)
        except PeerMissing as error:
            results.failed.append(str(error))
        report.write(results, options.out / "micro", folder)
    print(f"bench: results in {options.out / 'micro' / 'README.md'}")
    for line in results.failed + results.wrongs():
        print(f"bench: micro: {line}", file=sys.stderr)
    return BASE in found and not (results.cut or results.failed or results.wrongs())


def _measure(options: argparse.Namespace, cores: Cores, found: dict, project: Path, results: Results) -> str:
    """Says why visits are left, if some are."""
    names, samples = options.cases, times.SAMPLES_QUICK if options.quick else times.SAMPLES
    until = time.monotonic() + options.minutes_max * 60
    progress = Progress(results.rounds * len(names) * len(found))
    visits = results.rounds * len(names) * len(found)
    progress.note(f"bench: micro: {visits} visits, about {visits * VISIT_S / 60:.0f} minutes")
    try:
        for turn in range(results.rounds):
            with Round(cores, found, project) as alive:
                for case, peer in order(names, list(found), turn):
                    if time.monotonic() > until:
                        return f"stopped after {options.minutes_max:g} minutes"
                    progress.show(f"round {turn + 1}/{results.rounds}  {case}  {peer}")
                    if _failures(results, case, peer) < FAILURES_MAX:
                        results.samples.append(_visit(alive, case, peer, turn, samples))
                    progress.step()
    except KeyboardInterrupt:
        return "interrupted"
    finally:
        progress.finish()
    return ""


def order(names: list[str], found: list[str], turn: int) -> list[tuple[str, str]]:
    """Case by case, all peers in turn; each time another is the first, and each round begins with another case."""
    shift = turn * len(names) // 3 % max(1, len(names))
    visits = []
    for number, name in enumerate(names[shift:] + names[:shift]):
        first = (turn + number) % max(1, len(found))
        visits += [(name, peer) for peer in found[first:] + found[:first]]
    return visits


def _visit(alive: Round, case: str, peer: str, turn: int, samples: int) -> Sample:
    try:
        time_of = alive.visit(peer, CASES[case], samples)
        return Sample(case, peer, turn, time_of.ns, time_of.runs)
    except ServerFailed as error:
        return Sample(case, peer, turn, None, error=str(error))


def _failures(results: Results, case: str, peer: str) -> int:
    return sum(1 for sample in results.samples if sample.error and sample.case == case and sample.peer == peer)
