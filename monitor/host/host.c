// SPDX-License-Identifier: BSD-2-Clause
/* The fake machine. See host.h. */
#include <nacc/arch.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define SPIN_SECONDS	20	/* a lock held for longer is a deadlock */

struct region {
	uint64_t base;
	uint64_t size;
};

static char *memory;
static struct host_hart harts[NACC_MAX_HARTS];
static unsigned int hart_count;
static struct region allowed[HOST_REGIONS];
static unsigned int allowed_count;
static struct region frame_locks;
static unsigned int zeroed;
static void (*lock_hook)(void *arg);
static void *lock_arg;
static void (*read_hook)(void *arg);
static void *read_arg;
static void (*fence_hook)(void);
static _Thread_local unsigned int self;

static void die(const char *what, uint64_t where)
{
	fprintf(stderr, "host: hart %u: %s (%#lx)\n", self, what, where);
	abort();
}

static bool inside(const struct region *region, uint64_t at)
{
	return at - region->base < region->size;
}

void host_reset(unsigned int count)
{
	if (!memory) {
		memory = mmap(NULL, HOST_RAM_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (memory == MAP_FAILED)
			die("no memory", HOST_RAM_SIZE);
	}
	memset(harts, 0, sizeof(harts));
	hart_count = count;
	allowed_count = 0;
	frame_locks = (struct region){ 0, 0 };
	zeroed = 0;
	lock_hook = NULL;
	read_hook = NULL;
	fence_hook = NULL;
	self = 0;
}

void host_poison(uint64_t base, uint64_t size)
{
	memset(host_memory(base), 0xa5, size);
}

void host_allow(uint64_t base, uint64_t size)
{
	if (allowed_count == HOST_REGIONS)
		die("too many regions", base);
	allowed[allowed_count++] = (struct region){ base, size };
}

void host_frame_locks(uint64_t base, uint64_t size)
{
	frame_locks.base = (uintptr_t)host_memory(base);
	frame_locks.size = size;
}

void host_run_as(unsigned int hart)
{
	if (hart >= hart_count)
		die("no such hart", hart);
	self = hart;
}

unsigned int host_self(void)
{
	return self;
}

struct host_hart *host_hart(unsigned int hart)
{
	return &harts[hart];
}

void *host_memory(uint64_t pa)
{
	return memory + (pa - HOST_RAM_BASE);
}

void host_on_lock(void (*hook)(void *arg), void *arg)
{
	lock_hook = hook;
	lock_arg = arg;
}

void host_on_read(void (*hook)(void *arg), void *arg)
{
	read_hook = hook;
	read_arg = arg;
}

void host_read_point(void)
{
	if (read_hook)
		read_hook(read_arg);
}

void host_on_fence(void (*hook)(void))
{
	fence_hook = hook;
}

unsigned int host_zeroed(void)
{
	return __atomic_load_n(&zeroed, __ATOMIC_RELAXED);
}

void *host_ptr(uint64_t pa)
{
	unsigned int i;

	for (i = 0; i < allowed_count; i++)
		if (inside(&allowed[i], pa))
			return host_memory(pa);
	die("core reaches outside of its memory", pa);
	return NULL;
}

/* A lock word is the holder's index + 1. */
void host_lock(uint32_t *lock)
{
	bool is_frame = inside(&frame_locks, (uintptr_t)lock);
	uint32_t none = 0;
	time_t begin = 0;

	if (lock_hook && !harts[self].frame_held)
		lock_hook(lock_arg);
	if (is_frame && harts[self].frame_held)
		die("two frame locks at once", (uintptr_t)lock);
	while (!__atomic_compare_exchange_n(lock, &none, self + 1, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (none == self + 1)
			die("lock taken twice", (uintptr_t)lock);
		if (!begin)
			begin = time(NULL);
		if (time(NULL) - begin > SPIN_SECONDS)
			die("deadlock", (uintptr_t)lock);
		none = 0;
		sched_yield();
	}
	harts[self].held++;
	harts[self].frame_held |= is_frame;
}

void host_unlock(uint32_t *lock)
{
	if (__atomic_load_n(lock, __ATOMIC_RELAXED) != self + 1)
		die("unlock of a lock that is not held", (uintptr_t)lock);
	harts[self].held--;
	if (inside(&frame_locks, (uintptr_t)lock))
		harts[self].frame_held = false;
	__atomic_store_n(lock, 0, __ATOMIC_SEQ_CST);
}

void host_fence_page(uint64_t va)
{
	harts[self].page_fences++;
	harts[self].page_va = va;
}

void host_fence_all(void)
{
	if (fence_hook)
		fence_hook();
	harts[self].fences++;
}

uint64_t host_satp(void)
{
	return harts[self].satp;
}

void host_zero_frame(void *frame)
{
	__atomic_fetch_add(&zeroed, 1, __ATOMIC_RELAXED);
	memset(frame, 0, 4096);
}

/* Here harts take turns, and threads use a mutex. */
uint64_t nacc_arch_lock_waits(void)
{
	return 0;
}

uint64_t nacc_arch_hart_flags(void)
{
	return harts[self].flags;
}

void nacc_arch_fence_others(void)
{
	unsigned int i;

	if (harts[self].held)
		die("lock held while other harts are asked to fence", self);
	for (i = 0; i < hart_count; i++)
		if (i != self)
			__atomic_store_n(&harts[i].ipi, true, __ATOMIC_SEQ_CST);
}
