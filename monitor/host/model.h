/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor as its contract says it, without lists, locks or epochs: frames
 * with a state and words, spaces with a state and a policy, and for each hart
 * when it fenced last. After each call the model says what must
 * have come out, and is compared with the machine word by word.
 */
#ifndef NACC_HOST_MODEL_H
#define NACC_HOST_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"
#include "script.h"

#define MODEL_FRAMES	64
#define MODEL_SPACES	4096
#define MODEL_HARTS	8

struct model_frame {
	unsigned int state;
	unsigned int level;
	unsigned int space;		/* of model->spaces */
	bool linked_once;
	bool root;			/* QUARANTINE: it was one */
	uint64_t given_back;		/* QUARANTINE: when */
	uint64_t words[512];
};

struct model_space {
	uint64_t id;
	unsigned int state;
	unsigned int policy;
	unsigned int root;
};

struct model_hart {
	bool running;
	uint64_t fenced;		/* when */
	uint64_t satp;			/* then */
};

struct model {
	struct machine machine;
	unsigned int kept;
	uint64_t now;
	uint64_t written;		/* entries, by the last call */
	uint64_t ops, refusals;		/* the machine's counters before it */
	unsigned int spaces_used;
	struct model_frame frames[MODEL_FRAMES];
	struct model_space spaces[MODEL_SPACES];
	struct model_hart harts[MODEL_HARTS];
};

/* model_start - of a machine that machine_start has just started. */
void model_start(struct model *model, const struct machine *machine);

/* The hart has fenced, or stopped. */
void model_fence(struct model *model, unsigned int hart);
void model_stop(struct model *model, unsigned int hart);

/*
 * model_check - @call returned @ret on @hart: was that right, and is the
 * machine now what the model is? Else says on stderr what is not.
 */
bool model_check(struct model *model, unsigned int hart,
		 const struct script_call *call, struct nacc_ret ret);

/* What the parts of the model share. */

#define MODEL_NONE		(~0U)
#define MODEL_KERNEL_SLOT	256	/* of a root: where the kernel half begins */

static inline bool model_is_link(uint64_t word)
{
	return (word & 0xf) == 1;
}

static inline uint64_t model_pa(uint64_t word)
{
	return (word << 10 >> 20) << 12;
}

static inline bool model_is_table(const struct model_frame *f)
{
	return f->state == NACC_FRAME_DETACHED || f->state == NACC_FRAME_LINKED ||
	       f->state == NACC_FRAME_ROOT;
}

/* Index of the frame that holds @pa, or MODEL_NONE. */
static inline unsigned int model_frame(const struct model *m, uint64_t pa)
{
	uint64_t index = (pa - MACHINE_POOL_BASE) >> 12;

	return pa >= MACHINE_POOL_BASE && index < m->machine.frames ? index :
								      MODEL_NONE;
}

/* Words that are not zero; of a root only those of the user half. */
unsigned int model_live(const struct model_frame *f);

/* Links among them. */
unsigned int model_links(const struct model_frame *f);

/* Tables that name the space. */
unsigned int model_names(const struct model *m, unsigned int space);

/* The space of an id that is not gone, or MODEL_NONE. */
unsigned int model_space(const struct model *m, uint64_t id);

/* The same, that is not DEAD either. */
unsigned int model_usable(const struct model *m, uint64_t id);

void model_clear(struct model_frame *f, unsigned int state);
void model_give_back(struct model *m, struct model_frame *f);

/* Calls: each returns its cause. */
unsigned int model_create(struct model *m, const struct script_call *c,
			  struct nacc_ret ret);
unsigned int model_retire(struct model *m, const struct script_call *c,
			  struct nacc_ret ret);
unsigned int model_destroy(struct model *m, uint64_t id);
unsigned int model_policy(struct model *m, uint64_t id, uint64_t bits);
/* *@index is how many of the list were returned. */
unsigned int model_return(struct model *m, const struct script_call *c,
			  uint64_t *index);

/* The cause that a V=1 value must get, by itself. */
unsigned int model_leaf(const struct model *m, uint64_t value,
			unsigned int level, unsigned int policy);
unsigned int model_link(const struct model *m, unsigned int table,
			uint64_t value);

/* Perform a call that changes frames or spaces; says its cause and index. */
unsigned int model_change(struct model *m, const struct script_call *c,
			  struct nacc_ret ret, uint64_t *index);

#endif /* NACC_HOST_MODEL_H */
