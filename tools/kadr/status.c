/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - `kadr status` for people, `kadr health` for containers. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "edge/http.h"
#include "edge/option_value.h"
#include "json.h"

#define DAEMON_COUNT 3

enum health { HEALTH_DOWN, HEALTH_NOT_READY, HEALTH_READY };
static const char *const health_texts[] = { "down", "not_ready", "ready" };

struct probe {
    const char *name, *address;
    enum health health;
    struct kadr_buf reason; /* why not ready */
    json_t *status;         /* its /status; NULL when it gave none */
};

static int get(const char *address, const char *path, kadr_ns timeout_ns, int *ret_status,
               struct kadr_buf *ret_body)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf url = { 0 };

    kadr_buf_init(&url, 0);
    kadr_buf_printf(&url, "http://%s%s", address, path);
    return kadr_http_get(kadr_buf_str(&url), timeout_ns, ret_status, ret_body);
}

static void trim(struct kadr_buf *text)
{
    while (text->len > 0 && strchr("\r\n ", text->data[text->len - 1]) != NULL) {
        text->data[--text->len] = '\0';
    }
}

static void probe_daemon(struct probe *probe, kadr_ns timeout_ns)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf body = { 0 };
    int http = 0;

    kadr_buf_init(&body, 0);
    kadr_buf_init(&probe->reason, 0);
    if (get(probe->address, "/readyz", timeout_ns, &http, &probe->reason) != 0) {
        return;
    }
    trim(&probe->reason);
    probe->health = http == 200 ? HEALTH_READY : HEALTH_NOT_READY;
    if (get(probe->address, "/status", timeout_ns, &http, &body) == 0 && http == 200) {
        probe->status = json_loadb(kadr_buf_str(&body), body.len, 0, NULL); /* NULL: no JSON, as if none */
    }
}

/* A number of a daemon's status; -1 when it is not known. */
static json_int_t number_of(const struct probe *probe, const char *key)
{
    const json_t *value = json_object_get(probe->status, key);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}

struct summary {
    json_int_t commit, lag; /* -1 = not known */
    const char *day;
};

static struct summary summarise(const struct probe *storaged, const struct probe *aggregatord)
{
    struct summary sum = { .commit = number_of(storaged, "commit"), .lag = -1 };
    json_int_t rolled = number_of(aggregatord, "commit");
    const char *day = json_string_value(json_object_get(aggregatord->status, "day"));

    if (sum.commit >= 0 && rolled >= 0) {
        sum.lag = sum.commit > rolled ? sum.commit - rolled : 0;
    }
    sum.day = day != NULL ? day : "";
    return sum;
}

static json_t *known(json_int_t number)
{
    return number < 0 ? json_null() : json_integer(number);
}

static json_t *json_of_probe(const struct probe *probe)
{
    json_t *object = json_object();
    bool why = probe->health == HEALTH_NOT_READY && probe->reason.len > 0;

    json_set(object, "name", json_string(probe->name));
    json_set(object, "address", json_string(probe->address));
    json_set(object, "health", json_string(health_texts[probe->health]));
    json_set(object, "reason", why ? json_string(kadr_buf_str(&probe->reason)) : json_null());
    json_set(object, "status", probe->status != NULL ? json_incref(probe->status) : json_null());
    return object;
}

static int print_json(const struct summary *sum, const struct probe *probes)
{
    json_t *object = json_object(), *daemons = json_array();

    for (size_t i = 0; i < DAEMON_COUNT; i++) {
        json_append(daemons, json_of_probe(&probes[i]));
    }
    json_set(object, "commit", known(sum->commit));
    json_set(object, "lag", known(sum->lag));
    json_set(object, "day", *sum->day != '\0' ? json_string(sum->day) : json_null());
    json_set(object, "daemons", daemons);
    return json_print(object) == 0 ? KADR_EXIT_OK : KADR_EXIT_IOERR;
}

static void print_known(json_int_t number, char ret_text[24])
{
    if (number < 0) {
        (void)snprintf(ret_text, 24, "?");
    } else {
        (void)snprintf(ret_text, 24, "%" JSON_INTEGER_FORMAT, number); /* at most 20 digits */
    }
}

static int print_text(const struct cli *cli, const struct summary *sum, const struct probe *probes)
{
    char commit[24], lag[24];

    print_known(sum->commit, commit);
    print_known(sum->lag, lag);
    cli_say(cli, stdout, TEXT_STATUS_HEAD, TEXT_ARGS(commit, lag, *sum->day != '\0' ? sum->day : "?"));
    for (size_t i = 0; i < DAEMON_COUNT; i++) {
        static const enum text texts[] = { TEXT_DOWN, TEXT_NOT_READY, TEXT_READY };
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };

        kadr_buf_init(&line, 0);
        text_say(cli->lang, texts[probes[i].health], TEXT_ARGS(kadr_buf_str(&probes[i].reason)), &line);
        (void)printf("  %-12s %-22s %s\n", probes[i].name, probes[i].address, kadr_buf_str(&line));
    }
    return KADR_EXIT_OK;
}

static int run_status(const struct cli *cli)
{
    struct probe probes[DAEMON_COUNT] = { { .name = "ingestd", .address = cli->config.ingestd_http },
                                          { .name = "storaged", .address = cli->config.storaged_http },
                                          { .name = "aggregatord",
                                            .address = cli->config.aggregatord_http } };
    struct summary sum;
    bool well = true;
    int code;

    if (cli->arg_count > 0) {
        cli_error("status takes no arguments; see kadr status --help");
        return KADR_EXIT_USAGE;
    }
    for (size_t i = 0; i < DAEMON_COUNT; i++) {
        probe_daemon(&probes[i], cli->config.timeout_ns);
        well = well && probes[i].health == HEALTH_READY;
    }
    sum = summarise(&probes[1], &probes[2]);
    code = cli->config.json ? print_json(&sum, probes) : print_text(cli, &sum, probes);
    for (size_t i = 0; i < DAEMON_COUNT; i++) {
        kadr_buf_done(&probes[i].reason);
        json_decref(probes[i].status);
    }
    return code == KADR_EXIT_OK && !well ? KADR_EXIT_UNAVAILABLE : code;
}

/* ---- health ---- */

static const char *address_of(const struct cli *cli, const char *word)
{
    const struct {
        const char *name, *address;
    } daemons[] = { { "ingestd", cli->config.ingestd_http },
                    { "storaged", cli->config.storaged_http },
                    { "aggregatord", cli->config.aggregatord_http } };

    for (size_t i = 0; i < KADR_COUNT(daemons); i++) {
        if (strcmp(daemons[i].name, word) == 0) {
            return daemons[i].address;
        }
    }
    return word;
}

static bool is_address(const char *text)
{
    static const struct kadr_option address = { .name = "address", .type = KADR_OPTION_ADDRESS };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why = { 0 };

    kadr_buf_init(&why, 0);
    return *text != '\0' && kadr_option_parse(&address, text, NULL, &why) == 0;
}

static int wrong_health(void)
{
    cli_error("health wants one daemon, host:port or http:// address; see kadr health --help");
    return KADR_EXIT_USAGE;
}

static int run_health(const struct cli *cli)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf body = { 0 }, why = { 0 };
    const char *address;
    bool url;
    int status = 0, err;

    if (cli->arg_count != 1) {
        return wrong_health();
    }
    kadr_buf_init(&body, 0);
    address = address_of(cli, cli->args[0]);
    url = strncmp(address, "http://", 7) == 0;
    if (!url && !is_address(address)) {
        return wrong_health();
    }
    err = url ? kadr_http_get(address, cli->config.timeout_ns, &status, &body)
              : get(address, "/readyz", cli->config.timeout_ns, &status, &body);
    if (err == 0 && status == 200) {
        return 0;
    }
    if (err == KADR_EINVAL) {
        return wrong_health();
    }
    trim(&body);
    text_say(cli->lang, err != 0 ? TEXT_DOWN : TEXT_NOT_READY, TEXT_ARGS(kadr_buf_str(&body)), &why);
    (void)fprintf(stderr, "kadr: %s: %s\n", address, kadr_buf_str(&why));
    return 1;
}

/* ---- the commands ---- */

static const struct kadr_option options[] = {
    { "json", KADR_OPTION_BOOL, CLI_FIELD(json), "no", 0, 0, "one object, as JSON" },
};

const struct command command_status = {
    .name = "status",
    .summary = "commit, lag and health of the daemons",
    .usage = "  kadr status\n"
             "  kadr status --json | jq .lag\n\n"
             "Exit 69 when one of them is down or not ready.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run_status,
};

const struct command command_health = {
    .name = "health",
    .summary = "exit 0 when a daemon is ready, 1 when it is not",
    .usage = "  kadr health 127.0.0.1:7712\n"
             "  kadr health storaged\n"
             "  kadr health http://127.0.0.1:7712/healthz\n",
    .run = run_health,
};
