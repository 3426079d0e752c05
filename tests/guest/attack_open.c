// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attacks of class W and X that NaCC does not cover before its next steps. They
 * have to be seen working: a document that says so should be right.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"
#include "forge.h"

#define OPEN_FILE	"/sys/kernel/debug/nacc_open"
#define NOBODY		65534

static sigjmp_buf fault;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

static void must(int fd, const char *what)
{
	if (write(fd, what, strlen(what)) < 0)
		tap_bail("nacc_open: %s: %s", what, strerror(errno));
}

/* User space reads kernel memory, at the kernel's own address. */
static void linear_map(void)
{
	int fd = open(OPEN_FILE, O_RDWR | O_CLOEXEC);
	const volatile char *secret;
	char text[32] = "";

	must(fd, "linear");
	if (file_read(OPEN_FILE, text, sizeof(text)) < 0)
		tap_bail("nacc_open: no address");
	secret = (const volatile char *)strtoul(text, NULL, 0);
	if (sigsetjmp(fault, 1))
		attack_result("kernel-U", "faults");
	else
		attack_result("kernel-U", secret[0] == 'k' && secret[7] == 's' ?
			      "works" : "is lost");
	must(fd, "linear-undo");
	close(fd);
}

/*
 * Parent and child have the same layout and different contents. The child runs
 * on its parent's mm for a while; it touches no stack there.
 */
static volatile int whose;
static volatile int *seen;

static void yield_hard(int fd, const char *swap, size_t swap_length,
		       const char *undo, size_t undo_length)
{
	/*
	 * write, sched_yield until it shows, write, sched_yield until that
	 * shows: from registers alone.
	 */
	__asm__ __volatile__(
		"mv a0, %[fd]\n mv a1, %[swap]\n mv a2, %[swap_length]\n"
		"li a7, 64\n mv s2, a0\n li s4, 2\n li s5, 100000\n ecall\n"
		"1: li a7, 124\n ecall\n lw s3, 0(%[whose])\n"
		"addi s5, s5, -1\n beqz s5, 2f\n beq s3, s4, 1b\n"
		"2: mv a0, s2\n mv a1, %[undo]\n mv a2, %[undo_length]\n"
		"li a7, 64\n ecall\n"
		"3: li a7, 124\n ecall\n lw s5, 0(%[whose])\n bne s5, s4, 3b\n"
		"sw s3, 0(%[seen])\n"
		:
		: [fd] "r"(fd), [swap] "r"(swap), [swap_length] "r"(swap_length),
		  [whose] "r"(&whose), [undo] "r"(undo),
		  [undo_length] "r"(undo_length), [seen] "r"(seen)
		: "a0", "a1", "a2", "a7", "s2", "s3", "s4", "s5", "memory");
}

static int swap_child(void *unused)
{
	static char swap[24];
	static const char undo[] = "swap-undo";
	int fd = open(OPEN_FILE, O_RDWR | O_CLOEXEC);
	pid_t spinner;

	(void)unused;
	whose = 2;
	snprintf(swap, sizeof(swap), "swap %d", (int)getppid());
	/* Somebody to switch to and back from. */
	spinner = fork();
	if (!spinner)
		for (;;)
			sched_yield();
	yield_hard(fd, swap, strlen(swap), undo, sizeof(undo) - 1);
	kill(spinner, SIGKILL);
	return 0;
}

static void mm_swap(void)
{
	seen = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	whose = 1;
	attack_pin();
	in_child(swap_child, NULL);
	attack_result("mm-swap", *seen == 1 ? "works" : *seen == 2 ? "own mm" :
		      "the attacker dies");
}

static int cred_child(void *unused)
{
	int fd = open(OPEN_FILE, O_RDWR | O_CLOEXEC);

	(void)unused;
	if (setgid(NOBODY) || setuid(NOBODY) || !setuid(0))
		return 1;
	must(fd, "cred");
	return getuid() || setuid(0) ? 2 : 0;
}

static void credentials(void)
{
	attack_result("credentials", exited_with(in_child(cred_child, NULL), 0) ?
		      "works" : "is lost");
}

static void page_cache(void)
{
	int fd = open("/tmp/cached", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
	int attacker = open(OPEN_FILE, O_RDWR | O_CLOEXEC);
	char text[8] = "";

	if (write(fd, "original", 8) != 8)
		tap_bail("/tmp/cached: %s", strerror(errno));
	must(attacker, "cache /tmp/cached");
	if (pread(fd, text, 6, 0) != 6)
		tap_bail("/tmp/cached: %s", strerror(errno));
	attack_result("page-cache", strcmp(text, "forged") ? "is lost" : "works");
	close(attacker);
	close(fd);
}

static void write_satp(void)
{
	int fd = open(OPEN_FILE, O_RDWR | O_CLOEXEC);
	char text[32] = "";

	must(fd, "satp");
	if (file_read(OPEN_FILE, text, sizeof(text)) < 0)
		tap_bail("nacc_open: no answer");
	text[strcspn(text, "\n")] = '\0';
	attack_result("satp", text);
	close(fd);
}

/* The monitor checks structure: a page of somebody else is a page of RAM. */
static void others_page(void)
{
	struct hello victim, attacker;
	struct nacc_forgery set;
	struct poke from, to;
	char line[32];

	if (!has_monitor())
		return;
	hello_start(&victim, true);
	hello_start(&attacker, true);
	attack_walk(victim.child.pid, victim.other, &from);
	attack_walk(attacker.child.pid, attacker.page, &to);
	set = forge_call(NACC_CALL_SET, to.level[to.levels - 1].slot,
			 from.level[from.levels - 1].entry, 0);
	forge(&set);
	attack_flush();
	hello_read(&attacker, line, sizeof(line));
	attack_result("others-page", !strcmp(line, "secret") ? "works" : "is lost");
	set = forge_call(NACC_CALL_SET, to.level[to.levels - 1].slot,
			 to.level[to.levels - 1].entry, 0);
	forge(&set);
	attack_flush();
	child_end(&victim.child);
	child_end(&attacker.child);
}

/* What would put another kernel, or another image of this one, in its place. */
static void other_kernels(void)
{
	attack_result("kexec", syscall(SYS_kexec_load, 0, 0, NULL, 0) && errno == ENOSYS ?
		      "absent" : "works");
	attack_result("kexec-file", syscall(SYS_kexec_file_load, 0, 0, 0, NULL, 0) &&
		      errno == ENOSYS ? "absent" : "works");
	attack_result("suspend", access("/sys/power/state", F_OK) ? "absent" : "works");
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_fault };

	sigaction(SIGSEGV, &action, NULL);
	other_kernels();
	others_page();
	page_cache();
	credentials();
	write_satp();
	linear_map();
	mm_swap();
	return 0;
}
