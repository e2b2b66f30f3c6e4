# SPDX-License-Identifier: Apache-2.0
"""Bad input: each gets a clear answer and counts in a metric; nothing valid is lost, nothing crashes."""
import json
import re
import unittest

import zmq

from journal import load_protocol
from kadrtest import EX_DATA, EX_SOME_REJECTED, PipelineCase, cell_of, wait_for

HEADER = "unit,indicator,breakdown,period,value,note\n"
GOOD = "KZ-35,need_declared,cadre=doctor,2023-11-20,23,\n"

# name: (row, code, column of the wrong cell)
ROWS = {
    "unknown unit": ("KZ-99,need_declared,cadre=doctor,2023-11-20,1,", "unknown_unit", 1),
    "a unit's name": ("Карагандинская область,need_declared,cadre=doctor,2023-11-20,1,", "unit_by_name", 1),
    "another office's unit": ("KZ-33,need_declared,cadre=doctor,2023-11-20,1,", "unit_outside_scope", 1),
    "unknown indicator": ("KZ-35,need_declred,cadre=doctor,2023-11-20,1,", "unknown_indicator", 2),
    "unknown member": ("KZ-35,need_declared,cadre=dcotor,2023-11-20,1,", "unknown_member", 3),
    "wrong dimension": ("KZ-35,need_declared,country=TR,2023-11-20,1,", "wrong_dimension", 3),
    "impossible date": ("KZ-35,need_declared,cadre=doctor,2023-02-30,1,", "bad_period", 4),
    "a year for a stock": ("KZ-35,need_declared,cadre=doctor,2023,1,", "period_not_a_day", 4),
    "a day to come": ("KZ-35,need_declared,cadre=doctor,2024-07-02,1,", "period_in_future", 4),
    "not a number": ("KZ-35,need_declared,cadre=doctor,2023-11-20,many,", "bad_value", 5),
    "a part of a person": ("KZ-35,need_declared,cadre=doctor,2023-11-20,1.5,", "too_precise", 5),
    "below zero": ("KZ-35,need_declared,cadre=doctor,2023-11-20,-5,", None, 5),
    "out of range": ("KZ-35,equipment_level,,2023-11-20,930,", "out_of_range", 5),
    "unknown reason": ("KZ-35,need_declared,cadre=doctor,2023-11-20,?lost,", "unknown_reason", 5),
}


class BadFiles(PipelineCase):
    def write(self, name, text):
        path = self.pipeline.directory / name
        path.write_text(text)
        return path

    def test_each_wrong_cell_is_named_and_the_good_row_takes_force(self):
        for name, (row, code, column) in ROWS.items():
            with self.subTest(name):
                path = self.write("bad.csv", HEADER + GOOD + row + "\n")
                done = self.pipeline.kadr("push", "--office", "KZ-35", path)
                self.assertEqual(done.returncode, EX_SOME_REJECTED, done.stdout + done.stderr)
                line = next((l for l in (done.stdout + done.stderr).splitlines() if "bad.csv:3:" in l), "")
                match = re.search(r"bad\.csv:3:(\d+): (\w+): (.+): (.+)", line)
                self.assertIsNotNone(match, done.stdout + done.stderr)
                self.assertEqual(int(match.group(1)), column, line)
                if code:
                    self.assertEqual(match.group(2), code, line)
        self.pipeline.wait_caught_up()
        cell = cell_of(self.pipeline.rollup("--unit", "KZ-35"), "KZ-35", "need_declared", {"cadre": "doctor"})
        self.assertEqual((cell["lo"], cell["hi"]), (23, 23))

    def test_what_may_have_been_meant_is_told(self):
        path = self.write("meant.csv", HEADER + GOOD + "KZ-35,need_declred,,2023-11-20,1,\n"
                          "KZ-35,need_declared,settlement=ruraal,2023-11-20,1,\n")
        for options in (("--dry-run",), ()):
            receipt = json.loads(self.pipeline.kadr("push", "--office", "KZ-35", "--json", *options, path).stdout)
            remedies = [d["remedy"] for d in receipt["diagnostics"]]
            self.assertEqual(remedies, ["write need_declared, if that is meant, or another code of the catalogue",
                                        "write a code that the catalogue lists for settlement: urban, rural"])

    def test_all_or_nothing(self):
        path = self.write("strict.csv", HEADER + "KZ-35,hightech_service_kinds,,2023-11-20,7,\n"
                          "KZ-35,need_declred,,2023-11-20,1,\n")
        done = self.pipeline.kadr("push", "--office", "KZ-35", "--all-or-nothing", path)
        self.assertIn(done.returncode, (EX_SOME_REJECTED, EX_DATA), done.stdout + done.stderr)
        self.pipeline.wait_caught_up()
        kinds = [c for c in self.pipeline.rollup("--unit", "KZ-35")["cells"] if c["indicator"] == "hightech_service_kinds"]
        self.assertTrue(all(c["basis"] == "none" for c in kinds), kinds)

    def test_malformed_csv(self):
        path = self.write("open.csv", HEADER + GOOD + 'KZ-35,need_declared,"cadre=doctor,2023-11-20,1,\n')
        done = self.pipeline.kadr("push", "--office", "KZ-35", path)
        self.assertIn(done.returncode, (EX_SOME_REJECTED, EX_DATA), done.stdout + done.stderr)
        self.assertIn("csv_malformed", done.stdout + done.stderr)

    def test_faults_stand_in_the_order_of_the_file(self):
        """Those that its reader finds and those that ingestd finds, with a `#` line that is not known or without."""
        rows = (GOOD, "KZ-99,need_declared,,2023-11-20,1,\n", "KZ-35,need_declared,,2023-11-20,,\n",
                "KZ-98,need_declared,,2023-11-20,1,\n", "KZ-35,need_declared,,never,1,\n")
        path = self.write("order.csv", HEADER + "".join(rows))
        wanted = [(3, "unknown_unit"), (4, "value_empty"), (5, "unknown_unit"), (6, "bad_period")]
        for options in (("--dry-run",), ()):
            done = self.pipeline.kadr("push", "--office", "KZ-35", "--lang", "en", *options, path)
            told = re.findall(r"order\.csv:(\d+):\d+: (\w+): ", done.stderr)
            self.assertEqual([(int(line), code) for line, code in told], wanted, done.stderr)
            receipt = json.loads(self.pipeline.kadr("push", "--office", "KZ-35", "--json", *options, path).stdout)
            self.assertEqual([(d["line"], d["code"]) for d in receipt["diagnostics"]], wanted)
        path.write_text("#replace: 7\n" + path.read_text())
        done = self.pipeline.kadr("push", "--office", "KZ-35", "--lang", "en", path)
        told = re.findall(r"order\.csv:(\d+):\d+: (\w+): ", done.stderr)
        self.assertEqual([(int(line), code) for line, code in told],
                         [(1, "header_key_unknown")] + [(line + 1, code) for line, code in wanted])
        self.assertIn("#replaces", done.stderr)
        self.assertEqual(done.returncode, EX_DATA)

    def test_dry_run_sends_nothing(self):
        before = self.pipeline.storaged.status()["commit"]
        path = self.write("dry.csv", HEADER + GOOD + "KZ-99,need_declared,,2023-11-20,1,\n")
        done = self.pipeline.kadr("push", "--office", "KZ-35", "--dry-run", path)
        self.assertEqual(done.returncode, EX_SOME_REJECTED, done.stdout + done.stderr)
        self.assertIn("dry.csv:3:1: unknown_unit", done.stdout + done.stderr)
        self.assertEqual(self.pipeline.storaged.status()["commit"], before)


class BadFrames(PipelineCase):
    """What no `kadr push` would send, from a bare ZeroMQ socket."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.v1 = load_protocol()

    def socket(self, endpoint):
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(endpoint)
        self.addCleanup(socket.close)
        return socket

    def bad_messages(self, daemon):
        """Everything that the daemon counts as bad, whatever it calls the kind."""
        return daemon.metric(r"kadr_\w+_(?:bad|dropped|refused)\w*_total")

    def links(self):
        pipeline = self.pipeline
        return ((pipeline.ingestd, pipeline.ingest), (pipeline.storaged, pipeline.store),
                (pipeline.aggregatord, pipeline.query))

    def test_garbage_and_wrong_frame_count_are_counted(self):
        for daemon, endpoint in self.links():
            for name, frames in (("garbage", [b"\xff\x00 not protobuf"]), ("empty", [b""]),
                                 ("nine frames", [b"x"] * 9)):
                with self.subTest(daemon=daemon.name, frames=name):
                    before = self.bad_messages(daemon)
                    self.socket(endpoint).send_multipart(frames)
                    wait_for(lambda d=daemon, b=before: self.bad_messages(d) > b,
                             f"{daemon.name} to count {name}; it has {before}", 20)
                    self.assertTrue(daemon.is_ready())

    def test_an_oversized_frame_is_counted_and_told(self):
        for daemon, endpoint in self.links():
            with self.subTest(daemon.name):
                before = self.bad_messages(daemon)
                socket = self.socket(endpoint)
                socket.send(b"\0" * (9 << 20))
                self.assertTrue(socket.poll(20_000), "no answer")
                self.assertIn(b"frame_size", socket.recv())
                self.assertGreater(self.bad_messages(daemon), before)
                self.assertTrue(daemon.is_ready())

    def test_a_wrong_frame_count_is_told(self):
        for daemon, endpoint in self.links():
            with self.subTest(daemon.name):
                socket = self.socket(endpoint)
                socket.send_multipart([b"", b"x"])
                self.assertTrue(socket.poll(20_000), "no answer")
                self.assertIn(b"frame_count", socket.recv())

    def test_a_frame_over_twice_the_bound_ends_only_its_own_connection(self):
        for daemon, endpoint in self.links():
            with self.subTest(daemon.name):
                socket = self.socket(endpoint)
                monitor = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
                self.addCleanup(monitor.close)
                socket.send(b"\0" * (17 << 20))
                self.assertTrue(monitor.poll(20_000), "the peer was not cut off")
                socket.disable_monitor()
                self.assertTrue(daemon.is_ready())

    def test_other_version_and_bad_ids_are_answered(self):
        office = self.v1.office
        ping = office.OfficeRequest(version=99)
        ping.ping.nonce = 1
        submit = office.OfficeRequest(version=1)
        submit.submit.office = "no such office!"
        submit.submit.sequence = 1
        for name, request in (("version 99", ping), ("bad office", submit)):
            with self.subTest(name):
                socket = self.socket(self.pipeline.ingest)
                socket.send(request.SerializeToString())
                self.assertTrue(socket.poll(20_000), "no answer")
                reply = office.OfficeReply.FromString(socket.recv())
                self.assertEqual(reply.WhichOneof("body"), "refusal")
                self.assertTrue(reply.refusal.diagnostic.text and reply.refusal.diagnostic.remedy)

    def test_undecodable_report_is_held_and_the_next_one_goes_on(self):
        office, socket = self.v1.office, self.socket(self.pipeline.ingest)
        receipts = []
        for sequence, report in ((1, b"\xff\xff\xff"), (2, self.good_report())):
            request = office.OfficeRequest(version=1)
            request.submit.office, request.submit.stream = "KZ-35", bytes(range(16))
            request.submit.sequence, request.submit.report = sequence, report
            socket.send(request.SerializeToString())
        while len(receipts) < 2:
            self.assertTrue(socket.poll(20_000), f"receipts so far: {receipts}")
            reply = office.OfficeReply.FromString(socket.recv())
            self.assertEqual(reply.WhichOneof("body"), "receipts", reply)
            receipts += reply.receipts.receipts
        common = self.v1.common
        self.assertEqual([r.outcome for r in receipts], [common.OUTCOME_HELD, common.OUTCOME_COMMITTED])
        self.assertEqual(receipts[1].accepted, 1)

    def good_report(self):
        v1 = self.v1
        report = v1.report.Report(format=1, stated_at_ms=1_700_000_000_000, report_id=bytes(16))
        observation = report.observations.add(unit="KZ-35", indicator="need_declared")
        observation.period.first = observation.period.last = 19681  # 2023-11-20
        observation.value.interval.lo = observation.value.interval.hi = 23
        observation.value.interval.scale = 1
        return report.SerializeToString()


if __name__ == "__main__":
    unittest.main()
