# SPDX-License-Identifier: Apache-2.0
"""What operators see: options and their errors, health, metrics, status, SIGTERM, refusal to share a journal."""
import os
import re
import signal
import subprocess
import tempfile
import unittest

from kadrtest import BIN, EX_CONFIG, PipelineCase, http_get, json_objects, wait_for

DAEMONS = ("ingestd", "storaged", "aggregatord")


class Options(unittest.TestCase):
    def run_daemon(self, name, *arguments, **environment):
        return subprocess.run([str(BIN / f"kadr-{name}"), *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, env={**os.environ, **environment}, check=False)

    def config(self, text):
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "kadr.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_version_and_help(self):
        for name in DAEMONS:
            with self.subTest(name):
                self.assertRegex(self.run_daemon(name, "--version").stdout, rf"^kadr-{name} \d+\.\d+\.\d+")
                done = self.run_daemon(name, "--help")
                self.assertEqual(done.returncode, 0)
                for flag in ("--config", "--check-config", "--print-config", "--version", "--http"):
                    self.assertIn(flag, done.stdout)

    def test_check_config_accepts_what_is_right(self):
        for name in DAEMONS:
            with self.subTest(name):
                done = self.run_daemon(name, "--config", self.config(f"[{name}]\nhttp = 127.0.0.1:1234\n"),
                                       "--check-config")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_check_config_names_file_and_line(self):
        wrong = {
            "misspelt option": ("# c\n[{}]\nhtpt = 127.0.0.1:1\n", 3, "http"),
            "unknown section": ("[nobody]\nx = 1\n", 1, "nobody"),
            "bad value": ("[{}]\nlog_level = loud\n", 2, "loud"),
            "bad address": ("[{}]\n\nhttp = nowhere\n", 3, "nowhere"),
        }
        for name in DAEMONS:
            for what, (text, line, word) in wrong.items():
                with self.subTest(daemon=name, wrong=what):
                    path = self.config(text.format(name))
                    done = self.run_daemon(name, "--config", path, "--check-config")
                    self.assertEqual(done.returncode, EX_CONFIG, done.stdout + done.stderr)
                    self.assertRegex(done.stdout + done.stderr, rf"{re.escape(path)}:{line}: .*{word}")

    def test_flag_beats_environment_beats_file(self):
        path = self.config("[storaged]\nhttp = 127.0.0.1:1\nlog_level = warn\n")
        done = self.run_daemon("storaged", "--config", path, "--log-level", "error", "--print-config",
                               KADR_STORAGED_HTTP="127.0.0.1:2", KADR_STORAGED_LOG_LEVEL="debug")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^http = 127\.0\.0\.1:2\b")
        self.assertRegex(done.stdout, r"(?m)^log_level = error\b")

    def test_missing_file(self):
        done = self.run_daemon("storaged", "--config", "/nonexistent/kadr.conf")
        self.assertEqual(done.returncode, EX_CONFIG, done.stderr)
        self.assertIn("/nonexistent/kadr.conf", done.stderr)


class Operators(PipelineCase):
    def test_health_metrics_status(self):
        for daemon in self.pipeline.daemons.values():
            with self.subTest(daemon.name):
                self.assertEqual(http_get(daemon.http_port, "/healthz")[0], 200)
                self.assertEqual(http_get(daemon.http_port, "/readyz")[0], 200)
                self.assertEqual(daemon.status()["daemon"], daemon.name)
                code, text = http_get(daemon.http_port, "/metrics")
                self.assertEqual(code, 200)
                self.check_exposition(text)
                self.assertEqual(http_get(daemon.http_port, "/nowhere")[0], 404)

    def check_exposition(self, text):
        """Prometheus text format: every sample's metric has HELP and TYPE."""
        typed = set(re.findall(r"^# TYPE (\w+) (?:counter|gauge|histogram)$", text, flags=re.M))
        helped = set(re.findall(r"^# HELP (\w+) \S", text, flags=re.M))
        self.assertTrue(typed)
        self.assertEqual(typed, helped)
        for line in text.splitlines():
            if not line.startswith("#"):
                match = re.fullmatch(r"((?:kadr|process)_\w+)(\{[^}]*\})? -?\d+(\.\d+)?", line)
                self.assertIsNotNone(match, line)
                self.assertIn(re.sub(r"_(bucket|sum|count)$", "", match.group(1)) if match.group(1) not in typed
                              else match.group(1), typed)

    def test_kadr_status_tells_commit_health_and_lag(self):
        self.pipeline.wait_caught_up()
        done = self.pipeline.kadr("status", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        status, = json_objects(done.stdout)
        self.assertEqual(status["commit"], self.pipeline.storaged.status()["commit"])

    def test_kadr_health(self):
        for daemon in self.pipeline.daemons.values():
            self.assertEqual(self.pipeline.kadr("health", f"127.0.0.1:{daemon.http_port}").returncode, 0)
        self.assertNotEqual(self.pipeline.kadr("health", f"127.0.0.1:{self.pipeline.ports.take()}").returncode, 0)

    def test_a_second_storaged_on_the_same_journal_is_refused(self):
        done = subprocess.run([*self.pipeline.storaged.command, "--listen",
                               f"tcp://127.0.0.1:{self.pipeline.ports.take()}", "--http", ""],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(self.pipeline.storaged.is_ready())

    def test_watch_shows_a_change_and_ends(self):
        pipeline = self.pipeline
        watch = subprocess.Popen([str(BIN / "kadr"), "--config", str(pipeline.config), "watch", "--unit", "KZ-35",
                                  "--indicator", "housing_need", "--count", "1", "--json"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(watch.kill)
        path = pipeline.directory / "watch.csv"
        for value in range(1, 200):  # until the subscription is up and one change has been seen
            path.write_text(f"unit,indicator,breakdown,period,value\nKZ-35,housing_need,,2024-06-01,{value}\n")
            pipeline.push("KZ-35", path)
            if watch.poll() is not None:
                break
        out, err = watch.communicate(timeout=30)
        self.assertEqual(watch.returncode, 0, err)
        self.assertIn("housing_need", out)

    def test_ingestd_is_not_ready_without_storaged(self):
        pipeline = self.pipeline
        pipeline.storaged.process.send_signal(signal.SIGSTOP)
        try:
            wait_for(lambda: http_get(pipeline.ingestd.http_port, "/readyz")[0] == 503, "ingestd to turn red")
            self.assertEqual(http_get(pipeline.ingestd.http_port, "/healthz")[0], 200)
        finally:
            pipeline.storaged.process.send_signal(signal.SIGCONT)
        wait_for(lambda: http_get(pipeline.ingestd.http_port, "/readyz")[0] == 200, "ingestd to turn green")


if __name__ == "__main__":
    unittest.main()
