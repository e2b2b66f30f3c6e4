/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop on libevent.
 *
 * Three priorities: signals, then timers (and http.c, which libevent puts in the middle by itself), then
 * sockets. libevent runs the most urgent queue only; sockets also hand the turn back after a few callbacks
 * (LOW_CALLBACKS), so that a pump which re-activates itself neither starves a signal nor another pump: they
 * take turns in the active queue, and descriptors are polled in between.
 *
 * Timers use libevent's monotonic clock; its coarse form (a few milliseconds) is enough for everything the
 * daemons time and saves a system call per pass.
 */
#include "edge/loop.h"

#include "base/err.h"

#include <event2/event.h>
#include <signal.h>

enum { PRIORITY_SIGNAL, PRIORITY_TIMER, PRIORITY_SOCKET, PRIORITY_COUNT };
#define LOW_CALLBACKS 8 /* socket callbacks between two looks at signals, timers and descriptors */

struct signal_handler {
    struct event *event;
    kadr_loop_fn *fn;
    void *context;
    struct signal_handler *next;
};

struct kadr_loop {
    struct event_base *base;
    struct signal_handler *signals;
    bool stop; /* also remembers a stop that came before the run */
};

struct kadr_timer {
    struct event *event;
    kadr_loop_fn *fn;
    void *context;
};

struct kadr_watch {
    struct event *event;
    kadr_loop_fn *fn;
    void *context;
};

static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    if (!config) {
        return NULL;
    }
    struct event_base *base = NULL;
    if (!event_config_set_max_dispatch_interval(config, NULL, LOW_CALLBACKS, PRIORITY_SOCKET)) {
        base = event_base_new_with_config(config);
    }
    event_config_free(config);
    if (base && event_base_priority_init(base, PRIORITY_COUNT)) {
        event_base_free(base);
        base = NULL;
    }
    return base;
}

/* A peer that goes away is an error code of write(2), never the end of the process. */
static void ignore_sigpipe(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    (void)sigemptyset(&ignore.sa_mask); /* cannot fail on a valid set */
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

int kadr_loop_new(struct kadr_loop **ret_loop)
{
    struct kadr_loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        return KADR_ENOMEM;
    }
    loop->base = new_base();
    if (!loop->base) {
        free(loop);
        return KADR_ENOMEM;
    }
    ignore_sigpipe();
    *ret_loop = loop;
    return 0;
}

void kadr_loop_free(struct kadr_loop *loop)
{
    if (!loop) {
        return;
    }
    while (loop->signals) {
        struct signal_handler *handler = loop->signals;
        loop->signals = handler->next;
        event_free(handler->event);
        free(handler);
    }
    event_base_free(loop->base);
    free(loop);
}

int kadr_loop_run(struct kadr_loop *loop)
{
    int rc = 0;
    while (!loop->stop && rc >= 0) {
        rc = event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    }
    loop->stop = false;
    return rc < 0 ? KADR_EIO : 0;
}

void kadr_loop_stop(struct kadr_loop *loop)
{
    loop->stop = true;
    (void)event_base_loopbreak(loop->base); /* fails only without a base */
}

static void on_signal(evutil_socket_t signo, short what, void *context)
{
    (void)signo;
    (void)what;
    const struct signal_handler *handler = context;
    handler->fn(handler->context);
}

int kadr_loop_on_signal(struct kadr_loop *loop, int signo, kadr_loop_fn *fn, void *context)
{
    struct signal_handler *handler = calloc(1, sizeof *handler);
    if (!handler) {
        return KADR_ENOMEM;
    }
    *handler = (struct signal_handler){ .fn = fn, .context = context, .next = loop->signals };
    handler->event = evsignal_new(loop->base, signo, on_signal, handler);
    if (!handler->event || event_priority_set(handler->event, PRIORITY_SIGNAL) ||
        evsignal_add(handler->event, NULL)) {
        if (handler->event) {
            event_free(handler->event);
        }
        free(handler);
        return KADR_EIO;
    }
    loop->signals = handler;
    return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    const struct kadr_timer *timer = context;
    timer->fn(timer->context);
}

int kadr_timer_new(struct kadr_loop *loop, kadr_loop_fn *fn, void *context, struct kadr_timer **ret_timer)
{
    struct kadr_timer *timer = calloc(1, sizeof *timer);
    if (!timer) {
        return KADR_ENOMEM;
    }
    *timer = (struct kadr_timer){ .fn = fn, .context = context };
    timer->event = evtimer_new(loop->base, on_timer, timer);
    if (!timer->event || event_priority_set(timer->event, PRIORITY_TIMER)) {
        kadr_timer_free(timer);
        return KADR_ENOMEM;
    }
    *ret_timer = timer;
    return 0;
}

void kadr_timer_set(struct kadr_timer *timer, kadr_ns after_ns)
{
    kadr_ns us = after_ns > 0 ? (after_ns - 1) / 1000 + 1 : 0; /* never early */
    struct timeval after = { .tv_sec = us / 1000000, .tv_usec = us % 1000000 };
    /* Fails only without memory for the timer heap, and that timer's slot is reserved at its first use. */
    int rc = evtimer_add(timer->event, &after);
    KADR_ASSERT(rc == 0);
}

void kadr_timer_cancel(struct kadr_timer *timer)
{
    (void)evtimer_del(timer->event); /* not pending is fine */
}

void kadr_timer_free(struct kadr_timer *timer)
{
    if (!timer) {
        return;
    }
    if (timer->event) {
        event_free(timer->event);
    }
    free(timer);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    const struct kadr_watch *watch = context;
    watch->fn(watch->context);
}

int kadr_watch_new(struct kadr_loop *loop, int fd, kadr_loop_fn *fn, void *context,
                   struct kadr_watch **ret_watch)
{
    struct kadr_watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        return KADR_ENOMEM;
    }
    *watch = (struct kadr_watch){ .fn = fn, .context = context };
    watch->event = event_new(loop->base, fd, EV_READ | EV_PERSIST, on_readable, watch);
    if (!watch->event || event_priority_set(watch->event, PRIORITY_SOCKET) || event_add(watch->event, NULL)) {
        kadr_watch_free(watch);
        return KADR_EIO;
    }
    *ret_watch = watch;
    return 0;
}

void kadr_watch_again(struct kadr_watch *watch)
{
    event_active(watch->event, EV_READ, 0);
}

void kadr_watch_free(struct kadr_watch *watch)
{
    if (!watch) {
        return;
    }
    if (watch->event) {
        event_free(watch->event);
    }
    free(watch);
}

void *kadr_loop_base(struct kadr_loop *loop)
{
    return loop->base;
}
