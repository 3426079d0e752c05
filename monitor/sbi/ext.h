/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NACC_SBI_EXT_H
#define NACC_SBI_EXT_H

/* nacc_ext_register - route NACC_SBI_EXT to core. Returns 0 or an SBI error. */
int nacc_ext_register(void);

#endif /* NACC_SBI_EXT_H */
