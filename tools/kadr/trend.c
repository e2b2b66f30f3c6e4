/* SPDX-License-Identifier: Apache-2.0 */
/* trend.c - see trend.h. */
#include "trend.h"

#include <inttypes.h>
#include <string.h>

#include "cell_text.h"
#include "json.h"

/* ---- asking ---- */

/* One `dimension=member`, of which `word` is cut in two. */
static bool add_pair(char *word, struct trend_ask *ask)
{
    char *equals = strchr(word, '=');

    if (equals == NULL || ask->breakdown_count == KADR_MAX_DIMENSIONS) {
        return false;
    }
    *equals = '\0';
    ask->breakdown[ask->breakdown_count++] = (struct kadr_member_pair){ word, equals + 1 };
    return kadr_code_valid(word) && kadr_code_valid(equals + 1);
}

int trend_breakdown(const char *text, struct trend_ask *ask)
{
    size_t len = strlen(text);
    bool right = len < sizeof(ask->words);
    char *rest = ask->words, *word;

    if (right) {
        memcpy(ask->words, text, len + 1);
        while (right && (word = strtok_r(rest, " ,", &rest)) != NULL) {
            right = add_pair(word, ask);
        }
    }
    if (!right) {
        cli_error("--breakdown: want DIMENSION=MEMBER, at most four: \"cadre=doctor settlement=rural\"");
    }
    return right ? 0 : KADR_EXIT_USAGE;
}

int trend_request(const struct cli *cli, const struct kadr_reference *names, const struct trend_ask *ask,
                  struct kadr_query_request *ret_request)
{
    const struct cli_config *config = &cli->config;
    struct kadr_query_request request = { .kind = KADR_QUERY_SERIES };
    int code = cli_unit(cli, names, cli_unit_meant(cli, true), &request.series.unit);

    if (code == 0) {
        code = cli_indicator(cli, names, config->indicator, &request.series.indicator);
    }
    if (code == 0 && *config->known_at != '\0') {
        code = cli_instant("--known-at", config->known_at, &request.series.known);
    }
    memcpy(request.series.breakdown, ask->breakdown, sizeof(ask->breakdown));
    request.series.breakdown_count = ask->breakdown_count;
    request.series.points = ask->points;
    request.series.point_count = ask->point_count;
    *ret_request = request;
    return code;
}

/* ---- telling people ---- */

void trend_heading(const struct cli *cli, const struct kadr_reference *names, const char *unit,
                   const struct kadr_position *position, FILE *out)
{
    char day[KADR_DAY_TEXT_BYTES], commit[24];

    (void)snprintf(commit, sizeof(commit), "%" PRIu64, position->commit); /* at most 20 digits */
    cli_say(
        cli, out, *cli->config.known_at != '\0' ? TEXT_HEADING_KNOWN : TEXT_HEADING,
        TEXT_ARGS(cell_unit_name(cli->lang, names, unit), unit, kadr_day_format(position->day, day), commit));
}

void trend_same(const struct cli *cli, const struct kadr_wire_point *point, int32_t scale,
                struct kadr_buf *out)
{
    if (point->same.present) {
        cell_interval(cli->lang, point->same.lo, false, point->same.hi, point->same.hi_open, scale, out);
    }
}

void trend_of_how_many(const struct cli *cli, const struct kadr_reference *names,
                       const struct kadr_wire_trend *trend, struct kadr_buf *out)
{
    char in[16], of[16];
    enum text text = (enum text)(TEXT_OF_COUNTRIES + (int)cell_reporting_level(names, trend->indicator));

    (void)snprintf(in, sizeof(in), "%" PRIu32, trend->in); /* at most 10 digits */
    (void)snprintf(of, sizeof(of), "%" PRIu32, trend->of);
    text_say(cli->lang, text, TEXT_ARGS(in, of), out);
}

static enum text why_text(enum kadr_left_out_why why)
{
    return (enum text)(TEXT_LEFT_OUT_NO_VALUE + ((int)why - (int)KADR_LEFT_OUT_NO_VALUE));
}

static bool same_reason(const struct kadr_wire_left_out *a, const struct kadr_wire_left_out *b)
{
    return a->why == b->why && a->point == b->point;
}

static bool reason_told(const struct kadr_wire_trend *trend, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (same_reason(&trend->left_out[i], &trend->left_out[index])) {
            return true;
        }
    }
    return false;
}

/* Everybody with the reason of this one, which comes behind the names. */
static void add_reason(const struct cli *cli, const struct kadr_reference *names,
                       const struct kadr_wire_trend *trend, size_t index, struct kadr_buf *list)
{
    const struct kadr_wire_left_out *one = &trend->left_out[index];
    char period[KADR_PERIOD_TEXT_BYTES];

    kadr_buf_add_str(list, list->len > 0 ? "; " : "");
    for (size_t i = index; i < trend->left_out_count; i++) {
        if (same_reason(&trend->left_out[i], one)) {
            kadr_buf_printf(list, "%s%s", i > index ? ", " : "",
                            cell_unit_name(cli->lang, names, trend->left_out[i].unit));
        }
    }
    kadr_buf_printf(list, " (%s, %s)", text_of(cli->lang, why_text(one->why)),
                    kadr_period_format(trend->points[one->point].period, period));
}

void trend_print_left_out(const struct cli *cli, const struct kadr_reference *names,
                          const struct kadr_wire_trend *trend, FILE *out)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf list = { 0 };
    size_t unnamed = trend->of - trend->in - trend->left_out_count;

    if (trend->left_out_count == 0) {
        return;
    }
    kadr_buf_init(&list, 0);
    for (size_t i = 0; i < trend->left_out_count; i++) {
        if (!reason_told(trend, i)) {
            add_reason(cli, names, trend, i, &list);
        }
    }
    if (unnamed > 0) {
        kadr_buf_printf(&list, "; … +%zu", unnamed);
    }
    (void)fputs("    ", out);
    cli_say(cli, out, TEXT_LEFT_OUT, TEXT_ARGS(kadr_buf_str(&list)));
}

/* ---- for programs ---- */

json_t *trend_json_set(const struct kadr_wire_trend *trend)
{
    json_t *object = json_object(), *list = json_array();

    for (size_t i = 0; i < trend->left_out_count; i++) {
        const struct kadr_wire_left_out *out = &trend->left_out[i];
        char period[KADR_PERIOD_TEXT_BYTES];
        json_t *one = json_object();

        json_set(one, "unit", json_string(out->unit));
        json_set(one, "reason", json_string(kadr_left_out_text(out->why)));
        json_set(one, "point", json_string(kadr_period_format(trend->points[out->point].period, period)));
        json_append(list, one);
    }
    json_set(object, "basis", json_string(kadr_basis_text(trend->same_basis)));
    json_set(object, "reporters", json_integer(trend->of));
    json_set(object, "in_set", json_integer(trend->in));
    json_set(object, "left_out", list);
    return object;
}

json_t *trend_json_same(const struct kadr_wire_point *point, int32_t scale)
{
    const struct kadr_candidate *same = &point->same;
    json_t *object;

    if (!same->present) {
        return json_null();
    }
    object = json_object();
    json_set(object, "lo", json_of_figure(same->lo, scale, false));
    json_set(object, "hi", json_of_figure(same->hi, scale, same->hi_open));
    json_set(object, "oldest", json_of_day(same->oldest));
    json_set(object, "newest", json_of_day(same->newest));
    json_set(object, "stale", json_boolean(same->stale));
    json_set(object, "carried", json_integer(point->carried));
    return object;
}

json_t *trend_json_key(const struct kadr_reference *names, const struct kadr_wire_trend *trend)
{
    json_t *object = json_object(), *breakdown = json_object();

    for (size_t i = 0; i < trend->breakdown_count; i++) {
        json_set(breakdown, trend->breakdown[i].dimension, json_string(trend->breakdown[i].member));
    }
    json_set(object, "unit", json_string(trend->unit));
    json_set(object, "indicator", json_string(trend->indicator));
    json_set(object, "breakdown", breakdown);
    json_set(object, "measure", json_of_measure(names, trend->indicator));
    return object;
}
