# SPDX-License-Identifier: Apache-2.0
"""A stopped pipeline: reports stay safe in the outbox (exit 75), go out at the next push, once; and clean ends."""
import unittest

from journal import read_journal
from kadrtest import EX_TEMPFAIL, ROOT, Pipeline, cell_of, wait_for

SAMPLE = ROOT / "config/samples/KZ-35/2023-11-20.csv"


class Outage(unittest.TestCase):
    def setUp(self):
        self.pipeline = Pipeline()
        self.addCleanup(self.pipeline.close)

    def check_once(self):
        journal = read_journal(self.pipeline)
        self.assertEqual([(r.office, r.sequence) for r in journal.reports], [("KZ-35", 1)])
        self.pipeline.wait_caught_up()
        cell = cell_of(self.pipeline.rollup("--unit", "KZ-35"), "KZ-35", "need_declared",
                       {"cadre": "doctor", "settlement": "rural"})
        self.assertEqual(cell["lo"], 23)

    def test_everything_down(self):
        self.pipeline.push("KZ-35", SAMPLE, "--dry-run")
        self.assertEqual(set(self.pipeline.stop().values()), {0})
        done = self.pipeline.kadr("push", "--office", "KZ-35", SAMPLE)
        self.assertEqual(done.returncode, EX_TEMPFAIL, done.stdout + done.stderr)
        self.assertIn("outbox", done.stdout + done.stderr)
        self.pipeline.start()
        receipt, = self.pipeline.push("KZ-35")
        self.assertEqual((receipt["outcome"], receipt["sequence"]), ("committed", 1))
        self.check_once()

    def test_storaged_down(self):
        self.pipeline.push("KZ-35", SAMPLE, "--dry-run")
        self.pipeline.storaged.kill()
        self.pipeline.push("KZ-35", SAMPLE, expect=EX_TEMPFAIL)
        self.pipeline.storaged.start()
        self.pipeline.storaged.wait_ready()
        wait_for(self.pipeline.ingestd.is_ready, "ingestd to find storaged again")
        receipts = self.pipeline.push("KZ-35")
        self.assertEqual([(r["outcome"] in ("committed", "duplicate"), r["sequence"]) for r in receipts], [(True, 1)])
        self.check_once()

    def test_nothing_waits(self):
        self.pipeline.push("KZ-35", SAMPLE)
        self.assertEqual(self.pipeline.push("KZ-35"), [])


if __name__ == "__main__":
    unittest.main()
