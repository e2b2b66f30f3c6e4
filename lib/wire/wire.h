/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* wire.h - every message of proto/kadr/v1 as a plain struct, and every check a message must pass.
 *
 * protobuf-c stays behind this header. Decoding unpacks into the caller's arena and checks what protobuf does
 * not: known enum numbers, UTF-8, no NUL inside, character sets and lengths of ids, counts, day ranges,
 * digest and id sizes, lo <= hi. What passes is safe to use; what does not is KADR_EPROTO (or KADR_EVERSION,
 * KADR_ENOMEM over the arena's cap) and `why` says which check. Decoded strings and arrays live in the arena,
 * bytes are borrowed from the arena as well (the frame may go away). Strings are never NULL. Encoding appends
 * to a buffer with a sticky error. A field that is there twice is refused as well, so that a message has one
 * meaning in every language. Cost: about 2 us per observation unpacked with protobuf-c (measured;
 * performance work replaces it where it is hot).
 */
#include "base/arena.h"
#include "base/buf.h"
#include "domain/cell.h"
#include "domain/explain.h"
#include "domain/owed.h"
#include "domain/report.h"
#include "domain/rollup.h"
#include "domain/trend.h"

#define KADR_WIRE_VERSION 1
#define KADR_ID_BYTES     16

struct kadr_id {
    uint8_t bytes[KADR_ID_BYTES];
};

/* A diagnostic as it travels: a number that this program may not know, with its arguments and English text.
 */
struct kadr_wire_diag {
    struct kadr_diag
        diag; /* code KADR_DIAG_NONE when unknown here; then name, text, remedy are all there is */
    uint32_t number;
    enum kadr_severity severity;
    const char *name, *text, *remedy;
};

enum kadr_outcome { /* numbers of the wire */
                    KADR_OUTCOME_COMMITTED = 1,
                    KADR_OUTCOME_DUPLICATE = 2,
                    KADR_OUTCOME_REFUSED = 3,
                    KADR_OUTCOME_HELD = 4
};
const char *kadr_outcome_text(enum kadr_outcome outcome); /* `committed` … */

struct kadr_receipt {
    const char *office;
    struct kadr_id stream, lineage;
    uint64_t sequence, commit;
    struct kadr_digest digest;
    enum kadr_outcome outcome;
    uint32_t accepted, rejected, held;
    const struct kadr_wire_diag *diags;
    size_t diag_count;
};

struct kadr_refusal {
    struct kadr_id stream;
    uint64_t sequence, expected_sequence;
    struct kadr_wire_diag diag;
    uint32_t retry_after_ms;
};

struct kadr_pong {
    uint64_t nonce, commit;
    bool has_lineage, has_reference;
    struct kadr_id lineage;
    kadr_day day; /* KADR_DAY_NONE when unknown */
    struct kadr_digest reference;
};

/* ---- office link ---- */
struct kadr_submit {
    const char *office;
    struct kadr_id stream;
    uint64_t sequence;
    struct kadr_bytes report; /* serialised Report, undecoded */
};
struct kadr_office_request {
    enum { KADR_OFFICE_HELLO, KADR_OFFICE_SUBMIT, KADR_OFFICE_PING } kind;
    union {
        struct {
            const char *office, *client;
        } hello;
        struct kadr_submit submit;
        uint64_t ping_nonce;
    };
};
struct kadr_office_reply {
    enum { KADR_OFFICE_WELCOME, KADR_OFFICE_RECEIPTS, KADR_OFFICE_REFUSAL, KADR_OFFICE_PONG } kind;
    union {
        struct {
            struct kadr_pong state; /* nonce unused */
            uint32_t credit;
        } welcome;
        struct {
            const struct kadr_receipt *items;
            size_t count;
        } receipts;
        struct kadr_refusal refusal;
        struct kadr_pong pong;
    };
};

/* ---- storage link ---- */
struct kadr_append_item {
    const char *office;
    struct kadr_id stream;
    uint64_t sequence;
    struct kadr_bytes report;
    enum kadr_outcome outcome;  /* COMMITTED, REFUSED or HELD */
    struct kadr_bytes verdicts; /* one enum kadr_verdict per byte */
    const struct kadr_wire_diag *diags;
    size_t diag_count;
    kadr_ms stated_at_ms, received_at_ms;
    struct kadr_digest reference;
    uint8_t report_id[16];
};
struct kadr_store_request {
    enum { KADR_STORE_APPEND, KADR_STORE_FOLLOW, KADR_STORE_CREDIT, KADR_STORE_APPLY, KADR_STORE_PING } kind;
    union {
        struct {
            uint64_t request;
            const struct kadr_append_item *items;
            size_t count;
        } append;
        struct {
            bool has_lineage;
            struct kadr_id lineage;
            uint64_t from, credit;
            bool reference_only;
        } follow;
        uint64_t credit;
        struct {
            const struct kadr_file *files;
            size_t count;
            bool dry_run;
        } apply;
        uint64_t ping_nonce;
    };
};

enum kadr_record_kind { KADR_RECORD_REPORT = 1, KADR_RECORD_REFERENCE = 2, KADR_RECORD_DAY = 3 };

struct kadr_envelope {
    enum kadr_record_kind kind;
    const char *office; /* "" unless a report */
    struct kadr_id stream;
    uint64_t sequence;
    struct kadr_digest content_hash;
    enum kadr_outcome outcome;
    struct kadr_bytes verdicts;
    uint32_t accepted, rejected;
    const struct kadr_wire_diag *diags;
    size_t diag_count;
    kadr_ms stated_at_ms, received_at_ms, committed_at_ms;
    struct kadr_digest reference;
    uint8_t report_id[16];
    kadr_day day;
};

/* A record with its envelope still encoded, as it stands in the journal. */
struct kadr_record {
    uint64_t commit;
    struct kadr_digest digest;
    struct kadr_bytes envelope, message;
};

struct kadr_append_result {
    bool refused; /* refusal instead of receipt */
    union {
        struct kadr_receipt receipt;
        struct kadr_refusal refusal;
    };
};
struct kadr_reference_diag {
    const char *file;
    struct kadr_wire_diag diag;
};
struct kadr_store_reply {
    enum {
        KADR_STORE_APPENDED,
        KADR_STORE_FEED,
        KADR_STORE_APPLIED,
        KADR_STORE_REFUSAL,
        KADR_STORE_PONG
    } kind;
    union {
        struct {
            uint64_t request;
            const struct kadr_append_result *results;
            size_t count;
        } appended;
        struct {
            struct kadr_id lineage;
            uint64_t head;
            const struct kadr_record *records;
            size_t count;
        } feed;
        struct {
            bool applied, unchanged;
            uint64_t commit;
            struct kadr_digest reference;
            const struct kadr_reference_diag *diags;
            size_t diag_count;
        } applied;
        struct kadr_refusal refusal;
        struct kadr_pong pong;
    };
};

/* ---- subscriber links ---- */
/* A cell as it travels: codes. */
struct kadr_wire_cell {
    const char *unit, *indicator;
    struct kadr_member_pair breakdown[KADR_MAX_DIMENSIONS];
    size_t breakdown_count;
    int32_t scale;
    struct kadr_cell cell; /* its key's indexes are unset; key.period is set */
};
struct kadr_position {
    struct kadr_id lineage;
    uint64_t commit;
    kadr_day day;
    struct kadr_digest reference;
};
struct kadr_wire_change {
    struct kadr_wire_cell cell;
    enum kadr_change kind;
    bool removed;
    bool has_before;              /* never in a delta */
    struct kadr_wire_cell before; /* the cell as it was */
};
/* How many changes of a kind there are. */
struct kadr_wire_change_count {
    enum kadr_change kind;
    bool removed;
    uint64_t count;
};
/* A moment of the journal: a commit, or the last one that was made by a time. */
struct kadr_instant {
    enum { KADR_INSTANT_NOW, KADR_INSTANT_COMMIT, KADR_INSTANT_TIME } kind;
    uint64_t commit;
    kadr_ms at_ms;
};
/* A trend (domain/trend.h) with codes. */
struct kadr_wire_point {
    struct kadr_period period;
    struct kadr_wire_cell cell;
    struct kadr_candidate same;
    uint32_t carried;
};
struct kadr_wire_left_out {
    const char *unit;
    enum kadr_left_out_why why;
    uint32_t point;
};
struct kadr_wire_trend {
    const char *unit, *indicator;
    struct kadr_member_pair breakdown[KADR_MAX_DIMENSIONS];
    size_t breakdown_count;
    int32_t scale;
    const struct kadr_wire_point *points;
    size_t point_count;
    enum kadr_basis same_basis;
    uint32_t of, in;
    const struct kadr_wire_left_out *left_out; /* may be cut short */
    size_t left_out_count;
};
/* Who has reported (domain/owed.h), with codes. */
struct kadr_wire_owed_row {
    const char *unit;
    struct kadr_owed_row row; /* its index is unset */
};
struct kadr_wire_owed {
    const char *unit, *indicator;
    struct kadr_period period;
    kadr_day due;
    struct kadr_owed_sum sum;
    const struct kadr_wire_owed_row *rows; /* some of them */
    size_t count;
};
/* One node of an explanation (domain/explain.h); fields that its kind does not use are at their zero. */
struct kadr_wire_node {
    uint32_t parent;
    enum kadr_node_kind kind;
    struct kadr_wire_cell cell; /* not of a STATEMENT */
    kadr_day day;               /* KADR_DAY_NONE for a cell with a period */
    uint32_t used;
    bool complete, stale, minus, cut;
    enum kadr_part_role role; /* of a CELL */
    enum kadr_standing standing;
    enum kadr_way way;     /* of a WAY */
    const char *dimension; /* of MEMBERS; "" */
    enum kadr_fate fate;
    uint32_t by;
    struct { /* of a STATEMENT */
        struct kadr_observation observation;
        enum kadr_use use;
        uint64_t commit;
        uint32_t index;
        kadr_ms stated_at_ms, received_at_ms, committed_at_ms;
        const char *office;
        struct kadr_id stream;
        uint64_t sequence;
        uint8_t report_id[KADR_ID_BYTES];
        const char *source;
        kadr_day published; /* KADR_DAY_NONE when unknown */
        const char *file;
    } statement;
};
struct kadr_topic {
    const char *unit_path, *indicator;
    uint64_t commit; /* of its last delta */
};
struct kadr_wire_topic_digest {
    const char *region, *indicator;
    struct kadr_digest digest;
};
struct kadr_published {
    enum { KADR_PUBLISHED_DELTA, KADR_PUBLISHED_PROGRESS } kind;
    union {
        struct {
            uint64_t from;
            struct kadr_position to;
            const char *unit_path, *indicator;
            const struct kadr_wire_change *changes;
            size_t count;
        } delta;
        struct {
            struct kadr_position position;
            uint64_t previous;
            const struct kadr_topic *changed;
            size_t changed_count;
            const struct kadr_wire_topic_digest *digests;
            size_t digest_count;
            struct kadr_digest digest;
        } progress;
    };
};
struct kadr_query_request {
    uint64_t request;
    enum {
        KADR_QUERY_SNAPSHOT = 0,
        KADR_QUERY_PING = 1,
        KADR_QUERY_CHANGES = 2,
        KADR_QUERY_EXPLAIN = 3,
        KADR_QUERY_SERIES = 4,
        KADR_QUERY_COVERAGE = 5,
        KADR_QUERY_PREVIEW = 6,
        KADR_QUERY_COUNT_
    } kind; /* field of the body less the first one's: the wire's numbers */
    union {
        struct {
            const char *unit, *indicator; /* "" = all */
            bool subtree, has_period, borders_today;
            kadr_day as_of; /* KADR_DAY_NONE = today */
            struct kadr_period period;
            struct kadr_instant known;
        } snapshot;
        uint64_t ping_nonce;
        struct {
            struct kadr_instant from, to; /* from is never NOW */
            const char *unit, *indicator;
            bool subtree, has_as_of;
            kadr_day as_of; /* of both states */
        } changes;
        struct {
            const char *unit, *indicator;
            struct kadr_member_pair breakdown[KADR_MAX_DIMENSIONS];
            size_t breakdown_count;
            const struct kadr_period *points;
            size_t point_count;
            bool all_breakdowns, around, same_reporters;
            struct kadr_instant known;
        } series;
        struct {
            const char *unit, *indicator; /* "" = the country; all with a rhythm */
            bool has_period;
            struct kadr_period period;
            struct kadr_instant known;
        } coverage;
        struct {
            const char *unit, *indicator;
            struct kadr_member_pair breakdown[KADR_MAX_DIMENSIONS];
            size_t breakdown_count;
            bool has_period;
            kadr_day as_of; /* KADR_DAY_NONE = today */
            struct kadr_period period;
            struct kadr_instant known;
        } explain;
        struct {
            const struct kadr_file *files;
            size_t count;
        } preview;
    };
};
struct kadr_query_reply {
    uint64_t request;
    enum {
        KADR_QUERY_BEGIN = 0,
        KADR_QUERY_CELLS = 1,
        KADR_QUERY_END = 2,
        KADR_QUERY_REFUSAL = 3,
        KADR_QUERY_PONG = 4,
        KADR_QUERY_CHANGE_LIST = 5,
        KADR_QUERY_EXPLANATION = 6,
        KADR_QUERY_POINTS = 7,
        KADR_QUERY_OWED = 8
    } kind; /* as above */
    union {
        struct {
            struct kadr_position position;
            bool has_before;
            struct kadr_position before; /* of changes */
        } begin;
        struct {
            const struct kadr_wire_cell *items;
            size_t count;
        } cells;
        struct {
            const struct kadr_wire_change *items;
            size_t count;
        } changes;
        struct kadr_wire_trend points;
        struct kadr_wire_owed coverage;
        struct {
            uint32_t first, omitted;
            bool cut;
            const struct kadr_wire_node *nodes;
            size_t count;
        } explanation;
        struct {
            uint64_t cells;
            struct kadr_digest digest;
            const struct kadr_wire_change_count *counts;
            size_t count_count;
        } end;
        struct kadr_refusal refusal;
        struct kadr_pong pong;
    };
};

/* ---- encoding: appends one message; errors stick to the buffer ---- */
void kadr_encode_report(const struct kadr_report *report, struct kadr_buf *out);
void kadr_encode_office_request(const struct kadr_office_request *request, struct kadr_buf *out);
void kadr_encode_office_reply(const struct kadr_office_reply *reply, struct kadr_buf *out);
void kadr_encode_store_request(const struct kadr_store_request *request, struct kadr_buf *out);
void kadr_encode_store_reply(const struct kadr_store_reply *reply, struct kadr_buf *out);
void kadr_encode_envelope(const struct kadr_envelope *envelope, struct kadr_buf *out);
void kadr_encode_files(const struct kadr_file *files, size_t count,
                       struct kadr_buf *out); /* ReferenceFiles */
void kadr_encode_receipt(const struct kadr_receipt *receipt, struct kadr_buf *out);
void kadr_encode_published(const struct kadr_published *message, struct kadr_buf *out);
void kadr_encode_query_request(const struct kadr_query_request *request, struct kadr_buf *out);
void kadr_encode_query_reply(const struct kadr_query_reply *reply, struct kadr_buf *out);

/* ---- decoding; *ret_why (may be NULL) names the failed check in English, a static string ---- */
#define KADR_DECODER(name, type)                                                                         \
    KADR_MUST_CHECK int kadr_decode_##name(struct kadr_bytes frame, struct kadr_arena *arena, type *ret, \
                                           const char **ret_why)
/* @retval KADR_EFULL  more observations than KADR_MAX_OBSERVATIONS. Unit, indicator, dimension and member may
 * be any text of up to KADR_MAX_NAME_BYTES: a name where a code belongs is the judge's to answer. */
KADR_DECODER(report, struct kadr_report);
KADR_DECODER(office_request, struct kadr_office_request);
KADR_DECODER(office_reply, struct kadr_office_reply);
KADR_DECODER(store_request, struct kadr_store_request);
KADR_DECODER(store_reply, struct kadr_store_reply);
KADR_DECODER(envelope, struct kadr_envelope);
KADR_DECODER(receipt, struct kadr_receipt);
KADR_DECODER(published, struct kadr_published);
KADR_DECODER(query_request, struct kadr_query_request);
KADR_DECODER(query_reply, struct kadr_query_reply);
struct kadr_wire_files {
    const struct kadr_file *files;
    size_t count;
};
KADR_DECODER(files, struct kadr_wire_files); /* ReferenceFiles */
#undef KADR_DECODER

/* Field 1 of a frame whose message begins with its version (Report: `format`), 0 when it is not there.
 * @retval KADR_EPROTO  not protobuf */
KADR_MUST_CHECK int kadr_frame_version(struct kadr_bytes frame, uint32_t *ret_version);

/** Keys and values of a report that stands in the journal as committed, which was checked before it came
 * there: stated_at, report_id, replaces, and of the observations all but notes and places. Ten times cheaper
 * than decoding it. Other bytes do no harm, and may say anything.
 * @retval KADR_EPROTO  more observations than a report holds
 * @retval KADR_ENOMEM  over the arena's cap */
KADR_MUST_CHECK int kadr_read_report_keys(struct kadr_bytes frame, struct kadr_arena *arena,
                                          struct kadr_report *ret);

/* ---- between the domain and the wire ---- */
/* Text fields filled in English, in the arena. */
KADR_MUST_CHECK int kadr_wire_diag_from(const struct kadr_diag *diag, struct kadr_arena *arena,
                                        struct kadr_wire_diag *ret);
/* A whole list, with a last `truncated` entry when some were omitted. */
KADR_MUST_CHECK int kadr_wire_diags_from(const struct kadr_diags *diags, struct kadr_arena *arena,
                                         const struct kadr_wire_diag **ret, size_t *ret_count);
/* Strings are borrowed from the reference. */
void kadr_wire_cell_from(const struct kadr_reference *reference, const struct kadr_cell *cell,
                         struct kadr_wire_cell *ret);
/* A node likewise. Of a statement its use, commit and stated_at; the rest is not the rollup's to know. */
void kadr_wire_node_from(const struct kadr_reference *reference, const struct kadr_node *node,
                         struct kadr_wire_node *ret);

/* ---- topics of the live feed ---- */
/* `D/KZ/KZ-35/:need_declared;` - subscribe to `D/KZ/KZ-35/` for the unit and all below it, to `D/KZ/KZ-35/:`
 * for it alone. */
void kadr_topic_format(const char *unit_path, const char *indicator, struct kadr_buf *out);
#define KADR_TOPIC_PROGRESS "P"

/* ASCII letters, digits, `-`, `_`, `.`; 1 … KADR_MAX_CODE_BYTES bytes. */
bool kadr_code_valid(const char *code);
