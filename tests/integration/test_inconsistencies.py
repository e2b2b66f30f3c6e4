# SPDX-License-Identifier: Apache-2.0
"""The eighteen inconsistencies that public articles about health workers show, one test each.

Five seed articles gave them (tests/fixtures/seeds.json holds their figures): each test states what was printed, in a file as
an office sends it, and reads from the published cells what Kadr makes of it. Numbers in the names are the rows' numbers.
"""
import json
import unittest

from kadrtest import EX_DATA, ROOT, PipelineCase, cell_of

HEADER = "unit,indicator,breakdown,period,value,note\n"
DAY = "2024-07-01"


class Inconsistencies(PipelineCase):
    DAY = DAY

    def state(self, office, rows, head="", expect=0, name=None):
        """Pushes rows as one file of an office; its receipts."""
        path = self.pipeline.directory / (name or f"{self.id().rsplit('.', 1)[1]}.csv")
        path.write_text(head + HEADER + "".join(row + "\n" for row in rows), encoding="utf-8")
        receipts = self.pipeline.push(office, path, expect=expect)
        self.pipeline.wait_caught_up()
        return receipts

    def cell(self, unit, indicator, breakdown=None, period=None, day=DAY):
        return cell_of(self.pipeline.rollup("--unit", unit, "--as-of", day), unit, indicator, breakdown, period)

    def figure(self, *arguments, **options):
        cell = self.cell(*arguments, **options)
        return cell["lo"], cell["hi"]

    def codes(self, receipts):
        return [d["code"] for r in receipts for d in r.get("diagnostics", [])]

    def test_row_01_total_against_parts(self):
        self.state("KZ-33", ["KZ-33,facilities_planned,,2024,59,", "KZ-33,facilities_planned,facility_type=va,2024,5,",
                             "KZ-33,facilities_planned,facility_type=fap,2024,39,",
                             "KZ-33,facilities_planned,facility_type=mp,2024,5,"])
        cell = self.cell("KZ-33", "facilities_planned", {}, "2024")
        self.assertEqual((cell["lo"], cell["hi"], cell["basis"]), (59, 59, "stated"))
        self.assertEqual(cell["unexplained"], {"lo": 10, "hi": 10, "kind": "outstanding"})

    def test_row_02_headline_against_body(self):
        for unit, values in (("KZ-11", ("60~10", "59")), ("KZ-15", ("59", "60~10"))):
            receipts = self.state(unit, [f"{unit},facilities_planned,,2024,{v}," for v in values], name=f"{unit}.csv")
            self.assertIn("same_fact", self.codes(receipts))
            self.assertEqual(self.figure(unit, "facilities_planned", {}, "2024"), (59, 59))

    def test_row_03_one_count_two_cadres(self):
        """94 health workers in the body, 94 young doctors in the headline: never 188."""
        self.state("KZ-35", ["KZ-35,housing_handed_over,,2024-06-15,94,health workers (body)",
                             "KZ-35,housing_handed_over,cadre=doctor,2024-06-15,94,young doctors (headline)"])
        self.assertEqual(self.figure("KZ-35", "housing_handed_over", {}, "2024-06-15"), (94, 94))
        self.assertEqual(self.figure("KZ-35", "housing_handed_over", {"cadre": "doctor"}, "2024-06-15"), (94, 94))
        self.assertEqual(self.figure("KZ-35", "housing_handed_over", {}, "2024-06"), (94, 94))

    def test_row_04_four_days_against_five(self):
        """The days of an event are its key: two spans of one visit stay two statements, and neither is stretched."""
        self.state("KZ-47", ["KZ-47,visiting_team_size,,2023-11-06/2023-11-10,28,6-10 November"])
        self.assertEqual(self.figure("KZ-47", "visiting_team_size", {}, "2023-11-06/2023-11-10"), (28, 28))
        four_days = [c for c in self.pipeline.rollup("--unit", "KZ-47")["cells"] if c["period"] == "2023-11-06/2023-11-09"]
        self.assertEqual(four_days, [])

    def test_row_05_allocated_is_not_paid(self):
        """70 M allocated and 1.5 M each: two indicators, no quotient, no count of recipients invented."""
        self.state("KZ-19", ["KZ-19,incentive_budget_allocated,,2023,70000000,",
                             "KZ-19,incentive_amount_per_recipient,,2023-11-11,1500000,"])
        cells = self.pipeline.rollup("--unit", "KZ-19")["cells"]
        for absent in ("incentive_budget_paid", "incentive_recipients"):
            self.assertEqual([c for c in cells if c["indicator"] == absent and c["basis"] != "none"], [])
        self.assertEqual(self.figure("KZ-19", "incentive_budget_allocated", {}, "2023"), (70000000, 70000000))

    def test_row_06_a_range_has_no_midpoint(self):
        self.state("KZ-27", ["KZ-27,incentive_amount_per_recipient,settlement=rural,2023-11-20,1500000..5000000,"])
        for unit in ("KZ-27", "KZ"):
            lo, hi = self.figure(unit, "incentive_amount_per_recipient", {"settlement": "rural"})
            self.assertLessEqual(lo, 1500000)
            self.assertEqual(hi, 5000000)
        self.assertEqual(self.figure("KZ-27", "incentive_amount_per_recipient", {"settlement": "rural"}), (1500000, 5000000))

    def test_row_07_more_than_sixty_is_open(self):
        for office, value in (("KZ-39", ">60"), ("KZ-43", "12")):
            self.state(office, [f"{office},consultations_given,,2023-11-06/2023-11-10,{value},"], name=f"{office}.csv")
        self.assertEqual(self.figure("KZ-39", "consultations_given", {}, "2023-11"), (61, None))
        self.assertEqual(self.figure("KZ", "consultations_given", {}, "2023-11"), (73, None))

    def test_row_08_rounded_figures_overlap(self):
        """57 thousand, then 58 thousand: the roundings are stored, so it can be told whether anything changed."""
        self.state("KZ-55", ["KZ-55,population_covered_planned,,2024,57000~1000,"], name="57.csv")
        before = self.figure("KZ-55", "population_covered_planned", {}, "2024")
        self.state("KZ-55", ["KZ-55,population_covered_planned,,2024,58000~2000,"], name="58.csv")
        after = self.figure("KZ-55", "population_covered_planned", {}, "2024")
        self.assertEqual((before, after), ((56500, 57499), (57000, 58999)))
        self.assertLess(after[0], before[1])  # they overlap: it may be the same number of people

    def test_row_09_a_need_without_a_number(self):
        breakdown = {"cadre": "doctor", "specialty": "general_practice"}
        self.state("KZ-59", ["KZ-59,need_declared,cadre=doctor specialty=general_practice,2024-01-29,?not_stated,"])
        cell = self.cell("KZ-59", "need_declared", breakdown)
        self.assertEqual((cell["basis"], cell["reason"], cell["reported"]), ("none", "not_stated", 0))
        self.assertIsNone(cell["lo"])

    def test_row_10_described_published_received(self):
        """The day a figure is of, the day it was printed and the commit at which it became known are three things."""
        receipts = self.state("KZ-61", ["KZ-61,headcount,cadre=doctor,2023-12-31,1894,"],
                              head="#source: article of 29 January\n#published: 2024-01-29\n")
        cell = self.cell("KZ-61", "headcount", {"cadre": "doctor"})
        self.assertEqual((cell["oldest"], cell["newest"], cell["period"]), ("2023-12-31", "2023-12-31", DAY))
        self.assertGreater(receipts[0]["commit"], 0)
        undated = self.state("KZ-61", ["KZ-61,headcount,cadre=midlevel,,6820,"], expect=EX_DATA, name="undated.csv")
        self.assertIn("bad_period", self.codes(undated))  # no day is invented for a figure that has none

    def test_row_11_academic_year_is_no_calendar_year(self):
        self.state("KZ-62", ["KZ-62,residency_entrants,,2023-09/2024-08,45,", "KZ-62,residency_entrants,,2023,30,"])
        self.assertEqual(self.figure("KZ-62", "residency_entrants", {}, "2023-09/2024-08"), (45, 45))
        self.assertEqual(self.figure("KZ-62", "residency_entrants", {}, "2023"), (30, 30))

    def test_row_12_a_part_is_not_added_to_its_whole(self):
        self.state("KZ-63", ["KZ-63,grants_allocated,,2023,198,", "KZ-63,grants_allocated,education_level=bachelor,2023,68,",
                             "KZ-63,grants_allocated,education_level=internship,2023,97,",
                             "KZ-63,grants_allocated,education_level=residency,2023,33,"])
        self.assertEqual(self.figure("KZ-63", "grants_allocated", {}, "2023"), (198, 198))
        self.state("KZ-63", ["KZ-63,arrivals,,2023,18,", "KZ-63,arrivals,origin=resident,2023,8,"], name="arrivals.csv")
        self.assertEqual(self.figure("KZ-63", "arrivals", {}, "2023"), (18, 18))
        self.assertEqual(self.cell("KZ", "grants_allocated", {}, "2023")["known_hi"], 198)

    def test_row_13_percentages_never_add(self):
        for office, value in (("KZ-10", "93"), ("KZ-31", "88")):
            self.state(office, [f"{office},equipment_level,,2023-12-31,{value},"], name=f"{office}.csv")
        cell = self.cell("KZ", "equipment_level")
        self.assertEqual((cell["lo"], cell["hi"], cell["basis"]), (88, 93, "range"))
        self.state("KZ-10", ["KZ-10,training_duration,,2024-01-29,4,", "KZ-10,hightech_service_kinds,,2024-01-29,10,"],
                   name="fixed.csv")
        for indicator in ("training_duration", "hightech_service_kinds"):
            self.assertEqual(self.cell("KZ", indicator)["basis"], "none")

    def test_row_14_visitors_are_no_headcount(self):
        self.state("KZ-71", ["KZ-71,headcount,,2023-12-31,1000,", "KZ-71,visiting_team_size,,2023-11-06/2023-11-10,28,"])
        self.assertEqual(self.figure("KZ-71", "headcount"), (1000, 1000))

    def test_row_15_one_name_two_territories(self):
        """Karaganda of before 8 June 2022 is a larger land than Karaganda of today."""
        self.state("KZ-35", ["KZ-35,headcount,cadre=nurse_higher,2022-01-01,4000,"])
        cell = self.cell("KZ-35", "headcount", {"cadre": "nurse_higher"}, day="2023-01-01")
        self.assertEqual(cell["basis"], "none")
        nation = self.cell("KZ", "headcount", {"cadre": "nurse_higher"}, day="2023-01-01")
        self.assertEqual((nation["lo"], nation["reported"], nation["stale"]), (4000, 2, 2))

    def test_row_16_codes_and_never_names(self):
        for name in ("Жетысу", "Жетісу", "Jetisu"):
            receipts = self.state("KZ-33", [f"{name},hightech_service_kinds,,2024-01-29,10,"], expect=EX_DATA,
                                  name="name.csv")
            told = [d for r in receipts for d in r["diagnostics"] if d["code"] == "unit_by_name"]
            self.assertEqual([d["remedy"] for d in told], ["write KZ-33"], receipts)

    def test_row_17_bytes(self):
        """NO-BREAK SPACE before a number, a decimal comma, an en dash in a range, Kazakh letters; a body told twice."""
        row = "KZ-75;hightech_service_kinds;;2024-01-29;\u00a010;Қарағанды ә ғ қ ң ө ұ ү һ і"
        path = self.pipeline.directory / "bytes.csv"
        path.write_text("unit;indicator;breakdown;period;value;note\n" + row + "\n" + row + "\n"
                        "KZ-75;posts_established;;2024-01-29;364,25;\n"
                        "KZ-75;deficit_elimination_horizon;;2024-01-29;2–3;\n", encoding="utf-8")
        receipts = self.pipeline.push("KZ-75", path)
        self.pipeline.wait_caught_up()
        self.assertIn("same_fact", self.codes(receipts))
        self.assertEqual(self.figure("KZ-75", "hightech_service_kinds"), (10, 10))
        self.assertEqual(self.figure("KZ-75", "posts_established"), (364.25, 364.25))
        self.assertEqual(self.figure("KZ-75", "deficit_elimination_horizon"), (2, 3))

    def test_row_18_nothing_to_report_is_said(self):
        path = self.pipeline.directory / "nothing.csv"
        path.write_text("#nothing-to-report: yes\n" + HEADER)
        silent = self.pipeline.directory / "silent.csv"
        silent.write_text(HEADER)
        receipts = self.pipeline.push("KZ-23", path)
        self.assertEqual([(r["outcome"], r["accepted"]) for r in receipts], [("committed", 0)])
        done = self.pipeline.kadr("push", "--office", "KZ-23", "--json", silent)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("empty_report", done.stdout + done.stderr)

    def test_every_seed_has_its_row(self):
        """The rows above speak of figures that the fixture holds: none of them was made up."""
        values = {json.dumps(record["value"]) for record in json.loads((ROOT / "tests/fixtures/seeds.json").read_text())}
        for value in ("59", "60", "94", "28", "70000000", "57000", "1894", "6820", "45", "198", "18", "8", "93", "91", "4"):
            self.assertIn(value, values)


if __name__ == "__main__":
    unittest.main()
