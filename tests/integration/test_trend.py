# SPDX-License-Identifier: Apache-2.0
"""Trends over the same reporters, and who has reported: the samples beside a generated file of twelve regions in January
and twenty in February."""
import csv
import io
import json
import re

from kadrtest import EX_DATA, EX_OK, EX_USAGE, PipelineCase, ROOT, cell_of


def regions():
    with open(ROOT / "config/units.csv", encoding="utf-8") as file:
        return sorted({row["code"] for row in csv.DictReader(file) if row["level"] == "region" and not row["valid_to"]
                       and row.get("territorial", "") != "no"})


class Trend(PipelineCase):
    DAY = "2024-07-01"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.regions = regions()
        assert len(cls.regions) == 20, cls.regions
        cls.pipeline.push_samples()
        cls.say("2024-02-08", {unit: 102 for unit in cls.regions[:12]}, "2024-01-31")
        cls.before = cls.pipeline.wait_caught_up()
        cls.say("2024-03-05", {unit: 100 for unit in cls.regions[:12]}, "2024-02-29")
        cls.say("2024-03-05", {unit: 103 for unit in cls.regions[12:19]}, "2024-02-29")
        cls.say("2024-03-20", {cls.regions[19]: 103}, "2024-02-29")  # late
        cls.say("2024-03-25", {cls.regions[0]: 100}, "2024-02-29")   # says it again, which is not late
        cls.pipeline.wait_caught_up()

    @classmethod
    def say(cls, stated, figures, day):
        path = cls.pipeline.directory / "said.csv"
        rows = "".join(f"{unit},posts_established,,{day},{figure}\n" for unit, figure in figures.items())
        path.write_text(f"#stated: {stated}\nunit,indicator,breakdown,period,value\n{rows}")
        cls.pipeline.push("KZ", path)

    def ask(self, *arguments):
        done = self.pipeline.kadr(*arguments)
        self.assertEqual((done.returncode, done.stderr), (EX_OK, ""))
        return done.stdout

    def ask_json(self, *arguments):
        return json.loads(self.ask(*arguments, "--json"))

    # ---- columns

    def days_begin_at(self, text):
        """Where the last column, the days of the statements, begins in the lines that have one and a column before it."""
        return {match.start(1) for match in (re.search(r"  (\d{4}-\d\d-\d\d( … \S+)?)$", line) for line in text.splitlines())
                if match}

    def test_columns_stand_apart_and_below_each_other(self):
        path = self.pipeline.directory / "terms.csv"
        path.write_text("unit,indicator,breakdown,period,value\n"
                        "KZ-39,facilities_planned,programme=national_project_rural_health,2024,7\n"
                        "KZ-39,facilities_planned,,2024,9\n")
        self.pipeline.push("KZ-39", path)
        self.pipeline.wait_caught_up()
        old = ("series", "--unit", "KZ-35", "--indicator", "need_declared", "--from", "2024-05", "--to", "2024-06")
        for lang in ("kk", "ru", "en"):
            for question in (("rollup", "--unit", "KZ-39"), ("rollup", "--unit", "KZ-33", "--as-of", "2024-06-30"),
                             ("rollup", "--unit", "KZ-35"), old):
                table = self.ask(*question, "--lang", lang)
                self.assertEqual(len(self.days_begin_at(table)), 1, table)
                self.assertNotRegex(table, r"\S\d{4}-\d\d-\d\d$")
                self.assertLess(max(map(len, table.splitlines()[1:])), 140)

    def test_a_period_says_which_day_its_stocks_are_as_of(self):
        question = ("rollup", "--unit", "KZ-35", "--indicator", "need_declared", "--period")
        heading = self.ask(*question, "2023").splitlines()[0]
        self.assertIn("(KZ-35) · period 2023 · stocks as of 2023-12-31 · commit", heading)
        self.assertNotIn("2024-07-01", heading)
        self.assertIn("период 2023 · показатели на дату — на 2023-12-31", self.ask(*question, "2023", "--lang", "ru"))
        for period, day in (("2023", "2023-12-31"), ("2024", "2024-07-01")):  # 2024 is not over
            self.assertIn(f"stocks as of {day}", self.ask(*question, period))
            self.assertEqual({cell["period"] for cell in self.ask_json(*question, period)["cells"]}, {day})
            rows = list(csv.DictReader(io.StringIO(self.ask(*question, period, "--format", "csv"))))
            self.assertEqual({row["period"] for row in rows}, {day})
        self.assertIn("as known at commit 3", self.ask(*question, "2023", "--known-at", "3").splitlines()[0])

    def test_the_short_form_is_the_long_one(self):
        stock = ("--indicator", "posts_established", "--unit", "KZ-33")
        for question in (("rollup", *stock), ("diff", *stock, "--from", str(self.before)),
                         ("series", *stock, "--from", "2024-01", "--to", "2024-03"),
                         ("compare", *stock, "2024-01-31", "2024-02-29"), ("coverage", "--unit", "KZ-33"), ("plans", "--unit", "KZ-33"),
                         ("explain", *stock)):
            table = self.ask(*question)
            self.assertEqual(self.ask(*question, "--format", "table"), table)
            for form in ("csv", "json") if question[0] != "explain" else ("json",):
                told = self.ask(*question, "--format", form)
                self.assertEqual(told, self.ask(*question, f"--{form}"))
                self.assertNotEqual(told, table)

    # ---- series and compare

    def test_twelve_regions_are_not_compared_with_twenty(self):
        one, = self.ask_json("series", "--indicator", "posts_established", "--from", "2024-01", "--to", "2024-02",
                             "--same-reporters")["series"]
        january, february = one["points"]
        self.assertEqual([january["period"], february["period"]], ["2024-01", "2024-02"])
        self.assertEqual((january["cell"]["lo"], january["cell"]["hi"], january["cell"]["reported"]), (1224, None, 12))
        self.assertEqual((february["cell"]["lo"], february["cell"]["hi"]), (2024, 2024))  # 800 more, it seems
        self.assertEqual((january["same"]["lo"], february["same"]["lo"]), (1224, 1200))
        same = one["same_reporters"]
        self.assertEqual((same["basis"], same["in_set"], same["reporters"]), ("sum", 12, 20))
        self.assertEqual([o["unit"] for o in same["left_out"]], self.regions[12:])
        self.assertEqual({(o["reason"], o["point"]) for o in same["left_out"]}, {("no_value", "2024-01")})

    def test_compare_tells_the_difference_of_the_same(self):
        one, = self.ask_json("compare", "2024-01-31", "2024-02-29", "--indicator", "posts_established")["comparisons"]
        self.assertEqual(one["difference"], {"lo": -24, "hi": -24})
        self.assertEqual((one["before"]["same"]["lo"], one["after"]["same"]["lo"]), (1224, 1200))
        text = self.ask("compare", "2024-01-31", "2024-02-29", "--indicator", "posts_established")
        self.assertEqual(text.count("(no figure, "), 1, text)  # one reason, and behind it nobody else's
        for words in ("1 224", "1 200", "-24", "12 of 20 regions", "left out:"):
            self.assertIn(words, text)
        self.assertIn("те же отчитавшиеся", self.ask("compare", "2024-01-31", "2024-02-29", "--indicator",
                                                     "posts_established", "--lang", "ru"))
        row, = csv.DictReader(io.StringIO(self.ask("compare", "2024-01-31", "2024-02-29", "--indicator",
                                                   "posts_established", "--csv")))
        self.assertEqual((row["before_lo"], row["after_lo"], row["difference_lo"], row["in_set"]),
                         ("1224", "1200", "-24", "12"))

    def test_compare_asks_for_every_indicator(self):
        found = {c["indicator"]: c for c in self.ask_json("compare", "2024-01-31", "2024-02-29")["comparisons"]}
        self.assertGreater(len(found), 40)
        self.assertEqual(found["posts_established"]["difference"], {"lo": -24, "hi": -24})
        self.assertIsNone(found["headcount_support"]["difference"])
        text = self.ask("compare", "2024-01-31", "2024-02-29")
        self.assertIn("-24", text)

    def test_as_known_before(self):
        one, = self.ask_json("series", "--indicator", "posts_established", "--from", "2024-02", "--to", "2024-02",
                             "--same-reporters", "--known-at", self.before)["series"]
        self.assertEqual(one["points"][0]["same"]["lo"], 1224)  # January's, carried
        self.assertEqual(one["same_reporters"]["in_set"], 12)
        self.assertIn(f"as known at commit {self.before}", self.ask("compare", "2024-01-31", "2024-02-29", "--indicator",
                                                                    "posts_established", "--known-at", self.before))
        one, = self.ask_json("coverage", "--indicator", "posts_established", "--period", "2024-02", "--known-at",
                             self.before)["coverage"]
        self.assertEqual((one["sum"]["complete"], one["sum"]["carried"], one["sum"]["missing"]), (0, 12, 8))

    def test_series_of_a_flow_and_in_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.ask(
            "series", "--unit", "KZ-33", "--indicator", "arrivals", "--from", "2022", "--to", "2023", "--step", "year",
            "--format", "csv"))))
        self.assertEqual([(r["period"], r["lo"]) for r in rows], [("2022", ""), ("2023", "18")])
        self.assertNotIn(None, rows[0])  # every line has as many columns as the heading

    def test_questions_that_are_none(self):
        for arguments, words in (
                (("series", "--from", "2024"), "wants --indicator"),
                (("series", "--indicator", "headcount", "--from", "2024", "--to", "2024-03", "--step", "aeon"), "--step"),
                (("series", "--indicator", "headcount", "--from", "2022-01-01", "--to", "2024-03", "--step", "day"), "400"),
                (("series", "--indicator", "headcount", "--from", "2024", "--breakdown", "doctor"), "--breakdown"),
                (("compare", "2024-01-31"), "two days"),
                (("compare", "2024-02-29", "2024-01-31"), "earlier day first"),
                (("coverage", "--period", "soon"), "--period")):
            done = self.pipeline.kadr(*arguments)
            self.assertEqual((done.returncode, done.stdout), (EX_USAGE, ""), done.stderr)
            self.assertIn(words, done.stderr)
        for arguments, words in (
                (("compare", "2024-01-31", "2024-02-29", "--indicator", "arrivals"), "one period"),
                (("series", "--indicator", "headcount", "--from", "2024-08", "--to", "2024-08"), "lies in the future"),
                (("coverage", "--indicator", "density"), "how often")):
            done = self.pipeline.kadr(*arguments)
            self.assertEqual((done.returncode, done.stdout), (EX_DATA, ""), done.stderr)
            self.assertIn(words, done.stderr)

    # ---- coverage

    def test_who_has_reported_and_who_is_late(self):
        one, = self.ask_json("coverage", "--indicator", "posts_established", "--period", "2024-02")["coverage"]
        self.assertEqual((one["unit"], one["due"], one["sum"]["expected"]), ("KZ", "2024-03-10", 20))
        self.assertEqual((one["sum"]["complete"], one["sum"]["on_time"], one["sum"]["late"]), (20, 19, 1))
        late, = [r for r in one["reporters"] if r["time"] == "late"]
        self.assertEqual((late["unit"], late["late_since"]), (self.regions[19], "2024-03-11"))
        one, = self.ask_json("coverage", "--indicator", "posts_established", "--period", "2024-01")["coverage"]
        self.assertEqual((one["sum"]["complete"], one["sum"]["missing"], one["sum"]["overdue"]), (12, 8, 8))

    def test_coverage_for_people(self):
        text = self.ask("coverage", "--indicator", "posts_established", "--period", "2024-02")
        for words in ("20 of 20 regions", "on time: 19", "late: 1", "late, since 2024-03-11", "due 2024-03-10"):
            self.assertIn(words, text)
        self.assertIn("с опозданием, с 2024-03-11", self.ask("coverage", "--indicator", "posts_established", "--period",
                                                            "2024-02", "--lang", "ru"))
        self.assertIn("мерзімінде: 19", self.ask("coverage", "--indicator", "posts_established", "--period", "2024-02",
                                                "--lang", "kk"))
        rows = list(csv.DictReader(io.StringIO(self.ask("coverage", "--indicator", "posts_established", "--period",
                                                        "2024-02", "--csv"))))
        self.assertEqual(len(rows), 20)
        self.assertEqual([r["unit"] for r in rows if r["time"] == "late"], [self.regions[19]])
        self.assertNotIn(None, rows[0])

    def test_coverage_of_all_is_a_line_each(self):
        answers = self.ask_json("coverage")["coverage"]
        lines = self.ask("coverage", "--lang", "en").splitlines()
        self.assertEqual(len(lines), 1 + len(answers))  # and the heading
        told = {}
        for one, line in zip(answers, lines[1:]):
            late = one["sum"]["late"] + one["sum"]["overdue"]
            self.assertIn(f"of {one['sum']['expected']} ", line)
            self.assertEqual(line.endswith(" (all)"), late > 1 and late == one["sum"]["expected"], line)
            told[one["indicator"]] = line
        self.assertTrue(any(line.endswith(" (all)") for line in told.values()))
        february = self.ask("coverage", "--period", "2024-02", "--lang", "en")
        self.assertRegex(february, r"20 of 20 regions · on time: 19 · late: 1: \S.*")
        january = self.ask("coverage", "--period", "2024-01", "--lang", "en")
        self.assertRegex(january, r"12 of 20 regions .* overdue: 8: [^,]+, [^,]+, [^,]+, … \+5\n")

    def test_coverage_agrees_with_the_cells(self):
        answers = self.ask_json("coverage")["coverage"]
        self.assertGreater(len(answers), 20)
        for one in answers:
            total = one["sum"]
            self.assertEqual(sum(r["owed"] and r["state"] != "not_applicable" for r in one["reporters"]), total["expected"])
            self.assertLessEqual(total["complete"] + total["incomplete"], total["expected"], one["indicator"])
            self.assertEqual(sum(total[t] for t in ("on_time", "late", "overdue", "not_due")), total["expected"])
        stock = next(one for one in answers if one["indicator"] == "headcount")
        self.assertEqual(stock["period"], "2024-05")
        cells = self.pipeline.rollup("--unit", "KZ", "--indicator", "headcount", "--as-of", "2024-05-31")
        cell = cell_of(cells, "KZ", "headcount")
        self.assertEqual(cell["expected"], stock["sum"]["expected"])
        self.assertEqual(cell["reported"], sum(r["rests_on"] is not None for r in stock["reporters"]))


if __name__ == "__main__":
    import unittest
    unittest.main()
