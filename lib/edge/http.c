/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP on evhttp, with the bounds that evhttp 2.1 lacks.
 *
 * evhttp tells nobody when a connection ends. So each connection's bufferevent is kept with a reference of
 * our own: evhttp has let go of it when its callbacks are gone. A sweep then gives our reference back, and
 * cuts whoever is older than KADR_HTTP_TIMEOUT_S (evhttp's own timeout begins anew with each byte, which
 * suits a slow reader with bad intentions).
 *
 * Over the limit a connection must still be taken, because evhttp accepts first: it gets its 503 straight on
 * the socket in the next pass, and until then the listener rests, so that one such connection exists at a
 * time.
 */
#include "edge/http.h"

#include "base/err.h"
#include "base/limits.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define SWEEP_NS       KADR_S(1)
#define MAX_HOST_BYTES 255
#define SLOTS          (KADR_MAX_HTTP_CONNECTIONS + 1) /* and the one over the limit */

struct connection {
    struct bufferevent *bev; /* our reference; NULL: free slot */
    kadr_ns since_ns;
    bool surplus; /* over the limit, to be refused */
};

struct kadr_http {
    struct evhttp *evhttp;
    struct evconnlistener *listener;
    struct event_base *base;
    const struct kadr_http_route *routes;
    size_t route_count;
    void *context;
    struct kadr_timer *sweep, *refuse;
    struct connection connection[SLOTS];
    uint64_t refused;
    int port;
};

static bool let_go_by_evhttp(struct bufferevent *bev)
{
    bufferevent_data_cb read = NULL, write = NULL;
    bufferevent_event_cb event = NULL;
    void *context = NULL;
    bufferevent_getcb(bev, &read, &write, &event, &context);
    return !read && !write && !event && !context;
}

/* evhttp reads the end of the stream and cleans up; the sweep does the rest. */
static void cut(const struct connection *connection)
{
    int fd = bufferevent_getfd(connection->bev);
    if (fd >= 0) {
        (void)shutdown(fd, SHUT_RDWR); /* fails only when the peer was faster */
    }
}

/* Gives up what evhttp let go of, cuts what is too old. Returns the connections still there. */
static size_t sweep(struct kadr_http *http)
{
    size_t open = 0;
    kadr_ns now_ns = kadr_clock_monotonic_ns();
    for (size_t i = 0; i < SLOTS; i++) {
        struct connection *connection = &http->connection[i];
        if (connection->bev && let_go_by_evhttp(connection->bev)) {
            (void)bufferevent_decref(connection->bev); /* whether it was the last does not matter */
            *connection = (struct connection){ 0 };
        }
        if (connection->bev && now_ns - connection->since_ns > KADR_S(KADR_HTTP_TIMEOUT_S)) {
            cut(connection);
        }
        open += connection->bev != NULL;
    }
    return open;
}

static void on_sweep(void *context)
{
    struct kadr_http *http = context;
    if (sweep(http) > 0) {
        kadr_timer_set(http->sweep, SWEEP_NS);
    }
}

static void on_refuse(void *context)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
                                 "Connection: close\r\n\r\n";
    struct kadr_http *http = context;
    for (size_t i = 0; i < SLOTS; i++) {
        struct connection *connection = &http->connection[i];
        if (connection->bev && connection->surplus) {
            connection->surplus = false;
            /* A fresh socket has room for it; if not, being cut off is answer enough. */
            (void)send(bufferevent_getfd(connection->bev), answer, sizeof answer - 1,
                       MSG_DONTWAIT | MSG_NOSIGNAL);
            cut(connection);
        }
    }
    (void)evconnlistener_enable(http->listener); /* fails only on a broken epoll set */
}

static struct connection *free_slot(struct kadr_http *http)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (!http->connection[i].bev) {
            return &http->connection[i];
        }
    }
    return NULL;
}

/* evhttp is about to take a connection. */
static struct bufferevent *on_accept(struct event_base *base, void *context)
{
    struct kadr_http *http = context;
    size_t open = sweep(http);
    struct connection *slot = free_slot(http);
    struct bufferevent *bev = bufferevent_socket_new(base, -1, 0);
    if (!bev || !slot) {
        return bev; /* without memory evhttp gives up by itself */
    }
    bufferevent_incref(bev);
    *slot = (struct connection){ .bev = bev, .since_ns = kadr_clock_monotonic_ns() };
    if (open >= KADR_MAX_HTTP_CONNECTIONS) {
        slot->surplus = true;
        http->refused++;
        (void)evconnlistener_disable(http->listener); /* fails only on a broken epoll set */
        kadr_timer_set(http->refuse, 0);
    }
    kadr_timer_set(http->sweep, SWEEP_NS);
    return bev;
}

static const struct kadr_http_route *find_route(const struct kadr_http *http, struct evhttp_request *request)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    for (size_t i = 0; path && i < http->route_count; i++) {
        if (strcmp(http->routes[i].path, path) == 0) {
            return &http->routes[i];
        }
    }
    return NULL;
}

static void send_reply(struct evhttp_request *request, const struct kadr_http_reply *reply)
{
    char length[24];
    (void)snprintf(length, sizeof length, "%zu", reply->body.len); /* 20 digits at most */
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *body = evbuffer_new();
    if (!body || evhttp_add_header(headers, "Content-Type", reply->content_type) ||
        evhttp_add_header(headers, "Content-Length", length) ||
        evhttp_add_header(headers, "Cache-Control", "no-store") ||
        evhttp_add_header(headers, "Connection", "close") ||
        (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD &&
         evbuffer_add(body, reply->body.data, reply->body.len))) {
        evhttp_send_error(request, 500, NULL);
    } else {
        evhttp_send_reply(request, reply->status, NULL, body);
    }
    if (body) {
        evbuffer_free(body);
    }
}

static void on_request(struct evhttp_request *request, void *context)
{
    struct kadr_http *http = context;
    const struct kadr_http_route *route = find_route(http, request);
    struct kadr_http_reply reply = { .status = 200, .content_type = "text/plain; charset=utf-8" };
    kadr_buf_init(&reply.body, KADR_MAX_HTTP_BODY_BYTES);
    if (route) {
        route->fn(http->context, &reply);
    } else {
        reply.status = 404;
        kadr_buf_add_str(&reply.body, "not found\n");
    }
    if (reply.body.err) {
        kadr_buf_clear(&reply.body);
        reply.status = 500;
    }
    send_reply(request, &reply);
    kadr_buf_done(&reply.body);
}

/* `host:port` or `[v6]:port` to its parts. */
static int split_address(const char *listen, char ret_host[MAX_HOST_BYTES + 1], uint16_t *ret_port)
{
    const char *colon = strrchr(listen, ':');
    const char *host = listen;
    if (!colon || colon == listen) {
        return KADR_EINVAL;
    }
    size_t len = (size_t)(colon - listen);
    if (host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    char *end = NULL;
    long port = strtol(colon + 1, &end, 10);
    if (len == 0 || len > MAX_HOST_BYTES || end == colon + 1 || *end || port < 0 || port > UINT16_MAX) {
        return KADR_EINVAL;
    }
    memcpy(ret_host, host, len);
    ret_host[len] = '\0';
    *ret_port = (uint16_t)port;
    return 0;
}

static int port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char service[8];
    if (getsockname(fd, (struct sockaddr *)&address, &len) ||
        getnameinfo((struct sockaddr *)&address, len, NULL, 0, service, sizeof service, NI_NUMERICSERV)) {
        return 0;
    }
    return (int)strtol(service, NULL, 10);
}

static void set_limits(struct kadr_http *http)
{
    evhttp_set_gencb(http->evhttp, on_request, http);
    evhttp_set_bevcb(http->evhttp, on_accept, http);
    evhttp_set_timeout(http->evhttp, KADR_HTTP_TIMEOUT_S);
    evhttp_set_max_headers_size(http->evhttp, KADR_MAX_HTTP_HEADER_BYTES);
    evhttp_set_max_body_size(http->evhttp, 0);
    evhttp_set_allowed_methods(http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
}

static int bind_to(struct kadr_http *http, const char *listen)
{
    char host[MAX_HOST_BYTES + 1];
    uint16_t port = 0;
    int rc = split_address(listen, host, &port);
    if (rc) {
        return rc;
    }
    errno = 0;
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http->evhttp, host, port);
    if (!bound) {
        return errno == EADDRINUSE ? KADR_EBUSY : errno == EACCES ? KADR_EPERM : KADR_ENOENT;
    }
    http->listener = evhttp_bound_socket_get_listener(bound);
    http->port = port_of(evhttp_bound_socket_get_fd(bound));
    return 0;
}

int kadr_http_new(struct kadr_loop *loop, const char *listen, const struct kadr_http_route *routes,
                  size_t count, void *context, struct kadr_http **ret_http)
{
    struct kadr_http *http KADR_CLEANUP(kadr_http_free) = calloc(1, sizeof *http);
    if (!http) {
        return KADR_ENOMEM;
    }
    http->base = kadr_loop_base(loop);
    http->routes = routes;
    http->route_count = count;
    http->context = context;
    http->evhttp = evhttp_new(http->base);
    if (!http->evhttp) {
        return KADR_ENOMEM;
    }
    set_limits(http);
    int rc = kadr_timer_new(loop, on_sweep, http, &http->sweep);
    if (!rc) {
        rc = kadr_timer_new(loop, on_refuse, http, &http->refuse);
    }
    if (!rc) {
        rc = bind_to(http, listen);
    }
    if (!rc) {
        *ret_http = KADR_TAKE(http);
    }
    return rc;
}

void kadr_http_free(struct kadr_http *http)
{
    if (!http) {
        return;
    }
    kadr_timer_free(http->sweep);
    kadr_timer_free(http->refuse);
    if (http->evhttp) {
        evhttp_free(http->evhttp); /* and the connections, and the listener */
    }
    for (size_t i = 0; i < SLOTS; i++) {
        if (http->connection[i].bev) {
            (void)bufferevent_decref(http->connection[i].bev);
        }
    }
    free(http);
}

int kadr_http_port(const struct kadr_http *http)
{
    return http->port;
}

uint64_t kadr_http_refused(const struct kadr_http *http)
{
    return http->refused;
}

/* A blocking GET has its own base, which ends with the answer or the time. */
struct get {
    struct event_base *base;
    struct evhttp_uri *uri;
    struct evhttp_connection *connection;
    int err, status;
    struct kadr_buf *body;
};

static void on_answer(struct evhttp_request *request, void *context)
{
    struct get *get = context;
    get->err = KADR_EIO;
    if (request && evhttp_request_get_response_code(request) > 0) {
        struct evbuffer *body = evhttp_request_get_input_buffer(request);
        size_t len = evbuffer_get_length(body);
        kadr_buf_add(get->body, len > 0 ? evbuffer_pullup(body, -1) : NULL, len);
        get->err = get->body->err;
        get->status = evhttp_request_get_response_code(request);
    }
    (void)event_base_loopbreak(get->base); /* fails only without a base */
}

static int connect_to(struct get *get)
{
    const char *host = evhttp_uri_get_host(get->uri);
    int port = evhttp_uri_get_port(get->uri);
    const char *scheme = evhttp_uri_get_scheme(get->uri);
    if (!scheme || strcmp(scheme, "http") != 0 || !host || !*host) {
        return KADR_EINVAL;
    }
    char bare[MAX_HOST_BYTES + 1];
    size_t len = strlen(host);
    bool bracketed = host[0] == '[' && host[len - 1] == ']';
    (void)snprintf(bare, sizeof bare, "%.*s", (int)(bracketed ? len - 2 : len), host + bracketed);
    get->connection =
        evhttp_connection_base_new(get->base, NULL, bare, port < 0 ? (uint16_t)80 : (uint16_t)port);
    if (!get->connection) {
        return KADR_ENOMEM;
    }
    evhttp_connection_set_max_body_size(get->connection, KADR_MAX_HTTP_BODY_BYTES);
    evhttp_connection_set_max_headers_size(get->connection, KADR_MAX_HTTP_HEADER_BYTES);
    return 0;
}

static int send_request(struct get *get)
{
    const char *path = evhttp_uri_get_path(get->uri);
    struct evhttp_request *request = evhttp_request_new(on_answer, get);
    if (!request) {
        return KADR_ENOMEM;
    }
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    if (evhttp_add_header(headers, "Host", evhttp_uri_get_host(get->uri)) ||
        evhttp_add_header(headers, "Connection", "close")) {
        evhttp_request_free(request);
        return KADR_ENOMEM;
    }
    /* From here on evhttp owns the request, also when it fails. */
    return evhttp_make_request(get->connection, request, EVHTTP_REQ_GET, path && *path ? path : "/")
               ? KADR_EIO
               : 0;
}

static int wait_for_answer(struct get *get, kadr_ns timeout_ns)
{
    kadr_ns us = timeout_ns / 1000;
    struct timeval limit = { .tv_sec = us / 1000000, .tv_usec = us % 1000000 };
    get->err = KADR_ETIMEOUT;
    int rc = connect_to(get);
    if (!rc && event_base_loopexit(get->base, &limit)) {
        rc = KADR_ENOMEM;
    }
    if (!rc) {
        rc = send_request(get);
    }
    if (!rc && event_base_dispatch(get->base) < 0) {
        rc = KADR_EIO;
    }
    return rc ? rc : get->err;
}

int kadr_http_get(const char *url, kadr_ns timeout_ns, int *ret_status, struct kadr_buf *ret_body)
{
    struct get get = { .base = event_base_new(), .uri = evhttp_uri_parse(url), .body = ret_body };
    int rc = get.base ? KADR_EINVAL : KADR_ENOMEM;
    if (get.base && get.uri) {
        rc = wait_for_answer(&get, timeout_ns);
    }
    if (get.connection) {
        evhttp_connection_free(get.connection);
    }
    if (get.uri) {
        evhttp_uri_free(get.uri);
    }
    if (get.base) {
        event_base_free(get.base);
    }
    if (!rc) {
        *ret_status = get.status;
    }
    return rc;
}
