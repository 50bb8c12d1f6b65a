"""What must never happen to the results of the group `deploy`. `python3 -m unittest discover -s bench`; no node is started."""

import json
import tempfile
import threading
import unittest
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

from harness.deploy import beside, calls, fleet, kills, kv, live, report, routing
from harness.deploy.api import FORM, Api, Refused, form
from harness.deploy.results import Results
from harness.deploy.sections import thousand_mib
from harness.deploy.times import Times, quantile
from harness.server import ServerFailed

MACHINE = dict.fromkeys(("date", "cpu", "cores", "memory_gib", "system", "commit"), "?") | {"load_average_at_start": 0.0}
PARTS = ("live", "rates", "fleet", "routing", "kv", "calls", "kills")
TIMES = Times.of([1.0, 2.0, 3.0])


def results(*parts: str, **found) -> Results:
    return Results(MACHINE, "1", False, False, parts or PARTS, **found)


def a_fleet(**more) -> fleet.Fleet:
    given = {
        "asked": 2_000, "deployed": 2_000, "seconds": 10.0, "cold_ms": TIMES, "warm_ms": TIMES, "store_mib": 8.0,
        "alone": fleet.Start(1, [10], [20], [50]), "all": fleet.Start(2_000, [11], [21], [60]),
        "marks": [fleet.Mark(1_000, 100, 60), fleet.Mark(2_000, 90, 70)],
    }
    return fleet.Fleet(**(given | more))


class Numbers(unittest.TestCase):
    def test_a_quantile_is_always_a_value_that_was_measured(self):
        values = [float(value) for value in range(100, 0, -1)]
        self.assertEqual((quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)), (50, 99, 100))
        self.assertEqual((quantile([7.0], 0.5), quantile([7.0], 0.99)), (7, 7))
        self.assertEqual(quantile([1.0, 9.0], 0.99), 9)

    def test_nothing_measured_is_no_number(self):
        with self.assertRaises(ValueError):
            Times.of([])

    def test_ratios_and_costs_are_taken_within_a_round(self):
        turn = routing.Turn
        found = routing.Routing(1, 1, 1, 1, 1, 2, {routing.FEW: [turn(1, 1, 1, 2, 10), turn(1, 1, 1, 4, 20)], "x": [turn(1, 1, 1, 3, 10), turn(1, 1, 1, 4, 10)]})
        self.assertEqual(found.ratios("x", "single_p50_ms"), [1, 1.5])
        self.assertEqual(found.ratios("x", "cpu_us"), [0.5, 1])
        asked = calls.Calls({calls.ALONE: [calls.Turn(1, 10, 1, 1, 0.5)], calls.FETCH: [calls.Turn(1, 25, 1, 1, 0.75)]})
        self.assertEqual(asked.extra_us(calls.FETCH, "cpu_us"), [15])
        self.assertEqual(asked.extra_us(calls.FETCH, "single_p50_ms"), [250])

    def test_what_a_thousand_workers_take_is_not_said_of_a_few(self):
        self.assertAlmostEqual(thousand_mib(a_fleet()), 10 / 1.999)
        self.assertIsNone(thousand_mib(a_fleet(all=fleet.Start(200, [1], [1], [60]))))

    def test_redis_is_read_by_the_names_of_its_columns(self):
        head = '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"'
        self.assertEqual(beside.numbers(f'WARNING: x\n{head}\n"SET","4000.50","0.2","0.1","0.231","0.3","0.4","9"\n'), (4000.5, 0.231))
        for broken in ("", "Could not connect", '"SET","4000.50"\n'):
            with self.assertRaises(ServerFailed):
                beside.numbers(broken)

    def test_the_file_system_is_the_innermost_mount_s(self):
        self.assertEqual(beside.file_system(Path("/proc/self")), "proc")


class Uploads(unittest.TestCase):
    def test_a_form_is_one_that_others_can_read(self):
        sent = form("export default {};\n", [{"type": "service", "name": "B", "service": "c"}])
        parts = message_from_bytes(f"content-type: {FORM}\r\n\r\n".encode() + sent).get_payload()
        names = [part.get_param("name", header="content-disposition") for part in parts]
        self.assertEqual(names, ["metadata", "index.js"])
        metadata = json.loads(parts[0].get_payload())
        self.assertEqual((metadata["main_module"], metadata["bindings"][0]["name"]), ("index.js", "B"))
        self.assertEqual(parts[1].get_payload().strip(), "export default {};")

    def test_a_large_module_has_its_size_and_is_another_one_for_each_version(self):
        one, two = live.large_source("version 1"), live.large_source("version 2")
        self.assertTrue(1 << 20 <= len(one) < (1 << 20) + 1_000)
        self.assertNotEqual(one, two)
        # No version's text is in the other: a stale answer cannot look like a fresh one.
        self.assertNotIn("version 2", one)

    def test_no_two_routes_are_the_same_and_each_request_has_its_own(self):
        patterns = {routing.pattern(worker, number) for worker in range(20) for number in range(100)}
        self.assertEqual(len(patterns), 2_000)
        for worker, number in ((0, 0), (3, 1), (7, 2), (9, 99)):
            host, _, rest = routing.path(worker, number).removeprefix("//").partition("/")
            pattern_host, _, pattern_path = routing.pattern(worker, number).partition("/")
            self.assertTrue(host.endswith(pattern_host.removeprefix("*")), (host, pattern_host))
            self.assertTrue(rest.startswith(pattern_path.removesuffix("*")), (rest, pattern_path))


class Builds(unittest.TestCase):
    def answered(self, status: int):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b'{"result": {"id": "abc"}}')

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return Api(server.server_port, "token").make_namespace("t")

    def test_a_build_without_kv_is_told_from_one_that_fails(self):
        self.assertEqual([self.answered(status) for status in (200, 404, 501)], ["abc", None, None])
        for status in (401, 500, 507):
            with self.assertRaises(Refused):
                self.answered(status)


class Kept(unittest.TestCase):
    def setUp(self) -> None:
        self.book = kills.Book(sent={"a": 5}, acknowledged={"a": 4})

    def test_what_was_under_way_may_be_there_or_not(self):
        self.assertEqual([self.book.loss("a", served) for served in (4, 5)], ["", ""])

    def test_what_was_acknowledged_and_is_not_there_is_lost(self):
        self.assertIn("4 was acknowledged, and 3 is there", self.book.loss("a", 3))
        self.assertIn("nothing is there", self.book.loss("a", None))

    def test_what_was_never_sent_is_wrong_too(self):
        self.assertIn("the last sent was 5", self.book.loss("a", 6))

    def test_what_was_never_acknowledged_need_not_be_there(self):
        self.assertEqual(kills.Book(sent={"b": 1}).loss("b", None), "")

    def test_a_loss_fails_the_run_and_is_said_first(self):
        run = results("kills", kills=kills.Kills([1.0], [2.0], 9, None, ["a: number 4 was acknowledged, and 3 is there"]))
        self.assertEqual(len(run.wrongs()), 1)
        page = report.page(run)
        self.assertIn("**wrong**: kills: a: number 4", page)
        self.assertNotIn("Nothing that had been acknowledged was lost", page)

    def test_cells_that_outlive_their_host_fail_the_run(self):
        run = results("kills", kills=kills.Kills([1.0], [2.0], 9, 3, [], 2))
        self.assertEqual(run.wrongs(), ["kills: 2 cells went on without their host"])
        self.assertIn("**2 cells outlived their host.**", report.page(run))


class Pages(unittest.TestCase):
    def test_what_was_not_measured_says_so_and_has_no_picture(self):
        page = report.page(results(failed=["calls: it died in /srv/somebody/work/place"]))
        self.assertEqual(page.count("Not measured.\n"), len(PARTS))
        self.assertIn("- calls: it died", page)
        self.assertNotIn("](", page.split("## ", 1)[1])
        self.assertEqual(report.pictures(results()), {})

    def test_a_build_without_kv_says_so_and_sqlite_is_still_there(self):
        found = kv.Kv([kv.Row(beside.SQLITE, kv.READ, 1, [5.0], [0.1])], {"Mote": kv.NO_KV, "Redis": beside.NO_REDIS}, "ext4")
        page = report.page(results("kv", kv=found))
        self.assertIn("Mote: **not measured: this build has no KV**", page)
        self.assertIn("Redis: **not measured: there is no redis-server", page)
        self.assertIn("| SQLite alone | 5 | 0.100 |  |  |", page)
        self.assertNotIn(f"| {kv.WORKER}", page)

    def test_writes_to_a_folder_in_memory_are_warned_of(self):
        row = kv.Row(kv.WORKER, kv.WRITE, 1, [5.0], [0.1])
        self.assertIn("The folder is in memory", report.page(results("kv", kv=kv.Kv([row], {}, "tmpfs"))))

    def test_a_smaller_fleet_than_asked_for_is_never_called_the_whole(self):
        page = report.page(results("fleet", fleet=a_fleet(asked=10_000)))
        self.assertIn("2,000 workers were deployed", page)
        self.assertIn("**10,000 were asked for; the time was over before.**", page)
        self.assertNotIn("asked for; the time", report.page(results("fleet", fleet=a_fleet())))

    def test_a_host_that_was_started_again_for_its_size_is_said_and_is_a_miss(self):
        marks = [fleet.Mark(1_000, 100, 4_000, started_again=True), fleet.Mark(2_000, 90, 70)]
        run = results("fleet", fleet=a_fleet(marks=marks))
        self.assertIn("4,000.0, started again", report.page(run))
        self.assertIn("holds 3.95 MiB in the host", run.misses()[0])
        self.assertEqual(results(fleet=a_fleet()).misses(), [])

    def test_a_fleet_that_was_only_begun_has_no_numbers(self):
        self.assertIn("Not measured.", report.page(results("fleet", fleet=fleet.Fleet(10))))

    def test_a_slow_deploy_is_a_miss_and_a_stale_answer_is_wrong(self):
        slow = live.Live("hello", 0.4, TIMES, TIMES, Times.of([20.0, 180.0]), stale=3)
        run = results("live", live=[slow])
        self.assertEqual(run.misses(), ["deploy to live, hello: p99 is 180 ms, and the budget 100 ms"])
        self.assertIn("**3 first answers came from the old version.**", report.page(run))
        self.assertEqual(len(run.wrongs()), 1)

    def test_results_hold_no_path_of_the_machine_and_pictures_are_whole(self):
        row = kv.Row(kv.WORKER, kv.READ, 1, [5.0, 6.0], [0.1, 0.2])
        turn = routing.Turn(1, 1, 1, 1, 1)
        run = results(
            live=[live.Live("hello", 0.4, TIMES, TIMES, TIMES, 0)], rates=[live.Rate(1, [5.0, 6.0])], fleet=a_fleet(),
            routing=routing.Routing(10, 10, 1, 1, 1, 2, {routing.FEW: [turn], routing.MANY: [turn]}),
            kv=kv.Kv([row], {}, "ext4"), calls=calls.Calls({way: [calls.Turn(1, 1, 1, 1, 1)] for way in calls.HOSTS}),
            kills=kills.Kills([1.0], [2.0], 9, 3), failed=["x: no /tmp/mote-bench-deploy-1/node-2/data"],
        )
        with tempfile.TemporaryDirectory() as folder:
            report.write(run, Path(folder), "/tmp/mote-bench-deploy-1")
            for name in ("README.md", "deploy.json"):
                text = (Path(folder) / name).read_text()
                self.assertNotIn("/tmp/", text)
                self.assertIn("<work>/node-2/data", text)
            pictures = sorted(path.name for path in Path(folder).glob("*.svg"))
            self.assertEqual(pictures, ["calls.svg", "kv.svg", "live.svg", "routing.svg"])
            for picture in pictures:
                ElementTree.parse(Path(folder) / picture)


if __name__ == "__main__":
    unittest.main()
