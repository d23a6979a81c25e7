// What the two threads of a store know of each other: which rooms are open, and whether the store
// can still be trusted.
// Thread: any.
// Invariant: once failed, always failed, with the first reason.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/envelope.h"
#include "core/error.h"
#include "core/hash.h"

namespace stentor::chat {

// The writer says what a key means before the answer that lets anybody use it.
class OpenRooms {
public:
    struct Room {
        std::int64_t room;  // as the database counts them
        std::string name;
    };
    void add(RoomKey key, Room room) {
        const std::scoped_lock lock(mutex_);
        rooms_.insert_or_assign(key, std::move(room));
    }
    void remove(RoomKey key) {
        const std::scoped_lock lock(mutex_);
        rooms_.erase(key);
    }
    std::optional<Room> find(RoomKey key) const {
        const std::scoped_lock lock(mutex_);
        const auto at = rooms_.find(key);
        return at == rooms_.end() ? std::nullopt : std::optional(at->second);
    }

private:
    mutable std::mutex mutex_;
    boost::unordered_flat_map<RoomKey, Room, core::IdHash> rooms_;
};

class StoreHealth {
public:
    bool failed() const { return failed_.load(std::memory_order_acquire); }  // partner: fail()
    std::optional<core::Error> failure() const {
        const std::scoped_lock lock(mutex_);
        return failure_;
    }
    // True for the first one.
    bool fail(core::Error error) {
        const std::scoped_lock lock(mutex_);
        if (failure_) return false;
        failure_ = std::move(error);
        failed_.store(true, std::memory_order_release);  // partner: failed()
        return true;
    }

private:
    mutable std::mutex mutex_;
    std::optional<core::Error> failure_;
    std::atomic<bool> failed_{false};
};

}  // namespace stentor::chat
