"""Turns a test into a worker: code from strings is not allowed there, so all scripts of a test are put into one."""
import json
import posixpath
import re
from pathlib import Path

HERE = Path(__file__).parent
IMPORTS = re.compile(r"importScripts\(([^)]*)\)\s*;?")
STRING = re.compile(r"""["']([^"']+)["']""")
STRICT = re.compile(r"""\A(?:\s|//[^\n]*\n|/\*.*?\*/)*["']use strict["']""", re.S)
OBJECTS = re.compile(r"add_objects\((.*?)\}\s*\)\s*[;\n]", re.S)
LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
HARNESS = "/resources/testharness.js"
CONFIG = 'name = "{name}"\nmain = "index.js"\nno_bundle = true\ncompatibility_date = "2026-08-01"\n'

SHAPE = """\
addEventListener("fetch", (event) => event.respondWith(new Promise(run)));
function run(finish) {{
  const BASE = {base}, PATIENCE_MS = {patience}, INTERFACES = {interfaces};
  // The harness would wait for a service worker's events.
  const SCOPES = {{ ServiceWorkerGlobalScope, WorkerGlobalScope }};
  for (const name in SCOPES) delete globalThis[name];
  {{
{prelude}
  }}
{harness}
{epilogue}
{scope}
  try {{
    (function () {{
{strict}
{scripts}
    }}).call(globalThis);
  }} catch (error) {{
    report("ERROR", `${{error}} ${{error?.stack}}`);
  }}
}}
"""

# Interface tests ask in which scope they are.
SCOPE = "  Object.assign(globalThis, SCOPES);"
# Their harness looks for one of its own functions among the globals, where a script of a page would have put it.
GLOBAL = 'if (typeof fetch_spec === "function") globalThis.fetch_spec = fetch_spec;'


def write(test, name: str, folder: Path, server, patience_ms: int):
    """Writes the project of one test."""
    source = server.text("/" + test.path)
    is_interface_test = "idlharness" in test.path
    scripts = [resolved(test.path, script) for script in test.scripts + imported(source)]
    parts = [server.text(script) for script in scripts if script not in (HARNESS, "/resources/testharnessreport.js")]
    text = SHAPE.format(
        base=json.dumps(server.origin + "/" + test.path + test.variant),
        patience=patience_ms,
        interfaces=json.dumps(is_interface_test),
        prelude=(HERE / "prelude.js").read_text(),
        harness=server.text(HARNESS),
        epilogue=(HERE / "epilogue.js").read_text(),
        scope=SCOPE if is_interface_test else "",
        strict='"use strict";' if STRICT.match(source) else "",
        scripts="\n;\n".join([GLOBAL if is_interface_test else "", objects_of(source), *parts, IMPORTS.sub("", source) if test.path.endswith(".worker.js") else source]),
    )
    folder.mkdir(parents=True)
    (folder / "index.js").write_text(text, encoding="utf-8")
    (folder / "wrangler.toml").write_text(CONFIG.format(name=name))


def objects_of(source: str):
    """Interface tests name the objects that they look at by code, which they would evaluate."""
    literals = [literal for call in OBJECTS.findall(source) for literal in LITERAL.findall(call)]
    table = ",\n".join(f"{literal}: () => ({literal[1:-1]})" for literal in literals)
    return f"globalThis.eval = (text) => ({{ {table} }})[text]();" if literals else ""


def imported(source: str):
    return [url for call in IMPORTS.findall(source) for url in STRING.findall(call)]


def resolved(path: str, script: str):
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(path), script.split("?")[0]))
