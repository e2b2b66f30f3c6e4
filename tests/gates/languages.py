# SPDX-License-Identifier: Apache-2.0
"""No text lacks a language: what the tool says, the details of the reference's faults, and every name of a unit,
an indicator and a member. (Diagnostics: tests/unit/domain/test_diag.c.)"""
import csv
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "ru", "kk")
LITERAL = r'"((?:\\.|[^"\\\n])*)"'
CYRILLIC = re.compile(r"[\u0400-\u04ff]")


def literals(text):
    """String literals outside comments and #include, neighbours joined."""
    text = re.sub(r"/\*.*?\*/|^#.*?$", "", text, flags=re.S | re.M)
    text = re.sub(r'"\s*\n\s*"', "", text)
    return [m.group(1) for m in re.finditer(LITERAL, text)]


def triples(path):
    """Initialisers of three strings: { "…", "…", "…" }."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    return re.findall(r"\{\s*" + r",\s*".join([LITERAL] * 3) + r"\s*,?\s*\}", text)


def gaps(text):
    return sorted(set(re.findall(r"\{(\d)[:}]", text)))


class Texts(unittest.TestCase):
    def check(self, where, texts):
        self.assertTrue(all(texts), f"{where}: {texts}")
        for text in texts[1:]:
            self.assertRegex(text, CYRILLIC, where)
            self.assertEqual(gaps(text), gaps(texts[0]), f"{where}: {texts}")
        self.assertNotRegex(texts[0], CYRILLIC, where)

    def test_what_the_tool_says(self):
        header = (ROOT / "tools/kadr/text.h").read_text()
        names = set(re.findall(r"^\s+(TEXT_[A-Z_]+)[,\s]", header, flags=re.M)) - {"TEXT_COUNT_"}
        source = (ROOT / "tools/kadr/text.c").read_text()
        rows = {m.group(1): m.group(2) for m in re.finditer(r"\[(TEXT_[A-Z_]+)\] = (\{.*?\})", source, flags=re.S)}
        self.assertGreater(len(names), 50)
        self.assertEqual(names - rows.keys(), set())
        found = triples(ROOT / "tools/kadr/text.c")
        self.assertGreaterEqual(len(found), len(names))
        for texts in found:
            self.check("text.c", texts)

    def test_plural_forms(self):
        """One and many in English, one, few and many in Russian, one in Kazakh."""
        wanted = dict(zip(LANGUAGES, (2, 3, 1)))
        for path in (ROOT / "tools/kadr/text.c", *sorted((ROOT / "lib/domain").glob("diag_table*.c"))):
            for texts in triples(path):
                for language, text in zip(LANGUAGES, texts):
                    for forms in re.findall(r"\{\d:([^}]*)\}", text):
                        self.assertEqual(len(forms.split("|")), wanted[language], f"{path.name}: {text}")

    def test_details_of_the_references_faults(self):
        table = triples(ROOT / "lib/domain/diag_detail.c")
        for texts in table:
            self.check("diag_detail.c", texts)
        known = {texts[0] for texts in table}
        self.assertEqual(len(known), len(table))
        said = set()
        for path in sorted((ROOT / "lib/domain").glob("reference*.c")):
            said |= {text for text in literals(path.read_text()) if " " in text.strip() and "%" not in text}
        self.assertGreater(len(said), 40)
        self.assertEqual(said - known, set(), "lib/domain/diag_detail.c lacks them")


class Names(unittest.TestCase):
    def rows(self, name):
        with (ROOT / "config" / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def check(self, where, row):
        for language in LANGUAGES:
            self.assertTrue(row[f"name_{language}"].strip(), f"{where}: name_{language}")

    def test_of_indicators_and_members(self):
        for row in self.rows("catalogue/indicators.csv"):
            self.check(row["code"], row)
        for row in self.rows("catalogue/members.csv"):
            self.check(f"{row['dimension']}={row['member']}", row)

    def test_of_dimensions(self):
        """Each has a name in the list `dimension`, which names nothing else."""
        rows = self.rows("catalogue/members.csv")
        lists = {"measure", "missing_reason", "dimension"}
        named = {row["member"] for row in rows if row["dimension"] == "dimension"}
        self.assertEqual(named, {row["dimension"] for row in rows} - lists)

    def test_of_units(self):
        last = {row["code"]: row for row in self.rows("units.csv")}
        self.assertGreaterEqual(len(last), 21)
        for code, row in last.items():
            self.check(code, row)


if __name__ == "__main__":
    unittest.main()
