// The shard's side of a log on a thread of its own: appends go to it on Rank::kAppend, its answers
// come back on Rank::kStored (docs/life-of-a-message.md).
// Thread: owner reactor.
// Invariant: bytes_in_flight() is the sum of the appends that are not answered and never above
// store_queue_bytes, but for one that is alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "chat/envelope.h"
#include "chat/limits.h"
#include "chat/log/room_log.h"

namespace stentor::chat {

class LaneLog final : public RoomLog {
public:
    // `log`: the participant of the queue that numbers. `port` and `limits` outlive this.
    LaneLog(Port& port, std::uint32_t log, const Limits& limits)
        : port_(port), log_(log), bytes_max_(limits.store_queue_bytes) {}

    void open(RoomKey key, std::string_view room, LogSink& sink) override;
    // What does not fit is refused at once with `unavailable`; what is queued waits.
    void append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) override;
    void close(RoomKey key) override;
    void on_answer(Envelope&& answer, LogSink& sink) override;

    std::size_t bytes_in_flight() const { return bytes_in_flight_; }

private:
    template <typename T>
    void push(T&& what) {
        port_.push(log_, static_cast<std::uint32_t>(Rank::kAppend), std::forward<T>(what));
    }

    Port& port_;
    const std::uint32_t log_;
    const std::size_t bytes_max_;
    std::size_t bytes_in_flight_ = 0;
};

}  // namespace stentor::chat
