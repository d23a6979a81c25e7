// What the wrapped calls ask of the plan: whether this one shall go wrong.
// Thread: any of the server's; a client's is never struck. Invariant: see syscalls.h.
#pragma once

#include "tests/faults/syscalls.h"

namespace stentor::faults {

// 0: go on; otherwise what shall go wrong, an errno or kOneByte. With `fd` its peer is the victim.
int strike(Call call, int fd = -1);
// What the plan has in store; 0 when there is none, or it is for another call.
int planned_error(Call call);

}  // namespace stentor::faults
