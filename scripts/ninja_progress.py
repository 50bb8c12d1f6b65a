#!/usr/bin/env python3
"""Turns ninja's `[done/all]` lines on standard input into one line of progress, and its failures into an error.

    ninja ... 2>&1 | ninja_progress.py STEPS_OF_A_WHOLE_BUILD LOG_FILE

On a terminal the line is rewritten in place; elsewhere (a log) it is written anew every half minute.
"""

import re
import signal
import sys
import time

STEP = re.compile(r"^\[(\d+)/(\d+)\] (.*)")
LOG_LINE_EVERY_S = 30
# An estimate from fewer steps than this would jump about.
STEPS_TO_ESTIMATE_FROM = 20
FAILURE_LINES_MAX = 60


def main() -> int:
    # Whoever stops ninja stops the whole group; this lives on to show ninja's last words and to keep its pipe open.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    progress = Progress(whole=int(sys.argv[1]), on_terminal=sys.stderr.isatty())
    failure: list[str] = []
    with open(sys.argv[2], "w", encoding="utf-8") as log:
        for line in sys.stdin:
            log.write(line)
            step = STEP.match(line)
            if step and not failure:
                progress.step(int(step[1]), int(step[2]), step[3])
            elif line.startswith(("FAILED:", "ninja: error:", "ninja: build stopped:")) or failure:
                failure.append(line)
    progress.end()
    sys.stderr.writelines(failure[:FAILURE_LINES_MAX])
    # Ninja's own exit code decides (the caller's shell has `pipefail`): a failure is only shown here.
    return 0


class Progress:
    def __init__(self, whole: int, on_terminal: bool) -> None:
        self.whole = whole
        self.on_terminal = on_terminal
        self.began_s = time.monotonic()
        self.written_s = 0.0

    def step(self, done: int, all_now: int, what: str) -> None:
        """`done` of `all_now` steps of this run are over; earlier runs did the rest of the whole."""
        now_s = time.monotonic()
        if done < all_now and now_s - self.written_s < (0.2 if self.on_terminal else LOG_LINE_EVERY_S):
            return
        self.written_s = now_s
        whole = max(self.whole, all_now)
        earlier = whole - all_now
        elapsed_s = now_s - self.began_s
        line = f"   {100 * (earlier + done) // whole:3d} %  {earlier + done}/{whole}  {clock(elapsed_s)} elapsed"
        if done >= STEPS_TO_ESTIMATE_FROM:
            line += f", about {clock(elapsed_s / done * (all_now - done))} left"
        if self.on_terminal:
            sys.stderr.write(f"\r\033[K{line}  {what.split('/')[-1][:40]}")
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def end(self) -> None:
        if self.on_terminal and self.written_s:
            sys.stderr.write("\n")


def clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


if __name__ == "__main__":
    sys.exit(main())
