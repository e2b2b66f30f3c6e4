# SPDX-License-Identifier: Apache-2.0
"""The five seed articles, pushed as their offices' reports, read back from the rollup alone."""
import json
import pathlib
import re
import tempfile
import unittest

from kadrtest import PipelineCase, ROOT, SAMPLES, cell_of, wait_for

DAY = "2024-07-01"
RECORDS = json.loads((ROOT / "tests/fixtures/seeds.json").read_text())
BY_ID = {record["id"]: record for record in RECORDS}


class Samples(PipelineCase):
    DAY = "2025-07-31"  # after the last sample; every question below names its own day

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receipts = cls.pipeline.push_samples()

    def ask(self, unit, day, *more):
        return self.pipeline.rollup("--unit", unit, "--as-of", day, *more)

    def test_a_change_of_many_periods_stands_once(self):
        """A week's events change their month, quarter, half and years."""
        done = self.pipeline.kadr("diff", "--from", 0, "--lang", "en")
        folded = re.search(r"^(\d+) rows with the same change for a narrower period not shown", done.stdout, re.M)
        self.assertIsNotNone(folded, done.stdout + done.stderr)
        whole = json.loads(self.pipeline.kadr("diff", "--from", 0, "--json").stdout)["changes"]
        self.assertLess(int(folded.group(1)), len(whole))
        self.assertNotRegex(done.stdout, r"(?m)^    .*  2023-11  ")  # 2023 says it
        self.assertRegex(done.stdout, r"(?m)^    .*  2023  ")

    def test_every_sample_is_committed_whole(self):
        self.assertEqual(len(self.receipts), len(SAMPLES))
        for receipt in self.receipts:
            self.assertEqual((receipt["outcome"], receipt["rejected"]), ("committed", 0), receipt)

    def test_national_need_is_a_lower_bound(self):
        answer = self.ask("KZ", DAY)
        self.assertEqual(answer["as_of"], DAY)
        for cadre, known in (("doctor", 23), ("midlevel", 40)):
            cell = cell_of(answer, "KZ", "need_declared", {"cadre": cadre, "settlement": "rural"})
            self.assertEqual((cell["lo"], cell["hi"], cell["known_hi"]), (known, None, known))
            self.assertTrue(cell["incomplete"])
            self.assertEqual((cell["reported"], cell["expected"], cell["basis"]), (1, 20, "sum"))

    def test_national_headcount_is_a_lower_bound(self):
        answer = self.ask("KZ", DAY, "--indicator", "headcount")
        for cadre, known in (("doctor", 1894), ("midlevel", 6820)):
            cell = cell_of(answer, "KZ", "headcount", {"cadre": cadre})
            self.assertEqual((cell["lo"], cell["hi"], cell["known_hi"]), (known, None, known))
            self.assertEqual((cell["reported"], cell["expected"]), (1, 20))

    def test_parts_are_not_added_to_their_total(self):
        cell = cell_of(self.ask("KZ-47", DAY), "KZ-47", "grants_allocated", {"funder": "oblast_akim"}, "2023")
        self.assertEqual((cell["lo"], cell["hi"], cell["basis"]), (198, 198, "stated"))
        nation = cell_of(self.ask("KZ", DAY), "KZ", "grants_allocated", {"funder": "oblast_akim"}, "2023")
        self.assertEqual(nation["known_hi"], 198)

    def test_a_total_with_missing_parts_is_flagged_not_repaired(self):
        cell = cell_of(self.ask("KZ-33", DAY), "KZ-33", "facilities_planned",
                       {"programme": "national_project_rural_health"}, "2024")
        self.assertEqual((cell["lo"], cell["hi"], cell["basis"]), (59, 59, "stated"))
        self.assertEqual(cell["unexplained"], {"lo": 10, "hi": 10, "kind": "outstanding"})

    def test_more_than_sixty_stays_open(self):
        for unit in ("KZ-47", "KZ"):
            cell = cell_of(self.ask(unit, DAY), unit, "consultations_given", {}, "2023-11-06/2023-11-10")
            self.assertEqual((cell["lo"], cell["hi"], cell["expected"]), (61, None, None))

    def test_figures_are_compared_with_the_journal(self):
        daemon = self.pipeline.aggregatord
        wait_for(lambda: daemon.metric("kadr_audit_equal_total") > 100, lambda: f"100 audits: {daemon.tail()}")
        for other in ("different", "too_large", "failures"):
            self.assertEqual(daemon.metric(f"kadr_audit_{other}_total"), 0)

    def test_nothing_to_report_is_not_silence(self):
        empty = [r for r in self.receipts if r["office"] == "KZ-10" and r["accepted"] == 0]
        self.assertEqual([r["outcome"] for r in empty], ["committed"])

    def test_pushing_again_changes_nothing(self):
        before = self.ask("KZ", DAY, "--subtree")["cells"]
        self.pipeline.push_samples()
        self.assertEqual(self.ask("KZ", DAY, "--subtree")["cells"], before)

    def test_without_a_unit_programs_get_all_and_people_the_country(self):
        self.assertEqual(self.pipeline.rollup("--as-of", DAY)["cells"], self.ask("KZ", DAY, "--subtree")["cells"])
        table = self.pipeline.kadr("rollup", "--as-of", DAY).stdout
        self.assertEqual(table, self.pipeline.kadr("rollup", "--unit", "KZ", "--as-of", DAY).stdout)
        self.assertTrue(table.startswith("Republic of Kazakhstan (KZ)"), table[:80])

    def test_machine_output_is_the_same_in_every_language(self):
        question = ("rollup", "--as-of", DAY, "--subtree")
        for machine in (("--json",), ("--format", "csv")):
            answers = {self.pipeline.kadr(*question, *machine, "--lang", lang).stdout for lang in ("kk", "ru", "en")}
            self.assertEqual(len(answers), 1, machine)
        tables = {self.pipeline.kadr(*question, "--lang", lang).stdout for lang in ("kk", "ru", "en")}
        self.assertEqual(len(tables), 3)

    def test_tables_list_units_by_name(self):
        """By the alphabet and not by the code: Almaty is KZ-75, and comes behind Abai."""
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder) / "population.csv"
            report.write_text("unit,indicator,breakdown,period,value\nKZ-75,population,,2024-01-01,2347924\n")
            self.pipeline.push("KZ-75", report)
        self.pipeline.wait_caught_up()
        wanted = ["KZ", "KZ-10", "KZ-75", "KZ-33", "KZ-35", "KZ-47"]
        question = ("rollup", "--unit", "KZ", "--as-of", "2025-07-12", "--subtree")
        for lang in ("kk", "ru", "en"):
            table = self.pipeline.kadr(*question, "--lang", lang).stdout
            self.assertEqual(re.findall(r"\((KZ[-0-9]*)\) ·", table), wanted, lang)
        rows = self.pipeline.kadr(*question, "--format", "csv").stdout.splitlines()[1:]
        codes = [row.split(",")[0] for row in rows]
        self.assertEqual(codes, sorted(codes))

    def test_a_table_never_shows_a_partial_sum_as_a_figure(self):
        done = self.pipeline.kadr("rollup", "--unit", "KZ", "--as-of", DAY, "--indicator", "need_declared")
        self.assertEqual(done.returncode, 0, done.stderr)
        line = next(l for l in done.stdout.splitlines() if l.strip().startswith("Doctors, Rural"))
        self.assertIn("≥ 23 · 1 of 20 regions", line)


class Measures(PipelineCase):
    """A percentage is not to be read as a number of people."""

    DAY = "2024-07-01"

    def test_people_read_what_a_figure_is_measured_in(self):
        report = self.pipeline.directory / "posts.csv"
        report.write_text("unit,indicator,breakdown,period,value\nKZ-39,posts_established,,2024-06-30,200\n"
                          "KZ-39,posts_occupied,,2024-06-30,150\n")
        self.pipeline.push("KZ-39", report)
        self.pipeline.wait_caught_up()
        questions = (("rollup",), ("diff", "--from", "0"), ("explain",), ("compare", "2024-06-30", "2024-07-01"),
                     ("series", "--from", "2024-05-01", "--to", "2024-07-01"))
        for lang, rate, posts in (
                ("en", "Vacancy rate, %", "Vacant posts, net"),
                ("ru", "Доля вакантных штатных единиц, %", "Вакантные штатные единицы, штатных единиц"),
                ("kk", "Бос штат бірліктерінің үлесі, %", "Бос штат бірліктері, штат бірлігі")):
            for question in questions:
                for indicator, heading in (("vacancy_rate", rate), ("vacancy_posts", posts)):
                    done = self.pipeline.kadr(*question, "--unit", "KZ-39", "--indicator", indicator, "--lang", lang)
                    told = [line.strip().partition(" · ")[0] for line in done.stdout.splitlines()]
                    self.assertIn(heading, told, (question, done.stdout, done.stderr))


class Records(PipelineCase):
    """Each of the forty records is in the rollup at its exact key, or told away as the same fact."""

    DAY = "2025-07-31"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pipeline.push_samples()
        cls.answers = {day: cls.pipeline.rollup("--unit", "KZ", "--subtree", "--as-of", day)
                       for day in {record["as_of"] for record in RECORDS if "as_of" in record}}

    def cell(self, record, key):
        return cell_of(self.answers[record["as_of"]], key["unit"], key["indicator"], key["breakdown"], key["period"])

    def test_forty(self):
        self.assertEqual(len(BY_ID), 40)

    def test_every_record_is_found_or_explained(self):
        for record in RECORDS:
            with self.subTest(record["id"]):
                if "same_fact_as" in record:
                    self.assertIn("key", BY_ID[record["same_fact_as"]])
                    self.assertTrue(record["reason"])
                elif "missing" in record:
                    self.check_missing(record)
                else:
                    self.check_figure(record)

    def check_missing(self, record):
        for key in record["keys"]:
            cell = self.cell(record, key)
            self.assertEqual((cell["basis"], cell["reason"], cell["reported"]), ("none", record["missing"], 0))

    def check_figure(self, record):
        cell = self.cell(record, record["key"])
        self.assertEqual((cell["lo"], cell["hi"], cell["basis"]), (record["lo"], record["hi"], "stated"))
        if cell["period"] == record["as_of"]:  # a stock: which statement it rests on is told by its days
            self.assertEqual((cell["oldest"], cell["newest"]), (record["key"]["period"],) * 2)

    def test_parts_stay_below_their_totals(self):
        for record in RECORDS:
            if "part_of" in record:
                whole = BY_ID[record["part_of"]]
                self.assertLessEqual(self.cell(record, record["key"])["lo"], self.cell(whole, whole["key"])["lo"])


if __name__ == "__main__":
    unittest.main()
