// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads what the kernel shows: /proc/PID/nacc, /sys/kernel/nacc and the ISA of
 * the harts. The parsers take text, so that they are tested without a kernel.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nacc.h"

const struct counter_info counter_info[COUNTERS] = {
	[COUNTER_FRAMES_TOTAL] = { "frames_total", false,
				   "frames that page tables can use" },
	[COUNTER_FRAMES_IN_USE] = { "frames_in_use", false,
				    "frames that tables occupy" },
	[COUNTER_FRAMES_QUARANTINED] = { "frames_quarantined", false,
					 "frames that wait for every hart's fence" },
	[COUNTER_SPACES] = { "spaces", false, "guarded address spaces" },
	[COUNTER_TRAPS] = { "traps", true, "calls to the monitor" },
	[COUNTER_OPS] = { "ops", true, "entries that the monitor wrote" },
	[COUNTER_REFUSALS] = { "refusals", true, "calls and ops that it refused" },
};

int number_parse(const char *text, unsigned long *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*value = strtoul(text, &end, 10);
	if (errno)
		return -errno;
	while (isspace((unsigned char)*end))
		end++;
	return *end ? -EINVAL : 0;
}

int pid_parse(const char *text, pid_t *pid)
{
	unsigned long value;
	int ret = number_parse(text, &value);

	if (ret)
		return ret;
	if (value > INT_MAX)
		return -ERANGE;
	*pid = (pid_t)value;
	return 0;
}

/* An id is shown in hexadecimal, without a prefix. */
static int id_parse(unsigned long *id, const char *value)
{
	int end = 0;

	return sscanf(value, "%lx%n", id, &end) == 1 && !value[end] &&
	       isxdigit((unsigned char)*value) ? 0 : -EINVAL;
}

static int word_copy(char *dst, size_t size, const char *value)
{
	size_t len = strlen(value);

	if (!len || len >= size || strchr(value, ' '))
		return -EINVAL;
	memcpy(dst, value, len + 1);
	return 0;
}

static int root_parse(struct proc *proc, const char *value)
{
	unsigned long long root;
	unsigned int level;
	int end = 0;

	if (sscanf(value, "0x%llx level %u%n", &root, &level, &end) != 2 ||
	    value[end] || level >= TABLE_LEVELS)
		return -EINVAL;
	proc->root = root;
	proc->root_level = level;
	return 0;
}

static int level_parse(struct level *level, const char *value)
{
	int end = 0;

	if (sscanf(value, "frames %lu old %lu new %lu%n", &level->frames,
		   &level->old, &level->new, &end) != 3 || value[end])
		return -EINVAL;
	level->present = true;
	return 0;
}

static int key_parse(struct proc *proc, const char *key, const char *value,
		     bool *has_guarded)
{
	if (!strcmp(key, "guarded")) {
		*has_guarded = true;
		proc->guarded = !strcmp(value, "yes");
		return proc->guarded || !strcmp(value, "no") ? 0 : -EINVAL;
	}
	if (!strcmp(key, "space"))
		return id_parse(&proc->space, value);
	if (!strcmp(key, "origin"))
		return word_copy(proc->origin, sizeof(proc->origin), value);
	if (!strcmp(key, "state"))
		return word_copy(proc->state, sizeof(proc->state), value);
	if (!strcmp(key, "root"))
		return root_parse(proc, value);
	if (!strncmp(key, "level", 5) && key[5] >= '0' &&
	    key[5] < '0' + TABLE_LEVELS && !key[6])
		return level_parse(&proc->level[key[5] - '0'], value);
	return 0;
}

/* A guarded process has an id, a root and every level from the root down. */
static bool proc_complete(const struct proc *proc)
{
	unsigned int level;

	if (!proc->guarded)
		return true;
	if (!proc->space || !proc->root || !proc->origin[0] || !proc->state[0])
		return false;
	for (level = 0; level < TABLE_LEVELS; level++)
		if (proc->level[level].present != (level <= proc->root_level))
			return false;
	return true;
}

int proc_parse(const char *text, struct proc *proc)
{
	bool has_guarded = false;
	char line[128];
	char *value;
	size_t len;
	int ret;

	memset(proc, 0, sizeof(*proc));
	while (*text) {
		len = strcspn(text, "\n");
		if (text[len] != '\n' || len >= sizeof(line))
			return -EINVAL;
		memcpy(line, text, len);
		line[len] = '\0';
		text += len + 1;

		value = strstr(line, ":\t");
		if (!value || value == line)
			return -EINVAL;
		*value = '\0';
		ret = key_parse(proc, line, value + 2, &has_guarded);
		if (ret)
			return ret;
	}
	return has_guarded && proc_complete(proc) ? 0 : -EINVAL;
}

struct level proc_sum(const struct proc *proc)
{
	struct level sum = { .present = true };
	unsigned int level;

	for (level = 0; level < TABLE_LEVELS; level++) {
		sum.frames += proc->level[level].frames;
		sum.old += proc->level[level].old;
		sum.new += proc->level[level].new;
	}
	return sum;
}

ssize_t file_read(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((got = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)got;
	ret = got < 0 ? -errno : 0;
	close(fd);
	buf[len] = '\0';
	return ret ? ret : (ssize_t)len;
}

/* All of a file that may be long, to be freed; NULL and errno. */
static char *text_read(const char *path)
{
	size_t size = 1 << 12;
	char *text = NULL, *more;
	ssize_t len;

	do {
		size *= 4;
		more = realloc(text, size);
		if (!more)
			break;
		text = more;
		len = file_read(path, text, size);
		if (len >= 0 && (size_t)len < size - 1)
			return text;
		if (len < 0)
			errno = (int)-len;
	} while (len > 0);
	free(text);
	return NULL;
}

int proc_read_tables(pid_t pid, struct proc *proc, struct table **list)
{
	char path[64], *text;
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/nacc", (int)pid);
	text = text_read(path);
	if (!text)
		return -errno;
	ret = proc_parse(text, proc);
	if (!ret && list)
		ret = tables_parse(text, list);
	free(text);
	return ret;
}

int proc_read(pid_t pid, struct proc *proc)
{
	return proc_read_tables(pid, proc, NULL);
}

void proc_command(pid_t pid, char *buf, size_t size)
{
	char path[64], comm[64];
	ssize_t len, i;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	len = file_read(path, buf, size);
	if (len <= 0) {
		snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
		if (file_read(path, comm, sizeof(comm)) < 0)
			strcpy(comm, "?");
		comm[strcspn(comm, "\n")] = '\0';
		len = snprintf(buf, size, "[%s]", comm);
	}
	while (len && !buf[len - 1])
		len--;
	for (i = 0; i < len; i++)
		if (!buf[i])
			buf[i] = ' ';
		else if (!isprint((unsigned char)buf[i]))
			buf[i] = '?';
}

int counters_read(struct counters *counters)
{
	char path[64], text[64] = "";
	ssize_t len;
	int i, ret;

	for (i = 0; i < COUNTERS; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/nacc/%s",
			 counter_info[i].name);
		len = file_read(path, text, sizeof(text));
		ret = len < 0 ? (int)len :
				number_parse(text, &counters->value[i]);
		if (ret)
			return ret;
	}
	return 0;
}

bool list_has(const char *list, size_t size, const char *word)
{
	size_t at = 0;

	while (at < size) {
		if (!strncmp(list + at, word, size - at) &&
		    strnlen(list + at, size - at) == strlen(word))
			return true;
		at += strnlen(list + at, size - at) + 1;
	}
	return false;
}

bool isa_has(const char *isa, const char *ext)
{
	size_t len;

	/* Multi-letter names follow the first underscore, one after each. */
	isa += strcspn(isa, "_");
	while (*isa == '_') {
		isa++;
		len = strcspn(isa, "_ \t\n");
		if (len == strlen(ext) && !strncmp(isa, ext, len))
			return true;
		isa += len;
	}
	return false;
}

void kernel_missing(int error)
{
	if (error == -ENOENT && access("/sys/kernel", F_OK))
		fputs("nacc: /sys is not mounted\n"
		      "nacc: run `mount -t sysfs sysfs /sys` first\n", stderr);
	else if (error == -ENOENT)
		fputs("nacc: this system has no /sys/kernel/nacc: the kernel is not a NaCC\n"
		      "nacc: kernel, or found no monitor in the firmware, or nacc= turned it off\n"
		      "nacc: boot NaCC firmware and kernel; `dmesg | grep nacc` and the firmware's\n"
		      "nacc: console say why there is none\n",
		      stderr);
	else
		fprintf(stderr, "nacc: cannot read /sys/kernel/nacc: %s\n",
			strerror(-error));
}
