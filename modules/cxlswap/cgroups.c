// SPDX-License-Identifier: GPL-2.0
/*
 * What memory cgroups allow: memory.zswap.max and memory.zswap.writeback hold for us, too, whether
 * zswap itself is on or not. Of memory.zswap.max only 0 does: what a cgroup has stored is not
 * counted.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/swap.h>

#include "cxlswap.h"

/**
 * cxlswap_cgroup_may_write_back() - may a stored page go to the device below?
 * @entry: its slot
 *
 * Context: any.
 * Return: false if memory.zswap.writeback is 0 in its cgroup or in one above it.
 */
bool cxlswap_cgroup_may_write_back(swp_entry_t entry)
{
	struct mem_cgroup *memcg;
	bool may = true;

	/* nobody keeps the table of slots then */
	if (mem_cgroup_disabled())
		return true;
	rcu_read_lock();
	for (memcg = cxlswap_hooks_slot_cgroup(entry); memcg; memcg = parent_mem_cgroup(memcg))
		may = may && READ_ONCE(memcg->zswap_writeback);
	rcu_read_unlock();
	return may;
}
