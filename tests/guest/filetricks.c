// SPDX-License-Identifier: GPL-2.0
/*
 * Rare things that are done to files, each by an ioctl or so that no program at hand has.
 *
 *   filetricks move-extents FILE DONOR	ext4: exchange all blocks of two files of the same size
 *   filetricks swap-boot FILE		ext4: exchange a file with the boot loader's inode
 *   filetricks exchange-range FILE FILE	xfs: exchange the content of two files of the same size
 *   filetricks quota-on DEVICE FILE	ext4: count what users have, in a file (version 2)
 *   filetricks quota-off DEVICE
 *   filetricks defragment FILE		btrfs
 *   filetricks encoded FROM TO		btrfs: the first compressed extent of FROM becomes, as it is,
 *					the beginning of TO
 *   filetricks scrub DIRECTORY		btrfs: read all, and compare checksums
 *   filetricks verity FILE		enable fs-verity
 *   filetricks poison FILE PAGES	the memory of every tenth of the first pages in the page
 *					cache is reported as failed
 *   filetricks loop-direct DEVICE	a loop device goes past the page cache of its file
 *
 * Exit status 3: the file system or the kernel has no such thing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fsverity.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096UL

/* As fs/ext4/ext4.h has them: no header for programs does. */
struct ext4_move_extent {
	uint32_t reserved;
	uint32_t donor_fd;
	uint64_t orig_start;
	uint64_t donor_start;
	uint64_t len;
	uint64_t moved_len;
};

#define EXT4_IOC_MOVE_EXT	_IOWR('f', 15, struct ext4_move_extent)
#define EXT4_IOC_SWAP_BOOT	_IO('f', 17)

/* As fs/xfs/libxfs/xfs_fs.h of 6.10 and later has them. */
struct xfs_exchange_range {
	int32_t file1_fd;
	uint32_t pad;
	uint64_t file1_offset;
	uint64_t file2_offset;
	uint64_t length;
	uint64_t flags;
};

#define XFS_IOC_EXCHANGE_RANGE	_IOW('X', 129, struct xfs_exchange_range)

/* As include/uapi/linux/quota.h has it. */
#define QFMT_VFS_V1	4

static __attribute__((noreturn)) void die(const char *what)
{
	int error = errno;

	fprintf(stderr, "filetricks: %s: %s\n", what, strerror(error));
	exit(error == EOPNOTSUPP || error == ENOTTY ? 3 : 1);
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		die(path);
	return fd;
}

static uint64_t size_of(int fd)
{
	struct stat info;

	if (fstat(fd, &info))
		die("fstat");
	return info.st_size;
}

static void do_move_extents(char **args)
{
	int fd = open_or_die(args[0], O_RDWR);
	struct ext4_move_extent move = { .donor_fd = open_or_die(args[1], O_RDWR) };

	for (move.len = size_of(fd) / PAGE; move.len; move.len -= move.moved_len) {
		move.moved_len = 0;
		if (ioctl(fd, EXT4_IOC_MOVE_EXT, &move) && !move.moved_len)
			die("EXT4_IOC_MOVE_EXT");
		move.orig_start += move.moved_len;
		move.donor_start += move.moved_len;
	}
}

static void do_swap_boot(char **args)
{
	if (ioctl(open_or_die(args[0], O_RDWR), EXT4_IOC_SWAP_BOOT))
		die("EXT4_IOC_SWAP_BOOT");
}

static void do_exchange_range(char **args)
{
	int fd = open_or_die(args[0], O_RDWR);
	struct xfs_exchange_range range = {
		.file1_fd = open_or_die(args[1], O_RDWR),
		.length = size_of(fd),
	};

	if (ioctl(fd, XFS_IOC_EXCHANGE_RANGE, &range))
		die("XFS_IOC_EXCHANGE_RANGE");
}

static void do_quota_on(char **args)
{
	if (quotactl(QCMD(Q_QUOTAON, USRQUOTA), args[0], QFMT_VFS_V1, args[1]))
		die("Q_QUOTAON");
}

static void do_quota_off(char **args)
{
	if (quotactl(QCMD(Q_QUOTAOFF, USRQUOTA), args[0], 0, NULL))
		die("Q_QUOTAOFF");
}

static void do_defragment(char **args)
{
	if (ioctl(open_or_die(args[0], O_RDWR), BTRFS_IOC_DEFRAG, NULL))
		die("BTRFS_IOC_DEFRAG");
}

static void do_encoded(char **args)
{
	int from = open_or_die(args[0], O_RDONLY), to = open_or_die(args[1], O_RDWR);
	static char data[128 << 10];
	struct iovec vec = { .iov_base = data, .iov_len = sizeof(data) };
	struct btrfs_ioctl_encoded_io_args encoded = { .iov = &vec, .iovcnt = 1 };
	long length = ioctl(from, BTRFS_IOC_ENCODED_READ, &encoded);

	if (length < 0)
		die("BTRFS_IOC_ENCODED_READ");
	if (!encoded.compression) {
		fprintf(stderr, "filetricks: %s is not compressed\n", args[0]);
		exit(1);
	}
	vec.iov_len = length;
	if (ioctl(to, BTRFS_IOC_ENCODED_WRITE, &encoded) < 0)
		die("BTRFS_IOC_ENCODED_WRITE");
	printf("%llu\n", (unsigned long long)encoded.len);
}

static void do_scrub(char **args)
{
	struct btrfs_ioctl_scrub_args scrub = { .devid = 1, .end = -1 };

	if (ioctl(open_or_die(args[0], O_RDONLY), BTRFS_IOC_SCRUB, &scrub))
		die("BTRFS_IOC_SCRUB");
	if (scrub.progress.csum_errors || !scrub.progress.data_bytes_scrubbed)
		exit(1);
}

static void do_verity(char **args)
{
	struct fsverity_enable_arg arg = {
		.version = 1,
		.hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
		.block_size = PAGE,
	};

	if (ioctl(open_or_die(args[0], O_RDONLY), FS_IOC_ENABLE_VERITY, &arg))
		die("FS_IOC_ENABLE_VERITY");
}

static void do_poison(char **args)
{
	size_t page, nr_pages = strtoul(args[1], NULL, 0);
	int fd = open_or_die(args[0], O_RDONLY);
	volatile char *at = mmap(NULL, nr_pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		die("mmap");
	for (page = 0; page < nr_pages; page += 10) {
		(void)at[page * PAGE];
		if (madvise((void *)(at + page * PAGE), PAGE, MADV_HWPOISON))
			die("MADV_HWPOISON");
	}
}

static void do_loop_direct(char **args)
{
	if (ioctl(open_or_die(args[0], O_RDWR), LOOP_SET_DIRECT_IO, 1UL))
		die("LOOP_SET_DIRECT_IO");
}

static const struct {
	const char *name;
	int nr_args;
	void (*run)(char **args);
} tricks[] = {
	{ "move-extents", 2, do_move_extents },
	{ "swap-boot", 1, do_swap_boot },
	{ "exchange-range", 2, do_exchange_range },
	{ "quota-on", 2, do_quota_on },
	{ "quota-off", 1, do_quota_off },
	{ "defragment", 1, do_defragment },
	{ "encoded", 2, do_encoded },
	{ "scrub", 1, do_scrub },
	{ "verity", 1, do_verity },
	{ "poison", 2, do_poison },
	{ "loop-direct", 1, do_loop_direct },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(tricks) / sizeof(*tricks); i++) {
		if (argc > 1 && !strcmp(argv[1], tricks[i].name) && argc == 2 + tricks[i].nr_args) {
			tricks[i].run(argv + 2);
			return 0;
		}
	}
	fprintf(stderr, "usage: filetricks TRICK FILE...\n");
	return 2;
}
