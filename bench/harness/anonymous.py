"""Results are published: no path of this machine belongs in them."""

import re
from pathlib import Path

from .peers import BENCH

# An absolute path of two steps or more; not the path of a URL, and not one that goes on from a relative one.
ABSOLUTE = re.compile(r"(?<![\w./:~<>-])(?:/[\w.@+~-]+)+/([\w.@+-]+)")


def anonymous(text: str, *work_folders: str) -> str:
    """The text with the work folders and this checkout under names that are the same everywhere, and of every other
    absolute path only its last step."""
    known = [(folder, "<work>") for folder in work_folders]
    for path, name in (*known, (BENCH, "bench"), (BENCH.parent, "<mote>")):
        text = text.replace(str(path), name)
    return ABSOLUTE.sub(r".../\1", text).replace(str(Path.home()), "~")


def anonymous_values(value: object, *work_folders: str) -> object:
    """The same for every text in what will become JSON."""
    if isinstance(value, str):
        return anonymous(value, *work_folders)
    if isinstance(value, dict):
        return {anonymous_values(key, *work_folders): anonymous_values(v, *work_folders) for key, v in value.items()}
    return [anonymous_values(v, *work_folders) for v in value] if isinstance(value, (list, tuple)) else value
