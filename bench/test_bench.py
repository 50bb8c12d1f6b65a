"""What must never happen to the results. `python3 -m unittest discover -s bench`; no peer is started."""

import socket
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

from harness import cells, plot, report
from harness.load import _checked
from harness.server import Server, ServerFailed, free_port
from harness.speed import _plan
from harness.summary import METRIC, METRICS, DIAGNOSTICS, Reasons, Sample, losses, summarise
from harness.workloads import WORKLOADS


def visit(peer: str, turn: int = 0, **values: float) -> Sample:
    numbers = dict.fromkeys([metric.key for metric in METRICS] + list(DIAGNOSTICS), 1.0)
    return Sample("hello", peer, turn, numbers | values)


def run_of(samples: list[Sample], missing: dict[str, str] | None = None) -> report.Run:
    machine = dict.fromkeys(("date", "cpu", "cores", "memory_gib", "system", "commit"), "?")
    return report.Run(
        machine=machine | {"load_average_at_start": 0.0},
        options={"rounds": 3, "seconds": 1, "quick": False, "shared_core": False},
        versions={}, missing=missing or {}, base="mote", titles={"hello": "Hello"},
        samples=samples, table=summarise(samples, "mote"),
    )


class Results(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.no_reasons = Reasons(self.folder / "none.toml")

    def page(self, run: report.Run, reasons: Reasons | None = None) -> str:
        report.write(run, reasons or self.no_reasons, self.folder)
        return (self.folder / "README.md").read_text()

    def test_a_failed_peer_is_shown_in_the_table_in_the_plot_and_in_the_list(self):
        page = self.page(run_of([visit("mote"), Sample("hello", "deno", 0, {}, error="it died")]))
        self.assertIn("| deno | **failed** |", page)
        self.assertIn("**deno**, hello: it died", page)
        self.assertIn(">failed<", (self.folder / "requests.svg").read_text())

    def test_a_peer_that_fails_one_round_keeps_its_numbers_and_its_error(self):
        table = summarise([visit("deno"), Sample("hello", "deno", 1, {}, error="it died")], "mote")
        self.assertEqual(table["hello"]["deno"].rounds, 1)
        self.assertEqual(table["hello"]["deno"].errors, ("it died",))

    def test_no_loss_is_hidden_and_no_win_is_called_a_loss(self):
        samples = [visit("mote", requests_per_s=100, cpu_us=10), visit("bun", requests_per_s=120, cpu_us=11)]
        self.assertEqual([loss.metric.key for loss in losses(summarise(samples, "mote"), "mote")], ["requests_per_s"])

    def test_a_baseline_is_no_peer_that_mote_can_lose_to(self):
        samples = [visit("mote", cpu_us=10), visit("hyper", cpu_us=5)]
        self.assertEqual(losses(summarise(samples, "mote"), "mote"), [])

    def test_a_ratio_is_never_taken_between_rounds(self):
        samples = [
            visit("mote", 0, cpu_us=10), visit("mote", 1, cpu_us=100),
            visit("bun", 0, cpu_us=20), visit("bun", 1, cpu_us=200), visit("bun", 2, cpu_us=999),
        ]
        ratio = summarise(samples, "mote")["hello"]["bun"].ratios["cpu_us"]
        self.assertEqual((ratio.median, ratio.low, ratio.high), (2, 2, 2))

    def test_without_mote_the_page_does_not_claim_that_mote_loses_nowhere(self):
        page = self.page(run_of([visit("bun"), Sample("hello", "mote", 0, {}, error="no such binary")]))
        self.assertIn("Not known: mote was not measured.", page)

    def test_a_reason_written_by_hand_reaches_the_page(self):
        path = self.folder / "reasons.toml"
        path.write_text('[[reason]]\nmetric = ["cpu_us"]\nworkload = "hello"\nwhy = "the hop costs"\n')
        page = self.page(run_of([visit("mote"), visit("bun", cpu_us=0.5)]), Reasons(path))
        self.assertIn("the hop costs", page)

    def test_a_reason_for_no_known_metric_is_refused(self):
        path = self.folder / "reasons.toml"
        path.write_text('[[reason]]\nmetric = "spede"\nwhy = "a typo"\n')
        with self.assertRaises(ValueError):
            Reasons(path)

    def test_every_picture_is_well_formed(self):
        table = summarise([visit("mote"), Sample("hello", "a<b", 0, {}, error="&")], "mote")
        for metric in METRIC.values():
            ElementTree.fromstring(plot.picture(metric, table, {}, "mote"))


class Measuring(unittest.TestCase):
    def report(self, **changes) -> dict:
        errors = dict.fromkeys(("connect", "read", "write", "status", "timeout"), 0)
        return {"requests": 100, "bytes": 20000, "duration_us": 1e6, "latency_us": {}, "errors": errors} | changes

    def test_an_answer_that_is_no_200_is_never_counted(self):
        with self.assertRaises(ServerFailed):
            _checked(self.report(errors={"status": 1, "read": 0}), WORKLOADS["hello"], 0)

    def test_short_answers_are_never_counted(self):
        with self.assertRaises(ServerFailed):
            _checked(self.report(), WORKLOADS["stream"], 0)

    def test_no_peer_always_runs_first(self):
        options = SimpleNamespace(rounds=3, only=["hello"], peers=["mote", "bun", "node"])
        plan = list(_plan(options, {}, {}))
        self.assertEqual({peer for peer in (plan[0][2], plan[3][2], plan[6][2])}, {"mote", "bun", "node"})

    def test_a_port_is_free_and_outside_the_range_that_clients_get(self):
        port = free_port()
        self.assertLess(port, 32768)
        socket.create_server(("127.0.0.1", port)).close()

    def test_the_json_body_is_about_two_kilobytes(self):
        self.assertAlmostEqual(len(WORKLOADS["json"].body), 2048, delta=300)

    def test_a_server_that_ends_says_its_last_words(self):
        import subprocess

        cores = SimpleNamespace(server=0, spawn=lambda _core, command, **o: subprocess.Popen(command, **o))
        with tempfile.TemporaryDirectory() as folder:
            with Server(cores, ["sh", "-c", "echo out of luck; exit 7"], free_port(), Path(folder), {}) as server:
                with self.assertRaisesRegex(ServerFailed, "(?s)ended with 7.*out of luck"):
                    server.wait_for_first_response(WORKLOADS["hello"])


class CellsPage(unittest.TestCase):
    def results(self) -> cells.Results:
        machine = dict.fromkeys(("date", "cpu", "cores", "memory_gib", "system", "commit"), "?")
        found = cells.Results(machine, "0", False)
        # The machine is twice as slow in the second round; the ways are compared within a round.
        for turn, speed in enumerate((1000.0, 500.0, 1000.0)):
            for way, share in (("in process", 1.0), ("one cell", 0.9), ("four cells", 0.7)):
                found.visits.append(cells.Visit(way, turn, speed * share, 1.0, 1.0, 1.0, 1.0))
        return found

    def test_ratios_are_taken_within_a_round(self) -> None:
        self.assertEqual([round(ratio, 3) for ratio in cells.ratios(self.results(), "one cell")], [0.9, 0.9, 0.9])

    def test_a_miss_is_said_and_so_is_what_was_not_measured(self) -> None:
        found = self.results()
        found.failed.append("storm: no")
        page = cells.page(found)
        self.assertIn("**missed** by four cells.", page)
        self.assertIn("- storm: no", page)
        self.assertNotIn("by one cell", page)


if __name__ == "__main__":
    unittest.main()
