// A client's side of every frame that the server sends. Thread: the simulation has one.
// Invariant: what is not expected is a failure of the run.
#include <algorithm>

#include "chat/direct_room.h"
#include "tests/sim/client.h"

namespace stentor::sim {

void Client::on_json(const JsonView& frame) {
    const std::string type = frame.text("type");
    if (!welcomed_) {
        welcomed_ = true;
        world_.report.expect(type == "welcome", "{}: first came {}", label_, type);
        return;
    }
    if (type == "ack") {
        on_ack(frame);
    } else if (type == "error") {
        on_error(frame);
    } else if (frame.has("id")) {
        const std::string id = frame.text("id");
        const auto at = pending_.find(id);
        if (at == pending_.end()) {
            fail("an answer " + type + " to nothing: " + id);
            return;
        }
        const Pending pending = at->second;
        pending_.erase(at);
        on_answer(type, frame, pending);
    } else {
        on_live(type, frame);
    }
}

void Client::on_answer(std::string_view type, const JsonView& frame, const Pending& pending) {
    if (type == "logged_in" && pending.verb == Verb::kLogin) {
        on_logged_in(frame, pending);
    } else if (type == "joined" && pending.verb == Verb::kJoin) {
        world_.report.expect(frame.text("room") == pending.room, "{}: joined another room", label_);
        room(pending.room).on_joined(frame, pending.join);
    } else if (type == "left" && pending.verb == Verb::kLeave) {
        room(pending.room).on_left();
    } else if (type == "members" && pending.verb == Verb::kMembers) {
        room(pending.room).on_members(frame, pending.members_after);
    } else if (type == "history" && pending.verb == Verb::kHistory) {
        room(pending.room).on_history(frame, pending.history);
    } else if (type == "rooms" && pending.verb == Verb::kRooms) {
        check_rooms_listed(frame);
    } else if (type == "synced" && pending.verb == Verb::kSync) {
        world_.report.expect(pending.rooms.empty(), "{}: synced before {} was", label_,
                             pending.rooms.empty() ? "" : pending.rooms.begin()->first);
    } else if (type == "pong" && pending.verb == Verb::kPing) {
        frame.number("at");
    } else {
        fail(fmt::format("the answer {} to a command of kind {}", type,
                         static_cast<int>(pending.verb)));
    }
}

void Client::check_rooms_listed(const JsonView& frame) {
    world_.report.saw(Seen::kRoomsListed);
    for (const JsonView& line : frame.list("rooms")) {
        const std::string name = line.text("room");
        // Of a room that nobody has opened since a power cut it has an epoch that is new to all.
        const std::string epoch = line.text("epoch");
        const bool unknown =
            world_.plan.log == LogKind::kSqlite && !world_.truth.knows(name, epoch);
        const std::uint64_t head =
            unknown ? world_.truth.head_unopened(name) : world_.truth.head(name, epoch);
        const auto direct = chat::DirectRoom::parse(name);
        world_.report.expect(!direct || direct->has(*chat::UserId::parse(user_)),
                             "{}: the room {} is another's", label_, name);
        world_.report.expect(line.number("seq") <= head &&
                                 line.number("read") <= line.number("seq") &&
                                 line.number("unread") <= line.number("seq") - line.number("read"),
                             "{}: a line that cannot be: {} of {}", label_, line.to_text(), head);
    }
}

std::optional<ClientRoom::JoinAsked> Client::take_from_sync(const std::string& name) {
    for (auto& [id, pending] : pending_) {
        if (const auto at = pending.rooms.find(name); at != pending.rooms.end()) {
            const ClientRoom::JoinAsked asked = at->second;
            pending.rooms.erase(at);
            return asked;
        }
    }
    return std::nullopt;
}

void Client::on_typing(const JsonView& frame, const ClientRoom& of) {
    world_.report.saw(Seen::kTyping);
    frame.text("from");
    world_.report.expect(of.in_room() && frame.text("user") != user_,
                         "{}: hears that {} types in {}", label_, frame.text("user"), of.name());
}

void Client::on_logged_in(const JsonView& frame, const Pending& pending) {
    const std::string user = frame.text("user");
    const std::string name = frame.text("name");
    world_.report.saw(Seen::kLogin);
    world_.report.expect(!pending.by_session || user == user_, "{}: {} became {}", label_, user_,
                         user);
    world_.report.expect(pending.name.empty() || pending.name == name, "{}: asked for {}, got {}",
                         label_, pending.name, name);
    if (pending.by_session) {
        world_.report.saw(Seen::kSessionResumed);
        if (name != name_ && !name_.empty()) {
            world_.report.saw(Seen::kRename);
        }
    }
    logged_in_ = true;
    user_ = user;
    name_ = name;
    session_ = frame.text("session");
    world_.known.push_back({user, name});
    wanted_name_.clear();
    // What was sent before the user was known belongs to this one.
    for (auto& [id, sent] : sent_) {
        if (sent.user.empty()) {
            sent.user = user;
        }
    }
}

// ---- sends

void Client::on_ack(const JsonView& frame) {
    const std::string id = frame.text("id");
    const auto at = sent_.find(id);
    if (at == sent_.end() || at->second.awaited == 0) {
        fail("an ack for nothing: " + id);
        return;
    }
    --at->second.awaited;
    check_ack(frame, at->second, id);
}

void Client::check_ack(const JsonView& frame, Sent& sent, const std::string& id) {
    const std::string epoch = frame.text("epoch");
    const std::uint64_t seq = frame.number("seq");
    const std::uint64_t at = frame.number("at");
    const bool duplicate = frame.flag("duplicate");
    world_.report.saw(duplicate ? Seen::kDuplicateAck : Seen::kAck);
    if (sent.acked && sent.epoch == epoch &&
        world_.truth.surely_remembered(sent.room, epoch, sent.seq)) {
        world_.report.expect(!sent.content_changed, "{}: {} with another content was acknowledged",
                             label_, id);
        world_.report.expect(duplicate && seq == sent.seq && at == sent.at,
                             "{}: {} was acknowledged as {} and as {}", label_, id, sent.seq, seq);
        return;
    }
    if (!sent.to.empty() && sent.room.empty()) {
        sent.room = frame.text("room");
    }
    if (sent.by_name && world_.plan.log == LogKind::kSqlite) {
        sent.room = frame.text("room");  // with the power the name's user may be lost
    }
    const LoggedEvent* event = world_.truth.event(sent.room, epoch, seq);
    world_.report.expect(
        frame.text("room") == sent.room && event != nullptr && event->client_id == id &&
            event->user == sent.user && event->kind == sent.kind && event->target == sent.target &&
            static_cast<std::uint64_t>(event->at_ms) == at &&
            (event->content == sent.content || sent.content_changed),
        "{}: {} was acknowledged as {}, which is not in the log so", label_, id, seq);
    world_.report.expect(duplicate || !sent.message_came_first,
                         "{}: the message {} came before its ack", label_, id);
    if (!duplicate) {
        std::uint64_t& last = last_acked_[sent.room + " " + epoch];
        world_.report.expect(seq > last, "{}: acks for {} and {} out of order", label_, last, seq);
        last = std::max(last, seq);
    }
    if (event != nullptr) {
        sent.content = event->content;
    }
    sent.acked = true;
    sent.content_changed = false;
    sent.epoch = epoch;
    sent.seq = seq;
    sent.at = at;
}

void Client::on_send_refused(Sent& sent, const std::string& code) {
    --sent.awaited;
    if (code == "id_reused") {
        world_.report.saw(Seen::kIdReused);
        world_.report.expect(sent.content_changed, "{}: id_reused for the same content", label_);
        sent.content_changed = false;
        return;
    }
    sent.content_changed = false;
    ++sent.refusals;
    if (code == "not_stored") {
        world_.report.saw(Seen::kNotStored);
        world_.report.expect(world_.plan.log != LogKind::kMemory, "{}: not_stored", label_);
    } else if (code == "unavailable") {
        world_.report.saw(Seen::kUnavailable);
        world_.report.saw(Seen::kStoreQueueFull, world_.plan.log == LogKind::kSqlite ? 1 : 0);
        retry_at_ = world_.clock.now() + std::chrono::milliseconds{200};
    } else if (code == "not_in_room") {
        world_.report.saw(Seen::kNotInRoom);
        world_.report.expect(!sent.surely_in_room, "{}: not_in_room {}", label_, sent.room);
    } else if (code == "login_first") {
        world_.report.expect(!sent.after_login, "{}: login_first when logged in", label_);
    } else if (code == "too_large") {
        world_.report.expect(sent.content.size() + 16 > world_.plan.limits.content_code_points_max,
                             "{}: {} bytes are too_large", label_, sent.content.size());
    } else if (code == "no_such_message") {
        // What it answers or changes may be lost with an epoch.
        sent.given_up =
            sent.kind != chat::EventKind::kMessage || world_.plan.log == LogKind::kSqlite;
        world_.report.saw(Seen::kNoSuchMessage);
        const std::string& epoch = world_.truth.epoch(sent.room);
        const auto objection =
            world_.truth.objection(sent.room, epoch, sent.user, sent.kind, sent.target);
        world_.report.expect(sent.kind == chat::EventKind::kMessage || sent.of_epoch != epoch ||
                                 objection == chat::ErrorCode::kNoSuchMessage ||
                                 !world_.truth.surely_remembered(sent.room, epoch, sent.target),
                             "{}: {} of {} is there", label_, sent.target, sent.room);
    } else if (code == "no_such_user") {
        world_.report.saw(Seen::kNoSuchUser);
        sent.given_up = true;
        world_.report.expect(!sent.to.empty(), "{}: no_such_user in {}", label_, sent.room);
    } else if (code == "forbidden") {
        world_.report.saw(Seen::kForbidden);
        sent.given_up = true;
        const std::string& epoch = world_.truth.epoch(sent.room);
        const LoggedEvent* target = world_.truth.event(sent.room, epoch, sent.target);
        world_.report.expect(
            target == nullptr || sent.of_epoch != epoch || target->user != sent.user,
            "{}: may not change its own {}", label_, sent.target);
    } else {
        fail("a send was refused with " + code);
    }
}

void Client::on_error(const JsonView& frame) {
    const std::string code = frame.text("code");
    const std::string id = frame.text_or_empty("id");
    if (frame.flag("fatal")) {
        return;  // the close code behind it is judged
    }
    if (const auto at = sent_.find(id); at != sent_.end()) {
        if (at->second.awaited == 0) {
            fail("an error for nothing: " + id);
            return;
        }
        on_send_refused(at->second, code);
        return;
    }
    if (id.empty() && frame.has("room")) {
        const std::string name = frame.text("room");
        world_.report.expect(code == "unavailable" && take_from_sync(name),
                             "{}: {} for {}, which no sync asked for", label_, code, name);
        room(name).on_join_refused();
        return;
    }
    const auto at = pending_.find(id);
    if (at == pending_.end()) {
        fail("an error " + code + " to nothing: " + id);
        return;
    }
    const Pending pending = at->second;
    pending_.erase(at);
    if (code == "login_first" && !pending.after_login) {
        return;
    }
    switch (pending.verb) {
        case Verb::kLogin:
            login_sent_ = false;
            world_.report.saw(Seen::kNameTaken, code == "name_taken" ? 1 : 0);
            world_.report.expect(code == "name_taken", "{}: login refused with {}", label_, code);
            // The next try is with a name that nobody else wants, or as a guest.
            wanted_name_ = session_.empty() ? "" : fmt::format("alone{}-{}", index_, ++ids_);
            break;
        case Verb::kJoin:
            world_.report.saw(Seen::kUnavailable);
            world_.report.saw(Seen::kOpenTimedOut,
                              frame.text("message").starts_with("the room could not be") ? 1 : 0);
            world_.report.expect(code == "unavailable", "{}: join refused with {}", label_, code);
            room(pending.room).on_join_refused();
            break;
        case Verb::kRooms:
        case Verb::kSync:
            world_.report.expect(code == "unavailable", "{}: refused with {}", label_, code);
            break;
        case Verb::kLeave:
        case Verb::kMembers:
        case Verb::kHistory:
            if (code == "not_in_room") {
                world_.report.saw(Seen::kNotInRoom);
                world_.report.expect(!pending.surely_in_room, "{}: not_in_room {}", label_,
                                     pending.room);
            } else {
                world_.report.expect(code == "unavailable", "{}: refused with {}", label_, code);
            }
            break;
        default:
            fail("an error " + code);
    }
}

// ---- what comes by itself

void Client::on_live(std::string_view type, const JsonView& frame) {
    if (type == "goodbye") {
        saw_goodbye_ = true;
        frame.number("reconnect_after_ms");
        world_.report.saw(Seen::kGoodbye);
        return;
    }
    ClientRoom& of = room(frame.text("room"));
    if (type == "message" || type == "edited" || type == "deleted" || type == "reacted") {
        note_own_message(frame);
        const auto direct = chat::DirectRoom::parse(of.name());
        world_.report.expect(!direct || direct->has(*chat::UserId::parse(user_)),
                             "{}: hears {}, which is another's", label_, of.name());
        of.on_event(frame);
    } else if (type == "joined") {
        const auto asked = take_from_sync(of.name());
        if (world_.report.expect(asked.has_value(), "{}: joined {}, unasked", label_, of.name())) {
            of.on_joined(frame, *asked);
        }
    } else if (type == "typing") {
        on_typing(frame, of);
    } else if (type == "read") {
        of.on_read(frame);
    } else if (type == "presence") {
        of.on_presence(frame);
    } else if (type == "gap") {
        of.on_gap(frame);
    } else {
        fail(fmt::format("a frame of type {}", type));
    }
}

void Client::note_own_message(const JsonView& frame) {
    const auto at = sent_.find(frame.text_or_empty("client_id"));
    if (at == sent_.end() || frame.text("user") != user_) {
        return;
    }
    Sent& sent = at->second;
    // What an earlier connection sent may come first: its ack went there.
    if (!sent.acked && sent.awaited > 0 && sent.connection == connections_) {
        sent.message_came_first = true;
    }
}

void Client::check_what_it_sent() const {
    for (const auto& [id, sent] : sent_) {
        if (sent.acked) {
            const LoggedEvent* event = world_.truth.event(sent.room, sent.epoch, sent.seq);
            world_.report.expect(event != nullptr && event->client_id == id,
                                 "{}: {} was acknowledged and is not in the log", label_, id);
        } else if (sent.attempts > 0 && sent.attempts == sent.refusals) {
            world_.report.expect(!world_.truth.has_id_anywhere(sent.user, id),
                                 "{}: {} was refused and is in the log", label_, id);
        }
    }
}

}  // namespace stentor::sim
