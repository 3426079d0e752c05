/* SPDX-License-Identifier: BSD-2-Clause */
/* Console, TAP and the order of the tests. */
#include "payload.h"

static unsigned int tests;

struct sbi_ret sbi_call(unsigned long extension, unsigned long call,
			unsigned long arg0, unsigned long arg1,
			unsigned long arg2, unsigned long arg3,
			unsigned long arg4, unsigned long arg5)
{
	register unsigned long a0 __asm__("a0") = arg0;
	register unsigned long a1 __asm__("a1") = arg1;
	register unsigned long a2 __asm__("a2") = arg2;
	register unsigned long a3 __asm__("a3") = arg3;
	register unsigned long a4 __asm__("a4") = arg4;
	register unsigned long a5 __asm__("a5") = arg5;
	register unsigned long a6 __asm__("a6") = call;
	register unsigned long a7 __asm__("a7") = extension;

	__asm__ __volatile__("ecall"
			     : "+r"(a0), "+r"(a1)
			     : "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a6), "r"(a7)
			     : "memory");
	return (struct sbi_ret){ .error = a0, .value = a1 };
}

static void print_byte(char c)
{
	sbi_call(SBI_DBCN, SBI_DBCN_BYTE, c, 0, 0, 0, 0, 0);
}

void print(const char *text)
{
	while (*text)
		print_byte(*text++);
}

static void print_decimal(unsigned long value)
{
	if (value >= 10)
		print_decimal(value / 10);
	print_byte('0' + value % 10);
}

void print_hex(unsigned long value)
{
	int shift;

	print("0x");
	for (shift = 60; shift >= 0; shift -= 4)
		print_byte("0123456789abcdef"[value >> shift & 15]);
}

void ok(bool good, const char *what)
{
	print(good ? "ok " : "not ok ");
	print_decimal(++tests);
	print(" - ");
	print(what);
	print("\n");
}

static void __attribute__((noreturn)) shut_down(void)
{
	sbi_call(SBI_SRST, 0, 0, 0, 0, 0, 0, 0);
	for (;;)
		__asm__ __volatile__("wfi");
}

void payload_trap(unsigned long cause, unsigned long pc);
void payload_trap(unsigned long cause, unsigned long pc)
{
	print("Bail out! unexpected trap, cause ");
	print_hex(cause);
	print(" at ");
	print_hex(pc);
	print("\n");
	shut_down();
}

static unsigned long longest;

static void print_count(const char *what, unsigned long count)
{
	print("# instructions: ");
	print(what);
	print(": ");
	print_decimal(count);
	print("\n");
}

/* Meaningful under QEMU's -icount, where an instruction counts as one. */
void report_cost(const char *what, unsigned long extension, unsigned long call,
		 unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a5)
{
	unsigned long cost = call_cost(extension, call, a0, a1, a2, a5);

	if (extension == NACC_SBI_EXT && cost > longest)
		longest = cost;
	print_count(what, cost);
}

void report_longest(void)
{
	print_count("the longest call", longest);
}

static bool is_offered(void)
{
	return sbi_call(SBI_BASE, SBI_BASE_PROBE, NACC_SBI_EXT, 0, 0, 0, 0, 0).value;
}

void payload_main(unsigned long hartid, const unsigned char *fdt);
void payload_main(unsigned long hartid, const unsigned char *fdt)
{
	if (tree_contains(fdt, "attack")) {
		attacks_run(hartid, fdt);
		shut_down();
	}
	print("TAP version 13\n");
	report_cost("another SBI call", SBI_BASE, SBI_BASE_VERSION, 0, 0, 0, 0);
	if (is_offered()) {
		test_machine();
		test_tree(fdt);
		test_deputies();
		test_ad_bits();
		test_space();
		test_longest();
		test_harts(hartid);
	} else {
		ok(refused(nacc_call(NACC_CALL_INFO, NACC_INFO_MAGIC, 0, 0),
			   NACC_SBI_NOT_SUPPORTED, 0) ||
		   refused(nacc_call(NACC_CALL_INFO, NACC_INFO_MAGIC, 0, 0),
			   NACC_SBI_NOT_SUPPORTED, NACC_CAUSE_CALL),
		   "the extension is absent and answers nothing");
		ok(nacc_call(NACC_CALL_SET, 0, 0, 0).error == NACC_SBI_NOT_SUPPORTED,
		   "SET is not supported either");
	}
	print("1..");
	print_decimal(tests);
	print("\n");
	shut_down();
}
