// SPDX-License-Identifier: BSD-2-Clause
/* What the workloads execute: a program that does nothing. */
int main(void)
{
	return 0;
}
