"""Which tests of a WPT checkout are run, and what their META lines ask for."""
import re
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

# Parts of the platform that a worker has. Whatever lies below is run if it needs no window.
FOLDERS = [
    "FileAPI",
    "WebCryptoAPI",
    "compression",
    "dom/abort",
    "dom/events",
    "encoding",
    "eventsource",
    "fetch/api",
    "fetch/content-encoding",
    "fetch/content-length",
    "fetch/content-type",
    "fetch/data-urls",
    "hr-time",
    "html/webappapis/atob",
    "html/webappapis/microtask-queuing",
    "html/webappapis/structured-clone",
    "html/webappapis/the-windoworworkerglobalscope-mixin",
    "html/webappapis/timers",
    "streams",
    "url",
    "urlpattern",
    "user-timing",
    "websockets",
    "xhr/formdata",
]
META = re.compile(r"^//\s*META:\s*(\w+)=(.*)$")
ENDINGS = (".any.js", ".worker.js")
WORKERS = {"worker", "dedicatedworker", "sharedworker", "serviceworker", "jsshell"}


@dataclass
class Test:
    """One file, under one of its variants."""

    path: str
    variant: str = ""
    scripts: list[str] = field(default_factory=list)
    is_long: bool = False

    @property
    def name(self):
        return self.path + self.variant


def tests(checkout: Path, prefixes: list[str], skips: dict[str, str]):
    """All tests but for the skipped ones (patterns of names, with reasons); `prefixes` narrows them down."""
    found = []
    for folder in FOLDERS:
        for file in sorted((checkout / folder).rglob("*.js")):
            path = str(file.relative_to(checkout))
            if path.endswith(ENDINGS):
                found += variants(path, file.read_text(encoding="utf-8", errors="replace"))
    wanted = lambda test: not prefixes or any(test.name.startswith(prefix) for prefix in prefixes)
    return [test for test in found if wanted(test) and not any(fnmatch(test.name, skip) for skip in skips)]


def variants(path: str, text: str):
    metas = [match.groups() for match in map(META.match, text.split("\n")) if match]
    values = lambda key: [value.strip() for name, value in metas if name == key]
    globals_ = {name for value in values("global") for name in re.split(r"[,\s]+", value)}
    if globals_ and not globals_ & WORKERS:
        return []
    is_long = "long" in values("timeout")
    return [Test(path, variant, values("script"), is_long) for variant in values("variant") or [""]]
