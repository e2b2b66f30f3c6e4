# SPDX-License-Identifier: Apache-2.0
"""Plans beside facts, rules whose residual is a figure, and who owes what: through the daemons."""
import csv
import io
import json
import re
import shutil
import unittest

from kadrtest import ROOT, PipelineCase, cell_of

HEADER = "unit,indicator,breakdown,period,value,note\n"


class Plans(PipelineCase):
    DAY = "2025-07-31"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pipeline.push_samples()

    def state(self, office, rows, name):
        path = self.pipeline.directory / f"{name}.csv"
        path.write_text(HEADER + "".join(row + ",\n" for row in rows), encoding="utf-8")
        receipts = self.pipeline.push(office, path)
        self.pipeline.wait_caught_up()
        return receipts

    def plans(self, *arguments):
        return self.pipeline.kadr("plans", *arguments).stdout

    def test_the_59_of_jetisu(self):
        programme = "programme=national_project_rural_health"
        self.state("KZ-33", [f"KZ-33,facilities_built,{programme},2024-Q1,10",
                             f"KZ-33,facilities_opened,{programme},2024,8"], "jetisu")
        answer = json.loads(self.plans("--unit", "KZ-33", "--indicator", "facilities_planned", "--json",
                                       "--as-of", "2024-07-01"))
        self.assertNotIn("cells", answer)
        whole = [p for p in answer["plans"]
                 if p["plan"]["breakdown"] == {"programme": "national_project_rural_health"}]
        self.assertEqual(len(whole), 1)
        self.assertEqual((whole[0]["plan"]["lo"], whole[0]["due_first"], whole[0]["due_last"]),
                         (59, "2024-01-01", "2024-12-31"))
        built, opened, staffed = whole[0]["facts"]
        self.assertEqual((built["indicator"], built["done"]["lo"], built["done"]["hi"]), ("facilities_built", 10, None))
        self.assertEqual((built["left"], built["state"]), ({"lo": 0, "hi": 49}, "on_the_way"))
        self.assertEqual((opened["left"], opened["state"]), ({"lo": 51, "hi": 51}, "on_the_way"))
        self.assertEqual((staffed["done"], staffed["left"], staffed["state"]), (None, None, "unknown"))
        today = self.plans("--unit", "KZ-33", "--indicator", "facilities_planned")
        self.assertRegex(today, r"\n {4}\S.*  by 2024-12-31  59 +\S.*  ≥ 10 +0–49 +cannot be told\n")
        self.assertRegex(today, r"\n +Health facilities opened +8 +51 +OVERDUE\n")

    def test_the_92_of_karaganda_in_rows_in_three_languages(self):
        for lang, columns, due, state in (
                ("en", "plan due planned fact done left state", "by 2025-11-19", "cannot be told"),
                ("ru", "план срок намечено факт сделано осталось состояние", "к 2025-11-19", "сказать нельзя"),
                ("kk", "жоспар мерзімі көзделгені факт орындалғаны қалғаны күйі", "2025-11-19 дейін", "айту мүмкін емес")):
            lines = self.plans("--unit", "KZ-35", "--lang", lang).splitlines()
            self.assertTrue(any(line.split() == columns.split() for line in lines), lines)
            first, = (at for at, line in enumerate(lines) if re.search(rf"  {due} +92  ", line))
            rows = [line for line in lines[first:first + 8] if line.endswith(state)]
            self.assertGreaterEqual(len(rows), 3)  # built, opened, staffed: none was reported
            self.assertEqual(len({line.index(state) for line in rows}), 1)
            self.assertLess(max(map(len, lines)), 150)

    def test_a_plan_without_facts_is_shown_alone(self):
        question = ("--unit", "KZ-33", "--indicator", "districts_covered_planned")
        self.assertIn("8        the catalogue names no fact\n", self.plans(*question))
        plan, = json.loads(self.plans(*question, "--json"))["plans"]
        self.assertEqual((plan["plan"]["lo"], plan["facts"]), (8, []))
        row, = csv.DictReader(io.StringIO(self.plans(*question, "--csv")))
        self.assertEqual((row["planned_lo"], row["fact"], row["done_lo"], row["left_lo"], row["state"]), ("8", "", "", "", ""))

    def test_a_target_that_is_due_within_a_year(self):
        key = "cadre=doctor settlement=rural"
        self.state("KZ-35", [f"KZ-35,need_declared_target,{key},2025-11/2026-11,0"], "target")
        rows = list(csv.DictReader(io.StringIO(self.plans("--unit", "KZ-35", "--indicator", "need_declared_target",
                                                          "--csv"))))
        rows = [row for row in rows if row["breakdown"] == key]  # without rural, or doctors, it is a part
        self.assertEqual(len(rows), 1)
        self.assertEqual((rows[0]["due_first"], rows[0]["due_last"], rows[0]["planned_hi"]),
                         ("2025-11-01", "2026-11-30", "0"))
        self.assertEqual((rows[0]["fact"], rows[0]["done_lo"], rows[0]["left_lo"], rows[0]["left_hi"], rows[0]["state"]),
                         ("need_declared", "23", "23", "23", "on_the_way"))

    def test_a_target_of_later_years_is_seen_today(self):
        self.state("KZ-39", ["KZ-39,need_declared_target,cadre=doctor,2027-09/2028-08,5"], "later")
        rows = list(csv.DictReader(io.StringIO(self.plans("--unit", "KZ-39", "--indicator", "need_declared_target",
                                                          "--csv"))))
        self.assertEqual([(row["due_last"], row["planned_lo"]) for row in rows if row["breakdown"] == "cadre=doctor"],
                         [("2028-08-31", "5")])
        answer = self.pipeline.rollup("--unit", "KZ-39", "--indicator", "need_declared_target")
        self.assertEqual(cell_of(answer, "KZ-39", "need_declared_target", {"cadre": "doctor"},
                                 "2027-09/2028-08")["lo"], 5)

    def test_a_plan_as_it_was_known_before_it_was_cut(self):
        before = self.state("KZ-31", ["KZ-31,facilities_planned,,2025,12"], "promised")[-1]["commit"]
        self.state("KZ-31", ["KZ-31,facilities_planned,,2025,7", "KZ-31,facilities_built,,2025,3"], "cut")
        question = ("--unit", "KZ-31", "--indicator", "facilities_planned")
        for known, planned, built in (((), 7, 3), (("--known-at", before), 12, None)):
            answer = json.loads(self.plans(*question, "--json", *known))
            done = answer["plans"][0]["facts"][0]["done"]
            self.assertEqual(len(answer["plans"]), 1)
            self.assertEqual((answer["plans"][0]["plan"]["lo"], done and done["lo"]), (planned, built))
        self.assertEqual(answer["commit"], before)
        self.assertIn(f"as known at commit {before}", self.plans(*question, "--known-at", before))
        refused = self.pipeline.kadr("plans", "--known-at", "yesterday")
        self.assertEqual((refused.returncode, refused.stdout), (64, ""))
        self.assertIn("--known-at: want a commit", refused.stderr)

    def test_what_is_no_plan_is_said_so(self):
        refused = self.pipeline.kadr("plans", "--indicator", "headcount")
        self.assertEqual(refused.returncode, 64)
        self.assertIn("headcount", refused.stderr)

    def test_a_rule_says_whether_it_holds(self):
        before = self.pipeline.aggregatord.metric("kadr_aggregate_broken_rules")
        self.state("KZ-39", ["KZ-39,incentive_budget_allocated,,2023,100", "KZ-39,incentive_budget_paid,,2023,120"],
                   "overspent")
        arguments = ("--unit", "KZ-39", "--indicator", "incentive_overspend", "--period", "2023")
        cell = cell_of(self.pipeline.rollup(*arguments), "KZ-39", "incentive_overspend", {}, "2023")
        self.assertEqual((cell["lo"], cell["hi"], cell["holds"]), (20, 20, "broken"))
        self.assertIn("THE RULE IS BROKEN", self.pipeline.kadr("rollup", *arguments).stdout)
        self.assertIn(",broken,then\n", self.pipeline.kadr("rollup", *arguments, "--format", "csv").stdout)
        self.assertGreater(self.pipeline.aggregatord.metric("kadr_aggregate_broken_rules"), before)
        self.state("KZ-39", ["KZ-39,incentive_budget_paid,,2023,90"], "repaid")
        cell = cell_of(self.pipeline.rollup(*arguments), "KZ-39", "incentive_overspend", {}, "2023")
        self.assertEqual((cell["lo"], cell["hi"], cell["holds"]), (-10, -10, "holds"))

    def test_a_rule_is_not_reported(self):
        path = self.pipeline.directory / "rule.csv"
        path.write_text(HEADER + "KZ-39,staff_balance,,2023,0,\n", encoding="utf-8")
        receipts = self.pipeline.push("KZ-39", path, expect=65)
        self.assertIn("computed_only", [d["code"] for r in receipts for d in r["diagnostics"]])


class Expected(PipelineCase):
    DAY = "2024-07-01"

    def test_who_owes_a_figure_is_applied(self):
        folder = self.pipeline.directory / "reference"
        shutil.copytree(ROOT / "config" / "catalogue", folder / "catalogue")
        shutil.copy(ROOT / "config" / "units.csv", folder / "units.csv")
        path = self.pipeline.directory / "report.csv"
        path.write_text(HEADER + "KZ-33,headcount,,2024-06-30,10,\n", encoding="utf-8")
        self.pipeline.push("KZ-33", path)
        self.pipeline.wait_caught_up()
        self.assertEqual(self.expected(), 20)
        rules = folder / "catalogue" / "expected.csv"
        rules.write_text("indicator,unit,from,to,expected\n*,KZ-99,,,no\n")
        refused = self.apply(folder)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("expected.csv:2:2: unknown_unit", refused.stderr)
        rules.write_text("indicator,unit,from,to,expected\n*,KZ-35,2024-01-01,,no\n")
        self.assertIn("+ expected.csv: */KZ-35/2024-01-01", self.apply(folder, "--dry-run").stdout)
        self.assertEqual(self.expected(), 20)
        self.assertEqual(self.apply(folder).returncode, 0)
        self.pipeline.wait_caught_up()
        self.assertEqual(self.expected(), 19)

    def expected(self):
        answer = self.pipeline.rollup("--unit", "KZ", "--indicator", "headcount")
        return cell_of(answer, "KZ", "headcount", {})["expected"]

    def apply(self, folder, *more):
        return self.pipeline.kadr("reference", "apply", "--reference", str(folder), *more)


if __name__ == "__main__":
    unittest.main()
