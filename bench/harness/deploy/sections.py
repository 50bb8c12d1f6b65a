"""The page, section by section."""

from statistics import median

from ..markdown import grid, number
from .calls import ALONE, CALL, CONNECTIONS, FETCH, Calls
from .fleet import CLIENTS, HOST_MIB_MAX, Fleet, Start
from .kills import CLIENTS as WRITERS
from .kills import Kills
from .kv import CONNECTIONS as KV_CONNECTIONS
from .kv import KEYS, READ, VALUE, WRITE, Kv
from .live import Live, Rate
from .results import LIVE_BUDGET_MS
from .routing import ASKED, FEW, SPREAD, Routing
from .times import Times

NOT_MEASURED = "Not measured."


def spread(values: list[float], digits: int) -> str:
    """Median, and the lowest and highest."""
    if not values:
        return "**not measured**"
    if len(values) == 1:
        return number(values[0], digits)
    return f"{number(median(values), digits)} ({number(min(values), digits)}..{number(max(values), digits)})"


def three(times: Times, digits: int = 1) -> list[str]:
    return [number(value, digits) for value in (times.p50, times.p99, times.max)]


def live_text(found: list[Live]) -> str:
    head = "## Deploy to live"
    if not found:
        return f"{head}\n\n{NOT_MEASURED}"
    text = (
        "One worker, deployed again and again: an upload (`PUT`, multipart), and as soon as the API has answered a request to "
        f"the worker. Live is from the first byte of the upload to the last of the first answer of the new version. Budget: {LIVE_BUDGET_MS} ms."
    )
    rows = []
    for case in found:
        for what, times in (("the API's answer", case.api_ms), ("then the first answer", case.first_ms), ("**live**", case.live_ms)):
            rows.append([f"{case.title} ({number(case.upload_kib, 1)} KiB)", what, number(times.count, 0), *three(times)])
    stale = sum(case.stale for case in found)
    said = "No first answer came from the old version." if not stale else f"**{stale} first answers came from the old version.**"
    shares = ", ".join(f"{case.api_ms.p50 / case.live_ms.p50 * 100:.0f} % ({case.title})" for case in found)
    return "\n\n".join([
        head, text, "![Deploy to live](live.svg)", grid(["upload", "", "deploys", "p50 ms", "p99 ms", "max ms"], rows),
        f"The API's answer is {shares} of it, at the median. {said}",
    ])


def rates_text(found: list[Rate]) -> str:
    head = "## Deploys a second"
    if not found:
        return f"{head}\n\n{NOT_MEASURED}"
    rows = [[f"{rate.clients}" if rate.clients > 1 else "1, one after another", spread(rate.per_s, 1)] for rate in found]
    text = "Hello world, each client with a worker of its own. Node and cells, also those that try uploads out, have one core together."
    return "\n\n".join([head, text, grid(["clients", "deploys/s"], rows)])


def fleet_text(found: Fleet | None) -> str:
    head = "## Many workers on one node"
    if not found or not found.alone or not found.all or not found.cold_ms or not found.warm_ms:
        return f"{head}\n\n{NOT_MEASURED}"
    short = "" if found.deployed >= found.asked else (
        f" **{found.asked:,} were asked for; the time was over before.** What follows is about those that there are."
    )
    text = (
        f"{found.deployed:,} workers were deployed by {CLIENTS} clients in {found.seconds:.0f} s: "
        f"{(found.deployed - 1) / found.seconds:,.1f} a second.{short} The store is {found.store_mib:,.0f} MiB then: "
        f"{found.store_mib * 1024 / found.deployed:,.1f} KiB a worker. Each says something else, so no two share a bundle."
    )
    marks = [
        [f"{mark.workers:,}", number(mark.deploys_per_s, 1), number(mark.host_mib, 1) + (", started again" if mark.started_again else "")]
        for mark in found.marks
    ]
    starts = [_start_row(start) for start in (found.alone, found.all)]
    per_thousand = thousand_mib(found)
    memory = (
        f"The host holds {per_thousand:,.2f} MiB more for every 1,000 workers after a start (median of starts), without its cells."
        if per_thousand is not None else "Too few workers to say what each takes."
    )
    cold = [["first answer", f"{found.cold_ms.count}", *three(found.cold_ms)], ["second answer", f"{found.warm_ms.count}", *three(found.warm_ms)]]
    return "\n\n".join([
        head, text, "While they are deployed; each version is in service from its deploy on, until the node starts again. A host with more than "
        f"{HOST_MIB_MAX:,} MiB is started again, for the machine's sake:",
        grid(["workers", "deploys/s since the line above", "host MiB"], marks),
        "Starts, from the process's start; the first answer is a random worker's. The file system's cache is warm.",
        grid(["workers", "ready ms", "first right answer ms", "host MiB after it"], starts),
        memory,
        f"Then {found.cold_ms.count} random workers, one after another, each on a fresh connection: cold, and once more. "
        f"The host has {number(found.host_asked_mib, 1)} MiB after that.",
        grid(["", "workers", "p50 ms", "p99 ms", "max ms"], cold),
    ])


def _start_row(start: Start) -> list[str]:
    return [f"{start.workers:,}", spread(start.ready_ms, 0), spread(start.answer_ms, 0), spread(start.host_mib, 1)]


def thousand_mib(found: Fleet) -> float | None:
    """What a thousand workers take in the host; `None` if there are too few to say."""
    if not found.alone or not found.all or found.all.workers < 1_000:
        return None
    more = median(found.all.host_mib) - median(found.alone.host_mib)
    return more / (found.all.workers - found.alone.workers) * 1_000


def routing_text(found: Routing | None) -> str:
    head = "## Many routes"
    if not found:
        return f"{head}\n\n{NOT_MEASURED}"
    text = (
        f"Two nodes, alive side by side and asked in turn: one with {ASKED} workers and a route for each, one with "
        f"{found.workers:,} workers and {found.routes:,} routes (a third whole hosts, a third wildcard hosts, a third paths of one host). The load is the same: {ASKED} URLs "
        f"in turn, one for each of {ASKED} workers, which the same routes lead to. In the third row the load is for {SPREAD:,} of the many routes, of the same {ASKED} workers. "
        f"The last row shows what is chance. Ratios are to `{FEW}` in the same round."
    )
    rows = []
    for way, turns in found.turns.items():
        values = [[getattr(turn, key) for turn in turns] for key in ("requests_per_s", "p50_ms", "p99_ms", "single_p50_ms", "cpu_us")]
        rows.append([
            way, *(spread(column, digits) for column, digits in zip(values, (0, 2, 2, 3, 1), strict=True)),
            "1" if way == FEW else spread(found.ratios(way, "single_p50_ms"), 2), "1" if way == FEW else spread(found.ratios(way, "cpu_us"), 2),
        ])
    columns = ["", "req/s", "p50 ms", "p99 ms", "p50 ms, 1 connection", "CPU us a request", "p50 ratio, 1 connection", "CPU ratio"]
    tail = (
        f"All routes were set in {found.set_s:,.1f} s ({found.set_s * 1000 / max(found.workers, 1):,.0f} ms for 1,000 routes of one worker, the last "
        f"ones {found.set_last_ms:,.0f} ms). The host grew by {number(found.after_mib - found.before_mib, 1)} MiB with them: "
        f"{(found.after_mib - found.before_mib) * 1024 / max(found.routes, 1):,.2f} KiB a route."
    )
    return "\n\n".join([head, text, "![Many routes](routing.svg)", grid(columns, rows), tail])


def kv_text(found: Kv | None) -> str:
    head = "## KV"
    if not found or not (found.rows or found.missing):
        return f"{head}\n\n{NOT_MEASURED}"
    missing = [f"{name}: **not measured: {reason}**." for name, reason in found.missing.items()]
    text = (
        f"Values of {len(VALUE)} bytes, {KEYS:,} keys in turn, everything on the same disk ({found.file_system}). A write of Mote is on the disk before it is answered. SQLite "
        "alone is Python's `sqlite3` in the harness, with WAL and `synchronous = FULL`, one insert a transaction into a log that has its size already, no network and one thread; Redis is asked by `redis-benchmark`, with "
        "`appendfsync always`, where a write is on the disk, too, and with `everysec`, where it is not. Every server has one core; in each round all of them are asked, as a disk is not always equally fast."
    )
    ways = list(dict.fromkeys(row.way for row in found.rows))
    tables = []
    for does in (READ, WRITE):
        rows = []
        for way in ways:
            cells = []
            for connections in KV_CONNECTIONS:
                row = next((row for row in found.rows if (row.way, row.does, row.connections) == (way, does, connections)), None)
                cells += [spread(row.per_s, 0), spread(row.p50_ms, 3)] if row else ["", ""]
            rows.append([way, *cells])
        columns = [text for connections in KV_CONNECTIONS for text in (f"{does}s/s, {connections} at once", "p50 ms")]
        tables.append(grid(["", *columns], rows))
    parts = [head, text, *missing]
    if found.rows:
        parts += ["![KV](kv.svg)", *tables]
    if found.file_system in ("tmpfs", "ramfs"):
        parts.insert(1, "> **The folder is in memory: writes say nothing here. Set TMPDIR to a folder on a disk.**")
    return "\n\n".join(parts)


def calls_text(found: Calls | None) -> str:
    head = "## Workers that ask one another"
    if not found or not found.turns[ALONE]:
        return f"{head}\n\n{NOT_MEASURED}"
    text = (
        f"The same three bytes: from a worker that `{ALONE}`, from one that asks another by a service binding with `{FETCH}` and passes its response on, and from one that "
        f"calls its method, `{CALL}`. What a call costs is the difference to the first in the same round."
    )
    rows = []
    for way, turns in found.turns.items():
        columns = [spread([getattr(turn, key) for turn in turns], digits) for key, digits in (
            ("requests_per_s", 0), ("cpu_us", 1), ("p50_ms", 2), ("p99_ms", 2), ("single_p50_ms", 3),
        )]
        extra = ["", ""] if way == ALONE else [spread(found.extra_us(way, key), 0) for key in ("single_p50_ms", "cpu_us")]
        rows.append([f"`{way}`" if way != ALONE else way, *columns, *extra])
    names = [
        "", f"req/s, {CONNECTIONS} connections", "CPU us a request", "p50 ms", "p99 ms", "p50 ms, 1 connection", "a call: us longer, 1 connection",
        "a call: us of CPU",
    ]
    return "\n\n".join([head, text, "![Workers that ask one another](calls.svg)", grid(names, rows)])


def kills_text(found: Kills | None) -> str:
    head = "## kill -9"
    if not found or not found.ready_ms:
        return f"{head}\n\n{NOT_MEASURED}"
    kv = "" if found.kv_writes is None else f" and {found.kv_writes:,} writes of KV"
    text = (
        f"The host was killed {len(found.ready_ms)} times while {WRITERS} clients deployed without a pause, and started again. "
        f"{found.deploys:,} deploys{kv} were acknowledged; after every start each worker and key was read back. The system went on, so this says nothing of a loss of power."
    )
    rows = [
        [what, spread(values, 0)] for what, values in (("until it is ready", found.ready_ms), ("until the first right answer", found.answer_ms))
    ]
    lost = "Nothing that had been acknowledged was lost." if not found.lost else (
        f"**{len(found.lost)} were lost:** " + "; ".join(found.lost[:20])
    )
    cells = "No cell outlived its host." if not found.orphans else f"**{found.orphans} cells outlived their host.**"
    return "\n\n".join([head, text, grid(["from the start of the process", "ms"], rows), f"{lost} {cells}"])
