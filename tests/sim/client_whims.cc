// What a client does while the run is busy. Thread: the simulation has one.
// Invariant: whatever it does is allowed by docs/protocol.md.
#include <algorithm>

#include "tests/sim/client.h"

namespace stentor::sim {

namespace {

constexpr std::size_t kAwaitedMax = 24;

}  // namespace

std::string Client::some_room() {
    return fmt::format("room{}", world_.choice.below(world_.plan.rooms));
}

void Client::follow_a_whim() {
    if (gone_for_good_) {
        return;
    }
    if (wire_ == nullptr) {
        whim_of_the_unconnected();
        return;
    }
    if (said_close_ || pending_.size() > kAwaitedMax) {
        return;
    }
    if (!login_sent_) {
        log_in();
        return;
    }
    // Before the answer to its login it may pipeline, and sometimes does.
    if (!logged_in_ && !world_.choice.one_in(6)) {
        return;
    }
    const bool races = world_.plan.theme == Theme::kRaces;
    const bool names = world_.plan.theme == Theme::kNames;
    const std::string name = some_room();
    if (world_.choice.one_in(10)) {
        small_talk(name);
        return;
    }
    if (world_.plan.bursts > 0 && world_.choice.one_in(world_.plan.bursts)) {
        send_burst(name);
        return;
    }
    const std::uint64_t whim = world_.choice.below(100);
    if (whim < (races ? 18u : 38u)) {
        send_new(name);
    } else if (whim < (races ? 25u : 50u)) {
        change_something(name);
    } else if (whim < (races ? 75u : 64u)) {
        come_and_go(name);
    } else if (whim < 78) {
        retry_something();
    } else if (whim < 82) {
        ask({.verb = Verb::kMembers, .room = name}, "");
    } else if (whim < 88) {
        read_some_history(name);
    } else if (whim < 91) {
        ping();
    } else if (whim < (names ? 100u : 94u)) {
        go_away();
    }
}

// A new connection often says all it wants at once.
void Client::whim_of_the_unconnected() {
    if (!world_.choice.one_in(3)) {
        return;
    }
    connect();
    if (world_.choice.one_in(2)) {
        return;
    }
    log_in();
    for (std::uint64_t i = world_.choice.below(4); i > 0; --i) {
        join(some_room(), world_.choice.one_in(2), 10);
        if (world_.choice.one_in(2)) {
            send_new(some_room());
        }
    }
}

// Long texts, with a change among them at times; or so many short ones that one that shrinks comes
// late in its run.
void Client::send_burst(const std::string& name) {
    if (!surely_in(name)) {
        join(name, true, 5);
        return;
    }
    if (world_.choice.one_in(3)) {
        for (std::uint64_t i = world_.choice.between(120, 160); i > 0; --i) {
            send_new(name, fmt::format("{}", i), 0);
        }
        send_new(name, some_long_content(), 0);
        return;
    }
    for (std::uint64_t i = world_.choice.between(3, 14); i > 0; --i) {
        send_new(name, some_long_content(), 0);
        if (world_.choice.one_in(8)) change_something(name);
    }
}

// A few thousand code points that JSON says as they are, of one byte or four; it shrinks by a
// quarter or to nearly nothing.
std::string Client::some_long_content() {
    static constexpr std::uint64_t kCodePointsMax = 4000;
    const std::uint64_t length = world_.choice.between(kCodePointsMax / 4, kCodePointsMax);
    const std::uint64_t letters = world_.choice.one_in(2) ? 56 : world_.choice.between(1, 8);
    const bool wide = world_.choice.one_in(3);
    std::string content;
    for (std::uint64_t i = 0; i < length; ++i) {
        const auto letter = static_cast<char>(world_.choice.below(letters));
        if (wide) content += "\xf0\x9f\x98";
        content += static_cast<char>((wide ? '\x80' : '#') + letter);
    }
    return content;
}

void Client::small_talk(const std::string& name) {
    switch (world_.choice.below(6)) {
        case 0:
        case 1:
        case 2:
            send_direct();
            break;
        case 3:
            ask({.verb = Verb::kRooms}, "");
            break;
        case 4:
            if (surely_in(name)) type(name);
            break;
        default:
            if (surely_in(name)) say_how_far_it_read(name);
    }
}

void Client::come_and_go(const std::string& name) {
    if (!surely_in(name) || world_.choice.one_in(8)) {
        std::optional<std::uint64_t> history;
        if (world_.choice.one_in(2)) {
            history = world_.choice.below(101);
        }
        join(name, !world_.choice.one_in(3), history);
        return;
    }
    leave(name);
    while (world_.choice.one_in(2)) {
        world_.report.saw(Seen::kLeaveThenJoinAtOnce);
        join(name, world_.choice.one_in(2), 5);
        if (world_.choice.one_in(3)) {
            leave(name);
        }
    }
}

void Client::retry_something() {
    if (sent_ids_.empty() || !logged_in_) {
        return;
    }
    const std::string& id = world_.choice.pick(sent_ids_);
    Sent& sent = sent_.at(id);
    if (sent.user != user_ || sent.content_changed || sent.doubtful) {
        return;
    }
    const bool has_text = sent.kind <= chat::EventKind::kEdited;
    if (has_text && sent.acked && sent.awaited == 0 && world_.choice.one_in(3)) {
        sent.content_changed = true;
        send(id, sent, sent.content + " changed");
    } else {
        send(id, sent, sent.content);
    }
}

void Client::read_some_history(const std::string& name) {
    Pending pending{.verb = Verb::kHistory, .room = name};
    pending.history.epoch = surely_in(name) ? room(name).epoch() : "";
    pending.history.known = room(name).next_live();
    std::string fields;
    if (world_.choice.one_in(2)) {
        pending.history.before = world_.choice.between(1, 200);
        fields += fmt::format(R"(,"before":{})", *pending.history.before);
    }
    if (world_.choice.one_in(2)) {
        pending.history.after = world_.choice.below(pending.history.before.value_or(200));
        fields += fmt::format(R"(,"after":{})", *pending.history.after);
    }
    if (world_.choice.one_in(2)) {
        pending.history.limit = world_.choice.between(1, 100);
        fields += fmt::format(R"(,"limit":{})", pending.history.limit);
    }
    ask(pending, fields);
}

void Client::go_away() {
    switch (world_.choice.below(4)) {
        case 0:
            close_politely();
            return;
        case 1:
            die();
            return;
        case 2: {  // in the middle of a frame
            const std::size_t before = wire_->to_server.size();
            ping();
            wire_->to_server.resize(world_.choice.between(before, wire_->to_server.size()));
            [[fallthrough]];
        }
        default:
            end_sending();
    }
}

}  // namespace stentor::sim
