// The verbs of clients as asks to the homes; the pace of sends and joins.
// Thread: owner reactor.
// Invariant: see verbs.h.
#include "chat/verbs.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "chat/dialect/dialect.h"
#include "chat/names.h"

namespace stentor::chat {

Verbs::Done Verbs::login(Session& session, std::string_view command_id,
                         const LoginCommand& command) {
    if (session.user != nullptr) {
        pay_for_send(session);  // a renaming holds the old name, and others hear of it
    }
    Done begun = logins_.begin(session, command);
    if (begun) {
        session.login->command_id = command_id;
    }
    return begun;
}

Verbs::Done Verbs::join(Session& session, std::string_view command_id, const JoinCommand& command) {
    pay_for_join(session);
    return rooms_.join(session, command, command_id);
}

Verbs::Done Verbs::leave(Session& session, std::string_view command_id,
                         const LeaveCommand& command) {
    pay_for_join(session);
    return rooms_.leave(session, command.room, command_id);
}

Verbs::Done Verbs::send(Session& session, std::string_view command_id, const SendCommand& command) {
    pay_for_send(session);
    auto room = rooms_.room_of(session, command.room);
    if (!room) {
        return std::unexpected(std::move(room.error()));
    }
    const std::uint32_t longest = context_.limits.content_code_points_max;
    // Bytes bound code points, so most texts need no counting.
    if (command.content.size() > longest && code_point_count(command.content) > longest) {
        return std::unexpected(Refusal{
            ErrorCode::kTooLarge, {}, fmt::format("content: longer than {} characters", longest)});
    }
    auto publish = std::make_unique<Publish>();
    publish->connection = session.id;
    publish->user = session.user->id;
    publish->name = session.user->name;
    publish->command_id = command_id;
    publish->content = command.content;
    publish->reply_to = command.reply_to.value_or(0);
    const std::uint32_t home = context_.home_of_text(*room);
    publish->room = std::move(*room);
    gate_.ask(session, home, std::move(publish));
    return {};
}

Verbs::Done Verbs::members(Session& session, std::string_view command_id,
                           const MembersCommand& command) {
    pay_for_join(session);
    auto room = rooms_.room_of(session, command.room);
    if (!room) {
        return std::unexpected(std::move(room.error()));
    }
    UserId after;
    if (command.after) {
        const auto user = UserId::parse(*command.after);
        if (!user) {
            return std::unexpected(Refusal{ErrorCode::kBadRequest, {}, "after: not a user id"});
        }
        after = *user;
    }
    const std::uint32_t home = context_.home_of_text(*room);
    gate_.ask_for_page(
        session, home,
        std::make_unique<ListMembers>(ListMembers{session.id, std::move(*room),
                                                  std::string(command_id), after, command.limit}));
    return {};
}

Verbs::Done Verbs::history(Session& session, std::string_view command_id,
                           const HistoryCommand& command) {
    pay_for_join(session);
    auto room = rooms_.room_of(session, command.room);
    if (!room) {
        return std::unexpected(std::move(room.error()));
    }
    const std::uint32_t home = context_.home_of_text(*room);
    gate_.ask_for_page(
        session, home,
        std::make_unique<ReadHistory>(ReadHistory{
            session.id, std::move(*room), std::string(command_id), command.after.has_value(),
            command.after.value_or(0), command.before.value_or(0), command.limit}));
    return {};
}

// The bucket as one instant (the generic cell rate algorithm): each send pays for 1/rate of a
// second, and may be paid for at most kSendAheadMax ahead.
void Verbs::pay_for_send(Session& session) {
    const std::uint32_t rate = context_.limits.sends_per_second;
    if (rate == 0) {
        return;
    }
    const core::Instant now = context_.now;
    // Who is held back comes again as soon as there is room for one; who lets the bucket fill by
    // this much was within the rate for a while, and the row is broken.
    if (session.sends_paid_until <= now + kSendAheadMax - kOverRateSlack) {
        session.over_rate_since = {};
    }
    session.sends_paid_until =
        std::max(session.sends_paid_until, now) + core::Duration{std::chrono::seconds{1}} / rate;
    if (session.sends_paid_until <= now + kSendAheadMax) {
        return;
    }
    if (session.over_rate_since == core::Instant{}) {
        session.over_rate_since = now;
    } else if (now - session.over_rate_since >= kOverRateMax) {
        context_.count(ShardCounter::kOverRateCloses);
        session.dialect->on_over_rate(session);
        return;
    }
    context_.count(ShardCounter::kPacedSends);
    outlet_.pause(session, Pause::kPace);
}

void Verbs::pay_for_join(Session& session) {
    const core::Duration each = context_.limits.per_join();
    const core::Instant now = context_.now;
    session.joins_paid_until = std::max(session.joins_paid_until, now) + each;
    if (session.joins_paid_until > now + kJoinBurst * each) {
        context_.count(ShardCounter::kPacedJoins);
        outlet_.pause(session, Pause::kPace);
    }
}

}  // namespace stentor::chat
