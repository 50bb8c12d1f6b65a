"""Accounting and enforcement, beside a Mote that was built without them.

Both processes live side by side and are asked in turn, in many short rounds that begin with another one each time. A
third process is the ordinary Mote once more: how far it is from the first is how far any difference may be chance.
"""

from dataclasses import dataclass, field
from pathlib import Path

from .. import load
from ..server import ServerFailed
from . import node
from .client import Target

BUDGET = 0.02
CONNECTIONS = 32
SECONDS = 1
METERED, AGAIN, UNMETERED = "mote", "mote again", "unmetered"


@dataclass
class Cost:
    """Round by round: variant -> (CPU microseconds a request, requests a second)."""

    rounds: list[dict[str, tuple[float, float]]] = field(default_factory=list)
    problem: str = ""

    def extra(self, variant: str) -> tuple[list[float], list[float]]:
        """By how much the ordinary Mote needs more CPU time a request, and serves fewer requests a second, than the
        variant: each as shares, sorted."""
        pairs = [(turn[METERED], turn[variant]) for turn in self.rounds if variant in turn and METERED in turn]
        return (
            sorted(metered[0] / other[0] - 1 for metered, other in pairs),
            sorted(1 - metered[1] / other[1] for metered, other in pairs),
        )


def middle(values: list[float]) -> tuple[float, float, float]:
    """Median and the bounds of the middle half, of sorted values."""
    last = len(values) - 1
    return tuple(values[round(last * share)] for share in (0.5, 0.25, 0.75))


def measure(setting: node.Setting, metered: Path, unmetered: Path, rounds: int) -> Cost:
    cost = Cost()
    binaries = {METERED: metered, AGAIN: metered, UNMETERED: unmetered}
    if not unmetered.is_file():
        cost.problem = (
            "there is no Mote without accounting to compare with: it could not be built, or is not where `--unmetered` says"
        )
        del binaries[UNMETERED]
    nodes: dict[str, node.Node] = {}
    try:
        for variant, binary in binaries.items():
            nodes[variant] = node.mote(setting, binary, ["hello"], "").__enter__()
        for variant in nodes:
            _visit(setting, nodes[variant])  # warms up
        order = list(nodes)
        for turn in range(rounds):
            shift = turn % len(order)
            cost.rounds.append({variant: _visit(setting, nodes[variant]) for variant in order[shift:] + order[:shift]})
    except ServerFailed as error:
        cost.problem = str(error)
    finally:
        for started in nodes.values():
            started.__exit__()
    return cost


def _visit(setting: node.Setting, visited: node.Node) -> tuple[float, float]:
    target: Target = visited.targets["hello"]
    cpu = visited.server.cpu_clock_s()
    seen = load.hammer(setting.cores, target.port, target.host, CONNECTIONS, SECONDS)
    cpu = visited.server.cpu_clock_s() - cpu
    if not seen["requests"] or sum(seen["errors"].values()):
        raise ServerFailed(visited.death() or f"errors under load: {seen['errors']}")
    return cpu / seen["requests"] * 1e6, seen["requests"] / seen["duration_us"] * 1e6
