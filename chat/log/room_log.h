// The log that numbers (docs/decisions.md, "The log numbers"): nothing else in the program assigns
// a seq. One RoomLog belongs to one shard and holds the rooms at home there; where the events
// really live (memory, a database's thread, another node) is its own affair. Answers come to a
// LogSink, at once or in a later turn.
// Thread: owner reactor.
// Invariant: for one room, answers come in the order of the appends, seq rises by one from stored
// event to stored event, and a refused append leaves no hole.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "chat/envelope.h"

namespace stentor::chat {

// Of one message: different emoji, and reactions in all, whoever put them there. Every reader of
// the message is sent their names.
inline constexpr std::size_t kReactionEmojiMax = 20;
inline constexpr std::size_t kReactionsMax = 500;

class LogSink {
public:
    virtual ~LogSink() = default;
    virtual void on_log_opened(LogOpened&& opened) = 0;
    // publish->seq, at_ms, durability, epoch are set. With publish->duplicate they are those of the
    // first event with that (user, id), and nothing was stored now.
    virtual void on_log_stored(LogStored&& stored) = 0;
    // id_reused, no_such_message, forbidden, not_stored or unavailable; nothing was accepted.
    virtual void on_log_refused(LogRefused&& refused) = 0;
    virtual void on_log_read(LogRead&& read) = 0;
    // The oldest events of an open room are gone.
    virtual void on_log_trimmed(LogTrimmed trimmed) = 0;
};

class RoomLog {
public:
    virtual ~RoomLog() = default;
    // The room's events are wanted under this key; answered by on_log_opened.
    virtual void open(RoomKey key, std::string_view room, LogSink& sink) = 0;
    // Answered by on_log_stored or on_log_refused, exactly once. Only between opened and close().
    // The log decides whether the message that an edit, a deletion or a reaction names is there and
    // may be changed by this user.
    virtual void append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) = 0;
    // Does it keep more than homes do, until LogTrimmed says otherwise? Then read() works.
    virtual bool keeps_events() const { return false; }
    // Events that the home does not hold; answered by on_log_read. Of a log that keeps events.
    virtual void read(const ReadLog& wanted) = 0;
    // A client proved that the past of this room is another one: a new epoch, answered by
    // on_log_opened. No appends are under way and none follow until then. Of a room that was opened
    // in doubt.
    virtual void renew_epoch(RoomKey key, LogSink& sink) = 0;
    // The home keeps no event before `seq` any more. A log with a retention of its own ignores it.
    virtual void forget_before(RoomKey /*key*/, std::uint64_t /*seq*/) {}
    // No more appends under this key; answers under way still come.
    virtual void close(RoomKey key) = 0;
    // An envelope of Rank::kStored, from the thread where this log lives: counted here, then handed
    // to the sink. A log without a thread of its own gets none.
    virtual void on_answer(Envelope&& answer, LogSink& sink) = 0;
};

}  // namespace stentor::chat
