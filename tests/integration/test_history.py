# SPDX-License-Identifier: Apache-2.0
"""aggregatord's history: whatever happens to it, it says what one made of the same journal afresh says, and the live figures never wait."""
import os
import shutil
import subprocess
import threading
import unittest
from pathlib import Path

from kadrtest import EX_OK, EX_TEMPFAIL, Pipeline, cell_of, wait_for

DUMP = Path(os.environ["KADR_BUILD_DIR"]) / "tests/history_dump"
OFFICE = "KZ-35"


class History(unittest.TestCase):
    def setUp(self):
        self.pipeline = Pipeline(start=False)
        self.addCleanup(self.pipeline.close)
        self.daemon = self.pipeline.aggregatord
        self.folder = self.pipeline.directory / "history-kadr"

    def state(self, daemon=None):
        status = (daemon or self.daemon).status()
        return status and status["history"]

    def wait_level(self, daemon=None):
        """Until the history holds storaged's head; that commit."""
        daemon = daemon or self.daemon

        def level():
            stored, history = self.pipeline.storaged.status(), self.state(daemon)
            return stored and history and history["open"] and history["commit"] == stored["commit"] and stored["commit"]
        return wait_for(level, lambda: f"the history to hold storaged's head: {self.state(daemon)}\n{daemon.tail()}")

    def wait_event(self, event, daemon=None):
        daemon = daemon or self.daemon
        wait_for(lambda: f"event={event} " in daemon.log.read_text(), lambda: f"{event}; the log ends\n{daemon.tail()}")

    def dump(self, folder):
        done = subprocess.run([str(DUMP), str(folder)], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def dump_made_afresh(self):
        """Of an aggregator that has read the whole journal."""
        other, _ = self.pipeline.second_aggregatord()
        self.wait_level(other)
        self.assertEqual(other.stop(), 0, other.tail())
        return self.dump(self.pipeline.directory / "history-second")

    def expect_as_made_afresh(self):
        commit = self.wait_level()
        self.assertEqual(self.daemon.stop(), 0, self.daemon.tail())
        ours = self.dump(self.folder)
        self.assertEqual(ours, self.dump_made_afresh())
        self.assertTrue(ours.startswith(f"position {commit} "), ours[:60])
        return ours

    def push_value(self, value):
        path = self.pipeline.directory / "one.csv"
        path.write_text(f"unit,indicator,breakdown,period,value,note\n{OFFICE},housing_need,,2024-06-01,{value},a note\n")
        self.pipeline.push(OFFICE, path)
        self.pipeline.wait_caught_up()

    def write_reports(self, count):
        folder = self.pipeline.directory / "reports"
        folder.mkdir()
        for number in range(count):
            (folder / f"r{number:04}.csv").write_text(
                "#confirm: yes\nunit,indicator,breakdown,period,value\n"
                f"{OFFICE},arrivals,cadre=doctor settlement=rural,2023-{number // 28 % 12 + 1:02}-{number % 28 + 1:02},{number}\n")
        return folder

    def push_all(self, folder):
        files = sorted(path.name for path in folder.glob("*.csv"))
        while True:
            done = self.pipeline.kadr("push", "--office", OFFICE, *files, cwd=folder)
            if done.returncode != EX_TEMPFAIL:
                self.assertEqual(done.returncode, EX_OK, done.stderr)
                return
            files = []

    def test_killed_during_a_push(self):
        """kill -9 three times while a thousand reports come in; what is there at the end is what was accepted."""
        pipeline, daemon = self.pipeline, self.daemon
        pipeline.start()
        pipeline.push_samples()
        folder = self.write_reports(1000)
        push = threading.Thread(target=self.push_all, args=(folder,))
        push.start()
        stood = []
        for share in (100, 400, 700):
            wait_for(lambda share=share: self.state() and self.state()["commit"] >= share,
                     lambda share=share: f"the history to reach {share}: {self.state()}")
            daemon.kill()
            daemon.start()
            daemon.wait_ready()
            wait_for(lambda: self.state() and self.state()["open"], lambda: f"it to open: {self.state()}")
            stood.append(self.state()["commit"])
        push.join()
        text = self.expect_as_made_afresh()
        self.assertTrue(all(commit >= share for commit, share in zip(stood, (100, 400, 700))), stood)  # not begun anew
        self.assertEqual(text.count("\nreport "), pipeline.storaged.status()["commit"] - 2, "all were accepted")
        self.assertEqual(sum(f"{OFFICE} arrivals " in line for line in text.splitlines()), 1000)
        self.assertNotIn("history_discarded", daemon.log.read_text())
        self.assertNotIn("history_damaged", daemon.log.read_text())

    def test_damaged_folder_is_made_anew(self):
        pipeline, daemon = self.pipeline, self.daemon
        pipeline.start()
        pipeline.push_samples()
        self.wait_level()
        self.assertEqual(daemon.stop(), 0, daemon.tail())
        data = self.folder / "kadr-history/data.mdb"
        data.write_bytes(data.read_bytes()[:-3 * 4096])
        daemon.start()
        daemon.wait_ready()
        self.wait_event("history_damaged")
        self.expect_as_made_afresh()

    def test_history_of_another_journal_is_made_anew(self):
        pipeline, daemon = self.pipeline, self.daemon
        with Pipeline() as other:
            other.push_samples()
            wait_for(lambda: other.aggregatord.status()["history"]["lag"] == 0 and
                     other.aggregatord.status()["history"]["commit"] > 4, lambda: str(other.aggregatord.status()))
            other.stop()
            shutil.copytree(other.directory / "history-kadr", self.folder)
        pipeline.start()
        self.wait_event("history_discarded")
        self.push_value(5)
        self.wait_level()
        self.assertEqual(daemon.metric("kadr_history_wipes_total"), 1)
        self.expect_as_made_afresh()

    def test_journal_with_another_past(self):
        """The store's folder is replaced by an older copy and grows to the same length: one lineage, two histories."""
        pipeline, daemon = self.pipeline, self.daemon
        data, copy = pipeline.directory / "data", pipeline.directory / "copy"
        pipeline.start()
        self.wait_level()
        self.assertEqual(pipeline.stop(), {"ingestd": 0, "aggregatord": 0, "storaged": 0})
        shutil.copytree(data, copy)
        pipeline.start()
        self.push_value(11)
        self.wait_level()
        self.assertEqual(pipeline.stop(), {"ingestd": 0, "aggregatord": 0, "storaged": 0})
        shutil.rmtree(data)
        copy.rename(data)
        shutil.rmtree(pipeline.directory / "outbox")  # another office's computer
        pipeline.start()
        self.wait_event("history_discarded")
        self.push_value(12)
        text = self.expect_as_made_afresh()
        self.assertIn(" 12 stated=12 note=a note", text)
        self.assertNotIn(" 11 stated=11 ", text)

    def test_folder_that_cannot_be_made(self):
        """Live figures come without it; when the reason is gone it catches up, without a restart."""
        pipeline, daemon = self.pipeline, self.daemon
        self.folder.write_text("a file, no folder")
        pipeline.start()
        self.wait_event("history_unusable")
        self.push_value(77)
        answer = pipeline.rollup("--unit", OFFICE, "--indicator", "housing_need", "--as-of", "2024-06-01")
        self.assertEqual(cell_of(answer, OFFICE, "housing_need")["lo"], 77)
        self.assertFalse(self.state()["open"])
        self.assertEqual(daemon.metric("kadr_history_open"), 0)
        self.assertGreaterEqual(daemon.metric("kadr_history_failures_total"), 1)
        self.folder.unlink()
        self.expect_as_made_afresh()

    def test_full_map(self):
        """A history that cannot grow stands still, says so, and nothing else does."""
        pipeline, daemon = self.pipeline, self.daemon
        daemon.command += ["--history-map", "1M"]
        pipeline.start()
        path = pipeline.directory / "large.csv"
        for number in range(8):
            rows = "".join(f"{OFFICE},arrivals,cadre={cadre} settlement={settlement},{2010 + number}-{day // 28 + 1:02}-{day % 28 + 1:02},"
                           f"{day},{'a long remark ' * 20}\n"
                           for day in range(336) for cadre in ("doctor", "midlevel") for settlement in ("rural", "urban"))
            path.write_text(f"#confirm: yes\nunit,indicator,breakdown,period,value,note\n{rows}")
            pipeline.push(OFFICE, path)
        pipeline.wait_caught_up()
        self.wait_event("history_unusable")
        self.assertRegex(daemon.log.read_text(), r"event=history_unusable .*at=write error=\"no space left\"")
        stands = self.state()["commit"]
        self.push_value(78)
        self.assertEqual(daemon.status()["published"], pipeline.storaged.status()["commit"])
        self.assertEqual(self.state()["commit"], stands)
        self.assertGreater(self.state()["lag"], 0)
        self.assertEqual(daemon.stop(), 0, daemon.tail())
        daemon.command[-1] = "1G"
        daemon.start()
        daemon.wait_ready()
        self.expect_as_made_afresh()

    def digest_of_one_that_keeps_all(self):
        self.pipeline.wait_caught_up()
        other, _ = self.pipeline.second_aggregatord()
        self.pipeline.wait_caught_up(other)
        digest = other.status()["digest"]
        self.assertEqual(other.stop(), 0, other.tail())
        return digest

    def push_days(self, rows):
        path = self.pipeline.directory / "days.csv"
        path.write_text("#confirm: yes\nunit,indicator,breakdown,period,value\n" +
                        "".join(f"{OFFICE},housing_need,,{day},{value}\n" for day, value in rows))
        self.pipeline.push(OFFICE, path)
        self.pipeline.wait_caught_up()

    def wait_let_go(self, least):
        wait_for(lambda: self.daemon.metric("kadr_aggregate_let_go_statements") >= least,
                 lambda: f"statements to be let go: {self.daemon.metric('kadr_aggregate_let_go_statements')}")

    def test_superseded_days_leave_memory_and_come_back(self):
        pipeline, daemon = self.pipeline, self.daemon
        daemon.command += ["--checkpoint", str(pipeline.directory / "checkpoint")]
        pipeline.start()
        days = [f"2024-{month:02}-{day:02}" for month in range(1, 6) for day in range(1, 29)]
        self.push_days([(day, 100 + number) for number, day in enumerate(days)])
        self.wait_let_go(len(days) - 1)
        kept = daemon.status()["statements"]
        self.push_days([(days[-1], "withdrawn"), (days[3], 5)])
        self.assertEqual(daemon.status()["digest"], self.digest_of_one_that_keeps_all())
        self.assertGreaterEqual(daemon.metric("kadr_aggregate_recalls_total"), 1)
        answer = pipeline.rollup("--unit", OFFICE, "--indicator", "housing_need", "--as-of", days[3])
        self.assertEqual(cell_of(answer, OFFICE, "housing_need")["lo"], 5)
        self.wait_let_go(len(days) - 2)

        commit = daemon.status()["commit"]
        self.assertEqual(daemon.stop(), 0, daemon.tail())
        daemon.start()
        daemon.wait_ready()
        status = daemon.status()
        self.assertEqual(status["started_from"], commit)
        self.assertLess(status["statements"], kept + 5)
        self.push_days([(days[-2], "withdrawn")])
        self.assertEqual(daemon.status()["digest"], self.digest_of_one_that_keeps_all())
        self.assertGreaterEqual(daemon.metric("kadr_aggregate_recalls_total"), 1)

        self.assertEqual(daemon.stop(), 0, daemon.tail())
        daemon.command += ["--history", ""]
        daemon.start()  # what the checkpoint let go is nowhere now: the journal has it all
        daemon.wait_ready()
        self.wait_event("checkpoint_discarded")
        self.assertEqual(daemon.status()["started_from"], 0)
        self.push_days([(days[-3], "withdrawn")])
        self.assertEqual(daemon.status()["digest"], self.digest_of_one_that_keeps_all())

    def test_none_by_default(self):
        pipeline, daemon = self.pipeline, self.daemon
        daemon.command += ["--history", ""]
        pipeline.start()
        self.push_value(1)
        self.assertIsNone(daemon.status()["history"])
        self.assertFalse(self.folder.exists())
        self.assertEqual(daemon.stop(), 0, daemon.tail())


if __name__ == "__main__":
    unittest.main()
