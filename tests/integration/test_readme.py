# SPDX-License-Identifier: Apache-2.0
"""The commands that README.md, docs/operations.md and the helps tell a newcomer to type, typed on the samples that `./dev run` pushes."""
import os
import re
import shlex
import shutil
import subprocess
import unittest

from kadrtest import BIN, EX_DATA, Daemon, PipelineCase, ROOT


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

    # ---- docs/operations.md ----

    def test_the_configuration_of_the_set_up_has_a_history(self):
        operations = (ROOT / "docs/operations.md").read_text()
        config, = re.findall(r"<<CONF\n(.*?)^CONF$", operations, flags=re.M | re.S)
        path = self.pipeline.directory / "set-up.conf"
        for name, text in (("operations.md", config), ("config/kadr.conf", (ROOT / "config/kadr.conf").read_text())):
            with self.subTest(name):
                path.write_text(text)
                shown = subprocess.run([BIN / "kadr-aggregatord", "--config", path, "--print-config"], text=True,
                                       capture_output=True, check=True).stdout
                for option in ("history", "checkpoint"):
                    self.assertIn(f"{option} = /var/lib/kadr-aggregatord/{option} ; {path}", shown)

    def test_the_backup_drill_leaves_the_live_folders_alone(self):
        """The drill as it stands, in a shell that has KADR_CONFIG set; the trial becomes ready beside the live one."""
        pipeline = self.pipeline
        operations = (ROOT / "docs/operations.md").read_text()
        trial = pipeline.directory / "trial"
        self.assertEqual(pipeline.stop(), {"ingestd": 0, "aggregatord": 0, "storaged": 0})
        shutil.copytree(pipeline.directory / "data", trial)
        pipeline.start()
        ports = {port: str(pipeline.ports.take()) for port in ("7792", "7793", "7794", "7795", "7796")}
        history = sorted(path.name for path in pipeline.directory.iterdir())
        for name, http in (("storaged", "7793"), ("aggregatord", "7796")):
            line, = re.findall(rf"^kadr-{name} (.*127\.0\.0\.1:779.*) &$", operations, flags=re.M)
            words = [re.sub(r"77\d\d", lambda m: ports[m[0]], word).replace("/var/tmp/trial", str(trial))
                     for word in shlex.split(line)]
            daemon = Daemon(name, pipeline.config, int(ports[http]), pipeline.directory)
            daemon.command = [str(BIN / f"kadr-{name}"), *words, "--allow-any-fs"]
            daemon.log = pipeline.directory / f"trial-{name}.log"
            pipeline.extra.append(daemon)
            os.environ["KADR_CONFIG"] = str(pipeline.config)
            self.addCleanup(os.environ.pop, "KADR_CONFIG", None)
            daemon.start()
            daemon.wait_ready()
        self.assertGreaterEqual(daemon.status()["commit"], pipeline.wait_caught_up())  # and the day of the machine
        self.assertNotIn("sub=history", daemon.log.read_text())
        self.assertEqual(sorted(path.name for path in pipeline.directory.iterdir()),
                         sorted([*history, "trial-storaged.log", "trial-aggregatord.log"]))
        for daemon in reversed(pipeline.extra):
            self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
