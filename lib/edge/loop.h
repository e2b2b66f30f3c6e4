/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* loop.h - the event loop; with http.c the one place that knows libevent.
 *
 * One loop, one thread. Signals have the highest priority, then timers and health, then sockets: a flood
 * starves neither.
 */
#include "base/clock.h"
#include "base/defs.h"

struct kadr_loop;
struct kadr_timer;
struct kadr_watch;

typedef void kadr_loop_fn(void *context);

KADR_MUST_CHECK int kadr_loop_new(struct kadr_loop **ret_loop); /* ignores SIGPIPE */
void kadr_loop_free(struct kadr_loop *loop);
KADR_DEFINE_CLEANUP(struct kadr_loop, kadr_loop_free)
KADR_MUST_CHECK int kadr_loop_run(struct kadr_loop *loop); /* until kadr_loop_stop() */
void kadr_loop_stop(struct kadr_loop *loop);

/* Calls fn in the loop when the signal arrives. */
KADR_MUST_CHECK int kadr_loop_on_signal(struct kadr_loop *loop, int signo, kadr_loop_fn *fn, void *context);

/* One-shot; armed with kadr_timer_set(), which replaces an earlier time. */
KADR_MUST_CHECK int kadr_timer_new(struct kadr_loop *loop, kadr_loop_fn *fn, void *context,
                                   struct kadr_timer **ret_timer);
void kadr_timer_set(struct kadr_timer *timer, kadr_ns after_ns); /* from now; 0 = in the next pass */
void kadr_timer_cancel(struct kadr_timer *timer);
void kadr_timer_free(struct kadr_timer *timer);

/* Calls fn whenever fd is readable (level-triggered). kadr_watch_again() calls it in the next pass without
 * waiting for the fd: what a pump with a budget, or one that was not in a callback, uses. */
KADR_MUST_CHECK int kadr_watch_new(struct kadr_loop *loop, int fd, kadr_loop_fn *fn, void *context,
                                   struct kadr_watch **ret_watch);
void kadr_watch_again(struct kadr_watch *watch);
void kadr_watch_free(struct kadr_watch *watch);

/* For http.c alone: the struct event_base. */
void *kadr_loop_base(struct kadr_loop *loop);
