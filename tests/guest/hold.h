/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An adoption that stands still between the copy and the switch, all its locks
 * held, and what can be seen of those who wait for them.
 */
#ifndef NACC_HOLD_H
#define NACC_HOLD_H

#include "guest.h"

/* The adoption of @pid is under way and stands still; who carries it out. */
pid_t attach_and_hold(pid_t pid);
/* It goes on. Returns the errno that the attacher got, 0, or -1 if it died. */
int attach_go_on(pid_t attacher);

/*
 * Within 30 s thread @tid waits in a function of the kernel whose name holds
 * @where: a result of the test.
 */
void waits_soon(pid_t tid, const char *where, const char *what);

/* A thread of the kernel, by name. */
pid_t kthread_find(const char *name);

#endif /* NACC_HOLD_H */
