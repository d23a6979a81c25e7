// Thread: the simulation has one. Invariant: see recording_log.h.
#include "tests/sim/recording_log.h"

namespace stentor::sim {

class RecordingLog::Ear final : public chat::LogSink {
public:
    Ear(RecordingLog& log, chat::LogSink& sink) : log_(log), sink_(sink) {}

    void on_log_opened(chat::LogOpened&& opened) override {
        if (!opened.failed) {
            log_.world_.truth.opened(log_.rooms_.at(opened.key), opened.epoch, opened.head);
        }
        sink_.on_log_opened(std::move(opened));
    }
    void on_log_stored(chat::LogStored&& stored) override {
        const std::string& room = log_.rooms_.at(stored.key);
        if (stored.publish->duplicate) {
            log_.world_.truth.duplicate(room, *stored.publish);
        } else {
            log_.world_.truth.stored(room, *stored.publish);
        }
        sink_.on_log_stored(std::move(stored));
    }
    void on_log_refused(chat::LogRefused&& refused) override {
        sink_.on_log_refused(std::move(refused));
    }
    void on_log_read(chat::LogRead&& read) override { sink_.on_log_read(std::move(read)); }
    void on_log_trimmed(chat::LogTrimmed trimmed) override { sink_.on_log_trimmed(trimmed); }

private:
    RecordingLog& log_;
    chat::LogSink& sink_;
};

void RecordingLog::open(chat::RoomKey key, std::string_view room, chat::LogSink& sink) {
    rooms_[key] = std::string(room);
    Ear ear(*this, sink);
    inner_.open(key, room, ear);
}

void RecordingLog::append(chat::RoomKey key, std::unique_ptr<chat::Publish> publish,
                          chat::LogSink& sink) {
    world_.report.expect(rooms_.contains(key), "append under the closed key {}", key);
    Ear ear(*this, sink);
    inner_.append(key, std::move(publish), ear);
}

void RecordingLog::close(chat::RoomKey key) {
    world_.report.expect(rooms_.erase(key) == 1, "close of the closed key {}", key);
    inner_.close(key);
}

void RecordingLog::on_answer(chat::Envelope&& answer, chat::LogSink& sink) {
    inner_.on_answer(std::move(answer), sink);
}

}  // namespace stentor::sim
