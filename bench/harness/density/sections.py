"""The page, section by section."""

from ..deploy.sections import NOT_MEASURED, spread
from ..limits.neighbours import ALONE, CONTROL
from ..limits.neighbours import CONNECTIONS as QUIET_CONNECTIONS
from ..markdown import grid, number
from .isolates import AGAIN, Isolates
from .neighbours import AGAIN_S_MAX, HOSTILE, KINDS, QUIET, Beside
from .processes import MEMORY_MIB_MAX, Row
from .results import Tenant
from .starts import FROM_SOURCE, IN_A_ROW, NO_HEAP_WAY, PREPARED, WARM, WAYS, Start
from .tail import Tail
from .zipf import Zipf

HIDDEN = "-"


def tail(times: Tail, digits: int = 2) -> list[str]:
    """p50, p99, p99.9 and the highest; a dash where there are too few values."""
    return [number(value, digits) if value is not None else HIDDEN for value in (times.p50, times.p99, times.p999, times.max)]


def isolates_text(found: Isolates | None) -> str:
    head = "## One more idle tenant"
    if not found or not found.levels:
        return f"{head}\n\n{NOT_MEASURED}"
    text = (
        f"Workers that say hello, each another text, deployed and then asked once, one after another on one connection; on {found.cells} cells "
        "with the host, all on one core. Memory is of all processes together, some time after the last answer; a tenant's is what is more than with the first one, "
        "by the number of others. RSS counts a page in each process that maps it, PSS shares it out."
    )
    rows = []
    for level in found.levels:
        each = [found.kib(level, metric) for metric in ("rss_mib", "pss_mib")]
        rows.append([
            f"{level.workers:,}", number(level.rss_mib, 0), number(level.pss_mib, 0), number(level.host_mib, 0),
            *(number(kib, 0) if kib is not None else "" for kib in each), *tail(level.first_ms),
        ])
    columns = ["warm tenants", "RSS MiB", "PSS MiB", "of these the host", "KiB a tenant, RSS", "KiB a tenant, PSS", "first answer p50 ms", "p99 ms", "p99.9 ms", "max ms"]
    short = f" **{found.asked:,} were asked for: {found.short}.**" if found.short else ""
    warm = f"; {found.warm:,.0f} are warm, as its cells say" if found.warm is not None else ""
    last = found.levels[-1].workers
    tail_text = (
        f"{last:,} workers were deployed in {found.deploy_s:,.0f} s.{short} The node counts {found.starts:,} isolates that were started{warm}. Of {found.again:,} (at most "
        f"{AGAIN}) that were asked again at the end {found.again_started:,} had to be started again."
    )
    return "\n\n".join([head, text, "![One more idle tenant](isolates.svg)", grid(columns, rows), tail_text])


def starts_text(found: list[Start]) -> str:
    head = "## Cold starts"
    if not found:
        return f"{head}\n\n{NOT_MEASURED}"
    text = (
        "From the request to the end of the answer, on a connection that is there, at a cell that runs but has no isolate of this worker: copies of one app, each asked once after a "
        f"start of the node, again and again. `{PREPARED}`: with whatever was prepared at the deploy, a pause before each, so that a blank isolate can be ready. `{IN_A_ROW}`: "
        f"no pause, so the pool of blank isolates runs dry. `{NO_HEAP_WAY}`: the same app with `Math.random();` as its first line, whose heap may not be kept. `{FROM_SOURCE}`: the node's "
        f"store was made to forget all of it. `{WARM}`: the same worker once more. p99 needs 100 starts, p99.9 needs 1,000."
    )
    rows = []
    for start in found:
        for way in WAYS:
            if times := start.times.get(way):
                rows.append([f"{start.title} ({number(start.bundle_kib, 0)} KiB)", way, f"{times.count:,}", *tail(times), ratio(start, way)])
    inside = [
        [start.title, *(_us((start.found or {}).get(key)) for key in ("source_us", "cached_us", "heap_us")), _without_heap(start.found),
         _us((start.found_no_heap or {}).get("cached_us")), _without_heap(start.found_no_heap)]
        for start in found
    ]
    return "\n\n".join([
        head, text, "![Cold starts](starts.svg)",
        grid(["app", "", "starts", "p50 ms", "p99 ms", "p99.9 ms", "max ms", f"sooner than `{FROM_SOURCE}` by, p50"], rows),
        "What the node found out when it prepared the version (`mote versions`), in its own process, without what is between it and the client:",
        grid(["app", "from source us", "with code caches us", "from the heap us", "why without a heap", "with `Math.random()`: code caches us", "why without a heap"], inside),
    ])


def ratio(start: Start, way: str) -> str:
    base, times = start.times.get(FROM_SOURCE), start.times.get(way)
    return f"{number(base.p50 / times.p50, 1)} x" if base and times else ""


def _us(value: float | None) -> str:
    return number(value, 0) if value is not None else HIDDEN


def _without_heap(found: dict | None) -> str:
    if found is None:
        return "not prepared within the time"
    return found.get("without_heap") or ""


def zipf_text(found: Zipf | None) -> str:
    head = "## More workers than fit"
    if not found or not found.turns:
        return f"{head}\n\n{NOT_MEASURED}"
    short = "" if found.deployed >= found.asked else f" **{found.asked:,} were asked for; the time was over before.**"
    text = (
        f"{found.deployed:,} workers, deployed in {found.deploy_s:,.0f} s.{short} Host and cells may have {found.memory_mib:,} MiB, and every core of the machine, which wrk shares. "
        "Zipf(1.0): the k-th most popular worker is asked with the weight 1/k. Each traffic has a load in which what is kept settles, then one of 32 connections, which never pause, "
        "so their latency is the length of the queue; then one of 4. Cold: isolates that were started, by events that went well, as the node counts. "
        "Latencies are wrk's, of all answers, also of errors."
    )
    rows = []
    for turn in found.turns:
        latency = [number(turn.latency_ms[key], 2) for key in ("p50", "p99", "p999", "max")]
        rows.append([
            turn.traffic, turn.phase, number(turn.per_s, 0), f"{turn.cold_share * 100:.2f} %", f"{turn.starts:,}", f"{turn.starts_again:,}",
            number(turn.evicted, 0) if turn.evicted is not None else HIDDEN, *latency, number(turn.rss_mib, 0), number(turn.rss_mib_max, 0),
            f"{sum(turn.errors.values()):,}",
        ])
    columns = [
        "traffic", "", "right answers/s", "cold", "isolates started", "of these not the worker's first", "had to leave", "p50 ms", "p99 ms", "p99.9 ms", "max ms",
        "RSS MiB", "highest", "errors",
    ]
    unknown = " This build does not say how many isolates had to leave: starts that were not a worker's first are at least those that left and came back, and second isolates of one worker."
    parts = [head, text, "![More workers than fit](memory.svg)", grid(columns, rows)]
    said = "No request got an error, and no event ended badly." if not found.wrongs else f"**{len(found.wrongs)} things were wrong; see above.**"
    return "\n\n".join([*parts, said + (unknown if found.turns[0].evicted is None else "")])


def peers_text(found: list[Row], tenant: Tenant | None, missing: dict[str, str]) -> str:
    head = "## What one would run instead"
    absent = [f"{name}: **not measured: {reason}**." for name, reason in missing.items()]
    if not found:
        return "\n\n".join([head, *absent, NOT_MEASURED])
    text = (
        "The same hello for each tenant. A process each: started one after another, all alive at once, each on its own port. One process: a `workerd` with a service and a socket for each, where "
        "one more tenant means that all of them start again. Start: from the process's start to the first right answer. Memory: PSS, after each has answered once, everything that the process "
        f"takes. All of a case have {MEMORY_MIB_MAX:,} MiB at most."
    )
    rows = []
    for row in found:
        starts = [spread(row.start_ms, 1), spread(row.first_ms, 2) if row.first_ms else HIDDEN]
        said = [f"{row.ready_ms / tenant.first_ms:,.1f} x", f"{row.each_kib / tenant.kib:,.1f} x"] if tenant else [HIDDEN, HIDDEN]
        rows.append([
            f"{row.peer} {row.version}", row.way, f"{row.tenants:,}" + (f" ({row.short})" if row.short else ""), *starts,
            number(row.rss_mib, 0), number(row.pss_mib, 0), number(row.each_kib, 0), *said,
        ])
    columns = ["", "way", "tenants", "start ms", "first answer ms, process there", "RSS MiB", "PSS MiB", "KiB a tenant", "Mote is sooner by", "Mote is smaller by"]
    beside = (
        f"Mote beside it, from this run: a tenant's first answer {tenant.first_ms:,.2f} ms (p50), and {tenant.kib:,.0f} KiB (PSS), which is all that host and cells take with {tenant.workers:,} of them, by their number. "
        "A peer's start is its process's, a tenant's on Mote is an isolate's: that is the difference that is measured, and not one of two program starts."
        if tenant else "The part `isolates` has too few tenants in this run to compare with."
    )
    return "\n\n".join([head, text, *absent, "![What one would run instead](peers.svg)", grid(columns, rows), beside])


def neighbours_text(found: list[Beside]) -> str:
    head = f"## {QUIET} quiet tenants beside {HOSTILE} others"
    if not found:
        return f"{head}\n\n{NOT_MEASURED}"
    text = (
        f"wrk asks {QUIET} workers that say hello in turn, with {QUIET_CONNECTIONS} connections, while {HOSTILE} clients ask a hostile worker each without an end, 1 ms after each answer; those "
        "are of another account. A fresh node for each row, on one core. "
        f"`{CONTROL}`: the ten ask workers that say hello: what p99 is above `{ALONE}` there, the clients cost. Strict: 10 ms of CPU an event and a twentieth of a core for that account."
    )
    rows = []
    for one in found:
        base = next((other for other in found if (other.operator, other.kind) == (one.operator, ALONE)), None)
        rows.append([
            one.kind, KINDS.get(one.kind, ""), one.operator, *_latency(one, base), _counts(one.errors) or "0",
            number(one.again_s, 1) if one.again_s is not None else f"**not within {AGAIN_S_MAX} s**", _counts(one.hostile),
        ])
    columns = ["the ten", "what they do", "operator", "req/s of the quiet", "p50 ms", "p99 ms", "p99.9 ms", "max ms", f"p99 to `{ALONE}`", "errors of the quiet", "answered as before, s after the ten left", "what the ten got"]
    return "\n\n".join([head, text, "![Quiet tenants](neighbours.svg)", grid(columns, rows)])


def _latency(one: Beside, base: Beside | None) -> list[str]:
    if not one.requests:
        return [f"**no answer in {one.seconds:.0f} s**", *[HIDDEN] * 5]
    if not one.p50_ms:
        # wrk keeps no latency of an answer that came after its patience was over.
        return [number(one.requests / one.seconds, 1), "**over 10 s**", *[HIDDEN] * 4]
    times = [number(value, digits) for value, digits in ((one.p50_ms, 2), (one.p99_ms, 2), (one.p999_ms, 2), (one.max_ms, 1))]
    return [number(one.requests / one.seconds, 0), *times, number(one.p99_ms / base.p99_ms, 1) if base and base.p99_ms else HIDDEN]


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{what}: {count:,}" for what, count in sorted(counts.items(), key=lambda item: -item[1]))
