/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* wait.h - run a loop until a condition holds, with a deadline: no test sleeps and hopes. */
#include "base/clock.h"
#include "edge/loop.h"

struct wait {
    struct kadr_loop *loop;
    struct kadr_timer *timer;
    bool (*holds)(const void *context);
    const void *context;
    kadr_ns until_ns;
    bool held;
};

static inline void wait_step(void *context)
{
    struct wait *wait = context;
    wait->held = wait->holds(wait->context);
    if (wait->held || kadr_clock_monotonic_ns() > wait->until_ns) {
        kadr_loop_stop(wait->loop);
    } else {
        kadr_timer_set(wait->timer, KADR_MS(1));
    }
}

/* Turns the loop until holds(context), at most `limit_ns`. Returns whether it held. */
static inline bool wait_until(struct kadr_loop *loop, bool (*holds)(const void *context), const void *context,
                              kadr_ns limit_ns)
{
    struct wait wait = {
        .loop = loop, .holds = holds, .context = context, .until_ns = kadr_clock_monotonic_ns() + limit_ns
    };
    if (kadr_timer_new(loop, wait_step, &wait, &wait.timer)) {
        return false;
    }
    kadr_timer_set(wait.timer, 0);
    int rc = kadr_loop_run(loop);
    kadr_timer_free(wait.timer);
    return rc == 0 && wait.held;
}
