// The rooms that one connection is in. Most are in one, and many in none: that one stands in the
// record itself, more in a block of their own.
// Thread: owner reactor.
// Invariant: dense; a reference lives until the next emplace_back() or pop_back().
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "chat/envelope.h"

namespace stentor::chat {

struct Membership {
    enum class State : std::uint8_t {
        kJoining,  // the home was asked
        kLive,
        kGapped,   // reads too slowly: its deliveries are let go, a gap will say so
        kLeaving,  // gets nothing more but what a direct room says; the home's answer ends it
    };
    std::uint32_t room;  // slot in LocalRooms
    JoinNumber number;   // 0: nobody joined, see below
    State state;
    std::uint32_t member_index;  // of kLive: place in the room's list
    std::uint64_t first_seq;     // of kLive: where this attempt or the last gap ended, and one;
                                 // of kGapped: first event let go; of kJoining and kLeaving in a
                                 // direct room: first one let go or kept back since the command,
                                 // 0 if there was none

    // Events of a direct room come to all connections of its two users. One that did not join is in
    // it only while it is in a gap there; no home knows, and no limit counts it.
    bool implicit() const { return number == 0; }
};
static_assert(sizeof(Membership) == 24);

class Memberships {
public:
    std::span<Membership> all() {
        if (auto* one = std::get_if<Membership>(&held_)) return {one, 1};
        if (auto* many = std::get_if<std::vector<Membership>>(&held_)) return *many;
        return {};
    }
    Membership* begin() { return all().data(); }
    Membership* end() { return begin() + size(); }
    std::size_t size() { return all().size(); }
    bool empty() const { return std::holds_alternative<std::monostate>(held_); }
    Membership& operator[](std::size_t index) { return all()[index]; }
    Membership& back() { return all().back(); }

    Membership& emplace_back(const Membership& added) {
        if (empty()) return held_.emplace<Membership>(added);
        if (const auto* one = std::get_if<Membership>(&held_)) {
            held_ = std::vector<Membership>{*one};
        }
        return std::get<std::vector<Membership>>(held_).emplace_back(added);
    }
    // Not of none. Who was in many rooms and is in one again keeps the block: it may come back.
    void pop_back() {
        auto* many = std::get_if<std::vector<Membership>>(&held_);
        if (many != nullptr && many->size() > 1) {
            many->pop_back();
        } else {
            held_ = std::monostate();
        }
    }

private:
    std::variant<std::monostate, Membership, std::vector<Membership>> held_;
};
static_assert(sizeof(Memberships) == 32);

}  // namespace stentor::chat
