"""What a page says of its run besides the numbers: how far it can be trusted, what is wrong, and what is missing."""

from typing import Protocol

from .markdown import grid, one_line

# Characters of a failure on the page.
FAILURE_MAX = 1_000


class Remarked(Protocol):
    """The results of a group."""

    cut: str
    quick: bool
    shared_core: bool
    machine: dict
    version: str
    seconds: dict[str, float]
    failed: list[str]

    def wrongs(self) -> list[str]: ...

    def misses(self) -> list[str]: ...


def circumstances(results: Remarked) -> str:
    """A table of when, where and with what it was measured."""
    m = results.machine
    rows = [
        ["date", m["date"]], ["commit", m["commit"]], ["machine", f"{m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB"],
        ["system", m["system"]], ["load average at the start", f"{m['load_average_at_start']}"], ["version", results.version],
        ["took", f"{sum(results.seconds.values()) / 60:.1f} minutes"],
    ]
    return grid(["", ""], rows, "---")


def warnings(results: Remarked) -> str:
    lines = []
    if results.cut:
        lines.append(f"The run is not whole: {results.cut}.")
    if results.quick:
        lines.append("A quick run: good for seeing that everything works, not for comparing.")
    if results.shared_core:
        lines.append("One core only: server and load shared it.")
    if results.machine["load_average_at_start"] > 0.5:
        lines.append("The machine was busy when the run began: repeat it on a quiet one.")
    return "\n".join(f"> **{line}**\n>" for line in lines).removesuffix("\n>")


def verdict(results: Remarked) -> str:
    """What must never be, and which budgets are missed. What was not measured is not called good."""
    lines = [f"- **wrong**: {one_line(line)}" for line in results.wrongs()] + [f"- missed: {line}" for line in results.misses()]
    return "## Where Mote falls short\n\n" + "\n".join(lines) if lines else ""


def failures(results: Remarked) -> str:
    return "## Not measured\n\n" + "\n".join(f"- {one_line(line[:FAILURE_MAX])}" for line in results.failed) if results.failed else ""
