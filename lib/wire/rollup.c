/* SPDX-License-Identifier: Apache-2.0 */
/* rollup.c - the subscriber's two links: the live feed and the snapshots.
 *
 * Changes, topics and digests of one message are bounded by the frame and by the arena alone: their number
 * follows from the reference data, which has limits of its own.
 */
#include "kadr/v1/rollup.pb-c.h"
#include "wire/codec.h"

void kadr_get_position(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Position *m = message;
    struct kadr_position *position = ret;
    position->lineage = kadr_dec_id(dec, m->lineage, "lineage of a position");
    position->commit = m->commit;
    position->day = kadr_dec_day(dec, m->day);
    position->reference = kadr_dec_digest(dec, m->reference, "reference version of a position");
}

void *kadr_put_position(struct kadr_arena *arena, const void *item)
{
    const struct kadr_position *position = item;
    Kadr__V1__Position *m = kadr_enc_new(arena, &kadr__v1__position__descriptor);
    if (m) {
        m->lineage = kadr_enc_id(&position->lineage);
        m->commit = position->commit;
        m->day = position->day;
        m->reference = kadr_enc_digest(&position->reference);
    }
    return m;
}

/* ---- deltas ---- */

/* Codes joined by `/`, ending in one: `KZ/KZ-35/`. */
static const char *get_unit_path(struct kadr_dec *dec, const char *path)
{
    static const size_t max_bytes = 4 * (KADR_MAX_CODE_BYTES + 1); /* one per level of the unit tree */
    size_t len = 0, code_len = 0;
    bool fine = path[0] != '\0';
    for (; fine && path[len] && len < max_bytes; len++) {
        char one[2] = { path[len], '\0' };
        fine = path[len] == '/' ? code_len > 0 : kadr_code_valid(one);
        code_len = path[len] == '/' ? 0 : code_len + 1;
    }
    kadr_dec_check(dec, fine && path[len] == '\0' && code_len == 0, "unit path of a topic");
    return path;
}

void kadr_get_change(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__CellChange *m = message;
    struct kadr_wire_change *change = ret;
    kadr_dec_part(dec, m->cell, kadr_get_cell, &change->cell, "a change without a cell");
    kadr_dec_check(dec, m->kind != KADR__V1__CHANGE_KIND__CHANGE_KIND_UNSPECIFIED, "kind of a change");
    change->kind = (enum kadr_change)m->kind;
    change->removed = m->removed;
    change->has_before = m->before != NULL;
    if (change->has_before) {
        kadr_get_cell(dec, m->before, &change->before);
    }
}

void *kadr_put_change(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_change *change = item;
    Kadr__V1__CellChange *m = kadr_enc_new(arena, &kadr__v1__cell_change__descriptor);
    if (m) {
        m->cell = kadr_put_cell(arena, &change->cell);
        m->kind = (Kadr__V1__ChangeKind)change->kind;
        m->removed = change->removed;
        m->before = change->has_before ? kadr_put_cell(arena, &change->before) : NULL;
    }
    return m;
}

static void get_delta(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Delta *m = message;
    struct kadr_published *published = ret;
    published->delta.from = m->from;
    kadr_dec_part(dec, m->to, kadr_get_position, &published->delta.to, "a delta without a position");
    kadr_dec_check(dec, m->from < published->delta.to.commit, "a delta that covers no commit");
    published->delta.unit_path = get_unit_path(dec, m->unit_path);
    published->delta.indicator = kadr_dec_code(dec, m->indicator, "indicator of a delta");
    published->delta.changes =
        kadr_dec_list(dec, m->changes, m->n_changes, SIZE_MAX, sizeof(struct kadr_wire_change),
                      kadr_get_change, "too many changes");
    published->delta.count = m->n_changes;
}

static void *put_delta(struct kadr_arena *arena, const void *item)
{
    const struct kadr_published *published = item;
    Kadr__V1__Delta *m = kadr_enc_new(arena, &kadr__v1__delta__descriptor);
    if (m) {
        m->from = published->delta.from;
        m->to = kadr_put_position(arena, &published->delta.to);
        m->unit_path = kadr_enc_text(published->delta.unit_path);
        m->indicator = kadr_enc_text(published->delta.indicator);
        m->changes = kadr_enc_list(arena, published->delta.changes, published->delta.count,
                                   sizeof(struct kadr_wire_change), kadr_put_change, &m->n_changes);
    }
    return m;
}

/* ---- progress ---- */

static void get_topic(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Topic *m = message;
    struct kadr_topic *topic = ret;
    topic->unit_path = get_unit_path(dec, m->unit_path);
    topic->indicator = kadr_dec_code(dec, m->indicator, "indicator of a topic");
    topic->commit = m->commit;
}

static void *put_topic(struct kadr_arena *arena, const void *item)
{
    const struct kadr_topic *topic = item;
    Kadr__V1__Topic *m = kadr_enc_new(arena, &kadr__v1__topic__descriptor);
    if (m) {
        m->unit_path = kadr_enc_text(topic->unit_path);
        m->indicator = kadr_enc_text(topic->indicator);
        m->commit = topic->commit;
    }
    return m;
}

static void get_topic_digest(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__TopicDigest *m = message;
    struct kadr_wire_topic_digest *digest = ret;
    digest->region = kadr_dec_code(dec, m->region, "region of a digest");
    digest->indicator = kadr_dec_code(dec, m->indicator, "indicator of a digest");
    digest->digest = kadr_dec_digest(dec, m->digest, "digest of a topic");
}

static void *put_topic_digest(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_topic_digest *digest = item;
    Kadr__V1__TopicDigest *m = kadr_enc_new(arena, &kadr__v1__topic_digest__descriptor);
    if (m) {
        m->region = kadr_enc_text(digest->region);
        m->indicator = kadr_enc_text(digest->indicator);
        m->digest = kadr_enc_digest(&digest->digest);
    }
    return m;
}

static void get_progress(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Progress *m = message;
    struct kadr_published *published = ret;
    kadr_dec_part(dec, m->position, kadr_get_position, &published->progress.position,
                  "a progress message without a position");
    published->progress.previous = m->previous;
    published->progress.changed = kadr_dec_list(dec, m->changed, m->n_changed, SIZE_MAX,
                                                sizeof(struct kadr_topic), get_topic, "too many topics");
    published->progress.changed_count = m->n_changed;
    published->progress.digests =
        kadr_dec_list(dec, m->digests, m->n_digests, SIZE_MAX, sizeof(struct kadr_wire_topic_digest),
                      get_topic_digest, "too many digests");
    published->progress.digest_count = m->n_digests;
    published->progress.digest = kadr_dec_digest(dec, m->digest, "digest of a progress message");
}

static void *put_progress(struct kadr_arena *arena, const void *item)
{
    const struct kadr_published *published = item;
    Kadr__V1__Progress *m = kadr_enc_new(arena, &kadr__v1__progress__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->position = kadr_put_position(arena, &published->progress.position);
    m->previous = published->progress.previous;
    m->changed = kadr_enc_list(arena, published->progress.changed, published->progress.changed_count,
                               sizeof(struct kadr_topic), put_topic, &m->n_changed);
    m->digests = kadr_enc_list(arena, published->progress.digests, published->progress.digest_count,
                               sizeof(struct kadr_wire_topic_digest), put_topic_digest, &m->n_digests);
    m->digest = kadr_enc_digest(&published->progress.digest);
    return m;
}

static kadr_get_fn *const published_gets[] = {
    [KADR_PUBLISHED_DELTA] = get_delta, [KADR_PUBLISHED_PROGRESS] = get_progress
};
static kadr_put_fn *const published_puts[] = {
    [KADR_PUBLISHED_DELTA] = put_delta, [KADR_PUBLISHED_PROGRESS] = put_progress
};
static const struct kadr_bodies published_bodies = { KADR__V1__PUBLISHED_MESSAGE__BODY_DELTA,
                                                     KADR_COUNT(published_gets), published_gets,
                                                     published_puts };

static void get_published(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__PublishedMessage *m = message;
    struct kadr_published *published = ret;
    published->kind = kadr_dec_body(dec, &published_bodies, (uint32_t)m->body_case, m->delta, published);
}

static void *put_published(struct kadr_arena *arena, const void *item)
{
    const struct kadr_published *published = item;
    Kadr__V1__PublishedMessage *m = kadr_enc_new(arena, &kadr__v1__published_message__descriptor);
    if (m) {
        m->version = KADR_WIRE_VERSION;
        m->body_case = (Kadr__V1__PublishedMessage__BodyCase)(published_bodies.first + published->kind);
        m->delta = kadr_enc_body(arena, &published_bodies, published->kind, published);
    }
    return m;
}

static const struct kadr_codec published_codec = { &kadr__v1__published_message__descriptor, get_published,
                                                   put_published, sizeof(struct kadr_published), true };

void kadr_encode_published(const struct kadr_published *message, struct kadr_buf *out)
{
    kadr_codec_encode(&published_codec, message, out);
}

int kadr_decode_published(struct kadr_bytes frame, struct kadr_arena *arena, struct kadr_published *ret,
                          const char **ret_why)
{
    return kadr_codec_decode(&published_codec, frame, arena, ret, ret_why);
}
