"""Runs a program on a terminal of its own, presses keys, and says as JSON what was seen and what became of the terminal.

    terminal.py PROGRAM ARGUMENT...

The environment says how: SAYS is what must be on the screen first, and again after a resize; ENDS is what ends the program, a
signal's name or the characters of a key.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE_S = 30
# Of what was seen, for a test's message.
SHOWN_CHARS = 4000

master, slave = pty.openpty()


def resize(rows, columns):
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_until(wanted):
    """What is on the screen until this is, or until patience ends."""
    seen, end = b"", time.monotonic() + PATIENCE_S
    while wanted not in seen and time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 65536)
    return seen.decode(errors="replace")[-SHOWN_CHARS:]


def read_screen_of(rows):
    """The first whole screen with no more lines, without its colours; the last one if there is none."""
    seen, screen, end = "", "", time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 65536).decode(errors="replace")
        *whole, seen = seen.split("\x1b[J")
        for screen in whole:
            # What came before its beginning is the end of another one, and one without a beginning was read in part before.
            _, begins, screen = screen.rpartition("\x1b[H")
            if not begins:
                continue
            screen = re.sub("\x1b\\[[0-9;]*[mK]", "", screen)
            if screen and screen.count("\r\n") < rows:
                return screen
    return screen


def is_waiting_for_lines():
    return bool(termios.tcgetattr(slave)[3] & (termios.ICANON | termios.ECHO))


resize(24, 100)
before = termios.tcgetattr(slave)
program = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
says = os.environ["SAYS"].encode()
first = read_until(says)
waiting = is_waiting_for_lines()
os.write(master, b"\x1b[Am")
sorted_by_memory = read_until(b"sorted by memory")
resize(10, 30)
program.send_signal(signal.SIGWINCH)
small = read_screen_of(10)
ends = os.environ["ENDS"]
if ends.startswith("SIG"):
    program.send_signal(getattr(signal, ends))
else:
    os.write(master, ends.encode())
try:
    code = program.wait(PATIENCE_S)
except subprocess.TimeoutExpired:
    program.kill()
    code = None
os.write(slave, b"\r\nthe end\r\n")
print(json.dumps({
    "first": first,
    "waited_for_lines": waiting,
    "sorted": sorted_by_memory,
    "small": small,
    "last": read_until(b"the end"),
    "code": code,
    "restored": termios.tcgetattr(slave) == before,
}))
