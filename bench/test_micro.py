"""What must never happen to the results of the group `micro`. `python3 -m unittest discover -s bench`; no peer is started."""

import json
import re
import tempfile
import unittest
from pathlib import Path

from harness.micro import report, times
from harness.micro.cases import CASES, SECTIONS
from harness.micro.group import order
from harness.micro.report import Reasons
from harness.micro.results import Results, Sample
from harness.micro.visits import command
from harness.peers import ADAPTERS, BENCH, Peer

MACHINE = dict.fromkeys(("date", "cpu", "cores", "memory_gib", "system", "commit"), "?") | {"load_average_at_start": 0.0}
ONE, OTHER = list(CASES)[:2]


def results(*samples: Sample, **more) -> Results:
    versions = dict.fromkeys(dict.fromkeys(sample.peer for sample in samples), "1")
    return Results(MACHINE, versions, {}, False, False, 1, samples=list(samples), **more)


def page(found: Results, reasons: str = "") -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reasons.toml"
        path.write_text(reasons)
        report.write(found, Path(folder) / "micro", folder, Reasons(path))
        json.loads((Path(folder) / "micro/micro.json").read_text())
        return (Path(folder) / "micro/README.md").read_text()


class Machine:
    """A runtime whose case takes so long, behind a way that takes so long."""

    def __init__(self, run_s: float, way_s: float):
        self.run_s, self.way_s, self.asked = run_s, way_s, []

    def __call__(self, runs: int) -> float:
        self.asked.append(runs)
        return self.way_s + runs * self.run_s


class Times(unittest.TestCase):
    def test_the_way_there_and_back_is_no_part_of_the_time(self):
        for run_s in (2e-9, 1e-6, 3e-4):
            self.assertAlmostEqual(times.measure(Machine(run_s, 0.002)).ns, run_s * 1e9, delta=run_s * 1e7)

    def test_no_request_is_ever_long(self):
        for run_s in (1e-9, 1e-6, 1e-3, 0.1):
            machine = Machine(run_s, 0.0001)
            times.measure(machine)
            self.assertLess(max(machine.asked) * run_s, max(0.1, run_s * times.RUNS_FIRST * 1.01))

    def test_what_takes_no_time_ends(self):
        self.assertEqual(times.measure(Machine(0.0, 0.0)).ns, 0)

    def test_a_disturbed_run_does_not_count(self):
        class Disturbed(Machine):
            def __call__(self, runs: int) -> float:
                return super().__call__(runs) + (1.0 if len(self.asked) % 4 == 3 else 0.0)

        self.assertAlmostEqual(times.measure(Disturbed(1e-6, 0.001)).ns, 1000, delta=10)


class Cases(unittest.TestCase):
    def test_each_case_has_a_worker_and_each_worker_a_case(self):
        text = "".join(path.read_text() for path in sorted((BENCH / "workers/micro").glob("*.js")))
        written = re.findall(r'^  "([a-z0-9-]+)": ', text, re.MULTILINE)
        self.assertEqual(sorted(written), sorted(CASES))
        self.assertEqual(len(CASES), sum(map(len, SECTIONS.values())))

    def test_every_peer_sees_every_case_and_none_is_always_the_first(self):
        names, found = list(CASES), ["mote", "deno", "node"]
        for turn in range(3):
            visits = order(names, found, turn)
            self.assertEqual(sorted(visits), sorted((name, peer) for name in names for peer in found))
        firsts = {order([ONE], found, turn)[0][1] for turn in range(3)}
        self.assertEqual(firsts, set(found))

    def test_node_is_measured_with_its_own_interfaces(self):
        node = Peer("node", "1", lambda folder, port: ["node", str(ADAPTERS / "node.js"), str(folder), str(port)])
        words = command(node, Path("x"), 1)
        self.assertIn(str(ADAPTERS / "node-plain.js"), words)
        self.assertTrue((ADAPTERS / "node-plain.js").is_file())


class Page(unittest.TestCase):
    def test_a_ratio_is_never_taken_between_rounds(self):
        found = results(
            Sample(ONE, "mote", 0, 10.0), Sample(ONE, "mote", 1, 100.0),
            Sample(ONE, "deno", 0, 20.0), Sample(ONE, "deno", 1, 200.0), Sample(ONE, "deno", 2, 1.0),
        )
        self.assertEqual(found.ratio(ONE, "deno").median, 2)

    def test_no_case_in_which_a_rival_is_faster_is_hidden(self):
        found = results(
            Sample(ONE, "mote", 0, 100.0), Sample(ONE, "deno", 0, 80.0), Sample(ONE, "node", 0, 95.0),
            Sample(OTHER, "mote", 0, 100.0), Sample(OTHER, "deno", 0, 99.0),
        )
        self.assertEqual([(one.case, [peer for peer, _ in one.faster]) for one in found.behind()], [(ONE, ["deno"])])
        text = page(found)
        self.assertIn("In 1 of 2 cases no rival", text)
        self.assertIn("*no reason written yet*", text)

    def test_bun_is_shown_and_is_no_rival(self):
        found = results(Sample(ONE, "mote", 0, 100.0), Sample(ONE, "bun", 0, 10.0), Sample(ONE, "node", 0, 100.0))
        self.assertEqual(found.behind(), [])
        self.assertIn("x0.10", page(found))

    def test_a_reason_written_by_hand_reaches_the_page_and_one_for_no_case_is_refused(self):
        found = results(Sample(ONE, "mote", 0, 100.0), Sample(ONE, "node", 0, 10.0))
        self.assertIn("it is late", page(found, f'[[micro]]\ncase = ["{ONE}"]\nwhy = "it is late"\n'))
        with self.assertRaises(ValueError):
            page(found, '[[micro]]\ncase = ["no-such-case"]\nwhy = "x"\n')

    def test_a_case_that_mote_cannot_do_is_said_aloud_and_that_of_a_peer_is_said(self):
        found = results(
            Sample(ONE, "mote", 0, None, error="status 500"), Sample(ONE, "deno", 0, 5.0), Sample(OTHER, "deno", 0, None, error="no such thing")
        )
        text = page(found)
        self.assertIn(f"**wrong**: {ONE}: status 500", text)
        self.assertIn(f"deno, {OTHER}: no such thing", text)
        self.assertIn("No ratios", text)
        self.assertNotIn("Nowhere", text)

    def test_most_is_more_than_half(self):
        behind = [Sample(ONE, "mote", 0, 100.0), Sample(ONE, "node", 0, 10.0)]
        ahead = [Sample(OTHER, "mote", 0, 100.0), Sample(OTHER, "node", 0, 200.0)]
        self.assertNotEqual(results(*behind, *ahead).misses(), [])
        self.assertEqual(results(*ahead).misses(), [])

    def test_the_reasons_of_this_tree_are_for_cases_that_there_are(self):
        Reasons(BENCH / "reasons.toml")


if __name__ == "__main__":
    unittest.main()
