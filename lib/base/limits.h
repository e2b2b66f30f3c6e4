/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* limits.h - every bound of the system in one table, with its reason and the answer when it is reached.
 * docs/limits.md is this table for people; tests/gates/ holds the two together.
 */

/* Names and texts. Over it: the observation (or option) is refused, diagnostic `too_long`. */
#define KADR_MAX_CODE_BYTES      48   /* unit, indicator, dimension, member, office, occurrence id */
#define KADR_MAX_NAME_BYTES      256  /* a name typed where a code belongs; answered with the code */
#define KADR_MAX_TEXT_BYTES      1024 /* text or remedy of a diagnostic as it travels */
#define KADR_MAX_NOTE_BYTES      512  /* a clerk's remark; longer belongs into the source document */
#define KADR_MAX_SOURCE_BYTES    512  /* where a report was published */
#define KADR_MAX_DIMENSIONS      4    /* dimension=member pairs of one breakdown (rollup-spec) */
#define KADR_MAX_STATED_BYTES    48   /* a figure as it was written */
#define KADR_MAX_MEMBERS         4096 /* members of all dimensions together; 16 bits in a packed breakdown */
#define KADR_MAX_DIMENSION_CODES 250  /* different dimensions of the catalogue; 8 bits in an index */
#define KADR_MAX_INDICATORS      1024
#define KADR_MAX_UNITS           32768      /* country, regions, districts, facilities */
#define KADR_MAX_TERRITORIES     4          /* versions of one unit's borders */
#define KADR_MAX_EXPECTED_ROWS   65536      /* rows of expected.csv */
#define KADR_MAX_REFERENCE_BYTES (4u << 20) /* catalogue + units files of one reference record */
#define KADR_MAX_REFERENCE_FILES 8

/* A report. Over it: refused, `report_too_large` / `too_many_observations`. */
#define KADR_MAX_OBSERVATIONS    4096
#define KADR_MAX_REPORT_BYTES    (1u << 20)
#define KADR_MAX_CSV_BYTES       (8u << 20) /* a file handed to `kadr push` */
#define KADR_MAX_CSV_FIELDS      64
#define KADR_MAX_CSV_FIELD_BYTES 4096
#define KADR_MAX_DIAGNOSTICS     256 /* per report; the rest is counted and said in one last diagnostic */

/* Values: |v| at scale; sums of 2^15 units stay far inside int64. Over it: `out_of_range`. */
#define KADR_MAX_ABS_VALUE INT64_C(1000000000000000)

/* Frames. Over it: dropped, counted (`frame_size`) and refused as `bad_frame`; over twice the bound libzmq
 * cuts the connection before the frame is read. */
#define KADR_MAX_FRAME_BYTES (8u << 20)
#define KADR_MAX_ARENA_BYTES (64u << 20) /* unpacking one frame: protobuf-c amplifies up to x68 */

/* A socket's messages that libzmq does not take yet, where its owner sets nothing else. Over it: KADR_EFULL
 * to the sender, counted; a subscriber that is KADR_MAX_PIPE_MESSAGES behind misses a message and
 * re-snapshots. */
#define KADR_MAX_OUT_MESSAGES  1024
#define KADR_MAX_OUT_BYTES     (64u << 20)
#define KADR_MAX_PIPE_MESSAGES 1000 /* per connection and direction, inside libzmq */
/* What strangers may lay into a server's memory before it looks. Over it: the sender's connection waits
 * (TCP); a subscription: the connection is cut. */
#define KADR_MAX_INBOUND_MESSAGES   16   /* of one connection of a ROUTER; each up to a frame's bound */
#define KADR_MAX_SUBSCRIPTION_BYTES 4096 /* prefix of an XPUB: libzmq takes 32 bytes of memory for each */

/* A configuration file. Over it: refused with the line's number. */
#define KADR_MAX_CONFIG_LINE_BYTES 190 /* what libinih takes in */

/* ingestd */
#define KADR_MAX_PEERS        4096  /* office connections; over it: refused `too_many_peers` */
#define KADR_MAX_PEER_CREDIT  1024  /* submits in flight per office connection; over it: `retry_later` */
#define KADR_MAX_INFLIGHT     16384 /* submits in flight to storaged over all offices */
#define KADR_MAX_APPEND_ITEMS 4096  /* one append frame */
/* What ingestd remembers of the journal to judge by. */
#define KADR_MAX_BASELINES        262144     /* series compared with a band; over it: not compared, counted */
#define KADR_MAX_BASELINE_PERIODS 8          /* of one series, the newest; over it: the oldest is forgotten */
#define KADR_MAX_HELD             65536      /* held figures; over it: the oldest must be said twice more */
#define KADR_MAX_TIMED_KEYS       (3u << 20) /* keys with their time; over it: no `not_in_force`, counted */

/* storaged */
#define KADR_MAX_BATCH_RECORDS \
    4096 /* one LMDB transaction: beyond it only latency grows (performance notes) */
#define KADR_MAX_BATCH_BYTES (16u << 20)
#define KADR_MAX_STORE_QUEUE 65536 /* items waiting for the writer; over it: `retry_later` */
#define KADR_MAX_STORE_QUEUE_BYTES \
    (256u << 20)                     /* memory of the append requests that wait; over it: `retry_later` */
#define KADR_MAX_FEEDS            64 /* followers of the journal */
#define KADR_MAX_FEED_FRAME_BYTES (1u << 20)
#define KADR_MAX_FEED_RECORDS     1024 /* records in one feed frame */
#define KADR_MAX_FEED_CREDIT      8192 /* records a follower may have outstanding */

/* aggregatord */
#define KADR_MAX_SNAPSHOTS 256 /* snapshot questions waiting; over it: refused, `retry_later: busy` */
#define KADR_MAX_PEER_SNAPSHOTS                                                 \
    16 /* of these from one asker, so that one does not keep all others waiting \
        */
#define KADR_MAX_CELLS_PER_FRAME 512
#define KADR_MAX_DELTA_CELLS \
    32768 /* of one topic; over it, or over a frame: not sent, counted, subscribers take a snapshot */
#define KADR_MAX_EXPLAIN_NODES  16384 /* of one explanation; over it: cut at a level, the rest is counted */
#define KADR_MAX_CHANGED_TOPICS 16384 /* named in one progress message; over it: all compare digests */
#define KADR_MAX_TICK_MS        250   /* coalescing of deltas under load */
#define KADR_MAX_CHECKPOINT_BYTES \
    (1u << 30) /* over it: not written, counted; the next start reads the journal */

/* The history's own feed. Over it: credit waits until a batch is durable, what does not fit is asked for
 * again.
 */
#define KADR_MAX_HISTORY_CREDIT        2048 /* records outstanding */
#define KADR_MAX_HISTORY_BATCH_RECORDS 4096 /* one transaction; one forms while one is written */
#define KADR_MAX_HISTORY_BATCH_BYTES   (4u << 20)
/* Free bytes on its disk under which nothing is written to the history: the rest is for what cannot be made
 * again.
 */
#define KADR_HISTORY_RESERVE_BYTES (64u << 20)
/* Questions about the past. Over it: refused, `retry_later: busy`; a large answer: `answer_too_large`. */
#define KADR_MAX_PAST_QUESTIONS      256         /* waiting */
#define KADR_MAX_PEER_PAST_QUESTIONS 16          /* of these from one asker */
#define KADR_MAX_PAST_QUESTION_BYTES (32u << 20) /* of all that wait; a preview carries files */
#define KADR_MAX_PAST_WAIT_S         5           /* for the history to come far enough */
#define KADR_MAX_ANSWER_BYTES        (32u << 20) /* of one answer; of a preview: the rest is counted */
#define KADR_MAX_AUDIT_ROWS          4096 /* rows that one topic is compared by; over it: not compared, counted */
#define KADR_MAX_PAST_ROWS           (4u << 20) /* rows of the history that one answer is made of */

/* HTTP (health, metrics). Over it: 503, 400, 500, cut off. */
#define KADR_MAX_HTTP_CONNECTIONS  64
#define KADR_MAX_HTTP_HEADER_BYTES 8192
#define KADR_MAX_HTTP_BODY_BYTES   (8u << 20) /* /metrics, /status */
#define KADR_HTTP_TIMEOUT_S        10

/* Outbox on the office's disk. Over it: `outbox_full`, exit 73. */
#define KADR_MAX_OUTBOX_BYTES (1ull << 30)
/* Reports that are looked through for figures that were held. Over it: a figure stated again is sent. */
#define KADR_MAX_HELD_LOOK_BACK 64
/* Of the figures that a replacing report withdraws, named. Over it: counted. */
#define KADR_MAX_WITHDRAWN_TOLD 20

/* A subscriber's memory while it follows. Over it: a gap is told and a new snapshot taken. */
#define KADR_MAX_FOLLOW_FRAMES 4096        /* kept while a snapshot is on its way */
#define KADR_MAX_FOLLOW_BYTES  (32u << 20) /* the same */
#define KADR_MAX_FOLLOW_TOPICS 65536       /* topics with a delta since the snapshot */

/* A trend. Over it: refused. */
#define KADR_MAX_POINTS   400  /* a year of days, thirty years of months */
#define KADR_MAX_LEFT_OUT 1024 /* named in one answer; the rest is counted */
