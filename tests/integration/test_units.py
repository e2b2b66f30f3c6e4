# SPDX-License-Identifier: Apache-2.0
"""`kadr units import`: files in, units.csv out; machine output that is never translated; nothing written when it
does not load."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import kadrtest

TABLE = kadrtest.ROOT / "tests/fixtures/kato_districts.csv"
MOVES = kadrtest.ROOT / "config/import/moves-2022-06-08.csv"


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.reference = pathlib.Path(self.folder.name) / "reference"
        shutil.copytree(kadrtest.ROOT / "config", self.reference)
        self.units = self.reference / "units.csv"

    def kadr(self, *words, code=0, lang="en"):
        done = subprocess.run([kadrtest.BIN / "kadr", "units", *map(str, words), "--reference", str(self.reference),
                               "--lang", lang], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done

    def file(self, name, text, encoding="utf-8"):
        path = pathlib.Path(self.folder.name) / name
        path.write_bytes(text.encode(encoding))
        return path

    def test_the_published_table(self):
        told = self.kadr("import", "--dry-run", TABLE, MOVES).stdout
        self.assertEqual(told.count("name repaired: "), 229)
        self.assertIn("kato_districts.csv:2: name repaired: КЇРШІМ АУДАНЫ -> КҮРШІМ АУДАНЫ\n", told)
        self.assertEqual(self.units.read_bytes(), (kadrtest.ROOT / "config/units.csv").read_bytes())

        out = pathlib.Path(self.folder.name) / "new.csv"
        answer = json.loads(self.kadr("import", "--json", "--output", out, TABLE, MOVES).stdout)
        self.assertEqual(answer["written"], str(out))
        self.assertIn("when it stands as units.csv in the reference folder",
                      self.kadr("import", "--output", out, TABLE, MOVES).stdout)
        self.assertEqual(answer["counts"]["repaired"], 229)
        self.assertEqual(answer["counts"]["moved"], 25)
        self.assertEqual(answer["counts"]["mixed"], 0)
        rows = out.read_text().splitlines()
        self.assertIn("193200000,district,KZ-19,1900-01-01,2022-06-07,193200000,,,,,", rows)
        self.assertTrue(any(row.startswith("193200000,district,KZ-33,2022-06-08,,,1907203 ") for row in rows))
        every = sum(answer["counts"][act] for act in answer["counts"])
        self.assertEqual(every, len(answer["changes"]))

    def test_written_and_in_force_the_next_time(self):
        self.kadr("import", "--write", TABLE, MOVES)
        again = json.loads(self.kadr("import", "--dry-run", "--json", TABLE, MOVES).stdout)
        self.assertEqual([again["counts"][act] for act in ("added", "renamed", "moved", "closed", "alias")], [0] * 5)
        self.assertIsNone(again["written"])

    def test_code_pages(self):
        header = "te;ab;cd;ef;hij;k;name_kaz;name_rus;nn\n"
        row = "313600000;31;36;00;000;0;Байзақ ауданы;Байзакский район;1\n"
        for encoding in ("kz1048", "utf-8-sig", "utf-16"):
            answer = json.loads(self.kadr("import", "--dry-run", "--json", self.file("k.csv", header + row, encoding))
                                .stdout)
            self.assertEqual([(change["act"], change["code"], change["after"]) for change in answer["changes"]],
                             [("added", "313600000", "Байзақ ауданы")], encoding)
        russian = self.file("r.csv", header + row.replace("Байзақ ауданы", "Талас ауданы"), "cp1251")
        self.assertEqual(json.loads(self.kadr("import", "--dry-run", "--json", russian).stdout)["counts"]["added"], 1)

    def test_json_is_the_same_in_every_language(self):
        answers = {self.kadr("import", "--dry-run", "--json", TABLE, lang=lang).stdout for lang in ("kk", "ru", "en")}
        self.assertEqual(len(answers), 1)
        texts = {self.kadr("import", "--dry-run", TABLE, lang=lang).stdout for lang in ("kk", "ru", "en")}
        self.assertEqual(len(texts), 3)

    def test_what_does_not_load_is_not_written(self):
        before = self.units.read_bytes()
        moves = self.file("moves.csv", "code,from,parent,successors\nKZ-35,2024-01-01,,KZ-99\n")
        done = self.kadr("import", "--write", moves, code=65)
        self.assertRegex(done.stderr, r"units\.csv:\d+: unknown_unit: ")
        self.assertEqual(self.units.read_bytes(), before)

    def test_faults_name_file_and_line(self):
        bad = self.file("moves.csv", "code,from,parent\nKZ-35,soon,KZ\n")
        self.assertIn(f"{bad}:2:2: bad_period: ", self.kadr("import", "--dry-run", bad, code=65).stderr)
        shape = self.file("shape.csv", "a,b\n1,2\n")
        self.assertIn(f"{shape}:1: units_shape: ", self.kadr("import", "--dry-run", shape, code=65).stderr)
        self.kadr("import", "--dry-run", "nowhere.csv", code=66)

    def test_usage(self):
        self.kadr("import", TABLE, code=64)
        self.kadr("import", "--dry-run", "--write", TABLE, code=64)
        self.kadr("import", "--dry-run", code=64)
        self.kadr("export", "--dry-run", TABLE, code=64)


if __name__ == "__main__":
    unittest.main()
