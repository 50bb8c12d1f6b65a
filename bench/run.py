#!/usr/bin/env python3
"""Mote beside its peers: the same workers, the same machine, in turn, as ratios with spread. See bench/README.md."""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

from harness import load, peers, report  # noqa: E402  (the path is set above)
from harness.machine import Cores, describe  # noqa: E402
from harness.measure import Bench, Durations  # noqa: E402
from harness.peers import Peer, PeerMissing  # noqa: E402
from harness.progress import Progress  # noqa: E402
from harness.server import ServerFailed  # noqa: E402
from harness.summary import Reasons, Sample, summarise  # noqa: E402
from harness.workloads import WORKLOADS, Workload  # noqa: E402

# A peer that fails a workload this often is not asked again: each failure may take a start's whole patience.
FAILURES_MAX = 2


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not load.available():
        print(f"bench: {load.INSTALL_HINT}", file=sys.stderr)
        return 1
    reasons = Reasons(BENCH / "reasons.toml")
    machine = describe(BENCH.parent)
    peers.install(options.peers, lambda line: print(line, file=sys.stderr))
    found, missing = _find_peers(options)
    cores = Cores()
    samples, cut = _measure(options, cores, found, missing)
    run = report.Run(
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
    report.write(run, reasons, options.out)
    print(f"bench: results in {options.out / 'README.md'}")
    failed = sorted({sample.peer for sample in samples if sample.error})
    if failed:
        print(f"bench: failures of {', '.join(failed)}; the results say which", file=sys.stderr)
    return 1 if options.base in failed or cut else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s: does everything work?")
    parser.add_argument("--rounds", type=int, help="visits to every peer and workload (default 5)")
    parser.add_argument("--seconds", type=int, help="seconds of load with 32 connections a visit (default 3)")
    parser.add_argument("--only", default=",".join(WORKLOADS), help=f"workloads, of {','.join(WORKLOADS)}")
    parser.add_argument("--peers", default=",".join(peers.NAMES), help=f"peers, of {','.join(peers.NAMES)}")
    parser.add_argument("--base", default="mote", help="the peer that ratios are taken to (default mote)")
    parser.add_argument("--mote", type=Path, default=BENCH.parent / "target/release/mote", help="Mote's binary")
    parser.add_argument("--out", type=Path, default=BENCH / "results", help="where the results go")
    parser.add_argument("--minutes-max", type=float, default=60, help="stop after this long, report what there is")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 3)
    options.only = _names(parser, "--only", options.only, WORKLOADS)
    options.peers = _names(parser, "--peers", options.peers, peers.NAMES)
    options.mote = options.mote.resolve()
    if options.base not in peers.NAMES:
        parser.error(f"--base: no peer {options.base!r}")
    if options.rounds < 1 or options.seconds < 1 or options.minutes_max <= 0:
        parser.error("--rounds, --seconds and --minutes-max are at least 1")
    return options


def _names(parser: argparse.ArgumentParser, option: str, given: str, known) -> list[str]:
    names = [name for name in given.split(",") if name]
    for name in names:
        if name not in known:
            parser.error(f"{option}: no {name!r}; there are {', '.join(known)}")
    if not names:
        parser.error(f"{option}: name at least one of {', '.join(known)}")
    return list(dict.fromkeys(names))


def _find_peers(options: argparse.Namespace) -> tuple[dict[str, Peer], dict[str, str]]:
    found: dict[str, Peer] = {}
    missing: dict[str, str] = {}
    for name in options.peers:
        try:
            found[name] = peers.find(name, options.mote)
        except PeerMissing as error:
            missing[name] = str(error)
            print(f"bench: {name}: {error}", file=sys.stderr)
    return found, missing


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
        return Sample(workload.name, peer.name, turn, values, remark=_anonymous(remark, folder))
    except (ServerFailed, PeerMissing, OSError) as error:
        text = _anonymous(str(error) or type(error).__name__, folder)
        progress.note(f"bench: {peer.name}, {workload.name}: {text}")
        return Sample(workload.name, peer.name, turn, {}, error=text)


def _anonymous(text: str, folder: str) -> str:
    """Results are published: no path of this machine belongs in them."""
    for path, name in ((folder, "<work>"), (BENCH, "bench"), (BENCH.parent, "<mote>"), (Path.home(), "~")):
        text = text.replace(str(path), name)
    return text


def _failures(samples: list[Sample], workload: Workload, peer: str) -> int:
    return sum(1 for s in samples if s.error and s.peer == peer and s.workload == workload.name)


def _in_order(samples: list[Sample], options: argparse.Namespace) -> list[Sample]:
    """In the tables the peers stand as they were named, whoever ran first."""
    return sorted(samples, key=lambda s: (options.only.index(s.workload), options.peers.index(s.peer), s.round))


if __name__ == "__main__":
    sys.exit(main())
