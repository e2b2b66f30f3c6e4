# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each daemon in turn while ten thousand reports are pushed: nothing acknowledged is lost or doubled."""
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

from journal import read_journal
from kadrtest import BIN, EX_OK, EX_TEMPFAIL, FULL, Pipeline, json_objects, wait_for

REPORTS = 50_000 if FULL else 10_000
OFFICE = "KZ-35"
CADRES = ("doctor", "nurse_higher", "midlevel")


def write_reports(directory):
    """REPORTS files of one figure each, on days, cadres and settlements that do not repeat: each is its own key."""
    names = []
    for number in range(REPORTS):
        day = number // 6
        breakdown = f"cadre={CADRES[number % 3]} settlement={('rural', 'urban')[number // 3 % 2]}"
        month, day_of_month = divmod(day % 336, 28)
        year = 2023 - day // 336 % 2
        value = number % 9973 + (day // 672) * 10  # beyond two years: corrections of what was stated
        name = f"r{number:06}.csv"
        (directory / name).write_text("#confirm: yes\nunit,indicator,breakdown,period,value\n"
                                      f"{OFFICE},arrivals,{breakdown},{year}-{month + 1:02}-{day_of_month + 1:02},{value}\n")
        names.append(name)
    return names


class Crash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = Pipeline(day="2024-07-01")
        cls.addClassCleanup(cls.pipeline.close)
        cls.files = cls.pipeline.directory / "reports"
        cls.files.mkdir()
        cls.names = write_reports(cls.files)
        cls.receipts = cls.push_through_kills()

    @classmethod
    def push_all(cls):
        """What an office does: push the files, and push again while the answer is "safe in the outbox, not sent"."""
        command = [str(BIN / "kadr"), "--config", str(cls.pipeline.config), "push", "--office", OFFICE, "--json"]
        files, receipts = cls.names, []
        while True:
            done = subprocess.run([*command, *files], cwd=cls.files, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, check=False)
            receipts += json_objects(done.stdout)
            if done.returncode != EX_TEMPFAIL:
                return done, receipts
            files = []

    @classmethod
    def push_through_kills(cls):
        pipeline = cls.pipeline
        with ThreadPoolExecutor(1) as pool:
            push = pool.submit(cls.push_all)
            cls.kills = 0
            for share, daemon in ((2, pipeline.ingestd), (10, pipeline.storaged), (20, pipeline.storaged),
                                  (30, pipeline.aggregatord)):
                wait_for(lambda s=share: cls.committed() >= REPORTS * s // 100 or push.done(),
                         f"{share} % of the reports to be committed", 600)
                cls.kills += not push.done()
                daemon.kill()
                daemon.start()
                daemon.wait_ready()
            done, receipts = push.result()
        if done.returncode != EX_OK:
            raise AssertionError(f"kadr push ended with {done.returncode}: {done.stderr[-2000:]}")
        return receipts

    @classmethod
    def committed(cls):
        status = cls.pipeline.storaged.status()
        return status["commit"] if status else 0

    def test_1_the_daemons_were_killed_during_the_push(self):
        self.assertEqual(self.kills, 4)

    def test_2_every_acknowledged_report_is_there_once(self):
        journal = read_journal(self.pipeline)
        stored = {}
        for record in journal.reports:
            key = (record.office, record.stream.hex(), record.sequence)
            self.assertNotIn(key, stored, "a report stands twice in the journal")
            stored[key] = record
        for receipt in self.receipts:
            self.assertIn(receipt["outcome"], ("committed", "duplicate"))
            record = stored[(receipt["office"], receipt["stream"], receipt["sequence"])]
            self.assertEqual((receipt["commit"], receipt["digest"]), (record.commit, record.digest.hex()))
        self.assertEqual(len({r["sequence"] for r in self.receipts}), REPORTS, "every file has its receipt")
        self.assertEqual(len(stored), REPORTS)
        self.assertEqual(sorted(k[2] for k in stored), list(range(1, REPORTS + 1)))

    def test_3_the_live_rollup_equals_one_made_afresh(self):
        pipeline = self.pipeline
        pipeline.wait_caught_up()
        second, config = pipeline.second_aggregatord()
        commit = pipeline.wait_caught_up(second)
        live, fresh = pipeline.aggregatord.status(), second.status()
        self.assertEqual(live["commit"], commit)
        for field in ("lineage", "commit", "day", "reference", "digest", "cells"):
            self.assertEqual(live[field], fresh[field], field)
        ask = ("--unit", "KZ", "--subtree")
        self.assertEqual(pipeline.rollup(*ask), pipeline.rollup(*ask, config=config))

    def test_4_they_end_cleanly(self):
        self.assertEqual(self.pipeline.stop(), {"ingestd": 0, "aggregatord": 0, "storaged": 0})


if __name__ == "__main__":
    unittest.main()
