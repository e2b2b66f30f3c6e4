/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* http.h - a small read-only HTTP server (evhttp) for health and metrics, and a one-shot GET for `kadr
 * health` and `kadr status`.
 *
 * Bounds: GET and HEAD without a body only (else 501, 413); KADR_MAX_HTTP_HEADER_BYTES of headers (400); one
 * request per connection, and KADR_HTTP_TIMEOUT_S for all of it, however slowly its bytes arrive; more than
 * KADR_MAX_HTTP_CONNECTIONS at a time are answered 503 and counted.
 */
#include "base/buf.h"
#include "edge/loop.h"

struct kadr_http;

struct kadr_http_reply {
    int status;               /* 200 at first */
    const char *content_type; /* static string; text/plain at first */
    struct kadr_buf body;
};
/* Fills the reply; called in the loop. */
typedef void kadr_http_fn(void *context, struct kadr_http_reply *reply);

struct kadr_http_route {
    const char *path;
    kadr_http_fn *fn;
};

/* Listens on `host:port` (IPv6 in brackets). Routes are borrowed.
 * @retval KADR_EBUSY   address in use
 * @retval KADR_EINVAL  not an address */
KADR_MUST_CHECK int kadr_http_new(struct kadr_loop *loop, const char *listen,
                                  const struct kadr_http_route *routes, size_t count, void *context,
                                  struct kadr_http **ret_http);
void kadr_http_free(struct kadr_http *http);
KADR_DEFINE_CLEANUP(struct kadr_http, kadr_http_free)
int kadr_http_port(const struct kadr_http *http);         /* the port really bound */
uint64_t kadr_http_refused(const struct kadr_http *http); /* connections over the limit */

/* Blocking GET with its own loop. @param url `http://host:port/path`
 * @retval KADR_EINVAL    not such a URL
 * @retval KADR_EIO       no answer: refused, cut off, or a body above KADR_MAX_HTTP_BODY_BYTES
 * @retval KADR_ETIMEOUT  no answer in time */
KADR_MUST_CHECK int kadr_http_get(const char *url, kadr_ns timeout_ns, int *ret_status,
                                  struct kadr_buf *ret_body);
