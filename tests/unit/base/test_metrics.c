/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics as a scraper reads them. */
#include "base/metrics.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rng.h"

static struct kadr_metrics *make(void)
{
    struct kadr_metrics *metrics = NULL;
    assert_int_equal(kadr_metrics_new(&metrics), 0);
    return metrics;
}

static void expect(const struct kadr_metrics *metrics, const char *expected)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;
    kadr_buf_init(&out, 0);
    kadr_metrics_write(metrics, &out);
    assert_int_equal(out.err, 0);
    assert_string_equal(kadr_buf_str(&out), expected);
}

static void families_stay_together(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_metrics_free) struct kadr_metrics *metrics = make();
    expect(metrics, "");
    kadr_metric_add(kadr_metrics_counter(metrics, "kadr_refused_total", "code=\"unknown_unit\"", "Refused."),
                    2);
    kadr_metric_set(kadr_metrics_gauge(metrics, "kadr_peers", NULL, "Peers."), -3);
    kadr_metric_add(kadr_metrics_counter(metrics, "kadr_refused_total", "code=\"too_long\"", "Refused."), 1);
    expect(metrics, "# HELP kadr_refused_total Refused.\n"
                    "# TYPE kadr_refused_total counter\n"
                    "kadr_refused_total{code=\"unknown_unit\"} 2\n"
                    "kadr_refused_total{code=\"too_long\"} 1\n"
                    "# HELP kadr_peers Peers.\n"
                    "# TYPE kadr_peers gauge\n"
                    "kadr_peers -3\n");
}

static void a_series_is_registered_once(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_metrics_free) struct kadr_metrics *metrics = make();
    struct kadr_metric *first = kadr_metrics_counter(metrics, "a_total", NULL, "A");
    struct kadr_metric *labelled = kadr_metrics_counter(metrics, "a_total", "k=\"v\"", "A");
    assert_ptr_not_equal(first, labelled);
    assert_ptr_equal(kadr_metrics_counter(metrics, "a_total", "", "A"), first);
    assert_ptr_equal(kadr_metrics_counter(metrics, "a_total", "k=\"v\"", "A"), labelled);
    kadr_metric_add(first, 5);
    kadr_metric_add(first, 2);
    assert_int_equal(kadr_metric_value(first), 7);
    assert_int_equal(kadr_metric_value(labelled), 0);
}

static void help_stays_on_its_line(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_metrics_free) struct kadr_metrics *metrics = make();
    assert_non_null(kadr_metrics_gauge(metrics, "g", NULL, "one\ntwo \\ three"));
    expect(metrics, "# HELP g one\\ntwo \\\\ three\n# TYPE g gauge\ng 0\n");
}

static void a_histogram_cumulates_seconds(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_metrics_free) struct kadr_metrics *metrics = make();
    struct kadr_metric *metric = kadr_metrics_histogram(metrics, "commit_seconds", NULL, "Commit.");
    const int64_t observed_ns[] = { -5, 100000, 100001, 2000000, 10000000000, 10000000001 };
    for (size_t i = 0; i < KADR_COUNT(observed_ns); i++) {
        kadr_metric_observe_ns(metric, observed_ns[i]);
    }
    assert_int_equal(kadr_metric_value(metric), 6);
    expect(metrics, "# HELP commit_seconds Commit.\n"
                    "# TYPE commit_seconds histogram\n"
                    "commit_seconds_bucket{le=\"0.0001\"} 2\n"
                    "commit_seconds_bucket{le=\"0.0002\"} 3\n"
                    "commit_seconds_bucket{le=\"0.0005\"} 3\n"
                    "commit_seconds_bucket{le=\"0.001\"} 3\n"
                    "commit_seconds_bucket{le=\"0.002\"} 4\n"
                    "commit_seconds_bucket{le=\"0.005\"} 4\n"
                    "commit_seconds_bucket{le=\"0.01\"} 4\n"
                    "commit_seconds_bucket{le=\"0.02\"} 4\n"
                    "commit_seconds_bucket{le=\"0.05\"} 4\n"
                    "commit_seconds_bucket{le=\"0.1\"} 4\n"
                    "commit_seconds_bucket{le=\"0.2\"} 4\n"
                    "commit_seconds_bucket{le=\"0.5\"} 4\n"
                    "commit_seconds_bucket{le=\"1\"} 4\n"
                    "commit_seconds_bucket{le=\"2\"} 4\n"
                    "commit_seconds_bucket{le=\"5\"} 4\n"
                    "commit_seconds_bucket{le=\"10\"} 5\n"
                    "commit_seconds_bucket{le=\"+Inf\"} 6\n"
                    "commit_seconds_sum 20.002200002\n"
                    "commit_seconds_count 6\n");
}

static void histogram_labels_precede_the_bound(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_metrics_free) struct kadr_metrics *metrics = make();
    struct kadr_metric *metric = kadr_metrics_histogram(metrics, "h_seconds", "kind=\"delta\"", "H");
    kadr_metric_observe_ns(metric, 1500000000);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;
    kadr_buf_init(&out, 0);
    kadr_metrics_write(metrics, &out);
    assert_non_null(strstr(kadr_buf_str(&out), "\nh_seconds_bucket{kind=\"delta\",le=\"2\"} 1\n"));
    assert_non_null(strstr(kadr_buf_str(&out), "\nh_seconds_sum{kind=\"delta\"} 1.500000000\n"));
    assert_non_null(strstr(kadr_buf_str(&out), "\nh_seconds_count{kind=\"delta\"} 1\n"));
}

static void no_metric_is_fine(void **state)
{
    (void)state;
    kadr_metric_add(NULL, 1);
    kadr_metric_set(NULL, 1);
    kadr_metric_observe_ns(NULL, 1);
    assert_int_equal(kadr_metric_value(NULL), 0);
    kadr_metrics_free(NULL);
}

/* However registrations interleave: one head per family, the series right behind it, every total right. */
static void any_order_of_registration_is_grouped(void **state)
{
    (void)state;
    enum { FAMILIES = 5, SERIES = 4 };
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct rng rng = { seed };
        KADR_CLEANUP(kadr_metrics_free) struct kadr_metrics *metrics = make();
        uint64_t total[FAMILIES][SERIES] = { { 0 } };
        bool used[FAMILIES][SERIES] = { { false } };
        for (int step = 0; step < 100; step++) {
            size_t f = rng_below(&rng, FAMILIES), s = rng_below(&rng, SERIES), n = rng_below(&rng, 1000);
            char name[16], labels[16];
            (void)snprintf(name, sizeof name, "f%zu_total", f);
            (void)snprintf(labels, sizeof labels, "s=\"%zu\"", s);
            kadr_metric_add(kadr_metrics_counter(metrics, name, labels, "F"), n);
            total[f][s] += n;
            used[f][s] = true;
        }
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;
        kadr_buf_init(&out, 0);
        kadr_metrics_write(metrics, &out);
        size_t current = FAMILIES, lines = 0, expected_lines = 0;
        bool opened[FAMILIES] = { false };
        for (const char *line = kadr_buf_str(&out); *line; line = strchr(line, '\n') + 1) {
            size_t f, s;
            uint64_t value;
            if (sscanf(line, "# HELP f%zu_total F", &f) == 1) {
                assert_false(opened[f]);
                opened[f] = true;
                current = f;
            } else if (sscanf(line, "f%zu_total{s=\"%zu\"} %" SCNu64, &f, &s, &value) == 3) {
                lines++;
                if (f != current || value != total[f][s]) {
                    fail_msg("seed %" PRIu64 ": f%zu s%zu = %" PRIu64, seed, f, s, value);
                }
            }
        }
        for (size_t i = 0; i < FAMILIES * SERIES; i++) {
            expected_lines += used[i / SERIES][i % SERIES];
        }
        assert_int_equal(lines, expected_lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_stay_together),
        cmocka_unit_test(a_series_is_registered_once),
        cmocka_unit_test(help_stays_on_its_line),
        cmocka_unit_test(a_histogram_cumulates_seconds),
        cmocka_unit_test(histogram_labels_precede_the_bound),
        cmocka_unit_test(no_metric_is_fine),
        cmocka_unit_test(any_order_of_registration_is_grouped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
