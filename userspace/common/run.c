// SPDX-License-Identifier: GPL-2.0
/* Files of the kernel's, modules, other programs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

void (*before_step)(void);

bool read_file(const char *path, char *buffer, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t length;

	if (!file)
		return false;
	length = fread(buffer, 1, size - 1, file);
	fclose(file);
	buffer[length] = '\0';
	if (length && buffer[length - 1] == '\n')
		buffer[length - 1] = '\0';
	return true;
}

/* Is that all that a file says? */
bool file_is(const char *path, const char *text)
{
	char content[256];

	return read_file(path, content, sizeof(content)) && !strcmp(content, text);
}

static void run_child(const char *const argv[], const int pipe_fds[2])
{
	sigset_t none;

	/* a daemon blocks and ignores some */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(pipe_fds[1], STDOUT_FILENO);
	dup2(pipe_fds[1], STDERR_FILENO);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("LC_ALL", "C", 1);
	execvp(argv[0], (char *const *)argv);
	fprintf(stderr, "%s: %s", argv[0], strerror(errno));
	_exit(127);
}

/* Signals that are caught end neither what a program says nor the wait for its end. */
static ssize_t read_on(int fd, char *buffer, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, buffer, size);
	} while (got < 0 && errno == EINTR);
	return got;
}

static bool wait_for_child(pid_t pid, int *status)
{
	pid_t ended;

	do {
		ended = waitpid(pid, status, 0);
	} while (ended < 0 && errno == EINTR);
	return ended == pid && WIFEXITED(*status);
}

/**
 * run_program() - run a program to its end
 * @output: what it said on both outputs, the beginning of it, without the last newline
 * @size: room for that
 * @argv: the program and its arguments; NULL at the end
 *
 * Return: its exit code; -1 if it could not be run, and @output says why.
 */
int run_program(char *output, size_t size, const char *const argv[])
{
	int pipe_fds[2], status;
	char more[256];
	size_t used = 0;
	ssize_t got;
	pid_t pid;

	output[0] = '\0';
	if (before_step)
		before_step();
	fflush(stdout);
	if (pipe2(pipe_fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid)
		run_child(argv, pipe_fds);
	close(pipe_fds[1]);
	while (pid > 0 && (got = read_on(pipe_fds[0], more, sizeof(more))) > 0) {
		if ((size_t)got > size - 1 - used)
			got = size - 1 - used;
		memcpy(output + used, more, got);
		used += got;
	}
	close(pipe_fds[0]);
	output[used] = '\0';
	while (used && output[used - 1] == '\n')
		output[--used] = '\0';
	if (pid < 0 || !wait_for_child(pid, &status))
		return -1;
	return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

/* One that is being loaded is not yet, nor one any more that is being unloaded: modprobe waits for it. */
bool is_module_loaded(const char *name)
{
	char path[64], state[16];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	if (read_file(path, state, sizeof(state)))
		return !strcmp(state, "live");
	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !stat(path, &st);
}

static int load_module(const char *name, const char *parameter)
{
	const char *const argv[] = { "modprobe", name, parameter, NULL };
	char output[512];
	bool had_memory;

	if (is_module_loaded(name))
		return EXIT_FINE;
	had_memory = far_memory_is_online("/sys");
	if (!run_program(output, sizeof(output), argv))
		return EXIT_FINE;
	/* it refuses to be loaded then; some may have come since */
	if (!had_memory)
		return complain("there is no CXL memory yet: no NUMA node has memory and no CPU; 'cxltier doctor' says more");
	return complain("the module %s can't be loaded: %s\nThe kernel's log (dmesg) and 'cxltier doctor' say why.",
			name, output);
}

/**
 * load_cxlswap() - load the module, without devices, if it is not loaded
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int load_cxlswap(void)
{
	return load_module("cxlswap", "devices=0");
}

/**
 * load_cxlcache() - load the module, without mounts, if it is not loaded
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int load_cxlcache(void)
{
	return load_module("cxlcache", "mounts=");
}

/**
 * ask_open() - get ready to ask
 *
 * Return: a context; NULL after a complaint.
 */
struct cxltier *ask_open(void)
{
	struct cxltier *ctx;
	int err = cxltier_open(&ctx);

	if (!err)
		return ctx;
	if (err == -ENOENT && !is_module_loaded("cxlmeta"))
		complain("the module cxlmeta is not loaded: modprobe cxlswap, or see 'cxltier doctor'");
	else if (err == -ENOENT)
		complain("the module cxlmeta can't be reached: this is another network namespace than the initial one, or an older module");
	else if (err == -EPROTO)
		complain("the loaded module cxlmeta is older than this program: reboot, or unload and load it");
	else
		complain("can't reach the kernel: %s", strerror(-err));
	return NULL;
}

/**
 * reload_daemon() - have cxltierd, if it runs, read its file again
 */
void reload_daemon(void)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = open(DAEMON_LOCK, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (!fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK && lock.l_pid > 0)
		kill(lock.l_pid, SIGHUP);
	close(fd);
}
