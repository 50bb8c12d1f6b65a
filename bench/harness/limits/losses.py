"""Where Mote misses its budgets, where workerd is better, and the reasons that were written by hand."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from . import cost, kinds, memory, neighbours, overshoot

SECTIONS = ("cost", "overshoot", "neighbours", "memory")
# Less than this share of difference to workerd is called none: each was measured once or twice.
NOISE = 0.1


@dataclass(frozen=True)
class Loss:
    """One thing that is worse than promised, or better elsewhere."""

    section: str
    runtime: str
    kind: str
    what: str
    mote: str
    better: str


class Reasons:
    """The entries [[limits]] of bench/reasons.toml."""

    def __init__(self, path: Path):
        data = tomllib.loads(path.read_text()) if path.is_file() else {}
        self._entries = data.get("limits", [])
        for entry in self._entries:
            known = {"section", "runtime", "kind", "why"}
            wrong = set(entry) - known or set(_kinds(entry)) - {*kinds.ALL, neighbours.CONTROL}
            if wrong or not entry.get("why") or entry.get("section") not in SECTIONS:
                raise ValueError(f"{path.name}: a [[limits]] needs `why`, a known section and known kinds: {entry}")

    def find(self, loss: Loss) -> str:
        """The first entry that fits; one without kinds, or without a runtime, is for all of them."""
        for entry in self._entries:
            fits = entry["section"] == loss.section and entry.get("runtime", loss.runtime) == loss.runtime
            if fits and (not _kinds(entry) or loss.kind in _kinds(entry)):
                return entry["why"].strip()
        return ""


def of_cost(found: cost.Cost | None) -> list[Loss]:
    if found is None or not found.rounds:
        return []
    cpu, rate = found.extra(cost.UNMETERED)
    rows = (("CPU time a request", cpu), ("requests a second", rate))
    return [
        Loss("cost", "mote", "hello", what, f"{cost.middle(values)[0] * 100:.1f} %", f"budget: {cost.BUDGET * 100:.0f} %")
        for what, values in rows
        if values and cost.middle(values)[0] > cost.BUDGET
    ]


def of_overshoot(found: list[overshoot.Overshoot]) -> list[Loss]:
    budget = f"budget: at most {overshoot.BUDGET_SHARE * 100:.0f} % over"
    losses = []
    for case in found:
        if case.problem:
            losses.append(Loss("overshoot", "mote", case.kind, "stops", case.problem, "every event is stopped"))
        elif case.over_ms and case.worst_ms > overshoot.BUDGET_SHARE * case.limit_ms:
            text = f"{case.worst_ms:,.0f} ms over {case.limit_ms} ms"
            losses.append(Loss("overshoot", "mote", case.kind, "worst overshoot", text, budget))
    return losses


def of_neighbours(found: list[neighbours.Neighbour]) -> list[Loss]:
    losses = []
    for case in found:
        if not case.runtime.startswith("mote") or case.kind in (neighbours.ALONE, neighbours.CONTROL):
            continue
        peer = _of(found, "workerd", case.kind)
        if case.fate or case.remark:
            text = case.fate or case.remark
            losses.append(Loss("neighbours", case.runtime, case.kind, "serves", text, "neighbours are served"))
            continue
        # p50 too: where few are served because all wait, p99 alone may look like that of a bad moment.
        whats, texts, better = [], [], []
        for what, key in (("p99", "p99_ms"), ("p50", "p50_ms")):
            ratio, value = to_alone(found, case, key), getattr(case, key)
            is_missed = ratio and ratio > neighbours.BUDGET_RATIO
            is_beaten = peer and not peer.fate and getattr(peer, key) < value * (1 - NOISE)
            if is_missed:
                better.append(f"budget: at most x{neighbours.BUDGET_RATIO:g} of alone")
            if is_beaten:
                better.append(f"workerd {what} {getattr(peer, key):,.2f} ms")
            if is_missed or is_beaten:
                whats.append(what)
                texts.append(f"{value:,.2f} ms" + (f" (x{ratio:,.1f} of alone)" if ratio else ""))
        if whats:
            better = ", ".join(dict.fromkeys(better))
            losses.append(Loss("neighbours", case.runtime, case.kind, ", ".join(whats), ", ".join(texts), better))
    return losses


def of_memory(found: list[memory.Peak]) -> list[Loss]:
    losses = []
    for case in found:
        if case.runtime != "mote":
            continue
        if case.fate:
            losses.append(Loss("memory", "mote", case.kind, "stops", case.fate, "stopped at its limit, the process lives on"))
            continue
        peer = _of(found, "workerd", case.kind)
        better = []
        if case.grown_mib > memory.LIMIT_MIB * (1 + memory.BUDGET_OVER):
            better.append(f"budget: at most {memory.LIMIT_MIB * (1 + memory.BUDGET_OVER):.0f} MiB")
        if peer and not peer.fate and peer.grown_mib < case.grown_mib * (1 - NOISE):
            better.append(f"workerd {peer.grown_mib:,.0f} MiB ({peer.ending})")
        if better:
            losses.append(Loss("memory", "mote", case.kind, "peak", f"{case.grown_mib:,.0f} MiB", ", ".join(better)))
        kept_max = memory.BUDGET_KEPT * memory.LIMIT_MIB
        if "exceeded-memory" in case.ending and case.kept_mib and case.kept_mib > kept_max:
            text, budget = f"{case.kept_mib:,.0f} MiB kept", f"budget: keeps at most {kept_max:.0f} MiB"
            losses.append(Loss("memory", "mote", case.kind, "gives back", text, budget))
    return losses


def to_alone(found: list[neighbours.Neighbour], case: neighbours.Neighbour, key: str) -> float | None:
    """As ratio to the same runtime with nobody beside; none where either has no numbers."""
    alone = [
        getattr(c, key) for c in found if c.runtime == case.runtime and c.kind == neighbours.ALONE and not c.fate
    ]
    if case.fate or not alone or not median(alone):
        return None
    return getattr(case, key) / median(alone)


def _of(found: list, runtime: str, kind: str):
    return next((case for case in found if case.runtime == runtime and case.kind == kind), None)


def _kinds(entry: dict) -> list[str]:
    named = entry.get("kind", [])
    return [named] if isinstance(named, str) else named
