// A log that keeps every event, as a store does: it numbers at once, and what it was asked to read
// or to renew it does when the test says so.
// Thread: one.
// Invariant: read() and renew_epoch() are noted in order.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chat/log/room_log.h"

namespace stentor::chat {

class ReadingLog final : public RoomLog {
public:
    void open(RoomKey key, std::string_view room, LogSink& sink) override {
        last_key = key;
        sink.on_log_opened(
            {.key = key,
             .failed = false,
             .epoch = "e1",
             .head = events.size(),
             .first = events.empty() ? 0u : first,
             .recent = frames(events.size() - std::min(held, events.size()) + 1, events.size()),
             .in_doubt = in_doubt});
        name = room;
    }
    void append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) override {
        if (slow) {
            waiting.push_back(std::move(publish));
            return;
        }
        publish->seq = events.size() + 1;
        publish->at_ms = 1;
        publish->epoch = "e1";
        publish->durability = Durability::kDisk;
        std::string json;
        append_event(json, {.kind = publish->kind,
                            .message = {.room = publish->room,
                                        .seq = publish->seq,
                                        .at_ms = 1,
                                        .user = publish->user,
                                        .from = publish->name,
                                        .content = publish->content,
                                        .client_id = publish->command_id,
                                        .reply_to = 0},
                            .target = publish->target,
                            .on = publish->on});
        events.push_back(json);
        sink.on_log_stored({key, std::move(publish), true});
    }
    bool keeps_events() const override { return true; }
    void read(const ReadLog& wanted) override { reads.push_back(wanted); }
    void renew_epoch(RoomKey, LogSink&) override { ++renewals; }
    void close(RoomKey) override { ++closed; }
    void on_answer(Envelope&&, LogSink&) override {}

    // Answers the oldest read.
    void answer_read(LogSink& sink, bool failed = false) {
        const ReadLog wanted = reads.front();
        reads.erase(reads.begin());
        LogRead answer{wanted.key, wanted.request, failed, {}, false};
        if (!failed) answer.events = frames(wanted.after + 1, wanted.before - 1);
        sink.on_log_read(std::move(answer));
    }
    void answer_renewal(LogSink& sink, bool failed = false) {
        sink.on_log_opened({.key = last_key,
                            .failed = failed,
                            .epoch = "e2",
                            .head = events.size(),
                            .first = first});
    }
    std::vector<EventFrame> frames(std::uint64_t from, std::uint64_t to) const {
        std::vector<EventFrame> some;
        for (std::uint64_t seq = from; seq <= to; ++seq) {
            const std::string& json = events[seq - 1];
            some.push_back({seq, core::SharedBytes::copy_of(json), 0,
                            static_cast<std::uint32_t>(json.size()), 0});
        }
        return some;
    }
    // Events that were there before.
    void add(std::uint64_t count) {
        for (; count > 0; --count) {
            std::string json;
            append_message(json, {.room = "lobby",
                                  .seq = events.size() + 1,
                                  .at_ms = 1,
                                  .user = UserId{77},
                                  .from = "old",
                                  .content = "text",
                                  .client_id = {},
                                  .reply_to = 0});
            events.push_back(json);
        }
    }

    std::vector<std::string> events;  // by seq - 1
    std::uint64_t first = 1;
    std::uint64_t held = 10;  // given to who opens
    bool in_doubt = true;     // whether the past is whole
    bool slow = false;        // appends wait in `waiting`
    std::vector<std::unique_ptr<Publish>> waiting;
    std::vector<ReadLog> reads;
    std::string name;
    RoomKey last_key = 0;
    int renewals = 0;
    int closed = 0;
};

}  // namespace stentor::chat
