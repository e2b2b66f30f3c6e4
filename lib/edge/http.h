/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* http.h - a small read-only HTTP server (evhttp) for health and metrics, and a one-shot GET for `kadr
 * health` and `kadr status`. GET and HEAD only; headers, bodies, connections and time are bounded by
 * limits.h.
 */
#include "base/buf.h"
#include "edge/loop.h"

struct kadr_http;

struct kadr_http_reply {
    int status;               /* 200, 503 … */
    const char *content_type; /* static string */
    struct kadr_buf body;
};
/* Fills the reply; called in the loop. */
typedef void kadr_http_fn(void *context, struct kadr_http_reply *reply);

struct kadr_http_route {
    const char *path;
    kadr_http_fn *fn;
};

/* Listens on `host:port` (IPv6 in brackets). Routes are borrowed. */
KADR_MUST_CHECK int kadr_http_new(struct kadr_loop *loop, const char *listen,
                                  const struct kadr_http_route *routes, size_t count, void *context,
                                  struct kadr_http **ret_http);
void kadr_http_free(struct kadr_http *http);
int kadr_http_port(const struct kadr_http *http); /* the port really bound */

/* Blocking GET with its own loop. @param url `http://host:port/path`
 * @retval KADR_EIO / KADR_ETIMEOUT  no answer */
KADR_MUST_CHECK int kadr_http_get(const char *url, kadr_ns timeout_ns, int *ret_status,
                                  struct kadr_buf *ret_body);
