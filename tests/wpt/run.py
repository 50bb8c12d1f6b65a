"""Runs Web Platform Tests against Mote: `make wpt DIR=path/to/wpt`. docs/conformance.md tells how and why."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bundle
import expectations
import report
from server import Server
from suite import tests

ROOT = Path(__file__).parent.parent.parent
# Tests may compute for as long as they like: this is not about limits.
NODE_CONFIG = """\
[limits]
cpu_ms = 600_000
memory_mib = 1_024
subrequests = 10_000
cpu_share_percent = 100_000
cpu_burst_ms = 600_000

[ceilings]
cpu_ms = 600_000
memory_mib = 1_024
subrequests = 10_000
cpu_share_percent = 100_000
cpu_burst_ms = 600_000
"""
PATIENCE_MS, LONG_PATIENCE_MS = 15_000, 120_000


def main():
    options = parsed()
    checkout = options.checkout.resolve()
    if not (checkout / "resources/testharness.js").is_file():
        sys.exit(f"wpt: {checkout} is no checkout of web-platform-tests/wpt (resources/testharness.js is missing)")
    skips = json.loads((Path(__file__).parent / "skips.json").read_text())
    chosen = tests(checkout, options.only, skips)
    results = {}
    with Server(checkout) as server:
        for start in range(0, len(chosen), options.batch):
            batch = chosen[start : start + options.batch]
            results |= run_batch(batch, server, options)
            print(f"wpt: {min(start + options.batch, len(chosen))} of {len(chosen)} files", file=sys.stderr)
    sys.exit(judge(results, options))


def parsed():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="a WPT checkout")
    parser.add_argument("--only", nargs="*", default=[], metavar="PREFIX", help="only tests whose names begin so")
    parser.add_argument("--update", action="store_true", help="write what was found to expectations.json and the report")
    parser.add_argument("--show", action="store_true", help="print every subtest that does not pass, with its message")
    parser.add_argument("--mote", type=Path, default=None, help="the binary; by default a built one, MOTE_BIN or target/*/mote")
    parser.add_argument("--batch", type=int, default=24, help="how many tests share a process")
    parser.add_argument("--jobs", type=int, default=2, help="how many run at once")
    options = parser.parse_args()
    options.mote = options.mote or binary()
    return options


def binary():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    places = [Path(os.environ["MOTE_BIN"])] if "MOTE_BIN" in os.environ else [target / "release/mote", target / "debug/mote"]
    for place in places:
        if place.is_file():
            return place
    sys.exit(f"wpt: no built mote ({', '.join(map(str, places))}): cargo build -p mote-cli")


def run_batch(batch, server, options):
    folder = Path(tempfile.mkdtemp(prefix="mote-wpt-"))
    try:
        (folder / "mote.toml").write_text(NODE_CONFIG)
        names = [f"t{number}" for number in range(len(batch))]
        for name, test in zip(names, batch):
            bundle.write(test, name, folder / name, server, LONG_PATIENCE_MS if test.is_long else PATIENCE_MS)
        if len(names) == 1:
            # One worker alone would answer on every name; a second keeps the addresses alike.
            names.append("other")
            shutil.copytree(folder / "t0", folder / "other")
            (folder / "other/wrangler.toml").write_text(bundle.CONFIG.format(name="other"))
        with Mote(options.mote, folder, names) as mote, ThreadPoolExecutor(options.jobs) as pool:
            answers = pool.map(mote.result, names[: len(batch)])
            return {test.name: result for test, result in zip(batch, answers)}
    finally:
        shutil.rmtree(folder)


class Mote:
    """A `mote dev` that serves a batch of tests."""

    def __init__(self, mote, folder, names):
        command = [mote, "dev", *(folder / name for name in names), "--port", "0", "--quiet", "--config", folder / "mote.toml"]
        self._log = (folder / "mote.log").open("w+")
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, stdin=subprocess.DEVNULL, text=True)
        said = ""
        for line in self._process.stdout:
            said += line
            if match := re.search(r"localhost:(\d+)", line):
                self._port = int(match[1])
                return
        self._log.seek(0)
        sys.exit(f"wpt: mote does not start: {said}{self._log.read()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def result(self, name):
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/", headers={"host": f"{name}.localhost:{self._port}"})
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return {"status": "CRASH", "message": error.read().decode("utf-8", "replace"), "tests": []}
        except (OSError, ValueError) as error:
            return {"status": "CRASH", "message": str(error), "tests": []}


def judge(results, options):
    entries = {name: expectations.of(result) for name, result in results.items()}
    if options.show:
        show(results)
    known = expectations.read()
    if options.update:
        # A run of everything also forgets the tests that are gone.
        merged = entries if not options.only else known | entries
        expectations.write(merged)
        write_report(report.rates(merged))
    print(report.table(report.rates(entries)))
    if options.update:
        return 0
    told = [line for name, entry in entries.items() for line in expectations.complaints(name, known.get(name), entry)]
    if not options.only:
        told += [f"{name}: is in the list, and was not run" for name in known if name not in entries]
    print("\n".join(told) if told else "wpt: as expected")
    return 1 if told else 0


def show(results):
    for name, result in results.items():
        if result["status"] != "OK":
            print(f"{name}: {result['status']} {result['message']}")
        for subtest in result["tests"]:
            if subtest["status"] != "PASS":
                print(f"{name}: {subtest['status']} {subtest['name']}: {subtest['message']}")


def write_report(rows):
    (Path(__file__).parent / "results.json").write_text(report.document(rows) + "\n")
    page = ROOT / "docs/conformance.md"
    text = page.read_text()
    if "<!-- wpt -->" in text:
        before, rest = text.split("<!-- wpt -->\n", 1)
        after = rest.split("<!-- /wpt -->", 1)[1]
        page.write_text(f"{before}<!-- wpt -->\n{report.table(rows)}\n<!-- /wpt -->{after}")


if __name__ == "__main__":
    main()
