// The commands that a client can say. Thread: the simulation has one.
// Invariant: see client.h.
#include "tests/sim/client.h"

#include <array>

#include "chat/direct_room.h"
#include "chat/protocol/encode.h"

namespace stentor::sim {

namespace {

std::string quoted(std::string_view text) {
    std::string out;
    chat::append_json_string(out, text);
    return out;
}

}  // namespace

Client::Client(World& world, std::uint32_t index, Connect connect)
    : world_(world),
      index_(index),
      label_(fmt::format("c{}", index)),
      connect_(std::move(connect)),
      reads_slowly_(index < world.plan.clients && world.choice.percent(world.plan.slow_readers)) {}

void Client::fail(std::string_view what) const {
    world_.report.fail("{}: {}", label_, what);
}

// ---- commands

std::string Client::next_id() {
    return fmt::format("{}-{}", label_, ++ids_);
}

ClientRoom& Client::room(const std::string& name) {
    return rooms_.try_emplace(name, world_, label_, name).first->second;
}

bool Client::awaits(Verb verb, const std::string& room) const {
    for (const auto& [id, pending] : pending_) {
        if ((pending.verb == verb && pending.room == room) ||
            (verb == Verb::kJoin && pending.rooms.contains(room))) {
            return true;
        }
    }
    return false;
}

bool Client::surely_in(const std::string& room) const {
    const auto at = rooms_.find(room);
    return at != rooms_.end() && at->second.in_room() && !awaits(Verb::kLeave, room) &&
           !awaits(Verb::kJoin, room);
}

// `fields` begins with a comma, or is empty.
void Client::ask(const Pending& pending, std::string_view fields) {
    static constexpr auto kWords = std::to_array<std::string_view>(
        {"login", "join", "leave", "send", "members", "history", "ping", "rooms", "sync"});
    const std::string id = next_id();
    Pending& kept = pending_.emplace(id, pending).first->second;
    kept.after_login = logged_in_;
    kept.surely_in_room = surely_in(pending.room);
    std::string json = fmt::format(R"({{"type":"{}","id":"{}")",
                                   kWords[static_cast<std::size_t>(pending.verb)], id);
    if (!pending.room.empty()) {
        json += fmt::format(R"(,"room":"{}")", pending.room);
    }
    write_text(json.append(fields).append("}"));
}

void Client::log_in() {
    Pending pending{.verb = Verb::kLogin};
    std::string fields;
    if (session_.empty() && twin_ != nullptr && !twin_->session().empty()) {
        session_ = twin_->session();
        user_ = twin_->user();
        world_.report.saw(Seen::kSecondTab);
    }
    if (!session_.empty()) {
        fields += fmt::format(R"(,"session":"{}")", session_);
        pending.by_session = true;
    }
    // A new face, a rename, or a guest.
    if (wanted_name_.empty() && (session_.empty() || world_.choice.one_in(6)) &&
        !world_.choice.one_in(8)) {
        wanted_name_ = fmt::format("{}{}", world_.choice.one_in(4) ? "Ann" : "ann",
                                   world_.choice.below(world_.plan.names));
    }
    if (!wanted_name_.empty()) {
        fields += fmt::format(R"(,"name":"{}")", wanted_name_);
        pending.name = wanted_name_;
    }
    login_sent_ = true;
    ask(pending, fields);
}

void Client::join(const std::string& name, bool resume, std::optional<std::uint64_t> history) {
    Pending pending{.verb = Verb::kJoin, .room = name};
    std::string fields;
    if (resume) {
        pending.join.since = room(name).position();
        // Now and then it has forgotten much.
        if (pending.join.since && world_.choice.one_in(6)) {
            pending.join.since->seq = world_.choice.below(pending.join.since->seq + 1);
        }
    }
    if (pending.join.since) {
        fields += fmt::format(R"(,"since":{{"epoch":"{}","seq":{}}})", pending.join.since->epoch,
                              pending.join.since->seq);
    }
    if (history) {
        fields += fmt::format(R"(,"history":{})", *history);
    }
    // What comes without being asked for is the server's choice, up to a page.
    pending.join.history = history.value_or(100);
    ask(pending, fields);
}

void Client::join_or_leave(const std::string& name) {
    room(name).in_room() ? leave(name) : join(name, false, 0);
}

void Client::leave(const std::string& name) {
    ask({.verb = Verb::kLeave, .room = name}, "");
}

std::string Client::some_content() {
    static constexpr auto kPieces =
        std::to_array<std::string_view>({"a", "hello ", "\"quoted\"", "back\\slash", "\n", "\t\x01",
                                         "ä", "語", "👍", "\xe2\x80\xa8"});
    std::string content = fmt::format("{} says {} ", label_, world_.choice.below(1000));
    const bool large = world_.choice.percent(world_.plan.large_contents);
    const std::uint64_t pieces = large ? world_.choice.between(500, 600) : world_.choice.below(4);
    for (std::uint64_t i = 0; i < pieces; ++i) {
        content += kPieces[world_.choice.below(kPieces.size())];
    }
    if (large) {
        content.append(world_.choice.below(4000 - 600 * 7 / 2), 'x');
    }
    return content;
}

Client::Sent& Client::begin_sending(const std::string& id, const std::string& name) {
    Sent& sent = sent_[id];
    sent_ids_.push_back(id);
    sent.user = user_;
    sent.room = name;
    sent.connection = connections_;
    return sent;
}

void Client::change_something(const std::string& name) {
    static constexpr auto kEmoji = std::to_array<std::string_view>({"👍", "🎉", "x"});
    if (!surely_in(name) || room(name).next_live() <= 1) {
        return;
    }
    std::uint64_t target = world_.choice.between(1, room(name).next_live() - 1);
    // Rather one of its own, if what it picks is one.
    if (!sent_ids_.empty() && world_.choice.one_in(2)) {
        const Sent& own = sent_.at(world_.choice.pick(sent_ids_));
        const bool is_there = own.room == name && own.acked && own.epoch == room(name).epoch();
        target = is_there ? own.seq : target;
    }
    const std::string id = fmt::format("e{}", next_id());
    Sent& sent = begin_sending(id, name);
    sent.target = target;
    sent.of_epoch = room(name).epoch();
    const std::uint64_t what = world_.choice.below(100);
    if (what < 40) {
        sent.kind = chat::EventKind::kEdited;
        sent.content = some_content();
    } else if (what < 55) {
        sent.kind = chat::EventKind::kDeleted;
    } else {
        sent.kind = chat::EventKind::kReacted;
        sent.content = kEmoji[world_.choice.below(kEmoji.size())];
        sent.on = !world_.choice.one_in(3);
    }
    world_.report.saw(Seen::kChange);
    send(id, sent, sent.content);
}

void Client::send_new(const std::string& name) {
    const std::string content = some_content();
    const bool replies = surely_in(name) && room(name).next_live() > 1 && world_.choice.one_in(5);
    send_new(name, content, replies ? world_.choice.between(1, room(name).next_live() - 1) : 0);
}

void Client::send_new(const std::string& name, const std::string& content, std::uint64_t reply_to) {
    const std::string id = fmt::format("m{}", next_id());
    Sent& sent = begin_sending(id, name);
    sent.content = content;
    sent.reply_to = reply_to;
    send(id, sent, content);
}

void Client::send(const std::string& id, Sent& sent, std::string_view content) {
    ++sent.attempts;
    ++sent.awaited;
    sent.surely_in_room = surely_in(sent.room);
    sent.after_login = logged_in_;
    static constexpr auto kWords =
        std::to_array<std::string_view>({"send", "edit", "delete", "react"});
    const std::string_view word =
        sent.to.empty() ? kWords[static_cast<std::size_t>(sent.kind)] : "direct";
    std::string json =
        fmt::format(R"({{"type":"{}","id":"{}","{}":"{}")", word, id,
                    sent.to.empty() ? "room" : "to", sent.to.empty() ? sent.room : sent.to);
    if (sent.kind == chat::EventKind::kReacted) {
        json += fmt::format(R"(,"emoji":{},"on":{})", quoted(content), sent.on);
    } else if (sent.kind != chat::EventKind::kDeleted) {
        json += fmt::format(R"(,"content":{})", quoted(content));
    }
    if (sent.target > 0) {
        json += fmt::format(R"(,"target":{})", sent.target);
    }
    if (sent.reply_to > 0) {
        json += fmt::format(R"(,"reply_to":{})", sent.reply_to);
    }
    write_text(json + "}");
}

void Client::send_direct() {
    if (world_.known.empty() || !logged_in_) {
        return;
    }
    const Known stranger{chat::UserId{world_.choice.next() | 1U}.to_string(), "nobody"};
    const Known& whom = world_.choice.one_in(8) ? stranger : world_.choice.pick(world_.known);
    const bool by_name = world_.choice.one_in(3);
    const std::string id = fmt::format("d{}", next_id());
    const auto me = *chat::UserId::parse(user_);
    const auto them = *chat::UserId::parse(whom.user);
    Sent& sent = begin_sending(id, by_name ? "" : chat::DirectRoom::of(me, them).to_string());
    sent.to = by_name ? whom.name : whom.user;
    sent.by_name = by_name;
    sent.content = some_content();
    world_.report.saw(Seen::kDirect);
    send(id, sent, sent.content);
}

void Client::sync_rooms() {
    Pending pending{.verb = Verb::kSync};
    std::string list;
    for (auto& [name, of] : rooms_) {
        if (of.direct() || of.in_room() || !of.position()) {
            continue;
        }
        const chat::Position since = *of.position();
        list += fmt::format(R"({}{{"room":"{}","epoch":"{}","seq":{}}})", list.empty() ? "" : ",",
                            name, since.epoch, since.seq);
        pending.rooms[name] = {.since = since, .history = 100};
    }
    if (!pending.rooms.empty()) {
        world_.report.saw(Seen::kSync);
        ask(pending, fmt::format(R"(,"rooms":[{}])", list));
    }
}

void Client::type(const std::string& name) {
    write_text(
        fmt::format(R"({{"type":"typing","room":"{}","on":{}}})", name, world_.choice.one_in(2)));
}

void Client::say_how_far_it_read(const std::string& name) {
    if (room(name).next_live() > 1) {
        write_text(fmt::format(R"({{"type":"read","room":"{}","seq":{}}})", name,
                               world_.choice.between(1, room(name).next_live() - 1)));
    }
}

void Client::page_missing(const ClientRoom& of) {
    const ClientRoom::Range range = *of.missing();
    Pending pending{.verb = Verb::kHistory, .room = of.name()};
    pending.history = {
        .after = range.first - 1, .before = range.last + 1, .limit = 100, .for_missing = true};
    std::string fields = fmt::format(R"(,"before":{})", range.last + 1);
    // `after` 0 is a bound like any other: from the oldest on.
    fields += fmt::format(R"(,"after":{})", range.first - 1);
    ask(pending, fields);
}

void Client::page_members(const ClientRoom& of) {
    Pending pending{.verb = Verb::kMembers, .room = of.name()};
    pending.members_after = of.members_after();
    ask(pending, of.members_after().empty() ? std::string()
                                            : fmt::format(R"(,"after":"{}")", of.members_after()));
}

void Client::ping() {
    ask({.verb = Verb::kPing}, "");
}

}  // namespace stentor::sim
