# SPDX-License-Identifier: Apache-2.0
"""What an office sees when its tool cannot do what it should: why, and what has become of the reports."""
import json
import os
import re
import signal
import subprocess
import unittest

from kadrtest import BIN, EX_DATA, EX_TEMPFAIL, EX_USAGE, ROOT, Pipeline, wait_for

EX_UNAVAILABLE, EX_CANTCREAT, EX_CONFIG = 69, 73, 78
RECEIPT = ["office", "stream", "sequence", "lineage", "commit", "digest", "outcome", "accepted", "rejected", "held", "diagnostics"]
DIAGNOSTIC = ["code", "severity", "line", "column", "text", "remedy"]
HEADER = "unit,indicator,breakdown,period,value,note\n"


def row(value, note=""):
    return f"KZ-35,need_declared,cadre=doctor settlement=rural,2023-11-20,{value},{note}\n"


class Office(unittest.TestCase):
    def setUp(self):
        self.pipeline = Pipeline()
        self.addCleanup(self.pipeline.close)

    def report(self, name, *rows):
        path = self.pipeline.directory / name
        path.write_text(HEADER + "".join(rows))
        return path

    def push(self, *arguments):
        return self.pipeline.kadr("push", "--office", "KZ-35", *arguments)

    def waiting(self):
        """Reports in the outbox that are sent by the next push."""
        return len(self.pipeline.push("KZ-35"))

    def test_receipts_have_the_fields_they_are_known_for(self):
        good, bad = self.report("good.csv", row(23), row("many")), self.report("bad.csv", row("many"))
        done = self.push("--json", good, bad)
        receipts = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(receipts), 2, done.stdout)
        for receipt in receipts:
            self.assertEqual(list(receipt), RECEIPT)
            self.assertEqual([list(d) for d in receipt["diagnostics"]], [DIAGNOSTIC])
        self.assertIn("bad.csv", done.stderr)  # a receipt has no room for the file's name

    def test_what_is_not_listed_is_counted(self):
        receipt, = self.pipeline.push("KZ-35", self.report("many.csv", row(1), *(row("many") for _ in range(300))), expect=1)
        self.assertEqual(receipt["rejected"], 300)
        self.assertEqual(len(receipt["diagnostics"]), 257)
        self.assertEqual([d["text"] for d in receipt["diagnostics"] if d["code"] == "truncated"], ["44 remarks are not listed"])

    def test_a_figure_is_never_cut_at_a_comma(self):
        done = self.push(self.report("comma.csv", row("1,894")))
        self.assertEqual(done.returncode, EX_DATA)
        self.assertRegex(done.stderr, r"comma\.csv:2:5: figure_split: .*1,894.*: ")
        done = self.push("--lang", "kk", self.report("quote.csv", row("\"1\"2"), row(3)))
        self.assertRegex(done.stderr, r"quote\.csv:2:5: csv_malformed: кесте осы жерде бүлінген: тырнақша")

    def test_a_server_that_cannot_says_why(self):
        self.pipeline.storaged.kill()
        wait_for(lambda: not self.pipeline.ingestd.is_ready(), "ingestd to miss storaged")
        done = self.push("--timeout", "1s", self.report("a.csv", row(1)))
        self.assertEqual(done.returncode, EX_TEMPFAIL)
        self.assertIn("the storage does not answer", done.stderr)
        self.assertIn("1 report waits, safe in the outbox", done.stderr)
        self.pipeline.aggregatord.kill()
        self.pipeline.aggregatord.start()
        wait_for(lambda: self.pipeline.aggregatord.status(), "aggregatord to be up, without its journal")
        done = self.pipeline.kadr("rollup", "--timeout", "1s", "--lang", "ru")
        self.assertEqual(done.returncode, EX_UNAVAILABLE)
        self.assertIn("читает журнал", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_an_outbox_takes_what_fits(self):
        self.pipeline.ingestd.kill()
        long = self.report("long.csv", *(row(1, "n" * 500) for _ in range(150)))
        small = self.report("small.csv", row(23))
        done = self.push("--timeout", "100ms", "--outbox-bytes", "65536", small, long, small)
        self.assertEqual(done.returncode, EX_CANTCREAT)
        self.assertRegex(done.stderr, r"long\.csv: outbox_full: ")
        self.assertNotIn("small.csv", done.stderr)
        self.assertIn("2 reports wait, safe in the outbox", done.stderr)
        self.pipeline.ingestd.start()
        self.pipeline.ingestd.wait_ready()
        self.assertEqual(self.waiting(), 2)

    @unittest.skipUnless(os.geteuid() == 0, "only root makes a small file system")
    def test_a_full_disk_keeps_what_fits(self):
        small = self.pipeline.directory / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(small)], check=True)
        self.addCleanup(subprocess.run, ["umount", str(small)], check=True)
        self.pipeline.ingestd.kill()
        long = self.report("long.csv", *(row(1, "n" * 500) for _ in range(1000)))
        done = self.push("--timeout", "100ms", "--outbox", small, self.report("a.csv", row(1)), long)
        self.assertEqual(done.returncode, EX_CANTCREAT, done.stderr)
        self.assertRegex(done.stderr, r"long\.csv: outbox_full: ")
        self.assertIn("1 report waits, safe in the outbox", done.stderr)

    def test_a_signal_says_what_waits(self):
        self.pipeline.ingestd.kill()
        with subprocess.Popen([str(BIN / "kadr"), "--config", str(self.pipeline.config), "push", "--office", "KZ-35",
                               "--timeout", "10m", str(self.report("a.csv", row(1)))], cwd=ROOT, text=True,
                              stderr=subprocess.PIPE) as push:

            def catches():
                with open(f"/proc/{push.pid}/status", encoding="ascii") as lines:
                    caught = next(line for line in lines if line.startswith("SigCgt"))
                return int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1
            wait_for(catches, "the push to reach its loop")
            push.send_signal(signal.SIGINT)
            said = push.communicate()[1]
        self.assertEqual(push.returncode, EX_TEMPFAIL, said)
        self.assertIn("1 report waits, safe in the outbox", said)

    def test_one_push_at_a_time(self):
        self.pipeline.ingestd.kill()
        report = self.report("a.csv", row(1))
        first = subprocess.Popen([str(BIN / "kadr"), "--config", str(self.pipeline.config), "push", "--office", "KZ-35",
                                  str(report)], cwd=ROOT, stderr=subprocess.DEVNULL)
        self.addCleanup(first.wait)
        self.addCleanup(first.kill)
        wait_for((self.pipeline.directory / "outbox/KZ-35/data.mdb").exists, "the first push to have its outbox")
        done = self.push("--timeout", "100ms", "--lang", "ru", report)
        self.assertEqual(done.returncode, EX_CANTCREAT)  # this file is not in the outbox
        self.assertIn("другая отправка", done.stderr)
        done = self.push("--timeout", "100ms")
        self.assertEqual(done.returncode, EX_TEMPFAIL)  # what waits is
        first.send_signal(signal.SIGKILL)
        first.wait()
        self.pipeline.ingestd.start()
        self.pipeline.ingestd.wait_ready()
        self.assertLessEqual(self.waiting(), 1)
        self.assertEqual(self.waiting(), 0)

    def test_an_office_that_is_none_makes_no_outbox(self):
        report = self.report("good.csv", row(23))
        for office, told in (("KZ-99", "KZ-99"), ("Карагандинская область", "KZ-35")):
            with self.subTest(office):
                done = self.pipeline.kadr("push", "--office", office, report)
                self.assertEqual(done.returncode, EX_USAGE, done.stderr)
                self.assertIn(told, done.stderr)
        done = self.pipeline.kadr("push")
        self.assertEqual(done.returncode, 0, done.stderr)  # nothing waits for ever

    def test_a_language_that_is_none_is_told(self):
        done = self.pipeline.kadr("rollup", "--lang", "de")
        self.assertEqual((done.returncode, "kk, ru or en" in done.stderr), (EX_USAGE, True))

    def test_an_outbox_has_one_place(self):
        config = self.pipeline.directory / "homeless.conf"
        config.write_text("".join(line for line in self.pipeline.config.read_text().splitlines(keepends=True)
                                  if not line.startswith("outbox")))
        nowhere = {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_STATE_HOME")}
        cwd = self.pipeline.directory / "cwd"
        cwd.mkdir()
        for arguments in (["--office", "KZ-35", str(self.report("a.csv", row(1)))], []):
            done = subprocess.run([str(BIN / "kadr"), "--config", str(config), "push", *arguments], cwd=cwd, env=nowhere,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, EX_CONFIG, done.stderr)
            self.assertIn("--outbox", done.stderr)
            self.assertEqual(list(cwd.iterdir()), [])

    def test_a_word_too_many_is_told(self):
        """Of every command: a new one comes into this table, or the test fails."""
        name = re.compile(r"^  (\w+) ", re.M)
        listed = set(name.findall(self.pipeline.kadr("help").stdout.partition("Commands")[2]))
        tried = {
            "push": [("--office", "KZ-35", "--replaces", "1", "a.csv", "b.csv")],
            "rollup": [("KZ-35",)], "watch": [("KZ-35",)], "status": [("storaged",)], "plans": [("KZ-35",)],
            "coverage": [("headcount",)], "explain": [("headcount",), ("--indicator", "headcount", "KZ-35")],
            "diff": [("0",), ("--from", "0", "1")],
            "series": [("headcount",), ("--indicator", "headcount", "--from", "2024-01-01", "KZ-35")],
            "compare": [(), ("2024-01-31",), ("2024-01-31", "2024-02-29", "2024-03-31"), ("2024-01-31", "soon")],
            "health": [(), ("foo",), ("foo:bar",), (":1",), ("http://",), ("https://127.0.0.1:1/",), ("storaged", "ingestd"),
                       ("",)],
            "reference": [(), ("aply",), ("apply", "config")],
            "units": [(), ("import",), ("export", "units.csv")],
            "help": [("rollup", "plans"), ("nothing",)],
            "version": [("1",)],
        }
        self.assertEqual(set(tried), listed)
        for command, wrong in tried.items():
            for words in wrong:
                with self.subTest(command=command, words=words):
                    done = self.pipeline.kadr(command, *words, timeout=60)
                    self.assertEqual((done.returncode, done.stdout), (EX_USAGE, ""), done.stderr)
                    self.assertRegex(done.stderr, r"^kadr: .+")


if __name__ == "__main__":
    unittest.main()
