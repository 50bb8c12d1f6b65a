"""What must never happen to the results of the group `limits`. `python3 -m unittest discover -s bench`."""

import json
import socket
import tempfile
import threading
import time
import unittest
from pathlib import Path

from harness.anonymous import anonymous
from harness.limits import kinds, losses, neighbours, report
from harness.limits.client import Target, ask
from harness.limits.cost import Cost
from harness.limits.memory import Peak
from harness.limits.neighbours import ALONE, Neighbour
from harness.limits.overshoot import Overshoot

MACHINE = dict.fromkeys(("date", "cpu", "cores", "memory_gib", "system", "commit"), "?") | {"load_average_at_start": 0.0}


def beside(runtime: str, kind: str, p99_ms: float, **more) -> Neighbour:
    return Neighbour(runtime, kind, requests=123_457, seconds=1, p50_ms=1, p99_ms=p99_ms, max_ms=p99_ms, **more)


class Pages(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def results(self, **found) -> report.Results:
        sections = tuple(name for name in ("cost", "overshoot", "neighbours", "memory") if name in found)
        versions = found.pop("versions", {"mote": "1", "workerd": "2"})
        return report.Results(MACHINE, False, False, sections, versions, found.pop("missing", {}), **found)

    def page(self, results: report.Results, reasons: str = "") -> str:
        path = self.folder / "reasons.toml"
        path.write_text(reasons)
        report.write(results, losses.Reasons(path), self.folder, "/tmp/mote-bench-1")
        return (self.folder / "README.md").read_text()

    def test_a_runtime_that_died_is_never_shown_as_a_number(self):
        dead = beside("workerd", "cpu-loop", 7.77, fate="died (SIGABRT)")
        page = self.page(self.results(neighbours=[beside("workerd", ALONE, 1), dead]))
        self.assertIn("| **died (SIGABRT)** |", page)
        self.assertNotIn("7.77", page)
        picture = (self.folder / "neighbours.svg").read_text()
        self.assertIn(">failed<", picture)
        self.assertNotIn("7.77", picture)

    def test_the_memory_of_a_process_that_was_killed_is_never_shown_as_its_peak(self):
        peak = Peak("workerd", "mem-map", 40, 3111, None, "no answer", "nothing stopped it: killed by the bench at 3072 MiB")
        page = self.page(self.results(memory=[peak]))
        self.assertIn("**nothing stopped it: killed by the bench at 3072 MiB**", page)
        self.assertNotIn("3,071", page)

    def test_an_event_that_was_never_stopped_is_never_shown_as_a_small_overshoot(self):
        case = Overshoot("cpu-fill", 100, [100.25], [101], {"exceededCpu": 1}, "not stopped in 30 s (no answer)")
        results = self.results(overshoot=[case])
        page = self.page(results)
        self.assertIn("**not stopped in 30 s (no answer)**", page)
        self.assertNotIn("| 0.2 |", page)
        self.assertEqual([loss.kind for loss in results.losses()], ["cpu-fill"])

    def test_an_event_past_its_limit_counts_however_it_ended_and_one_within_it_never_does(self):
        case = Overshoot("one-join", 50, [350, 20], [360, 30], {"ok": 2})
        self.assertEqual(case.over_ms, [300])
        page = self.page(self.results(overshoot=[Overshoot("one-join", 50, [20], [21], {"ok": 1})]))
        self.assertIn("| within the limit |", page)

    def test_a_missing_binary_is_said_and_nothing_is_called_free_of_cost(self):
        page = self.page(self.results(cost=Cost([{"mote": (10, 100), "mote again": (10, 100)}], "it could not be built")))
        self.assertIn("| Mote without them | **not measured** | it could not be built |", page)
        self.assertIn("What was not measured is not known.", page)

    def test_without_mote_the_page_does_not_claim_that_mote_loses_nowhere(self):
        page = self.page(self.results(neighbours=[], versions={}, missing={"mote": "no such binary"}))
        self.assertIn("Not known: Mote was not measured.", page)
        self.assertIn("**mote** could not run: no such binary", page)

    def test_no_path_of_this_machine_is_published(self):
        words = f"thread panicked at /opt/builds/x/src/map.rs:14 in /tmp/mote-bench-1/3\n{Path.home()}/secret/a.rs"
        dead = beside("mote", "cpu-loop", 1, fate="died (SIGABRT)", last_words=words)
        page = self.page(self.results(neighbours=[dead]))
        for text in (page, (self.folder / "limits.json").read_text()):
            self.assertIn("panicked at .../map.rs:14 in <work>/3", text)
            for secret in ("/opt/builds", "/tmp/", str(Path.home()) + "/"):
                self.assertNotIn(secret, text)

    def test_addresses_and_relative_paths_stay_as_they_are(self):
        text = "see bench/workers/limits/a.js, ../../README.md and http://127.0.0.1:80/a/b"
        self.assertEqual(anonymous(text), text)

    def test_a_death_of_mote_is_a_failure_and_one_of_workerd_a_result(self):
        results = self.results(neighbours=[beside("workerd", "cpu-loop", 1, fate="died (SIGABRT)")])
        self.assertEqual(results.mote_deaths(), [])
        results.add("memory", Peak("mote", "mem-wasm", fate="died (SIGKILL)"))
        self.assertEqual(len(results.mote_deaths()), 1)

    def test_a_dead_runtime_is_never_better_than_mote(self):
        found = [beside("mote", ALONE, 1), beside("mote", "cpu-loop", 1.5), beside("workerd", "cpu-loop", 0.1, fate="hung")]
        self.assertEqual(losses.of_neighbours(found), [])

    def test_no_loss_is_hidden(self):
        found = [beside("mote", ALONE, 1), beside("mote", "cpu-loop", 2.5), beside("mote", "fan-out", 1.5)]
        found.append(beside("workerd", "fan-out", 1.0))
        self.assertEqual([loss.kind for loss in losses.of_neighbours(found)], ["cpu-loop", "fan-out"])
        starved = Neighbour("mote", "cpu-loop", requests=9, seconds=1, p50_ms=9, p99_ms=1.5, max_ms=9)
        self.assertEqual([loss.what for loss in losses.of_neighbours([beside("mote", ALONE, 1), starved])], ["p50"])
        self.assertEqual([loss.what for loss in losses.of_memory([Peak("mote", "mem-map", 10, 400, 10)])], ["peak"])
        cost = Cost([{"mote": (10.5, 100), "unmetered": (10, 100)}])
        self.assertEqual([loss.what for loss in losses.of_cost(cost)], ["CPU time a request"])

    def test_a_loss_without_a_reason_says_so_and_one_with_a_reason_shows_it(self):
        results = self.results(neighbours=[beside("mote", ALONE, 1), beside("mote", "cpu-loop", 9)])
        self.assertIn("*no reason written yet*", self.page(results))
        reason = '[[limits]]\nsection = "neighbours"\nkind = "cpu-loop"\nwhy = "one thread"\n'
        self.assertIn("| one thread |", self.page(results, reason))

    def test_a_reason_for_no_known_worker_is_refused(self):
        with self.assertRaises(ValueError):
            self.page(self.results(neighbours=[]), '[[limits]]\nsection = "memory"\nkind = "mem-objekts"\nwhy = "a typo"\n')

    def test_the_data_can_be_read_again(self):
        self.page(self.results(overshoot=[Overshoot("cpu-loop", 100, [101.0], [102.0], {"exceededCpu": 1})]))
        data = json.loads((self.folder / "limits.json").read_text())
        self.assertEqual(data["overshoot"][0]["endings"], {"exceededCpu": 1})


class HostileWorkers(unittest.TestCase):
    def test_each_is_measured_and_says_its_harm(self):
        self.assertEqual({path.stem for path in kinds.FOLDER.glob("*.js")}, set(kinds.ALL))
        for kind in kinds.ALL:
            self.assertTrue(kinds.harm(kind).endswith("."), kind)

    def test_a_quick_run_asks_only_workers_that_there_are(self):
        self.assertLessEqual({*kinds.QUICK, *kinds.NEIGHBOURS_QUICK}, set(kinds.ALL))

    def test_the_reasons_of_this_checkout_are_for_workers_that_there_are(self):
        losses.Reasons(Path(__file__).parent / "reasons.toml")


class Client(unittest.TestCase):
    def answered_with(self, *parts: bytes, pause_s: float = 0, close: bool = True) -> Target:
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        connections = []

        def serve() -> None:
            connection, _ = listener.accept()
            connections.append(connection)
            connection.recv(1024)
            try:
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause_s)
            except OSError:
                pass
            if close:
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        self.addCleanup(lambda: [connection.close() for connection in connections])
        return Target(listener.getsockname()[1], "localhost")

    def test_nobody_waits_longer_than_was_said(self):
        silent = self.answered_with(close=False)
        dripping = self.answered_with(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 30, pause_s=0.1)
        for target, ending in ((silent, "no answer"), (dripping, "200, without an end")):
            answer = ask(target, wait_s=0.3)
            self.assertEqual(answer.ending, ending)
            self.assertLess(answer.seconds, 2)

    def test_half_an_answer_is_never_counted_as_one(self):
        short = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc"
        open_end = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"
        for sent, ending in (
            (short, "200, cut off"), (short + b"de", "200"), (open_end, "200, cut off"), (open_end + b"0\r\n\r\n", "200"),
            (b"", "connection broke"),
        ):
            self.assertEqual(ask(self.answered_with(sent), wait_s=5).ending, ending)

    def test_motes_word_for_an_error_is_kept(self):
        head = b"HTTP/1.1 503 Service Unavailable\r\nmote-error: exceeded-cpu\r\ncontent-length: 0\r\n\r\n"
        self.assertEqual(ask(self.answered_with(head), wait_s=5).ending, "503 exceeded-cpu")


class Configuration(unittest.TestCase):
    def test_the_operators_configuration_is_valid_toml(self):
        import tomllib

        self.assertIn("hostile", tomllib.loads(neighbours.STRICT)["accounts"])


if __name__ == "__main__":
    unittest.main()
