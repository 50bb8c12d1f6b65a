"""What must never happen to the results of the group `density`. `python3 -m unittest discover -s bench`; no node is started."""

import argparse
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

from harness import plot
from harness.deploy.api import FORM, form
from harness.density import apps, books, group, isolates, neighbours, processes, report, starts, zipf
from harness.density.client import Client
from harness.density.results import Results
from harness.density.tail import Tail
from harness.limits import kinds
from harness.peers import BENCH
from harness.server import ServerFailed

MACHINE = dict.fromkeys(("date", "cpu", "cores", "memory_gib", "system", "commit"), "?") | {"load_average_at_start": 0.0}
FEW = Tail.of([1.0, 2.0, 3.0])
MANY = Tail.of([float(value) for value in range(1, 2_001)])


def results(*parts: str, quick: bool = False, **found) -> Results:
    return Results(MACHINE, "1", quick, False, parts or group.PARTS, **found)


def an_isolates(*sizes: tuple[int, float], **more) -> isolates.Isolates:
    levels = [isolates.Level(workers, mib, mib / 2, 10, FEW) for workers, mib in sizes]
    return isolates.Isolates(10_000, levels=levels, memory_mib_max=1_000, **more)


def a_turn(**more) -> zipf.Turn:
    given = {
        "traffic": "uniform", "phase": zipf.MANY, "requests": 1_000, "seconds": 2.0, "errors": {}, "outcomes": {"ok": 1_000},
        "latency_ms": {"p50": 1, "p99": 2, "p999": 3, "max": 4}, "starts": 50, "starts_again": 20, "evicted": None, "shed": None, "warm": None,
        "rss_mib": 900.0, "rss_mib_max": 1_000.0,
    }
    return zipf.Turn(**(given | more))


def a_row(**more) -> processes.Row:
    given = {"peer": "node", "way": "a process each", "version": "20", "tenants": 20, "start_ms": [50.0, 60.0], "pss_mib": 200.0}
    return processes.Row(**(given | more))


def a_beside(kind: str, **more) -> neighbours.Beside:
    given = {"operator": "strict", "kind": kind, "requests": 100, "seconds": 1.0, "p50_ms": 1, "p99_ms": 2, "p999_ms": 3, "max_ms": 4}
    return neighbours.Beside(**(given | more))


class Numbers(unittest.TestCase):
    def test_a_tail_that_so_few_values_cannot_show_is_not_told(self):
        self.assertEqual((FEW.p50, FEW.p99, FEW.p999, FEW.max), (2, None, None, 3))
        hundred = Tail.of([float(value) for value in range(1, 101)])
        self.assertEqual((hundred.p99, hundred.p999), (99, None))
        self.assertEqual((MANY.p99, MANY.p999), (1_980, 1_998))

    def test_a_tenant_s_memory_is_without_what_the_node_takes_anyway(self):
        found = an_isolates((1, 200), (101, 300))
        self.assertEqual(found.kib(found.levels[-1]), 1_024)
        self.assertIsNone(found.kib(found.levels[0]))

    def test_more_tenants_than_memory_are_never_tried(self):
        found = an_isolates((1, 200), (101, 300))
        self.assertFalse(isolates.too_many(found, 801))
        self.assertTrue(isolates.too_many(found, 802))
        self.assertFalse(isolates.too_many(an_isolates(), 1))
        # One alone says nothing of the next.
        self.assertFalse(isolates.too_many(an_isolates((1, 200)), 10_000))

    def test_a_node_may_plan_with_more_than_all_its_tenants_take(self):
        memory_mib = int(isolates.config(1_000).split("memory_mib = ")[1].split()[0])
        self.assertGreater(memory_mib * 0.8, 1_000)

    def test_peers_are_compared_with_all_that_a_node_takes(self):
        tenant = results(isolates=an_isolates((1, 200), (100, 400))).tenant()
        self.assertEqual((tenant.workers, tenant.kib, tenant.first_ms), (100, 2_048, 2))
        self.assertIsNone(results(isolates=an_isolates((1, 200), (99, 400))).tenant())
        self.assertIsNone(results().tenant())


METRICS = r"""# HELP mote_events Events
mote_events_total{worker="a",outcome="ok"} 7
mote_events_total{worker="b \" }",outcome="ok"} 2
mote_events_total{worker="b",outcome="exceededCpu"} 1
mote_isolates_started_total{worker="a"} 3.0
mote_isolates_started_total{worker="b"} 1.0
mote_cell_age_seconds{cell="21",cordon="default"} 2.3
mote_event_retries_total 0
# EOF
"""
OF_CELLS = 'mote_cell_isolates_warm{cell="1"} 4\nmote_cell_isolates_warm{cell="2"} 5\nmote_isolate_evictions_total{cordon="default"} 9\n'


class Books(unittest.TestCase):
    def test_books_are_sums_over_workers(self):
        read = books.read(METRICS)
        self.assertEqual((read.events, read.answered), ({"ok": 9, "exceededCpu": 1}, 10))
        self.assertEqual((read.started, read.starts), ({"a": 3, "b": 1}, 4))

    def test_a_count_that_a_build_does_not_have_is_not_zero(self):
        without, told = books.read(METRICS), books.read(METRICS + OF_CELLS)
        self.assertEqual((without.warm, without.evicted, without.shed), (None, None, None))
        self.assertEqual((told.warm, told.evicted, told.shed), (9, 9, None))

    def test_what_was_before_is_not_counted_again(self):
        before = books.read(METRICS + OF_CELLS)
        later = books.read(METRICS.replace("} 7", "} 9").replace("} 3.0", "} 4.0") + OF_CELLS.replace("} 9", "} 11"))
        new = later.since(before)
        self.assertEqual((new.events, new.started, new.evicted, new.warm), ({"ok": 2}, {"a": 1}, 2, 9))


class Apps(unittest.TestCase):
    def test_each_module_arrives_as_it_was_sent(self):
        app = next(app for app in apps.APPS if app.key == "wasm")
        sent = app.upload(app.source(Path()))
        parts = message_from_bytes(f"content-type: {FORM}\r\n\r\n".encode() + sent).get_payload()
        self.assertEqual([part.get_param("name", header="content-disposition") for part in parts], ["metadata", "index.js", "add.wasm"])
        self.assertEqual(parts[2].get_content_type(), "application/wasm")
        self.assertIn(apps.WASM, sent)
        self.assertTrue(apps.WASM.startswith(b"\0asm\1\0\0\0"))

    def test_a_form_without_further_modules_is_what_it_was(self):
        self.assertEqual(form("x"), form("x", None, ()))

    def test_every_app_is_a_file_that_is_there(self):
        for path in ("hello.js", "density/busy.js", "density/wasm.js"):
            self.assertIn("export default", (apps.WORKERS / path).read_text())
        for entry in ("hono-api/src/index.ts", "react-ssr/src/index.tsx"):
            self.assertTrue((apps.EXAMPLES / entry).is_file())

    def test_hostile_workers_are_there_and_say_their_harm(self):
        for kind in neighbours.KINDS:
            self.assertTrue(kinds.harm(kind))


class Stores(unittest.TestCase):
    def test_what_was_prepared_is_forgotten_for_a_while_and_comes_back(self):
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "mote.sqlite"
            base = sqlite3.connect(store)
            base.execute("CREATE TABLE prepared (bundle TEXT, packed BLOB)")
            base.execute("INSERT INTO prepared VALUES ('a', x'00ff')")
            base.commit()
            with starts.Forgotten(store):
                self.assertEqual(base.execute("SELECT count(*) FROM prepared").fetchone(), (0,))
                # What a node prepares meanwhile does not outlast it.
                base.execute("INSERT INTO prepared VALUES ('a', x'01')")
                base.commit()
            self.assertEqual(base.execute("SELECT * FROM prepared").fetchall(), [("a", b"\x00\xff")])
            base.close()


class Asked(unittest.TestCase):
    def test_an_answer_that_is_not_the_right_one_is_never_timed(self):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                name = self.headers["host"].partition(".")[0]
                self.send_response(503 if name == "shed" else 200)
                self.send_header("content-length", "5")
                self.end_headers()
                self.wfile.write(b"hello")

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        with Client(server.server_port) as client:
            self.assertGreater(client.ask("a", "hell"), 0)
            for worker, expected in (("a", "other"), ("shed", "hello")):
                with self.assertRaises(ServerFailed):
                    client.ask(worker, expected)


class Runs(unittest.TestCase):
    def test_an_error_of_one_request_fails_the_run(self):
        self.assertEqual(zipf.problems(a_turn()), [])
        self.assertEqual(zipf.problems(a_turn(outcomes={"ok": 9, "canceled": 3})), [])
        for wrong in ({"errors": {"status": 1}}, {"outcomes": {"ok": 9, "loadShed": 1}}, {"requests": 0}):
            found = zipf.Zipf(10, 10, turns=[a_turn(**wrong)], wrongs=zipf.problems(a_turn(**wrong)))
            run = results("zipf", zipf=found)
            self.assertEqual(len(run.wrongs()), 1, wrong)
            page = report.page(run)
            self.assertIn("- **wrong**: zipf: uniform, 32 connections", page)
            self.assertNotIn("No request got an error", page)

    def test_quiet_tenants_without_an_answer_fail_the_run_and_have_no_numbers(self):
        silent = [a_beside("alone"), a_beside("cpu-loop", requests=0, seconds=15)]
        run = results("neighbours", neighbours=silent)
        self.assertEqual(len(run.wrongs()), 1)
        self.assertIn("| **no answer in 15 s** | - |", report.page(run))
        # A quick run does not wait for long enough to say that.
        quick = results("neighbours", quick=True, neighbours=silent)
        self.assertEqual((len(quick.wrongs()), len(quick.misses())), (0, 1))

    def test_answers_that_came_too_late_for_wrk_are_not_called_quick(self):
        late = a_beside("mem-objects", requests=8, errors={"timeout": 8}, p50_ms=0, p99_ms=0, p999_ms=0, max_ms=0)
        self.assertIn("| 8.0 | **over 10 s** | - |", report.page(results("neighbours", neighbours=[late])))

    def test_a_queue_that_outlives_its_clients_fails_the_run(self):
        run = results("neighbours", neighbours=[a_beside("cpu-loop", again_s=None)])
        self.assertEqual(len(run.wrongs()), 1)
        self.assertIn("**not within 60 s**", report.page(run))

    def test_a_budget_that_is_missed_is_said(self):
        self.assertEqual(results(isolates=an_isolates((1, 200), (101, 300))).misses(), [])
        self.assertIn("takes 1,229 KiB", results(isolates=an_isolates((1, 200), (101, 320))).misses()[0])
        over = results(zipf=zipf.Zipf(10, 10, turns=[a_turn(rss_mib_max=5_000.0)]))
        self.assertEqual(over.misses(), ["zipf: the node held 5,000 MiB, and may hold 4,096 MiB"])

    def test_the_share_of_cold_answers_is_of_what_the_node_counted(self):
        self.assertEqual(a_turn().cold_share, 0.05)
        shed = a_turn(outcomes={"ok": 100, "loadShed": 900}, errors={"status": 900})
        self.assertEqual((shed.cold_share, shed.per_s), (0.5, 50))
        self.assertEqual(a_turn(outcomes={}, starts=0).cold_share, 0)


class Loads(unittest.TestCase):
    def test_a_draw_is_told_from_a_path(self):
        text = (BENCH / "load.lua").read_text()
        self.assertIn('match("^@(%d+),([%d.]+),(%d+)$")', text)
        for exponent in zipf.TRAFFIC.values():
            self.assertRegex(f"@10000,{exponent},3", r"^@\d+,[\d.]+,\d+$")


class Options(unittest.TestCase):
    def run_with(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-B", str(BENCH / "run.py"), *words], capture_output=True, text=True, timeout=30)

    def test_a_part_of_another_group_is_refused_before_anything_runs(self):
        for words in (("--group", "density", "--parts", "live"), ("--group", "deploy", "--parts", "zipf")):
            done = self.run_with(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--parts: no", done.stderr)

    def test_every_part_has_steps(self):
        options = argparse.Namespace(quick=True, peers=[], mote=Path("mote"))
        for part in group.PARTS:
            if part != "peers":
                self.assertTrue(group._plan(options, None, results(part)), part)


class Pages(unittest.TestCase):
    def test_what_was_not_measured_says_so_and_has_no_picture(self):
        page = report.page(results(failed=["zipf: it died in /srv/somebody/work/place"], missing={"bun": "no such binary"}))
        self.assertEqual(page.count("Not measured.\n"), len(group.PARTS))
        self.assertIn("bun: **not measured: no such binary**", page)
        self.assertNotIn("](", page.split("## ", 1)[1])
        self.assertEqual(report.pictures(results()), {})

    def test_fewer_tenants_than_asked_for_are_never_called_all(self):
        page = report.page(results("isolates", isolates=an_isolates((1, 200), (101, 300), short="5,000 would take more than 1,000 MiB")))
        self.assertIn("**10,000 were asked for: 5,000 would take more than 1,000 MiB.**", page)
        page = report.page(results("zipf", zipf=zipf.Zipf(10_000, 4_000, turns=[a_turn()])))
        self.assertIn("**10,000 were asked for; the time was over before.**", page)

    def test_a_build_that_does_not_count_evictions_says_so(self):
        page = report.page(results("zipf", zipf=zipf.Zipf(10, 10, turns=[a_turn()])))
        self.assertIn("This build does not say how many isolates had to leave", page)
        page = report.page(results("zipf", zipf=zipf.Zipf(10, 10, turns=[a_turn(evicted=0.0)])))
        self.assertNotIn("This build does not say", page)

    def test_without_mote_beside_it_no_peer_has_a_ratio(self):
        self.assertIn("| 10,240 | - | - |", report.page(results("peers", peers=[a_row()])))
        page = report.page(results("peers", peers=[a_row()], isolates=an_isolates((1, 200), (1_000, 2_000))))
        self.assertIn("| 10,240 | 27.5 x | 10.0 x |", page)

    def test_a_version_that_was_not_prepared_has_no_times_of_its_own(self):
        found = starts.Start("hello", "hello world", 0.1, {starts.PREPARED: FEW, starts.FROM_SOURCE: Tail.of([20.0])})
        page = report.page(results("starts", starts=[found]))
        self.assertIn("| hello world | - | - | - | not prepared within the time | - | not prepared within the time |", page)
        self.assertIn("| 3 | 2.00 | - | - | 3.00 | 10.0 x |", page)

    def test_results_hold_no_path_of_the_machine_and_pictures_are_whole(self):
        start = starts.Start("hello", "hello world", 0.1, {way: MANY for way in starts.WAYS}, {"source_us": 3, "cached_us": 2, "heap_us": 1}, None)
        load = zipf.Zipf(10, 10, turns=[a_turn(), a_turn(traffic="Zipf(1.0)")], memory=[(0.5, 100.0), (1.0, 900.0)])
        run = results(
            isolates=an_isolates((1, 200), (1_000, 2_000)), starts=[start], zipf=load, peers=[a_row(), a_row(peer="workerd", way="one process")],
            neighbours=[a_beside("alone"), a_beside("cpu-loop", requests=0)], failed=["x: no /tmp/mote-bench-density-1/node-2/data"],
        )
        with tempfile.TemporaryDirectory() as folder:
            report.write(run, Path(folder), "/tmp/mote-bench-density-1")
            for name in ("README.md", "density.json"):
                text = (Path(folder) / name).read_text()
                self.assertNotIn("/tmp/", text)
                self.assertIn("<work>/node-2/data", text)
            pictures = sorted(path.name for path in Path(folder).glob("*.svg"))
            self.assertEqual(pictures, ["isolates.svg", "memory.svg", "neighbours.svg", "peers.svg", "starts.svg"])
            for picture in pictures:
                ElementTree.parse(Path(folder) / picture)

    def test_a_curve_without_points_is_still_a_picture(self):
        ElementTree.fromstring(plot.curve("a < b", "MiB", [], 10, []))


if __name__ == "__main__":
    unittest.main()
