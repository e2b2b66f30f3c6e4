/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c - the audit's timer and thread, and what becomes of a difference. */
#include "aggregatord.h"

#include "base/log.h"

#define SUB "audit"

static void run(void *context)
{
    struct aggregatord_audit *audit = context;
    audit->err = kadr_audit_compare(&audit->app->history.kv, &audit->topic, 0, &audit->result);
}

/* ---- a difference -------------------------------------------------------------------------------------- */

static void say_difference(const struct aggregatord_audit *audit)
{
    const struct kadr_audit_result *result = &audit->result;
    const struct kadr_reference *reference = audit->topic.reference;
    char breakdown[KADR_BREAKDOWN_TEXT_BYTES], period[KADR_PERIOD_TEXT_BYTES] = "";
    if (result->key.period.first != KADR_DAY_NONE) {
        (void)kadr_period_format(result->key.period, period);
    }
    kadr_log(KADR_LOG_ERROR, SUB, "rollup_differs", kadr_kv_u64("commit", audit->topic.at.commit),
             kadr_kv_str("unit", kadr_unit_info(reference, result->key.unit)->code),
             kadr_kv_str("indicator", kadr_indicator_info(reference, result->key.indicator)->code),
             kadr_kv_str("breakdown", kadr_breakdown_format(reference, result->key.breakdown, breakdown)),
             kadr_kv_str("period", period),
             kadr_kv_str("where", !result->is_live         ? "in the journal only"
                                  : !result->is_in_journal ? "live only"
                                                           : "both"));
}

static void end(struct aggregatord *app, const char *why, enum kadr_exit code)
{
    kadr_log(KADR_LOG_ERROR, SUB, why, kadr_kv_u64("commit", app->audit.topic.at.commit));
    app->failed = true;
    kadr_daemon_fail(&app->daemon, code);
}

static void on_difference(struct aggregatord_audit *audit)
{
    struct aggregatord *app = audit->app;
    audit->count.different++;
    say_difference(audit);
    if (audit->refolded) {
        aggregatord_forget_checkpoint(app);
        end(app, "rollup_beyond_repair", KADR_EXIT_DATA);
        return;
    }
    audit->refolded = true;
    audit->cursor = audit->before; /* once more */
    if (kadr_aggregate_refold(app->core) != 0) {
        end(app, "refold_failed", KADR_EXIT_SOFTWARE);
    }
}

static void on_done(void *context)
{
    struct aggregatord_audit *audit = context;
    audit->count.rows += audit->result.rows;
    if (audit->err != 0) {
        audit->count.failures++;
        kadr_log(KADR_LOG_WARN, SUB, "audit_failed", kadr_kv_str("error", kadr_strerror(audit->err)));
    } else if (audit->result.finding == KADR_AUDIT_DIFFERENT) {
        on_difference(audit);
    } else if (audit->result.finding == KADR_AUDIT_NOT_YET) {
        audit->cursor = audit->before;
    } else {
        audit->count.equal += audit->result.finding == KADR_AUDIT_EQUAL;
        audit->count.too_large += audit->result.finding == KADR_AUDIT_TOO_LARGE;
        audit->refolded = false;
    }
    kadr_audit_topic_done(&audit->topic);
}

/* ---- one after the other ------------------------------------------------------------------------------- */

/* Not while the history is being made: an audit of what it does not have yet would wait for hours. */
static bool may_begin(const struct aggregatord *app)
{
    struct kadr_history_feed_status history = kadr_history_feed_status(app->history.feed);
    return !app->failed && kadr_worker_jobs(app->audit.worker) == 0 && history.open && history.caught_up;
}

static void on_time(void *context)
{
    struct aggregatord_audit *audit = context;
    kadr_timer_set(audit->timer, audit->app->config.audit_ns);
    if (!may_begin(audit->app)) {
        return;
    }
    audit->before = audit->cursor;
    int err = kadr_aggregate_audit(audit->app->core, &audit->cursor, &audit->topic);
    if (err == 0) {
        KADR_ASSERT(kadr_worker_submit(audit->worker, &audit->job) == 0); /* none is under way */
    } else if (err == KADR_ENOMEM) {
        audit->count.failures++;
    }
}

/* ---- the stage ----------------------------------------------------------------------------------------- */

int aggregatord_audit_up(void *context)
{
    struct aggregatord *app = context;
    struct aggregatord_audit *audit = &app->audit;
    if (!app->history.wanted || app->config.audit_ns == 0) {
        return 0;
    }
    audit->app = app;
    audit->job = (struct kadr_job){ .run = run, .done = on_done, .context = audit };
    int err = kadr_worker_new(app->daemon.loop, 1, &audit->worker);
    if (err == 0) {
        err = kadr_timer_new(app->daemon.loop, on_time, audit, &audit->timer);
    }
    if (err != 0) {
        aggregatord_audit_down(app);
        return err;
    }
    kadr_timer_set(audit->timer, app->config.audit_ns);
    return 0;
}

void aggregatord_audit_down(void *context)
{
    struct aggregatord *app = context;
    kadr_worker_free(KADR_TAKE(app->audit.worker)); /* waits for the comparison under way */
    kadr_timer_free(KADR_TAKE(app->audit.timer));
    kadr_audit_topic_done(&app->audit.topic);
}

void aggregatord_audit_metrics(struct aggregatord *app)
{
    const struct aggregatord_audit *audit = &app->audit;
    if (audit->worker == NULL) {
        return;
    }
    const struct aggregatord_exported items[] = {
        { "kadr_audit_equal_total", "Topics of the rollup that are what the journal says",
          audit->count.equal },
        { "kadr_audit_different_total", "Topics that are not: raise an alarm", audit->count.different },
        { "kadr_audit_too_large_total", "Topics of too many rows to compare", audit->count.too_large },
        { "kadr_audit_failures_total", "Comparisons that could not be made", audit->count.failures },
        { "kadr_audit_rows_total", "Rows of the history read for comparisons", audit->count.rows },
    };
    aggregatord_export(app, items, KADR_COUNT(items));
}
