/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c - what stands in the journal: envelopes and reference files. */
#include "kadr/v1/store.pb-c.h"
#include "wire/codec.h"

#include <string.h>

struct kadr_bytes kadr_get_verdicts(struct kadr_dec *dec, ProtobufCBinaryData data)
{
    struct kadr_bytes verdicts = kadr_dec_bytes(data);
    bool known = verdicts.len <= KADR_MAX_OBSERVATIONS;
    for (size_t i = 0; known && i < verdicts.len; i++) {
        known = verdicts.data[i] <= KADR_VERDICT_HELD;
    }
    kadr_dec_check(dec, known, "verdicts that are too many or unknown");
    return verdicts;
}

void kadr_get_report_id(struct kadr_dec *dec, ProtobufCBinaryData data, uint8_t ret_id[KADR_ID_BYTES])
{
    struct kadr_id id = kadr_dec_id_or_none(dec, data, "report id is not 16 bytes");
    memcpy(ret_id, id.bytes, sizeof(id.bytes));
}

ProtobufCBinaryData kadr_put_report_id(const uint8_t id[KADR_ID_BYTES])
{
    static const uint8_t zeros[KADR_ID_BYTES];
    bool none = memcmp(id, zeros, sizeof(zeros)) == 0;
    return kadr_enc_bytes((struct kadr_bytes){ id, none ? 0 : KADR_ID_BYTES });
}

/* ---- envelopes ---- */

/* What only a report's envelope must have. */
static void check_report_envelope(struct kadr_dec *dec, const Kadr__V1__Envelope *m)
{
    kadr_dec_check(dec, kadr_code_valid(m->office), "office of an envelope");
    kadr_dec_check(dec, m->sequence > 0, "sequence of an envelope");
    kadr_dec_check(dec, m->stream.len == KADR_ID_BYTES, "stream of an envelope");
    kadr_dec_check(dec,
                   m->outcome == KADR__V1__OUTCOME__OUTCOME_COMMITTED ||
                       m->outcome == KADR__V1__OUTCOME__OUTCOME_REFUSED ||
                       m->outcome == KADR__V1__OUTCOME__OUTCOME_HELD,
                   "outcome of an envelope");
}

static void get_answer(struct kadr_dec *dec, const Kadr__V1__Envelope *m, struct kadr_envelope *envelope)
{
    envelope->outcome = (enum kadr_outcome)m->outcome;
    envelope->verdicts = kadr_get_verdicts(dec, m->verdicts);
    kadr_dec_check(dec,
                   m->accepted <= KADR_MAX_OBSERVATIONS && m->rejected <= KADR_MAX_OBSERVATIONS - m->accepted,
                   "counts of an envelope");
    envelope->accepted = m->accepted;
    envelope->rejected = m->rejected;
    envelope->diags = kadr_dec_list(dec, m->diagnostics, m->n_diagnostics, KADR_MAX_DIAGNOSTICS + 1,
                                    sizeof(*envelope->diags), kadr_get_diag, "too many diagnostics");
    envelope->diag_count = m->n_diagnostics;
}

static void get_envelope(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Envelope *m = message;
    struct kadr_envelope *envelope = ret;
    bool has_day = m->day_record_case == KADR__V1__ENVELOPE__DAY_RECORD_DAY;
    kadr_dec_check(dec, m->kind != KADR__V1__RECORD_KIND__RECORD_KIND_UNSPECIFIED, "kind of an envelope");
    envelope->kind = (enum kadr_record_kind)m->kind;
    if (envelope->kind == KADR_RECORD_REPORT) {
        check_report_envelope(dec, m);
    }
    kadr_dec_check(dec, has_day || envelope->kind != KADR_RECORD_DAY, "a day record without a day");
    envelope->office = kadr_dec_code_or_empty(dec, m->office, "office of an envelope");
    envelope->stream = kadr_dec_id_or_none(dec, m->stream, "stream of an envelope");
    envelope->sequence = m->sequence;
    envelope->content_hash = kadr_dec_digest_or_none(dec, m->content_hash, "content hash of an envelope");
    get_answer(dec, m, envelope);
    envelope->stated_at_ms = kadr_dec_ms(dec, m->stated_at_ms);
    envelope->received_at_ms = kadr_dec_ms(dec, m->received_at_ms);
    envelope->committed_at_ms = kadr_dec_ms(dec, m->committed_at_ms);
    envelope->reference = kadr_dec_digest_or_none(dec, m->reference, "reference version of an envelope");
    kadr_get_report_id(dec, m->report_id, envelope->report_id);
    envelope->day = has_day ? kadr_dec_day(dec, m->day) : KADR_DAY_NONE;
}

static void *put_envelope(struct kadr_arena *arena, const void *item)
{
    const struct kadr_envelope *envelope = item;
    Kadr__V1__Envelope *m = kadr_enc_new(arena, &kadr__v1__envelope__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->kind = (Kadr__V1__RecordKind)envelope->kind;
    m->office = kadr_enc_text(envelope->office);
    m->stream = kadr_enc_id_or_none(&envelope->stream);
    if (envelope->kind == KADR_RECORD_REPORT) {
        m->stream = kadr_enc_id(&envelope->stream);
    }
    m->sequence = envelope->sequence;
    m->content_hash = kadr_enc_digest_or_none(&envelope->content_hash);
    m->outcome = (Kadr__V1__Outcome)envelope->outcome;
    m->verdicts = kadr_enc_bytes(envelope->verdicts);
    m->accepted = envelope->accepted;
    m->rejected = envelope->rejected;
    m->diagnostics = kadr_enc_list(arena, envelope->diags, envelope->diag_count, sizeof(*envelope->diags),
                                   kadr_put_diag, &m->n_diagnostics);
    m->stated_at_ms = envelope->stated_at_ms;
    m->received_at_ms = envelope->received_at_ms;
    m->committed_at_ms = envelope->committed_at_ms;
    m->reference = kadr_enc_digest_or_none(&envelope->reference);
    m->report_id = kadr_put_report_id(envelope->report_id);
    if (envelope->day != KADR_DAY_NONE) {
        m->day_record_case = KADR__V1__ENVELOPE__DAY_RECORD_DAY;
        m->day = envelope->day;
    }
    return m;
}

static const struct kadr_codec envelope_codec = { &kadr__v1__envelope__descriptor, get_envelope, put_envelope,
                                                  sizeof(struct kadr_envelope), false };

void kadr_encode_envelope(const struct kadr_envelope *envelope, struct kadr_buf *out)
{
    kadr_codec_encode(&envelope_codec, envelope, out);
}

int kadr_decode_envelope(struct kadr_bytes frame, struct kadr_arena *arena, struct kadr_envelope *ret,
                         const char **ret_why)
{
    return kadr_codec_decode(&envelope_codec, frame, arena, ret, ret_why);
}

/* ---- reference files ---- */

static void get_file(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ReferenceFile *m = message;
    struct kadr_file *file = ret;
    file->name = kadr_dec_code(dec, m->name, "name of a reference file");
    file->bytes = kadr_dec_bytes(m->content);
}

static void *put_file(struct kadr_arena *arena, const void *item)
{
    const struct kadr_file *file = item;
    Kadr__V1__ReferenceFile *m = kadr_enc_new(arena, &kadr__v1__reference_file__descriptor);
    if (m) {
        m->name = kadr_enc_text(file->name);
        m->content = kadr_enc_bytes(file->bytes);
    }
    return m;
}

void kadr_get_files(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ReferenceFiles *m = message;
    struct kadr_wire_files *files = ret;
    struct kadr_file *items = kadr_dec_list(dec, m->files, m->n_files, KADR_MAX_REFERENCE_FILES,
                                            sizeof(*items), get_file, "too many reference files");
    size_t bytes = 0;
    for (size_t i = 0; items && i < m->n_files; i++) {
        bytes += items[i].bytes.len;
    }
    kadr_dec_check(dec, bytes <= KADR_MAX_REFERENCE_BYTES, "reference files too large");
    files->files = items;
    files->count = m->n_files;
}

void *kadr_put_files(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_files *files = item;
    Kadr__V1__ReferenceFiles *m = kadr_enc_new(arena, &kadr__v1__reference_files__descriptor);
    if (m) {
        m->files =
            kadr_enc_list(arena, files->files, files->count, sizeof(*files->files), put_file, &m->n_files);
    }
    return m;
}

static const struct kadr_codec files_codec = { &kadr__v1__reference_files__descriptor, kadr_get_files,
                                               kadr_put_files, sizeof(struct kadr_wire_files), false };

void kadr_encode_files(const struct kadr_file *files, size_t count, struct kadr_buf *out)
{
    struct kadr_wire_files item = { files, count };
    kadr_codec_encode(&files_codec, &item, out);
}

int kadr_decode_files(struct kadr_bytes frame, struct kadr_arena *arena, struct kadr_wire_files *ret,
                      const char **ret_why)
{
    return kadr_codec_decode(&files_codec, frame, arena, ret, ret_why);
}
