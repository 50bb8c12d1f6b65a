"""Quiet tenants beside hostile ones on one node: 90 that say hello, and 10 of an account that is up to no good.

The group `limits` has the same question for one of each in one process; its hostile workers and its clients are used here.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from .. import load
from ..deploy.api import form
from ..deploy.node import Node, Setting
from ..limits import kinds
from ..limits.client import Caller, Target, ask
from ..limits.neighbours import ALONE, CONNECTIONS, CONTROL, STRICT
from ..limits.neighbours import ANSWER_S_MAX as HOSTILE_S_MAX

QUIET, HOSTILE = 90, 10
QUIET_TEXT = "Hello, World!"
# What the ten do.
KINDS = {
    "cpu-loop": "burn CPU", "mem-objects": "allocate", "flood-headers": "flood with headers", "flood-streams": "flood with streams",
    "slow-reader": "stream to slow readers",
}
OPERATORS = {"default limits": "", "strict": STRICT}
# Seconds within which the hostile ones are under way.
BEGIN_S = 0.3
# A quiet worker that is answered this soon is answered as before. So long it is waited for.
QUICK_S, AGAIN_S_MAX = 0.05, 60


@dataclass
class Beside:
    operator: str
    kind: str
    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    # wrk's counts of what went wrong for the quiet ones.
    errors: dict[str, int] = field(default_factory=dict)
    # How the hostile ones' requests ended.
    hostile: dict[str, int] = field(default_factory=dict)
    # How long after the hostile clients had gone a quiet one was answered as before; `None`: longer than was waited.
    again_s: float | None = 0


def host(number: int) -> str:
    return f"quiet{number}.localhost"


def measure(setting: Setting, operator: str, kind: str, seconds: int) -> Beside:
    """On a fresh node: what a hostile kind has begun must not weigh on the next one."""
    with setting.node(OPERATORS[operator]) as node:
        _deploy(node, kind)
        paths = tuple(f"//{host(number)}/" for number in range(QUIET))
        load.hammer_at(setting.cores, node.port, paths, CONNECTIONS, 1)  # warms up
        return _beside(setting, node, operator, kind, paths, seconds)


def _deploy(node: Node, kind: str) -> None:
    hello = form(kinds.HELLO.read_text())
    good, hostile = node.api("good"), node.api("hostile")
    for number in range(QUIET):
        good.deploy(f"quiet{number}", hello)
    for number in range(HOSTILE):
        if kind == CONTROL:
            good.deploy(f"{kind}{number}", hello)
        elif kind != ALONE:
            hostile.deploy(f"{kind}{number}", form((kinds.FOLDER / f"{kind}.js").read_text()))
    good.close()
    hostile.close()


def _again(node: Node) -> float | None:
    """Seconds until a quiet worker is answered as before, once the hostile clients are gone; `None` if that takes too long to wait."""
    began = time.monotonic()
    while time.monotonic() - began < AGAIN_S_MAX:
        answer = ask(Target(node.port, host(0)), wait_s=AGAIN_S_MAX)
        node.server.check_alive()
        if answer.is_ok and answer.seconds < QUICK_S:
            return time.monotonic() - began
    return None


def _beside(setting: Setting, node: Node, operator: str, kind: str, paths: tuple[str, ...], seconds: int) -> Beside:
    with ExitStack() as stack:
        callers = [
            stack.enter_context(Caller(
                Target(node.port, f"{kind}{number}.localhost"), setting.cores.upstream, wait_s=HOSTILE_S_MAX, slowly=kind == "slow-reader",
            ))
            for number in range(HOSTILE if kind != ALONE else 0)
        ]
        time.sleep(BEGIN_S)
        report = load.hammer_at(setting.cores, node.port, paths, CONNECTIONS, seconds)
        node.server.check_alive()
        endings: dict[str, int] = {}
        for caller in callers:
            caller.end(1)
            for ending, count in caller.endings.items():
                endings[ending] = endings.get(ending, 0) + count
    again_s = _again(node)
    if kind != ALONE and not endings:
        endings = {"still waiting": HOSTILE}
    latency = {name: us / 1000 for name, us in report["latency_us"].items()}
    return Beside(
        operator, kind, report["requests"] - report["errors"]["status"], report["duration_us"] / 1e6, latency["p50"], latency["p99"],
        latency["p999"], latency["max"], {name: count for name, count in report["errors"].items() if count}, endings, again_s,
    )
