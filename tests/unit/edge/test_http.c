/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP: what it answers, and every bound reached once. The server turns in the main thread, the client is a
 * thread with plain sockets that sends what no decent client would.
 */
#include "edge/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/limits.h"
#include "edge/wait.h"

#define PATIENCE KADR_S(40)

struct fixture {
    struct kadr_loop *loop;
    struct kadr_http *http;
    int calls; /* of get_hello */
};

/* A client's errand, run in its thread; asserts are for the main thread. */
struct errand {
    void (*run)(struct errand *errand);
    int port;
    const char *request;
    char answer[32768];
    int rc, status;
    struct kadr_buf body;
    kadr_ns took_ns;
    atomic_bool done;
};

static void get_hello(void *context, struct kadr_http_reply *reply)
{
    ((struct fixture *)context)->calls++;
    kadr_buf_add_str(&reply->body, "hello\n");
}
static void get_sick(void *context, struct kadr_http_reply *reply)
{
    (void)context;
    reply->status = 503;
    reply->content_type = "application/json";
    kadr_buf_add_str(&reply->body, "{}");
}
static void get_endless(void *context, struct kadr_http_reply *reply)
{
    (void)context;
    while (!reply->body.err) {
        kadr_buf_add_str(&reply->body, "0123456789012345678901234567890123456789012345678901234567890123");
    }
}
static const struct kadr_http_route routes[] = { { "/hello", get_hello },
                                                 { "/sick", get_sick },
                                                 { "/endless", get_endless } };

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ 0 };
    assert_int_equal(kadr_loop_new(&fixture.loop), 0);
    assert_int_equal(
        kadr_http_new(fixture.loop, "127.0.0.1:0", routes, KADR_COUNT(routes), &fixture, &fixture.http), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kadr_http_free(f->http);
    kadr_loop_free(f->loop);
    return 0;
}

static void *errand_thread(void *context)
{
    struct errand *errand = context;
    kadr_ns began_ns = kadr_clock_monotonic_ns();
    errand->run(errand);
    errand->took_ns = kadr_clock_monotonic_ns() - began_ns;
    atomic_store(&errand->done, true);
    return NULL;
}

static bool is_done(const void *context)
{
    return atomic_load(&((const struct errand *)context)->done);
}

/* Turns the server's loop while the errand runs in a thread. */
static void go(struct fixture *f, struct errand *errand)
{
    pthread_t thread;
    errand->port = kadr_http_port(f->http);
    atomic_init(&errand->done, false);
    assert_int_equal(pthread_create(&thread, NULL, errand_thread, errand), 0);
    bool done = wait_until(f->loop, is_done, errand, PATIENCE);
    assert_true(done); /* else the thread still runs, and the test's end ends it */
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static int connect_to(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval limit = { .tv_sec = 30 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) ||
                    connect(fd, (const struct sockaddr *)&address, sizeof address))) {
        close(fd);
        return -1;
    }
    return fd;
}

/* To the end of the stream, or a reset. */
static void read_all(int fd, char *text, size_t size)
{
    size_t len = 0;
    ssize_t n = 0;
    while (len < size - 1 && (n = recv(fd, text + len, size - 1 - len, 0)) > 0) {
        len += (size_t)n;
    }
    text[len] = '\0';
}

static void send_raw(struct errand *errand)
{
    int fd = connect_to(errand->port);
    if (fd >= 0 && send(fd, errand->request, strlen(errand->request), MSG_NOSIGNAL) >= 0) {
        read_all(fd, errand->answer, sizeof errand->answer);
    }
    close(fd);
}

static const char *ask(struct fixture *f, struct errand *errand, const char *request)
{
    *errand = (struct errand){ .run = send_raw, .request = request };
    go(f, errand);
    return errand->answer;
}

static void test_get(void **state)
{
    struct fixture *f = *state;
    static struct errand errand;
    const char *answer = ask(f, &errand, "GET /hello?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(strncmp(answer, "HTTP/1.1 200 ", 13), 0);
    assert_non_null(strstr(answer, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr(answer, "\r\nContent-Length: 6\r\n"));
    assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\nhello\n"));
    assert_int_equal(f->calls, 1);
}

static void test_head_has_the_length_but_no_body(void **state)
{
    struct fixture *f = *state;
    static struct errand errand;
    const char *answer = ask(f, &errand, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(strncmp(answer, "HTTP/1.1 200 ", 13), 0);
    assert_non_null(strstr(answer, "\r\nContent-Length: 6\r\n"));
    assert_null(strstr(answer, "hello"));
}

static void test_what_is_refused(void **state)
{
    struct fixture *f = *state;
    static struct errand errand;
    static char headers[KADR_MAX_HTTP_HEADER_BYTES + 200];
    (void)snprintf(headers, sizeof headers, "GET /hello HTTP/1.1\r\nX: %0*d\r\n\r\n",
                   KADR_MAX_HTTP_HEADER_BYTES, 0);
    static const struct {
        const char *request, *status;
    } cases[] = {
        { "GET /else HTTP/1.1\r\nHost: x\r\n\r\n", "404" },
        { "GET /hello/ HTTP/1.1\r\nHost: x\r\n\r\n", "404" },
        { "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "501" },
        { "DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n", "501" },
        { "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "413" },
        { "nonsense\r\n\r\n", "400" },
        { headers, "400" },
        { "GET /sick HTTP/1.1\r\nHost: x\r\n\r\n", "503" },
        { "GET /endless HTTP/1.1\r\nHost: x\r\n\r\n", "500" },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        const char *answer = ask(f, &errand, cases[i].request);
        if (strncmp(answer + strlen("HTTP/1.1 "), cases[i].status, 3) != 0) {
            print_error("%.40s: %.60s\n", cases[i].request, answer);
        }
        assert_int_equal(strncmp(answer + strlen("HTTP/1.1 "), cases[i].status, 3), 0);
    }
    assert_int_equal(f->calls, 0);
}

/* Silent connections up to the limit, one more that asks, then one of the silent leaves. */
static void crowd(struct errand *errand)
{
    int fd[KADR_MAX_HTTP_CONNECTIONS];
    struct errand asks = { .port = errand->port, .request = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" };
    for (size_t i = 0; i < KADR_COUNT(fd); i++) {
        fd[i] = connect_to(errand->port);
        errand->rc |= fd[i] < 0;
    }
    int late = connect_to(errand->port); /* asks nothing: its answer cannot be lost to a reset */
    read_all(late, errand->answer, sizeof errand->answer);
    close(late);
    close(fd[0]);
    for (int i = 0; i < 1000 && strncmp(asks.answer, "HTTP/1.1 200", 12) != 0; i++) {
        memset(asks.answer, 0, sizeof asks.answer);
        send_raw(&asks);
    }
    errand->status = strncmp(asks.answer, "HTTP/1.1 200", 12) == 0 ? 200 : 0;
    for (size_t i = 1; i < KADR_COUNT(fd); i++) {
        close(fd[i]);
    }
}

static void test_connections_over_the_limit_are_told_so(void **state)
{
    struct fixture *f = *state;
    static struct errand errand;
    errand = (struct errand){ .run = crowd };
    go(f, &errand);
    assert_int_equal(errand.rc, 0);
    assert_int_equal(strncmp(errand.answer, "HTTP/1.1 503 ", 13), 0);
    assert_true(kadr_http_refused(f->http) >= 1);
    assert_int_equal(errand.status, 200); /* a place was free again */
}

/* A byte now and then: evhttp's own timeout would begin anew each time. */
static void drip(struct errand *errand)
{
    int fd = connect_to(errand->port);
    ssize_t sent = 1;
    struct timeval breath = { .tv_usec = 300000 };
    errand->rc = fd < 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &breath, sizeof breath);
    for (int i = 0; i < 100 && sent == 1; i++) {
        char byte;
        sent = send(fd, i == 0 ? "G" : "E", 1, MSG_NOSIGNAL);
        if (recv(fd, &byte, 1, 0) == 0) {
            break; /* cut */
        }
    }
    close(fd);
}

static void test_slow_senders_are_cut(void **state)
{
    struct fixture *f = *state;
    static struct errand errand;
    errand = (struct errand){ .run = drip };
    go(f, &errand);
    assert_int_equal(errand.rc, 0);
    assert_true(errand.took_ns >= KADR_S(KADR_HTTP_TIMEOUT_S) - KADR_S(1));
    assert_true(errand.took_ns < KADR_S(KADR_HTTP_TIMEOUT_S + 5));
}

/* `@` stands for the port. */
static void get_url(struct errand *errand)
{
    char url[128];
    size_t before = strcspn(errand->request, "@");
    (void)snprintf(url, sizeof url, "%.*s%d%s", (int)before, errand->request, errand->port,
                   errand->request + before + 1);
    kadr_buf_init(&errand->body, 0);
    errand->rc = kadr_http_get(url, KADR_MS(500), &errand->status, &errand->body);
}

static void test_client(void **state)
{
    struct fixture *f = *state;
    static struct errand errand;
    static const struct {
        const char *url;
        int rc, status;
        const char *body;
    } cases[] = {
        { "http://127.0.0.1:@/hello", 0, 200, "hello\n" },
        { "http://127.0.0.1:@/sick", 0, 503, "{}" },
        { "http://127.0.0.1:@", 0, 404, "not found\n" },
        { "http://127.0.0.1:1/hello?@", KADR_EIO, 0, "" },
        { "https://127.0.0.1:@/hello", KADR_EINVAL, 0, "" },
        { "127.0.0.1:@/hello", KADR_EINVAL, 0, "" },
        { "http:///hello@", KADR_EINVAL, 0, "" },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        errand = (struct errand){ .run = get_url, .request = cases[i].url };
        go(f, &errand);
        if (errand.rc != cases[i].rc) {
            print_error("%s: %s\n", cases[i].url, kadr_strerror(errand.rc));
        }
        assert_int_equal(errand.rc, cases[i].rc);
        assert_int_equal(errand.status, cases[i].status);
        assert_string_equal(kadr_buf_str(&errand.body), cases[i].body);
        kadr_buf_done(&errand.body);
    }
}

/* Nobody turns the server's loop: the connection stands in the backlog and no answer comes. */
static void test_client_has_a_deadline(void **state)
{
    struct fixture *f = *state;
    static struct errand errand;
    errand = (struct errand){ .request = "http://127.0.0.1:@/hello", .port = kadr_http_port(f->http) };
    kadr_ns began_ns = kadr_clock_monotonic_ns();
    get_url(&errand);
    assert_int_equal(errand.rc, KADR_ETIMEOUT);
    assert_true(kadr_clock_monotonic_ns() - began_ns >= KADR_MS(490));
    kadr_buf_done(&errand.body);
}

static void test_addresses(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *listen;
        int rc;
    } cases[] = {
        { "127.0.0.1", KADR_EINVAL },       { ":80", KADR_EINVAL },
        { "127.0.0.1:", KADR_EINVAL },      { "127.0.0.1:x", KADR_EINVAL },
        { "127.0.0.1:65536", KADR_EINVAL }, { "[]:80", KADR_EINVAL },
        { "192.0.2.1:0", KADR_ENOENT },
    };
    struct kadr_http *http = NULL;
    char taken[32];
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        assert_int_equal(kadr_http_new(f->loop, cases[i].listen, routes, 1, f, &http), cases[i].rc);
    }
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%d", kadr_http_port(f->http));
    assert_int_equal(kadr_http_new(f->loop, taken, routes, 1, f, &http), KADR_EBUSY);
    assert_null(http);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    (void)alarm(55); /* what hangs, fails */
    const struct CMUnitTest tests[] = {
        TEST(test_get),
        TEST(test_head_has_the_length_but_no_body),
        TEST(test_what_is_refused),
        TEST(test_connections_over_the_limit_are_told_so),
        TEST(test_slow_senders_are_cut),
        TEST(test_client),
        TEST(test_client_has_a_deadline),
        TEST(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
