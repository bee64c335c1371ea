// SPDX-License-Identifier: MIT
// What the parts of the test library share among themselves. No locks: processes share nothing.
#pragma once

// From here on failed checks are remarks, and end the process with STATUS_CHECK_FAILED.
void check_become_helper(void);
