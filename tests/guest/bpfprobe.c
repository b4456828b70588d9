// SPDX-License-Identifier: GPL-2.0
/*
 * Puts a BPF program that does nothing on a kernel function, the way bpftrace
 * does, runs a command, and prints how often the program ran meanwhile.
 *
 *   bpfprobe fentry|fexit|kprobe FUNCTION COMMAND [ARGUMENT...]
 *
 * fentry and fexit are BPF trampolines, which need the kernel's BTF; kprobe is
 * a perf event. Exit status: the command's; 2 with the reason if the program
 * could not be attached, 4 if this kernel has nothing to attach it with.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(int status, const char *what)
{
	fprintf(stderr, "bpfprobe: %s: %s\n", what, strerror(errno));
	exit(status);
}

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* The kernel's types -------------------------------------------------------------- */

static char *read_btf(void)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	struct stat stat;
	ssize_t part;
	size_t done;
	char *btf;

	if (fd < 0 || fstat(fd, &stat))
		die(4, "the kernel's BTF");
	btf = malloc(stat.st_size);
	for (done = 0; btf && done < (size_t)stat.st_size; done += part) {
		part = read(fd, btf + done, stat.st_size - done);
		if (part <= 0)
			die(4, "reading the kernel's BTF");
	}
	close(fd);
	return btf;
}

/* What follows a type's description, in bytes. */
static size_t btf_more(const struct btf_type *type)
{
	size_t count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT: return sizeof(uint32_t);
	case BTF_KIND_ARRAY: return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return count * sizeof(struct btf_member);
	case BTF_KIND_ENUM: return count * sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO: return count * sizeof(struct btf_param);
	case BTF_KIND_VAR: return sizeof(struct btf_var);
	case BTF_KIND_DATASEC: return count * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG: return sizeof(struct btf_decl_tag);
	case BTF_KIND_ENUM64: return count * sizeof(struct btf_enum64);
	default: return 0;
	}
}

static int btf_function(const char *name)
{
	const char *btf = read_btf();
	const struct btf_header *header = (const void *)btf;
	const char *at = btf + header->hdr_len + header->type_off, *end = at + header->type_len;
	const char *strings = btf + header->hdr_len + header->str_off;
	int id;

	for (id = 1; at < end; id++) {
		const struct btf_type *type = (const void *)at;

		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC && !strcmp(strings + type->name_off, name))
			return id;
		at += sizeof(*type) + btf_more(type);
	}
	errno = ENOENT;
	die(2, name);
	return 0;
}

/* The program ---------------------------------------------------------------------- */

static int load(union bpf_attr *attr)
{
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd;

	attr->insns = (uintptr_t)program;
	attr->insn_cnt = sizeof(program) / sizeof(*program);
	attr->license = (uintptr_t)"GPL";
	fd = bpf(BPF_PROG_LOAD, attr);
	if (fd < 0)
		die(2, "loading the program");
	return fd;
}

static int attach_trampoline(const char *function, int type)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_TRACING, .expected_attach_type = type };
	union bpf_attr link = { 0 };
	int fd;

	attr.attach_btf_id = btf_function(function);
	fd = load(&attr);
	link.raw_tracepoint.prog_fd = fd;
	if (bpf(BPF_RAW_TRACEPOINT_OPEN, &link) < 0)
		die(2, function);
	return fd;
}

static int perf_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "r");
	int type;

	if (!file || fscanf(file, "%d", &type) != 1)
		die(4, "perf events of kprobes");
	fclose(file);
	return type;
}

static int attach_kprobe(const char *function)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_KPROBE };
	struct perf_event_attr event = {
		.type = perf_type(), .size = sizeof(event), .config1 = (uintptr_t)function
	};
	int fd = load(&attr), perf = syscall(SYS_perf_event_open, &event, -1, 0, -1, 0);

	if (perf < 0 || ioctl(perf, PERF_EVENT_IOC_SET_BPF, fd) || ioctl(perf, PERF_EVENT_IOC_ENABLE, 0))
		die(2, function);
	return fd;
}

static unsigned long long count_runs(int fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = {
		.info = { .bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info }
	};

	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		die(2, "counting");
	return info.run_cnt;
}

static int run(char **command)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		die(2, "fork");
	if (!child) {
		execvp(command[0], command);
		die(127, command[0]);
	}
	if (waitpid(child, &status, 0) < 0)
		die(2, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
	union bpf_attr stats = { .enable_stats = { BPF_STATS_RUN_TIME } };
	int fd, status;

	if (argc < 4)
		return 2;
	if (bpf(BPF_ENABLE_STATS, &stats) < 0)
		die(4, "BPF");
	if (!strcmp(argv[1], "kprobe"))
		fd = attach_kprobe(argv[2]);
	else
		fd = attach_trampoline(argv[2], !strcmp(argv[1], "fexit") ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY);
	status = run(argv + 3);
	printf("calls %llu\n", count_runs(fd));
	return status;
}
