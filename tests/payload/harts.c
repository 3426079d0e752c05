/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same protection on every hart, however it came up: started, stopped and
 * started again, suspended with loss of its state and resumed.
 */
#include "payload.h"

#define TIMEOUT_TICKS	100000000UL	/* 10 s on QEMU's virt machine */
#define STACK_BYTES	4096

enum step { STEP_NONE, STEP_STARTED, STEP_FAILED, STEP_HOLDS, STEP_LEFT };

enum command {
	COMMAND_STAY, COMMAND_STOP, COMMAND_SUSPEND, COMMAND_HOLD, COMMAND_LEAVE,
	COMMAND_RUN, COMMAND_HAMMER
};

struct hart {
	volatile enum step step;
	volatile enum command command;
	volatile unsigned long op_page;
	volatile unsigned long satp;	/* what COMMAND_HOLD loads */
	void (*volatile function)(void);	/* what COMMAND_RUN calls */
};

static struct hart harts[MAX_HARTS];
static char stacks[MAX_HARTS][STACK_BYTES] __attribute__((aligned(16)));

/* What test_machine shows in detail, in short. */
static bool is_protected(void)
{
	unsigned long pool = nacc_info(NACC_INFO_POOL_BASE), value;

	return nacc_info(NACC_INFO_HART) == (NACC_HART_AD_OFF | NACC_HART_PMP_OK) &&
	       !probe_load(pool, &value) &&
	       probe_store(pool, value) == CAUSE_STORE_ACCESS &&
	       probe_load(pool - 8, &value) == CAUSE_LOAD_ACCESS &&
	       refused(nacc_call(NACC_CALL_SET, 0, 0, 0),
		       NACC_SBI_INVALID_ADDRESS, NACC_CAUSE_SLOT) &&
	       !call_keeps(NACC_CALL_SET, 0, 0);
}

static struct sbi_ret hsm(unsigned long call, unsigned long hartid,
			  unsigned long address, unsigned long argument)
{
	return sbi_call(SBI_HSM, call, hartid, address, argument, 0, 0, 0);
}

static unsigned long stack_of(unsigned long hartid)
{
	return ((unsigned long)stacks[hartid] & ~HIGH) + STACK_BYTES;
}

/* Runs on a guarded root until it is told otherwise; stops while still on it. */
static void hold_root(unsigned long hartid)
{
	struct hart *me = &harts[hartid];

	paging_switch(me->satp);
	me->command = COMMAND_STAY;
	me->step = STEP_HOLDS;
	while (me->command == COMMAND_STAY)
		;
	if (me->command == COMMAND_STOP)
		hsm(SBI_HSM_STOP, 0, 0, 0);
	paging_switch(paging_satp());
	me->command = COMMAND_STAY;
	me->step = STEP_LEFT;
}

/* By start and by resume alike. */
void payload_secondary(unsigned long hartid);
void payload_secondary(unsigned long hartid)
{
	struct hart *me = &harts[hartid];
	enum command command;

	me->op_page = nacc_info(NACC_INFO_OP_PAGE);
	me->command = COMMAND_STAY;
	me->step = is_protected() ? STEP_STARTED : STEP_FAILED;
	do {
		command = me->command;
		if (command == COMMAND_HOLD)
			run_high(paging_satp(), hold_root, hartid);
		if (command == COMMAND_RUN) {
			me->command = COMMAND_STAY;
			me->step = STEP_STARTED;
			me->function();
		}
		if (command == COMMAND_HAMMER) {
			contend_hammer(hartid);
			me->command = COMMAND_STAY;
			me->step = STEP_LEFT;
		}
	} while (command != COMMAND_SUSPEND && command != COMMAND_STOP &&
		 command != COMMAND_LEAVE);
	if (command == COMMAND_SUSPEND)
		hsm(SBI_HSM_SUSPEND, SBI_HSM_NON_RETENTIVE,
		    (unsigned long)secondary_entry, stack_of(hartid));
	hsm(SBI_HSM_STOP, 0, 0, 0);
}

static enum step step_wait(unsigned long hartid)
{
	unsigned long begin = read_time();

	while (harts[hartid].step == STEP_NONE)
		if (read_time() - begin > TIMEOUT_TICKS)
			break;
	return harts[hartid].step;
}

bool hart_start(unsigned long hartid)
{
	harts[hartid].step = STEP_NONE;
	return !hsm(SBI_HSM_START, hartid, (unsigned long)secondary_entry & ~HIGH,
		    stack_of(hartid)).error && step_wait(hartid) == STEP_STARTED;
}

bool hart_stop(unsigned long hartid)
{
	unsigned long begin = read_time();

	harts[hartid].command = COMMAND_STOP;
	while (hsm(SBI_HSM_STATUS, hartid, 0, 0).value != SBI_HSM_STOPPED)
		if (read_time() - begin > TIMEOUT_TICKS)
			return false;
	return true;
}

bool hart_resume(unsigned long hartid)
{
	unsigned long begin = read_time();

	harts[hartid].step = STEP_NONE;
	harts[hartid].command = COMMAND_SUSPEND;
	while (hsm(SBI_HSM_STATUS, hartid, 0, 0).value != SBI_HSM_SUSPENDED)
		if (read_time() - begin > TIMEOUT_TICKS)
			return false;
	if (sbi_call(SBI_IPI, 0, 1, hartid, 0, 0, 0, 0).error)
		return false;
	return step_wait(hartid) == STEP_STARTED;
}

static bool hart_command(unsigned long hartid, enum command command, enum step step)
{
	harts[hartid].step = STEP_NONE;
	harts[hartid].command = command;
	return step_wait(hartid) == step;
}

bool hart_run(unsigned long hartid, void (*function)(void))
{
	/* It has no paging, wherever we are. */
	harts[hartid].function = (void (*)(void))((unsigned long)function & ~HIGH);
	return hart_command(hartid, COMMAND_RUN, STEP_STARTED);
}

bool hart_hold(unsigned long hartid, unsigned long satp)
{
	harts[hartid].satp = satp;
	return hart_command(hartid, COMMAND_HOLD, STEP_HOLDS);
}

bool hart_leave(unsigned long hartid)
{
	return hart_command(hartid, COMMAND_LEAVE, STEP_LEFT);
}

/* RECLAIM until @left frames wait in quarantine: other harts need time. */
static bool reclaim_until(unsigned long left)
{
	unsigned long begin = read_time();

	while (space_reclaim(1) != left)
		if (read_time() - begin > TIMEOUT_TICKS)
			return false;
	return true;
}

/* A root that another hart has loaded is not used again before it lets go. */
static void run_epochs(unsigned long hartid)
{
	unsigned long free = nacc_info(NACC_INFO_FRAMES_FREE);

	ok(hart_hold(hartid, space_make()), "it runs on a guarded root");
	ok(space_drop() && reclaim_until(1),
	   "the space goes, its tables become free, and its root does not");
	ok(space_reclaim(100) == 1 && nacc_info(NACC_INFO_FRAMES_FREE) == free - 1,
	   "the root waits for as long as it is loaded");
	ok(hart_leave(hartid) && reclaim_until(0) && nacc_info(NACC_INFO_FRAMES_FREE) == free,
	   "it becomes free when the hart has left it");
	ok(hart_hold(hartid, space_make()) && space_drop() && reclaim_until(1),
	   "the same again");
	ok(hart_stop(hartid) && reclaim_until(0) &&
	   nacc_info(NACC_INFO_FRAMES_FREE) == free,
	   "a hart that stops lets go of its root");
}

static bool started[MAX_HARTS];

static bool all_hammer(unsigned long mine)
{
	unsigned long hartid;
	bool good = true;

	for (hartid = 0; hartid < MAX_HARTS; hartid++) {
		harts[hartid].step = STEP_NONE;
		if (started[hartid])
			harts[hartid].command = COMMAND_HAMMER;
	}
	contend_hammer(mine);
	for (hartid = 0; hartid < MAX_HARTS; hartid++)
		if (started[hartid])
			good &= step_wait(hartid) == STEP_LEFT;
	return good;
}

void test_harts(unsigned long boot_hartid)
{
	unsigned long hartid, i, pages[MAX_HARTS], count = 0;
	bool distinct = true;

	pages[count++] = nacc_info(NACC_INFO_OP_PAGE);
	for (hartid = 0; hartid < MAX_HARTS; hartid++) {
		if (hartid == boot_hartid ||
		    hsm(SBI_HSM_STATUS, hartid, 0, 0).error)
			continue;
		ok(hart_start(hartid), "a further hart starts, and is protected");
		for (i = 0; i < count; i++)
			if (pages[i] == harts[hartid].op_page)
				distinct = false;
		pages[count++] = harts[hartid].op_page;
		ok(!nacc_call(NACC_CALL_RECLAIM, 0, 0, 0).error,
		   "RECLAIM returns while it runs");
		ok(hart_stop(hartid) && hart_start(hartid),
		   "it stops, starts again, and is protected");
		ok(hart_resume(hartid),
		   "it is suspended without its state, resumes, and is protected");
		run_high(paging_satp(), run_epochs, hartid);
		ok(hart_start(hartid), "and it starts once more");
	}
	ok(distinct, "each hart has an op page of its own");
	for (hartid = 0; hartid < MAX_HARTS; hartid++)
		started[hartid] = harts[hartid].step == STEP_STARTED;
	test_contention(boot_hartid, started, all_hammer);
	for (hartid = 0; hartid < MAX_HARTS; hartid++)
		if (started[hartid])
			ok(hart_stop(hartid), "a hart stops");
}
