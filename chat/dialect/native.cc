// The native protocol: one command to a verb, one outcome to a frame.
// Thread: owner reactor.
// Invariant: see native.h.
#include "chat/dialect/native.h"

#include <variant>

#include <fmt/format.h>

#include "chat/direct_room.h"
#include "chat/protocol/encode.h"

namespace stentor::chat {

namespace {

// How far apart clients should come back after a restart.
constexpr std::uint64_t kReconnectSpreadMs = 2000;
constexpr std::int64_t kReconnectAfterMs = 500;

std::vector<MemberView> views(const MembersPage& page) {
    std::vector<MemberView> members;
    members.reserve(page.members.size());
    for (const MemberName& member : page.members) {
        members.push_back({member.user, member.name});
    }
    return members;
}

}  // namespace

Native::Native(Context& context, Outlet& outlet, Verbs& verbs, const SessionTokens& tokens)
    : context_(context),
      outlet_(outlet),
      verbs_(verbs),
      tokens_(tokens),
      endpoint_limits_{.message_bytes_max = context.limits.message_bytes_max,
                       .in_place_bytes_max = kInPlaceBytesMax,
                       .accept_binary = false,
                       .inflaters = &context.inflaters} {}

std::string& Native::begin_reply() {
    json_.clear();
    return json_;
}

void Native::on_open(Session& session) {
    const Limits& limits = context_.limits;
    const auto ping_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(limits.ping_interval);
    append_welcome(begin_reply(), fmt::format("c{:016x}", session.id.packed()), ping_ms.count(),
                   {.message_bytes = limits.message_bytes_max,
                    .content_code_points = limits.content_code_points_max,
                    .rooms = kRoomsPerConnectionMax,
                    .send_rate = limits.sends_per_second});
    reply(session);
}

void Native::on_message(Session& session, ws::Opcode /*opcode*/, std::span<std::byte> payload) {
    const auto command = decoder_.decode(payload);
    if (command) {
        carry_out(session, *command);
    } else {
        const Refusal& refusal = command.error();
        on_refused(session, {refusal.code, refusal.id, refusal.message});
    }
}

void Native::carry_out(Session& session, const Command& command) {
    Verbs::Done done;
    if (std::holds_alternative<PingCommand>(command.body)) {
        append_pong(begin_reply(), command.id, context_.clock.unix_ms());
        reply(session);
    } else if (const auto* login = std::get_if<LoginCommand>(&command.body)) {
        done = verbs_.login(session, command.id, *login);
    } else if (session.user == nullptr) {
        done =
            std::unexpected(Refusal{ErrorCode::kLoginFirst, {}, "send login before anything else"});
    } else {
        done = carry_out_for_user(session, command);
    }
    if (!done) {
        on_refused(session, {done.error().code, command.id, done.error().message});
    }
}

namespace {

// One line a verb; what the lines have in common is in the caller.
struct Carry {
    Verbs& verbs;
    Session& session;
    std::string_view id;

    using Done = Verbs::Done;
    Done operator()(const JoinCommand& body) const { return verbs.join(session, id, body); }
    Done operator()(const LeaveCommand& body) const { return verbs.leave(session, id, body); }
    Done operator()(const SendCommand& body) const { return verbs.send(session, id, body); }
    Done operator()(const EditCommand& body) const { return verbs.edit(session, id, body); }
    Done operator()(const DeleteCommand& body) const { return verbs.remove(session, id, body); }
    Done operator()(const ReactCommand& body) const { return verbs.react(session, id, body); }
    Done operator()(const DirectCommand& body) const { return verbs.direct(session, id, body); }
    Done operator()(const TypingCommand& body) const { return verbs.typing(session, body); }
    Done operator()(const ReadCommand& body) const { return verbs.read(session, body); }
    Done operator()(const RoomsCommand&) const { return verbs.rooms(session, id); }
    Done operator()(const SyncCommand& body) const { return verbs.sync(session, id, body); }
    Done operator()(const MembersCommand& body) const { return verbs.members(session, id, body); }
    Done operator()(const HistoryCommand& body) const { return verbs.history(session, id, body); }
    // Anybody's, logged in or not: they were carried out before.
    Done operator()(const LoginCommand&) const { return {}; }
    Done operator()(const PingCommand&) const { return {}; }
};

}  // namespace

Verbs::Done Native::carry_out_for_user(Session& session, const Command& command) {
    return std::visit(Carry{verbs_, session, command.id}, command.body);
}

void Native::on_drain(Session& session) {
    const auto spread = static_cast<std::int64_t>(context_.random.next() % kReconnectSpreadMs);
    append_goodbye(begin_reply(), kReconnectAfterMs + spread);
    reply(session);
    outlet_.close(session, ws::kCloseServiceRestart, "the server restarts");
}

void Native::on_logged_in(Session& session, std::string_view command_id) {
    const LocalUser& user = *session.user;
    append_logged_in(begin_reply(), command_id, user.id, user.name,
                     tokens_.sign(user.id, user.name));
    reply(session, Compression::kNever);  // the session is a secret, the name is not
}

void Native::on_refused(Session& session, const RefusedCommand& refused) {
    context_.count(ShardCounter::kCommandErrors);
    append_error(begin_reply(), refused.command_id, refused.code, refused.message, 0, false,
                 refused.room);
    reply(session);
}

void Native::on_joined(Session& session, const Joined& joined) {
    const auto members = views(joined.members);
    append_joined(begin_reply(), {.id = joined.command_id,
                                  .room = joined.room,
                                  .epoch = joined.page.epoch,
                                  .seq = joined.page.head,
                                  .first = joined.page.first,
                                  .recovered = joined.recovered,
                                  .events = joined.page.events.text(),
                                  .more = joined.page.more,
                                  .version = joined.members.version,
                                  .count = joined.members.count,
                                  .members = members});
    reply(session);
}

void Native::on_left(Session& session, std::string_view command_id, std::string_view room) {
    append_left(begin_reply(), command_id, room);
    reply(session);
}

void Native::on_acked(Session& session, const Publish& publish) {
    append_ack(begin_reply(), publish.command_id, publish.room, publish.epoch, publish.seq,
               publish.at_ms, publish.durability, publish.duplicate);
    reply(session);
}

void Native::on_members(Session& session, const MembersListed& listed) {
    append_members(begin_reply(), listed.command_id, listed.room, listed.page.version,
                   listed.page.count, views(listed.page), listed.page.more);
    reply(session);
}

void Native::on_history(Session& session, const HistoryRead& read) {
    append_history(begin_reply(), read.command_id, read.room, read.page.epoch, read.page.first,
                   read.page.head, read.page.events.text(), read.page.more);
    reply(session);
}

void Native::on_gap(Session& session, std::string_view room, std::string_view epoch,
                    std::uint64_t from, std::uint64_t to) {
    append_gap(begin_reply(), room, epoch, from, to);
    reply(session);
}

void Native::on_rooms(Session& session, std::string_view command_id,
                      std::span<const RoomLine> rooms) {
    std::vector<RoomView> views;
    views.reserve(rooms.size());
    for (const RoomLine& line : rooms) {
        const auto direct = DirectRoom::parse(line.room);
        views.push_back({.room = line.room,
                         .epoch = line.epoch,
                         .seq = line.seq,
                         .read = line.read,
                         .unread = line.unread,
                         .count = line.count,
                         .with = direct ? direct->other(session.user->id) : UserId{},
                         .with_name = line.with});
    }
    append_rooms(begin_reply(), command_id, views);
    reply(session);
}

void Native::on_synced(Session& session, std::string_view command_id) {
    append_synced(begin_reply(), command_id);
    reply(session);
}

void Native::on_over_rate(Session& session) {
    append_error(begin_reply(), {}, ErrorCode::kRateLimited, "over the send rate for too long", 0,
                 true);
    reply(session);
    outlet_.close(session, close_code::kTooManySends, "over the send rate for too long");
}

}  // namespace stentor::chat
