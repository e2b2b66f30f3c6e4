# SPDX-License-Identifier: Apache-2.0
"""Where a figure comes from: the samples' figures taken apart down to the reports, and put together again."""
import json
import math
import threading
import unittest

import zmq

from journal import load_protocol
from kadrtest import EX_DATA, EX_USAGE, PipelineCase, SAMPLES, cell_of

DAY = "2024-07-01"
RURAL_DOCTORS = ("--indicator", "need_declared", "--breakdown", "cadre=doctor,settlement=rural")
PLANNED = ("--unit", "KZ-33", "--indicator", "facilities_planned", "--period", "2024",
           "--breakdown", "programme=national_project_rural_health")


def chosen(node):
    """The way that was taken, of a cell or a comparison."""
    taken = [way for way in node["ways"] if way["fate"] == "chosen"]
    assert len(taken) == 1, taken
    return taken[0]


def counted(node):
    return [part for part in node["parts"] if part["standing"] == "counted"]


def leaves(way):
    """The statements that a way's value rests on, down to the last."""
    found = [statement for statement in way["statements"] if statement["use"] == "value"]
    for part in counted(way) + [part for total in way["sums"] for part in counted(total)]:
        found += leaves(chosen(part))
    return found


def add(parts):
    """lo and known_hi of a sum of statements or cells; open is None."""
    highs = [part["known_hi"] if "known_hi" in part else part["hi"] for part in parts]
    return sum(part["lo"] for part in parts), None if None in highs else sum(highs)


class Explain(PipelineCase):
    DAY = "2025-07-31"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receipts = {path: receipt for path, receipt in zip(SAMPLES, cls.pipeline.push_samples())}

    def explain(self, *arguments):
        done = self.pipeline.kadr("explain", "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def published(self, answer, *arguments):
        """The same cell as the rollup shows it, at the same commit."""
        cell = answer["cell"]
        rollup = self.pipeline.rollup("--unit", cell["unit"], "--indicator", cell["indicator"],
                                      "--as-of", answer["as_of"], *arguments)
        self.assertEqual(rollup["commit"], answer["commit"])
        return cell_of(rollup, cell["unit"], cell["indicator"], cell["breakdown"], cell["period"])

    def assert_shows(self, answer, *arguments):
        published = self.published(answer, *arguments)
        self.assertEqual({key: answer["cell"][key] for key in published}, published)

    def push(self, office, name, *rows, stated="2024-06-30"):
        path = self.pipeline.directory / f"{name}.csv"
        path.write_text(f"#source: bulletin of {name}\n#published: {stated}\n#stated: {stated}\n"
                        "unit,indicator,breakdown,period,value,note\n" + "".join(row + "\n" for row in rows))
        receipt, = self.pipeline.push(office, path)
        self.pipeline.wait_caught_up()
        return receipt

    # ---- the samples ----

    def test_the_national_need_rests_on_one_report(self):
        answer = self.explain(*RURAL_DOCTORS, "--as-of", DAY)
        self.assert_shows(answer)
        way = chosen(answer["cell"])
        self.assertEqual((way["way"], way["lo"], way["hi"]), ("children", 23, None))
        statement, = leaves(way)
        self.assertEqual((statement["unit"], statement["lo"], statement["hi"]), ("KZ-35", 23, 23))
        receipt, = [receipt for path, receipt in self.receipts.items() if receipt["commit"] == statement["commit"]]
        for key in ("office", "stream", "sequence"):
            self.assertEqual(statement[key], receipt[key])
        path, = [path for path, sent in self.receipts.items() if sent is receipt]
        self.assertEqual(statement["file"], path.name)
        lines = path.read_text(encoding="utf-8").splitlines()
        self.assertTrue(lines[statement["line"] - 1].startswith("KZ-35,need_declared,"), statement)
        self.assertIn(statement["source"], lines[0])
        self.assertLessEqual(statement["received_at_ms"], statement["committed_at_ms"])
        missing = [part["unit"] for part in way["parts"] if part["standing"] == "missing"]
        self.assertEqual(len(missing), 19)
        self.assertNotIn("KZ-35", missing)

    def test_a_total_its_parts_and_what_is_left(self):
        answer = self.explain(*PLANNED, "--as-of", DAY)
        self.assert_shows(answer, "--period", "2024")
        own = chosen(answer["cell"])
        self.assertEqual((own["way"], own["lo"], own["hi"]), ("own", 59, 59))
        self.assertEqual([(s["lo"], s["hi"]) for s in leaves(own)], [(59, 59)])
        parts, = [way for way in answer["cell"]["ways"] if way["dimension"] == "facility_type"]
        self.assertEqual((parts["fate"], parts["by"]["way"], parts["lo"]), ("incomplete", "own", 49))
        against = answer["cell"]["against"]
        self.assertEqual(against["unexplained"], {"lo": 10, "hi": 10, "kind": "outstanding"})
        self.assertEqual(chosen(against)["dimension"], "facility_type")
        self.assertEqual(sorted(s["lo"] for s in leaves(chosen(against))), [5, 5, 39])

    def test_what_was_named_without_a_number_names_its_report(self):
        answer = self.explain("--unit", "KZ-33", "--indicator", "need_declared", "--as-of", DAY,
                              "--breakdown", "cadre=doctor specialty=paediatrics")
        own = answer["cell"]["ways"][0]
        self.assertEqual((answer["cell"]["basis"], own["way"], own["fate"]), ("none", "own", "absent"))
        statement, = own["statements"]
        self.assertEqual((statement["use"], statement["reason"]), ("reason", "not_stated"))
        self.assertIn("no number", statement["note"])

    # ---- other rules ----

    def test_a_ratio_is_made_of_those_who_have_both(self):
        self.push("KZ-33", "posts", "KZ-33,posts_established,cadre=doctor,2024-06-30,200.00,",
                  "KZ-33,posts_occupied,cadre=doctor,2024-06-30,133.25,")
        self.push("KZ-35", "established", "KZ-35,posts_established,cadre=doctor,2024-06-30,100.00,")
        answer = self.explain("--indicator", "staffing_by_posts", "--breakdown", "cadre=doctor", "--as-of", DAY)
        self.assert_shows(answer)
        way = chosen(answer["cell"])
        self.assertEqual(way["way"], "reporters")
        above, below = way["sums"]
        for total, figure in ((above, 133.25), (below, 200)):
            self.assertEqual((total["lo"], total["known_hi"]), add(counted(total)))
            self.assertEqual(total["lo"], figure)
        self.assertEqual([p["unit"] for p in below["parts"] if p["standing"] == "left_out"], ["KZ-35"])
        self.assertEqual([s["lo"] for s in leaves(way)], [133.25, 200])
        rate = above["lo"] / below["lo"] * 100
        self.assertEqual((way["lo"], way["hi"]), (math.floor(rate * 100) / 100, math.ceil(rate * 100) / 100))

    def test_a_year_is_tiled_by_its_quarters(self):
        self.push("KZ-39", "quarters", *(f"KZ-39,arrivals,,2023-Q{q},{10 * q},quarter {q}" for q in (1, 2, 3, 4)),
                  "KZ-39,arrivals,,2023-07,4,a month that a quarter holds")
        answer = self.explain("--unit", "KZ-39", "--indicator", "arrivals", "--period", "2023", "--as-of", DAY)
        self.assert_shows(answer, "--period", "2023")
        way = chosen(answer["cell"])
        self.assertEqual([s["period"] for s in leaves(way)], ["2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"])
        self.assertEqual(add(leaves(way)), (answer["cell"]["lo"], answer["cell"]["known_hi"]))
        self.assertEqual(answer["cell"]["lo"], 100)

    def test_a_correction_is_explained_as_it_was_known(self):
        key = ("--unit", "KZ-27", "--indicator", "headcount", "--breakdown", "cadre=midlevel", "--as-of", DAY)
        first = self.push("KZ-27", "first", "KZ-27,headcount,cadre=midlevel,2024-05-31,890,", stated="2024-06-01")
        second = self.push("KZ-27", "second", "KZ-27,headcount,cadre=midlevel,2024-05-31,980,digits swapped",
                           stated="2024-06-02")
        for known, figure, commit in (((), 980, second["commit"]),
                                      (("--known-at", second["commit"]), 980, second["commit"]),
                                      (("--known-at", second["commit"] - 1), 890, first["commit"])):
            answer = self.explain(*key, *known)
            statement, = leaves(chosen(answer["cell"]))
            self.assertEqual((answer["cell"]["lo"], statement["lo"], statement["commit"]), (figure, figure, commit))
        self.assertEqual(statement["source"], "bulletin of first")

    # ---- for people ----

    def test_without_a_figure_the_breakdowns_that_have_one_are_named(self):
        bare = PLANNED[:-2]
        named = "  --breakdown programme=national_project_rural_health --period 2024"
        for lang, words in (("en", "there are figures with"), ("ru", "показатели есть с"),
                            ("kk", "көрсеткіштер мынамен бар:")):
            done = self.pipeline.kadr("explain", *bare, "--as-of", DAY, "--lang", lang)
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = done.stdout.splitlines()
            self.assertEqual(lines[lines.index(words) + 1:].count(named), 1, done.stdout)
        done = self.pipeline.kadr("explain", *bare, "--as-of", DAY, "--breakdown", named.split()[1])
        self.assertIn("59", done.stdout)
        self.assertNotIn("there are figures", done.stdout)

    def test_people_read_it_in_their_language(self):
        for lang, words in (("en", "the units below: ≥ 23 · taken"), ("ru", "единицы ниже: ≥ 23 · взято"),
                            ("kk", "төмендегі бірліктер: ≥ 23 · алынды")):
            done = self.pipeline.kadr("explain", *RURAL_DOCTORS, "--as-of", DAY, "--lang", lang)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(words, done.stdout)
        english = self.pipeline.kadr("explain", *RURAL_DOCTORS, "--as-of", DAY).stdout
        self.assertIn("23 for 2023-11-20, stated by KZ-35", english)
        self.assertIn("no figure (19): Abai Region, Akmola Region, ", english)
        listed = english[english.index("no figure (19)"):].splitlines()
        self.assertLessEqual(max(map(len, listed[:4])), 120)
        self.assertIn("Shymkent", " ".join(listed[:4]))

    def test_a_dimension_that_the_breakdown_names_is_no_way(self):
        ways = self.explain("--unit", "KZ-33", "--indicator", "headcount", "--breakdown", "cadre=doctor",
                            "--as-of", DAY)["cell"]["ways"]
        named = [way["dimension"] for way in ways if way["way"] == "members"]
        self.assertNotEqual(named, [])
        self.assertNotIn("cadre", named)

    def test_a_dimension_is_named_to_people_and_coded_to_programs(self):
        for lang, words in (("en", "its parts by type of facility: ≥ 49"), ("ru", "его части, разрез «тип объекта»: ≥ 49"),
                            ("kk", "нысан түрі бойынша бөліктері: ≥ 49")):
            done = self.pipeline.kadr("explain", *PLANNED, "--as-of", DAY, "--lang", lang)
            self.assertIn(words, done.stdout)
            self.assertNotIn("facility_type", done.stdout)
        ways = self.explain(*PLANNED, "--as-of", DAY)["cell"]["ways"]
        self.assertIn("facility_type", [way["dimension"] for way in ways])

    def between(self, alter):
        """The endpoint of a go-between: what aggregatord explains is altered on its way."""
        v1, ending, context = load_protocol(), threading.Event(), zmq.Context.instance()
        front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        port = front.bind_to_random_port("tcp://127.0.0.1")
        back.connect(self.pipeline.query)

        def run():
            poller, asker = zmq.Poller(), None
            poller.register(front, zmq.POLLIN)
            poller.register(back, zmq.POLLIN)
            while not ending.is_set():
                for socket, _ in poller.poll(50):
                    if socket is front:
                        asker, frame = front.recv_multipart()
                        back.send(frame)
                    else:
                        reply = v1.rollup.QueryReply.FromString(back.recv())
                        if reply.HasField("explanation"):
                            alter(reply.explanation)
                        front.send_multipart([asker, reply.SerializeToString()])
            front.close(0)
            back.close(0)

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(ending.set)
        return f"tcp://127.0.0.1:{port}"

    def test_what_is_not_shown_is_told(self):
        """An answer that was cut: no real one of this size is wanted in a test."""
        def cut(explanation):
            explanation.cut, explanation.omitted = True, 4711
            for node in explanation.nodes:
                node.cut = node.cell.unit == "KZ-35" and node.kind == 1

        endpoint = self.between(cut)
        for lang, parts, whole in (
                ("en", "its parts are not shown", "too much to tell; left out: 4711; what is shown does not add up"),
                ("ru", "его части не показаны", "слишком много; опущено: 4711; показанное не складывается в целое"),
                ("kk", "бөліктері көрсетілмеген", "тым көп; қалдырылғаны: 4711; көрсетілгені бүтінді құрамайды")):
            question = (*RURAL_DOCTORS, "--as-of", DAY, "--lang", lang)
            lines = self.pipeline.kadr("explain", *question, "--query", endpoint).stdout.splitlines()
            told = [line for line in lines if line.endswith(f" · {parts}")]
            self.assertEqual(["(KZ-35): 23 ·" in line for line in told], [True], lines)
            self.assertEqual(lines[-1], whole)
            plain = self.pipeline.kadr("explain", *question).stdout
            self.assertFalse(parts in plain or whole in plain, plain)
        answer = self.explain(*RURAL_DOCTORS, "--as-of", DAY, "--query", endpoint)
        self.assertEqual((answer["cut"], answer["omitted"]), (True, 4711))

    def test_unequal_places_have_words_of_their_own(self):
        def set_apart(explanation):
            for node in explanation.nodes:
                if node.cell.unit == "KZ-35" and node.kind == 1:
                    node.standing = 7

        endpoint = self.between(set_apart)
        for lang, words in (("en", "left out: the terms are not of the same places"),
                            ("ru", "не вошло: слагаемые относятся к разным местам"),
                            ("kk", "кірмеді: қосылғыштар әр түрлі орындардікі")):
            question = (*RURAL_DOCTORS, "--as-of", DAY, "--lang", lang)
            told = self.pipeline.kadr("explain", *question, "--query", endpoint).stdout
            self.assertIn("(KZ-35): 23", told)
            self.assertIn(f" · {words}", told)
            self.assertNotIn(words, self.pipeline.kadr("explain", *question).stdout)

    def test_what_cannot_be_explained_is_told(self):
        for arguments, code, words in (
                (("--unit", "KZ-33"), EX_USAGE, "--indicator"),
                (("--unit", "KZ-33", "--indicator", "facilities_planned"), EX_DATA, "--period"),
                (("--unit", "KZ-71", "--indicator", "headcount_support"), EX_DATA, "nothing was ever stated"),
                (("--unit", "KZ-33", "--indicator", "headcount", "--breakdown", "cadre"), EX_USAGE, "--breakdown"),
                (("--unit", "KZ-33", "--indicator", "headcount", "--breakdown", "cadre=wizard"), EX_DATA, "wizard"),
                (("--unit", "KZ-33", "--indicator", "headcount", "--known-at", "soon"), EX_USAGE, "--known-at")):
            with self.subTest(arguments):
                done = self.pipeline.kadr("explain", *arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
