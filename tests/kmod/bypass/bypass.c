// SPDX-License-Identifier: GPL-2.0
/*
 * Swaps a page to /dev/cxlswap0 and back with bios, as a kernel would that went around cxlswap's
 * hooks. Loading fails if the page does not come back as it was.
 *
 *   slot=N   which page of the device; one that is in no use
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/string.h>

static unsigned long slot;
module_param(slot, ulong, 0444);
MODULE_PARM_DESC(slot, "page of the device to use");

static int bypass_transfer(struct block_device *bdev, struct page *page, blk_opf_t opf)
{
	struct bio_vec vec;
	struct bio bio;
	int err;

	bio_init(&bio, bdev, &vec, 1, opf);
	bio.bi_iter.bi_sector = slot << (PAGE_SHIFT - SECTOR_SHIFT);
	__bio_add_page(&bio, page, PAGE_SIZE, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return err;
}

/* As swap_read_folio() has it: locked, swap backed, not up to date. */
static int bypass_read(struct block_device *bdev, struct page *page)
{
	int err;

	__folio_set_locked(page_folio(page));
	folio_set_swapbacked(page_folio(page));
	err = bypass_transfer(bdev, page, REQ_OP_READ);
	folio_clear_swapbacked(page_folio(page));
	__folio_clear_locked(page_folio(page));
	return err;
}

static int bypass_round_trip(struct block_device *bdev, struct page *page)
{
	u8 pattern = 0x5a ^ (u8)slot;
	int err;

	memset(page_address(page), pattern, PAGE_SIZE / 2);
	memset(page_address(page) + PAGE_SIZE / 2, ~pattern, PAGE_SIZE / 2);
	err = bypass_transfer(bdev, page, REQ_OP_WRITE | REQ_SWAP);
	if (err)
		return err;
	memset(page_address(page), 0, PAGE_SIZE);
	err = bypass_read(bdev, page);
	if (err)
		return err;
	if (memchr_inv(page_address(page), pattern, PAGE_SIZE / 2) ||
	    memchr_inv(page_address(page) + PAGE_SIZE / 2, (u8)~pattern, PAGE_SIZE / 2)) {
		pr_err("the page came back changed\n");
		return -EIO;
	}
	return 0;
}

static int __init bypass_init(void)
{
	struct file *file = filp_open("/dev/cxlswap0", O_RDWR, 0);
	struct page *page;
	int err = -ENOMEM;

	if (IS_ERR(file))
		return PTR_ERR(file);
	page = alloc_page(GFP_KERNEL);
	if (page) {
		err = bypass_round_trip(I_BDEV(file->f_mapping->host), page);
		__free_page(page);
	}
	filp_close(file, NULL);
	return err;
}

static void __exit bypass_exit(void)
{
}

module_init(bypass_init);
module_exit(bypass_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Swap bios past the hooks, for a test");
