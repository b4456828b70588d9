// SPDX-License-Identifier: GPL-2.0
/*
 * Memory cgroups: what each of them has stored, stores, loads and is refused, and what
 * memory.zswap.max and memory.zswap.writeback allow, whether zswap itself is on or not.
 *
 * A page of the store is charged to the cgroup that its slot is charged to: the cgroup's id is the
 * page's tag, and goes with the data to another frame. Same-filled pages take no memory, and are
 * not charged. The kernel keeps the id as long as the slot is in use, but lets go of it a moment
 * before it tells us that the slot is free; should the id be another cgroup's by then, that one has
 * a page too many for this moment.
 *
 * Stores, loads and refusals are counted in the same line as what is stored, atomically: each page
 * out and in is charged there anyway, and the kernel does as much in the cgroup itself. The counts
 * are a cgroup's, not an id's: they begin anew when another cgroup, with nothing stored yet, stores
 * under the id.
 *
 * A limit holds for a cgroup and all below it. What they have stored is summed up when the room
 * that was found before is used up, or is a second old. A part of what is left becomes the new
 * room, all of it only when that is little; then it is not summed up again in the same jiffy. So
 * few stores pay for a sum, and what is beyond the limit is at most what was being stored while it
 * was counted. (Pages on a device of ours count, but take no room.)
 */
#include <linux/cgroup.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/memcontrol.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "cxl_control.h"
#include "cxlswap.h"

/* As a table's leaf; see table.c. */
#define CXLSWAP_CGROUP_GFP (GFP_NOIO | __GFP_NOWARN | __GFP_ZERO)

/* The least that is handed out at a time, in pages, if there is so much. */
#define CXLSWAP_CGROUP_ROOM 64UL

struct cxlswap_cgroup *
cxlswap_cgroup_leaves[CXLSWAP_NR_CGROUP_IDS / CXLSWAP_CGROUPS_PER_LEAF];

/* One count at a time: two would hand out the same room twice. Also who changes owner has it. */
static DEFINE_SPINLOCK(room_lock);

static unsigned long cxlswap_cgroup_leaf_new(unsigned short first_id)
{
	unsigned long new = __get_free_page(CXLSWAP_CGROUP_GFP);
	struct cxlswap_cgroup *leaf = (struct cxlswap_cgroup *)new;
	unsigned int i;

	for (i = 0; leaf && i < CXLSWAP_CGROUPS_PER_LEAF; i++)
		leaf[i].id = first_id + i;
	return new;
}

/**
 * cxlswap_cgroup_grow() - the slow part of cxlswap_cgroup_by_id(): allocate the leaf of an id
 * @id: the id
 *
 * Context: as cxlswap_cgroup_by_id().
 * Return: the cgroup; NULL without memory.
 */
struct cxlswap_cgroup *cxlswap_cgroup_grow(unsigned short id)
{
	struct cxlswap_cgroup **leaf = &cxlswap_cgroup_leaves[id / CXLSWAP_CGROUPS_PER_LEAF];
	unsigned long new = cxlswap_cgroup_leaf_new(round_down(id, CXLSWAP_CGROUPS_PER_LEAF));

	if (new && cmpxchg(leaf, NULL, (struct cxlswap_cgroup *)new))
		free_page(new);		/* somebody was faster */
	return cxlswap_cgroup_find(id);
}

/**
 * cxlswap_cgroup_serial() - which cgroup has an id now
 * @id: the id
 *
 * Context: any, while the hooks are there.
 * Return: its serial number, which no other one ever has; 0 if there is none.
 */
u64 cxlswap_cgroup_serial(unsigned short id)
{
	struct mem_cgroup *memcg;
	u64 serial;

	rcu_read_lock();
	memcg = cxlswap_hooks_cgroup(id);
	serial = memcg ? memcg->css.serial_nr : 0;
	rcu_read_unlock();
	return serial;
}

/**
 * cxlswap_cgroup_adopt() - the counts are those of the cgroup that has the id now
 * @cgroup: nothing is charged to it, or its owner is there
 *
 * Context: process context.
 */
void cxlswap_cgroup_adopt(struct cxlswap_cgroup *cgroup)
{
	u64 serial = cxlswap_cgroup_serial(cgroup->id);

	if (likely(READ_ONCE(cgroup->owner) == serial))
		return;
	spin_lock(&room_lock);
	if (cgroup->owner != serial) {
		atomic_long_set(&cgroup->nr_stores, 0);
		atomic_long_set(&cgroup->nr_loads, 0);
		atomic_long_set(&cgroup->nr_refused, 0);
		WRITE_ONCE(cgroup->owner, serial);
	}
	spin_unlock(&room_lock);
}

/* With all below it, also those that were removed and have pages here still. */
static unsigned long cxlswap_cgroup_nr_stored(struct mem_cgroup *memcg)
{
	struct cgroup_subsys_state *css;
	struct cxlswap_cgroup *cgroup;
	long nr_stored = 0;

	rcu_read_lock();
	css_for_each_descendant_pre(css, &memcg->css) {
		cgroup = cxlswap_cgroup_find(mem_cgroup_id(mem_cgroup_from_css(css)));
		if (cgroup)
			nr_stored += atomic_long_read(&cgroup->nr_stored);
	}
	rcu_read_unlock();
	return max(nr_stored, 0L);
}

/* Is it this cgroup's room, and this limit's? Another one may have had the id before. */
static bool cxlswap_cgroup_room_holds(const struct cxlswap_cgroup *cgroup,
				      const struct mem_cgroup *memcg, unsigned long limit)
{
	/* pairs with the release in cxlswap_cgroup_count_room(): serial and room are no older */
	if (smp_load_acquire(&cgroup->limit) != limit)
		return false;
	/* pairs with the release in cxlswap_cgroup_count_room(): the room is no older */
	if (smp_load_acquire(&cgroup->serial) != memcg->css.serial_nr)
		return false;
	return time_before(jiffies, READ_ONCE(cgroup->counted_at) + HZ);
}

static bool cxlswap_cgroup_use_room(struct cxlswap_cgroup *cgroup, const struct mem_cgroup *memcg,
				    unsigned long limit, long nr_pages)
{
	return cxlswap_cgroup_room_holds(cgroup, memcg, limit) &&
	       atomic_long_read(&cgroup->room) >= nr_pages &&
	       atomic_long_sub_return(nr_pages, &cgroup->room) >= 0;
}

static bool cxlswap_cgroup_count_room(struct cxlswap_cgroup *cgroup, struct mem_cgroup *memcg,
				      unsigned long limit, unsigned long nr_pages)
{
	unsigned long nr_stored, left, room;

	if (cxlswap_cgroup_room_holds(cgroup, memcg, limit) &&
	    !time_after(jiffies, cgroup->counted_at) &&
	    (cgroup->left <= CXLSWAP_CGROUP_ROOM || cgroup->left < nr_pages))
		return false;
	nr_stored = cxlswap_cgroup_nr_stored(memcg);
	left = limit > nr_stored ? limit - nr_stored : 0;
	room = max(left / 8, min(left, CXLSWAP_CGROUP_ROOM));
	if (left >= nr_pages)
		room = max(room, nr_pages) - nr_pages;
	cgroup->left = left;
	WRITE_ONCE(cgroup->counted_at, jiffies);
	atomic_long_set(&cgroup->room, room);
	/* pairs with the acquire in cxlswap_cgroup_room_holds() */
	smp_store_release(&cgroup->serial, memcg->css.serial_nr);
	/* pairs with the acquire in cxlswap_cgroup_room_holds() */
	smp_store_release(&cgroup->limit, limit);
	return left >= nr_pages;
}

static bool cxlswap_cgroup_take_room(struct mem_cgroup *memcg, unsigned long limit, long nr_pages)
{
	unsigned short id = mem_cgroup_id(memcg);
	struct cxlswap_cgroup *cgroup;
	bool has_room;

	if (!limit)
		return false;
	/* it was removed, with nothing in swap: what it still has is charged to the one above */
	if (!id)
		return true;
	cgroup = cxlswap_cgroup_by_id(id);
	if (!cgroup)
		return false;
	if (cxlswap_cgroup_use_room(cgroup, memcg, limit, nr_pages))
		return true;
	spin_lock(&room_lock);
	has_room = cxlswap_cgroup_use_room(cgroup, memcg, limit, nr_pages) ||
		   cxlswap_cgroup_count_room(cgroup, memcg, limit, nr_pages);
	spin_unlock(&room_lock);
	return has_room;
}

/**
 * cxlswap_cgroup_has_room() - the slow part of cxlswap_cgroup_may_store(): there is a limit
 * @memcg: the cgroup that has it
 * @nr_pages: the folio's size
 *
 * Context: as cxlswap_cgroup_may_store().
 * Return: as cxlswap_cgroup_may_store().
 */
bool cxlswap_cgroup_has_room(struct mem_cgroup *memcg, long nr_pages)
{
	unsigned long limit;

	for (; memcg; memcg = parent_mem_cgroup(memcg)) {
		limit = READ_ONCE(memcg->zswap_max);
		if (limit != PAGE_COUNTER_MAX && !cxlswap_cgroup_take_room(memcg, limit, nr_pages))
			return false;
	}
	return true;
}

/**
 * cxlswap_cgroup_may_write_back() - may a cgroup's pages go to the device below?
 * @id: its id, or 0
 *
 * Context: any.
 * Return: false if memory.zswap.writeback is 0 in the cgroup or in one above it.
 */
bool cxlswap_cgroup_may_write_back(unsigned short id)
{
	struct mem_cgroup *memcg;
	bool may = true;

	if (!id)
		return true;
	rcu_read_lock();
	for (memcg = cxlswap_hooks_cgroup(id); memcg; memcg = parent_mem_cgroup(memcg))
		may = may && READ_ONCE(memcg->zswap_writeback);
	rcu_read_unlock();
	return may;
}

/* The next one, after this id, that has stored something; NULL if there is none. */
static struct cxlswap_cgroup *cxlswap_cgroup_next(int after)
{
	struct cxlswap_cgroup *cgroup;
	unsigned int id = after + 1;

	while (id < CXLSWAP_NR_CGROUP_IDS) {
		cgroup = cxlswap_cgroup_find(id);
		if (cgroup && atomic_long_read(&cgroup->nr_stored))
			return cgroup;
		id = cgroup ? id + 1 : round_down(id, CXLSWAP_CGROUPS_PER_LEAF) +
				       CXLSWAP_CGROUPS_PER_LEAF;
	}
	return NULL;
}

/**
 * cxlswap_cgroup_over_share() - who has stored most beyond a fair share
 * @nr_over: how many pages that is
 *
 * The share is the same for all that have stored something. Who has less than a quarter more than
 * that is not worth a search for its pages.
 *
 * Context: any.
 * Return: the cgroup's id; CXLSWAP_CGROUP_ANY if all have their share, or must not be written back.
 */
int cxlswap_cgroup_over_share(long *nr_over)
{
	long nr_stored, total = 0, most = 0, nr_cgroups = 0;
	struct cxlswap_cgroup *cgroup;
	int id = CXLSWAP_CGROUP_ANY;

	/* 0 is nobody's: free pages of a reserved device, and what was written to one by hand */
	for (cgroup = cxlswap_cgroup_next(0); cgroup; cgroup = cxlswap_cgroup_next(cgroup->id)) {
		nr_stored = atomic_long_read(&cgroup->nr_stored);
		total += nr_stored;
		nr_cgroups++;
		if (nr_stored > most && cxlswap_cgroup_may_write_back(cgroup->id)) {
			most = nr_stored;
			id = cgroup->id;
		}
	}
	*nr_over = nr_cgroups ? most - total / nr_cgroups : 0;
	return *nr_over * 5 > most ? id : CXLSWAP_CGROUP_ANY;
}

/* The next one, after this id, that has something to tell; NULL if there is none. */
static struct cxlswap_cgroup *cxlswap_cgroup_next_known(int after)
{
	struct cxlswap_cgroup *cgroup;
	unsigned int id = after + 1;
	u64 serial;

	while (id < CXLSWAP_NR_CGROUP_IDS) {
		cgroup = cxlswap_cgroup_find(id);
		if (!cgroup) {
			id = round_down(id, CXLSWAP_CGROUPS_PER_LEAF) + CXLSWAP_CGROUPS_PER_LEAF;
			continue;
		}
		serial = cxlswap_cgroup_serial(id);
		if (atomic_long_read(&cgroup->nr_stored) ||
		    (serial && READ_ONCE(cgroup->owner) == serial))
			return cgroup;
		id++;
	}
	return NULL;
}

/* "-" if it is gone. Return: whether it was removed and is there yet. */
static bool cxlswap_cgroup_path(unsigned short id, char *path)
{
	struct mem_cgroup *memcg;
	bool is_deleted;

	rcu_read_lock();
	memcg = cxlswap_hooks_cgroup(id);
	if (!memcg || cgroup_path(memcg->css.cgroup, path, PATH_MAX) < 0)
		strscpy(path, "-", PATH_MAX);
	is_deleted = memcg && !(memcg->css.flags & CSS_ONLINE);
	rcu_read_unlock();
	return is_deleted;
}

static int cxlswap_cgroup_put(struct sk_buff *skb, const struct cxlswap_cgroup *cgroup,
			      const char *path)
{
	long nr_stored = max(atomic_long_read(&cgroup->nr_stored), 0L);

	return nla_put_u32(skb, CXLTIER_A_CGROUP_ID, cgroup->id) ?:
	       nla_put_string(skb, CXLTIER_A_CGROUP_PATH, path) ?:
	       nla_put_uint(skb, CXLTIER_A_CGROUP_STORED, (u64)nr_stored << PAGE_SHIFT) ?:
	       nla_put_uint(skb, CXLTIER_A_CGROUP_STORES, atomic_long_read(&cgroup->nr_stores)) ?:
	       nla_put_uint(skb, CXLTIER_A_CGROUP_LOADS, atomic_long_read(&cgroup->nr_loads)) ?:
	       nla_put_uint(skb, CXLTIER_A_CGROUP_REFUSED, atomic_long_read(&cgroup->nr_refused));
}

/**
 * cxlswap_cgroup_fill() - tell of a cgroup that stores or has stored; see struct cxl_control
 * @skb: the message
 * @pos: the id to begin with, then the cgroup's
 *
 * Context: process context; sleeps.
 * Return: 0, -ENOENT, -ENOMEM or -EMSGSIZE.
 */
int cxlswap_cgroup_fill(struct sk_buff *skb, unsigned long *pos)
{
	/* not those that are charged to nobody */
	struct cxlswap_cgroup *cgroup = cxlswap_cgroup_next_known(max(*pos, 1UL) - 1);
	char *path;
	int err = 0;

	if (!cgroup)
		return -ENOENT;
	path = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	*pos = cgroup->id;
	if (cxlswap_cgroup_path(cgroup->id, path))
		err = nla_put_flag(skb, CXLTIER_A_CGROUP_DELETED);
	if (!err)
		err = cxlswap_cgroup_put(skb, cgroup, path);
	kfree(path);
	return err;
}

/**
 * cxlswap_cgroups_show() - list cgroups that store or have stored: pages stored, stores, loads,
 *	refused pages, and the path; also of those that must not store
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0 or -ENOMEM.
 */
int cxlswap_cgroups_show(struct seq_file *m, void *unused)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	struct cxlswap_cgroup *cgroup = NULL;
	bool is_deleted, is_barred;

	if (!path)
		return -ENOMEM;
	cxlswap_tiers_forget_gone();
	while ((cgroup = cxlswap_cgroup_next_known(cgroup ? cgroup->id : 0))) {
		is_deleted = cxlswap_cgroup_path(cgroup->id, path);
		is_barred = cxlswap_cgroup_is_barred(cgroup, cxlswap_cgroup_serial(cgroup->id));
		seq_printf(m, "%ld %ld %ld %ld %s%s%s\n", atomic_long_read(&cgroup->nr_stored),
			   atomic_long_read(&cgroup->nr_stores),
			   atomic_long_read(&cgroup->nr_loads),
			   atomic_long_read(&cgroup->nr_refused), path,
			   is_deleted ? " (deleted)" : "", is_barred ? " (tier 0)" : "");
		cond_resched();
	}
	kfree(path);
	return 0;
}

/**
 * cxlswap_cgroups_init() - make place for pages that are charged to nobody
 *
 * Context: process context, module load.
 * Return: 0 or -ENOMEM.
 */
int cxlswap_cgroups_init(void)
{
	return cxlswap_cgroup_grow(0) ? 0 : -ENOMEM;
}

/**
 * cxlswap_cgroups_exit() - free what cgroups are counted by
 *
 * Context: process context, module exit; nothing is stored.
 */
void cxlswap_cgroups_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cxlswap_cgroup_leaves); i++)
		free_page((unsigned long)cxlswap_cgroup_leaves[i]);
}
