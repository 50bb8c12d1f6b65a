"""Everything that was measured, the ratios, and where Mote is behind."""

from dataclasses import dataclass, field

from ..summary import Spread
from .cases import CASES

BASE = "mote"
# Whom Mote is to be at or ahead of. Bun, with another engine, stands beside them in the tables.
RIVALS = ("workerd", "deno", "node")
# What is not a tenth slower is as fast.
AT = 0.9


@dataclass(frozen=True)
class Sample:
    case: str
    peer: str
    turn: int
    ns: float | None
    runs: int = 0
    error: str = ""


@dataclass(frozen=True)
class Behind:
    """A case in which rivals are faster by more than a tenth, the fastest first: what they take beside Mote."""

    case: str
    ns: Spread
    faster: tuple[tuple[str, Spread], ...]


@dataclass
class Results:
    machine: dict
    versions: dict[str, str]
    missing: dict[str, str]
    quick: bool
    shared_core: bool
    rounds: int
    samples: list[Sample] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    cut: str = ""

    def cases(self) -> list[str]:
        """Those of which anything is known, in their order."""
        seen = {sample.case for sample in self.samples}
        return [name for name in CASES if name in seen]

    def ns(self, case: str, peer: str) -> Spread | None:
        values = [sample.ns for sample in self._of(case, peer) if sample.ns is not None]
        return Spread.of(values) if values else None

    def ratio(self, case: str, peer: str) -> Spread | None:
        """The peer's time to Mote's, within a round: less than 1 is faster than Mote."""
        base = {sample.turn: sample.ns for sample in self._of(case, BASE)}
        values = [sample.ns / base[sample.turn] for sample in self._of(case, peer) if sample.ns is not None and base.get(sample.turn)]
        return Spread.of(values) if values else None

    def behind(self) -> list[Behind]:
        found = []
        for case in self.cases():
            ratios = {peer: self.ratio(case, peer) for peer in RIVALS}
            faster = [(peer, ratio) for peer, ratio in ratios.items() if ratio is not None and ratio.median < AT]
            if faster and (ns := self.ns(case, BASE)):
                found.append(Behind(case, ns, tuple(sorted(faster, key=lambda entry: entry[1].median))))
        return found

    def compared(self) -> list[str]:
        """Cases in which Mote stands beside one rival at least."""
        return [case for case in self.cases() if any(self.ratio(case, peer) for peer in RIVALS)]

    def wrongs(self) -> list[str]:
        """What must never be: a case that Mote cannot do."""
        return list(dict.fromkeys(f"{sample.case}: {sample.error}" for sample in self.samples if sample.error and sample.peer == BASE))

    def errors(self) -> list[str]:
        """What the others could not do."""
        return list(dict.fromkeys(f"{sample.peer}, {sample.case}: {sample.error}" for sample in self.samples if sample.error and sample.peer != BASE))

    def misses(self) -> list[str]:
        """The target: at or ahead of the best in most."""
        compared, behind = self.compared(), self.behind()
        if not compared or len(behind) * 2 < len(compared):
            return []
        return [f"a rival is faster by more than a tenth in {len(behind)} of {len(compared)} cases"]

    def _of(self, case: str, peer: str) -> list[Sample]:
        return [sample for sample in self.samples if sample.case == case and sample.peer == peer]
