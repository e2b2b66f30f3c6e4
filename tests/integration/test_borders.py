# SPDX-License-Identifier: Apache-2.0
"""The split of June 2022 with districts, end to end: the published table imported, taken into force, reported
for, and asked about as then and on today's borders."""
import csv
import io
import pathlib
import shutil
import tempfile
import unittest

from kadrtest import PipelineCase, ROOT, cell_of

DAY = "2022-03-31"


class Borders(PipelineCase):
    DAY = "2024-02-01"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.reference = pathlib.Path(folder.name) / "reference"
        shutil.copytree(ROOT / "config", cls.reference)
        cls.run_kadr("units", "import", "--write", ROOT / "tests/fixtures/kato_districts.csv",
                     ROOT / "config/import/moves-2022-06-08.csv", "--reference", cls.reference)
        cls.run_kadr("reference", "apply", "--reference", cls.reference)
        report = pathlib.Path(folder.name) / "report.csv"
        report.write_text("unit,indicator,breakdown,period,value\n"
                          "354000000,headcount,,2022-03-01,200\n"   # Bukhar-Zhyrau, still Karaganda Region
                          "1930215,headcount,,2022-03-01,100\n"     # Zhanaarka by the table's own code, now Ulytau
                          "KZ-35,arrivals,,2022-Q1,9\n")
        cls.pipeline.push("KZ-35", report, "--reference", str(cls.reference))
        report.write_text("unit,indicator,breakdown,period,value\nKZ-33,headcount,,2023-12-31,50\n")
        cls.pipeline.push("KZ-33", report, "--reference", str(cls.reference))
        cls.pipeline.wait_caught_up()

    @classmethod
    def run_kadr(cls, *words):
        done = cls.pipeline.kadr(*words)
        if done.returncode != 0:
            raise AssertionError(done.stderr + done.stdout)
        return done.stdout

    def headcount(self, unit, *more):
        answer = self.pipeline.rollup("--unit", unit, "--indicator", "headcount", "--as-of", DAY, *more,
                                      "--reference", str(self.reference))
        cell = cell_of(answer, unit, "headcount")
        return cell["lo"], cell["known_hi"], cell.get("reason")

    def test_as_then(self):
        self.assertEqual(self.headcount("KZ")[:2], (300, 300))
        self.assertEqual(self.headcount("KZ-35")[:2], (300, 300))
        self.assertIsNone(self.headcount("KZ-62")[0])
        self.assertEqual(self.headcount("KZ-35"), self.headcount("KZ-35", "--borders", "then"))

    def test_before_a_unit_existed_it_is_told(self):
        days = ("2021-12-31", "2023-12-31")
        asked = ("--unit", "KZ-33", "--indicator", "headcount")
        questions = (("rollup", *asked, "--as-of", days[0]), ("rollup", *asked, "--period", "2021"),
                     ("explain", *asked, "--as-of", days[0]), ("compare", *days, *asked),
                     ("series", *asked, "--from", "2021-12", "--to", "2022-12", "--step", "half"))
        for lang, words in (("en", "KZ-33 exists since 2022-06-08; its land was then in KZ-19"),
                            ("ru", "территория KZ-33 существует с 2022-06-08; тогда она входила в KZ-19"),
                            ("kk", "KZ-33 аумағының алғашқы күні: 2022-06-08; ол кезде жері мынаның құрамында болды: KZ-19")):
            for question in questions:
                with self.subTest(question):
                    told = self.run_kadr(*question, "--lang", lang)
                    self.assertEqual(told.splitlines().count(words), 1, told)
                    self.assertNotIn("no figures match", told)
        for question in (("rollup", *asked, "--as-of", days[1]), ("rollup", *asked, "--as-of", days[0], "--borders", "today"),
                         ("series", *asked, "--from", "2022-01", "--to", "2022-12", "--step", "half"),
                         ("rollup", *asked, "--as-of", days[0], "--json")):
            self.assertNotIn("exists since", self.run_kadr(*question))

    def test_on_todays_borders(self):
        self.assertEqual(self.headcount("KZ", "--borders", "today")[:2], (300, 300))
        self.assertEqual(self.headcount("KZ-35", "--borders", "today")[:2], (200, 200))
        self.assertEqual(self.headcount("KZ-62", "--borders", "today")[:2], (100, 100))
        table = self.run_kadr("rollup", "--unit", "KZ-62", "--as-of", DAY, "--borders", "today", "--lang", "ru",
                              "--reference", str(self.reference))
        self.assertIn("в сегодняшних границах\n", table)

    def test_what_only_the_region_stated_is_known_of_no_part(self):
        question = ("--unit", "KZ-35", "--indicator", "arrivals", "--period", "2022-Q1", "--reference",
                    str(self.reference))
        then = cell_of(self.pipeline.rollup(*question), "KZ-35", "arrivals", {}, "2022-Q1")
        self.assertEqual(then["lo"], 9)
        today = cell_of(self.pipeline.rollup(*question, "--borders", "today"), "KZ-35", "arrivals", {}, "2022-Q1")
        self.assertEqual((today["lo"], today["reason"]), (None, "unknown"))

    def test_programs_are_told_which_borders(self):
        for flags, borders in (((), "then"), (("--borders", "then"), "then"), (("--borders", "today"), "today")):
            question = ("--unit", "KZ-62", "--indicator", "headcount", "--as-of", DAY, *flags, "--reference",
                        str(self.reference))
            self.assertEqual(self.pipeline.rollup(*question)["borders"], borders)
            rows = list(csv.DictReader(io.StringIO(self.run_kadr("rollup", *question, "--format", "csv"))))
            self.assertEqual({row["borders"] for row in rows}, {borders})

    def test_usage(self):
        self.assertEqual(self.pipeline.kadr("rollup", "--borders", "tomorrow").returncode, 64)


if __name__ == "__main__":
    unittest.main()
