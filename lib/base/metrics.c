/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - families in the order in which they were first registered, each with its series.
 *
 * The text format wants all series of a family together, with HELP and TYPE once; the two-level list gives
 * that whatever the order of registration. Lookups walk the lists: they happen at start-up and when a new
 * label value appears, never per message. A series is never moved or freed before its registry.
 */
#include "base/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"

enum kind { COUNTER, GAUGE, HISTOGRAM };

/* Upper bounds of the buckets, in nanoseconds and as the text format says them in seconds. */
static const struct {
    uint64_t ns;
    const char *seconds;
} bounds[] = {
    { 100000, "0.0001" }, { 200000, "0.0002" }, { 500000, "0.0005" }, { 1000000, "0.001" },
    { 2000000, "0.002" }, { 5000000, "0.005" }, { 10000000, "0.01" }, { 20000000, "0.02" },
    { 50000000, "0.05" }, { 100000000, "0.1" }, { 200000000, "0.2" }, { 500000000, "0.5" },
    { 1000000000, "1" },  { 2000000000, "2" },  { 5000000000, "5" },  { 10000000000, "10" },
};

struct kadr_metric {
    struct kadr_metric *next; /* of the same family */
    char *labels;             /* "" for none */
    int64_t value;            /* counter and gauge */
    uint64_t sum_ns;          /* histogram, from here on */
    uint64_t count;
    uint64_t bucket[KADR_COUNT(bounds)]; /* not cumulative; what is over the last bound is in count only */
};

struct family {
    struct family *next;
    enum kind kind;
    char *name;
    char *help;
    struct kadr_metric *series; /* owned list */
};

struct kadr_metrics {
    struct family *families; /* owned list */
};

int kadr_metrics_new(struct kadr_metrics **ret_metrics)
{
    struct kadr_metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics) {
        return KADR_ENOMEM;
    }
    *ret_metrics = metrics;
    return KADR_OK;
}

static void free_family(struct family *family)
{
    while (family->series) {
        struct kadr_metric *metric = family->series;
        family->series = metric->next;
        free(metric->labels);
        free(metric);
    }
    free(family->name);
    free(family->help);
    free(family);
}

void kadr_metrics_free(struct kadr_metrics *metrics)
{
    while (metrics && metrics->families) {
        struct family *family = metrics->families;
        metrics->families = family->next;
        free_family(family);
    }
    free(metrics);
}

/* The family, made when it is new; NULL when out of memory. */
static struct family *find_family(struct kadr_metrics *metrics, enum kind kind, const char *name,
                                  const char *help)
{
    struct family **at = &metrics->families;
    for (; *at; at = &(*at)->next) {
        if (strcmp((*at)->name, name) == 0) {
            KADR_ASSERT((*at)->kind == kind);
            return *at;
        }
    }
    struct family *family = calloc(1, sizeof *family);
    if (!family) {
        return NULL;
    }
    family->kind = kind;
    family->name = strdup(name);
    family->help = strdup(help);
    if (!family->name || !family->help) {
        free_family(family);
        return NULL;
    }
    return *at = family;
}

static struct kadr_metric *find_series(struct kadr_metrics *metrics, enum kind kind, const char *name,
                                       const char *labels, const char *help)
{
    struct family *family = find_family(metrics, kind, name, help);
    if (!family) {
        return NULL;
    }
    labels = labels ? labels : "";
    struct kadr_metric **at = &family->series;
    for (; *at; at = &(*at)->next) {
        if (strcmp((*at)->labels, labels) == 0) {
            return *at;
        }
    }
    struct kadr_metric *metric = calloc(1, sizeof *metric);
    char *own_labels = strdup(labels);
    if (!metric || !own_labels) {
        free(metric);
        free(own_labels);
        return NULL;
    }
    metric->labels = own_labels;
    return *at = metric;
}

struct kadr_metric *kadr_metrics_counter(struct kadr_metrics *metrics, const char *name, const char *labels,
                                         const char *help)
{
    return find_series(metrics, COUNTER, name, labels, help);
}

struct kadr_metric *kadr_metrics_gauge(struct kadr_metrics *metrics, const char *name, const char *labels,
                                       const char *help)
{
    return find_series(metrics, GAUGE, name, labels, help);
}

struct kadr_metric *kadr_metrics_histogram(struct kadr_metrics *metrics, const char *name, const char *labels,
                                           const char *help)
{
    return find_series(metrics, HISTOGRAM, name, labels, help);
}

void kadr_metric_add(struct kadr_metric *metric, uint64_t n)
{
    if (metric) {
        metric->value = (int64_t)((uint64_t)metric->value + n);
    }
}

void kadr_metric_set(struct kadr_metric *metric, int64_t value)
{
    if (metric) {
        metric->value = value;
    }
}

void kadr_metric_observe_ns(struct kadr_metric *metric, int64_t ns)
{
    if (!metric) {
        return;
    }
    uint64_t duration_ns = ns > 0 ? (uint64_t)ns : 0;
    metric->count++;
    metric->value = (int64_t)metric->count;
    metric->sum_ns += duration_ns;
    for (size_t i = 0; i < KADR_COUNT(bounds); i++) {
        if (duration_ns <= bounds[i].ns) {
            metric->bucket[i]++;
            return;
        }
    }
}

int64_t kadr_metric_value(const struct kadr_metric *metric)
{
    return metric ? metric->value : 0;
}

/* HELP runs to the end of its line. */
static void write_help(struct kadr_buf *out, const char *help)
{
    for (; *help; help++) {
        if (*help == '\n' || *help == '\\') {
            kadr_buf_add_str(out, *help == '\n' ? "\\n" : "\\\\");
        } else {
            kadr_buf_add_char(out, *help);
        }
    }
}

static void write_plain(struct kadr_buf *out, const struct family *family, const struct kadr_metric *metric)
{
    bool labelled = metric->labels[0] != '\0';
    kadr_buf_printf(out, "%s%s%s%s %" PRId64 "\n", family->name, labelled ? "{" : "", metric->labels,
                    labelled ? "}" : "", metric->value);
}

static void write_bucket(struct kadr_buf *out, const struct family *family, const struct kadr_metric *metric,
                         const char *le, uint64_t count)
{
    kadr_buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", family->name, metric->labels,
                    metric->labels[0] ? "," : "", le, count);
}

static void write_histogram(struct kadr_buf *out, const struct family *family,
                            const struct kadr_metric *metric)
{
    uint64_t cumulated = 0;
    for (size_t i = 0; i < KADR_COUNT(bounds); i++) {
        cumulated += metric->bucket[i];
        write_bucket(out, family, metric, bounds[i].seconds, cumulated);
    }
    write_bucket(out, family, metric, "+Inf", metric->count);
    const char *open = metric->labels[0] ? "{" : "", *close = metric->labels[0] ? "}" : "";
    kadr_buf_printf(out, "%s_sum%s%s%s %" PRIu64 ".%09" PRIu64 "\n", family->name, open, metric->labels,
                    close, metric->sum_ns / 1000000000u, metric->sum_ns % 1000000000u);
    kadr_buf_printf(out, "%s_count%s%s%s %" PRIu64 "\n", family->name, open, metric->labels, close,
                    metric->count);
}

void kadr_metrics_write(const struct kadr_metrics *metrics, struct kadr_buf *out)
{
    static const struct {
        const char *type;
        void (*write)(struct kadr_buf *, const struct family *, const struct kadr_metric *);
    } kinds[] = {
        [COUNTER] = { "counter", write_plain },
        [GAUGE] = { "gauge", write_plain },
        [HISTOGRAM] = { "histogram", write_histogram },
    };
    for (const struct family *family = metrics->families; family; family = family->next) {
        kadr_buf_printf(out, "# HELP %s ", family->name);
        write_help(out, family->help);
        kadr_buf_printf(out, "\n# TYPE %s %s\n", family->name, kinds[family->kind].type);
        for (const struct kadr_metric *metric = family->series; metric; metric = metric->next) {
            kinds[family->kind].write(out, family, metric);
        }
    }
}
