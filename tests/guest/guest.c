// SPDX-License-Identifier: BSD-2-Clause
/* Children, files and patterns for the guest's test programs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define EVENT_TIMEOUT_MS	60000	/* what should happen soon, on a slow machine too */

int status_bits(void)
{
	int bits = prctl(PR_NACC, NACC_PR_STATUS, 0, 0, 0);

	return bits < 0 ? 0 : bits;
}

bool is_guarded(void)
{
	return status_bits() & NACC_STATUS_GUARDED;
}

bool has_monitor(void)
{
	return status_bits() & NACC_STATUS_MONITOR;
}

bool all_guarded(void)
{
	return status_bits() & NACC_STATUS_ALL;
}

int attach(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), error = 0;

	if (fd < 0 || prctl(PR_NACC, NACC_PR_ATTACH, fd, 0, 0))
		error = errno;
	if (fd >= 0)
		close(fd);
	return error;
}

int guard_now(void)
{
	return prctl(PR_NACC, NACC_PR_GUARD_NOW, 0, 0, 0) ? errno : 0;
}

const char *companion(const char *name)
{
	static char path[256];
	ssize_t len;
	char *slash;

	len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (len < 0)
		tap_bail("/proc/self/exe: %s", strerror(errno));
	path[len] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash + 1, sizeof(path) - (size_t)(slash + 1 - path), "%s", name);
	return path;
}

void child_start(struct child *child, bool guard, const char *const *argv)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		tap_bail("pipe: %s", strerror(errno));
	child->pid = fork();
	if (child->pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!child->pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		if (guard && prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
			_exit(EXIT_NOT_GUARDED);
		execvp(argv[0], (char *const *)argv);
		_exit(EXIT_NOT_FOUND);
	}
	close(in[0]);
	close(out[1]);
	child->in = in[1];
	child->out = out[0];
}

static void child_bail(const struct child *child, bool late)
{
	int status = 0;

	if (late)
		kill(child->pid, SIGKILL);
	waitpid(child->pid, &status, 0);
	tap_bail("child %d: no line of output%s (wait status 0x%x)", (int)child->pid,
		 late ? " in time" : "", (unsigned int)status);
}

void child_line(struct child *child, char *buf, size_t size)
{
	struct pollfd pfd = { .fd = child->out, .events = POLLIN };
	size_t len = 0;

	for (;;) {
		if (poll(&pfd, 1, EVENT_TIMEOUT_MS) != 1)
			child_bail(child, true);
		if (read(child->out, buf + len, 1) != 1)
			child_bail(child, false);
		if (buf[len] == '\n')
			break;
		if (len + 1 < size)
			len++;
	}
	buf[len] = '\0';
}

void child_say(struct child *child, const char *text)
{
	if (write(child->in, text, strlen(text)) < 0)
		tap_bail("child %d: %s", (int)child->pid, strerror(errno));
}

int child_end(struct child *child)
{
	int status;

	close(child->in);
	if (waitpid(child->pid, &status, 0) != child->pid)
		tap_bail("waitpid: %s", strerror(errno));
	close(child->out);
	return status;
}

char task_state(pid_t tid)
{
	char path[64], text[512];
	const char *name_end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	if (file_read(path, text, sizeof(text)) < 0)
		return 0;
	name_end = strrchr(text, ')');
	return name_end && name_end[1] ? name_end[2] : 0;
}

void hello_start(struct hello *hello, bool guard)
{
	unsigned long end = now_ms() + EVENT_TIMEOUT_MS;
	char path[256], line[128];
	const char *argv[] = { path, "--wait", NULL };

	snprintf(path, sizeof(path), "%s", companion("hello"));
	child_start(&hello->child, guard, argv);
	child_line(&hello->child, line, sizeof(line));
	if (sscanf(line, "ready page 0x%lx other 0x%lx stack 0x%lx text 0x%lx",
		   &hello->page, &hello->other, &hello->stack, &hello->text) != 4)
		tap_bail("hello said: %s", line);
	/* Until it sleeps it may meet one more page. */
	while (task_state(hello->child.pid) != 'S')
		if (now_ms() > end)
			tap_bail("hello does not wait");
}

void hello_read(struct hello *hello, char *buf, size_t size)
{
	child_say(&hello->child, "\n");
	child_line(&hello->child, buf, size);
}

int hello_run(void *guard)
{
	if ((guard && prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0)) ||
	    !freopen("/dev/null", "w", stdout))
		return EXIT_NOT_GUARDED;
	execl(companion("hello"), "hello", (char *)NULL);
	return EXIT_CANNOT_EXEC;
}

pid_t child_fork(int (*fn)(void *arg), void *arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid)
		_exit(fn(arg));
	return pid;
}

int in_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid = child_fork(fn, arg);
	int status;

	if (waitpid(pid, &status, 0) != pid)
		tap_bail("waitpid: %s", strerror(errno));
	return status;
}

bool exited_with(int status, int code)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

bool killed_by(int status, int sig)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

void *device_map(unsigned long pa, size_t size, int prot)
{
	int fd = open("/dev/nacc_map", O_RDWR | O_CLOEXEC);
	void *at;

	if (fd < 0)
		return MAP_FAILED;
	at = mmap(NULL, size, prot, MAP_SHARED, fd, (off_t)pa);
	close(fd);
	return at;
}

int paging_levels(void)
{
	static const char *const mode[] = { "sv39", "sv48", "sv57" };
	char text[4096];
	size_t i;

	if (file_read("/proc/cpuinfo", text, sizeof(text)) < 0)
		return 0;
	for (i = 0; i < ARRAY_SIZE(mode); i++)
		if (strstr(text, mode[i]))
			return (int)i + 3;
	return 0;
}

ssize_t file_write(const char *path, const char *text)
{
	ssize_t ret;
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text));
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret;
}

unsigned long meminfo(const char *key)
{
	unsigned long value;
	char text[8192];
	char *at;

	if (file_read("/proc/meminfo", text, sizeof(text)) < 0)
		tap_bail("/proc/meminfo: %s", strerror(errno));
	at = strstr(text, key);
	if (!at || sscanf(at + strlen(key), ": %lu kB", &value) != 1)
		tap_bail("/proc/meminfo has no %s", key);
	return value;
}

void number_write(const char *path, long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", number);
	if (file_write(path, text) < 0)
		tap_bail("%s: %s", path, strerror(errno));
}

long number_of(const char *path, const char *key)
{
	static char text[16384];
	char *line = text;
	long value;

	if (file_read(path, text, sizeof(text)) < 0)
		tap_bail("%s cannot be read", path);
	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, strlen(key)) &&
		    sscanf(line + strlen(key), " %ld", &value) == 1)
			return value;
	}
	tap_bail("%s has no %s", path, key);
}

int module_load(const char *name)
{
	char path[128];
	long ret;
	int fd;

	snprintf(path, sizeof(path), "../modules/%s.ko", name);
	fd = open(companion(path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, "", 0);
	ret = ret ? -errno : 0;
	close(fd);
	return (int)ret;
}

int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

long anon_pages(void)
{
	/* Has every CPU hand in what it has counted by itself. */
	if (file_write("/proc/sys/vm/stat_refresh", "1") < 0)
		tap_bail("stat_refresh: %s", strerror(errno));
	return number_of("/proc/vmstat", "nr_anon_pages");
}

bool log_has(const char *a, const char *b)
{
	static char text[1 << 18];
	char *line, *rest = text;
	int len = klogctl(3, text, sizeof(text) - 1);

	text[len < 0 ? 0 : len] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (strstr(line, a) && strstr(line, b))
			return true;
	return false;
}

unsigned long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec * 1000 + (unsigned long)ts.tv_nsec / 1000000;
}

static uint64_t pattern(unsigned int seed, size_t page, size_t word)
{
	uint64_t x = (uint64_t)seed << 40 ^ (uint64_t)page << 12 ^ word;

	return (x + 1) * 0x9e3779b97f4a7c15UL;
}

/* First, middle and last word of a page: enough to name it, quick to write. */
static const size_t pattern_words[] = { 0, 255, 511 };

void pattern_fill(void *at, size_t pages, unsigned int seed)
{
	uint64_t *word = at;
	size_t page, i;

	for (page = 0; page < pages; page++, word += PAGE / 8)
		for (i = 0; i < ARRAY_SIZE(pattern_words); i++)
			word[pattern_words[i]] =
				pattern(seed, page, pattern_words[i]);
}

size_t pattern_check(const void *at, size_t pages, unsigned int seed)
{
	const uint64_t *word = at;
	size_t page, i, wrong = 0;

	for (page = 0; page < pages; page++, word += PAGE / 8)
		for (i = 0; i < ARRAY_SIZE(pattern_words); i++)
			if (word[pattern_words[i]] !=
			    pattern(seed, page, pattern_words[i])) {
				wrong++;
				break;
			}
	return wrong;
}
