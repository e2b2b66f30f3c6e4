# SPDX-License-Identifier: Apache-2.0
"""storaged alone, spoken to over its own link: what is acknowledged stays, and every way in which a disk can hurt gets
the answer that docs/storage.md promises."""
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import zmq

from journal import load_protocol
from kadrtest import BIN, FULL, ROOT, Daemon, Ports, wait_for

v1 = load_protocol()
EX_DATA, EX_UNAVAILABLE, EX_IOERR, EX_NOPERM, EX_CONFIG = 65, 69, 74, 77, 78
DUPLICATE = v1.common.OUTCOME_DUPLICATE


class Storaged:
    """One storaged with its folder, and a DEALER to it."""

    def __init__(self, **options):
        self.directory = Path(tempfile.mkdtemp(prefix="kadr-storage-"))
        self.reference = self.directory / "reference"
        shutil.copytree(ROOT / "config", self.reference)
        self.ports = Ports()
        self.endpoint = f"tcp://127.0.0.1:{self.ports.take()}"
        self.config, self.http = self.directory / "kadr.conf", self.ports.take()
        self.daemon, self.socket = None, None
        self.stream = os.urandom(16)
        self.start(**options)

    def start(self, prefix=(), **options):
        options = {"listen": self.endpoint, "http": f"127.0.0.1:{self.http}", "data": self.directory / "data",
                   "reference": self.reference, "day": "2024-07-01", "allow_any_fs": "yes", **options}
        self.config.write_text("[storaged]\n" + "".join(f"{k} = {v}\n" for k, v in options.items()))
        self.daemon = Daemon("storaged", self.config, self.http, self.directory)
        self.daemon.command = [*prefix, *self.daemon.command]
        self.daemon.start()
        self.daemon.wait_ready()
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.connect(self.endpoint)

    def end(self, how=signal.SIGTERM):
        self.socket.close()
        self.daemon.process.send_signal(how)
        return self.daemon.process.wait(timeout=60)

    def close(self):
        self.socket.close()
        if self.daemon.running():
            self.daemon.kill()
        self.ports.release()
        shutil.rmtree(self.directory, ignore_errors=True)

    def send(self, first, last, body=b"report %d"):
        """Appends the reports first … last of the stream, in one frame."""
        request = v1.store.StoreRequest(version=1)
        request.append.request = first
        for sequence in range(first, last + 1):
            request.append.items.add(office="KZ-35", stream=self.stream, sequence=sequence, report=body % sequence,
                                     outcome=v1.common.OUTCOME_COMMITTED, verdicts=b"\0", stated_at_ms=1, received_at_ms=2,
                                     reference=bytes(32), report_id=bytes(16))
        self.socket.send(request.SerializeToString())

    def receive(self, milliseconds=30000):
        if not self.socket.poll(milliseconds):
            return None
        reply = v1.store.StoreReply()
        reply.ParseFromString(self.socket.recv())
        return reply

    def append(self, first, last, **more):
        self.send(first, last, **more)
        return [r.receipt if r.HasField("receipt") else r.refusal for r in self.receive().appended.results]

    def log(self):
        return self.daemon.log.read_text(errors="replace")

    def wait_log(self, event, count=1):
        wait_for(lambda: self.log().count(f"event={event}") >= count, lambda: f"{event} in\n{self.daemon.tail()}")


class StorageCase(unittest.TestCase):
    def storaged(self, **options):
        storaged = Storaged(**options)
        self.addCleanup(storaged.close)
        return storaged


class Promises(StorageCase):
    def test_killed_again_and_again(self):
        """Receipts before kill -9 hold after it, and a resend of everything changes nothing."""
        storaged, acknowledged, sent = self.storaged(), {}, 0
        rounds, generator = (100 if FULL else 10), random.Random(20240701)
        for _ in range(rounds):
            first = max(acknowledged, default=0) + 1
            frames = generator.randint(2, 12)
            for i in range(frames):
                storaged.send(first + 50 * i, first + 50 * i + 49)
            sent = first + 50 * frames - 1
            for _ in range(generator.randint(1, frames)):
                for result in storaged.receive().appended.results:
                    acknowledged[result.receipt.sequence] = (result.receipt.commit, result.receipt.digest)
            storaged.end(signal.SIGKILL)
            storaged.start()
        for first in range(1, sent + 1, 1000):
            for receipt in storaged.append(first, min(first + 999, sent)):
                if receipt.sequence in acknowledged:
                    self.assertEqual((receipt.commit, receipt.digest), acknowledged[receipt.sequence])
                    self.assertEqual(receipt.outcome, DUPLICATE)
        self.assertEqual(storaged.daemon.status()["commit"], sent + 2)
        self.assertEqual(storaged.end(), 0)

    def test_full_map_refuses_and_resumes(self):
        storaged, first, held = self.storaged(map_size="3M"), 1, {}
        while True:
            results = storaged.append(first, first + 99, body=b"x" * 500 + b"%d")
            if not hasattr(results[0], "commit"):
                break
            held.update((r.sequence, r.commit) for r in results)
            first += 100
        self.assertEqual(results[0].diagnostic.name, "retry_later")
        self.assertEqual(list(results[0].diagnostic.args), ["storage_full"])
        self.assertGreater(results[0].retry_after_ms, 0)
        self.assertGreater(len(held), 0)
        self.assertTrue(storaged.daemon.is_ready())  # it refuses, it is not broken
        self.assertGreater(storaged.daemon.metric("kadr_store_refused_total"), 0)
        for receipt in storaged.append(1, 100, body=b"x" * 500 + b"%d"):
            self.assertEqual(receipt.commit, held[receipt.sequence])
        self.assertEqual(storaged.end(), 0)
        storaged.start(map_size="64M")
        results = storaged.append(first, first + 99, body=b"x" * 500 + b"%d")
        self.assertEqual(results[0].commit, max(held.values()) + 1)

    def test_failed_commit_ends_the_process(self):
        """A file size limit stands for a disk that fails in the middle of a commit."""
        storaged, first, held = self.storaged(prefix=("prlimit", "--fsize=1000000")), 1, {}
        while True:
            storaged.send(first, first + 99, body=b"x" * 500 + b"%d")
            wait_for(lambda: storaged.socket.poll(10) or not storaged.daemon.running(), "an answer or the end")
            if not storaged.socket.poll(0):
                break
            held.update((r.receipt.sequence, r.receipt.commit) for r in storaged.receive().appended.results)
            first += 100
        self.assertEqual(storaged.daemon.process.wait(timeout=60), EX_IOERR)
        self.assertGreater(len(held), 0)
        storaged.socket.close()
        storaged.start()
        last = max(held)
        for start in range(1, last + 1, 1000):
            for receipt in storaged.append(start, min(start + 999, last), body=b"x" * 500 + b"%d"):
                self.assertEqual((receipt.commit, receipt.outcome), (held[receipt.sequence], DUPLICATE))

    def test_drain_answers_what_was_taken(self):
        storaged = self.storaged()
        storaged.send(1, 500)
        wait_for(lambda: storaged.daemon.metric("kadr_store_records_total") > 2, "the first commit")
        storaged.daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(len(storaged.receive().appended.results), 500)
        self.assertEqual(storaged.daemon.process.wait(timeout=60), 0)


class Reload(StorageCase):
    def hang_up(self, storaged, event, count):
        storaged.daemon.process.send_signal(signal.SIGHUP)
        storaged.wait_log(event, count)
        return storaged.daemon.status()["reference_commit"]

    def test_sighup(self):
        storaged = self.storaged()
        self.assertEqual(self.hang_up(storaged, "reference_unchanged", 1), 1)
        units = storaged.reference / "units.csv"
        good = units.read_text()
        units.write_text(good + "\n")
        self.assertEqual(self.hang_up(storaged, "reference_applied", 2), 3)
        units.write_text(good + "x,y\n")
        self.assertEqual(self.hang_up(storaged, "reference_refused", 1), 3)
        self.assertRegex(storaged.log(), r'place=units\.csv:\d+:\d+ code=row_short text="')
        catalogue = storaged.reference / "catalogue" / "indicators.csv"
        units.write_text(good)
        catalogue.write_text("".join(catalogue.read_text().splitlines(keepends=True)[:-1]))
        self.assertEqual(self.hang_up(storaged, "reference_refused", 2), 3)
        self.assertIn("place=indicators.csv code=code_lost", storaged.log())
        shutil.rmtree(storaged.reference)
        self.assertEqual(self.hang_up(storaged, "reference_unreadable", 1), 3)
        self.assertEqual(storaged.end(), 0)


    def test_a_restart_beside_an_old_folder(self):
        """`kadr reference apply` left it behind: one line says so, however many codes the folder lacks."""
        storaged = self.storaged()
        units = storaged.reference / "units.csv"
        lines = units.read_text().splitlines(keepends=True)
        self.assertEqual(storaged.end(), 0)
        units.write_text("".join(lines[:2]))  # the country
        storaged.start()
        log = storaged.log()
        self.assertEqual(len(re.findall(r"event=reference_differs faults=[1-9]", log)), 1, log)
        self.assertNotIn("event=reference_diagnostic", log)
        self.assertNotIn("event=reference_refused", log)
        self.assertEqual(self.hang_up(storaged, "reference_refused", 1), 1)
        log = storaged.log()
        self.assertEqual(len(re.findall(r"event=reference_diagnostic place=units\.csv code=code_lost ", log)), 10, log)
        faults, = re.findall(r"event=reference_refused faults=(\d+)", log)
        self.assertIn(f"event=reference_diagnostics_omitted count={int(faults) - 10} ", log)
        units.write_text("".join(lines))
        self.assertEqual(self.hang_up(storaged, "reference_unchanged", 1), 1)


class Refusals(StorageCase):
    def run_storaged(self, data, *arguments):
        done = subprocess.run([str(BIN / "kadr-storaged"), "--listen", "ipc://@kadr-never", "--http", "", "--data", str(data),
                               "--reference", "config", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, check=False)
        return done.returncode, done.stderr

    def test_second_process(self):
        storaged = self.storaged()
        code, log = self.run_storaged(storaged.directory / "data", "--allow-any-fs")
        self.assertEqual(code, EX_UNAVAILABLE)
        self.assertIn(f"pid {storaged.daemon.process.pid}", log)

    def test_flipped_bit(self):
        storaged = self.storaged()
        storaged.append(1, 20)
        self.assertEqual(storaged.end(), 0)
        path = storaged.directory / "data" / "data.mdb"
        data = bytearray(path.read_bytes())
        places = [m.start() for m in re.finditer(rb"report 17", data)]
        self.assertTrue(places)
        for place in places:
            data[place] ^= 1
        path.write_bytes(data)
        code, log = self.run_storaged(path.parent, "--allow-any-fs")
        self.assertEqual(code, EX_DATA)
        self.assertIn("commit 19 is not what was written", log)

    def test_cut_file(self):
        storaged = self.storaged()
        storaged.append(1, 2000)
        self.assertEqual(storaged.end(), 0)
        path = storaged.directory / "data" / "data.mdb"
        os.truncate(path, path.stat().st_size // 2)
        self.assertEqual(self.run_storaged(path.parent, "--allow-any-fs")[0], EX_DATA)

    def test_memory_file_system(self):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            code, log = self.run_storaged(Path(folder) / "data")
        self.assertEqual(code, EX_NOPERM)
        self.assertIn("tmpfs", log)

    def test_no_reference_data(self):
        with tempfile.TemporaryDirectory() as folder:
            code, log = self.run_storaged(Path(folder) / "data", "--allow-any-fs", "--reference", folder)
            self.assertEqual(code, EX_CONFIG)
            self.assertIn(f"{folder}/units.csv", log)


if __name__ == "__main__":
    unittest.main()
