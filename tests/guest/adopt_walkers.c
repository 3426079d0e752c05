// SPDX-License-Identifier: BSD-2-Clause
/*
 * An adoption is stopped between the copy and the switch, and one walker of
 * each kind is made to arrive: it is seen to wait for a lock, or to turn away.
 * When the adoption goes on, the walker finds the frame and its lock: what it
 * set out to do is done, and nothing is lost. adopt_reclaim has those that want
 * to take pages away.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "walkers.h"

#define THP	"/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define WAIT_MS	30000UL

static int walk_remote_read(const struct target *target)
{
	static char page[PAGE];
	struct iovec local = { page, PAGE };
	struct iovec remote = { (void *)target->at, PAGE };

	if (process_vm_readv(target->child.pid, &local, 1, &remote, 1, 0) !=
	    (ssize_t)PAGE)
		return errno;
	return pattern_check(page, 1, 1) ? 1 : 0;
}

static int walk_smaps(const struct target *target)
{
	static char text[1 << 16];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)target->child.pid);
	return file_read(path, text, sizeof(text)) > 0 && strstr(text, "Rss:") ? 0 : 1;
}

static int walk_truncate(const struct target *target)
{
	(void)target;
	return truncate("/dev/shm/adopt_target", (off_t)PAGE) ? errno : 0;
}

static int walk_split(const struct target *target)
{
	(void)target;
	return file_write("/sys/kernel/debug/split_huge_pages", "1") < 0;
}

/* Its last use of the pages goes through the tree that both share. */
static int walk_sibling(const struct target *target)
{
	return kill(target->sibling, SIGKILL) ? errno : 0;
}

static int walk_attach(const struct target *target)
{
	return attach(target->child.pid) == EBUSY ? 0 : 1;
}

static int walk_merge(const struct target *target)
{
	(void)target;
	file_write("/sys/kernel/mm/ksm/sleep_millisecs", "1");
	file_write("/sys/kernel/mm/ksm/pages_to_scan", "2000");
	return file_write("/sys/kernel/mm/ksm/run", "1") < 0;
}

static long scans(void)
{
	unsigned long value;
	char text[32];

	return file_read(THP "full_scans", text, sizeof(text)) < 0 ||
	       number_parse(text, &value) ? -1 : (long)value;
}

/* khugepaged passes by a process whose lock it cannot have: two full rounds. */
static int walk_khugepaged(const struct target *target)
{
	unsigned long end = now_ms() + WAIT_MS;
	long from;

	(void)target;
	file_write(THP "scan_sleep_millisecs", "1");
	file_write(THP "pages_to_scan", "4096");
	from = scans();
	while (scans() < from + 2 && now_ms() < end)
		usleep(1000);
	file_write(THP "scan_sleep_millisecs", "10000");
	return scans() < from + 2;
}

static const struct kind kinds[] = {
	{ .name = "fault", .action = "touch", .where = "lock_mm_and_find_vma" },
	{ .name = "mprotect", .action = "protect", .where = "do_mprotect_pkey" },
	{ .name = "mmap", .action = "map", .where = "vm_mmap_pgoff" },
	{ .name = "mremap", .action = "move", .where = "mremap" },
	{ .name = "collapse", .action = "collapse", .where = "madvise" },
	{ .name = "fork", .action = "fork", .where = "copy_process" },
	{ .name = "exec", .action = "exec", .where = "begin_new_exec" },
	{ .name = "userfaultfd", .action = "resolve", .where = "uffd_lock_vma" },
	{ .name = "GUP-fast", .action = "pin" },
	{ .name = "GUP", .action = "nothing", .where = "process_vm_rw_core", .walk = walk_remote_read },
	{ .name = "smaps", .action = "nothing", .where = "m_start", .walk = walk_smaps },
	{ .name = "truncate", .action = "file", .where = "unmap_mapping_range", .walk = walk_truncate },
	{ .name = "split", .action = "huge", .where = "split_huge_page", .walk = walk_split },
	{ .name = "second attach", .action = "nothing", .where = "adopt", .walk = walk_attach },
	{ .name = "exit of a relative", .action = "sibling", .where = "unlink_anon_vmas", .walk = walk_sibling,
	  .relative = true },
	{ .name = "KSM", .action = "mergeable", .where = "ksm_scan_thread", .walk = walk_merge, .kthread = "ksmd" },
	{ .name = "khugepaged", .action = "small", .walk = walk_khugepaged },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (argc < 2 || !strcmp(argv[1], kinds[i].name))
			walker_try(&kinds[i]);
	return tap_done();
}
