/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trap entry in front of OpenSBI's, for our calls from S-mode alone. Anything
 * else goes on to OpenSBI's handler with each register as the trap found it.
 *
 * SET, the page-fault path, has a short way in here for its common case, and
 * that way refuses nothing: where it does not apply it has changed nothing, and
 * the call goes to C like every other call. docs/design/firmware.md.
 *
 * The cause 9 means that the trap came from S-mode, so mscratch holds this
 * hart's scratch area and M-mode's stack grows down from there, as in
 * OpenSBI's own entry. Interrupts are off, and nothing here can fault: it
 * touches that stack, the pool and the metadata.
 */
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_scratch.h>

#include <nacc_abi.h>

#include "offsets.h"

#define CAUSE_S_ECALL	9

/* What lies below the scratch area during a call in C. */
#define SAVED			128
#define SAVED_ARGS		(SAVED - 48)

/* a3 = frame of the slot, locked. Changes a4. */
.macro LOCK_TABLE busy, other
	li	a4, 1
	amoswap.w.aq a4, a4, (a3)
	bnez	a4, \busy
	/* DETACHED or LINKED, and level 0: no entry of it is a link. */
	lhu	a4, FRAME_STATE_LEVEL(a3)
	addi	a4, a4, -STATE_DETACHED
	sltiu	a4, a4, 2
	beqz	a4, \other
.endm

/*
 * Branch to \inside if page a5 lies in the piece at \piece of nacc_short, t0.
 * Changes a4 and a6.
 */
.macro IN_PIECE piece, inside
	ld	a6, \piece(t0)
	ld	a4, \piece + 8(t0)
	sub	a6, a5, a6
	bltu	a6, a4, \inside
.endm

.macro NACC_ENTRY name, slow
	.section .entry, "ax", %progbits
	.align	3
	.globl	\name
\name:
	csrrw	sp, CSR_MSCRATCH, sp
	sd	t0, SBI_SCRATCH_TMP0_OFFSET(sp)
	csrr	t0, CSR_MCAUSE
	addi	t0, t0, -CAUSE_S_ECALL
	bnez	t0, .Lother_\name
	li	t0, NACC_SBI_EXT
	bne	a7, t0, .Lother_\name
	/* Call 0 is SET; a3 to a5 are reserved. */
	bnez	a6, .Lcall_\name
	or	t0, a3, a4
	or	t0, t0, a5
	bnez	t0, .Lcall_\name
	bnez	a2, .Lasked_\name
.Ltry_\name:

	/* From here on a3 to a6 are zero to the caller, and free for us. */
	lla	t0, nacc_short
	ld	a3, SHORT_POOL_BASE(t0)
	ld	a4, SHORT_POOL_SIZE(t0)
	sub	a3, a0, a3
	bgeu	a3, a4, .Lset_\name
	andi	a4, a0, 7
	bnez	a4, .Lset_\name
	ld	a4, SHORT_FRAMES(t0)
	srli	a3, a3, NACC_FRAME_SHIFT
	slli	a3, a3, FRAME_SHIFT
	add	a3, a3, a4
	andi	a4, a1, 1
	beqz	a4, .Lempty_\name

	/* nacc_page_ok() with the strictest policy */
	ld	a4, SHORT_LEGAL(t0)
	ld	a6, SHORT_PIECES(t0)
	srli	a5, a1, 10
	sll	a4, a4, a1
	bgez	a4, .Lset_\name
	ld	a4, SHORT_PIECES + 8(t0)
	sub	a6, a5, a6
	bgeu	a6, a4, .Lelsewhere_\name
.Lpage_\name:
	LOCK_TABLE .Lset_\name, .Lunlock_\name
	lhu	a4, FRAME_SPACE(a3)
	ld	a5, SHORT_SPACES(t0)
	slli	a4, a4, SPACE_SHIFT
	add	a4, a4, a5
	lhu	a4, SPACE_STATE_POLICY(a4)
	andi	a5, a4, 0xff
	addi	a5, a5, -SPACE_LIVE
	bnez	a5, .Lunlock_\name

	/* nacc_pte_new() gives the policy's bit unless the old entry says no. */
	ld	a5, (a0)
	andi	a4, a4, NEW
	andi	a1, a1, ~NEW
	bnez	a5, .Lover_\name
	lhu	a5, FRAME_LIVE(a3)
	addi	a5, a5, 1
	sh	a5, FRAME_LIVE(a3)
.Lstore_\name:
	or	a1, a1, a4
	sd	a1, (a0)
.Ldone_\name:
	amoswap.w.rl zero, zero, (a3)
	ld	a4, SBI_SCRATCH_HARTINDEX_OFFSET(sp)
	ld	a3, SHORT_HARTS(t0)
	slli	a4, a4, HART_SHIFT
	add	a3, a3, a4
	ld	a4, HART_SETS(a3)
	addi	a4, a4, 1
	sd	a4, HART_SETS(a3)
	bnez	a2, .Lfence_\name
.Lreturn_\name:
	csrr	a3, CSR_MEPC
	li	a0, 0
	addi	a3, a3, 4
	csrw	CSR_MEPC, a3
	li	a1, 0
	li	a3, 0
	li	a4, 0
	li	a5, 0
	li	a6, 0
	ld	t0, SBI_SCRATCH_TMP0_OFFSET(sp)
	csrrw	sp, CSR_MSCRATCH, sp
	mret

	/* Its bits are legal. In the zero page, W is not. */
.Lelsewhere_\name:
	andi	a4, a1, WRITE
	bnez	a4, .Lother_pieces_\name
	IN_PIECE SHORT_READ_ONLY, .Lpage_\name
.Lother_pieces_\name:
	IN_PIECE SHORT_PIECES + 1 * 16, .Lpage_\name
	IN_PIECE SHORT_PIECES + 2 * 16, .Lpage_\name
	IN_PIECE SHORT_PIECES + 3 * 16, .Lpage_\name
	j	.Lset_\name

	/*
	 * Something was there: a4 is the policy's bit, a5 the old entry. Where
	 * the old one has the same bit there is nothing to decide.
	 */
.Lover_\name:
	xor	a6, a5, a4
	andi	a6, a6, NEW
	beqz	a6, .Lstore_\name
	andi	a6, a5, 1
	beqz	a6, .Lstore_\name
	/* Bits above the page number: C knows which of them matter. */
	srli	a6, a5, 54
	bnez	a6, .Lunlock_\name
	xor	a6, a5, a1
	srli	a6, a6, 10
	bnez	a6, .Lstore_\name
	not	a6, a5
	and	a6, a6, a1
	andi	a6, a6, GAINS
	bnez	a6, .Lstore_\name
	andi	a4, a5, NEW
	j	.Lstore_\name

	/* V=0 needs no check of its value, and any state of the space will do. */
.Lempty_\name:
	LOCK_TABLE .Lset_\name, .Lunlock_\name
	ld	a5, (a0)
	snez	a6, a1
	lhu	a4, FRAME_LIVE(a3)
	snez	a5, a5
	sub	a6, a6, a5
	add	a4, a4, a6
	sh	a4, FRAME_LIVE(a3)
	sd	a1, (a0)
	j	.Ldone_\name

	/* A fence is asked for; other bits than that one are for C to refuse. */
.Lasked_\name:
	addi	t0, a2, -FENCE
	slli	t0, t0, 64 - NACC_FRAME_SHIFT
	beqz	t0, .Ltry_\name
	j	.Lcall_\name

.Lfence_\name:
	addi	a3, a2, -FENCE
	sfence.vma a3, zero
	j	.Lreturn_\name

.Lunlock_\name:
	amoswap.w.rl zero, zero, (a3)
.Lset_\name:
	li	a3, 0
	li	a4, 0
	li	a5, 0
	li	a6, 0

	/* long error, uint64_t value = nacc_trap_call(args, call); */
.Lcall_\name:
	sd	a0, -48(sp)
	sd	a1, -40(sp)
	sd	a2, -32(sp)
	sd	a3, -24(sp)
	sd	a4, -16(sp)
	sd	a5, -8(sp)
	sd	a6, -56(sp)
	sd	ra, -64(sp)
	sd	t1, -72(sp)
	sd	t2, -80(sp)
	sd	t3, -88(sp)
	sd	t4, -96(sp)
	sd	t5, -104(sp)
	sd	t6, -112(sp)
	csrrw	t0, CSR_MSCRATCH, sp
	sd	t0, -120(sp)
	addi	a0, sp, -48
	mv	a1, a6
	addi	sp, sp, -SAVED
	call	nacc_trap_call
	csrr	t0, CSR_MEPC
	addi	t0, t0, 4
	csrw	CSR_MEPC, t0
	ld	a2, (SAVED - 32)(sp)
	ld	a3, (SAVED - 24)(sp)
	ld	a4, (SAVED - 16)(sp)
	ld	a5, (SAVED - 8)(sp)
	ld	a6, (SAVED - 56)(sp)
	li	a7, NACC_SBI_EXT
	ld	ra, (SAVED - 64)(sp)
	ld	t1, (SAVED - 72)(sp)
	ld	t2, (SAVED - 80)(sp)
	ld	t3, (SAVED - 88)(sp)
	ld	t4, (SAVED - 96)(sp)
	ld	t5, (SAVED - 104)(sp)
	ld	t6, (SAVED - 112)(sp)
	ld	t0, (SAVED + SBI_SCRATCH_TMP0_OFFSET)(sp)
	ld	sp, (SAVED - 120)(sp)
	mret

.Lother_\name:
	ld	t0, SBI_SCRATCH_TMP0_OFFSET(sp)
	csrrw	sp, CSR_MSCRATCH, sp
	j	\slow
.endm

NACC_ENTRY nacc_trap_entry, _trap_handler
NACC_ENTRY nacc_trap_entry_hyp, _trap_handler_hyp
