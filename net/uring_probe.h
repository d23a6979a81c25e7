// Whether io_uring may be used here, and does what the back end counts on, found out by trying.
// Thread: any.
// Invariant: leaves nothing behind.
#pragma once

#include <expected>

#include "core/error.h"

namespace stentor::net {

// The error says what is missing: a kernel that is too old, a container that forbids it.
std::expected<void, core::Error> probe_uring();

}  // namespace stentor::net
