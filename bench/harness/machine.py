"""The machine: which core does what, how busy a core was, and what the results say about it all."""

import copy
import os
import platform
import subprocess
import threading
from datetime import datetime, timezone
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Cores:
    """The server under test has a core of its own; the load, the upstream and this harness share the others."""

    def __init__(self) -> None:
        cores = sorted(os.sched_getaffinity(0))
        self._all = frozenset(cores)
        # One core, or a set of them.
        self.server: int | frozenset[int] = cores[0]
        self.load = cores[1] if len(cores) > 1 else cores[0]
        self.upstream = cores[2] if len(cores) > 2 else self.load
        os.sched_setaffinity(0, {self.load})

    @property
    def shared(self) -> bool:
        return self.server == self.load

    def wide(self) -> "Cores":
        """The same, but the server has every core, also those of the load: for questions about a whole machine."""
        other = copy.copy(self)
        other.server = self._all
        return other

    def spawn(self, core: int | frozenset[int], command: list[str], **options) -> subprocess.Popen:
        """Starts a process on a core, or on several: it inherits the affinity that this thread has at that moment."""
        assert threading.current_thread() is threading.main_thread()
        os.sched_setaffinity(0, {core} if isinstance(core, int) else core)
        try:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
        finally:
            os.sched_setaffinity(0, {self.load})


def core_busy_s(core: int) -> float:
    """Seconds that anything at all has run on this core, or that the hypervisor took it away."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, ticks[:8])
            return (user + nice + system + irq + softirq + steal) / TICKS_PER_S
    return 0.0


def describe(root: Path) -> dict:
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _field("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(_field("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20), 1),
        "system": f"{_distribution()}, Linux {'.'.join(platform.release().split('.')[:2])}, {platform.machine()}",
        "load_average_at_start": round(os.getloadavg()[0], 2),
        "commit": _commit(root),
    }


def available_mib() -> float:
    """Memory that could be had now without anybody else's."""
    return int(_field("/proc/meminfo", "MemAvailable").split()[0]) / 1024


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"


def _commit(root: Path) -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()

    try:
        dirty = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "--short", "HEAD") + (" with changes" if dirty else "")
    except (OSError, subprocess.SubprocessError):
        return "none"
