// The two loops behind one face.
// Thread: one for each loop, the one that created it.
// Invariant: a turn handles what has come, and sleeps first when nothing has.
#pragma once

#include <expected>
#include <memory>

#include "bench/limit/exchange.h"
#include "core/error.h"

namespace stentor::bench::limit {

class Loop {
public:
    virtual ~Loop() = default;
    virtual void turn() = 0;
};

using LoopOrError = std::expected<std::unique_ptr<Loop>, core::Error>;

// `listener` is bound and listens; not owned. Each thread creates the loop that it turns.
LoopOrError create_epoll_loop(Work work, int listener, HandOverSeat seat = {});
// Makes the listener a blocking one. Built without liburing, it says so.
LoopOrError create_uring_loop(Work work, int listener, HandOverSeat seat = {});

}  // namespace stentor::bench::limit
