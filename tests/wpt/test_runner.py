"""What the runner makes of META lines, of results and of what was expected."""
import unittest

import bundle
import expectations
import report
from suite import variants


def result(*subtests, status="OK"):
    return {"status": status, "tests": [{"name": name, "status": told} for name, told in subtests]}


class Suite(unittest.TestCase):
    def test_a_file_is_run_once_for_each_variant(self):
        text = "// META: variant=?1-2\n// META: variant=?3-4\n// META: script=../a.js\n// META: timeout=long\n"
        found = variants("x/y.any.js", text)
        self.assertEqual([test.name for test in found], ["x/y.any.js?1-2", "x/y.any.js?3-4"])
        self.assertEqual((found[0].scripts, found[0].is_long), (["../a.js"], True))

    def test_a_file_for_windows_only_is_not_run(self):
        self.assertEqual(variants("x.any.js", "// META: global=window\n"), [])
        self.assertEqual(len(variants("x.any.js", "// META: global=window,worker\n")), 1)


class Bundle(unittest.TestCase):
    def test_scripts_are_found_from_the_test(self):
        self.assertEqual(bundle.resolved("a/b/c.any.js", "../d.js"), "/a/d.js")
        self.assertEqual(bundle.resolved("a/b/c.any.js", "/common/e.js?x"), "/common/e.js")
        self.assertEqual(bundle.imported('importScripts("/a.js", \'b.js\');'), ["/a.js", "b.js"])

    def test_objects_of_interface_tests_become_functions(self):
        table = bundle.objects_of("idl_array.add_objects({ Blob: ['new Blob([\"x\"])'] });")
        self.assertIn("""'new Blob(["x"])': () => (new Blob(["x"]))""", table)


class Expectations(unittest.TestCase):
    def complaints(self, known, *subtests, status="OK"):
        entry = expectations.of(result(*subtests, status=status))
        return expectations.complaints("t", known, entry)

    def test_what_is_known_is_no_complaint(self):
        self.assertEqual(self.complaints({"pass": 1, "fail": ["b"]}, ("a", "PASS"), ("b", "FAIL")), [])

    def test_a_regression_and_an_unexpected_pass_are_named(self):
        told = self.complaints({"pass": 1, "fail": ["b"]}, ("a", "FAIL"), ("b", "PASS"))
        self.assertEqual(told, ["t: regression: a", "t: unexpected pass: b"])

    def test_a_subtest_that_is_gone_is_seen_by_the_count(self):
        self.assertEqual(self.complaints({"pass": 2}, ("a", "PASS")), ["t: 1 subtests pass, not 2"])

    def test_an_unknown_file_and_another_end_are_complaints(self):
        self.assertEqual(len(self.complaints(None, ("a", "PASS"))), 1)
        self.assertEqual(len(self.complaints({"pass": 1}, ("a", "PASS"), status="TIMEOUT")), 1)

    def test_subtests_of_one_name_are_told_apart(self):
        entry = expectations.of(result(("a", "FAIL"), ("a", "FAIL")))
        self.assertEqual(entry, {"pass": 0, "fail": ["a", "a #2"]})


class Report(unittest.TestCase):
    def test_rates_are_by_folder(self):
        rows = report.rates({"url/a.any.js": {"pass": 3, "fail": ["x"]}, "url/b.any.js": {"pass": 2}})
        self.assertEqual(rows, [["url", 1, 2, 5, 6]])
        self.assertIn("| all | 2 | 1 | 6 | 5 | 83.3 % |", report.table(rows))


if __name__ == "__main__":
    unittest.main()
