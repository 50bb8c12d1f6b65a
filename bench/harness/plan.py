"""A plan of cases, and working it off: one after the other, whatever becomes of one of them, until the time is over."""

import argparse
import http.client
import sqlite3
import subprocess
import time
from collections.abc import Callable
from typing import Protocol

from .peers import PeerMissing
from .progress import Progress
from .server import ServerFailed

# One step: what to show, about how many seconds it takes, and what to do.
Step = tuple[str, float, Callable[[], None]]
# What may happen to a case and is its failure alone.
FAILURES = (ServerFailed, PeerMissing, OSError, http.client.HTTPException, subprocess.SubprocessError, sqlite3.Error)


class Told(Protocol):
    """The results of a group, as far as the plan knows them."""

    failed: list[str]
    # How long each case took.
    seconds: dict[str, float]


def work_off(group: str, options: argparse.Namespace, plan: list[Step], results: Told) -> str:
    """Says why steps are left, if some are."""
    until = time.monotonic() + options.minutes_max * 60
    progress = Progress(len(plan))
    progress.note(f"bench: {group}: {len(plan)} cases, about {sum(step[1] for step in plan) / 60:.0f} minutes")
    try:
        for title, _seconds, measure in plan:
            if time.monotonic() > until:
                return f"stopped after {options.minutes_max:g} minutes"
            progress.show(title)
            began = time.monotonic()
            try:
                measure()
            except FAILURES as error:
                results.failed.append(f"{title}: {error or type(error).__name__}")
            results.seconds[title] = time.monotonic() - began
            progress.step()
    except KeyboardInterrupt:
        return "interrupted"
    finally:
        progress.finish()
    return ""
