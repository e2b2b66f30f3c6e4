# SPDX-License-Identifier: Apache-2.0
"""Rules of the source tree that no compiler checks. Run alone or by ctest; each class is one gate.

    python3 tests/gates/gates.py [Layers|Bounds|Limits|Tree|Script|Packages|Format] [-v]
"""
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LAYERS = ["base", "domain", "oracle", "wire", "core", "edge", "client"]

# A foreign library is known to one file (or, for generated code, one module): header -> who may include it.
FOREIGN = {
    r"zmq(_utils)?\.h": r"lib/edge/zsock\.c",
    r"lmdb\.h": r"lib/edge/lmdb\.c",
    r"event2?/.*|event\.h|evhttp\.h": r"lib/edge/(loop|http)\.c",
    r"ini\.h": r"lib/edge/options\.c",
    r"sodium.*\.h": r"lib/base/hash\.c",
    r"utf8proc\.h": r"lib/domain/[a-z_]+\.c",
    r"jansson\.h": r"tools/kadr/[a-z_]+\.[ch]",
    r"iconv\.h": r"lib/client/charset\.c",
    r"protobuf-c/.*|kadr/v1/.*\.pb-c\.h": r"lib/wire/[a-z_]+\.[ch]",
}
SINGLE_FILE = ["zmq.h", "lmdb.h", "ini.h", "sodium.h", "utf8proc.h", "iconv.h"]

BANNED = r"\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|strtod|strtof|strtok|alloca|system|popen|" \
         r"rand|srand|tmpnam|mktemp|gmtime|localtime|asctime|ctime|setjmp|longjmp)\s*\("
# The pure layers take time as an argument, do no I/O and never log.
IMPURE = r"(?<![\w.>])(printf|fprintf|puts|fopen|fread|fwrite|open|read|write|socket|time|clock_gettime|getenv|" \
         r"kadr_clock_\w+|kadr_log\w*)\s*\("


def sources(*tops, suffixes=(".c", ".h")):
    for top in tops:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path


def name(path):
    return path.relative_to(ROOT).as_posix()


def code_only(text):
    """The text with comments and strings blanked, line breaks kept."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def find(pattern, text):
    return [(text.count("\n", 0, m.start()) + 1, m.group()) for m in re.finditer(pattern, text)]


class Layers(unittest.TestCase):
    """base <- domain <- wire <- core <- edge <- client <- services and tools, and each foreign library in one place."""

    def includes(self, path):
        return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', path.read_text(), flags=re.M)

    def test_includes_point_down(self):
        wrong = []
        for path in sources("lib"):
            own = LAYERS.index(path.relative_to(ROOT / "lib").parts[0])
            for include in self.includes(path):
                layer = include.split("/")[0]
                if "/" in include and layer in LAYERS and LAYERS.index(layer) > own:
                    wrong.append(f"{name(path)} includes {include} of a higher layer")
                if layer in ("services", "tools", "tests"):
                    wrong.append(f"{name(path)} includes {include}")
        for path in sources("services"):
            wrong += [f"{name(path)} includes {i}: daemons do not use the client" for i in self.includes(path)
                      if i.startswith("client/")]
        self.assertEqual(wrong, [])

    def test_foreign_headers_stay_in_their_file(self):
        wrong, users = [], {}
        for path in sources("lib", "services", "tools"):
            for include in self.includes(path):
                for header, allowed in FOREIGN.items():
                    if re.fullmatch(header, include):
                        users.setdefault(include, []).append(name(path))
                        if not re.fullmatch(allowed, name(path)):
                            wrong.append(f"{name(path)} includes <{include}>; only {allowed} may")
        wrong += [f"<{h}> is included in {users[h]}" for h in SINGLE_FILE if len(users.get(h, [])) > 1]
        self.assertEqual(wrong, [])
        self.assertTrue(users, "no foreign header found: the gate looks at the wrong place")

    def test_pure_layers_do_no_io(self):
        wrong = []
        for layer in ("domain", "oracle", "wire", "core"):
            for path in sources(f"lib/{layer}"):
                wrong += [f"{name(path)}:{line}: {what.strip()}" for line, what in
                          find(IMPURE, code_only(path.read_text()))]
        self.assertEqual(wrong, [])

    def test_banned_functions(self):
        wrong = []
        for path in sources("lib", "services", "tools", "bench", "tests/fuzz"):
            wrong += [f"{name(path)}:{line}: {what.strip()}" for line, what in
                      find(BANNED, code_only(path.read_text()))]
        self.assertEqual(wrong, [])

    def test_gnu_source_only_in_edge(self):
        users = [name(p) for p in sources("lib", "services", "tools") if "_GNU_SOURCE" in code_only(p.read_text())]
        self.assertEqual([u for u in users if not u.startswith("lib/edge/")], [])


class Bounds(unittest.TestCase):
    """Sizes that keep a file readable, and headers that stand alone."""

    def test_file_length(self):
        long = {name(p): n for p in sources("lib", "services", "tools")
                if (n := len(p.read_text().splitlines())) > 600}
        self.assertEqual(long, {})

    def test_each_header_compiles_alone(self):
        headers = list(sources("lib", suffixes=(".h",)))
        self.assertTrue(headers)
        include = []
        for folder in (Path(os.environ.get("KADR_BUILD_DIR", ROOT / "build/dev")) / "lib/wire",):
            include += ["-isystem", str(folder)]  # generated protobuf headers, for the wire's own ones
        wrong = []
        for header in headers:
            text = f'#include "{header.relative_to(ROOT / "lib").as_posix()}"\nextern int kadr_alone;\n'
            run = subprocess.run(
                ["gcc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                 "-fsyntax-only", "-Ilib", *include, "-x", "c", "-"],
                cwd=ROOT, input=text, capture_output=True, text=True, check=False)
            if run.returncode != 0:
                wrong.append(f"{name(header)}: {run.stderr}")
        self.assertEqual(wrong, [])


class Limits(unittest.TestCase):
    """docs/limits.md is lib/base/limits.h for people."""

    def test_same_names(self):
        defined = set(re.findall(r"^#define (KADR_(?:MAX|HTTP)_\w+)\s", (ROOT / "lib/base/limits.h").read_text(), flags=re.M))
        told = set(re.findall(r"`(KADR_(?:MAX|HTTP)_\w+)`", (ROOT / "docs/limits.md").read_text()))
        self.assertEqual(defined - told, set(), "limits that docs/limits.md does not tell")
        self.assertEqual(told - defined, set(), "docs/limits.md tells limits that are not there")


def tracked_files():
    """What would be in a checkout: git's list where git is, else every file outside build/ and var/."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True,
                                text=True, check=True).stdout
        return [ROOT / f for f in listed.split("\0") if f and (ROOT / f).is_file()]
    return [p for p in ROOT.rglob("*") if p.is_file() and p.relative_to(ROOT).parts[0] not in ("build", "var", ".git")]


class Tree(unittest.TestCase):
    """What every file in the tree must have, and none may."""

    def test_no_machine_paths_and_no_secrets(self):
        patterns = [r"/home/\w+", r"/root/", r"-----BEGIN [A-Z ]*PRIVATE KEY", r"(?i)\bpassword\s*=\s*\S"]
        wrong = []
        for path in tracked_files():
            if path == Path(__file__).resolve() or "fuzz/corpus" in name(path):
                continue
            text = path.read_text(errors="replace")
            for pattern in patterns:
                wrong += [f"{name(path)}:{line}: {what}" for line, what in find(pattern, text)]
        self.assertEqual(wrong, [])

    def test_licence_line(self):
        missing = [name(p) for p in sources("lib", "services", "tools", "bench", "tests", suffixes=(".c", ".h", ".py"))
                   if "SPDX-License-Identifier: Apache-2.0" not in p.read_text()[:300]]
        self.assertEqual(missing, [])

    def test_nothing_unfinished(self):
        wrong = []
        for path in sources("lib", "services", "tools", "proto", suffixes=(".c", ".h", ".proto")):
            wrong += [f"{name(path)}:{line}: {what}" for line, what in
                      find(r"\b(TODO|FIXME|XXX)\b|kadr_stub_\w+", path.read_text())]
        self.assertEqual(wrong, [])


class Script(unittest.TestCase):
    """README tells commands that exist, and dev tells all of its own."""

    def commands(self):
        helped = subprocess.run(["./dev", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return set(re.findall(r"^  ([a-z]+) ", helped, flags=re.M)), helped

    def test_documents_name_existing_commands(self):
        commands, _ = self.commands()
        for document in ("README.md", "CONTRIBUTING.md", "docs/architecture.md"):
            told = set(re.findall(r"\./dev ([a-z]+)", (ROOT / document).read_text()))
            self.assertEqual(told - commands, set(), document)
        self.assertIn("./dev run", (ROOT / "README.md").read_text())
        self.assertIn("./dev test", (ROOT / "README.md").read_text())

    def test_every_command_is_helped(self):
        commands, _ = self.commands()
        known = re.search(r"^    (run \|.*)\) \"\$command\"", (ROOT / "dev").read_text(), flags=re.M).group(1)
        self.assertEqual(set(known.split(" | ")) | {"test"}, commands)

    def test_unknown_command_is_a_usage_error(self):
        run = subprocess.run(["./dev", "rnu"], cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 64)
        self.assertIn("rnu", run.stderr)

    def test_ci_is_the_test_command(self):
        lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]
        self.assertEqual(lines[-1], "exec ./dev test")
        self.assertTrue(os.access(ROOT / ".ci/run", os.X_OK) and os.access(ROOT / "dev", os.X_OK))


class Packages(unittest.TestCase):
    """The packages a build needs are listed alike wherever they are, and no library has a known hole."""

    def test_image_and_script_build_with_the_same_packages(self):
        script = re.search(r"BUILD_PACKAGES=\(([^)]*)\)", (ROOT / "dev").read_text()).group(1)
        image = re.search(r"AS build\nRUN .*?--no-install-recommends (.*?)&&", (ROOT / "docker/Containerfile").read_text(),
                          flags=re.S).group(1)
        self.assertEqual(set(script.split()), set(image.replace("\\", "").split()))

    def test_libevent_has_its_security_fixes(self):
        for package in ("libevent-core-2.1-7", "libevent-extra-2.1-7"):
            version = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True,
                                     check=True).stdout
            older = subprocess.run(["dpkg", "--compare-versions", version, "lt", "2.1.12-stable-8+deb12u1"], check=False)
            self.assertNotEqual(older.returncode, 0, f"{package} {version} lacks the fixes of deb12u1: apt-get upgrade")


class Format(unittest.TestCase):
    """clang-format leaves the tree as it is."""

    def test_clang_format(self):
        files = [str(p) for p in sources("lib", "services", "tools", "tests", "bench")]
        run = subprocess.run(["clang-format", "--dry-run", "--Werror", *files], cwd=ROOT, capture_output=True, text=True,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stderr[:4000])


if __name__ == "__main__":
    unittest.main()
