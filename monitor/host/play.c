// SPDX-License-Identifier: BSD-2-Clause
/* Machine and model side by side. See play.h. */
#include "play.h"

#include <string.h>

#include "check.h"

static uint64_t below(struct play *play, uint64_t limit)
{
	return play->script.next(play->script.arg) % limit;
}

void play_start(struct play *play, const struct machine *machine,
		uint64_t (*next)(void *arg), void *arg)
{
	play->machine = *machine;
	play->script = (struct script){
		.next = next, .arg = arg, .frames = machine->frames,
		.levels = machine->levels, .ids = play->ids,
	};
	memset(play->ids, 0, sizeof(play->ids));
	play->done = 0;
	play->refused = 0;
	machine_start(machine);
	model_start(&play->model, machine);
}

/* A hart does something that is no call: switches root, fences, stops, starts. */
static void hart_event(struct play *play)
{
	unsigned int hart = below(play, play->machine.harts);
	uint64_t frame = below(play, play->machine.frames);
	struct host_hart *h = host_hart(hart);
	struct model *m = &play->model;

	host_run_as(hart);
	switch (below(play, 6)) {
	case 0:
		/* The kernel loads no root but a registered one. */
		if (m->frames[frame].state == NACC_FRAME_ROOT)
			h->satp = 8UL << 60 | ((MACHINE_POOL_BASE >> 12) + frame);
		break;
	case 1:
		h->satp = 8UL << 60 | 0x80999;
		break;
	case 2:
		if (hart && m->harts[hart].running) {
			h->satp = 0;
			nacc_hart_stop(hart);
			model_stop(m, hart);
		}
		break;
	case 3:
		if (!m->harts[hart].running) {
			nacc_hart_start(hart);
			model_fence(m, hart);
		}
		break;
	default:
		if (h->ipi && m->harts[hart].running) {
			h->ipi = false;
			nacc_hart_fence(hart);
			model_fence(m, hart);
		}
	}
}

/* Hart 0 never stops. */
static unsigned int running_hart(struct play *play)
{
	unsigned int hart = below(play, play->machine.harts);

	return play->model.harts[hart].running ? hart : 0;
}

bool play_step(struct play *play)
{
	struct script_call call;
	struct nacc_ret ret;
	unsigned int hart;

	if (!below(play, 4))
		hart_event(play);
	hart = running_hart(play);
	host_run_as(hart);
	script_step(&play->script, &call);
	ret = script_perform(&play->script, hart, &call);
	if (ret.error)
		play->refused++;
	else
		play->done++;
	return model_check(&play->model, hart, &call, ret) &&
	       ((play->done + play->refused) % 64 || check_all());
}

bool play_end(void)
{
	return check_all() && !machine_sweep() && check_all() &&
	       !machine_info(NACC_INFO_SPACES);
}
