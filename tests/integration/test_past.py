# SPDX-License-Identifier: Apache-2.0
"""Questions about the past, as an analyst asks them: what was known before and after a correction, what changed, what
other reference data would alter; and the same answers after every kind of restart."""
import csv
import io
import json
import os
import shutil
import subprocess
import threading
import time
import unittest

import zmq

from journal import load_protocol
from kadrtest import BIN, EX_OK, Pipeline, ROOT, cell_of, wait_for

EX_USAGE, EX_DATA, EX_UNAVAILABLE = 64, 65, 69
OFFICE, INDICATOR = "KZ-33", "facilities_planned"


class Past(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = Pipeline(day="2024-07-01")
        cls.addClassCleanup(cls.pipeline.close)
        cls.before = cls.report("2024,59")
        cls.between = cls.wall()
        cls.after = cls.report("2024,62")

    @classmethod
    def report(cls, row):
        """The commit of a report of one figure."""
        path = cls.pipeline.directory / "one.csv"
        path.write_text(f"unit,indicator,breakdown,period,value\n{OFFICE},{INDICATOR},,{row}\n")
        receipt, = cls.pipeline.push(OFFICE, path)
        cls.pipeline.wait_caught_up()
        return receipt["commit"]

    @staticmethod
    def wall():
        """A second that lies wholly between two commits, as the tool takes it: the end of that second."""
        now = int(time.time())
        wait_for(lambda: time.time() >= now + 1, lambda: "the second to end")
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))

    def figure(self, *arguments):
        answer = self.pipeline.rollup("--unit", OFFICE, "--indicator", INDICATOR, *arguments)
        return answer["commit"], cell_of(answer, OFFICE, INDICATOR, {}, "2024")["lo"]

    def diff(self, *arguments):
        done = self.pipeline.kadr("diff", *arguments)
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        return done.stdout

    def refused(self, *arguments, code, text):
        done = self.pipeline.kadr(*arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertIn(text, done.stderr)

    def expect_both_figures(self):
        self.assertEqual(self.figure("--known-at", self.before), (self.before, 59))
        self.assertEqual(self.figure("--known-at", self.after), (self.after, 62))
        answer = json.loads(self.diff("--from", self.before, "--to", self.after, "--unit", OFFICE, "--json"))
        self.assertEqual((answer["from"]["commit"], answer["to"]["commit"]), (self.before, self.after))
        change, = [c for c in answer["changes"] if c["after"]["period"] == "2024"]
        self.assertEqual(change["kind"], "corrected")
        self.assertEqual((change["before"]["lo"], change["after"]["lo"]), (59, 62))

    def test_before_and_after_a_correction(self):
        self.expect_both_figures()

    def test_by_time(self):
        self.assertEqual(self.figure("--known-at", self.between), (self.before, 59))
        commit, figure = self.figure("--known-at", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 5 * 3600)))
        self.assertEqual((commit >= self.after, figure), (True, 62))
        answer = json.loads(self.diff("--from", self.between, "--unit", OFFICE, "--json"))
        self.assertEqual(answer["from"]["commit"], self.before)

    def test_known_at_and_as_of_together(self):
        commit, figure = self.figure("--known-at", self.before, "--as-of", "2024-06-01")
        self.assertEqual((commit, figure), (self.before, 59))
        self.assertEqual(self.figure("--as-of", "2024-06-01")[1], 62)  # what is known now, of an earlier day

    def test_what_people_read(self):
        shown = self.pipeline.kadr("rollup", "--unit", OFFICE, "--known-at", self.before)
        self.assertIn(f"as known at commit {self.before}", shown.stdout)
        self.assertIn("59", shown.stdout)
        text = self.diff("--from", self.before, "--to", self.after, "--unit", OFFICE)
        self.assertIn(f"changes from commit {self.before} ", text)
        self.assertIn("59 → 62 · corrected", text)
        self.assertIn("nothing changed", self.diff("--from", self.after, "--to", self.after))
        self.assertIn("исправлено", self.diff("--from", self.before, "--to", self.after, "--lang", "ru"))

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.diff("--from", self.before, "--to", self.after, "--unit", OFFICE,
                                                         "--format", "csv"))))
        row, = [r for r in rows if r["period"] == "2024"]
        self.assertEqual((row["kind"], row["before_lo"], row["after_lo"]), ("corrected", "59", "62"))
        self.assertNotIn(None, row)  # every line has as many columns as the heading

    def stock(self, *rows, stated):
        path = self.pipeline.directory / "stock.csv"
        path.write_text(f"#stated: {stated}\nunit,indicator,breakdown,period,value\n"
                        + "".join(f"KZ-27,headcount,cadre=doctor,{row}\n" for row in rows))
        receipt, = self.pipeline.push("KZ-27", path)
        self.pipeline.wait_caught_up()
        return receipt["commit"]

    def test_a_correction_of_a_past_day(self):
        """It is in no figure of today: only the diff of that day tells it."""
        before = self.stock("2024-01-31,900", "2024-05-31,950", stated="2024-06-01")
        after = self.stock("2024-01-31,910", stated="2024-06-02")
        question = ("--from", before, "--to", after, "--indicator", "headcount")
        self.assertEqual(json.loads(self.diff(*question, "--json"))["changes"], [])
        answer = json.loads(self.diff(*question, "--as-of", "2024-02-15", "--json"))
        self.assertEqual((answer["from"]["as_of"], answer["to"]["as_of"]), ("2024-02-15", "2024-02-15"))
        told = {c["after"]["unit"]: (c["kind"], c["before"]["lo"], c["after"]["lo"]) for c in answer["changes"]
                if c["after"]["breakdown"] == {"cadre": "doctor"}}
        self.assertEqual(told, {unit: ("corrected", 900, 910) for unit in ("KZ-27", "KZ")})
        for change in answer["changes"]:  # each is the figure that the rollup shows of that day
            cell = change["after"]
            for known, side in ((before, "before"), (after, "after")):
                shown = self.pipeline.rollup("--unit", cell["unit"], "--indicator", "headcount", "--known-at", known,
                                             "--as-of", "2024-02-15")
                figure = cell_of(shown, cell["unit"], "headcount", cell["breakdown"])
                self.assertEqual((figure["lo"], figure["hi"]), (change[side]["lo"], change[side]["hi"]))
        self.assertEqual(json.loads(self.diff(*question, "--as-of", "2024-01-30", "--json"))["changes"], [])
        self.refused("diff", *question, "--as-of", "2024-07-02", code=EX_DATA, text="2024-07-02")
        self.assertIn("900 → 910 · corrected", self.diff(*question, "--as-of", "2024-02-15"))
        self.assertNotIn("--as-of", self.diff(*question, "--as-of", "2024-02-15"))
        for lang in ("en", "ru", "kk"):
            self.assertIn("--as-of", self.diff(*question, "--lang", lang))

    def test_since_nothing(self):
        answer = json.loads(self.diff("--from", 0, "--to", self.before, "--unit", OFFICE, "--json"))
        self.assertIsNone(answer["from"])
        self.assertEqual({c["kind"] for c in answer["changes"]}, {"new"})

    def test_refusals(self):
        self.refused("rollup", "--known-at", 10**9, code=EX_DATA, text="has not come yet")
        self.refused("rollup", "--known-at", "2199-01-01", code=EX_DATA, text="has not come yet")
        self.refused("rollup", "--known-at", 1, code=EX_DATA, text="nothing was known yet")
        self.refused("rollup", "--known-at", "1970-01-02", code=EX_DATA, text="nothing was known yet")
        self.refused("diff", "--from", self.after, "--to", self.before, code=EX_DATA, text="comes after")
        self.refused("rollup", "--known-at", "yesterday", code=EX_USAGE, text="--known-at: want a commit")
        self.refused("diff", code=EX_USAGE, text="--from")

    def test_across_restarts(self):
        pipeline = self.pipeline
        self.assertEqual(pipeline.aggregatord.stop(), EX_OK)
        pipeline.aggregatord.start()
        pipeline.aggregatord.wait_ready()
        self.expect_both_figures()
        pipeline.aggregatord.kill()
        pipeline.aggregatord.start()
        pipeline.aggregatord.wait_ready()
        self.expect_both_figures()
        pipeline.stop()
        shutil.rmtree(pipeline.directory / "history-kadr")  # it is made again from the journal
        pipeline.start()
        pipeline.wait_caught_up()
        self.expect_both_figures()

    def test_counted(self):
        answered = self.pipeline.aggregatord.metric("kadr_past_answered_total")
        refused = self.pipeline.aggregatord.metric("kadr_past_refused_total")
        self.figure("--known-at", self.before)
        self.pipeline.kadr("rollup", "--known-at", 1)
        self.assertEqual(self.pipeline.aggregatord.metric("kadr_past_answered_total"), answered + 1)
        self.assertEqual(self.pipeline.aggregatord.metric("kadr_past_refused_total"), refused + 1)
        self.assertEqual(self.pipeline.aggregatord.metric("kadr_past_waiting"), 0)


class Preview(unittest.TestCase):
    """`kadr reference apply --dry-run` tells which published figures would change."""

    def setUp(self):
        self.pipeline = Pipeline(day="2024-07-01")
        self.addCleanup(self.pipeline.close)
        self.pipeline.push_samples()
        self.folder = self.pipeline.directory / "reference"
        shutil.copytree(ROOT / "config", self.folder)

    def apply(self, *arguments):
        return self.pipeline.kadr("reference", "apply", "--reference", self.folder, *arguments)

    def end_a_region(self):
        """Jetisu closes: what it has said stops counting."""
        units = self.folder / "units.csv"
        lines = units.read_text().splitlines(keepends=True)
        at, = [i for i, line in enumerate(lines) if line.startswith(f"{OFFICE},")]
        fields = lines[at].split(",")
        self.assertEqual(fields[4], "")  # valid_to
        fields[4] = "2023-01-31"
        lines[at] = ",".join(fields)
        units.write_text("".join(lines))

    def test_nothing_changes(self):
        done = self.apply("--dry-run")
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertIn("nothing to do", done.stdout)

    def test_figures_that_would_change(self):
        head = self.pipeline.wait_caught_up()
        self.end_a_region()
        done = self.apply("--dry-run")
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertIn(f"~ units.csv: {OFFICE}/", done.stdout)
        self.assertIn(f"figures that would change, as known at commit {head}", done.stdout)
        answer = json.loads(self.apply("--dry-run", "--json").stdout)
        self.assertEqual((answer["outcome"], answer["faults"]), ("checked", []))
        preview = answer["preview"]
        self.assertEqual(sum(c["count"] for c in preview["counts"]), len(preview["changes"]) + preview["omitted"])
        nation, = [c for c in preview["changes"] if c["after"] and c["after"]["unit"] == "KZ"
                   and c["after"]["indicator"] == "headcount" and c["after"]["breakdown"] == {"cadre": "doctor"}]
        self.assertEqual(nation["before"]["known_hi"], 1894)
        self.assertIsNone(nation["after"]["known_hi"])
        self.assertEqual(nation["kind"], "withdrawn")
        self.assertEqual(self.pipeline.storaged.status()["commit"], head)  # nothing was done

    def test_it_tells_what_then_happens(self):
        self.end_a_region()
        head = self.pipeline.wait_caught_up()
        preview = json.loads(self.apply("--dry-run", "--json").stdout)["preview"]
        self.assertEqual(self.apply().returncode, EX_OK)
        self.pipeline.wait_caught_up()
        done = self.pipeline.kadr("diff", "--from", head, "--to", head + 1, "--json")
        happened = json.loads(done.stdout)["changes"]
        self.assertTrue(happened)
        self.assertEqual({c["kind"] for c in happened}, {"reference"})

        def by_cell(changes):
            return sorted(json.dumps([c["before"], c["after"]], sort_keys=True) for c in changes)
        self.assertEqual(by_cell(preview["changes"]), by_cell(happened))

    def test_faults_are_told_as_ever(self):
        catalogue = self.folder / "catalogue/indicators.csv"
        catalogue.write_text(catalogue.read_text().replace("headcount,stock,", "headcount,stick,", 1))
        done = self.apply("--dry-run")
        self.assertEqual(done.returncode, EX_DATA)
        self.assertRegex(done.stderr, r"indicators\.csv:\d+:\d+: ")
        answer = json.loads(self.apply("--dry-run", "--json").stdout)
        self.assertEqual((answer["outcome"], answer["preview"]), ("refused", None))
        self.assertTrue(answer["faults"][0]["line"] > 0)

    def test_without_aggregatord_the_check_stands(self):
        self.end_a_region()
        self.assertEqual(self.pipeline.aggregatord.stop(), EX_OK)
        done = self.apply("--dry-run", "--timeout", "500ms")
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertIn("checked", done.stdout)
        self.assertIn("does not answer", done.stderr)


class Silence(unittest.TestCase):
    """An aggregatord that answers pings at most, for a question that takes too long."""

    QUESTIONS = (("rollup",), ("plans",), ("diff", "--from", "0"), ("coverage", "--indicator", "headcount"),
                 ("explain", "--indicator", "headcount"), ("compare", "2024-01-31", "2024-02-29"),
                 ("series", "--indicator", "headcount", "--from", "2024-01-01", "--to", "2024-03-01"))

    def serve(self, pongs):
        """The endpoint of a server that is silent but for its pongs; it ends with the test."""
        v1 = load_protocol()
        socket, ending = zmq.Context.instance().socket(zmq.ROUTER), threading.Event()
        port = socket.bind_to_random_port("tcp://127.0.0.1")

        def run():
            while not ending.is_set():
                if not socket.poll(50):
                    continue
                peer, frame = socket.recv_multipart()
                request = v1.rollup.QueryRequest.FromString(frame)
                if pongs and request.HasField("ping"):
                    reply = v1.rollup.QueryReply(version=1, request=request.request)
                    reply.pong.nonce = request.ping.nonce
                    socket.send_multipart([peer, reply.SerializeToString()])
            socket.close(0)

        server = threading.Thread(target=run)
        server.start()
        self.addCleanup(server.join)
        self.addCleanup(ending.set)
        return f"tcp://127.0.0.1:{port}"

    def ask(self, endpoint, wait, *question):
        done = subprocess.run([str(BIN / "kadr"), "--config", os.devnull, *question, "--query", endpoint, "--timeout", wait],
                              cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout), (EX_UNAVAILABLE, ""), done.stderr)
        return done.stderr

    def test_a_question_too_wide_is_told_from_nobody_there(self):
        there, mute = self.serve(pongs=True), self.serve(pongs=False)
        for question in self.QUESTIONS:
            self.assertEqual(self.ask(there, "1s", *question, "--lang", "en"),
                             f"kadr: aggregatord at {there} is there, but gave no answer within 1s; the question may be "
                             "too wide: narrow it with --unit or --indicator, or raise --timeout\n")
            self.assertEqual(self.ask(mute, "200ms", *question, "--lang", "en"), f"kadr: aggregatord at {mute} does not answer\n")

    def test_in_the_readers_language(self):
        there = self.serve(pongs=True)
        self.assertIn("за 1500ms не ответил; возможно, вопрос слишком широк", self.ask(there, "1500ms", "rollup", "--lang", "ru"))
        self.assertIn("2s ішінде жауап бермеді; сұрау тым кең", self.ask(there, "2s", "rollup", "--lang", "kk"))


class Line(unittest.TestCase):
    """Many questions at once, each answered or told to come later; and a history that cannot be had."""

    def test_a_flood_of_one_asker(self):
        pipeline = Pipeline(day="2024-07-01")
        self.addCleanup(pipeline.close)
        pipeline.push_samples()
        v1 = load_protocol()
        socket = zmq.Context.instance().socket(zmq.DEALER)
        self.addCleanup(socket.close, 0)
        socket.connect(pipeline.query)
        head, count = pipeline.wait_caught_up(), 100
        for number in range(1, count + 1):
            request = v1.rollup.QueryRequest(version=1, request=number)
            request.snapshot.known_commit = head
            socket.send(request.SerializeToString())
        ends = {}
        while len(ends) < count:
            self.assertTrue(socket.poll(30000), f"{len(ends)} of {count} answered")
            reply = v1.rollup.QueryReply.FromString(socket.recv())
            if reply.WhichOneof("body") in ("end", "refusal"):
                self.assertNotIn(reply.request, ends)
                ends[reply.request] = reply
        self.assertIn(1, ends)
        refused = [r.refusal for r in ends.values() if r.WhichOneof("body") == "refusal"]
        self.assertEqual({(r.diagnostic.name, r.diagnostic.args[0]) for r in refused} - {("retry_later", "busy")}, set())
        self.assertEqual(pipeline.aggregatord.metric("kadr_past_busy_total"), len(refused))
        self.assertEqual(pipeline.aggregatord.metric("kadr_past_answered_total"), count - len(refused))

    def test_a_history_that_cannot_be_had(self):
        pipeline = Pipeline(start=False)
        self.addCleanup(pipeline.close)
        text = pipeline.config.read_text()
        pipeline.config.write_text(text.replace(f"history = {pipeline.directory}/",
                                                f"history = {pipeline.directory}/nowhere/to/be/found/"))
        pipeline.start()
        pipeline.push_samples()
        self.assertEqual(pipeline.rollup("--unit", OFFICE, "--as-of", "2024-06-01")["as_of"], "2024-06-01")
        done = pipeline.kadr("rollup", "--known-at", 2, "--timeout", "1s")
        self.assertEqual(done.returncode, EX_UNAVAILABLE)
        self.assertIn("its history is still being written", done.stderr)


class WithoutHistory(unittest.TestCase):
    def test_only_an_earlier_day_is_answered(self):
        pipeline = Pipeline(start=False)
        self.addCleanup(pipeline.close)
        text = pipeline.config.read_text()
        pipeline.config.write_text("".join(line for line in text.splitlines(keepends=True)
                                           if not line.startswith("history = ")))
        pipeline.start()
        pipeline.push_samples()
        answer = pipeline.rollup("--unit", OFFICE, "--as-of", "2024-06-01")
        self.assertEqual(answer["as_of"], "2024-06-01")
        for arguments in (("rollup", "--known-at", 2), ("diff", "--from", 2), ("coverage",),
                          ("series", "--indicator", "headcount", "--from", "2024-01", "--to", "2024-02")):
            done = pipeline.kadr(*arguments)
            self.assertEqual(done.returncode, EX_DATA)
            self.assertIn("this aggregatord keeps none", done.stderr)


if __name__ == "__main__":
    unittest.main()
