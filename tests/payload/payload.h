/* SPDX-License-Identifier: BSD-2-Clause */
/* A next stage in bare S-mode that tests the firmware and prints TAP. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <nacc_abi.h>

#include <stdbool.h>
#include <stddef.h>

#define MAX_HARTS	8

#define CAUSE_FETCH_ACCESS	1
#define CAUSE_LOAD_ACCESS	5
#define CAUSE_STORE_MISALIGNED	6
#define CAUSE_STORE_ACCESS	7
#define CAUSE_LOAD_PAGE		13
#define CAUSE_STORE_PAGE	15

#define SBI_BASE	0x10
#define SBI_BASE_VERSION	0
#define SBI_BASE_PROBE		3
#define SBI_HSM		0x48534D
#define SBI_HSM_START		0
#define SBI_HSM_STOP		1
#define SBI_HSM_STATUS		2
#define SBI_HSM_SUSPEND		3
#define SBI_HSM_STARTED		0
#define SBI_HSM_STOPPED		1
#define SBI_HSM_SUSPENDED	4
#define SBI_HSM_NON_RETENTIVE	0x80000000UL
#define SBI_DBCN	0x4442434E
#define SBI_DBCN_WRITE		0
#define SBI_DBCN_READ		1
#define SBI_DBCN_BYTE		2
#define SBI_SRST	0x53525354
#define SBI_PMU		0x504D55
#define SBI_PMU_EVENT_GET_INFO	8
#define SBI_DBTR	0x44425452
#define SBI_MPXY	0x4D505859
#define SBI_SSE		0x535345
#define SBI_FWFT	0x46574654
#define SBI_FWFT_SET		0
#define SBI_FWFT_PTE_AD		4
#define SBI_IPI		0x735049

#define PTE_V		0x001UL
#define PTE_R		0x002UL
#define PTE_W		0x004UL
#define PTE_X		0x008UL
#define PTE_RWX		0x00eUL
#define PTE_U		0x010UL
#define PTE_G		0x020UL
#define PTE_A		0x040UL
#define PTE_D		0x080UL
#define SATP_SV39	(8UL << 60)

#define HIGH		0xffffffc000000000UL	/* alias of physical memory */
#define IMAGE_BASE	0x80200000UL		/* this payload */
#define IMAGE_BYTES	0x40000UL
#define ZERO_PAGE	IMAGE_BASE		/* its parts that may be read: this */
#define READ_PAGE	(IMAGE_BASE + 0x2000)	/* and others */
#define FIRMWARE	0x80000000UL
#define UART		0x10000000UL
#define DATA		0x81000000UL		/* a page for user space */

struct sbi_ret {
	long error;
	unsigned long value;
};

struct sbi_ret sbi_call(unsigned long extension, unsigned long call,
			unsigned long a0, unsigned long a1, unsigned long a2,
			unsigned long a3, unsigned long a4, unsigned long a5);

static inline struct sbi_ret nacc_call(unsigned long call, unsigned long a0,
				       unsigned long a1, unsigned long a2)
{
	return sbi_call(NACC_SBI_EXT, call, a0, a1, a2, 0, 0, 0);
}

static inline unsigned long nacc_info(unsigned long item)
{
	return nacc_call(NACC_CALL_INFO, item, 0, 0).value;
}

static inline bool refused(struct sbi_ret ret, long error, unsigned long cause)
{
	return ret.error == error && NACC_CAUSE(ret.value) == cause;
}

/* Where physical memory is seen while run_high() runs. */
static inline volatile unsigned long *high(unsigned long pa)
{
	return (volatile unsigned long *)(HIGH + pa);
}

static inline unsigned long entry(unsigned long pa, unsigned long bits)
{
	return pa >> 12 << 10 | bits;
}

static inline unsigned long leaf(unsigned long pa, unsigned long bits)
{
	return entry(pa, bits | PTE_V | PTE_R | PTE_U | PTE_A);
}

static inline unsigned long read_time(void)
{
	unsigned long time;

	__asm__ __volatile__("csrr %0, time" : "=r"(time) : : "memory");
	return time;
}

/* start.S */
long probe_load(unsigned long address, unsigned long *value);
long probe_store(unsigned long address, unsigned long value);
long probe_amo(unsigned long address);
long probe_fetch(unsigned long address);
/* An ecall that may come back as a trap: its cause, else what a0 says. */
long probe_call(unsigned long extension, unsigned long call, unsigned long a0,
		unsigned long a1, unsigned long a2);
/* Calls @address with two arguments; it returns by `jr t5`. */
long probe_run(unsigned long address, unsigned long a0, unsigned long a1);
/* Where a hart should not come: says so in `came`, and stops. */
void came_here(void);
extern volatile unsigned long came;
unsigned long call_keeps(unsigned long call, unsigned long slot, unsigned long value);
void run_high(unsigned long satp, void (*function)(unsigned long),
	      unsigned long argument);
unsigned long call_cost(unsigned long extension, unsigned long call,
			unsigned long a0, unsigned long a1, unsigned long a2,
			unsigned long a5);
void secondary_entry(void);

/* payload.c */
void print(const char *text);
void print_hex(unsigned long value);
void ok(bool good, const char *what);
void report_cost(const char *what, unsigned long extension, unsigned long call,
		 unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a5);
/* The most that report_cost() has found for a call of ours. */
void report_longest(void);

/* machine.c: memory protection and refusals on one hart */
void test_machine(void);
void test_tree(const unsigned char *fdt);
bool tree_contains(const unsigned char *fdt, const char *word);
void test_deputies(void);
void test_ad_bits(void);

/*
 * space.c: a guarded space, used as a kernel does. Physical memory is seen at
 * an alias in the kernel's half; space_make builds one and returns its satp,
 * and both are called there, with paging_satp loaded.
 */
unsigned long paging_satp(void);
void paging_switch(unsigned long satp);
unsigned long space_make(void);
bool space_drop(void);
unsigned long space_reclaim(unsigned int calls);
void test_space(void);

/*
 * contend.c: @all_hammer has every hart that is @started, and @mine, call
 * contend_hammer() at the same time; false if one of them does not come back.
 */
void contend_hammer(unsigned long hartid);
void test_contention(unsigned long mine, const bool *started,
		     bool (*all_hammer)(unsigned long mine));

/* longest.c: calls with more to do than they may do at once */
void test_longest(void);

/*
 * harts.c: all harts. A hart that was started does what it is told to:
 * hart_run() has it call a function, hart_hold() has it run on a root, until
 * hart_leave() or hart_stop().
 */
bool hart_start(unsigned long hartid);
bool hart_stop(unsigned long hartid);
/* Suspended without its state, and woken up. */
bool hart_resume(unsigned long hartid);
bool hart_run(unsigned long hartid, void (*function)(void));
bool hart_hold(unsigned long hartid, unsigned long satp);
bool hart_leave(unsigned long hartid);
void test_harts(unsigned long boot_hartid);

/*
 * attack.c: with `attack` on the command line, what a hostile kernel tries;
 * one line for each attack, and what came of it. With `attack=NAME.` that one.
 */
void attacks_run(unsigned long boot_hartid, const unsigned char *fdt);

#endif /* PAYLOAD_H */
