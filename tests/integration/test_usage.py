# SPDX-License-Identifier: Apache-2.0
"""The command line with nothing behind it: options without their values, help, and a daemon that is not there."""
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from kadrtest import BIN, EX_OK, EX_USAGE, ROOT, Ports

EX_UNAVAILABLE = 69


class Usage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = Path(tempfile.mkdtemp(prefix="kadr-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.ports = Ports()
        cls.addClassCleanup(cls.ports.release)
        cls.nobody = f"tcp://127.0.0.1:{cls.ports.take()}"

    def kadr(self, *arguments, **variables):
        return subprocess.run([str(BIN / "kadr"), *arguments], cwd=self.directory, stdin=subprocess.DEVNULL,
                              env={"KADR_QUERY": self.nobody, "KADR_FEED": self.nobody, "KADR_INGEST": self.nobody,
                                   "KADR_CONFIG": "/dev/null", "KADR_REFERENCE": str(ROOT / "config"), "LANG": "C",
                                   "KADR_OUTBOX": str(self.directory / "outbox"), **variables},
                              capture_output=True, text=True, timeout=60, check=False)

    def test_an_option_without_its_value_is_told(self):
        for arguments, told in ((("units", "import", "f.csv", "--output"), "--output: wants a value: PATH"),
                                (("push", "--office"), "--office: wants a value"),
                                (("push", "--office", "--", "f.csv"), "--office: wants a value"),
                                (("rollup", "--as-of"), "--as-of: wants a value: DAY"),
                                (("rollup", "--unit", "--subtree"), "--unit: wants a value"),
                                (("rollup", "--config"), "--config: wants a value: FILE"),
                                (("rollup", "--config", "--json"), "--config: wants a value: FILE")):
            done = self.kadr(*arguments)
            self.assertEqual((done.returncode, done.stdout), (EX_USAGE, ""), arguments)
            self.assertIn(told, done.stderr)
        self.assertEqual(list(self.directory.glob("*")), [])

    def test_a_value_that_looks_like_a_flag_goes_behind_the_sign(self):
        done = self.kadr("push", "--office=--odd", "nothing.csv")
        self.assertEqual(done.returncode, EX_USAGE)
        self.assertIn('"--odd"', done.stderr)
        self.assertIn("want kk, ru or en", self.kadr("rollup", "--lang=xx").stderr)

    FIGURES = {"rollup": (), "diff": ("--from", "1"), "series": ("--indicator", "headcount", "--from", "2024-01"),
               "compare": ("2024-01-31", "2024-02-29", "--indicator", "headcount"), "coverage": (), "plans": (),
               "explain": ("--indicator", "headcount")}

    def test_all_that_answer_with_figures_take_the_same_forms(self):
        """A form that is taken is asked for, which nobody answers here."""
        for command, words in self.FIGURES.items():
            for form, code, told in ((("--format", "xml"), EX_USAGE, "--format: want table, csv or json"),
                                     (("--json", "--csv"), EX_USAGE, "say one of them"),
                                     (("--format", "table", "--json"), EX_USAGE, "say one of them"),
                                     (("--format=csv", "--json"), EX_USAGE, "say one of them"),
                                     (("--format", "json", "--json"), EX_UNAVAILABLE, "does not answer"),
                                     (("--format", "table"), EX_UNAVAILABLE, "does not answer"),
                                     (("--csv",), EX_UNAVAILABLE, "does not answer")):
                if command == "explain" and form == ("--csv",):
                    code, told = EX_USAGE, "a tree has no CSV"
                done = self.kadr(command, *words, *form, "--timeout", "20ms")
                self.assertEqual((done.returncode, done.stdout), (code, ""), (command, form, done.stderr))
                self.assertIn(told, done.stderr)

    def test_a_form_on_the_command_line_is_meant(self):
        """Whatever the environment prefers; two wishes there are as unclear as two flags."""
        wait = ("--timeout", "20ms")
        for form, variables in ((("--json",), {"KADR_FORMAT": "csv"}), (("--csv",), {"KADR_JSON": "yes"}),
                                (("--format", "table"), {"KADR_JSON": "yes", "KADR_CSV": "yes"}),
                                (("--format=json",), {"KADR_FORMAT": "xml"}), ((), {"KADR_FORMAT": "json"})):
            done = self.kadr("rollup", *form, *wait, **variables)
            self.assertEqual((done.returncode, done.stdout), (EX_UNAVAILABLE, ""), (form, variables, done.stderr))
        for variables in ({"KADR_FORMAT": "csv", "KADR_JSON": "yes"}, {"KADR_CSV": "yes", "KADR_JSON": "yes"}):
            done = self.kadr("rollup", *wait, **variables)
            self.assertEqual(done.returncode, EX_USAGE, variables)
            self.assertIn("say one of them", done.stderr)

    def test_help_knows_all_that_it_lists(self):
        listed = [line.split()[0] for line in self.kadr("help").stdout.split("(kadr COMMAND --help):\n")[1].splitlines()]
        self.assertIn("version", listed)
        for name in (*listed, "exit-codes"):
            done = self.kadr("help", name)
            self.assertEqual((done.returncode, done.stderr), (EX_OK, ""), name)
        self.assertIn("kadr --version", self.kadr("help", "version").stdout)

    def test_watch_waits_no_longer_than_it_was_told(self):
        for extra in ((), ("--json",)):
            began = time.monotonic()
            done = self.kadr("watch", "--timeout", "300ms", "--count", "1", *extra)
            self.assertEqual((done.returncode, done.stdout), (EX_UNAVAILABLE, ""))
            self.assertIn(f"aggregatord at {self.nobody} does not answer", done.stderr)
            self.assertGreaterEqual(time.monotonic() - began, 0.3)


if __name__ == "__main__":
    unittest.main()
