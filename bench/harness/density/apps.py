"""What is started cold: five apps, each as an upload and with its right answer."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import peers
from ..deploy.api import form
from ..peers import BENCH

EXAMPLES = BENCH.parent / "examples"
WORKERS = BENCH / "workers"
# A random number at top level must not be frozen into a heap, so a version that draws one has none; it costs nothing else.
NO_HEAP = "Math.random();\n"
FOR_MOTE = ("--main-fields=module,main", '--define:process.env.NODE_ENV="production"')
# (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
WASM = bytes.fromhex(
    "0061736d 01000000"  # magic, version
    "01 07 01 60 02 7f7f 01 7f"  # types: (i32, i32) -> i32
    "03 02 01 00"  # functions: one, of that type
    "07 07 01 03 616464 00 00"  # exports: `add` is that function
    "0a 09 01 07 00 2000 2001 6a 0b"  # code: the sum of both
)


@dataclass(frozen=True)
class App:
    key: str
    title: str
    # Its main module; what is generated goes into this folder.
    source: Callable[[Path], str]
    path: str
    expected: str
    bindings: tuple[dict, ...] = ()
    modules: tuple[tuple[str, str, bytes], ...] = ()
    # A start takes so long that few copies are enough.
    copies_max: int = 20

    def upload(self, source: str) -> bytes:
        return form(source, list(self.bindings), self.modules)


def _file(name: str) -> Callable[[Path], str]:
    return lambda _folder: (WORKERS / name).read_text()


def _example(entry: str) -> Callable[[Path], str]:
    def bundled(folder: Path) -> str:
        peers.install_packages(EXAMPLES, "what examples/ needs", lambda line: print(line, file=sys.stderr))
        target = folder / "bundle.mjs"
        peers.bundle(EXAMPLES / entry, target, *FOR_MOTE)
        return target.read_text()

    return bundled


TOKEN = {"type": "plain_text", "name": "API_TOKEN", "text": "letmein"}
PAGE_SIZE = {"type": "json", "name": "PAGE_SIZE_MAX", "json": 50}
APPS = (
    App("hello", "hello world", _file("hello.js"), "/", "Hello, World!"),
    App("hono", "Hono", _example("hono-api/src/index.ts"), "/health", '{"ok":true}', (TOKEN, PAGE_SIZE)),
    App("react", "React SSR", _example("react-ssr/src/index.tsx"), "/products/lamp?slow=0", "Reading lamp"),
    App("busy", "busy at top level", _file("density/busy.js"), "/", "112 1000", copies_max=10),
    App("wasm", "Wasm", _file("density/wasm.js"), "/", "42", modules=(("add.wasm", "application/wasm", WASM),)),
)
