/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* diag.h - what is wrong with an input, where, and what to do about it.
 *
 * Every refusal and warning that a clerk, analyst or operator can meet is one row of the table in
 * diag_table.c: a stable code, a severity and text and remedy in kk, ru and en with {0} {1} {2} for
 * arguments. The wire carries code and arguments; text is made where it is read. docs/diagnostics.md lists
 * them; a test holds that no row lacks a language and that each language uses the same arguments.
 */
#include "base/buf.h"
#include "base/defs.h"
#include "base/limits.h"
#include "domain/lang.h"

/* Numbers are the wire's: append only. Text codes are in diag_table.c (`unknown_unit`). */
enum kadr_diag_code {
    KADR_DIAG_NONE = 0,
    /* file and table */
    KADR_DIAG_CSV_MALFORMED = 1,      /* quotation marks, or a limit of csv.h */
    KADR_DIAG_ENCODING = 2,           /* neither UTF-8, CP1251 nor KZ-1048 */
    KADR_DIAG_ENCODING_GUESSED = 3,   /* note: which one was taken */
    KADR_DIAG_COLUMN_MISSING = 4,     /* {0} column */
    KADR_DIAG_COLUMN_UNKNOWN = 5,     /* {0} column */
    KADR_DIAG_HEADER_KEY_UNKNOWN = 6, /* {0} key of a #key: line */
    KADR_DIAG_HEADER_VALUE = 7,       /* {0} key, {1} value */
    KADR_DIAG_FILE_TOO_LARGE = 8,
    KADR_DIAG_TOO_MANY_OBSERVATIONS = 9,
    KADR_DIAG_EMPTY_REPORT = 10, /* no observation and not marked "nothing to report" */
    KADR_DIAG_ROW_SHORT = 11,    /* {0} cells in the row, {1} columns in the header */
    KADR_DIAG_TOO_LONG = 12,     /* {0} what, {1} limit in bytes */
    KADR_DIAG_NOT_UTF8 = 13,     /* {0} field */
    KADR_DIAG_FIGURE_SPLIT = 14, /* {0} and {1}: what a comma between columns made of one figure */
    /* observation */
    KADR_DIAG_UNKNOWN_UNIT = 20,       /* {0} as written */
    KADR_DIAG_UNIT_BY_NAME = 21,       /* {0} name as written, {1} the code to write */
    KADR_DIAG_UNIT_OUTSIDE_SCOPE = 22, /* {0} unit, {1} office */
    KADR_DIAG_UNIT_NOT_VALID = 23,     /* {0} unit, {1} day, {2} codes to write: successors, predecessors */
    KADR_DIAG_UNKNOWN_INDICATOR = 24,  /* {0} as written, {1} the nearest code or "" */
    KADR_DIAG_INDICATOR_BY_NAME = 25,
    KADR_DIAG_UNKNOWN_DIMENSION = 26, /* {0} dimension as written */
    KADR_DIAG_WRONG_DIMENSION = 27,   /* {0} dimension, {1} indicator */
    KADR_DIAG_UNKNOWN_MEMBER = 28,    /* {0} member, {1} dimension, {2} its codes, or the nearest, or "" */
    KADR_DIAG_MEMBER_BY_NAME = 29,    /* {0} name, {1} code */
    KADR_DIAG_DIMENSION_TWICE = 30,
    KADR_DIAG_TOO_MANY_DIMENSIONS = 31,
    KADR_DIAG_BREAKDOWN_SYNTAX = 32,
    KADR_DIAG_BAD_PERIOD = 33,       /* {0} as written */
    KADR_DIAG_PERIOD_NOT_A_DAY = 34, /* {0} period, {1} indicator: stocks and parameters take one day */
    KADR_DIAG_PERIOD_IN_FUTURE = 35, /* {0} day, {1} today */
    KADR_DIAG_BAD_VALUE = 36,        /* {0} as written */
    KADR_DIAG_TOO_PRECISE = 37,      /* {0} value, {1} decimals the indicator takes */
    KADR_DIAG_OUT_OF_RANGE = 38,     /* {0} value, {1} min, "" when there is none, {2} max */
    KADR_DIAG_NEGATIVE = 39,         /* {0} value */
    KADR_DIAG_UNKNOWN_REASON = 40,   /* {0} reason */
    KADR_DIAG_CONFLICT_IN_REPORT =
        41,                   /* {0} other line: one key, two values that do not contain each other */
    KADR_DIAG_SAME_FACT = 42, /* note: {0} other line: the narrower value is kept */
    KADR_DIAG_PARTS_EXCEED_TOTAL = 43,   /* warning: {0} total, {1} sum of parts */
    KADR_DIAG_SCALE_MISMATCH = 44,       /* {0} scale sent, {1} scale of the catalogue */
    KADR_DIAG_OCCURRENCE_NOT_EVENT = 45, /* {0} indicator */
    KADR_DIAG_NOT_IN_FORCE = 46,         /* note: a later statement of the same figure is in force */
    KADR_DIAG_BAD_OCCURRENCE = 47,       /* {0} as written */
    KADR_DIAG_IMPLAUSIBLE = 48, /* warning: {0} value, {1} from, {2} to: held until it is confirmed */
    KADR_DIAG_CONFIRMED = 49,   /* note: {0} value, {1} from, {2} to: implausible and confirmed, so taken */
    KADR_DIAG_VALUE_EMPTY = 50, /* nothing, or a sign for nothing: a dash, n/a */
    /* report */
    KADR_DIAG_ALL_OR_NOTHING = 60, /* the report as a whole: some were refused, so all are, as asked */
    KADR_DIAG_UNDECODABLE = 61,
    KADR_DIAG_REPORT_TOO_LARGE = 62,
    KADR_DIAG_UNKNOWN_OFFICE = 63,  /* {0} office */
    KADR_DIAG_SEQUENCE_GAP = 64,    /* {0} expected, {1} got */
    KADR_DIAG_SEQUENCE_REUSED = 65, /* {0} sequence: number already used with other content */
    KADR_DIAG_CLOCK_AHEAD = 66,     /* warning: stated later than received; the receipt's time is taken */
    KADR_DIAG_RETRY_LATER = 67,     /* {0} reason */
    KADR_DIAG_VERSION = 68,         /* {0} version sent, {1} version spoken */
    KADR_DIAG_TRUNCATED = 69,       /* {0} diagnostics not listed */
    KADR_DIAG_BAD_FRAME = 70,       /* {0} why: not protobuf, wrong frame count … */
    KADR_DIAG_OUTBOX_FULL = 71,
    KADR_DIAG_REPLACES_UNKNOWN = 72,       /* {0} receipt as written */
    KADR_DIAG_REPLACED = 73,               /* note: {0} receipt, {1} statements withdrawn */
    KADR_DIAG_REPLACES_LATER = 74,         /* stated later than what is to take its place */
    KADR_DIAG_HELD_BEFORE = 75,            /* {0} figure, {1} number of the report in which it was held */
    KADR_DIAG_WITHDRAWN_BY_REPLACING = 76, /* note: {0} unit, {1} indicator and breakdown, {2} period */
    /* reference data */
    KADR_DIAG_DUPLICATE_CODE = 80, /* {0} code */
    KADR_DIAG_BAD_DEFINITION = 81, /* {0} what is impossible, {1} of which code */
    KADR_DIAG_CODE_LOST = 82,      /* {0} code that the journal knows */
    KADR_DIAG_CYCLE = 83,          /* {0} unit */
    KADR_DIAG_UNKNOWN_VALUE = 84,  /* {0} value, {1} allowed ones */
    KADR_DIAG_TOO_MANY_ROWS = 85,  /* {0} of what */
    KADR_DIAG_ALIAS_FREED = 86,    /* {0} alias that the journal knows, {1} code it stood for */
    KADR_DIAG_COMPUTED_ONLY = 87,  /* {0} indicator */
    /* importing units: {0} name, {1} KATO code as written */
    KADR_DIAG_UNIT_NO_CODE = 90,
    KADR_DIAG_UNIT_HEADING = 91,
    KADR_DIAG_UNIT_BELOW_DISTRICT = 92,
    KADR_DIAG_UNIT_NO_REGION = 93,
    KADR_DIAG_UNIT_CODES_DISAGREE = 94,
    KADR_DIAG_UNITS_SHAPE = 95, /* the file as a whole */
    /* questions about the past */
    KADR_DIAG_NO_HISTORY = 100,
    KADR_DIAG_KNOWN_AT_FUTURE = 101,  /* {0} commit or day asked about, {1} the last there is */
    KADR_DIAG_ANSWER_TOO_LARGE = 102, /* {0} limit */
    KADR_DIAG_FROM_AFTER_TO = 103,    /* {0} and {1}: commits */
    KADR_DIAG_NOTHING_KNOWN = 104,    /* {0} commit before the first reference data and the first day; {1} the
                                         first after it, and its day */
    KADR_DIAG_NO_RHYTHM = 110,        /* {0} indicator */
    KADR_DIAG_POINTS_ALIKE = 111,     /* {0} period, {1} indicator */
    /* where a figure comes from */
    KADR_DIAG_NOTHING_STATED = 115, /* {0} unit, {1} indicator */
    KADR_DIAG_PERIOD_NEEDED = 116   /* {0} indicator: its figures are of a period */
};

enum kadr_severity { KADR_SEVERITY_NOTE, KADR_SEVERITY_WARNING, KADR_SEVERITY_ERROR };

struct kadr_diag {
    enum kadr_diag_code code;
    int32_t observation;   /* index in the report; -1: the report as a whole */
    uint32_t line, column; /* in the office's file; 0 = unknown */
    char arg[3][64];       /* cut at a character boundary, then it ends in `…` */
    char file[24];         /* of reference data: `units.csv`; "" when it is the one file of a report */
};

/* A bounded list; beyond KADR_MAX_DIAGNOSTICS they are only counted. */
struct kadr_diags {
    struct kadr_diag *items; /* owned */
    size_t count, cap;
    size_t omitted;
    size_t errors;    /* of severity error, omitted ones included */
    bool failed;      /* out of memory */
    const char *file; /* borrowed; the file that diagnostics added from now on are about, or NULL */
};

void kadr_diags_init(struct kadr_diags *diags);
void kadr_diags_done(struct kadr_diags *diags);
KADR_DEFINE_DONE(struct kadr_diags, kadr_diags_done)
/* NULL diags is fine (nothing is kept). Arguments may be NULL. */
void kadr_diags_add(struct kadr_diags *diags, enum kadr_diag_code code, int32_t observation, uint32_t line,
                    uint32_t column, const char *arg0, const char *arg1, const char *arg2);

/* The last line of a list that was too long: how many diagnostics it does not hold. */
struct kadr_diag kadr_diag_of_omitted(const struct kadr_diags *diags);

/* Stable text code: `unknown_unit`; "unknown" for a number this program does not know. */
const char *kadr_diag_code_text(enum kadr_diag_code code);
enum kadr_severity kadr_diag_severity(enum kadr_diag_code code);
const char *kadr_severity_text(enum kadr_severity severity); /* `error` `warning` `note` */
/* Appends the text (or the remedy) with its arguments filled in. */
void kadr_diag_text(const struct kadr_diag *diag, enum kadr_lang lang, struct kadr_buf *out);
void kadr_diag_remedy(const struct kadr_diag *diag, enum kadr_lang lang, struct kadr_buf *out);
/* Appends `file:line:column: code: text: remedy`, with `warning: ` or `note: ` before the code of one; the
 * diagnostic's own file, when it has one, wins. */
void kadr_diag_line(const struct kadr_diag *diag, const char *file, enum kadr_lang lang,
                    struct kadr_buf *out);
/* Row by row, for docs and tests: false when `index` is past the end. */
bool kadr_diag_table(size_t index, enum kadr_diag_code *ret_code);
