"""The tables of the four sections."""

from collections.abc import Iterable
from statistics import median

from ..markdown import grid, number, one_line
from . import cost, kinds, memory, neighbours, overshoot
from .losses import to_alone


def cost_text(found: cost.Cost | None) -> str:
    head = "## What accounting and enforcement cost"
    if found is None:
        return f"{head}\n\nNot measured."
    text = (
        f"Hello, World! with {cost.CONNECTIONS} connections on the ordinary Mote and on one that was built without the "
        "watchdog, the CPU meter and the events' counters, in turn. A difference is taken within a round of "
        f"{cost.SECONDS} s each; shown is the median of the rounds, in brackets the middle half of them. Two builds of a "
        "program differ by a per cent or so for no reason but where their code lies in memory. Budget: under "
        f"{cost.BUDGET * 100:.0f} %."
    )
    rows = []
    for variant, title in ((cost.UNMETERED, "Mote without them"), (cost.AGAIN, "itself: chance")):
        cpu, rate = found.extra(variant)
        if cpu:
            rows.append([title, _share(cpu), _share(rate), str(len(cpu))])
        else:
            rows.append([title, "**not measured**", one_line(found.problem or "no round was completed"), "0"])
    table = grid(["the ordinary Mote beside", "more CPU time a request", "fewer requests a second", "rounds"], rows)
    numbers = [
        [variant, *(_spread([turn[variant][place] for turn in found.rounds if variant in turn], digits)
                    for place, digits in ((0, 2), (1, 0)))]
        for variant in (cost.METERED, cost.AGAIN, cost.UNMETERED)
        if any(variant in turn for turn in found.rounds)
    ]
    parts = [head, text, table]
    if numbers:
        parts.append(grid(["", "CPU us a request", "req/s"], numbers))
    return "\n\n".join(parts)


def overshoot_text(found: list[overshoot.Overshoot]) -> str:
    head = "## CPU time past the limit"
    if not found:
        return f"{head}\n\nNot measured."
    text = (
        "What Mote's books say that an event used, minus its limit. A fresh isolate is ready before each event. Uncharged is "
        "the most CPU time that the whole process used for an event beyond what its books say: the collector's and the "
        "compiler's helper threads, and the questions for the books. Budget: no event gets twice its limit."
    )
    parts = [head, text, "![CPU time past the limit](overshoot.svg)"]
    groups = (
        (f"### Hogs, limit {overshoot.HOG_LIMIT_MS} ms", kinds.HOGS),
        (f"### One native that runs long in one call, limit {overshoot.NATIVE_LIMIT_MS} ms", kinds.NATIVES),
    )
    for title, names in groups:
        rows = [_overshoot_row(case) for case in found if case.kind in names]
        if rows:
            columns = ["kind", "harm", "events", "median ms", "worst ms", "median %", "worst %", "uncharged ms", "ended"]
            parts += [title, grid(columns, rows, "---")]
    return "\n\n".join(parts)


def _overshoot_row(case: overshoot.Overshoot) -> list[str]:
    ended = ", ".join(f"{outcome} {count}" for outcome, count in case.endings.items())
    row = [case.kind, kinds.harm(case.kind), str(len(case.cpu_ms))]
    if case.problem:
        return [*row, f"**{one_line(case.problem)}**", "", "", "", "", ended]
    uncharged = number(case.uncharged_ms, 1)
    if not case.over_ms:
        return [*row, "within the limit", "", "", "", uncharged, ended]
    values = (case.median_ms, case.worst_ms)
    percents = [f"{value / case.limit_ms * 100:,.0f}" for value in values]
    return [*row, *(number(value, 1) for value in values), *percents, uncharged, ended]


def neighbours_text(found: list[neighbours.Neighbour]) -> str:
    head = "## Beside a hostile neighbour"
    if not found:
        return f"{head}\n\nNot measured."
    runtimes = list(dict.fromkeys(case.runtime for case in found))
    hostile = list(dict.fromkeys(case.kind for case in found))
    text = f"""A well-behaved worker (Hello, World!, wrk with {neighbours.CONNECTIONS} connections) in one process with
a hostile one, which one client asks without an end. Here both are in `mote dev`, on one thread; what a node with its cells does about it
is in [density](../density-neighbours/README.md). `{neighbours.CONTROL}` is the control: the client asks a well-behaved
worker, so what is left is what the client itself costs. `mote` has the default limits; `mote strict` has an operator who gives the
hostile account little:

```toml
{neighbours.STRICT}```

workerd has no limits of its own to set; what runs it in production brings them. Budget: p99 at most doubled.

p99 as ratio to the same runtime with nobody beside, and how much of its requests a second is left:"""
    rows = [[kind, _harm(kind), *(_glance(found, runtime, kind) for runtime in runtimes)] for kind in hostile]
    parts = [head, text, grid(["beside", "harm", *runtimes], rows, "---"), "![Latency p99](neighbours.svg)"]
    columns = ["beside", "p50 ms", "p99 ms", "longest ms", "req/s", "failed requests"]
    columns.append("what the hostile worker's client got")
    for runtime in runtimes:
        cases = [_neighbour_row(case) for case in found if case.runtime == runtime]
        parts += [f"### {runtime}", grid(columns, cases, "---")]
    return "\n\n".join(parts)


def _glance(found: list[neighbours.Neighbour], runtime: str, kind: str) -> str:
    cases = [case for case in found if case.runtime == runtime and case.kind == kind]
    fates = [case.fate for case in cases if case.fate]
    if fates:
        return f"**{one_line(fates[0])}**"
    ratios = [ratio for case in cases if (ratio := to_alone(found, case, "p99_ms"))]
    shares = [share for case in cases if (share := to_alone(found, case, "requests_per_s"))]
    text = f"x{median(ratios):,.2f}, {median(shares) * 100:,.1f} %" if ratios and shares else "not measured"
    return text + (f", {cases[0].remark}" if cases and cases[0].remark else "")


def _neighbour_row(case: neighbours.Neighbour) -> list[str]:
    got = _counted(case.hostile.items())
    if case.fate:
        return [case.kind, f"**{one_line(case.fate)}**", "", "", "", "", got]
    values = [number(value, 2) for value in (case.p50_ms, case.p99_ms, case.max_ms)]
    return [case.kind, *values, number(case.requests_per_s, 0), _counted(case.errors.items()) or "0", got]


def memory_text(found: list[memory.Peak]) -> str:
    head = f"## Memory past the limit of {memory.LIMIT_MIB} MiB"
    if not found:
        return f"{head}\n\nNot measured."
    text = (
        "One request to one hog in a fresh process; nothing but the memory limit may end it. Growth is the process's "
        "peak resident memory minus its resident memory before; kept is what is left of it some seconds after the hog "
        "ended. Whatever nothing stops is killed by the bench "
        f"at {memory.KILL_MIB} MiB or after {memory.KILL_S} s ({memory.KILL_QUICK_S} s in a quick run). workerd takes no limit "
        "from its configuration: V8's own heap limit ends it."
    )
    rows = [_memory_row(case) for case in found]
    columns = ["kind", "harm", "runtime", "before MiB", "growth MiB", "of the limit", "kept MiB", "the client got"]
    return "\n\n".join([head, text, "![Growth of resident memory](memory.svg)", grid(columns, rows, "---")])


def _memory_row(case: memory.Peak) -> list[str]:
    row = [case.kind, kinds.harm(case.kind), case.runtime]
    if case.fate:
        return [*row, f"**{one_line(case.fate)}**", "", "", "", case.ending]
    share = f"{case.grown_mib / memory.LIMIT_MIB * 100:,.0f} %"
    kept = "" if case.kept_mib is None else number(case.kept_mib, 0)
    return [*row, number(case.before_mib, 0), number(case.grown_mib, 0), share, kept, case.ending]


def _harm(kind: str) -> str:
    if kind in kinds.ALL:
        return kinds.harm(kind)
    return "Nobody." if kind == neighbours.ALONE else "The control: a well-behaved worker."


def _counted(items: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in items)


def _share(values: list[float]) -> str:
    middle, low, high = (value * 100 for value in cost.middle(values))
    return f"{middle:+.1f} % ({low:+.1f}..{high:+.1f})"


def _spread(values: list[float], digits: int) -> str:
    middle, low, high = cost.middle(sorted(values))
    return f"{number(middle, digits)} ({number(low, digits)}..{number(high, digits)})"
