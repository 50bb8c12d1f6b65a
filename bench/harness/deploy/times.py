"""Many measured times as a few numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """In milliseconds."""

    count: int
    min: float
    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, values: list[float]) -> "Times":
        if not values:
            raise ValueError("nothing was measured")
        return cls(len(values), min(values), quantile(values, 0.5), quantile(values, 0.99), max(values))


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed: always one that was measured."""
    ordered = sorted(values)
    # Counted from one, and rounded up; with a little less, so that 0.99 * 100 is 99 and not 99.00000000000001.
    rank = max(1, -int(-(share * len(ordered) - 1e-9) // 1))
    return ordered[min(rank, len(ordered)) - 1]
