# SPDX-License-Identifier: Apache-2.0
"""Rules of the rollup, each broken on purpose: a comparison that does not notice proves nothing.

    mutants.py --list            the names
    mutants.py NAME SOURCE OUT   the source file of that mutant, broken

Each is found by generated histories alone, without the kept seeds and the examples: the run says by which seed and after
how many. Each changes one line of the engine. The line must stand there exactly once: who rewrites it finds the mutant here and says
anew how the rule would be broken.
"""
import sys
from pathlib import Path

# name: (file of lib/domain, a line's text, what it becomes)
MUTANTS = {
    "arrival_decides": ("series.c", "return next->stated_at_ms > now->stated_at_ms;", "return true;"),
    "occurrences_are_one": ("series.c", "return strcmp(statement->occurrence ? statement->occurrence : \"\", "
                            "occurrence ? occurrence : \"\");", "(void)occurrence;\n    return 0;"),
    "older_sum_stands": ("candidate.c", "return newer || (c->sum && as_new);",
                         "return newer || (c->sum && as_new && by->complete);"),
    "open_end_stands": ("candidate.c", "return c->complete && as_new && c->lo < by->lo;",
                        "return c->complete && newer && c->lo < by->lo;"),
    "part_is_figure": ("candidate.c", "if (!total->complete) {", "if (!total->complete && total->used > 2) {"),
    "expires_a_day_early": ("own.c", "age_days > info->expires_after_days", "age_days >= info->expires_after_days"),
    "tiling_takes_what_comes": ("own.c", "tile->take = days > skip->days ||", "tile->take = days > 0 ||"),
    "ancestors_forget": ("touch.c", "for (size_t i = 1; i < series->up_count; i++) {",
                         "for (size_t i = 1; i < (series->breakdown ? 1 : series->up_count); i++) {"),
    "parts_may_exceed": ("residual.c", "bool exceeds = !own->hi_open && other->lo > own->hi;",
                         "bool exceeds = own->hi_open && other->lo > own->hi;"),
    "excused_part_is_no_part": ("coverage.c", "return kadr_is_owed(evaluator, at, child) || (info->territorial && "
                                "is_in_debt(evaluator, at));",
                                "(void)info;\n    (void)is_in_debt;\n    return kadr_is_owed(evaluator, at, child);"),
    "who_moved_was_always_here": ("children.c", "kadr_period_contains(at->unit_info->all_here, "
                                  "kadr_at_span(evaluator, at)) &&", "true &&"),
    "nobody_stands_in": ("children.c", "           !may_stand_in(evaluator, at);", "           true;"),
    "ratio_rounds_inwards": ("derived.c", "return above / below + (above % below > 0 ? 1 : 0);",
                             "return above / below;"),
}


def main():
    if sys.argv[1] == "--list":
        print(";".join(f"{name}={file}" for name, (file, _, _) in MUTANTS.items()), end="")
        return
    name, source, out = sys.argv[1:]
    _, line, broken = MUTANTS[name]
    text = Path(source).read_text(encoding="utf-8")
    if text.count(line) != 1:
        sys.exit(f"mutant {name}: {source} has {text.count(line)} times: {line}")
    Path(out).write_text(text.replace(line, broken), encoding="utf-8")


if __name__ == "__main__":
    main()
