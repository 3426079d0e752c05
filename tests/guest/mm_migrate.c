// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pages on their way to another place: for a while entries that say so are in
 * all tables that had them. nacc_slow has the migration wait just then, and what
 * a process may do to its memory, or to itself, meets these entries.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/mempolicy.h>

#include "mm.h"

#define SLOW		"/sys/kernel/debug/nacc_slow"
#define HERE		0x1000000000UL
#define THERE		0x1800000000UL
#define PAGES		1024UL	/* at most */
#define HUGE		(2 * MIB)

/* How pages are made to move, and which of the area. */
struct way {
	const char *name;
	size_t area;		/* its pages */
	size_t first, pages;
	bool shared, huge, bound;
	/* Runs in a process of its own. 0, or an exit status. */
	int (*move)(char *at, size_t pages);
};

struct scene {
	const struct way *way;
	const char *what;
	char *at;
	size_t pages, size;
	uint64_t frame[PAGES];
	struct mate relative, late;
	bool has_relative;
	pid_t mover;
};

/* What meets the entries, and how it looks when the migration is over. */
struct meeting {
	const char *name;
	enum { ANY, PRIVATE, ADOPTION } of;
	void (*meet)(struct scene *scene);
	void (*after)(struct scene *scene);
};

static size_t wrong(const struct scene *scene)
{
	return pattern_check(scene->at, scene->pages, 1);
}

static char *moving(const struct scene *scene)
{
	return scene->at + scene->way->first * PAGE;
}

/* Its turn is to check its data; without one it leaves. */
static int late_runs(int line, void *arg)
{
	struct scene *scene = arg;
	const bool own = !scene->way->shared;

	turn_give(line);
	if (!turn_take(line))
		return 0;
	if (wrong(scene))
		return 1;
	if (own)
		pattern_fill(scene->at, scene->pages, 3);
	return own && pattern_check(scene->at, scene->pages, 3) ? 2 : 0;
}

/* Maps all pages first, which a fork leaves out where they are shared. */
static int relative_runs(int line, void *arg)
{
	return wrong(arg) ? 3 : late_runs(line, arg);
}

static int checked_end(struct mate *mate)
{
	turn_give(mate->line);
	return mate_end(mate);
}

/* As pagemap tells a swap entry's type: the three of a migration. */
static bool is_migration(uint64_t entry, uint64_t frame)
{
	uint64_t type = entry & 31;

	return !(entry & PAGEMAP_PRESENT) && (entry & PAGEMAP_SWAPPED) && type >= 24 &&
	       type <= 26 && (entry & PAGEMAP_PFN) >> 5 == frame;
}

/* Pages of @pid's that are entries of a migration, of the frames that they had. */
static size_t on_the_way(const struct scene *scene, pid_t pid, const char *at)
{
	const struct way *way = scene->way;
	uint64_t entry[PAGES];
	size_t i, n = 0;

	mm_pagemap_of(pid, at, way->pages, entry);
	for (i = 0; i < way->pages; i++)
		n += is_migration(entry[i], scene->frame[way->first + i]);
	return n;
}

static char *area_map(const struct scene *scene)
{
	const struct way *way = scene->way;
	unsigned long node = 1;
	char *at = mmap((void *)HERE, scene->size, PROT_READ | PROT_WRITE,
			(way->shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS |
			MAP_FIXED_NOREPLACE, -1, 0);

	if (at != (char *)HERE)
		tap_bail("mmap: %s", strerror(errno));
	madvise(at, scene->size, way->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	if (way->bound &&
	    syscall(SYS_mbind, at, scene->size, MPOL_BIND, &node, 64, 0))
		tap_bail("mbind: %s", strerror(errno));
	return at;
}

static int mover(const struct scene *scene)
{
	int ret;

	if (file_write(SLOW, "1") < 0)
		return 1;
	ret = scene->way->move(moving(scene), scene->way->pages);
	return ret ? ret : wrong(scene) ? 3 : 0;
}

static void mover_start(struct scene *scene)
{
	char line[16];

	fflush(stdout);
	scene->mover = fork();
	if (!scene->mover)
		_exit(mover(scene));
	if (scene->mover < 0 || file_read(SLOW, line, sizeof(line)) < 0)
		tap_bail("%s: no migration waits: %s", scene->what, strerror(errno));
}

static void scene_begin(struct scene *scene)
{
	const struct way *way = scene->way;
	size_t i;

	scene->at = area_map(scene);
	pattern_fill(scene->at, scene->pages, 1);
	if (way->huge)
		tap_is((long)mm_huge_kb(scene->at), scene->size / 1024, "%s: huge pages (kB)",
		       scene->what);
	mate_start(&scene->relative, relative_runs, scene);
	turn_take(scene->relative.line);
	scene->has_relative = true;
	mm_pagemap_of(getpid(), scene->at, scene->pages, scene->frame);
	for (i = 0; i < scene->pages; i++)
		scene->frame[i] &= PAGEMAP_PFN;
	mover_start(scene);
	tap_is((long)on_the_way(scene, getpid(), moving(scene)), (long)way->pages,
	       "%s: entries of a migration", scene->what);
	tap_is((long)on_the_way(scene, scene->relative.pid, moving(scene)),
	       (long)way->pages, "%s: and in the relative", scene->what);
}

/* The migration ends only now, and not for anybody's impatience. */
static void scene_go_on(struct scene *scene)
{
	int status;

	tap_ok(file_write(SLOW, "0") >= 0, "%s: it waited all the time", scene->what);
	if (waitpid(scene->mover, &status, 0) != scene->mover)
		tap_bail("waitpid: %s", strerror(errno));
	if (!tap_ok(exited_with(status, 0), "%s: the pages have moved", scene->what))
		tap_note("wait status 0x%x", (unsigned int)status);
	if (scene->has_relative)
		tap_ok(exited_with(checked_end(&scene->relative), 0),
		       "%s: the relative has its data", scene->what);
}

static void unmapped(struct scene *scene)
{
	munmap(scene->at, scene->size);
	tap_is(mm_read_signal(moving(scene)), SIGSEGV, "%s: gone", scene->what);
	area_map(scene);
	pattern_fill(scene->at, scene->pages, 2);
}

static void still_anew(struct scene *scene)
{
	tap_is((long)pattern_check(scene->at, scene->pages, 2), 0,
	       "%s: what is mapped there now has its own data", scene->what);
}

static void page_unmapped(struct scene *scene)
{
	munmap(moving(scene), PAGE);
	tap_is(mm_read_signal(moving(scene)), SIGSEGV, "%s: gone", scene->what);
}

static void others_intact(struct scene *scene)
{
	static char page[PAGE];

	tap_is(mm_read_signal(moving(scene)), SIGSEGV, "%s: it stays so", scene->what);
	if (mmap(moving(scene), PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	tap_ok(!memcmp(moving(scene), page, PAGE), "%s: mapped again, it is zero",
	       scene->what);
	tap_is((long)wrong(scene), 1, "%s: the other pages have their data", scene->what);
}

static void relative_exits(struct scene *scene)
{
	scene->has_relative = false;
	tap_ok(exited_with(mate_end(&scene->relative), 0),
	       "%s: with these entries", scene->what);
}

static void intact(struct scene *scene)
{
	tap_is((long)wrong(scene), 0, "%s: data intact", scene->what);
	pattern_fill(scene->at, scene->pages, 4);
	tap_is((long)pattern_check(scene->at, scene->pages, 4), 0, "%s: and writable", scene->what);
}

static void dropped(struct scene *scene)
{
	madvise(moving(scene), scene->way->pages * PAGE, MADV_DONTNEED);
	tap_is((long)on_the_way(scene, getpid(), moving(scene)), 0, "%s: gone", scene->what);
}

static void zero_or_intact(struct scene *scene)
{
	const struct way *way = scene->way;
	size_t i, set = 0;

	if (way->shared) {
		tap_is((long)wrong(scene), 0, "%s: the data is there again", scene->what);
		return;
	}
	for (i = 0; i < way->pages * PAGE; i += 8)
		set += !!*(uint64_t *)(moving(scene) + i);
	tap_is((long)set, 0, "%s: they read as zero", scene->what);
	tap_is((long)wrong(scene), (long)way->pages, "%s: and no others do", scene->what);
}

static void forked(struct scene *scene)
{
	mate_start(&scene->late, late_runs, scene);
	turn_take(scene->late.line);
	tap_is((long)on_the_way(scene, scene->late.pid, moving(scene)),
	       (long)scene->way->pages, "%s: the child has the entries", scene->what);
}

static void child_intact(struct scene *scene)
{
	tap_ok(exited_with(checked_end(&scene->late), 0),
	       "%s: the child reads the data and writes its own", scene->what);
	intact(scene);
}

static void protected(struct scene *scene)
{
	mprotect(scene->at, scene->size, PROT_READ);
	tap_is((long)on_the_way(scene, getpid(), moving(scene)), (long)scene->way->pages,
	       "%s: the entries are there", scene->what);
}

static void page_protected(struct scene *scene)
{
	mprotect(moving(scene), PAGE, PROT_READ);
	tap_is((long)on_the_way(scene, getpid(), moving(scene)), (long)scene->way->pages,
	       "%s: the entries are there", scene->what);
}

static void read_only(struct scene *scene)
{
	tap_is((long)wrong(scene), 0, "%s: data intact", scene->what);
	tap_is(mm_write_signal(moving(scene)), SIGSEGV, "%s: read-only", scene->what);
	mprotect(scene->at, scene->size, PROT_READ | PROT_WRITE);
	intact(scene);
}

static void move_area(struct scene *scene, unsigned long to)
{
	scene->at = mremap(scene->at, scene->size, scene->size,
			   MREMAP_MAYMOVE | MREMAP_FIXED, (void *)to);
	if (scene->at != (char *)to)
		tap_bail("mremap: %s", strerror(errno));
	tap_is((long)on_the_way(scene, getpid(), moving(scene)), (long)scene->way->pages,
	       "%s: the entries moved along", scene->what);
}

static void moved(struct scene *scene)
{
	move_area(scene, THERE);
}

static void moved_by_pages(struct scene *scene)
{
	move_area(scene, THERE + 5 * PAGE);
}

/* The copies of its tables have them too, and are what is cleaned up later. */
static void relative_adopted(struct scene *scene)
{
	struct proc proc;

	tap_is(attach(scene->relative.pid), 0, "%s: attached", scene->what);
	tap_ok(!proc_read(scene->relative.pid, &proc) && proc.guarded, "%s: it is guarded",
	       scene->what);
	tap_is((long)on_the_way(scene, scene->relative.pid, moving(scene)),
	       (long)scene->way->pages, "%s: and has the entries", scene->what);
}

static const struct meeting meetings[] = {
	{ "munmap", ANY, unmapped, still_anew },
	{ "munmap of a page", ANY, page_unmapped, others_intact },
	{ "exit of the relative", ANY, relative_exits, intact },
	{ "DONTNEED", ANY, dropped, zero_or_intact },
	{ "fork", PRIVATE, forked, child_intact },
	{ "mprotect", ANY, protected, read_only },
	{ "mprotect of a page", ANY, page_protected, read_only },
	{ "mremap", ANY, moved, intact },
	{ "mremap by pages", ANY, moved_by_pages, intact },
	{ "adoption of the relative", ADOPTION, relative_adopted, intact },
};

static void meet(const struct way *way, const struct meeting *meeting)
{
	struct scene scene = {
		.way = way, .pages = way->area, .size = way->area * PAGE
	};
	char what[64];

	snprintf(what, sizeof(what), "%s, %s", way->name, meeting->name);
	scene.what = what;
	scene_begin(&scene);
	meeting->meet(&scene);
	scene_go_on(&scene);
	meeting->after(&scene);
	munmap(scene.at, scene.size);
	if (!way->bound)
		mm_make_well(scene.frame[way->first], what);
}

static bool can_meet(const struct way *way, const struct meeting *meeting)
{
	if (meeting->of == ADOPTION)
		return has_monitor() && !is_guarded();
	return meeting->of == ANY || !way->shared;
}

static void meet_all(const struct way *way)
{
	unsigned long level0;
	long balance;
	size_t i;

	/* After it the stack and the libc have what they need. */
	meet(way, &meetings[0]);
	level0 = mm_frames(0);
	balance = anon_pages();
	for (i = 0; i < ARRAY_SIZE(meetings); i++)
		if (can_meet(way, &meetings[i]))
			meet(way, &meetings[i]);
	tap_is((long)(mm_frames(0) - level0), 0, "%s: no table is left", way->name);
	tap_ok(anon_pages() - balance <= 16, "%s: anonymous pages are given back", way->name);
}

static int move_away(char *at, size_t pages)
{
	return madvise(at, pages * PAGE, MADV_SOFT_OFFLINE) ? 2 : 0;
}

/* To node 1, each page for all that have it. */
static int move_to_node(char *at, size_t pages, size_t step)
{
	static void *page[PAGES];
	static int node[PAGES], got[PAGES];
	size_t i, n = pages / step;

	for (i = 0; i < n; i++) {
		page[i] = at + i * step * PAGE;
		node[i] = 1;
	}
	return syscall(SYS_move_pages, 0, n, page, node, got, MPOL_MF_MOVE_ALL) ? 2 : 0;
}

static int move_small(char *at, size_t pages)
{
	return move_to_node(at, pages, 1);
}

static int move_huge(char *at, size_t pages)
{
	return move_to_node(at, pages, HUGE / PAGE);
}

static const struct way one_node[] = {
	{ .name = "a page", .area = 600, .first = 300, .pages = 1, .move = move_away },
	{ .name = "a shared page", .area = 600, .first = 300, .pages = 1, .shared = true,
	  .move = move_away },
};

static const struct way two_nodes[] = {
	/* Over the end of a table. */
	{ .name = "many pages", .area = 700, .first = 400, .pages = 224, .bound = true,
	  .move = move_small },
	{ .name = "a huge page", .area = 1024, .first = 512, .pages = 512, .bound = true,
	  .huge = true, .move = move_huge },
};

int main(int argc, char **argv)
{
	unsigned long lost;
	size_t i;

	mm_begin(argc, argv);
	if (module_load("nacc_slow"))
		tap_bail("nacc_slow: %s", strerror(errno));
	lost = meminfo("HardwareCorrupted");
	for (i = 0; i < ARRAY_SIZE(one_node); i++)
		meet_all(&one_node[i]);
	tap_is((long)(meminfo("HardwareCorrupted") - lost), 0, "no memory is lost");
	if (access("/sys/devices/system/node/node1", F_OK))
		tap_skip("many pages, a huge page", "this machine has one memory node");
	else
		for (i = 0; i < ARRAY_SIZE(two_nodes); i++)
			meet_all(&two_nodes[i]);
	tap_is(module_unload("nacc_slow"), 0, "no migration waits any more");
	return tap_done();
}
