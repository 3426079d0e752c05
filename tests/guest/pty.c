// SPDX-License-Identifier: BSD-2-Clause
/*
 * pty TEXT KEYS CMD [ARG]...: run CMD on a terminal of 24 lines and 80 columns,
 * pass on what it prints there, and type KEYS when TEXT has appeared. The exit
 * status is CMD's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define KEPT	(64 * 1024)

static int terminal_open(char *name, size_t size)
{
	static const struct winsize window = { .ws_row = 24, .ws_col = 80 };
	int fd = posix_openpt(O_RDWR | O_NOCTTY);

	if (fd < 0 || grantpt(fd) || unlockpt(fd) ||
	    ptsname_r(fd, name, size) || ioctl(fd, TIOCSWINSZ, &window)) {
		perror("pty");
		exit(125);
	}
	return fd;
}

static void child_run(const char *terminal, char **argv)
{
	int fd;

	setsid();
	fd = open(terminal, O_RDWR);	/* now the controlling one */
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* Read until the last process that has the terminal open is gone (EIO). */
static void output_pass(int fd, const char *text, const char *keys)
{
	static char seen[KEPT + 1];
	size_t held = 0;
	ssize_t got;

	while (held < KEPT &&
	       (got = read(fd, seen + held, KEPT - held)) > 0) {
		fwrite(seen + held, 1, (size_t)got, stdout);
		held += (size_t)got;
		seen[held] = '\0';
		if (*keys && strstr(seen, text)) {
			if (write(fd, keys, strlen(keys)) < 0)
				perror("pty: typing");
			keys = "";
		}
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char terminal[64];
	int fd, status;
	pid_t pid;

	if (argc < 4) {
		fputs("usage: pty TEXT KEYS CMD [ARG]...\n", stderr);
		return 125;
	}
	fd = terminal_open(terminal, sizeof(terminal));
	pid = fork();
	if (!pid) {
		close(fd);
		child_run(terminal, argv + 3);
	}
	output_pass(fd, argv[1], argv[2]);
	close(fd);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
