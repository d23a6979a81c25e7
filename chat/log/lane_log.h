// The shard's side of a log on threads of its own: appends go to the one that numbers, pages are
// asked of the one that reads, both on Rank::kAppend; answers come back on Rank::kStored
// (docs/life-of-a-message.md). A room is open when its newest page is there too.
// Thread: owner reactor.
// Invariant: bytes_in_flight() is the sum of the appends that are not answered and never above
// store_queue_bytes, but for one that is alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "chat/envelope.h"
#include "chat/limits.h"
#include "chat/log/room_log.h"
#include "core/hash.h"

namespace stentor::chat {

class LaneLog final : public RoomLog {
public:
    // `writer`, `reader`: the participants of the queue that number and that read pages. Without a
    // reader the log keeps nothing that could be read. `port` and `limits` outlive this.
    LaneLog(Port& port, std::uint32_t writer, std::uint32_t reader, const Limits& limits)
        : port_(port), writer_(writer), reader_(reader), bytes_max_(limits.store_queue_bytes) {}
    LaneLog(Port& port, std::uint32_t writer, const Limits& limits)
        : port_(port), writer_(writer), bytes_max_(limits.store_queue_bytes) {}

    void open(RoomKey key, std::string_view room, LogSink& sink) override;
    // What does not fit is refused at once with `unavailable`; what is queued waits. The writer
    // has stalled when half of the pending list is taken: nothing fits then.
    void append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) override;
    bool keeps_events() const override { return reader_.has_value(); }
    void read(const ReadLog& wanted) override;
    void renew_epoch(RoomKey key, LogSink& sink) override;
    void close(RoomKey key) override;
    void on_answer(Envelope&& answer, LogSink& sink) override;

    std::size_t bytes_in_flight() const { return bytes_in_flight_; }

private:
    template <typename T>
    void push(std::uint32_t to, T&& what) {
        port_.push(to, static_cast<std::uint32_t>(Rank::kAppend), std::forward<T>(what));
    }
    bool has_room_for_append() const;
    void answer_opened(LogOpened&& opened, LogSink& sink);
    void answer_read(LogRead&& read, LogSink& sink);
    void answer_trimmed(LogTrimmed trimmed, LogSink& sink);

    Port& port_;
    const std::uint32_t writer_;
    const std::optional<std::uint32_t> reader_;
    const std::size_t bytes_max_;
    // Opened, and their newest page asked for.
    boost::unordered_flat_map<RoomKey, LogOpened, core::IdHash> opening_;
    // Open, and a new epoch asked for.
    boost::unordered_flat_set<RoomKey, core::IdHash> renewing_;
    std::size_t bytes_in_flight_ = 0;
};

}  // namespace stentor::chat
