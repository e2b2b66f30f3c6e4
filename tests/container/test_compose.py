# SPDX-License-Identifier: Apache-2.0
"""docker/Containerfile and docker/compose.yaml as an operator uses them, on a base made of Debian's own packages.

No registry is asked. The base is made once by mmdebstrap and kept, with podman's whole storage, under build/container, so
that a second run rebuilds only what changed. Everything podman does here stays in that folder. What runs inside is read
from /proc and asked over the network, not with `podman exec`: that works in a plain chroot too.
"""
import json
import os
import resource
import subprocess
import unittest
from pathlib import Path

from kadrtest import BIN, ROOT, SAMPLES, Ports, cell_of, json_objects, wait_for

HOME = ROOT / "build/container"
BASE = "localhost/debian:bookworm-slim"
IMAGE = "localhost/kadr-test"
PROJECT = "kadr-test"
DAY = "2024-07-01"
HTTP = {"ingestd": 7711, "storaged": 7712, "aggregatord": 7713}


def environment():
    """podman keeps to HOME; runc, since crun refuses hybrid cgroups; limits no higher than those of this process."""
    files, processes = (min(resource.getrlimit(kind)[1] % (1 << 63), 4096)
                        for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC))
    (HOME / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{HOME}/storage"\nrunroot = "{HOME}/run"\n')
    (HOME / "containers.conf").write_text(
        f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'
        f'[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        f'[network]\nnetwork_config_dir = "{HOME}/networks"\n')
    return {**os.environ, "CONTAINERS_STORAGE_CONF": str(HOME / "storage.conf"),
            "CONTAINERS_CONF": str(HOME / "containers.conf"), "KADR_IMAGE": IMAGE}


def strangers():
    """Container monitors of a run in another folder. All share the host's bridge and its name server: two runs at once,
    or one that was killed, give each other's addresses for a daemon's name."""
    found = []
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = cmdline.read_bytes().split(b"\0")
        except OSError:
            continue  # it ended meanwhile
        if words[0].endswith(b"conmon") and any(w.startswith(PROJECT.encode()) for w in words):
            found += [int(cmdline.parent.name)] if not any(str(HOME).encode() in w for w in words) else []
    return found


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if strangers():
            raise AssertionError(f"another run of this test is up, or was killed: end {strangers()} and their containers")
        HOME.mkdir(parents=True, exist_ok=True)
        cls.environment = environment()
        cls.ports = Ports()
        cls.published = {name: cls.ports.take() for name in ("ingest", "query", "feed")}
        for name, port in cls.published.items():
            cls.environment[f"KADR_{name.upper()}_PORT"] = str(port)
        cls.make_base()
        cls.run_command("podman", "build", "--network", "host", "--build-arg", f"BASE={BASE}", "-t", IMAGE, "-f",
                "docker/Containerfile", ".")
        cls.compose("down", "--volumes")
        cls.addClassCleanup(cls.compose, "down", "--volumes")
        cls.compose("up", "-d")
        for name in HTTP:
            wait_for(lambda n=name: cls.healthy(n), lambda n=name: f"{n} to be healthy:\n{cls.logs(n)}")

    @classmethod
    def run_command(cls, *command, check=True):
        done = subprocess.run(command, cwd=ROOT, env=cls.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}"
                                 f"{done.stderr[-3000:]}")
        return done

    @classmethod
    def podman(cls, *arguments, check=True):
        return cls.run_command("podman", *arguments, check=check)

    @classmethod
    def compose(cls, *arguments):
        return cls.run_command("podman-compose", "-p", PROJECT, "-f", "docker/compose.yaml", *arguments)

    @classmethod
    def make_base(cls):
        tar = HOME / "base.tar"
        if not tar.exists():
            unfinished = HOME / "base.unfinished.tar"
            cls.run_command("mmdebstrap", "--variant=minbase", "--include=ca-certificates", "bookworm",
                            str(unfinished))
            unfinished.rename(tar)
        if cls.podman("image", "exists", BASE, check=False).returncode != 0:
            cls.podman("import", str(tar), BASE)

    @classmethod
    def container(cls, service):
        return f"{PROJECT}_{service}_1"

    @classmethod
    def inspect(cls, service):
        return json.loads(cls.podman("inspect", cls.container(service)).stdout)[0]

    @classmethod
    def healthy(cls, service):
        """The container's own health check, run beside it in its network."""
        kind, *command = cls.inspect(service)["Config"]["Healthcheck"]["Test"]
        command = ["sh", "-c", *command] if kind == "CMD-SHELL" else command
        return cls.podman("run", "--rm", "--network", f"container:{cls.container(service)}", IMAGE, *command,
                          check=False).returncode == 0

    @classmethod
    def logs(cls, service):
        done = cls.podman("logs", "--tail", "15", cls.container(service), check=False)
        return done.stdout + done.stderr

    def fourth(self, *command):
        """One more container on the private network: an analyst's `kadr`."""
        return self.podman("run", "--rm", "--network", f"{PROJECT}_kadr", "--read-only", "--cap-drop", "ALL", IMAGE,
                           *command).stdout

    def rollup(self):
        return json.loads(self.fourth("kadr", "--config", "/etc/kadr/kadr.conf", "rollup", "--json", "--unit", "KZ",
                                      "--as-of", DAY))

    def push(self, path):
        """From the host, through the published port, as an office does."""
        done = self.run_command(str(BIN / "kadr"), "--ingest", f"tcp://127.0.0.1:{self.published['ingest']}", "push",
                                "--outbox", str(HOME / "outbox"), "--office", path.parent.name, "--json", str(path))
        return json_objects(done.stdout)

    def test_1_daemons_run_without_privileges(self):
        for service in HTTP:
            with self.subTest(service):
                process = Path("/proc") / str(self.inspect(service)["State"]["Pid"])
                self.assertEqual((process / "comm").read_text().strip(), f"kadr-{service}"[:15])
                status = (process / "status").read_text()
                self.assertRegex(status, r"NSpid:\t\d+(\t\d+)*\t1\n")  # PID 1 itself, no shell in front
                self.assertRegex(status, r"Uid:(\t65532){4}\n")
                self.assertRegex(status, r"CapEff:\t0{16}\n")
                self.assertRegex(status, r"NoNewPrivs:\t1\n")
                mounts = {line.split()[4]: line.split()[5].split(",") for line in
                          (process / "mountinfo").read_text().splitlines()}
                self.assertIn("ro", mounts["/"])
                self.assertIn("rw", mounts["/var/lib/kadr"])

    def test_2_only_what_offices_and_subscribers_need_is_published(self):
        for service, count in (("storaged", 0), ("ingestd", 1), ("aggregatord", 2)):
            ports = self.podman("port", self.container(service), check=False).stdout.split("\n")
            self.assertEqual(len([p for p in ports if p]), count, ports)
            self.assertTrue(all("127.0.0.1" in p for p in ports if p), ports)

    def test_3_image_says_what_it_is(self):
        image = json.loads(self.podman("image", "inspect", IMAGE).stdout)[0]
        labels = image["Config"]["Labels"]
        self.assertEqual(labels["org.opencontainers.image.licenses"], "Apache-2.0")
        self.assertEqual(labels["org.opencontainers.image.title"], "kadr")
        self.assertEqual(image["Config"]["User"], "65532:65532")
        self.assertEqual(list(image["Config"]["Volumes"]), ["/var/lib/kadr"])

    def test_4_samples_travel_from_office_to_rollup(self):
        receipts = [receipt for path in SAMPLES for receipt in self.push(path)]
        self.assertEqual({r["outcome"] for r in receipts}, {"committed"})
        head = max(r["commit"] for r in receipts)
        answer = wait_for(lambda: (a := self.rollup())["commit"] >= head and a, f"the rollup to reach commit {head}")
        cell = cell_of(answer, "KZ", "need_declared", {"cadre": "doctor", "settlement": "rural"})
        self.assertEqual((cell["lo"], cell["hi"], cell["reported"], cell["expected"]), (23, None, 1, 20))

    def test_5_sigterm_drains_and_the_journal_stays(self):
        before = self.rollup()
        for service in ("ingestd", "aggregatord", "storaged"):
            self.podman("stop", "-t", "30", self.container(service))
            self.assertEqual(self.inspect(service)["State"]["ExitCode"], 0, self.logs(service))
        for service in ("storaged", "aggregatord", "ingestd"):
            self.podman("start", self.container(service))
            wait_for(lambda s=service: self.healthy(s), lambda s=service: f"{s} to be healthy:\n{self.logs(s)}")
        after = wait_for(lambda: (a := self.rollup())["commit"] >= before["commit"] and a, "the journal to be read again")
        self.assertEqual((after["lineage"], after["cells"]), (before["lineage"], before["cells"]))


if __name__ == "__main__":
    unittest.main()
