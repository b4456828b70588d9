/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pools: single 4 KiB pages of CXL memory, handed out over the nodes of a group up to a limit.
 *
 * A page can be moved to another frame at any time, by a drain or by the kernel, unless its owner
 * holds the lock of the entry that the page belongs to.
 */
#ifndef CXL_POOL_H
#define CXL_POOL_H

#include <linux/mm.h>
#include <linux/types.h>

struct cxl_pool;
struct sk_buff;

/**
 * struct cxl_pool_walk - a walk over all pages that an owner holds
 * @visit: called for each page, without locks; the page may have gone meanwhile, the entry is
 *	still there
 * @table: where the walk is, for the owner; 0 at the beginning
 * @object: the same, within @table
 * @index: the same, within @object
 */
struct cxl_pool_walk {
	void (*visit)(struct cxl_pool_walk *walk, struct page *page, unsigned long *entry);
	u64 table;
	u64 object;
	unsigned long index;
};

/**
 * struct cxl_pool_ops - what a pool asks of its owner
 * @repoint: copy a page and make its entry own the copy instead. Called under rcu_read_lock();
 *	must not sleep. @entry is what cxl_page_set_entry() was told, for this page, at some time:
 *	its memory must stay for an RCU grace period after the owner has given back its pages.
 *	The owner locks it and looks whether it still owns @old. Returns 0; -ENOENT if it does not;
 *	-EHWPOISON if @old can't be read: then the entry has been told, and owns neither. With
 *	@may_drop, @new is NULL where there is no room: the entry owns nothing then.
 * @walk: visit some more pages, at most a few hundred. Returns false when all were visited.
 *	Entries that come and go meanwhile may be missed. Context: process context, may sleep.
 * @may_drop: its pages can be had again from elsewhere: they are dropped rather than be in the way
 * @fill: write what the owner has to tell of the pool, CXLTIER_A_POOL_*, into a message; 0 or
 *	-EMSGSIZE. Context: process context, under cxlmeta's locks. NULL: nothing
 */
struct cxl_pool_ops {
	int (*repoint)(unsigned long *entry, struct page *old, struct page *new);
	bool (*walk)(struct cxl_pool_walk *walk);
	bool may_drop;
	int (*fill)(struct sk_buff *skb);
};

struct cxl_pool *cxl_pool_create(const char *owner, const struct cxl_pool_ops *ops);
void cxl_pool_destroy(struct cxl_pool *pool);

struct page *cxl_pool_get(struct cxl_pool *pool);
unsigned int cxl_pool_get_pages(struct cxl_pool *pool, struct page **pages,
				unsigned int nr_pages);
void cxl_pool_put(struct cxl_pool *pool, struct page *page);
void cxl_pool_wipe(struct page *page);
void cxl_pool_poison(struct cxl_pool *pool, struct page *page);

int cxl_pool_set_group(struct cxl_pool *pool, const char *name);
void cxl_pool_set_percent(struct cxl_pool *pool, unsigned int percent);
unsigned long cxl_pool_size(const struct cxl_pool *pool);
unsigned long cxl_pool_limit(const struct cxl_pool *pool);
bool cxl_pool_is_full(struct cxl_pool *pool);
void cxl_pool_report_full(struct cxl_pool *pool);
void cxl_pool_report_stalled(struct cxl_pool *pool);
void cxl_pool_report_used(struct cxl_pool *pool, unsigned long nr_used);
unsigned long cxl_pool_nr_used(struct cxl_pool *pool);

/**
 * cxl_page_set_entry() - say which entry a page belongs to
 * @page: a page of the caller's
 * @entry: the word that owns it
 *
 * Context: any; under the entry's lock.
 */
static inline void cxl_page_set_entry(struct page *page, unsigned long *entry)
{
	WRITE_ONCE(page->private, (unsigned long)entry);
}

/*
 * page->index of a pool's page has the pool's number in these bits, for the pool. Above them, while
 * the page is an owner's, there are its tag and its checksum.
 */
#define CXL_PAGE_POOL_BITS 16
#define CXL_PAGE_POOL_MASK ((1UL << CXL_PAGE_POOL_BITS) - 1)
#define CXL_PAGE_CHECKSUM_SHIFT 32
#define CXL_PAGE_CHECKSUM_MASK (~0UL << CXL_PAGE_CHECKSUM_SHIFT)

/* In page->private beside the entry: the page has a checksum. */
#define CXL_PAGE_CHECKED 2UL

/**
 * cxl_page_set_tag() - keep a number beside a page
 * @page: a page of the caller's, without a checksum
 * @tag: the number; what a page from cxl_pool_get() has there is undefined
 *
 * Context: any; under the entry's lock.
 */
static inline void cxl_page_set_tag(struct page *page, u16 tag)
{
	WRITE_ONCE(page->index, (page->index & CXL_PAGE_POOL_MASK) |
				(unsigned long)tag << CXL_PAGE_POOL_BITS);
}

/**
 * cxl_page_tag() - the number that was kept
 * @page: a page of the caller's
 *
 * Context: any; under the entry's lock.
 * Return: the number.
 */
static inline u16 cxl_page_tag(const struct page *page)
{
	return page->index >> CXL_PAGE_POOL_BITS;
}

/**
 * cxl_page_set_checksum() - keep a checksum beside a page
 * @page: a page of the caller's, with its entry set; setting the entry again forgets the checksum
 * @checksum: any number
 *
 * Context: any; under the entry's lock.
 */
static inline void cxl_page_set_checksum(struct page *page, u32 checksum)
{
	WRITE_ONCE(page->index, (page->index & ~CXL_PAGE_CHECKSUM_MASK) |
				(unsigned long)checksum << CXL_PAGE_CHECKSUM_SHIFT);
	WRITE_ONCE(page->private, page->private | CXL_PAGE_CHECKED);
}

/**
 * cxl_page_has_checksum() - was a checksum kept?
 * @page: a page of the caller's
 *
 * Context: any; under the entry's lock.
 * Return: whether cxl_page_checksum() means something.
 */
static inline bool cxl_page_has_checksum(const struct page *page)
{
	return page->private & CXL_PAGE_CHECKED;
}

/**
 * cxl_page_checksum() - the checksum that was kept
 * @page: a page with a checksum
 *
 * Context: any; under the entry's lock.
 * Return: the checksum.
 */
static inline u32 cxl_page_checksum(const struct page *page)
{
	return page->index >> CXL_PAGE_CHECKSUM_SHIFT;
}

#endif /* CXL_POOL_H */
