/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks of the writers of entries: asm/nacc.h has what each is for. Not C's
 * calling convention: a0 = slot in the linear map, a1 = value and a2 = number where
 * there are such; the result is in a0; the return address in t0; a1 and t1 to t3
 * are lost, and all other registers are as before. Whoever calls holds the lock of
 * the table.
 *
 * Here are a slot outside of the pool, the first and the next slot of a run, a few
 * empty ones in a run of clears, and SET where no section is open. The rest is C's, in
 * write.c and batch.c.
 */
#include <linux/export.h>
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/nacc_abi.h>
#include "offsets.h"

/* Branch to \plain unless the slot lies in the pool. Changes t1 and t2. */
.macro in_pool plain
	la	t1, nacc_pool
	ld	t2, POOL_VA(t1)
	ld	t1, POOL_BYTES(t1)
	sub	t2, a0, t2
	bgeu	t2, t1, \plain
.endm

/*
 * Continue a run that is no run of values: the slot behind a0, in the same table.
 * Changes t1 and t2.
 */
.macro run_step next
	addi	t1, a0, 8
	slli	t2, t1, 64 - 12
	bnez	t2, .Lsame_table\@
	li	t1, 0
.Lsame_table\@:
	REG_S	t1, \next(tp)
.endm

/*
 * Branch to \c unless the slot lies a few entries behind what continues the run,
 * whose slot is in t1, in the same table, and all in between are empty: any op leaves
 * those as they are. Changes t1 to t3.
 */
.macro run_reach c
	beqz	t1, \c
	sub	t2, a0, t1
	li	t3, MAX_GAP * 8
	bgtu	t2, t3, \c
	xor	t2, a0, t1
	srli	t2, t2, 12
	bnez	t2, \c
.Lempty\@:
	REG_L	t2, 0(t1)
	addi	t1, t1, 8
	bnez	t2, \c
	bne	t1, a0, .Lempty\@
.endm

/*
 * Branch to \c unless a run of \kind may begin at a0: in a section, where nobody
 * else runs on this CPU and no interrupt is served, with no run of this kind or in this
 * table. Leaves this CPU's queue in t1. Changes t2 and t3.
 */
.macro run_may_begin kind c
	lw	t1, LAZY_DEPTH(tp)
	beqz	t1, \c
	/* Preemption is off, as preempt_count() says, and that is all it says. */
	lw	t1, TI_PREEMPT_COUNT(tp)
	addi	t1, t1, -1
	sltiu	t1, t1, ATOMIC_DEPTHS
	beqz	t1, \c
	lbu	t1, nacc_batching
	beqz	t1, \c
	lw	t2, TI_CPU(tp)
	la	t1, __per_cpu_offset
	slli	t2, t2, 3
	add	t1, t1, t2
	REG_L	t1, 0(t1)
	la	t2, nacc_batches
	add	t1, t1, t2
	REG_L	t2, \kind(t1)
	bnez	t2, \c
	.irp	other, BATCH_CLEAR, BATCH_PROTECT, BATCH_PUT
	REG_L	t2, \other(t1)
	xor	t2, t2, a0
	srli	t2, t2, 12
	beqz	t2, \c
	.endr
.endm

/* The run that begins at a0 is in the queue at \batch, and whole. Changes t2. */
.macro run_begun kind batch
	REG_S	a0, \kind(\batch)
	li	t2, 1
	sw	t2, LAZY_PENDING(tp)
.endm

.macro each_saved op
	\op	ra, 0(sp)
	\op	t0, 8(sp)
	\op	a1, 16(sp)
	\op	a2, 24(sp)
	\op	a3, 32(sp)
	\op	a4, 40(sp)
	\op	a5, 48(sp)
	\op	a6, 56(sp)
	\op	a7, 64(sp)
	\op	t4, 72(sp)
	\op	t5, 80(sp)
	\op	t6, 88(sp)
.endm

/*
 * The end of a hook in C: save what that convention loses and this one keeps. It
 * has no frame record: a backtrace from C goes on behind the hook's caller.
 */
.macro end_in_c function, arguments:vararg
	addi	sp, sp, -96
	each_saved REG_S
	\arguments
	call	\function
	each_saved REG_L
	addi	sp, sp, 96
	jr	t0
.endm

.macro hook name
SYM_FUNC_START(nacc_hook_\name)
.endm

.macro end_hook name
SYM_FUNC_END(nacc_hook_\name)
EXPORT_SYMBOL_GPL(nacc_hook_\name)
.endm

	.text

hook set
	in_pool	.Lplain_set
	end_in_c nacc_slot_write
.Lplain_set:
	REG_S	a1, 0(a0)
	jr	t0
end_hook set

hook xchg
	in_pool	.Lplain_xchg
	end_in_c nacc_slot_write
.Lplain_xchg:
	amoswap.d.aqrl a0, a1, (a0)
	jr	t0
end_hook xchg

/* What continues a run is in the pool: loops over a table ask for that first. */
hook set_pte
	REG_L	t1, LAZY_PUT_NEXT(tp)
	bne	t1, a0, .Lset_pte_other
	REG_L	t1, LAZY_PUT_BIAS(tp)
	REG_L	t2, LAZY_PUT_END(tp)
	add	t1, t1, a0
	REG_S	a1, 0(t1)
	addi	t1, a0, 8
	REG_S	t1, LAZY_PUT_NEXT(tp)
	beq	t1, t2, .Lput_end
	jr	t0
.Lput_end:
	end_in_c nacc_batch_put_end
.Lset_pte_other:
	in_pool	.Lplain_set
	run_may_begin BATCH_PUT, nacc_set_pte_now
	/* A value in place of another may be one that only loses W. */
	REG_L	t2, 0(a0)
	bnez	t2, nacc_set_pte_now
	beqz	a1, nacc_set_pte_now
	REG_L	t2, BATCH_VALUES(t1)
	beqz	t2, nacc_set_pte_now
	REG_S	a1, 0(t2)
	sub	t2, t2, a0
	REG_S	t2, LAZY_PUT_BIAS(tp)
	/* It must stop at the end of the table, or of the values. */
	li	t2, MAX_VALUES * 8
	add	t2, t2, a0
	srli	t3, a0, 12
	addi	t3, t3, 1
	slli	t3, t3, 12
	bleu	t2, t3, .Lput_stops
	mv	t2, t3
.Lput_stops:
	REG_S	t2, LAZY_PUT_END(tp)
	addi	t3, a0, 8
	bne	t2, t3, .Lput_next
	li	t3, 0
.Lput_next:
	REG_S	t3, LAZY_PUT_NEXT(tp)
	run_begun BATCH_PUT, t1
	jr	t0
end_hook set_pte

hook clear_pte
	REG_L	t1, LAZY_CLEAR_NEXT(tp)
	bne	t1, a0, .Lclear_gap
.Lclear_next:
	run_step LAZY_CLEAR_NEXT
	/* What comes next in a run is not pending. */
	REG_L	a0, 0(a0)
	jr	t0
.Lclear_gap:
	run_reach .Lclear_other
	j	.Lclear_next
.Lclear_other:
	in_pool	.Lplain_clear
	run_may_begin BATCH_CLEAR, .Lclear_now
	REG_L	t2, 0(a0)
	beqz	t2, .Lclear_empty
	mv	t3, t1
	run_step LAZY_CLEAR_NEXT
	run_begun BATCH_CLEAR, t3
	REG_L	a0, 0(a0)
	jr	t0
.Lclear_empty:
	li	a0, 0
	jr	t0
.Lclear_now:
	li	a1, 0
	j	nacc_set_pte_now
.Lplain_clear:
	amoswap.d.aqrl a0, zero, (a0)
	jr	t0
end_hook clear_pte

hook wrprotect
	REG_L	t1, LAZY_PROTECT_NEXT(tp)
	bne	t1, a0, .Lwrprotect_other
	run_step LAZY_PROTECT_NEXT
	jr	t0
.Lwrprotect_other:
	in_pool	.Lplain_wrprotect
	run_may_begin BATCH_PROTECT, .Lwrprotect_now
	REG_L	t2, 0(a0)
	andi	t2, t2, PTE_W
	beqz	t2, .Lwrprotect_same
	mv	t3, t1
	run_step LAZY_PROTECT_NEXT
	run_begun BATCH_PROTECT, t3
.Lwrprotect_same:
	jr	t0
.Lwrprotect_now:
	end_in_c nacc_pte_wrprotect
.Lplain_wrprotect:
	li	t1, ~PTE_W
	amoand.d zero, t1, (a0)
	jr	t0
end_hook wrprotect

/*
 * What a loop passes between two entries: it is empty, and only a run of values
 * in its own table could have something for it.
 */
hook read_pte
	REG_L	t1, 0(a0)
	bnez	t1, .Lread_pending
	REG_L	t2, LAZY_PUT_END(tp)
	addi	t2, t2, -8
	xor	t2, t2, a0
	srli	t2, t2, 12
	beqz	t2, .Lread_pending
	li	a0, 0
	jr	t0
.Lread_pending:
	end_in_c nacc_batch_read
end_hook read_pte

hook set_ptes
	in_pool	.Lplain_set_ptes
	end_in_c nacc_slot_set_ptes
.Lplain_set_ptes:
	li	a0, 0
	jr	t0
end_hook set_ptes

hook commit
	end_in_c nacc_batch_commit
end_hook commit

.macro refused_arguments
	mv	a4, a1
	mv	a3, a0
	mv	a0, t2
	mv	a1, t1
	mv	a2, t3
.endm

/*
 * A single write to a slot in the pool, no next one of a run: SET, unless a
 * section is open, or calls are watched. Result: the old value.
 */
SYM_FUNC_START_LOCAL(nacc_set_pte_now)
	lw	t1, LAZY_DEPTH(tp)
	lw	t2, nacc_watched
	or	t1, t1, t2
	bnez	t1, .Lqueue
	REG_L	t3, 0(a0)
	beq	t3, a1, .Lsame
	addi	sp, sp, -48
	REG_S	a2, 0(sp)
	REG_S	a3, 8(sp)
	REG_S	a4, 16(sp)
	REG_S	a5, 24(sp)
	REG_S	a6, 32(sp)
	REG_S	a7, 40(sp)
	/* The monitor changes a0 and a1, and takes 0 for SET and no fence. */
	mv	t2, a0
	mv	t1, a1
	la	a2, nacc_pool
	REG_L	a2, POOL_VA_PA(a2)
	sub	a0, a0, a2
	li	a2, 0
	li	a3, 0
	li	a4, 0
	li	a5, 0
	li	a6, 0
	li	a7, NACC_SBI_EXT
	ecall
	REG_L	a2, 0(sp)
	REG_L	a3, 8(sp)
	REG_L	a4, 16(sp)
	REG_L	a5, 24(sp)
	REG_L	a6, 32(sp)
	REG_L	a7, 40(sp)
	addi	sp, sp, 48
	bnez	a0, .Lrefused
.Lsame:
	mv	a0, t3
	jr	t0
.Lqueue:
	end_in_c nacc_pte_write
.Lrefused:
	end_in_c nacc_set_end, refused_arguments
SYM_FUNC_END(nacc_set_pte_now)
