# SPDX-License-Identifier: Apache-2.0
"""A slip of the finger does not go live nationwide: what is held, what confirms it, what is withdrawn, what comes too late."""
import json
import unittest

from kadrtest import EX_DATA, EX_SOME_REJECTED, EX_USAGE, Pipeline, wait_for

DAY = "2024-06-30"
TABLE = "unit,indicator,breakdown,period,value\n"


def doctors(value, day=DAY, unit="KZ-33"):
    return f"{unit},headcount,cadre=doctor,{day},{value}\n"


def midlevel(value, day=DAY, unit="KZ-33"):
    return f"{unit},headcount,cadre=midlevel,{day},{value}\n"


class Plausible(unittest.TestCase):
    def setUp(self):
        self.pipeline = Pipeline(day="2024-07-31")
        self.addCleanup(self.pipeline.close)
        self.push(doctors(1894), midlevel(6820), head="#stated: 2024-07-01\n")

    def file(self, *rows, head=""):
        path = self.pipeline.directory / "report.csv"
        path.write_text(head + TABLE + "".join(rows))
        return path

    def push(self, *rows, head="", expect=0, office="KZ-33", options=()):
        """The one receipt, once the rollup shows it."""
        receipt, = self.pipeline.push(office, *options, self.file(*rows, head=head), expect=expect)
        self.wait_known()
        return receipt

    def wait_known(self):
        """Until the rollup shows every commit and ingestd judges by it."""
        commit = self.pipeline.wait_caught_up()
        wait_for(lambda: self.pipeline.ingestd.status()["position"] >= commit, f"ingestd to know commit {commit}")

    def told(self, lang, *rows):
        done = self.pipeline.kadr("push", "--office", "KZ-33", "--lang", lang, self.file(*rows))
        self.assertEqual(done.returncode, EX_DATA, done.stderr)
        self.wait_known()
        return done

    def figure(self, unit, breakdown="cadre=doctor"):
        """Lowest value of the headcount, None without one."""
        for cell in self.pipeline.rollup("--unit", unit, "--indicator", "headcount")["cells"]:
            pairs = " ".join(f"{d}={m}" for d, m in sorted(cell["breakdown"].items()))
            if cell["unit"] == unit and pairs == breakdown:
                return cell["lo"]
        return None

    def codes(self, receipt):
        return [d["code"] for d in receipt["diagnostics"]]

    def test_ten_times_as_many_are_held(self):
        receipt = self.push(doctors(18940, "2024-07-31"), midlevel(6900, "2024-07-31"), expect=EX_SOME_REJECTED)
        self.assertEqual((receipt["outcome"], receipt["accepted"], receipt["held"], receipt["rejected"]), ("committed", 1, 1, 0))
        self.assertEqual(self.codes(receipt), ["implausible"])
        self.assertEqual(receipt["diagnostics"][0]["line"], 2)
        self.assertEqual([self.figure(u) for u in ("KZ-33", "KZ")], [1894, 1894])  # nothing of it nationwide
        self.assertEqual(self.figure("KZ-33", "cadre=midlevel"), 6900)  # the rest takes force
        self.assertEqual(self.pipeline.ingestd.metric("kadr_ingest_held"), 1)

    def test_the_office_is_told_in_its_language(self):
        ru = self.told("ru", doctors(18940))
        self.assertRegex(ru.stderr, r"report\.csv:2:5: предупреждение: implausible: 18940 далеко от ожидаемого \(от 631 до 5682\).*#confirm: yes")
        self.assertIn("отложено", ru.stdout)
        kk = self.told("kk", doctors(18950))
        self.assertRegex(kk.stderr, r"report\.csv:2:5: ескерту: implausible: 18950 күтілгеннен алшақ \(631 мен 5682 .*#confirm: yes")
        self.assertIn("расталғанша", kk.stdout)

    def test_a_check_alone_does_not_know_what_was_said(self):
        done = self.pipeline.kadr("push", "--office", "KZ-33", "--dry-run", "--json", self.file(doctors(18940)))
        self.assertEqual((done.returncode, json.loads(done.stdout)["accepted"]), (0, 1))
        done = self.pipeline.kadr("push", "--office", "KZ-33", "--dry-run", "--json", self.file(doctors(1000001)))
        checked = json.loads(done.stdout)  # the catalogue's range it does know
        self.assertEqual((done.returncode, checked["held"], checked["accepted"]), (EX_DATA, 1, 0))

    def test_the_office_confirms(self):
        receipt = self.push(doctors(18940), head="#confirm: yes\n")
        self.assertEqual((receipt["accepted"], receipt["held"], self.codes(receipt)), (1, 0, ["confirmed"]))
        self.assertEqual(self.figure("KZ"), 18940)
        receipt = self.push(doctors(1900), options=("--confirm",))
        self.assertEqual((receipt["accepted"], self.figure("KZ")), (1, 1900))

    def test_a_second_statement_confirms_also_after_a_restart(self):
        self.push(doctors(18940), expect=EX_DATA)
        self.pipeline.ingestd.kill()
        self.pipeline.ingestd.start()
        self.pipeline.ingestd.wait_ready()
        receipt = self.push(doctors(18941), expect=EX_DATA)  # what was said before is known again
        self.assertEqual(receipt["held"], 1)
        receipt = self.push(doctors(18940), options=("--outbox", self.pipeline.directory / "another"))
        self.assertEqual((receipt["accepted"], self.codes(receipt)), (1, ["confirmed"]))
        self.assertEqual([self.figure(u) for u in ("KZ-33", "KZ")], [18940, 18940])

    def test_the_same_file_once_more_confirms_nothing(self):
        held = self.push(doctors(18940), midlevel(6900), expect=EX_SOME_REJECTED)
        for rows in ((doctors(18940), midlevel(6900)), (midlevel(7000), doctors(18940))):  # also beside other rows
            for options in ((), ("--dry-run",)):
                again, = self.pipeline.push("KZ-33", *options, self.file(*rows), expect=EX_DATA)
                self.assertEqual((again["outcome"], self.codes(again)), ("refused", ["held_before"]))
                self.assertIn(str(held["commit"]), again["diagnostics"][0]["text"])
        self.assertEqual(self.figure("KZ-33"), 1894)
        told = self.pipeline.kadr("push", "--office", "KZ-33", "--lang", "ru", self.file(doctors(18940)))
        self.assertRegex(told.stderr, r"report\.csv:2:5: held_before: 18940 отложено в отчёте № \d+; .*#confirm: yes")
        receipt = self.push(doctors(18940), options=("--confirm",))
        self.assertEqual((receipt["accepted"], self.figure("KZ-33")), (1, 18940))
        self.assertEqual(self.push(doctors(18940))["accepted"], 1)  # the newest that states it decides

    def test_all_or_nothing_waits(self):
        rows = doctors(18940, "2024-07-31"), midlevel(6900, "2024-07-31")
        receipt = self.push(*rows, head="#all-or-nothing: yes\n", expect=EX_DATA)
        self.assertEqual((receipt["outcome"], receipt["accepted"], receipt["held"]), ("committed", 0, 2))
        self.assertEqual(self.figure("KZ-33", "cadre=midlevel"), 6820)

    def test_too_late_changes_nothing_and_is_told(self):
        receipt = self.push(doctors(1800), head="#stated: 2024-06-30\n")
        self.assertEqual((receipt["outcome"], receipt["accepted"], self.codes(receipt)), ("committed", 1, ["not_in_force"]))
        self.assertEqual(self.figure("KZ-33"), 1894)
        done = self.pipeline.kadr("push", "--office", "KZ-33", "--lang", "ru",
                                  self.file(doctors(1801), head="#stated: 2024-06-30\n"))
        self.assertIn("уже действует цифра, заявленная позже", done.stderr)

    def test_in_the_place_of_another_report(self):
        first = self.push(doctors(1900), midlevel(6900))
        self.push(midlevel(7000, "2024-05-31"))
        receipt = self.push(doctors(1910), head=f"#replaces: {first['commit']}\n")
        self.assertEqual((receipt["accepted"], self.codes(receipt)), (2, ["replaced", "withdrawn_by_replacing"]))
        self.assertIn(f"KZ-33, headcount cadre=midlevel, {DAY}", receipt["diagnostics"][1]["text"])
        self.assertEqual(self.figure("KZ-33"), 1910)
        self.assertEqual(self.figure("KZ-33", "cadre=midlevel"), 7000)  # of May; June is withdrawn

    def test_a_check_names_what_would_be_withdrawn(self):
        first = self.push(doctors(1900), midlevel(6900))
        done = self.pipeline.kadr("push", "--office", "KZ-33", "--lang", "en", "--dry-run", "--replaces", first["commit"],
                                  self.file(doctors(1910)))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, rf"withdrawn_by_replacing: withdrawn: KZ-33, headcount cadre=midlevel, {DAY}: ")
        self.assertEqual(self.figure("KZ-33", "cadre=midlevel"), 6900)  # nothing was sent

    def test_a_later_correction_survives(self):
        first = self.push(doctors(1900), midlevel(6900))
        self.push(midlevel(6950))
        self.push(doctors(1910), options=("--replaces", f"sequence:{first['sequence']}"))
        self.assertEqual([self.figure("KZ-33", f"cadre={c}") for c in ("doctor", "midlevel")], [1910, 6950])

    def test_everything_was_wrong(self):
        first = self.push(doctors(1900), midlevel(6900))
        receipt = self.push(head=f"#replaces: {first['commit']}\n")
        self.assertEqual(receipt["accepted"], 2)
        self.assertEqual([self.figure("KZ-33", f"cadre={c}") for c in ("doctor", "midlevel")], [None, None])

    def test_a_report_that_is_not_known_here(self):
        done = self.pipeline.kadr("push", "--office", "KZ-33", "--lang", "ru", "--replaces", "4711", self.file(doctors(1)))
        self.assertEqual(done.returncode, EX_DATA)
        self.assertRegex(done.stderr, "replaces_unknown: здесь неизвестно, что было в отчёте 4711")
        self.assertEqual(self.figure("KZ-33"), 1894)
        for options in ((), ("--outbox", self.pipeline.directory / "nothing")):  # a check sees it too, and makes no outbox
            done = self.pipeline.kadr("push", "--office", "KZ-33", "--dry-run", "--replaces", "4711", *options,
                                      self.file(doctors(1)))
            self.assertEqual(done.returncode, EX_DATA)
            self.assertIn("replaces_unknown", done.stderr)
        self.assertFalse((self.pipeline.directory / "nothing").exists())
        done = self.pipeline.kadr("push", "--office", "KZ-33", "--replaces", "1", self.file(doctors(1)), self.file(doctors(2)))
        self.assertEqual(done.returncode, EX_USAGE)


if __name__ == "__main__":
    unittest.main()
