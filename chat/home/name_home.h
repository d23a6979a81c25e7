// The names whose hash falls on this shard: who holds which (docs/protocol.md, "Names"). A name
// belongs to its user while a connection claims it, and for `name_hold` after.
// Thread: owner reactor.
// Invariant: one user a skeleton; claims is the number of logged-in connections that go by it, on
// all shards.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/context.h"
#include "chat/held_name.h"
#include "core/compact_text.h"

namespace stentor::chat {

class NameHome {
public:
    explicit NameHome(Context& context) : context_(context) {}

    // Answers the asking connection by NameAnswered, if there is one. The operator's name is given
    // to nobody else.
    void handle(const ClaimName& ask);
    void handle(const ReleaseName& ask);
    // At start, before anybody claims anything: the name of a user who was here lately; those whose
    // time is over sooner come first.
    void hold(const HeldName& held);
    // Answers by UserFound: whose it is, or held for.
    void handle(const FindName& ask);
    // Tells all shards by KickUser, if it is somebody's, and the asker by Kicked.
    void handle(const KickName& ask);

    // Lets go of the names whose time is over.
    void on_timers();
    std::optional<core::Instant> next_deadline() const;

private:
    struct Holder {
        UserId user;
        std::uint32_t claims = 0;
        std::uint32_t hold = 0;  // number of the hold under way; 0: claimed
    };
    static_assert(sizeof(std::pair<core::CompactText, Holder>) == 32);
    struct Hold {
        core::Instant until;
        std::uint32_t number;
        std::string skeleton;
    };
    bool claim(const ClaimName& ask);
    static bool may_hold(UserId user, std::string_view skeleton);
    UserId holder_of(const std::string& skeleton) const;
    void begin_hold(Holder& holder, const std::string& skeleton, core::Duration time);
    void forget_front();
    void update_gauges();

    Context& context_;
    boost::unordered_flat_map<core::CompactText, Holder, core::StringHash, std::equal_to<>>
        holders_;
    // Every hold lasts equally long, so the order of their ends is the order of their beginnings.
    std::deque<Hold> holds_;
    // May wrap: only the holds in the queue, 65,536 at most, must differ.
    std::uint32_t holds_begun_ = 0;
    std::size_t held_ = 0;
};

}  // namespace stentor::chat
