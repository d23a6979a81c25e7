// Thread: owner reactor.
// Invariant: see lane_log.h.
#include "chat/log/lane_log.h"

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/check.h"

namespace stentor::chat {

namespace {

// What an append holds while it waits, about. The log may have set the epoch in the meantime, so
// that is not part of it.
std::size_t bytes_of(const Publish& publish) {
    return sizeof(Publish) + publish.name.size() + publish.room.size() + publish.command_id.size() +
           publish.content.size();
}

}  // namespace

void LaneLog::open(RoomKey key, std::string_view room, LogSink& /*sink*/) {
    push(std::make_unique<OpenLog>(OpenLog{key, std::string(room)}));
}

void LaneLog::append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) {
    const std::size_t bytes = bytes_of(*publish);
    // One that is alone is always taken, or a small queue would never store a large message.
    if (bytes_in_flight_ > 0 && bytes > bytes_max_ - std::min(bytes_max_, bytes_in_flight_)) {
        sink.on_log_refused({key, ErrorCode::kUnavailable, std::move(publish)});
        return;
    }
    bytes_in_flight_ += bytes;
    push(AppendToLog{key, std::move(publish)});
}

void LaneLog::close(RoomKey key) {
    push(CloseLog{key});
}

void LaneLog::on_answer(Envelope&& answer, LogSink& sink) {
    const auto no_longer_waits = [this](const Publish& publish) {
        const std::size_t bytes = bytes_of(publish);
        STENTOR_CHECK(bytes <= bytes_in_flight_);
        bytes_in_flight_ -= bytes;
    };
    std::visit(
        [&](auto&& what) {
            using Answer = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<Answer, Box<LogOpened>>) {
                sink.on_log_opened(std::move(*what));
            } else if constexpr (std::is_same_v<Answer, LogStored>) {
                if (what.ours) {
                    no_longer_waits(*what.publish);
                }
                sink.on_log_stored(std::move(what));
            } else if constexpr (std::is_same_v<Answer, LogRefused>) {
                no_longer_waits(*what.publish);
                sink.on_log_refused(std::move(what));
            } else {
                STENTOR_CHECK(false && "not an answer of a log");
            }
        },
        std::move(answer));
}

}  // namespace stentor::chat
