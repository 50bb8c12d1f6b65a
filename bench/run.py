#!/usr/bin/env python3
"""Mote measured: `speed` beside its peers, `limits` under hostile tenants, `cells` in processes of their own, `deploy` with many workers,
`density` with as many tenants as fit, `micro` one call at a time.

See bench/README.md.
"""

import argparse
import signal
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

from harness import cells, load, peers, speed  # noqa: E402  (the path is set above)
from harness.density import group as density  # noqa: E402
from harness.deploy import group as deploy  # noqa: E402
from harness.limits import group as limits  # noqa: E402
from harness.limits import kinds  # noqa: E402
from harness.machine import Cores, describe  # noqa: E402
from harness.micro import group as micro  # noqa: E402
from harness.micro.cases import CASES  # noqa: E402
from harness.workloads import WORKLOADS  # noqa: E402

GROUPS = {
    "speed": speed.run, "limits": limits.run, "cells": cells.run, "deploy": deploy.run, "density": density.run, "micro": micro.run,
}
# Groups in which others than Mote run, or what comes with them.
WITH_PEERS = {"speed", "limits", "density", "micro"}
# Groups that need `wrk`.
WITH_LOAD = set(GROUPS) - {"micro"}
# Groups that can be run in parts.
PARTS = {"deploy": deploy.PARTS, "density": density.PARTS}


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if WITH_LOAD & set(options.group) and not load.available():
        print(f"bench: {load.INSTALL_HINT}", file=sys.stderr)
        return 1
    if WITH_PEERS & set(options.group):
        peers.install(options.peers if "speed" in options.group else ["workerd"], lambda line: print(line, file=sys.stderr))
    cores = Cores()
    succeeded = [GROUPS[name](options, cores, describe(BENCH.parent)) for name in options.group]
    return 0 if all(succeeded) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__)
    release = BENCH.parent / "target/release/mote"
    unmetered = BENCH.parent / "target/unmetered/release/mote"
    parser.add_argument("--group", default="all", choices=[*GROUPS, "all"], help="what to measure (default all)")
    parser.add_argument("--quick", action="store_true", help="as short as can be: does everything work?")
    parser.add_argument("--peers", default=",".join(peers.NAMES), help=f"peers, of {','.join(peers.NAMES)}")
    parser.add_argument("--mote", type=Path, default=release, help="Mote's binary")
    parser.add_argument("--out", type=Path, default=BENCH / "results", help="where the results go")
    parser.add_argument("--minutes-max", type=float, default=60, help="stop a group after this long, report what there is")
    fast = parser.add_argument_group("speed")
    fast.add_argument("--rounds", type=int, help="visits to every peer and workload, or case of micro (default 5)")
    fast.add_argument("--seconds", type=int, help="seconds of load with 32 connections a visit (default 3)")
    fast.add_argument("--only", default=",".join(WORKLOADS), help=f"workloads, of {','.join(WORKLOADS)}")
    fast.add_argument("--base", default="mote", help="the peer that ratios are taken to (default mote)")
    bounds = parser.add_argument_group("limits")
    bounds.add_argument("--sections", default=",".join(limits.SECTIONS), help=f"of {','.join(limits.SECTIONS)}")
    bounds.add_argument("--kinds", help="hostile workers, of bench/workers/limits/ (default all; a few if quick)")
    bounds.add_argument("--unmetered", type=Path, default=unmetered, help="Mote's binary without accounting")
    deploys = parser.add_argument_group("deploy and density")
    listed = "; ".join(f"{name}: {','.join(parts)}" for name, parts in PARTS.items())
    deploys.add_argument("--parts", default="", help=f"parts of these groups (default all). {listed}")
    small = parser.add_argument_group("micro")
    small.add_argument("--cases", default=",".join(CASES), help="cases, of bench/harness/micro/cases.py (default all)")
    options = parser.parse_args()
    options.group = list(GROUPS) if options.group == "all" else [options.group]
    options.unmetered_may_be_built = options.unmetered == unmetered
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 3)
    options.only = _names(parser, "--only", options.only, WORKLOADS)
    options.peers = _names(parser, "--peers", options.peers, peers.NAMES)
    options.cases = _names(parser, "--cases", options.cases, CASES)
    options.sections = _names(parser, "--sections", options.sections, limits.SECTIONS)
    known = [part for name in options.group for part in PARTS.get(name, ())] or list(deploy.PARTS)
    options.parts = _names(parser, "--parts", options.parts or ",".join(known), known)
    options.group = [name for name in options.group if name not in PARTS or set(PARTS[name]) & set(options.parts)]
    options.kinds = _names(parser, "--kinds", options.kinds, kinds.ALL) if options.kinds else []
    options.mote, options.unmetered = options.mote.resolve(), options.unmetered.resolve()
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


if __name__ == "__main__":
    sys.exit(main())
