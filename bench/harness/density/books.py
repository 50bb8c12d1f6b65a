"""What a node counts of its events and isolates, from its `/metrics`."""

import re
import time
from collections import Counter
from dataclasses import dataclass, field

from ..deploy.node import Node

# Cells tell the host what they have counted within this time.
LATE_S = 1.5
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# Counts of cells, which not every build has: isolates that are warm, that had to leave, and events that were turned away for want of one.
OF_CELLS = re.compile(r"^mote_(?:cell_)?isolates?_(warm|evictions|shed)(?:_total)?$")


@dataclass
class Books:
    # Events by outcome.
    events: Counter[str] = field(default_factory=Counter)
    # Isolates that were started, by worker.
    started: Counter[str] = field(default_factory=Counter)
    # `None`: this build does not say.
    warm: float | None = None
    evicted: float | None = None
    shed: float | None = None

    def since(self, before: "Books") -> "Books":
        """What has come since then. Isolates that are warm are a state, and stay as they are."""

        def less(now: float | None, then: float | None) -> float | None:
            return None if now is None else now - (then or 0)

        return Books(
            self.events - before.events, self.started - before.started, self.warm, less(self.evicted, before.evicted),
            less(self.shed, before.shed),
        )

    @property
    def starts(self) -> int:
        return self.started.total()

    @property
    def answered(self) -> int:
        return self.events.total()


def read(text: str) -> Books:
    books = Books()
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if not match:
            continue
        name, value = match[1], float(match[3])
        labels = dict(LABEL.findall(match[2] or ""))
        if name == "mote_events_total":
            books.events[labels.get("outcome", "?")] += int(value)
        elif name == "mote_isolates_started_total":
            books.started[labels.get("worker", "?")] += int(value)
        elif of_cells := OF_CELLS.match(name):
            word = {"evictions": "evicted"}.get(of_cells[1], of_cells[1])
            setattr(books, word, (getattr(books, word) or 0) + value)
    return books


def of(node: Node) -> Books:
    """Once everything that has ended is counted."""
    time.sleep(LATE_S)
    return read(node.metrics())
