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
    return logins_.begin(session, command_id, command);
}

Verbs::Done Verbs::join(Session& session, std::string_view command_id, const JoinCommand& command) {
    pay_for_joins(session);
    return rooms_.join(session, command, command_id);
}

Verbs::Done Verbs::leave(Session& session, std::string_view command_id,
                         const LeaveCommand& command) {
    pay_for_joins(session);
    return rooms_.leave(session, command.room, command_id);
}

// ---- what gets a seq

Verbs::Done Verbs::check_content(std::string_view content) const {
    const std::uint32_t longest = context_.limits.content_code_points_max;
    // Bytes bound code points, so most texts need no counting.
    if (content.size() > longest && code_point_count(content) > longest) {
        return std::unexpected(Refusal{
            ErrorCode::kTooLarge, {}, fmt::format("content: longer than {} characters", longest)});
    }
    return {};
}

template <typename Fill>
Verbs::Done Verbs::publish(Session& session, std::string_view command_id, std::string_view room,
                           EventKind kind, Fill&& fill) {
    pay_for_send(session);
    auto name = rooms_.room_of(session, room);
    if (!name) {
        return std::unexpected(std::move(name.error()));
    }
    auto publish = context_.publishes.take();
    publish->connection = session.id;
    publish->user = session.user->id;
    publish->name = session.user->name;
    publish->command_id = command_id;
    publish->room = std::move(*name);
    publish->kind = kind;
    fill(*publish);
    if (kind == EventKind::kMessage || kind == EventKind::kEdited) {
        if (Done good = check_content(publish->content); !good) {
            return good;
        }
    }
    const std::uint32_t home = context_.home_of_text(publish->room);
    gate_.ask(session, home, std::move(publish));
    return {};
}

Verbs::Done Verbs::send(Session& session, std::string_view command_id, const SendCommand& command) {
    return publish(session, command_id, command.room, EventKind::kMessage, [&](Publish& message) {
        message.content = command.content;
        message.reply_to = command.reply_to.value_or(0);
    });
}

Verbs::Done Verbs::edit(Session& session, std::string_view command_id, const EditCommand& command) {
    return publish(session, command_id, command.room, EventKind::kEdited, [&](Publish& edit) {
        edit.content = command.content;
        edit.target = command.target;
    });
}

Verbs::Done Verbs::remove(Session& session, std::string_view command_id,
                          const DeleteCommand& command) {
    return publish(session, command_id, command.room, EventKind::kDeleted,
                   [&](Publish& deletion) { deletion.target = command.target; });
}

Verbs::Done Verbs::react(Session& session, std::string_view command_id,
                         const ReactCommand& command) {
    return publish(session, command_id, command.room, EventKind::kReacted, [&](Publish& reaction) {
        reaction.content = command.emoji;
        reaction.target = command.target;
        reaction.on = command.on;
    });
}

Verbs::Done Verbs::direct(Session& session, std::string_view command_id,
                          const DirectCommand& command) {
    pay_for_send(session);
    if (Done good = check_content(command.content); !good) {
        return good;
    }
    return walks_.begin_direct(session, command_id, command);
}

// ---- what is kept nowhere, or as one number a user

bool Verbs::may_signal(Session& session) const {
    const auto second = static_cast<std::uint8_t>(
        std::chrono::duration_cast<std::chrono::seconds>(context_.now.time_since_epoch()).count());
    if (session.signals_second != second) {
        session.signals_second = second;
        session.signals = 0;
    }
    if (session.signals >= kSignalsPerSecondMax) {
        return false;
    }
    ++session.signals;
    return true;
}

Verbs::Done Verbs::typing(Session& session, const TypingCommand& command) {
    auto room = rooms_.room_of(session, command.room);
    if (!room) {
        return std::unexpected(std::move(room.error()));
    }
    if (may_signal(session)) {
        const std::uint32_t home = context_.home_of_text(*room);
        gate_.ask(session, home,
                  std::make_unique<SayTyping>(SayTyping{session.id, session.user->id,
                                                        std::string(session.user->name),
                                                        std::move(*room), command.on}));
    }
    return {};
}

Verbs::Done Verbs::read(Session& session, const ReadCommand& command) {
    auto room = rooms_.room_of(session, command.room);
    if (!room) {
        return std::unexpected(std::move(room.error()));
    }
    if (may_signal(session)) {
        const std::uint32_t home = context_.home_of_text(*room);
        gate_.ask(session, home,
                  std::make_unique<ReadUpTo>(
                      ReadUpTo{session.id, session.user->id, std::move(*room), command.seq}));
    }
    return {};
}

// ---- what is looked up

Verbs::Done Verbs::rooms(Session& session, std::string_view command_id) {
    pay_for_joins(session);
    return walks_.begin_rooms(session, command_id);
}

Verbs::Done Verbs::sync(Session& session, std::string_view command_id, const SyncCommand& command) {
    pay_for_joins(session, static_cast<std::int64_t>(command.rooms.size()));
    return walks_.begin_sync(session, command_id, command);
}

Verbs::Done Verbs::members(Session& session, std::string_view command_id,
                           const MembersCommand& command) {
    pay_for_joins(session);
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
    gate_.ask_for_page(session, home,
                       std::make_unique<ListMembers>(ListMembers{session.id, std::move(*room),
                                                                 std::string(command_id), after,
                                                                 command.limit, session.user->id}));
    return {};
}

Verbs::Done Verbs::history(Session& session, std::string_view command_id,
                           const HistoryCommand& command) {
    pay_for_joins(session);
    auto room = rooms_.room_of(session, command.room);
    if (!room) {
        return std::unexpected(std::move(room.error()));
    }
    const std::uint32_t home = context_.home_of_text(*room);
    gate_.ask_for_page(session, home,
                       std::make_unique<ReadHistory>(ReadHistory{
                           session.id, std::move(*room), std::string(command_id),
                           command.after.has_value(), command.after.value_or(0),
                           command.before.value_or(0), command.limit, session.user->id}));
    return {};
}

Verbs::Done Verbs::kick(Session& session, std::string_view command_id, std::string_view name) {
    const auto normal = normalize_user_name(name);
    if (!normal) {
        return std::unexpected(Refusal{ErrorCode::kNoSuchUser, {}, normal.error()});
    }
    std::string skeleton = name_skeleton(*normal);
    const std::uint32_t home = context_.home_of_text(skeleton);
    gate_.ask(session, home,
              std::make_unique<KickName>(
                  KickName{session.id, std::move(skeleton), std::string(command_id)}));
    return {};
}

// ---- pace

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

void Verbs::pay_for_joins(Session& session, std::int64_t count) {
    const core::Duration each = context_.limits.per_join();
    const core::Instant now = context_.now;
    session.joins_paid_until = std::max(session.joins_paid_until, now) + count * each;
    if (session.joins_paid_until > now + kJoinBurst * each) {
        context_.count(ShardCounter::kPacedJoins);
        outlet_.pause(session, Pause::kPace);
    }
}

}  // namespace stentor::chat
