// What a client owes before it is at rest: a connection, its rooms, what it missed, its acks.
// Thread: the simulation has one. Invariant: rest() does at most a few things a call and is true
// only when nothing is missing and nothing is awaited.
#include "tests/sim/client.h"

namespace stentor::sim {

bool Client::rest() {
    if (wire_ == nullptr) {
        if (gone_for_good_) {
            return true;
        }
        connect();
        log_in();
        return false;
    }
    if (said_close_) {
        return false;
    }
    if (!login_sent_) {
        log_in();
    }
    if (!logged_in_ || !pending_.empty()) {
        return false;
    }
    // Back to where it was when the connection went.
    if (reconnected_) {
        reconnected_ = false;
        if (world_.choice.one_in(2)) {
            sync_rooms();
            return false;
        }
        for (auto& [name, of] : rooms_) {
            if (of.position() && !of.in_room() && !of.direct()) {
                join(name, true, std::nullopt);
            }
        }
        return false;
    }
    for (auto& [name, of] : rooms_) {
        if (of.in_room() && !rest_in(of)) {
            return false;
        }
    }
    return resend_unacked();
}

bool Client::rest_in(const ClientRoom& of) {
    if (of.missing()) {
        page_missing(of);
        return false;
    }
    if (of.members_stale()) {
        page_members(of);
        return false;
    }
    return true;
}

bool Client::resend_unacked() {
    bool rested = true;
    for (auto& [id, sent] : sent_) {
        if (sent.awaited > 0) {
            rested = false;
        } else if (!sent.acked && !sent.given_up && sent.user == user_ &&
                   sent.attempts > sent.refusals && (surely_in(sent.room) || !sent.to.empty())) {
            if (retry_at_ <= world_.clock.now()) {
                send(id, sent, sent.content);
            }
            return false;
        }
    }
    return rested;
}

std::string Client::what_is_missing() const {
    if (wire_ == nullptr) {
        return "a connection";
    }
    if (!logged_in_) {
        return fmt::format("a login ({})", said_close_ ? "its close was not answered"
                                           : upgraded_ ? "upgraded"
                                                       : "not upgraded");
    }
    if (!pending_.empty()) {
        return fmt::format("the answer to {} (and {} others)", pending_.begin()->first,
                           pending_.size() - 1);
    }
    for (const auto& [id, sent] : sent_) {
        if (sent.awaited > 0) {
            return fmt::format("the ack for {}", id);
        }
    }
    for (const auto& [name, of] : rooms_) {
        if (of.missing()) {
            return fmt::format("the events {}..{} of {}", of.missing()->first, of.missing()->last,
                               name);
        }
        if (of.members_stale()) {
            return fmt::format("the members of {}", name);
        }
    }
    return "nothing";
}

}  // namespace stentor::sim
