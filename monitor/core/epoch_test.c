// SPDX-License-Identifier: BSD-2-Clause
/* Quarantine: who must fence before a frame comes back, and what a call costs. */
#include "test.h"

#include "epoch.h"
#include "state.h"

static uint64_t space, root, mid;

static int setup(void **state)
{
	test_setup(state);
	space = machine_space(1, 0, &root);
	mid = machine_take();
	machine_must_set(root, machine_link(mid));
	return 0;
}

static uint64_t reclaim(void)
{
	struct nacc_ret ret = machine_call(NACC_CALL_RECLAIM, 0, 0, 0);

	assert_cause(ret, NONE);
	return ret.value;
}

static void give_back(uint64_t frame)
{
	machine_list()[0] = frame;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), NONE);
}

/* A table that was linked and is now in quarantine. */
static uint64_t dead_table(bool dirty)
{
	uint64_t frame = machine_take();

	machine_must_set(machine_slot(mid, 7), machine_link(frame));
	if (dirty)
		machine_must_set(frame, 2);
	machine_must_set(machine_slot(mid, 7), 0);
	give_back(frame);
	assert_state(frame, QUARANTINE);
	return frame;
}

static void fence_on(unsigned int hart)
{
	unsigned int me = host_self();

	host_run_as(hart);
	nacc_hart_fence(hart);
	host_run_as(me);
}

static void reclaim__other_harts__each_must_fence_after_the_epoch_began(void **state)
{
	uint64_t frame = dead_table(true);
	unsigned int hart;

	(void)state;
	/* Fences from before do not count. */
	for (hart = 0; hart < 4; hart++)
		fence_on(hart);
	assert_int_equal(reclaim(), 1);
	for (hart = 1; hart < 4; hart++) {
		assert_true(host_hart(hart)->ipi);
		assert_int_equal(reclaim(), 1);
		assert_state(frame, QUARANTINE);
		fence_on(hart);
	}
	assert_int_equal(reclaim(), 0);
	assert_state(frame, FREE);
	assert_int_equal(machine_word(frame), 0);
}

static void reclaim__epoch_under_way__no_second_one_begins(void **state)
{
	uint32_t epoch = nacc_monitor.epoch;

	(void)state;
	dead_table(false);
	reclaim();
	assert_int_equal(nacc_monitor.epoch, epoch + 1);
	/* However often it is called, and by whom. */
	reclaim();
	host_run_as(2);
	reclaim();
	assert_int_equal(nacc_monitor.epoch, epoch + 1);
	machine_deliver();
	/* Now that it has ended, the frame leaves and nothing is left to wait for. */
	assert_int_equal(reclaim(), 0);
	assert_int_equal(nacc_monitor.epoch, epoch + 1);
}

static void reclaim__frame_given_back_in_an_epoch__waits_for_the_next(void **state)
{
	uint64_t first = dead_table(false), second;

	(void)state;
	reclaim();
	second = dead_table(false);
	machine_deliver();
	assert_int_equal(reclaim(), 1);
	assert_state(first, FREE);
	assert_state(second, QUARANTINE);
	machine_deliver();
	assert_int_equal(reclaim(), 0);
}

static void reclaim__nothing_waits__no_fence_no_ipi(void **state)
{
	unsigned int fences = host_hart(0)->fences;

	(void)state;
	assert_int_equal(reclaim(), 0);
	assert_int_equal(host_hart(0)->fences, fences);
	assert_false(host_hart(1)->ipi);
}

static void reclaim__one_hart__one_call_is_enough(void **state)
{
	struct machine machine = machine_default;
	uint64_t frame;

	(void)state;
	machine.harts = 1;
	machine_start(&machine);
	space = machine_space(1, 0, &root);
	frame = machine_take();
	machine_must_set(root, machine_link(frame));
	machine_must_set(root, 0);
	give_back(frame);
	assert_int_equal(reclaim(), 0);
	assert_state(frame, FREE);
}

static void hart_stop__stopped_hart__is_not_waited_for(void **state)
{
	uint64_t frame;
	unsigned int fences;

	(void)state;
	host_run_as(3);
	nacc_hart_stop(3);
	host_run_as(0);
	frame = dead_table(true);
	reclaim();
	fence_on(1);
	fence_on(2);
	assert_int_equal(reclaim(), 0);
	assert_state(frame, FREE);

	/* It fences before it runs anything, and counts again. */
	fences = host_hart(3)->fences;
	host_run_as(3);
	nacc_hart_start(3);
	host_run_as(0);
	assert_int_equal(host_hart(3)->fences, fences + 1);
	dead_table(true);
	reclaim();
	fence_on(1);
	fence_on(2);
	assert_int_equal(reclaim(), 1);
	fence_on(3);
	assert_int_equal(reclaim(), 0);
}

static bool counted_at_fence, seen_before_fence;
static uint32_t epoch_at_fence;

static void look_at_fence(void)
{
	const struct nacc_hart *hart = &nacc_monitor.harts[3];

	counted_at_fence = hart->running;
	seen_before_fence = hart->seen == epoch_at_fence;
}

/* Had it fenced first, a frame could be freed between fence and count. */
static void hart_start__order__counts_then_fences_then_says_so(void **state)
{
	(void)state;
	host_run_as(3);
	nacc_hart_stop(3);
	host_run_as(0);
	dead_table(false);
	reclaim();
	epoch_at_fence = nacc_monitor.epoch;
	host_run_as(3);
	host_on_fence(look_at_fence);
	nacc_hart_start(3);
	assert_true(counted_at_fence);
	assert_false(seen_before_fence);
	assert_int_equal(nacc_monitor.harts[3].seen, epoch_at_fence);
}

/* An epoch that begins while a hart fences is not the one that it has seen. */
static void advance_at_fence(void)
{
	host_on_fence(NULL);
	nacc_monitor.epoch++;
}

static void hart_fence__epoch_begins_meanwhile__is_not_seen(void **state)
{
	uint32_t epoch = nacc_monitor.epoch;

	(void)state;
	host_on_fence(advance_at_fence);
	nacc_hart_fence(0);
	assert_int_equal(nacc_monitor.epoch, epoch + 1);
	assert_int_equal(nacc_monitor.harts[0].seen, epoch);
}

static void hart_start__in_an_epoch__counts_as_fenced(void **state)
{
	(void)state;
	host_run_as(3);
	nacc_hart_stop(3);
	host_run_as(0);
	dead_table(false);
	reclaim();
	fence_on(1);
	fence_on(2);
	host_run_as(3);
	nacc_hart_start(3);
	host_run_as(0);
	assert_int_equal(reclaim(), 0);
}

static uint64_t satp_of(uint64_t frame)
{
	return 8UL << 60 | frame >> NACC_FRAME_SHIFT;
}

static void reclaim__root_on_a_hart__waits_until_that_hart_left_it(void **state)
{
	uint64_t low = machine_take(), other, other_root;

	(void)state;
	machine_must_set(mid, machine_link(low));
	host_hart(2)->satp = satp_of(root);
	fence_on(2);
	machine_call(NACC_CALL_SPACE_RETIRE, space, 0, 0);
	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0), NONE);
	assert_int_equal(machine_settle(), 1);
	assert_state(root, QUARANTINE);
	assert_state(low, FREE);

	/* It does not hold up a root that is given back later. */
	other = machine_space(2, 0, &other_root);
	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, other, 0, 0), NONE);
	assert_int_equal(machine_settle(), 1);
	assert_state(other_root, FREE);
	assert_state(root, QUARANTINE);

	/* Another root, but not fenced since: its last fence still found it. */
	host_hart(2)->satp = satp_of(other_root);
	assert_int_equal(reclaim(), 1);
	machine_deliver();
	assert_int_equal(machine_settle(), 0);
	assert_state(root, FREE);
	assert_int_equal(machine_word(machine_slot(root, 256)), 0);
}

static void reclaim__root_on_the_calling_hart__waits_too(void **state)
{
	(void)state;
	host_hart(0)->satp = satp_of(root);
	machine_call(NACC_CALL_SPACE_RETIRE, space, 0, 0);
	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0), NONE);
	assert_int_equal(machine_settle(), 1);
	/* Bare: the page number in satp means nothing. */
	host_hart(0)->satp &= ~(15UL << 60);
	assert_int_equal(machine_settle(), 0);
}

static void reclaim__root_of_a_stopped_hart__does_not_wait(void **state)
{
	(void)state;
	host_hart(1)->satp = satp_of(root);
	host_run_as(1);
	nacc_hart_fence(1);
	nacc_hart_stop(1);
	host_run_as(0);
	machine_call(NACC_CALL_SPACE_RETIRE, space, 0, 0);
	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0), NONE);
	assert_int_equal(machine_settle(), 0);
}

static void reclaim__many_roots_held__others_still_leave(void **state)
{
	struct machine machine = machine_default;
	uint64_t roots[40], ids[40];
	unsigned int i;

	(void)state;
	machine.harts = 24;
	machine_start(&machine);
	for (i = 0; i < 40; i++)
		ids[i] = machine_space(1 + i, 0, &roots[i]);
	for (i = 1; i < 24; i++)
		host_hart(i)->satp = satp_of(roots[i - 1]);
	for (i = 0; i < 40; i++)
		assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, ids[i], 0, 0),
			     NONE);
	assert_int_equal(machine_settle(), 23);
	assert_state(roots[39], FREE);
	for (i = 1; i < 24; i++)
		host_hart(i)->satp = 0;
	assert_int_equal(machine_settle(), 0);
}

static void reclaim__dirty_frames__sixteen_a_call(void **state)
{
	unsigned int i, zeroed;

	(void)state;
	for (i = 0; i < 40; i++)
		dead_table(true);
	reclaim();
	zeroed = host_zeroed();
	machine_deliver();
	assert_int_equal(reclaim(), 24);
	assert_int_equal(host_zeroed() - zeroed, NACC_MAX_SCRUBS);
	assert_int_equal(reclaim(), 8);
	assert_int_equal(reclaim(), 0);
	assert_int_equal(host_zeroed() - zeroed, 40);
}

static void reclaim__clean_frames__cost_no_scrub(void **state)
{
	unsigned int i, zeroed;

	(void)state;
	for (i = 0; i < 40; i++)
		dead_table(false);
	zeroed = host_zeroed();
	assert_int_equal(machine_settle(), 0);
	assert_int_equal(host_zeroed(), zeroed);
}

static void take__free_lists_empty__ripe_frames_are_used_within_the_budget(void **state)
{
	unsigned int i, ours = 0;
	struct nacc_ret ret;

	(void)state;
	for (i = 0; i < 40; i++)
		dead_table(true);
	while (machine_info(NACC_INFO_FRAMES_FREE)) {
		machine_take();
		ours++;
	}
	assert_in_range(ours, 1, machine_default.frames);
	/* Not ripe: none at all. */
	assert_cause(machine_call(NACC_CALL_FRAMES_TAKE, 64, 0, 0), NO_FRAME);
	reclaim();
	machine_deliver();
	ret = machine_call(NACC_CALL_FRAMES_TAKE, 64, 0, 0);
	assert_cause(ret, NONE);
	assert_int_equal(ret.value, NACC_MAX_SCRUBS);
	for (i = 0; i < ret.value; i++) {
		assert_state(machine_list()[i], FRESH);
		assert_int_equal(machine_word(machine_list()[i]), 0);
	}
	assert_int_equal(machine_info(NACC_INFO_FRAMES_QUARANTINED), 24);
}

static void quarantine__shards_of_several_harts__all_are_drained(void **state)
{
	unsigned int hart;

	(void)state;
	for (hart = 0; hart < 4; hart++) {
		host_run_as(hart);
		dead_table(true);
		dead_table(false);
	}
	host_run_as(1);
	assert_int_equal(machine_info(NACC_INFO_FRAMES_QUARANTINED), 8);
	assert_int_equal(machine_settle(), 0);
}

static void epoch__counter_wraps__order_is_kept(void **state)
{
	(void)state;
	nacc_monitor.epoch = 0xffffffffU;
	for (unsigned int hart = 0; hart < 4; hart++)
		fence_on(hart);
	reclaim__other_harts__each_must_fence_after_the_epoch_began(state);
	assert_int_equal(nacc_monitor.epoch, 0);
	reclaim__other_harts__each_must_fence_after_the_epoch_began(state);
	assert_int_equal(nacc_monitor.epoch, 1);
}

#define in_space(f)	cmocka_unit_test_setup_teardown(f, setup, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_space(reclaim__other_harts__each_must_fence_after_the_epoch_began),
		in_space(reclaim__epoch_under_way__no_second_one_begins),
		in_space(reclaim__frame_given_back_in_an_epoch__waits_for_the_next),
		in_space(reclaim__nothing_waits__no_fence_no_ipi),
		in_space(reclaim__one_hart__one_call_is_enough),
		in_space(hart_stop__stopped_hart__is_not_waited_for),
		in_space(hart_start__order__counts_then_fences_then_says_so),
		in_space(hart_fence__epoch_begins_meanwhile__is_not_seen),
		in_space(hart_start__in_an_epoch__counts_as_fenced),
		in_space(reclaim__root_on_a_hart__waits_until_that_hart_left_it),
		in_space(reclaim__root_on_the_calling_hart__waits_too),
		in_space(reclaim__root_of_a_stopped_hart__does_not_wait),
		in_space(reclaim__many_roots_held__others_still_leave),
		in_space(reclaim__dirty_frames__sixteen_a_call),
		in_space(reclaim__clean_frames__cost_no_scrub),
		in_space(take__free_lists_empty__ripe_frames_are_used_within_the_budget),
		in_space(quarantine__shards_of_several_harts__all_are_drained),
		in_space(epoch__counter_wraps__order_is_kept),
	};

	return cmocka_run_group_tests_name("epoch", tests, NULL, NULL);
}
