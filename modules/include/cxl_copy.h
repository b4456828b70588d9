/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copying a page of a pool, whose memory may fail.
 */
#ifndef CXL_COPY_H
#define CXL_COPY_H

#include <linux/compiler.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/page-flags.h>

#include <asm/asm.h>
#include <asm/extable_fixup_types.h>

/**
 * cxl_copy_page_mc() - copy a page; a machine check while it is read is survived, where the CPU can
 * @to: where to
 * @from: the page
 *
 * copy_mc_to_kernel() (arch/x86/lib/copy_mc.c, 6.8 and 6.12) for one page. That one copies with REP
 * MOVSB on CPUs with ERMS, and on others with memcpy(), which is three times as long and does not
 * survive a machine check. It goes word by word on Xeons before Sapphire Rapids, which can't take
 * CXL memory: they alone do not recover inside a REP MOVSQ.
 *
 * Context: any.
 * Return: true; false if the memory has failed: @to is then undefined.
 */
static inline bool cxl_copy_page_mc(void *to, const void *from)
{
	unsigned long nr_left = PAGE_SIZE / sizeof(long);

	asm volatile("1:	rep movsq\n"
		     "2:\n"
		     _ASM_EXTABLE_TYPE(1b, 2b, EX_TYPE_DEFAULT_MCE_SAFE)
		     : "+c" (nr_left), "+D" (to), "+S" (from) : : "memory");
	return likely(!nr_left);
}

/**
 * cxl_page_copy_mc() - read a page of a pool
 * @to: where to
 * @page: the page; it stays the caller's meanwhile
 *
 * Context: any.
 * Return: true; false if its memory has failed, now or before: @to is then undefined.
 */
static __always_inline bool cxl_page_copy_mc(void *to, struct page *page)
{
	bool is_copied;
	void *from;

	if (unlikely(PageHWPoison(page)))
		return false;
	from = kmap_local_page(page);
	is_copied = cxl_copy_page_mc(to, from);
	kunmap_local(from);
	return likely(is_copied);
}

#endif /* CXL_COPY_H */
