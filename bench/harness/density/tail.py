"""Many measured times as a few numbers. A quantile that so few values cannot show is not told."""

from dataclasses import dataclass

from ..deploy.times import quantile

# Below so many values the slowest one alone would be the quantile.
P99_COUNT_MIN, P999_COUNT_MIN = 100, 1_000


@dataclass(frozen=True)
class Tail:
    """In milliseconds."""

    count: int
    p50: float
    p99: float | None
    p999: float | None
    max: float

    @classmethod
    def of(cls, values: list[float]) -> "Tail":
        if not values:
            raise ValueError("nothing was measured")
        many, very_many = len(values) >= P99_COUNT_MIN, len(values) >= P999_COUNT_MIN
        return cls(
            len(values), quantile(values, 0.5), quantile(values, 0.99) if many else None,
            quantile(values, 0.999) if very_many else None, max(values),
        )
