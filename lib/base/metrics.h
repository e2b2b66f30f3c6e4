/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* metrics.h - counters, gauges and fixed-bucket histograms in the Prometheus text format 0.0.4.
 *
 * A registry hangs off its daemon; nothing is global. Handles are pointers that stay valid until the registry
 * is freed; adding to one costs an addition. One thread only (a writer thread reports through its
 * completions).
 */
#include "base/buf.h"
#include "base/defs.h"

struct kadr_metrics;
struct kadr_metric; /* one time series */

KADR_MUST_CHECK int kadr_metrics_new(struct kadr_metrics **ret_metrics);
void kadr_metrics_free(struct kadr_metrics *metrics);
KADR_DEFINE_CLEANUP(struct kadr_metrics, kadr_metrics_free)

/* Registers a series, or finds it. `labels` is NULL or label pairs as in the text format without braces:
 * `code="unknown_unit"`. Names end in _total (counters) or carry their unit. NULL only when out of memory,
 * which every kadr_metric_* accepts. */
struct kadr_metric *kadr_metrics_counter(struct kadr_metrics *metrics, const char *name, const char *labels,
                                         const char *help);
struct kadr_metric *kadr_metrics_gauge(struct kadr_metrics *metrics, const char *name, const char *labels,
                                       const char *help);
/* Latency histogram in seconds: 100 us … 10 s in 1-2-5 steps. */
struct kadr_metric *kadr_metrics_histogram(struct kadr_metrics *metrics, const char *name, const char *labels,
                                           const char *help);
void kadr_metric_add(struct kadr_metric *metric, uint64_t n);
void kadr_metric_set(struct kadr_metric *metric, int64_t value);
void kadr_metric_observe_ns(struct kadr_metric *metric, int64_t ns);
int64_t kadr_metric_value(const struct kadr_metric *metric);
void kadr_metrics_write(const struct kadr_metrics *metrics, struct kadr_buf *out);
