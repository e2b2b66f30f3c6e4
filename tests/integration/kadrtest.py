# SPDX-License-Identifier: Apache-2.0
"""The three daemons as operators start them, on free ports in a directory of their own, for tests of the whole.

    with Pipeline(day="2024-07-01") as pipeline:
        pipeline.push("KZ-35", "config/samples/KZ-35/2023-11-20.csv")
        pipeline.rollup("--unit", "KZ", "--as-of", "2024-07-01")

Nothing here depends on the date of the machine: storaged takes its day from the test. Waiting is for a condition with a
deadline, never for a time. A process is ended by its own pid.
"""
import ctypes
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["KADR_BUILD_DIR"])
BIN = BUILD / "bin"
SAMPLES = sorted((ROOT / "config/samples").glob("*/*.csv"))
FULL = os.environ.get("KADR_TEST_FULL") == "1"
DEADLINE_S = 60

EX_OK, EX_SOME_REJECTED, EX_USAGE, EX_DATA, EX_TEMPFAIL, EX_CONFIG = 0, 1, 64, 65, 75, 78


def wait_for(condition, what, seconds=DEADLINE_S):
    """The first true answer of condition(); fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"still waiting after {seconds} s for {what() if callable(what) else what}")
        time.sleep(0.02)


class Ports:
    """Ports below the ephemeral range, each reserved for this test process by an abstract socket of its number."""

    def __init__(self):
        self._reserved = []

    def take(self):
        for port in random.sample(range(20000, 32000), 2000):
            lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            probe = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                lock.bind(f"\0kadr-test-port-{port}")
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
            except OSError:
                lock.close()
                continue
            finally:
                probe.close()
            self._reserved.append(lock)
            return port
        raise AssertionError("no free port")

    def release(self):
        for lock in self._reserved:
            lock.close()


def http_get(port, path):
    """(status, text); (0, "") when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def die_with_parent():
    """In the child: SIGKILL when the test process ends, also when ctest kills it after its time (prctl(2))."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Daemon:
    """One daemon: its command line, its process, its log."""

    def __init__(self, name, config, http_port, directory, extra=()):
        self.name, self.http_port, self.log = name, http_port, directory / f"{name}.log"
        self.command = [str(BIN / f"kadr-{name}"), "--config", str(config), *extra]
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent)

    def wait_ready(self):
        wait_for(self.is_ready, lambda: f"{self.name} to be ready; its log ends\n{self.tail()}")

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
        return http_get(self.http_port, "/readyz")[0] == 200

    def status(self):
        code, text = http_get(self.http_port, "/status")
        return json.loads(text) if code == 200 else None

    def metric(self, name):
        """Sum over the labels of one metric."""
        code, text = http_get(self.http_port, "/metrics")
        if code != 200:
            raise AssertionError(f"{self.name}: /metrics answered {code}")
        values = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\d+)$", text, flags=re.M)
        return sum(int(v) for v in values)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not drain:\n{self.tail()}") from None

    def running(self):
        return self.process is not None and self.process.poll() is None

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:]) if self.log.exists() else ""


class Pipeline:
    """storaged, aggregatord, ingestd, in the order in which they are started; ended in the reverse."""

    def __init__(self, day="2024-07-01", start=True):
        self.directory = Path(tempfile.mkdtemp(prefix="kadr-test-"))
        self.ports = Ports()
        take = self.ports.take
        self.ingest, self.store, self.query, self.feed = (f"tcp://127.0.0.1:{take()}" for _ in range(4))
        self.http = {name: take() for name in ("storaged", "aggregatord", "ingestd")}
        self.day = day
        self.config = self.write_config("kadr.conf")
        self.daemons = {name: Daemon(name, self.config, self.http[name], self.directory) for name in self.http}
        self.storaged, self.aggregatord, self.ingestd = self.daemons.values()
        self.extra = []
        if start:
            self.start()

    def write_config(self, name, **ports):
        """The configuration file; other ports or endpoints by keyword, for a second daemon beside the first."""
        query, feed = ports.get("query", self.query), ports.get("feed", self.feed)
        http = {**self.http, **ports.get("http", {})}
        path = self.directory / name
        path.write_text(f"""\
[storaged]
listen = {self.store}
http = 127.0.0.1:{http["storaged"]}
data = {self.directory}/data
reference = {ROOT}/config
day = {self.day}
allow_any_fs = yes

[ingestd]
listen = {self.ingest}
store = {self.store}
http = 127.0.0.1:{http["ingestd"]}

[aggregatord]
query = {query}
feed = {feed}
store = {self.store}
http = 127.0.0.1:{http["aggregatord"]}
history = {self.directory}/history-{path.stem}
audit = 20ms
allow_any_fs = yes

[kadr]
ingest = {self.ingest}
query = {query}
feed = {feed}
store = {self.store}
ingestd_http = 127.0.0.1:{http["ingestd"]}
storaged_http = 127.0.0.1:{http["storaged"]}
aggregatord_http = 127.0.0.1:{http["aggregatord"]}
outbox = {self.directory}/outbox
allow_any_fs = yes
reference = {ROOT}/config
lang = en
""")
        return path

    def start(self):
        try:
            for daemon in self.daemons.values():
                daemon.start()
            for daemon in self.daemons.values():
                daemon.wait_ready()
        except BaseException:
            self.close()
            raise

    def second_aggregatord(self):
        """Another one beside the first, made from the journal afresh; (daemon, its configuration for kadr)."""
        port = self.ports.take()
        config = self.write_config("second.conf", query=f"tcp://127.0.0.1:{self.ports.take()}",
                                   feed=f"tcp://127.0.0.1:{self.ports.take()}", http={"aggregatord": port})
        daemon = Daemon("aggregatord", config, port, self.directory)
        daemon.log = self.directory / "aggregatord-2.log"
        self.extra.append(daemon)
        daemon.start()
        daemon.wait_ready()
        return daemon, config

    def kadr(self, *arguments, config=None, cwd=ROOT, timeout=DEADLINE_S):
        """The command line as an office or an analyst types it: a finished process with text output."""
        return subprocess.run([str(BIN / "kadr"), "--config", str(config or self.config), *map(str, arguments)], cwd=cwd,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)

    def push(self, office, *files, expect=EX_OK, **options):
        """Receipts of a push that must end with the code `expect`."""
        done = self.kadr("push", "--office", office, "--json", *files, **options)
        if done.returncode != expect:
            raise AssertionError(f"kadr push ended with {done.returncode}, not {expect}:\n{done.stdout}{done.stderr}"
                                 f"\ningestd: {self.ingestd.tail()}\nstoraged: {self.storaged.tail()}")
        return json_objects(done.stdout)

    def push_samples(self):
        receipts = []
        for path in SAMPLES:
            receipts += self.push(path.parent.name, path)
        self.wait_caught_up()
        return receipts

    def rollup(self, *arguments, config=None):
        done = self.kadr("rollup", "--json", *arguments, config=config)
        if done.returncode != 0:
            raise AssertionError(f"kadr rollup ended with {done.returncode}:\n{done.stderr}")
        return json.loads(done.stdout)

    def wait_caught_up(self, daemon=None):
        """Until the rollup holds and shows every commit of storaged; that commit."""
        daemon = daemon or self.aggregatord

        def level():
            stored, rolled = self.storaged.status(), daemon.status()
            return stored and rolled and stored["commit"] == rolled["commit"] == rolled["published"] and stored["commit"]
        return wait_for(level, lambda: f"{daemon.name} to hold storaged's head: {daemon.status()}")

    def stop(self):
        """Drains in the order in which work flows; exit codes by name."""
        return {name: self.daemons[name].stop() for name in ("ingestd", "aggregatord", "storaged")}

    def close(self):
        for daemon in [*self.extra, *self.daemons.values()]:
            if daemon.running():
                daemon.kill()
        self.ports.release()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def json_objects(text):
    """One JSON object a line, or one array, or one object."""
    text = text.strip()
    if not text:
        return []
    if text.startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines()]


def cell_of(answer, unit, indicator, breakdown=None, period=None):
    """The one cell of a rollup answer; the period of a stock is the day asked for."""
    found = [c for c in answer["cells"]
             if c["unit"] == unit and c["indicator"] == indicator and c["breakdown"] == (breakdown or {})
             and (period is None or c["period"] in (answer["as_of"], period))]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} cells of {unit} {indicator} {breakdown} {period} among "
                             f"{[(c['breakdown'], c['period']) for c in answer['cells'] if c['indicator'] == indicator]}")
    return found[0]


class PipelineCase(unittest.TestCase):
    """A test case with one pipeline for all its tests, ended cleanly (exit code 0 of each daemon) at the end."""

    DAY = "2024-07-01"

    @classmethod
    def setUpClass(cls):
        cls.pipeline = Pipeline(day=cls.DAY)
        cls.addClassCleanup(cls.pipeline.close)  # also when what follows in a setUpClass fails

    @classmethod
    def tearDownClass(cls):
        if cls.pipeline.aggregatord.running():  # whatever the tests did, the figures are what the journal says
            different = cls.pipeline.aggregatord.metric("kadr_audit_different_total")
            if different:
                raise AssertionError(f"{different} topics differ from the journal:\n{cls.pipeline.aggregatord.tail()}")
        codes = cls.pipeline.stop()
        if any(codes.values()):
            logs = "\n".join(d.tail() for d in cls.pipeline.daemons.values())
            raise AssertionError(f"exit codes after SIGTERM: {codes}\n{logs}")
