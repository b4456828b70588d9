// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU plugin: how often each instruction of the guest's kernel ran between two
 * marks, exactly. The marks are no-ops that swapbench executes: 0f 1f 84 00
 * (nopl with a 32-bit displacement) followed by MARK_MAGIC and a number: 0
 * begins, any other ends and says what was measured.
 *
 * Argument: out=FILE, which gets for each pair of marks a line "window NUMBER"
 * and then lines "ADDRESS COUNT", ADDRESS in hexadecimal; 0 stands for all of
 * user space.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu-plugin.h"

#define MARK_MAGIC	0x43584c00U	/* and a number in the low byte */
/* Instructions that are told apart, a power of two: a booted kernel ran 0.4 million. */
#define MAX_SLOTS	(1UL << 20)

QEMU_PLUGIN_EXPORT int qemu_plugin_version = 3;

static const uint8_t mark_opcode[] = { 0x0f, 0x1f, 0x84, 0x00 };
static struct qemu_plugin_scoreboard *counts;
static uint64_t *address_of;	/* hash table; slot 0 is user space */
static uint64_t *at_begin;
static size_t nr_slots;
static FILE *out;

static void die(const char *what)
{
	fprintf(stderr, "profile: %s\n", what);
	exit(1);
}

static qemu_plugin_u64 counter(size_t slot)
{
	return (qemu_plugin_u64){ counts, slot * sizeof(uint64_t) };
}

static size_t slot_of(uint64_t address)
{
	size_t slot;

	if (!(address >> 63))
		return 0;
	for (slot = address * 0x9e3779b97f4a7c15ULL >> 44; ; slot++) {
		slot &= MAX_SLOTS - 1;
		if (!slot)
			continue;
		if (address_of[slot] == address)
			return slot;
		if (!address_of[slot])
			break;
	}
	if (++nr_slots > MAX_SLOTS / 4 * 3)
		die("too many instructions: raise MAX_SLOTS");
	address_of[slot] = address;
	return slot;
}

static void begin(void)
{
	for (size_t slot = 0; slot < MAX_SLOTS; slot++)
		if (!slot || address_of[slot])
			at_begin[slot] = qemu_plugin_u64_sum(counter(slot));
}

static void end(unsigned int number)
{
	fprintf(out, "window %u\n", number);
	for (size_t slot = 0; slot < MAX_SLOTS; slot++) {
		uint64_t nr;

		if (slot && !address_of[slot])
			continue;
		nr = qemu_plugin_u64_sum(counter(slot)) - at_begin[slot];
		if (nr)
			fprintf(out, "%016" PRIx64 " %" PRIu64 "\n", address_of[slot], nr);
	}
	fflush(out);
	memset(at_begin, 0, MAX_SLOTS * sizeof(*at_begin));
}

static void mark(unsigned int vcpu, void *data)
{
	unsigned int number = (uintptr_t)data & 0xff;

	(void)vcpu;
	if (number)
		end(number);
	else
		begin();
}

/* Return: the mark's number and magic; 0 if it is none. */
static uint32_t mark_of(const struct qemu_plugin_insn *insn)
{
	uint8_t bytes[sizeof(mark_opcode) + sizeof(uint32_t)];
	uint32_t value;

	if (qemu_plugin_insn_size(insn) != sizeof(bytes) ||
	    qemu_plugin_insn_data(insn, bytes, sizeof(bytes)) != sizeof(bytes) ||
	    memcmp(bytes, mark_opcode, sizeof(mark_opcode)))
		return 0;
	memcpy(&value, bytes + sizeof(mark_opcode), sizeof(value));
	return (value & ~0xffU) == MARK_MAGIC ? value : 0;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t value = mark_of(insn);

		qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn,
			QEMU_PLUGIN_INLINE_ADD_U64,
			counter(slot_of(qemu_plugin_insn_vaddr(insn))), 1);
		if (value)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark,
				QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)value);
	}
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info,
					   int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		die("usage: -plugin profile.so,out=FILE");
	out = fopen(argv[0] + 4, "w");
	if (!out)
		die("the file can't be made");
	counts = qemu_plugin_scoreboard_new(MAX_SLOTS * sizeof(uint64_t));
	address_of = calloc(MAX_SLOTS, sizeof(*address_of));
	at_begin = calloc(MAX_SLOTS, sizeof(*at_begin));
	if (!counts || !address_of || !at_begin)
		die("no memory");
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
