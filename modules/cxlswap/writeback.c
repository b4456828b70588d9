// SPDX-License-Identifier: GPL-2.0
/*
 * Writeback: in tier mode, CXL memory is a cache over the device below. When the store comes near
 * its limit, a worker writes the pages that were not used for longest to where the kernel would
 * have written them, and frees them here. flush does so with all of them.
 *
 * Age is one bit in the slot's word. A store and a load set it; the worker goes round all slots,
 * clears it where it is set, and takes the page where it is not (CLOCK). No list, no lock. While a
 * cgroup has stored much more than its fair share, the worker looks at this cgroup's pages alone.
 *
 * A batch is up to CXLSWAP_BATCH_PAGES pages of one leaf. Its life:
 *	idle	area is NULL
 *	filling	a range of slots is announced, [first, end) of area. Each page that it takes is
 *		copied under the slot's lock, and the slot marked CXLSWAP_SLOT_WRITING. In the end
 *		the range is cut to what was looked at
 *	writing	the copies are on their way to the device
 *	ending	each slot that is still marked gives up its page: the device has the data now. If
 *		the write failed the mark goes and the page stays. Then the batch is idle
 *
 * A slot meanwhile:
 *	load	finds its data here, until the batch ends; then on the device, where it is complete
 *	store	replaces the word, and with it the mark: the batch leaves it alone
 *	freed	the same
 *	moved	keeps the mark: the data is the same
 *	refused	a store that is refused goes to the device, and an older write of ours must not
 *		arrive after it: while a batch has the slot, reclaim is told to come back later.
 *		(The slot's lock orders this: who finds the slot without data, that a batch had
 *		marked, sees the batch's range.) For the same reason no two batches have the same
 *		slot: the hand that takes slots only goes forward, and no batch outlives its turn.
 *		Nobody but the worker moves the hand
 *
 * Nobody waits for a batch but the worker, and who asked for a flush: so the device may wait for
 * whom it likes, such as a filesystem below a loop device for the transaction of a task in reclaim.
 * The worker has a rescuer and takes no memory: the copies have their pages from the start, bios
 * come from a mempool, and what it calls may not start I/O to get some. A device below that keeps
 * pages in memory (zram, brd) may want some, which the kernel lets it have from reserves when it
 * swaps out, since that frees a page. Ours frees none there: so only flush writes to such devices.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/suspend.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "cxl_pool.h"
#include "cxlswap.h"

#define CXLSWAP_BATCH_PAGES	64
#define CXLSWAP_NR_BATCHES	8

/*
 * The work is done in pieces, of so many pages and so long: between two of them a flush may come,
 * or the next cgroup's turn.
 */
#define CXLSWAP_PIECE_PAGES	(CXLSWAP_NR_BATCHES * CXLSWAP_BATCH_PAGES * 4L)
#define CXLSWAP_PIECE_TIME	HZ

/* Turns of the hand until a page that is there must have been found. */
#define CXLSWAP_ENOUGH_TURNS	3

/* Who has most may have nothing to be taken (on a device of ours); then all give, so long. */
#define CXLSWAP_UNFAIR_TIME	(5 * HZ)

/* A device that takes so long for a batch is told of. */
#define CXLSWAP_STALL_TIME	(10 * HZ)

/**
 * struct cxlswap_batch - pages on their way to the device
 * @area: whose they are; NULL: idle
 * @first: slots from here on may be in it
 * @end: up to here
 * @nr_pages: how many are
 * @nr_bios: bios that have not ended, and one while they are being submitted
 * @failed: one of them has failed
 * @done: all have ended
 * @index: the slots, ascending
 * @copy: their data
 */
struct cxlswap_batch {
	struct cxlswap_area *area;
	unsigned long first;
	unsigned long end;
	unsigned int nr_pages;
	atomic_t nr_bios;
	bool failed;
	struct completion done;
	unsigned long index[CXLSWAP_BATCH_PAGES];
	struct page *copy[CXLSWAP_BATCH_PAGES];
};

static struct cxlswap_batch batches[CXLSWAP_NR_BATCHES];
/* Those that have announced slots: seen, as a batch's range is, by who must wait for one. */
unsigned int cxlswap_writeback_nr_batches;
static struct bio_set batch_bios;

/*
 * Who has it keeps the areas that he finds; the worker has it while it fills a batch. Process
 * context, inside area_lock; slot locks inside it. Where the worker looks next is the worker's.
 */
static DEFINE_MUTEX(hand_lock);
static int hand_type;
static unsigned long hand_index;

static struct workqueue_struct *writeback_queue;
static void cxlswap_writeback_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(writeback_work, cxlswap_writeback_work);

/* Until module_exit; then nothing new begins. */
static bool writeback_runs;
/*
 * While the machine is suspended, and from before anything freezes: who does the I/O below, a loop
 * device's worker or a process, may be frozen before us, and we would wait for it.
 */
static bool writeback_paused;

/* The worker's: until then all cgroups give. */
static unsigned long writeback_fair_again;
/* The worker's: how often its hand went round since it found a page in all cgroups'. */
static unsigned int writeback_dry_turns;

/*
 * What a flush waits for: flush_wanted is set by it, and cleared by the worker when it has been
 * round, or by the flush if it gives up. The worker sets flush_begun when it has moved its hand to
 * the first slot, and notes errors. One flush at a time has flush_lock.
 */
static DEFINE_MUTEX(flush_lock);
static bool flush_wanted;
static bool flush_begun;
static int flush_err;
static DECLARE_WAIT_QUEUE_HEAD(flush_wait);

/* When the store's use is looked at next; it reads a line of every CPU. */
unsigned long cxlswap_writeback_next_check;

/*
 * writeback_mb_per_second=N: write back at most so many MiB a second; 0: as fast as the device
 * takes them. flush knows no limit. Default 0.
 */
unsigned int cxlswap_writeback_mb_per_second;
module_param_named(writeback_mb_per_second, cxlswap_writeback_mb_per_second, uint, 0644);
MODULE_PARM_DESC(writeback_mb_per_second, "rate limit of writeback in MiB/s, 0: none (default 0)");

/**
 * struct cxlswap_piece - a piece of the worker's work
 * @flush: take all, once round
 * @cgroup: whose pages to take, by id; CXLSWAP_CGROUP_ANY
 * @nr_turns: how often the hand went round
 * @nr_taken: pages on their way, or done
 * @nr_begun: batches
 * @failed: a write failed
 */
struct cxlswap_piece {
	bool flush;
	int cgroup;
	unsigned int nr_turns;
	unsigned long nr_taken;
	unsigned int nr_begun;
	bool failed;
};

/* ---- one batch ------------------------------------------------------------------------ */

/*
 * In front of a block device. So is a swap file, unless its file system does the I/O (NFS). One
 * that keeps pages in memory gets them only if somebody insists.
 */
static bool cxlswap_area_is_writable(const struct cxlswap_area *area, bool flush)
{
	return area && area->si->bdev && !area->device && !(area->si->flags & SWP_FS_OPS) &&
	       (flush || !(area->si->flags & SWP_SYNCHRONOUS_IO));
}

/* A page that was used since the last turn gets another one. */
static bool cxlswap_slot_is_cold(unsigned long *slot, unsigned long word)
{
	if (!(word & CXLSWAP_SLOT_ACCESSED))
		return true;
	/* who has it locked is using it */
	if (!(word & CXLSWAP_SLOT_LOCK))
		cmpxchg(slot, word, word & ~CXLSWAP_SLOT_ACCESSED);
	return false;
}

static bool cxlswap_piece_wants(const struct cxlswap_piece *piece, unsigned long index,
				unsigned long *slot)
{
	unsigned long word = READ_ONCE(*slot);
	unsigned short id;

	if (piece->flush)
		return true;
	if (cxlswap_word_kind(word) != CXLSWAP_SLOT_PAGE)
		return false;
	id = cxlswap_hooks_slot_cgroup_id(swp_entry(hand_type, index));
	return (piece->cgroup == CXLSWAP_CGROUP_ANY || piece->cgroup == id) &&
	       cxlswap_slot_is_cold(slot, word) && cxlswap_cgroup_may_write_back(id);
}

/* Copies a slot's data, if it has any, and marks it. */
static void cxlswap_batch_take(struct cxlswap_batch *batch, unsigned long index,
			       unsigned long *slot)
{
	unsigned long word = cxlswap_slot_lock(slot);
	unsigned long new;
	void *to;

	if (!cxlswap_word_has_data(word) || cxlswap_word_is_poison(word) ||
	    WARN_ON_ONCE(word & CXLSWAP_SLOT_WRITING)) {
		cxlswap_slot_unlock(slot, word);
		return;
	}
	to = kmap_local_page(batch->copy[batch->nr_pages]);
	new = cxlswap_word_copy_to(word, to);
	kunmap_local(to);
	if (cxlswap_word_is_poison(new)) {
		cxlswap_slot_unlock(slot, new);
		return;
	}
	WRITE_ONCE(batch->index[batch->nr_pages], index);
	WRITE_ONCE(batch->nr_pages, batch->nr_pages + 1);
	cxlswap_slot_unlock(slot, new | CXLSWAP_SLOT_WRITING);
}

/* Takes pages from [hand_index, @end), which lies in one leaf. */
static void cxlswap_batch_fill(struct cxlswap_batch *batch, struct cxlswap_area *area,
			       unsigned long end, const struct cxlswap_piece *piece)
{
	unsigned long *slot;

	lockdep_assert_held(&hand_lock);
	WRITE_ONCE(batch->nr_pages, 0);
	/* as get_swap_device() does: sys_swapoff() waits for it before it takes extents apart */
	if (!percpu_ref_tryget_live(&area->si->users)) {
		hand_index = end;
		return;
	}
	batch->failed = false;
	reinit_completion(&batch->done);
	atomic_set(&batch->nr_bios, 1);
	batch->first = hand_index;
	batch->end = end;
	/* seen by who finds a slot that we marked: by the slot's lock */
	WRITE_ONCE(cxlswap_writeback_nr_batches, cxlswap_writeback_nr_batches + 1);
	WRITE_ONCE(batch->area, area);
	for (; hand_index < end && batch->nr_pages < CXLSWAP_BATCH_PAGES; hand_index++) {
		slot = cxlswap_table_find(area->table, hand_index);
		if (slot && cxlswap_piece_wants(piece, hand_index, slot))
			cxlswap_batch_take(batch, hand_index, slot);
	}
	WRITE_ONCE(batch->end, hand_index);
}

static void cxlswap_batch_close(struct cxlswap_batch *batch)
{
	struct swap_info_struct *si = batch->area->si;

	/* pairs with smp_load_acquire() in cxlswap_batch_has(): the device has it all */
	smp_store_release(&batch->area, NULL);
	/* pairs with smp_load_acquire() in cxlswap_writeback_has(): the same */
	smp_store_release(&cxlswap_writeback_nr_batches, cxlswap_writeback_nr_batches - 1);
	percpu_ref_put(&si->users);
}

static void cxlswap_batch_put_bio(struct cxlswap_batch *batch)
{
	if (atomic_dec_and_test(&batch->nr_bios))
		complete(&batch->done);
}

static void cxlswap_batch_end_io(struct bio *bio)
{
	struct cxlswap_batch *batch = bio->bi_private;

	if (bio->bi_status)
		WRITE_ONCE(batch->failed, true);
	bio_put(bio);
	cxlswap_batch_put_bio(batch);
}

static struct bio *cxlswap_batch_new_bio(struct cxlswap_batch *batch, sector_t sector)
{
	struct bio *bio = bio_alloc_bioset(batch->area->si->bdev, CXLSWAP_BATCH_PAGES,
					   REQ_OP_WRITE | REQ_SWAP, GFP_NOIO, &batch_bios);

	bio->bi_iter.bi_sector = sector;
	bio->bi_private = batch;
	bio->bi_end_io = cxlswap_batch_end_io;
	atomic_inc(&batch->nr_bios);
	return bio;
}

/* Neighbours on the device go together. */
static void cxlswap_batch_submit(struct cxlswap_batch *batch)
{
	struct bio *bio = NULL;
	struct blk_plug plug;
	unsigned int i;

	blk_start_plug(&plug);
	for (i = 0; i < batch->nr_pages; i++) {
		sector_t sector = cxlswap_slot_sector(batch->area->si, batch->index[i]);

		if (bio && bio_end_sector(bio) == sector &&
		    bio_add_page(bio, batch->copy[i], PAGE_SIZE, 0) == PAGE_SIZE)
			continue;
		if (bio)
			submit_bio(bio);
		bio = cxlswap_batch_new_bio(batch, sector);
		__bio_add_page(bio, batch->copy[i], PAGE_SIZE, 0);
	}
	if (bio)
		submit_bio(bio);
	blk_finish_plug(&plug);
	cxlswap_batch_put_bio(batch);
}

static bool cxlswap_slot_end_writing(struct cxlswap_table *table, unsigned long index, bool failed)
{
	unsigned long *slot = cxlswap_table_find(table, index);
	unsigned long word = cxlswap_slot_lock(slot);

	if (!(word & CXLSWAP_SLOT_WRITING)) {
		cxlswap_slot_unlock(slot, word);
		return false;
	}
	if (failed)
		cxlswap_slot_unlock(slot, word & ~CXLSWAP_SLOT_WRITING);
	else
		cxlswap_slot_publish(table, index, slot, word, 0);
	return !failed;
}

/* Waits for a batch that is under way, and ends it. Return: false if its pages stay here. */
static bool cxlswap_batch_finish(struct cxlswap_batch *batch)
{
	unsigned int i, nr_written = 0;

	while (!wait_for_completion_timeout(&batch->done, CXLSWAP_STALL_TIME))
		cxl_pool_report_stalled(cxlswap_pool);
	for (i = 0; i < batch->nr_pages; i++)
		nr_written += cxlswap_slot_end_writing(batch->area->table, batch->index[i],
						       batch->failed);
	cxlswap_count_add(written_back_pages, nr_written);
	if (batch->failed) {
		cxlswap_count_add(writeback_errors, batch->nr_pages);
		pr_err_ratelimited("writing to %pg failed: %u pages stay in CXL memory\n",
				   batch->area->si->bdev, batch->nr_pages);
	}
	cxlswap_batch_close(batch);
	return !batch->failed;
}

/* ---- many ----------------------------------------------------------------------------- */

/* A device that fails is left alone for the rest of the turn. */
static void cxlswap_piece_finish(struct cxlswap_piece *piece, struct cxlswap_batch *batch)
{
	struct cxlswap_area *area = batch->area;

	if (!area || cxlswap_batch_finish(batch))
		return;
	piece->failed = true;
	if (READ_ONCE(cxlswap_areas[hand_type]) == area)
		hand_index = ULONG_MAX;
}

/* All batches, or those whose writes have ended. */
static void cxlswap_piece_finish_batches(struct cxlswap_piece *piece, bool wait)
{
	struct cxlswap_batch *batch;
	unsigned int i;

	/* the oldest first */
	for (i = 0; i < CXLSWAP_NR_BATCHES; i++) {
		batch = &batches[(piece->nr_begun + i) % CXLSWAP_NR_BATCHES];
		if (wait || completion_done(&batch->done))
			cxlswap_piece_finish(piece, batch);
	}
}

/* The area at the hand. Return: NULL when it has been round. */
static struct cxlswap_area *cxlswap_hand_area(bool flush)
{
	struct cxlswap_area *area;

	lockdep_assert_held(&hand_lock);
	for (; hand_type < MAX_SWAPFILES; hand_type++, hand_index = 0) {
		area = READ_ONCE(cxlswap_areas[hand_type]);
		if (cxlswap_area_is_writable(area, flush) && hand_index < area->nr_slots)
			return area;
	}
	hand_type = 0;
	hand_index = 0;
	return NULL;
}

/* Fills a batch from the leaf at the hand. Return: false if the hand has been round. */
static bool cxlswap_piece_fill(struct cxlswap_piece *piece, struct cxlswap_batch *batch)
{
	struct cxlswap_area *area;
	unsigned long end;

	mutex_lock(&hand_lock);
	area = cxlswap_hand_area(piece->flush);
	if (area) {
		end = min(round_down(hand_index, CXLSWAP_LEAF_SLOTS) + CXLSWAP_LEAF_SLOTS,
			  area->nr_slots);
		if (atomic_read(&cxlswap_table_leaf(area->table, hand_index)->nr_used))
			cxlswap_batch_fill(batch, area, end, piece);
		else
			hand_index = end;
	}
	mutex_unlock(&hand_lock);
	return area;
}

/* One leaf further. Return: false if there is nothing left to do in this piece. */
static bool cxlswap_piece_step(struct cxlswap_piece *piece)
{
	struct cxlswap_batch *batch = &batches[piece->nr_begun % CXLSWAP_NR_BATCHES];

	cxlswap_piece_finish_batches(piece, false);
	cxlswap_piece_finish(piece, batch);
	if (!cxlswap_piece_fill(piece, batch)) {
		cxlswap_piece_finish_batches(piece, true);
		return ++piece->nr_turns < (piece->flush ? 1 : CXLSWAP_ENOUGH_TURNS);
	}
	if (!batch->area)
		return true;
	if (!batch->nr_pages) {
		cxlswap_batch_close(batch);
		return true;
	}
	cxlswap_batch_submit(batch);
	piece->nr_taken += batch->nr_pages;
	piece->nr_begun++;
	return true;
}

/* Pages that the store has above where writeback stops. */
static long cxlswap_writeback_excess(void)
{
	return cxl_pool_nr_used(cxlswap_pool) -
	       min(cxlswap_accept_limit(), cxlswap_writeback_limit());
}

static bool cxlswap_writeback_may_run(void)
{
	return READ_ONCE(writeback_runs) && !READ_ONCE(writeback_paused);
}

/* Return: false if it came to an end before the piece was complete. */
static bool cxlswap_piece_work(struct cxlswap_piece *piece, unsigned long nr_pages)
{
	unsigned long end = jiffies + CXLSWAP_PIECE_TIME;
	unsigned int noio = memalloc_noio_save();
	bool more = true;

	while (more && piece->nr_taken < nr_pages && time_before(jiffies, end) &&
	       cxlswap_writeback_may_run()) {
		more = cxlswap_piece_step(piece);
		cond_resched();
	}
	cxlswap_piece_finish_batches(piece, true);
	memalloc_noio_restore(noio);
	return more && READ_ONCE(writeback_runs);
}

static void cxlswap_writeback_queue(unsigned long delay)
{
	if (cxlswap_writeback_may_run())
		queue_delayed_work(writeback_queue, &writeback_work, delay);
}

/* From the cgroup that is furthest over its share, if there is one, else from all. */
static bool cxlswap_writeback_fairly(struct cxlswap_piece *piece, long nr_pages)
{
	long nr_over;

	if (time_before(jiffies, writeback_fair_again))
		piece->cgroup = CXLSWAP_CGROUP_ANY;
	else
		piece->cgroup = cxlswap_cgroup_over_share(&nr_over);
	if (piece->cgroup == CXLSWAP_CGROUP_ANY)
		return cxlswap_piece_work(piece, nr_pages);
	nr_pages = min(nr_pages, max(nr_over, CXLSWAP_BATCH_PAGES + 0L));
	if (cxlswap_piece_work(piece, nr_pages) &&
	    piece->nr_taken >= min(nr_pages, CXLSWAP_BATCH_PAGES + 0L))
		return true;
	writeback_fair_again = jiffies + CXLSWAP_UNFAIR_TIME;
	return READ_ONCE(writeback_runs);
}

static void cxlswap_writeback_reduce(void)
{
	u64 per_second = (u64)READ_ONCE(cxlswap_writeback_mb_per_second) << (20 - PAGE_SHIFT);
	long nr_pages = min(cxlswap_writeback_excess(), CXLSWAP_PIECE_PAGES);
	struct cxlswap_piece piece = {};
	bool more;

	if (nr_pages <= 0 || cxlswap_writeback_limit() == ULONG_MAX)
		return;
	/* with a rate, a few pieces a second */
	if (per_second)
		nr_pages = min_t(u64, nr_pages, max_t(u64, per_second / 8, CXLSWAP_BATCH_PAGES));
	more = cxlswap_writeback_fairly(&piece, nr_pages);
	/* a large table takes longer than a piece */
	if (piece.nr_taken)
		writeback_dry_turns = 0;
	else if (piece.cgroup == CXLSWAP_CGROUP_ANY)
		writeback_dry_turns += piece.nr_turns;
	if (writeback_dry_turns >= CXLSWAP_ENOUGH_TURNS)
		more = false;
	if (piece.failed || (!more && !piece.nr_taken && cxlswap_writeback_may_run()))
		cxl_pool_report_stalled(cxlswap_pool);
	if (!more || piece.failed) {
		/* no page can be written back, or the device fails: not at once again */
		writeback_dry_turns = 0;
		WRITE_ONCE(cxlswap_writeback_next_check, jiffies + 5 * HZ);
	} else if (per_second) {
		mod_delayed_work(writeback_queue, &writeback_work,
				 DIV64_U64_ROUND_UP((u64)piece.nr_taken * HZ, per_second));
	} else {
		cxlswap_writeback_queue(0);
	}
}

static void cxlswap_writeback_flush(void)
{
	struct cxlswap_piece piece = { .flush = true };
	bool more;

	if (!flush_begun) {
		flush_begun = true;
		flush_err = 0;
		hand_type = 0;
		hand_index = 0;
	}
	more = cxlswap_piece_work(&piece, CXLSWAP_PIECE_PAGES);
	if (piece.failed)
		flush_err = -EIO;
	if (more) {
		cxlswap_writeback_queue(0);
		return;
	}
	WRITE_ONCE(flush_wanted, false);
	wake_up_all(&flush_wait);
}

static void cxlswap_writeback_work(struct work_struct *work)
{
	if (!cxlswap_writeback_may_run())
		return;
	/* pairs with smp_store_release() in cxlswap_flush() */
	if (smp_load_acquire(&flush_wanted))
		cxlswap_writeback_flush();
	else
		cxlswap_writeback_reduce();
}

static int cxlswap_writeback_pm_event(struct notifier_block *block, unsigned long event, void *data)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		WRITE_ONCE(writeback_paused, true);
		/* what is queued after this finds that, and does nothing */
		cancel_delayed_work_sync(&writeback_work);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		WRITE_ONCE(writeback_paused, false);
		/* a flush may be waiting */
		cxlswap_writeback_queue(0);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block writeback_pm_block = {
	.notifier_call = cxlswap_writeback_pm_event,
};

/* ---- what others call ----------------------------------------------------------------- */

/**
 * cxlswap_writeback_check() - the slow part of cxlswap_writeback_poke(): is it time to write back?
 *
 * Context: any but interrupt handlers.
 */
void cxlswap_writeback_check(void)
{
	unsigned long nr_used;

	if (!cxlswap_check_is_due(&cxlswap_writeback_next_check, max(HZ / 50, 1)))
		return;
	nr_used = cxl_pool_nr_used(cxlswap_pool);
	cxl_pool_report_used(cxlswap_pool, nr_used);
	if (!delayed_work_pending(&writeback_work) && nr_used > cxlswap_writeback_limit())
		cxlswap_writeback_queue(0);
}

/* Who found one of these slots emptied had its lock after the batch, and sees it in there. */
static bool cxlswap_batch_took(const struct cxlswap_batch *batch, unsigned long index,
			       unsigned long nr_slots)
{
	unsigned int i, nr_pages = READ_ONCE(batch->nr_pages);

	for (i = 0; i < nr_pages; i++)
		if (READ_ONCE(batch->index[i]) - index < nr_slots)
			return true;
	return false;
}

static bool cxlswap_batch_has(const struct cxlswap_batch *batch, struct cxlswap_area *area,
			      unsigned long index, unsigned long nr_slots)
{
	/* pairs with smp_store_release() in cxlswap_batch_close() */
	return smp_load_acquire(&batch->area) == area && index < READ_ONCE(batch->end) &&
	       READ_ONCE(batch->first) < index + nr_slots &&
	       cxlswap_batch_took(batch, index, nr_slots);
}

/**
 * __cxlswap_writeback_has() - the slow part of cxlswap_writeback_has()
 * @area: the slots' area
 * @index: the first slot
 * @nr_slots: their number
 *
 * Context: as cxlswap_writeback_has().
 * Return: the same.
 */
bool __cxlswap_writeback_has(struct cxlswap_area *area, unsigned long index,
			     unsigned long nr_slots)
{
	unsigned int i;

	for (i = 0; i < CXLSWAP_NR_BATCHES; i++)
		if (cxlswap_batch_has(&batches[i], area, index, nr_slots))
			return true;
	return false;
}

/**
 * cxlswap_writeback_forget() - wait for who may have found an area that is not there any more
 *
 * (What was taken from it has been written: sys_swapoff() waited for that.)
 *
 * Context: process context; sleeps.
 */
void cxlswap_writeback_forget(void)
{
	mutex_lock(&hand_lock);
	mutex_unlock(&hand_lock);
}

/* Once round, all slots, from the first. Return: as cxlswap_writeback_all(). */
static int cxlswap_flush(void)
{
	bool over;

	lockdep_assert_held(&flush_lock);
	/* no work looks at it before it sees flush_wanted, and none does by now */
	flush_begun = false;
	/* pairs with smp_load_acquire() in cxlswap_writeback_work() */
	smp_store_release(&flush_wanted, true);
	mod_delayed_work(writeback_queue, &writeback_work, 0);
	wait_event_interruptible(flush_wait,
				 !READ_ONCE(flush_wanted) || !READ_ONCE(writeback_runs));
	over = !xchg(&flush_wanted, false);
	flush_delayed_work(&writeback_work);
	return over ? flush_err : -EINTR;
}

/**
 * cxlswap_writeback_all() - write all pages of tier mode to the devices below
 *
 * Context: process context; sleeps, as long as it takes; a signal ends it.
 * Return: 0; -EIO if a device failed, -EINTR after a signal, -EBUSY while another one does it. What
 *	was not written is stored as before.
 */
int cxlswap_writeback_all(void)
{
	int err = 0;

	if (!mutex_trylock(&flush_lock))
		return -EBUSY;
	/* before and after, nothing is stored in tier mode */
	if (READ_ONCE(writeback_runs))
		err = cxlswap_flush();
	mutex_unlock(&flush_lock);
	return err;
}

static void cxlswap_batches_free(void)
{
	unsigned int i, j;

	for (i = 0; i < CXLSWAP_NR_BATCHES; i++)
		for (j = 0; j < CXLSWAP_BATCH_PAGES && batches[i].copy[j]; j++)
			__free_page(batches[i].copy[j]);
}

static int cxlswap_batches_alloc(void)
{
	unsigned int i, j;

	for (i = 0; i < CXLSWAP_NR_BATCHES; i++) {
		init_completion(&batches[i].done);
		for (j = 0; j < CXLSWAP_BATCH_PAGES; j++) {
			batches[i].copy[j] = alloc_page(GFP_KERNEL);
			if (!batches[i].copy[j])
				return -ENOMEM;
		}
	}
	return 0;
}

/**
 * cxlswap_writeback_stop() - begin nothing new, and wait for what is under way
 *
 * Refused stores are put off as long as the hooks are there; so this is called before the
 * hooks go. (Removing the hooks also waits for RCU-tasks: by then every cxlswap_batch_end_io() has
 * returned.)
 *
 * Context: process context, module unload; sleeps.
 */
void cxlswap_writeback_stop(void)
{
	WRITE_ONCE(writeback_runs, false);
	wake_up_all(&flush_wait);
	/* a flush that began before is over then */
	mutex_lock(&flush_lock);
	mutex_unlock(&flush_lock);
	cancel_delayed_work_sync(&writeback_work);
}

/**
 * cxlswap_writeback_exit() - undo cxlswap_writeback_init()
 *
 * Context: process context: stopped, and the hooks are gone; or they never came.
 */
void cxlswap_writeback_exit(void)
{
	unregister_pm_notifier(&writeback_pm_block);
	cxlswap_writeback_stop();
	if (writeback_queue)
		destroy_workqueue(writeback_queue);
	cxlswap_batches_free();
	bioset_exit(&batch_bios);
}

/**
 * cxlswap_writeback_init() - get ready
 *
 * Context: process context, module load; before anything is stored.
 * Return: 0 or -ENOMEM.
 */
int cxlswap_writeback_init(void)
{
	int err = bioset_init(&batch_bios, CXLSWAP_NR_BATCHES, 0, BIOSET_NEED_BVECS);

	if (err)
		return err;
	writeback_queue = alloc_workqueue("cxlswap_writeback", WQ_UNBOUND | WQ_MEM_RECLAIM, 1);
	if (writeback_queue)
		err = cxlswap_batches_alloc();
	else
		err = -ENOMEM;
	if (!err)
		err = register_pm_notifier(&writeback_pm_block);
	if (err)
		cxlswap_writeback_exit();
	WRITE_ONCE(cxlswap_writeback_next_check, jiffies);
	writeback_fair_again = jiffies;
	WRITE_ONCE(writeback_runs, !err);
	return err;
}
