# SPDX-License-Identifier: Apache-2.0
"""The commands that README.md and the helps tell a newcomer to type, typed on the samples that `./dev run` pushes."""
import re
import shlex
import unittest

from kadrtest import EX_DATA, PipelineCase, ROOT


class Readme(PipelineCase):
    DAY = "2025-07-31"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pipeline.push_samples()

    def shown(self, command):
        done = self.pipeline.kadr(*shlex.split(command)[1:])
        self.assertEqual(done.returncode, 0, f"{command}: {done.stderr}")
        self.assertNotEqual(done.stdout, "", command)
        return done.stdout

    def test_what_the_readme_tells_to_type_answers(self):
        text = (ROOT / "README.md").read_text().replace("\n", " ")
        commands = [c for c in re.findall(r"`(kadr [a-z]+[^`]*)`", text)
                    if c.split()[1] in ("rollup", "diff", "explain", "compare", "coverage", "plans") and "…" not in c]
        self.assertGreaterEqual(len(commands), 6, commands)
        for command in commands:
            with self.subTest(command):
                told = self.shown(command)
                if command.startswith("kadr explain"):
                    self.assertNotIn("there are figures with", told)

    def test_the_examples_of_help_explain_a_figure(self):
        text = self.pipeline.kadr("help", "explain").stdout.replace("\\\n", " ")
        commands = re.findall(r"^ +(kadr explain .*)$", text, flags=re.M)
        self.assertEqual(len(commands), 3, text)
        for command in commands:
            with self.subTest(command):
                told = self.shown(command)
                self.assertNotIn("there are figures with", told)

    def test_before_anything_was_known_the_first_commit_is_named(self):
        done = self.pipeline.kadr("rollup", "--known-at", "0")
        self.assertEqual(done.returncode, EX_DATA)
        first = re.search(r"at commit 0; the first at which something was: (\d+) \((\d{4}-\d\d-\d\d)\)", done.stderr)
        self.assertIsNotNone(first, done.stderr)
        self.assertEqual(self.pipeline.kadr("rollup", "--known-at", first[1]).returncode, 0)
        self.assertEqual(self.pipeline.kadr("rollup", "--known-at", str(int(first[1]) - 1)).returncode, EX_DATA)
        self.assertEqual(self.pipeline.kadr("rollup", "--known-at", first[2]).returncode, 0)


if __name__ == "__main__":
    unittest.main()
