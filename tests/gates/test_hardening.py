# SPDX-License-Identifier: Apache-2.0
"""A release build carries its hardening in the binary, whatever the flags claim. Builds one daemon as a release does."""
import os
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["KADR_BUILD_DIR"]) / "harden"
BINARY = BUILD / "bin/kadr-storaged"


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


class Hardening(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        run("cmake", "--preset", "release", "-B", str(BUILD))
        run("cmake", "--build", str(BUILD), "--target", "kadr-storaged")
        cls.headers = run("readelf", "-W", "-h", "-l", "-d", str(BINARY))
        cls.symbols = run("readelf", "-W", "--dyn-syms", str(BINARY))

    def test_position_independent(self):
        self.assertRegex(self.headers, r"Type:\s+DYN \(Position-Independent Executable")

    def test_relocations_are_read_only_and_bound_at_start(self):
        self.assertIn("GNU_RELRO", self.headers)
        self.assertRegex(self.headers, r"\(FLAGS_1\)\s+Flags:.*\bNOW\b")

    def test_stack_is_not_executable(self):
        flags = re.search(r"GNU_STACK\s+(?:0x\w+\s+){5}(\S+)", self.headers)
        self.assertIsNotNone(flags)
        self.assertEqual(flags.group(1), "RW")

    def test_stack_protector(self):
        self.assertIn("__stack_chk_fail", self.symbols)

    def test_fortified_calls(self):
        self.assertRegex(self.symbols, r"__(memcpy|snprintf|vsnprintf|printf|fprintf|vfprintf|read|memset)_chk")


if __name__ == "__main__":
    unittest.main()
