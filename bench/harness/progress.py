"""The progress bar on stderr: redrawn in place on a terminal, a line now and then in a log."""

import shutil
import sys
import time

LOG_INTERVAL_S = 10
BAR_CELLS = 24


class Progress:
    def __init__(self, steps_max: int):
        self._steps_max = max(1, steps_max)
        self._steps_done = 0
        self._started = time.monotonic()
        self._logged = 0.0
        self._terminal = sys.stderr.isatty()

    def show(self, doing: str) -> None:
        """Says what happens now; `step` says that it is done."""
        elapsed = time.monotonic() - self._started
        if not self._terminal and self._logged and elapsed - self._logged < LOG_INTERVAL_S:
            return
        self._logged = max(elapsed, 0.001)
        filled = BAR_CELLS * self._steps_done // self._steps_max
        bar = "#" * filled + "." * (BAR_CELLS - filled)
        line = f"[{bar}] {self._steps_done}/{self._steps_max}{self._remaining(elapsed)}  {doing}"
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write("\r\x1b[K" + line[:width])
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def step(self) -> None:
        self._steps_done += 1

    def note(self, message: str) -> None:
        """A line that stays, above the bar."""
        sys.stderr.write(("\r\x1b[K" if self._terminal else "") + message + "\n")
        sys.stderr.flush()

    def finish(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    def _remaining(self, elapsed: float) -> str:
        if not self._steps_done:
            return ""
        seconds = elapsed / self._steps_done * (self._steps_max - self._steps_done)
        return f", {seconds / 60:.0f} min left" if seconds > 90 else f", {seconds:.0f} s left"
