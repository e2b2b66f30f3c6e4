/* SPDX-License-Identifier: Apache-2.0 */
/* common.c - parts that several links share: diagnostics, receipts, refusals, liveness; codes and topics. */
#include "kadr/v1/common.pb-c.h"
#include "wire/codec.h"

#include "base/err.h"
#include <string.h>

bool kadr_code_valid(const char *code)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t len = strnlen(code, KADR_MAX_CODE_BYTES + 1);
    return len > 0 && len <= KADR_MAX_CODE_BYTES && strspn(code, allowed) == len;
}

const char *kadr_outcome_text(enum kadr_outcome outcome)
{
    static const char *const texts[] = { [KADR_OUTCOME_COMMITTED] = "committed",
                                         [KADR_OUTCOME_DUPLICATE] = "duplicate",
                                         [KADR_OUTCOME_REFUSED] = "refused",
                                         [KADR_OUTCOME_HELD] = "held" };
    size_t index = (size_t)outcome;
    return index < KADR_COUNT(texts) && texts[index] ? texts[index] : "unknown";
}

void kadr_topic_format(const char *unit_path, const char *indicator, struct kadr_buf *out)
{
    kadr_buf_add_str(out, "D/");
    kadr_buf_add_str(out, unit_path);
    kadr_buf_add_char(out, ':');
    kadr_buf_add_str(out, indicator);
    kadr_buf_add_char(out, ';');
}

/* ---- diagnostics ---- */

/* The code if this program has it in its table. */
static enum kadr_diag_code known_code(uint32_t number)
{
    enum kadr_diag_code code = KADR_DIAG_NONE;
    for (size_t i = 0; kadr_diag_table(i, &code); i++) {
        if ((uint32_t)code == number) {
            return code;
        }
    }
    return KADR_DIAG_NONE;
}

/* At most `cap` - 1 bytes, cut at a character boundary. */
static void copy_cut(char *ret, size_t cap, const char *text)
{
    size_t len = strnlen(text, cap);
    if (len == cap) {
        for (len = cap - 1; len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80; len--) {
        }
    }
    memcpy(ret, text, len);
    ret[len] = '\0';
}

void kadr_get_diag(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Diagnostic *m = message;
    struct kadr_wire_diag *wire = ret;
    kadr_dec_check(dec, m->n_args <= KADR_COUNT(wire->diag.arg), "more than three arguments of a diagnostic");
    kadr_dec_check(dec, m->observation < KADR_MAX_OBSERVATIONS, "a diagnostic of an impossible observation");
    if (dec->err) {
        return;
    }
    wire->number = m->code;
    wire->severity = (enum kadr_severity)m->severity;
    wire->name = kadr_dec_text(dec, m->name, KADR_MAX_CODE_BYTES, "name of a diagnostic too long");
    wire->text = kadr_dec_text(dec, m->text, KADR_MAX_TEXT_BYTES, "text of a diagnostic too long");
    wire->remedy = kadr_dec_text(dec, m->remedy, KADR_MAX_TEXT_BYTES, "remedy of a diagnostic too long");
    wire->diag.code = known_code(m->code);
    bool placed = m->place_case == KADR__V1__DIAGNOSTIC__PLACE_OBSERVATION;
    wire->diag.observation = placed ? (int32_t)m->observation : -1;
    wire->diag.line = m->line;
    wire->diag.column = m->column;
    for (size_t i = 0; i < m->n_args; i++) {
        copy_cut(wire->diag.arg[i], sizeof(wire->diag.arg[i]), m->args[i]);
    }
}

static void put_args(struct kadr_arena *arena, const struct kadr_diag *diag, Kadr__V1__Diagnostic *m)
{
    size_t count = KADR_COUNT(diag->arg);
    while (count > 0 && diag->arg[count - 1][0] == '\0') {
        count--;
    }
    m->args = count ? kadr_arena_calloc(arena, count, sizeof(*m->args)) : NULL;
    for (size_t i = 0; m->args && i < count; i++) {
        m->args[i] = kadr_enc_text(diag->arg[i]);
    }
    m->n_args = m->args ? count : 0;
}

void *kadr_put_diag(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_diag *wire = item;
    Kadr__V1__Diagnostic *m = kadr_enc_new(arena, &kadr__v1__diagnostic__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->code = wire->number;
    m->name = kadr_enc_text(wire->name);
    m->severity = (Kadr__V1__Severity)wire->severity;
    if (wire->diag.observation >= 0) {
        m->place_case = KADR__V1__DIAGNOSTIC__PLACE_OBSERVATION;
        m->observation = (uint32_t)wire->diag.observation;
    }
    m->line = wire->diag.line;
    m->column = wire->diag.column;
    put_args(arena, &wire->diag, m);
    m->text = kadr_enc_text(wire->text);
    m->remedy = kadr_enc_text(wire->remedy);
    return m;
}

typedef void diag_text_fn(const struct kadr_diag *diag, enum kadr_lang lang, struct kadr_buf *out);

/* Text of a diagnostic in the arena, cut where the wire's limit is. */
static const char *arena_text(const struct kadr_diag *diag, diag_text_fn *text, struct kadr_arena *arena)
{
    struct kadr_buf buf KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_buf_init(&buf, 0);
    text(diag, KADR_LANG_EN, &buf);
    char cut[KADR_MAX_TEXT_BYTES + 1];
    copy_cut(cut, sizeof(cut), kadr_buf_str(&buf));
    return buf.err ? NULL : kadr_arena_strndup(arena, cut, strlen(cut));
}

int kadr_wire_diag_from(const struct kadr_diag *diag, struct kadr_arena *arena, struct kadr_wire_diag *ret)
{
    struct kadr_wire_diag wire = { .diag = *diag,
                                   .number = (uint32_t)diag->code,
                                   .severity = kadr_diag_severity(diag->code),
                                   .name = kadr_diag_code_text(diag->code),
                                   .text = arena_text(diag, kadr_diag_text, arena),
                                   .remedy = arena_text(diag, kadr_diag_remedy, arena) };
    if (wire.text == NULL || wire.remedy == NULL) {
        return KADR_ENOMEM;
    }
    *ret = wire;
    return 0;
}

static int add_truncated(size_t omitted, struct kadr_arena *arena, struct kadr_wire_diag *ret)
{
    struct kadr_diag diag = { .code = KADR_DIAG_TRUNCATED, .observation = -1 };
    struct kadr_buf number KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_buf_init(&number, sizeof(diag.arg[0]));
    kadr_buf_printf(&number, "%zu", omitted);
    copy_cut(diag.arg[0], sizeof(diag.arg[0]), kadr_buf_str(&number));
    return kadr_wire_diag_from(&diag, arena, ret);
}

int kadr_wire_diags_from(const struct kadr_diags *diags, struct kadr_arena *arena,
                         const struct kadr_wire_diag **ret, size_t *ret_count)
{
    size_t count = diags->count + (diags->omitted ? 1 : 0);
    struct kadr_wire_diag *items = kadr_arena_calloc(arena, count + 1, sizeof(*items));
    int err = diags->failed || items == NULL ? KADR_ENOMEM : 0;
    for (size_t i = 0; err == 0 && i < diags->count; i++) {
        err = kadr_wire_diag_from(&diags->items[i], arena, &items[i]);
    }
    if (err == 0 && diags->omitted) {
        err = add_truncated(diags->omitted, arena, &items[diags->count]);
    }
    if (err == 0) {
        *ret = items;
        *ret_count = count;
    }
    return err;
}

/* ---- receipts and refusals ---- */

void kadr_get_receipt(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Receipt *m = message;
    struct kadr_receipt *receipt = ret;
    receipt->office = kadr_dec_code(dec, m->office, "office of a receipt");
    receipt->stream = kadr_dec_id(dec, m->stream, "stream of a receipt");
    receipt->sequence = m->sequence;
    receipt->lineage = kadr_dec_id(dec, m->lineage, "lineage of a receipt");
    receipt->commit = m->commit;
    receipt->digest = kadr_dec_digest(dec, m->digest, "digest of a receipt");
    kadr_dec_check(dec, m->outcome != KADR__V1__OUTCOME__OUTCOME_UNSPECIFIED, "outcome of a receipt");
    receipt->outcome = (enum kadr_outcome)m->outcome;
    kadr_dec_check(dec,
                   m->accepted <= KADR_MAX_OBSERVATIONS && m->rejected <= KADR_MAX_OBSERVATIONS - m->accepted,
                   "counts of a receipt");
    receipt->accepted = m->accepted;
    receipt->rejected = m->rejected;
    kadr_dec_check(dec, m->held <= KADR_MAX_OBSERVATIONS - m->accepted - m->rejected, "counts of a receipt");
    receipt->held = m->held;
    receipt->diags = kadr_dec_list(dec, m->diagnostics, m->n_diagnostics, KADR_MAX_DIAGNOSTICS + 1,
                                   sizeof(*receipt->diags), kadr_get_diag, "too many diagnostics");
    receipt->diag_count = m->n_diagnostics;
}

void *kadr_put_receipt(struct kadr_arena *arena, const void *item)
{
    const struct kadr_receipt *receipt = item;
    Kadr__V1__Receipt *m = kadr_enc_new(arena, &kadr__v1__receipt__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->office = kadr_enc_text(receipt->office);
    m->stream = kadr_enc_id(&receipt->stream);
    m->sequence = receipt->sequence;
    m->lineage = kadr_enc_id(&receipt->lineage);
    m->commit = receipt->commit;
    m->digest = kadr_enc_digest(&receipt->digest);
    m->outcome = (Kadr__V1__Outcome)receipt->outcome;
    m->accepted = receipt->accepted;
    m->rejected = receipt->rejected;
    m->held = receipt->held;
    m->diagnostics = kadr_enc_list(arena, receipt->diags, receipt->diag_count, sizeof(*receipt->diags),
                                   kadr_put_diag, &m->n_diagnostics);
    return m;
}

void kadr_get_refusal(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Refusal *m = message;
    struct kadr_refusal *refusal = ret;
    refusal->stream = kadr_dec_id_or_none(dec, m->stream, "stream of a refusal");
    refusal->sequence = m->sequence;
    refusal->expected_sequence = m->expected_sequence;
    refusal->retry_after_ms = m->retry_after_ms;
    kadr_dec_part(dec, m->diagnostic, kadr_get_diag, &refusal->diag, "a refusal without a diagnostic");
}

void *kadr_put_refusal(struct kadr_arena *arena, const void *item)
{
    const struct kadr_refusal *refusal = item;
    Kadr__V1__Refusal *m = kadr_enc_new(arena, &kadr__v1__refusal__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->stream = kadr_enc_id_or_none(&refusal->stream);
    m->sequence = refusal->sequence;
    m->expected_sequence = refusal->expected_sequence;
    m->retry_after_ms = refusal->retry_after_ms;
    m->diagnostic = kadr_put_diag(arena, &refusal->diag);
    return m;
}

/* ---- liveness ---- */

void kadr_get_ping(struct kadr_dec *dec, const void *message, void *ret)
{
    (void)dec;
    *(uint64_t *)ret = ((const Kadr__V1__Ping *)message)->nonce;
}

void *kadr_put_ping(struct kadr_arena *arena, const void *item)
{
    Kadr__V1__Ping *m = kadr_enc_new(arena, &kadr__v1__ping__descriptor);
    if (m) {
        m->nonce = *(const uint64_t *)item;
    }
    return m;
}

void kadr_get_pong(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Pong *m = message;
    struct kadr_pong *pong = ret;
    bool has_day = m->current_day_case == KADR__V1__PONG__CURRENT_DAY_DAY;
    pong->nonce = m->nonce;
    pong->commit = m->commit;
    pong->has_lineage = m->lineage.len > 0;
    pong->lineage = kadr_dec_id_or_none(dec, m->lineage, "lineage of a pong");
    pong->day = has_day ? kadr_dec_day(dec, m->day) : KADR_DAY_NONE;
    pong->has_reference = m->reference.len > 0;
    pong->reference = kadr_dec_digest_or_none(dec, m->reference, "reference version of a pong");
}

void *kadr_put_pong(struct kadr_arena *arena, const void *item)
{
    const struct kadr_pong *pong = item;
    Kadr__V1__Pong *m = kadr_enc_new(arena, &kadr__v1__pong__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->nonce = pong->nonce;
    m->commit = pong->commit;
    if (pong->has_lineage) {
        m->lineage = kadr_enc_id(&pong->lineage);
    }
    if (pong->day != KADR_DAY_NONE) {
        m->current_day_case = KADR__V1__PONG__CURRENT_DAY_DAY;
        m->day = pong->day;
    }
    if (pong->has_reference) {
        m->reference = kadr_enc_digest(&pong->reference);
    }
    return m;
}

/* ---- a receipt alone: what the outbox keeps ---- */

static const struct kadr_codec receipt_codec = { &kadr__v1__receipt__descriptor, kadr_get_receipt,
                                                 kadr_put_receipt, sizeof(struct kadr_receipt), false };

void kadr_encode_receipt(const struct kadr_receipt *receipt, struct kadr_buf *out)
{
    kadr_codec_encode(&receipt_codec, receipt, out);
}

int kadr_decode_receipt(struct kadr_bytes frame, struct kadr_arena *arena, struct kadr_receipt *ret,
                        const char **ret_why)
{
    return kadr_codec_decode(&receipt_codec, frame, arena, ret, ret_why);
}
