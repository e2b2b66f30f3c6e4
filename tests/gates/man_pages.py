# SPDX-License-Identifier: Apache-2.0
"""The operators' papers say what the programs do: options and their defaults in the manual pages, metrics, reasons of
unreadiness and of refusal in docs/operations.md. The programs and their sources are the measure.
"""
import os
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ["KADR_BUILD_DIR"]) / "bin"
DAEMONS = ["ingestd", "storaged", "aggregatord"]
RUNNER_FLAGS = {"config", "check-config", "print-config", "version", "help"}  # kadr_daemon_run()'s own
PAGES = [ROOT / "man" / f"kadr-{daemon}.8" for daemon in DAEMONS] + [ROOT / "man/kadr.conf.5"]
RUNBOOK = ROOT / "docs/operations.md"


def said_by(program, *arguments):
    """What a program prints; nothing of this environment may change it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("KADR_")}
    return subprocess.run([str(BIN / program), *arguments], capture_output=True, text=True, check=True, env=clean).stdout


def options_of(daemon):
    """{name: default} of a daemon, from --print-config."""
    text = said_by(f"kadr-{daemon}", "--print-config")
    return dict(re.findall(r"^(\w+) = (?:(.*) )?; default$", text, flags=re.M))


def options_of_tool():
    """{name: default} of what every command of the tool takes, which is what its section may hold for all of them."""
    commands = re.findall(r"^  ([a-z]+)  +\S", said_by("kadr", "help").partition("Commands")[2], flags=re.M)
    commands = [c for c in commands if c not in ("help", "version")]
    tables = [flags_in(said_by("kadr", "help", command)) for command in commands]
    shared = set.intersection(*(set(table) for table in tables))
    return {name: tables[0][name] for name in shared}


def flags_in(text):
    """{name: default} of the option lines of a --help; the runner's own stand above the words on options."""
    lines = re.split(r"\nOptions?\b", text, maxsplit=1)[-1].splitlines()
    table = {}
    for at, line in enumerate(lines):
        flag = re.match(r"  --([a-z-]+)", line)
        if flag and flag.group(1) not in RUNNER_FLAGS:
            told = line if len(line.split("  ")) > 2 or at + 1 == len(lines) else line + lines[at + 1]
            default = re.search(r" \[([^\]]*)\]$", told)
            table[flag.group(1).replace("-", "_")] = default.group(1) if default else ""
    return table


def items(text, macro):
    """{name: default} of an mdoc list: `.It MACRO name` and the `Default:` that follows before the next item."""
    found = {}
    for block in re.split(r"^\.It ", text, flags=re.M)[1:]:
        block = re.split(r"^\.El", block, flags=re.M)[0]
        name = re.match(macro + r"([\w-]+)", block)
        if name:
            default = re.search(r"^Default:\n\.Ql (\S+) \.$|^Default: (none)\.$", block, flags=re.M)
            found[name.group(1).replace("-", "_")] = None if not default else default.group(1) or ""
    return found


def section(text, title):
    """The part of a page below one `.Ss Section` line."""
    return re.search(rf"^\.Ss Section {title}$(.*?)(?=^\.S[sh] |\Z)", text, flags=re.M | re.S).group(1)


def strings_of(path, function):
    """String literals of one function of a source file."""
    body = re.search(rf"^[^\n]*\b{function}\([^;{{]*\)\n{{\n(.*?)^}}", (ROOT / path).read_text(), flags=re.M | re.S).group(1)
    return re.findall(r'"([^"\n]*)"', body)


class Options(unittest.TestCase):
    """The option tables against the manual pages."""

    def test_help_and_print_config_agree(self):
        for daemon in DAEMONS:
            with self.subTest(daemon):
                self.assertTrue(options_of(daemon))
                self.assertEqual(flags_in(said_by(f"kadr-{daemon}", "--help")), options_of(daemon))

    def test_page_of_each_daemon(self):
        for daemon in DAEMONS:
            with self.subTest(daemon):
                told = items((ROOT / "man" / f"kadr-{daemon}.8").read_text(), "Fl -")
                runner = {flag.replace("-", "_") for flag in RUNNER_FLAGS}
                self.assertEqual({n: d for n, d in told.items() if n not in runner}, options_of(daemon))
                self.assertLessEqual(runner, set(told))

    def test_configuration_page(self):
        text = (ROOT / "man/kadr.conf.5").read_text()
        for daemon in DAEMONS:
            with self.subTest(daemon):
                self.assertEqual(items(section(text, daemon), "Va "), options_of(daemon))
        self.assertEqual(items(section(text, "kadr"), "Va "), options_of_tool())
        self.assertEqual(set(items(section(text, "common"), "Va ")), {"log_level"})

    def test_no_other_flag_is_mentioned(self):
        known = set(RUNNER_FLAGS)
        for daemon in DAEMONS:
            known |= {name.replace("_", "-") for name in options_of(daemon)}
        for page in PAGES:
            told = re.findall(r"\bFl -(?:no-)?([\w-]+)", page.read_text())
            self.assertEqual(set(told) - known, set(), page.name)

    def test_pages_are_clean(self):
        """From their own folder, where mandoc also finds the pages that they refer to."""
        run = subprocess.run(["mandoc", "-Tlint", *(page.name for page in PAGES)], cwd=ROOT / "man", capture_output=True,
                             text=True, check=False)
        self.assertEqual(run.stdout + run.stderr, "")


class Metrics(unittest.TestCase):
    """The metric table of the runbook against the sources."""

    def exported(self):
        found = {}
        for path in sorted(ROOT.glob("services/*/*.c")) + sorted(ROOT.glob("lib/*/*.c")):
            for name in re.findall(r'"((?:kadr|process)_[a-z0-9_]+)"', path.read_text()):
                where = path.parent.name if path.parent.name in DAEMONS else "all"
                found.setdefault(name, set()).add(where)
        return found

    def test_every_name_is_a_literal(self):
        """A name made of pieces would escape test_table(): who registers one passes a literal or a variable."""
        pattern = r"kadr_metrics_(?:counter|gauge|histogram)\(\s*[\w.>-]+,\s*([^,]+),"
        for path in sorted(ROOT.glob("services/*/*.c")) + sorted(ROOT.glob("lib/edge/*.c")):
            for name in re.findall(pattern, path.read_text()):
                self.assertRegex(name, r'^("[a-z0-9_]+"|name|items\[i\]\.name)$', path.name)

    def test_table(self):
        rows = re.findall(r"^\| `((?:kadr|process)_\w+)`[^|]*\| (\w+) \|", RUNBOOK.read_text(), flags=re.M)
        self.assertEqual(len(rows), len(dict(rows)), "a metric stands twice")
        exported = {name: "".join(sorted(where)) for name, where in self.exported().items()}
        self.assertTrue(exported)
        self.assertEqual(dict(rows), exported)

    def test_no_other_metric_is_mentioned(self):
        told = set(re.findall(r"\b(?:kadr_(?:ingest|store|aggregate|feed|http)_\w+)", RUNBOOK.read_text()))
        self.assertEqual(told - set(self.exported()), set())


class Reasons(unittest.TestCase):
    """Texts that an operator meets and looks up."""

    def assert_told(self, texts):
        runbook = RUNBOOK.read_text()
        self.assertTrue(texts)
        self.assertEqual([t for t in texts if f"`{t}`" not in runbook], [])

    def test_readiness(self):
        self.assert_told(strings_of("lib/core/ingest.c", "kadr_ingest_not_ready"))
        self.assert_told(strings_of("services/storaged/operator.c", "not_ready"))
        self.assert_told(strings_of("services/aggregatord/aggregatord.c", "not_ready"))

    def test_refusals(self):
        texts = strings_of("lib/core/ingest.c", "kadr_ingest_refusal_text")
        self.assert_told([text for text in texts if text != "unknown"])  # the answer to what is no reason
        table = re.search(r"refusals\[KADR_STORAGE_REFUSALS\] = \{(.*?)^\};",
                          (ROOT / "lib/core/storage.c").read_text(), flags=re.M | re.S).group(1)
        self.assert_told(re.findall(r'"(\w+)"', table))

    def test_exit_codes(self):
        codes = set(re.findall(r"^\.It (\d+)$", "".join(p.read_text() for p in PAGES), flags=re.M))
        told = set(re.findall(r"^\| (\d+) \|", RUNBOOK.read_text(), flags=re.M))
        self.assertEqual(told, codes)


if __name__ == "__main__":
    unittest.main()
