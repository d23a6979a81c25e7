// Thread: owner reactor.
// Invariant: see lane_log.h.
#include "chat/log/lane_log.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/check.h"

namespace stentor::chat {

namespace {

// Of the page that belongs to an opening; homes count their own from below.
constexpr std::uint64_t kOpeningRequest = std::numeric_limits<std::uint64_t>::max();

// What an append holds while it waits, about. The log may have set the epoch in the meantime, so
// that is not part of it.
std::size_t bytes_of(const Publish& publish) {
    return sizeof(Publish) + publish.name.size() + publish.room.size() + publish.command_id.size() +
           publish.content.size();
}

}  // namespace

void LaneLog::open(RoomKey key, std::string_view room, LogSink& /*sink*/) {
    push(writer_, std::make_unique<OpenLog>(OpenLog{key, std::string(room)}));
}

void LaneLog::append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) {
    const std::size_t bytes = bytes_of(*publish);
    // One that is alone is always taken, or a small queue would never store a large message.
    const bool fits =
        bytes_in_flight_ == 0 || bytes <= bytes_max_ - std::min(bytes_max_, bytes_in_flight_);
    if (!fits || !has_room_for_append()) {
        sink.on_log_refused({key, ErrorCode::kUnavailable, std::move(publish)});
        return;
    }
    bytes_in_flight_ += bytes;
    push(writer_, AppendToLog{key, std::move(publish)});
}

// Asks of all kinds stop when the list is full: what opens rooms and what is noted keep half of it.
bool LaneLog::has_room_for_append() const {
    const std::size_t most = std::max<std::size_t>(1, port_.pending_max() / 2);
    return port_.pending(writer_, static_cast<std::uint32_t>(Rank::kAppend)) < most;
}

void LaneLog::read(const ReadLog& wanted) {
    STENTOR_CHECK(reader_ && wanted.request != kOpeningRequest);
    push(*reader_, std::make_unique<ReadLog>(wanted));
}

void LaneLog::renew_epoch(RoomKey key, LogSink& /*sink*/) {
    renewing_.insert(key);
    push(writer_, RenewEpoch{key});
}

void LaneLog::close(RoomKey key) {
    opening_.erase(key);
    push(writer_, CloseLog{key});
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
                answer_opened(std::move(*what), sink);
            } else if constexpr (std::is_same_v<Answer, Box<LogRead>>) {
                answer_read(std::move(*what), sink);
            } else if constexpr (std::is_same_v<Answer, LogTrimmed>) {
                answer_trimmed(what, sink);
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

// Nothing to read, or nobody who could, or its home has the newest page: it is open as it is.
void LaneLog::answer_opened(LogOpened&& opened, LogSink& sink) {
    if (renewing_.erase(opened.key) > 0 || opened.failed || opened.first == 0 || !reader_) {
        sink.on_log_opened(std::move(opened));
        return;
    }
    push(*reader_, std::make_unique<ReadLog>(ReadLog{.key = opened.key,
                                                     .request = kOpeningRequest,
                                                     .from_oldest = false,
                                                     .after = 0,
                                                     .before = opened.head + 1,
                                                     .events_max = kPageEventsMax,
                                                     .bytes_max = kPageBytesMax}));
    const RoomKey key = opened.key;
    opening_.insert_or_assign(key, std::move(opened));
}

void LaneLog::answer_read(LogRead&& read, LogSink& sink) {
    if (read.request != kOpeningRequest) {
        sink.on_log_read(std::move(read));
        return;
    }
    const auto at = opening_.find(read.key);
    if (at == opening_.end()) return;  // closed meanwhile
    LogOpened opened = std::move(at->second);
    opening_.erase(at);
    if (read.failed) {
        close(read.key);  // whoever hears that it failed will not
        opened = {.key = read.key, .failed = true, .epoch = {}, .head = 0};
    }
    opened.recent = std::move(read.events);
    sink.on_log_opened(std::move(opened));
}

void LaneLog::answer_trimmed(LogTrimmed trimmed, LogSink& sink) {
    const auto at = opening_.find(trimmed.key);
    if (at == opening_.end()) {
        sink.on_log_trimmed(trimmed);
    } else {
        LogOpened& opened = at->second;
        opened.first = trimmed.first > opened.head ? 0 : trimmed.first;
    }
}

}  // namespace stentor::chat
