/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* text.h - what the tool says to people, in en, ru and kk. Machine output (JSON, CSV, codes) is never
 * translated.
 */
#include "base/buf.h"
#include "domain/lang.h"

enum text {
    TEXT_COMMITTED, /* {0} file, {1} commit, {2} accepted, {3} rejected */
    TEXT_DUPLICATE, /* the same */
    TEXT_REFUSED,   /* {0} file, {1} commit */
    TEXT_HELD,      /* {0} file, {1} commit */
    TEXT_ONE_REPLACES,
    TEXT_SOME_HELD,   /* {0} file, {1} figures */
    TEXT_DRY_RUN,     /* {0} file, {1} accepted, {2} rejected */
    TEXT_NOT_SENT,    /* {0} file */
    TEXT_IN_OUTBOX,   /* {0} number of reports, {1} endpoint */
    TEXT_INTERRUPTED, /* {0} number of reports */
    TEXT_DELAYED,     /* {0} number of reports, {1} endpoint, {2} reason */
    TEXT_BLOCKED,     /* {0} text and remedy, {1} number of reports */
    TEXT_EMPTY,       /* nothing waits */
    TEXT_NO_OFFICE,
    TEXT_NO_HOME,
    TEXT_HELD_BY_OTHER,  /* {0} folder of the outbox */
    TEXT_NO_FILE,        /* {0} file */
    TEXT_UNREADABLE,     /* {0} file */
    TEXT_SILENT,         /* {0} daemon, {1} endpoint */
    TEXT_TOO_WIDE,       /* {0} daemon, {1} endpoint, {2} how long was waited, as the flag is written */
    TEXT_CANNOT_ANSWER,  /* {0} daemon, {1} endpoint, {2} reason */
    TEXT_ASKED_WRONG,    /* {0} text and remedy */
    TEXT_HEADING,        /* {0} name, {1} code, {2} day, {3} commit */
    TEXT_HEADING_PERIOD, /* {0} name, {1} code, {2} period, {3} day of the stocks */
    TEXT_HEADING_COMMIT, /* what stands behind it: {0} commit */
    TEXT_HEADING_COMMIT_KNOWN,
    TEXT_NO_CELLS,
    TEXT_BARE, /* {0} number of cells that are not shown */
    TEXT_NARROWER,
    TEXT_NARROWER_CHANGES, /* the same */
    TEXT_ALL,              /* of a breakdown */
    TEXT_PARTS,            /* not all parts are known */
    TEXT_NO_FIGURE,
    TEXT_NO_FIGURE_BECAUSE, /* {0} reason */
    TEXT_NOT_STATED,        /* reasons, in the order of enum kadr_reason */
    TEXT_NOT_REPORTED,
    TEXT_NOT_APPLICABLE,
    TEXT_WITHHELD,
    TEXT_SUPPRESSED,
    TEXT_UNKNOWN,
    TEXT_OF_COUNTRIES, /* {0} of {1}, in the order of enum kadr_unit_level */
    TEXT_OF_REGIONS,
    TEXT_OF_DISTRICTS,
    TEXT_OF_FACILITIES,
    TEXT_FROM,        /* {0} number of reporters; nobody owes it */
    TEXT_KNOWN_UP_TO, /* {0} */
    TEXT_OUTSTANDING, /* {0} figure */
    TEXT_CONTRADICTION,
    TEXT_HOLDS,
    TEXT_BROKEN,
    TEXT_CANNOT_TELL,
    TEXT_BY,          /* {0} day */
    TEXT_COLUMN_PLAN, /* of the table of plans, in their order */
    TEXT_COLUMN_DUE,
    TEXT_COLUMN_PLANNED,
    TEXT_COLUMN_FACT,
    TEXT_COLUMN_DONE,
    TEXT_COLUMN_LEFT,
    TEXT_COLUMN_STATE,
    TEXT_PLAN_UNKNOWN, /* in the order of enum kadr_plan_state */
    TEXT_PLAN_ON_THE_WAY,
    TEXT_PLAN_AHEAD,
    TEXT_PLAN_FULFILLED,
    TEXT_PLAN_OVERDUE,
    TEXT_NO_PLANS,
    TEXT_NO_FACTS,
    TEXT_NOT_A_PLAN, /* {0} code */
    TEXT_STALE,      /* {0} number */
    TEXT_READY,
    TEXT_NOT_READY, /* {0} reason */
    TEXT_DOWN,
    TEXT_STATUS_HEAD, /* {0} commit, {1} lag, {2} day */
    TEXT_FOLLOWING,   /* {0} commit, {1} day */
    TEXT_GAP,         /* {0} what */
    TEXT_STALLED,
    TEXT_RESUMED,
    TEXT_APPLIED, /* {0} commit */
    TEXT_UNCHANGED,
    TEXT_WOULD_APPLY,
    TEXT_NOT_APPLIED,
    TEXT_UNIT_ADDED,         /* {0} code, {1} Russian name, {2} parent, {3} Kazakh name */
    TEXT_UNIT_RENAMED,       /* {0} code, {2} and {3} names */
    TEXT_UNIT_MOVED,         /* {0} code, {1} name, {2} new parent, {3} first day */
    TEXT_UNIT_CLOSED,        /* {0} code, {1} name, {3} last day */
    TEXT_UNIT_ALIAS,         /* {0} code, {1} name, {3} the other code */
    TEXT_UNIT_REPAIRED,      /* {2} and {3} names */
    TEXT_UNIT_MIXED,         /* {2} name */
    TEXT_UNIT_NAMES,         /* {0} code, {2} name in the row, {3} name of the unit */
    TEXT_UNIT_MISSING,       /* {0} code, {1} name */
    TEXT_UNIT_SETTLEMENTS,   /* {0} number */
    TEXT_UNITS_COUNTED,      /* {0} added, {1} renamed, {2} moved, {3} closed */
    TEXT_UNITS_COUNTED_MORE, /* {0} aliases, {1} repaired, {2} left out, {3} missing */
    TEXT_UNITS_WRITTEN,      /* {0} file */
    TEXT_UNITS_APART,        /* likewise, and it is not the reference folder's */
    TEXT_UNITS_NOT_WRITTEN,
    TEXT_CANNOT_WRITE, /* {0} file, {1} why */
    TEXT_BORDERS_TODAY,
    TEXT_CHANGE_REFERENCE, /* kinds of change, in the order of enum kadr_change */
    TEXT_CHANGE_AGED,
    TEXT_CHANGE_WITHDRAWN,
    TEXT_CHANGE_CORRECTED,
    TEXT_CHANGE_NEW,
    TEXT_CHANGE_COMPLETED,
    TEXT_CHANGE_UPDATED,
    TEXT_CHANGE_REFRESHED,
    TEXT_HEADING_KNOWN,      /* {0} name, {1} code, {2} day, {3} commit */
    TEXT_DIFF_HEADING,       /* {0} commit and {1} day before, {2} commit and {3} day after */
    TEXT_DIFF_SINCE_NOTHING, /* {0} commit and {1} day after */
    TEXT_NO_CHANGES,
    TEXT_BARE_CHANGES, /* {0} number of changes that are not shown */
    TEXT_NOT_SHOWN,    /* of a cell: not published */
    TEXT_PREVIEW,      /* {0} number of cells that would change, {1} commit */
    TEXT_PREVIEW_GONE, /* {0} number */
    TEXT_PREVIEW_MORE, /* {0} number of cells that are not shown */
    TEXT_NO_PREVIEW,   /* {0} why */
    TEXT_AS_PUBLISHED,
    TEXT_SAME_REPORTERS,
    TEXT_DIFFERENCE,
    TEXT_CARRIED,           /* {0} number of reporters */
    TEXT_LEFT_OUT,          /* {0} list */
    TEXT_LEFT_OUT_NO_VALUE, /* in the order of enum kadr_left_out_why */
    TEXT_LEFT_OUT_INCOMPLETE,
    TEXT_LEFT_OUT_NOT_APPLICABLE,
    TEXT_LEFT_OUT_NOT_THERE,
    TEXT_LEFT_OUT_BORDERS,
    TEXT_DUE,           /* {0} day */
    TEXT_OWED_COMPLETE, /* in the order of enum kadr_owed_state */
    TEXT_OWED_INCOMPLETE,
    TEXT_OWED_NOT_APPLICABLE,
    TEXT_OWED_REASON,
    TEXT_OWED_NOTHING,
    TEXT_OWED_PARTS,
    TEXT_OWED_CARRIED,
    TEXT_OWED_EXPIRED,
    TEXT_OWED_MISSING,
    TEXT_OWED_ON_TIME, /* in the order of enum kadr_owed_time; {0} day since when */
    TEXT_OWED_LATE,
    TEXT_OWED_OVERDUE,
    TEXT_OWED_NOT_DUE,
    TEXT_SUM_ON_TIME, /* {0} number of reporters */
    TEXT_SUM_LATE,
    TEXT_SUM_OVERDUE,
    TEXT_SUM_NOT_DUE,
    TEXT_SUM_EVERYBODY,
    TEXT_STATED_ON, /* {0} day */
    TEXT_RESTS_ON,  /* {0} day */
    TEXT_IS_STALE,
    TEXT_STOOD_FOR,
    TEXT_OPENED, /* {0} day */
    TEXT_CLOSED, /* {0} day */
    TEXT_NOT_OWED,
    TEXT_WAY_OWN,     /* in the order of enum kadr_way */
    TEXT_WAY_MEMBERS, /* {0} dimension */
    TEXT_WAY_CHILDREN,
    TEXT_WAY_TERMS,
    TEXT_WAY_REPORTERS,
    TEXT_WAY_TILES,
    TEXT_FATE_ABSENT, /* in the order of enum kadr_fate; {0} the way it yields to */
    TEXT_FATE_CHOSEN,
    TEXT_FATE_NO_BOUND,
    TEXT_FATE_PASSED_OVER_NEWER,
    TEXT_FATE_PASSED_OVER_AS_NEW,
    TEXT_FATE_OUTDATED,
    TEXT_FATE_INCOMPLETE,
    TEXT_FATE_OLDER,
    TEXT_FATE_LOWER,
    TEXT_FATE_TIE,
    TEXT_PARTS_MISSING, /* in the order of enum kadr_standing; {0} number, {1} codes */
    TEXT_PARTS_NOT_APPLICABLE,
    TEXT_PARTS_REPLACED,
    TEXT_PARTS_LEFT_OUT,
    TEXT_PARTS_NOT_OWED,
    TEXT_IS_REPLACED, /* of one part */
    TEXT_IS_LEFT_OUT,
    TEXT_IS_UNEQUAL,
    TEXT_AND_MORE,        /* {0} number */
    TEXT_PREDECESSOR,     /* of a unit */
    TEXT_TAKEN_OFF,       /* {0} indicator */
    TEXT_CUT,             /* of a cell */
    TEXT_OMITTED,         /* {0} number of nodes */
    TEXT_SAID,            /* {0} value, {1} period, {2} office */
    TEXT_SAID_EXPIRED,    /* likewise */
    TEXT_SAID_IN,         /* {0} number of the report, {1} commit */
    TEXT_SAID_WHEN,       /* {0} stated, {1} received */
    TEXT_COMPARED,        /* {0} what is unexplained */
    TEXT_COMPARED_AS_OF,  /* and {1} day */
    TEXT_UNIT_SINCE,      /* {0} code of a unit, {1} day */
    TEXT_UNIT_SINCE_FROM, /* {0} code of a unit, {1} day, {2} codes of those who had its land */
    TEXT_UNIT_UNTIL,      /* {0} code of a unit, {1} day */
    TEXT_UNIT_UNTIL_THEN, /* {0} code of a unit, {1} day, {2} codes of those who have its land */
    TEXT_DIFF_OTHER_DAYS,
    TEXT_OTHERS_HAVE_ONE, /* {0} options, each on a line of its own */
    TEXT_NOTHING_LEFT,    /* unexplained */
    TEXT_COUNT_
};

/* Appends the text with {0} … {3} filled in; arguments not used may be NULL. */
void text_say(enum kadr_lang lang, enum text text, const char *const args[4], struct kadr_buf *out);
#define TEXT_ARGS(...) ((const char *const[4]){ __VA_ARGS__ })
/* Why a server wants to be asked later (argument of `retry_later`); the code itself when it is not known. */
const char *text_of_delay(enum kadr_lang lang, const char *code);
/* Text without arguments. */
const char *text_of(enum kadr_lang lang, enum text text);
