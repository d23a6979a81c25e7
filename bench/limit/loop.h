// The two loops behind one call. Built without liburing, run_uring() says so.
// Thread: one; returns only when it cannot begin.
#pragma once

#include "bench/limit/exchange.h"
#include "core/error.h"

namespace stentor::bench::limit {

core::Error run_epoll(Work work, int listener);
core::Error run_uring(Work work, int listener);

}  // namespace stentor::bench::limit
