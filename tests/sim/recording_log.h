// The shard's memory log with the truth looking on. Thread: the simulation has one.
// Invariant: the truth hears of an event before the shard does.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "chat/log/memory_log.h"
#include "tests/sim/world.h"

namespace stentor::sim {

class RecordingLog final : public chat::RoomLog {
public:
    RecordingLog(World& world, chat::RandomSource& random)
        : world_(world), inner_(world.clock, random) {}

    void open(chat::RoomKey key, std::string_view room, chat::LogSink& sink) override;
    void append(chat::RoomKey key, std::unique_ptr<chat::Publish> publish,
                chat::LogSink& sink) override;
    void read(const chat::ReadLog& wanted) override { inner_.read(wanted); }
    void renew_epoch(chat::RoomKey key, chat::LogSink& sink) override {
        inner_.renew_epoch(key, sink);
    }
    void forget_before(chat::RoomKey key, std::uint64_t seq) override {
        inner_.forget_before(key, seq);
    }
    void close(chat::RoomKey key) override;
    void on_answer(chat::Envelope&& answer, chat::LogSink& sink) override;

private:
    class Ear;
    World& world_;
    chat::MemoryLog inner_;
    std::map<chat::RoomKey, std::string> rooms_;
};

}  // namespace stentor::sim
