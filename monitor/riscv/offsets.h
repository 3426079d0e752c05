/* SPDX-License-Identifier: BSD-2-Clause */
/* What entry.S knows of core's structs; arch.c compares all of it with the C. */
#ifndef NACC_RISCV_OFFSETS_H
#define NACC_RISCV_OFFSETS_H

/* struct sbi_scratch */
#define SCRATCH_HARTINDEX	(14 * 8)
/* struct nacc_short */
#define SHORT_POOL_BASE		0
#define SHORT_POOL_SIZE		8
#define SHORT_FRAMES		16
#define SHORT_SPACES		24
#define SHORT_HARTS		32
#define SHORT_LEGAL		40
#define SHORT_PIECES		48	/* four of them, each page and count */
#define SHORT_READ_ONLY		112
/* struct nacc_frame: state in the low byte, level above it */
#define FRAME_SHIFT		4
#define FRAME_STATE_LEVEL	4
#define FRAME_LIVE		6
#define FRAME_SPACE		8
#define STATE_DETACHED		3	/* LINKED is 4 */
/* struct nacc_space: state in the low byte, policy above it */
#define SPACE_SHIFT		5
#define SPACE_STATE_POLICY	20
#define SPACE_LIVE		1
#define HART_SHIFT		6
#define HART_SETS		0

/* The policy NEW lies where bit 9 of an entry is. */
#define NEW			0x200
#define GAINS			0x1e	/* R, W, X, U */
#define WRITE			4	/* W */
#define FENCE			1	/* NACC_SET_FENCE */

#endif /* NACC_RISCV_OFFSETS_H */
