"""The group `speed`: the same workers on Mote and its peers, in turn, as ratios with spread."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from . import peers, report
from .anonymous import anonymous
from .machine import Cores
from .measure import Bench, Durations
from .peers import BENCH, Peer, PeerMissing
from .progress import Progress
from .server import ServerFailed
from .summary import Reasons, Sample, summarise
from .workloads import WORKLOADS, Workload

# A peer that fails a workload this often is not asked again: each failure may take a start's whole patience.
FAILURES_MAX = 2


def run(options: argparse.Namespace, cores: Cores, machine: dict) -> bool:
    """Measures and reports; false if Mote (or `--base`) failed, or the run was cut short."""
    reasons = Reasons(BENCH / "reasons.toml")
    found, missing = peers.find_all(options.peers, options.mote)
    samples, cut = _measure(options, cores, found, missing)
    results = report.Run(
        machine=machine,
        options={
            "rounds": options.rounds, "seconds": options.seconds, "quick": options.quick,
            "shared_core": cores.shared,
        },
        versions={name: peer.version for name, peer in found.items()},
        missing=missing,
        base=options.base,
        titles={name: workload.title for name, workload in WORKLOADS.items()},
        samples=samples,
        table=summarise(samples, options.base),
        cut=cut,
    )
    report.write(results, reasons, options.out)
    print(f"bench: results in {options.out / 'README.md'}")
    failed = sorted({sample.peer for sample in samples if sample.error})
    if failed:
        print(f"bench: failures of {', '.join(failed)}; the results say which", file=sys.stderr)
    return options.base not in failed and not cut


def _measure(
    options: argparse.Namespace, cores: Cores, found: dict[str, Peer], missing: dict[str, str]
) -> tuple[list[Sample], str]:
    """All rounds. The second value says why some are missing, if some are."""
    quick = options.quick
    durations = Durations(options.seconds, 1 if quick else 2, 0.3 if quick else 1.0, 1 if quick else 4)
    plan = list(_plan(options, found, missing))
    deadline = time.monotonic() + options.minutes_max * 60
    progress = Progress(len(plan))
    progress.note(f"bench: {len(plan)} visits, about {len(plan) * durations.visit_s() / 60:.0f} minutes")
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory(prefix="mote-bench-") as folder:
        bench = Bench(cores, Path(folder), durations)
        try:
            _prepare(bench, options.only, progress)
            for turn, workload, name in plan:
                if time.monotonic() > deadline:
                    return _in_order(samples, options), f"stopped after {options.minutes_max:g} minutes"
                progress.show(f"round {turn + 1}/{options.rounds}  {workload.name}  {name}")
                if name in missing:
                    samples.append(Sample(workload.name, name, turn, {}, error=missing[name]))
                elif _failures(samples, workload, name) < FAILURES_MAX:
                    samples.append(_visit(bench, found[name], workload, turn, folder, progress))
                progress.step()
        except KeyboardInterrupt:
            return _in_order(samples, options), "interrupted"
        finally:
            bench.close()
            progress.finish()
    return _in_order(samples, options), ""


def _plan(options: argparse.Namespace, found: dict[str, Peer], missing: dict[str, str]):
    """Round by round; in each, the peers start one place further on, so that no one always runs first."""
    for turn in range(options.rounds):
        for number, name in enumerate(options.only):
            shift = (turn + number) % len(options.peers)
            for peer in options.peers[shift:] + options.peers[:shift]:
                only = found[peer].only_workloads if peer in found else None
                if peer in missing and (turn > 0 or peer in peers.BASELINES):
                    continue  # said once
                if only is None or name in only:
                    yield turn, WORKLOADS[name], peer


def _prepare(bench: Bench, names: list[str], progress: Progress) -> None:
    for name in names:
        try:
            bench.prepare(WORKLOADS[name])
        except PeerMissing as error:
            progress.note(f"bench: {name}: {error}")


def _visit(bench: Bench, peer: Peer, workload: Workload, turn: int, folder: str, progress: Progress) -> Sample:
    """One visit; whatever goes wrong is this peer's failure, and the rest goes on."""
    try:
        values = bench.visit(peer, workload)
        remark = values.pop("remark")
        return Sample(workload.name, peer.name, turn, values, remark=anonymous(remark, folder))
    except (ServerFailed, PeerMissing, OSError) as error:
        text = anonymous(str(error) or type(error).__name__, folder)
        progress.note(f"bench: {peer.name}, {workload.name}: {text}")
        return Sample(workload.name, peer.name, turn, {}, error=text)


def _failures(samples: list[Sample], workload: Workload, peer: str) -> int:
    return sum(1 for s in samples if s.error and s.peer == peer and s.workload == workload.name)


def _in_order(samples: list[Sample], options: argparse.Namespace) -> list[Sample]:
    """In the tables the peers stand as they were named, whoever ran first."""
    return sorted(samples, key=lambda s: (options.only.index(s.workload), options.peers.index(s.peer), s.round))
