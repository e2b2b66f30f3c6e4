# SPDX-License-Identifier: Apache-2.0
"""aggregatord's checkpoint: a start reads what is new since; a file that is of no use costs a full reading, nothing else."""
import shutil
import stat
import unittest

from kadrtest import Pipeline, http_get


class Checkpoint(unittest.TestCase):
    def setUp(self):
        self.pipeline = Pipeline(start=False)
        self.addCleanup(self.pipeline.close)
        self.file = self.pipeline.directory / "checkpoint"
        self.daemon = self.pipeline.aggregatord
        self.daemon.command += ["--checkpoint", str(self.file)]

    def start_again(self):
        """aggregatord anew, caught up; its /status."""
        self.daemon.start()
        self.daemon.wait_ready()
        self.pipeline.wait_caught_up()
        return self.daemon.status()

    def stop_and_start(self):
        self.assertEqual(self.daemon.stop(), 0, self.daemon.tail())
        return self.start_again()

    def push_value(self, value):
        path = self.pipeline.directory / "one.csv"
        path.write_text(f"unit,indicator,breakdown,period,value\nKZ-35,housing_need,,2024-06-01,{value}\n")
        self.pipeline.push("KZ-35", path)
        self.pipeline.wait_caught_up()

    def digest_without_checkpoint(self):
        """Of an aggregator that has read the whole journal."""
        other, _ = self.pipeline.second_aggregatord()
        self.pipeline.wait_caught_up(other)
        status = other.status()
        self.assertEqual(status["started_from"], 0)
        self.assertEqual(other.stop(), 0)
        return status["digest"]

    def test_a_start_goes_on_at_the_checkpoint(self):
        pipeline, daemon = self.pipeline, self.daemon
        pipeline.start()
        self.assertIn("event=no_checkpoint", daemon.log.read_text())
        pipeline.push_samples()
        before = daemon.status()
        self.assertEqual(before["started_from"], 0)
        self.assertEqual(daemon.stop(), 0, daemon.tail())
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.assertEqual([p.name for p in pipeline.directory.glob("checkpoint*")], ["checkpoint"])

        path = pipeline.directory / "while-down.csv"
        path.write_text("unit,indicator,breakdown,period,value\nKZ-35,housing_need,,2024-06-01,77\n")
        pipeline.push("KZ-35", path)
        after = self.start_again()
        self.assertEqual(after["started_from"], before["commit"])
        self.assertEqual(after["commit"], before["commit"] + 1)
        self.assertEqual(daemon.metric("kadr_aggregate_records_total"), 1)
        self.assertEqual(daemon.metric("kadr_aggregate_checkpoint_commit"), before["commit"])
        self.assertEqual(daemon.metric("kadr_aggregate_checkpoint_failures_total"), 0)
        self.assertNotEqual(after["digest"], before["digest"])
        self.assertEqual(after["digest"], self.digest_without_checkpoint())

        idle = self.stop_and_start()  # nothing new since: what stands in the file is all there is
        self.assertEqual((idle["started_from"], idle["digest"]), (after["commit"], after["digest"]))

    def test_one_damaged_byte_costs_a_full_reading(self):
        pipeline, daemon = self.pipeline, self.daemon
        pipeline.start()
        pipeline.push_samples()
        digest = daemon.status()["digest"]
        self.assertEqual(daemon.stop(), 0, daemon.tail())
        content = bytearray(self.file.read_bytes())
        content[len(content) // 2] ^= 1
        self.file.write_bytes(content)
        status = self.start_again()
        self.assertEqual(status["started_from"], 0)
        self.assertEqual(daemon.metric("kadr_aggregate_records_total"), status["commit"])
        self.assertEqual(daemon.metric("kadr_aggregate_checkpoint_failures_total"), 1)
        self.assertRegex(daemon.log.read_text(), r"level=warn .*event=checkpoint_ignored .*error=\S+")
        self.assertEqual(status["digest"], digest)
        self.assertEqual(self.stop_and_start()["started_from"], status["commit"])  # it was written anew

    def test_a_journal_with_another_past_discards_it(self):
        """The store's folder is replaced by an older copy and grows to the same length: one lineage, two histories."""
        pipeline, daemon = self.pipeline, self.daemon
        data, copy = pipeline.directory / "data", pipeline.directory / "copy"
        pipeline.start()
        self.assertEqual(pipeline.stop(), {"ingestd": 0, "aggregatord": 0, "storaged": 0})
        shutil.copytree(data, copy)
        pipeline.start()
        self.push_value(11)
        first = daemon.status()
        self.assertEqual(pipeline.stop(), {"ingestd": 0, "aggregatord": 0, "storaged": 0})
        shutil.rmtree(data)
        copy.rename(data)
        shutil.rmtree(pipeline.directory / "outbox")  # another office's computer
        pipeline.storaged.start()
        pipeline.ingestd.start()
        pipeline.storaged.wait_ready()
        pipeline.ingestd.wait_ready()
        path = pipeline.directory / "one.csv"
        path.write_text("unit,indicator,breakdown,period,value\nKZ-35,housing_need,,2024-06-01,12\n")
        pipeline.push("KZ-35", path)
        status = self.start_again()
        self.assertEqual((status["lineage"], status["commit"]), (first["lineage"], first["commit"]))
        self.assertEqual(status["started_from"], 0)
        self.assertIn("event=checkpoint_discarded", daemon.log.read_text())
        self.assertEqual(daemon.metric("kadr_aggregate_checkpoint_failures_total"), 1)
        self.assertNotEqual(status["digest"], first["digest"])
        self.assertEqual(status["digest"], self.digest_without_checkpoint())

    def test_written_while_running_and_a_failure_stops_nothing(self):
        pipeline, daemon = self.pipeline, self.daemon
        daemon.command += ["--checkpoint-every", "2"]
        pipeline.start()
        for value in range(1, 6):
            self.push_value(value)
        written = daemon.metric("kadr_aggregate_checkpoints_total")
        self.assertGreaterEqual(written, 2)
        self.assertEqual(daemon.metric("kadr_aggregate_checkpoint_failures_total"), 0)
        commit = daemon.metric("kadr_aggregate_checkpoint_commit")
        (pipeline.directory / "checkpoint.tmp").mkdir()  # in the way of the next one
        for value in range(6, 11):
            self.push_value(value)
        self.assertGreaterEqual(daemon.metric("kadr_aggregate_checkpoint_failures_total"), 2)
        self.assertEqual(daemon.metric("kadr_aggregate_checkpoints_total"), written)
        self.assertEqual(http_get(daemon.http_port, "/readyz")[0], 200)
        self.assertRegex(daemon.log.read_text(), r"level=warn .*event=checkpoint_not_written .*checkpoint\.tmp")

        daemon.kill()  # the last good one is whole
        status = self.start_again()
        self.assertEqual(status["started_from"], commit)
        self.assertEqual(status["digest"], self.digest_without_checkpoint())


if __name__ == "__main__":
    unittest.main()
