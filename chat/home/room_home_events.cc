// One room at its home: what is published, changed and said in passing, and who is told.
// Thread: owner reactor.
// Invariant: see room_home.h.
#include <algorithm>
#include <utility>

#include "chat/home/room_home.h"
#include "core/check.h"

namespace stentor::chat {

namespace {

core::SharedBytes frame_of(std::string_view json) {
    EventRun run;
    run.append(json, nullptr);
    return core::SharedBytes::copy_of(run.plain());
}

}  // namespace

std::unique_ptr<Publish> RoomHome::handle(std::unique_ptr<Publish> ask) {
    Member* member = members_.find(ask->connection);
    if (member == nullptr && !direct_) {
        refuse_stranger(ask->connection, ask->command_id, false);
        return nullptr;
    }
    if (ask->reply_to > head_) {
        refuse(*ask, ErrorCode::kNoSuchMessage, "reply_to: the room has no such message");
        return nullptr;
    }
    if (member != nullptr) {
        set_name(*member, ask->name);
    }
    ++in_log_;
    return ask;
}

void RoomHome::on_stored(LogStored&& stored) {
    Publish& publish = *stored.publish;
    in_log_ -= stored.ours ? 1 : 0;
    if (!publish.duplicate) {
        STENTOR_CHECK(publish.seq == head_ + 1);
        if (publish.kind != EventKind::kMessage) {
            apply_change(publish);
        }
        append_to_run(publish);
        head_ = publish.seq;
        context().count(ShardCounter::kPublished);
        if (direct_ && services_.directory != nullptr) {
            services_.directory->note_direct(direct_->lower, name_, epoch_);
            if (direct_->higher != direct_->lower) {
                services_.directory->note_direct(direct_->higher, name_, epoch_);
            }
        }
    } else {
        context().count(ShardCounter::kDuplicates);
    }
    // On the lane before the run that holds the event, so the ack comes before the message.
    if (stored.ours && !publish.command_id.empty()) {
        context().tell(publish.connection.shard, Acked{std::move(stored.publish)});
    }
}

// The run ends in front of it, as what it changes may stand there.
void RoomHome::apply_change(const Publish& change) {
    close_run();
    held_.apply(change);
    // A deleted text is gone from its edits too, which stand anywhere behind it.
    const std::uint64_t last = change.kind == EventKind::kDeleted ? head_ : change.target;
    services_.pages.changed(key_, change.target, last);
    if (reads_) reads_->changed(change.target, last);
}

void RoomHome::on_refused(const LogRefused& refused) {
    --in_log_;
    const Publish& publish = *refused.publish;
    switch (refused.code) {
        case ErrorCode::kIdReused:
            return refuse(publish, refused.code,
                          "id: already used by you in this room for another text");
        case ErrorCode::kNotStored:
            return refuse(publish, refused.code, "the message could not be stored");
        case ErrorCode::kNoSuchMessage:
            return refuse(publish, refused.code, "target: the room has no such message");
        case ErrorCode::kForbidden:
            return refuse(publish, refused.code,
                          publish.kind == EventKind::kReacted
                              ? "target: the message has as many reactions as it may have"
                              : "a message is changed by its author alone");
        default:
            return refuse(publish, ErrorCode::kUnavailable,
                          "busy: nothing was accepted, try again");
    }
}

void RoomHome::refuse(const Publish& ask, ErrorCode code, std::string message) {
    context().tell(ask.connection.shard,
                   std::make_unique<Refused>(Refused{.connection = ask.connection,
                                                     .code = code,
                                                     .command_id = ask.command_id,
                                                     .message = std::move(message)}));
}

void RoomHome::append_to_run(const Publish& publish) {
    const MessageView view{.room = name_,
                           .seq = publish.seq,
                           .at_ms = publish.at_ms,
                           .user = publish.user,
                           .from = publish.name,
                           .content = publish.content,
                           .client_id = publish.command_id,
                           .reply_to = publish.reply_to};
    std::string& json = context().scratch;
    json.clear();
    if (publish.kind == EventKind::kMessage) {
        append_message(json, view);
    } else {
        append_event(
            json,
            {.kind = publish.kind, .message = view, .target = publish.target, .on = publish.on});
    }
    if (run_ && !run_->takes(json.size(), context().limits.run_bytes_max())) {
        close_run();
    }
    if (!run_) {
        run_ = context().runs.take();
    }
    run_->append(json, twin_deflater(), publish.kind, publish.user);
}

void RoomHome::close_run() {
    if (!run_) {
        return;
    }
    const core::SharedBytes block = core::SharedBytes::copy_of(run_->plain());
    const core::SharedBytes twin = core::SharedBytes::copy_of(run_->twin());
    const std::uint64_t first = head_ - run_->frames().size() + 1;
    held_.append(*run_, block);
    context().runs.give_back(std::move(run_));
    while (held_.head() + 1 - held_.first() > kRoomEventsMax ||
           (held_.bytes() > kRoomBytesMax && held_.first() < head_)) {
        held_.drop_oldest();
    }
    tell_members(block, twin, first, head_);
}

void RoomHome::tell_members(const core::SharedBytes& frames, const core::SharedBytes& twin,
                            std::uint64_t first, std::uint64_t last) {
    for (std::uint32_t shard = 0; shard < shards_.size(); ++shard) {
        const OnShard& there = shards_[shard];
        if (direct_ && first > 0) {
            tell_both_users(shard, frames, first, last, UserId{});
        } else if (there.sessions > 0) {
            context().tell(shard, Deliver{there.local_room, first, last, frames,
                                          there.twin_sessions > 0 ? twin : core::SharedBytes()});
        }
    }
}

void RoomHome::tell_both_users(std::uint32_t shard, const core::SharedBytes& frames,
                               std::uint64_t first, std::uint64_t last, UserId except) {
    context().tell(shard, std::make_unique<DeliverDirect>(
                              DeliverDirect{.room = std::string(name_),
                                            .epoch = std::string(epoch_),
                                            .users = {direct_->lower, direct_->higher},
                                            .except = except,
                                            .first_seq = first,
                                            .last_seq = last,
                                            .frames = frames}));
}

void RoomHome::tell_what_is_new() {
    if (presence_.due(context().now, members_.size())) {
        tell_presence();
    }
    const auto positions_due = positions_ ? positions_->next_deadline() : std::nullopt;
    if (positions_due && *positions_due <= context().now) {
        tell_positions();
    }
    close_run();
    while (reads_ && context().room_above_asks()) {
        const auto again = reads_->repeat();
        if (!again) break;
        read_from_log(again->range, again->request);
    }
}

// ---- what is kept nowhere

void RoomHome::handle(const SayTyping& ask) {
    if (!direct_ && members_.find(ask.connection) == nullptr) {
        return;  // nobody waits for an answer
    }
    std::string& json = context().scratch;
    json.clear();
    append_typing(json, name_, ask.user, ask.name, ask.on);
    const core::SharedBytes frame = frame_of(json);
    for (std::uint32_t shard = 0; shard < shards_.size(); ++shard) {
        const OnShard& there = shards_[shard];
        if (!direct_ && there.sessions == 0) {
            continue;
        }
        // First to be shed: where others wait for room there is none for this.
        if (context().port.pending(shard, Context::rank(Rank::kTell)) >= kTypingPendingMax) {
            context().count(ShardCounter::kEphemeralShed);
        } else if (direct_) {
            tell_both_users(shard, frame, 0, 0, ask.user);
        } else {
            context().tell(shard, std::make_unique<DeliverToOthers>(
                                      DeliverToOthers{there.local_room, ask.user, frame}));
        }
    }
}

void RoomHome::handle(const ReadUpTo& ask) {
    if (!direct_ && members_.find(ask.connection) == nullptr) {
        return;
    }
    const std::uint64_t seq = std::min(ask.seq, head_);
    if (seq == 0) {
        return;
    }
    if (members_.size() <= kBigRoomMembers) {
        if (!positions_) positions_ = std::make_unique<ReadPositions>();
        if (!positions_->note(ask.user, seq, context().now)) {
            return;
        }
    }
    if (services_.directory != nullptr) {
        services_.directory->note_position(ask.user, name_, {std::string(epoch_), seq});
    }
}

void RoomHome::tell_positions() {
    const std::vector<ReadPositionView> news = positions_->take(context().now);
    if (members_.size() > kBigRoomMembers) {
        return;
    }
    std::string json;
    append_read(json, name_, news);
    const core::SharedBytes frame = frame_of(json);
    if (!direct_) {
        tell_members(frame, {}, 0, 0);
        return;
    }
    for (std::uint32_t shard = 0; shard < shards_.size(); ++shard) {
        tell_both_users(shard, frame, 0, 0, UserId{});
    }
}

}  // namespace stentor::chat
