// A store without threads: what a shard sends is applied as one batch, and the answers come back.
// Thread: the test's.
// Invariant: the folder is the test's own, and gone with it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chat/log/sqlite_log.h"
#include "chat/log/sqlite_reader.h"

namespace stentor::chat {

class StoreFolder {
public:
    StoreFolder() {
        std::string pattern = std::filesystem::temp_directory_path() / "stentor-store-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    ~StoreFolder() { std::filesystem::remove_all(path_); }
    StoreFolder(const StoreFolder&) = delete;
    StoreFolder& operator=(const StoreFolder&) = delete;
    std::string file() const { return path_ / "chat.db"; }

private:
    std::filesystem::path path_;
};

struct Said {
    std::string id{};
    std::string content = "hello";
    std::uint64_t user = 1;
    EventKind kind = EventKind::kMessage;
    std::uint64_t target = 0;
    bool on = true;
    std::uint64_t reply_to = 0;
};

inline std::unique_ptr<Publish> publish_of(const Said& said) {
    auto publish = std::make_unique<Publish>();
    publish->user = UserId{said.user};
    publish->name = "user" + std::to_string(said.user);
    publish->command_id = said.id;
    publish->content = said.content;
    publish->kind = said.kind;
    publish->target = said.target;
    publish->on = said.on;
    publish->reply_to = said.reply_to;
    return publish;
}

// One opening of a store by a process that has it alone.
class StoreProcess {
public:
    StoreProcess(const StoreConfig& config, const core::Clock& clock) : config_(config) {
        auto opened = SqliteLog::open(config_, clock, open_rooms_, health_, metrics_);
        if (!opened) {
            error_ = opened.error().message();
            return;
        }
        log_ = std::move(*opened);
        auto reader =
            SqliteReader::open(config_, clock, log_->keys().epoch, open_rooms_, health_, metrics_);
        if (!reader) {
            error_ = reader.error().message();
            return;
        }
        reader_ = std::move(*reader);
    }
    ~StoreProcess() { close(); }
    StoreProcess(const StoreProcess&) = delete;
    StoreProcess& operator=(const StoreProcess&) = delete;

    const std::string& error() const { return error_; }
    SqliteLog& log() { return *log_; }
    SqliteReader& reader() { return *reader_; }
    StoreHealth& health() { return health_; }
    StoreMetrics& metrics() { return metrics_; }
    void close() {
        reader_.reset();
        if (log_ != nullptr) log_->close();
    }
    // Ends without a word, as a killed process does.
    void vanish() {
        reader_.reset();
        log_.reset();
    }

    std::vector<Envelope> apply(std::vector<Envelope> envelopes) {
        std::vector<StoreWork> batch;
        for (Envelope& envelope : envelopes) batch.push_back({0, std::move(envelope)});
        log_->apply(batch);
        std::vector<Envelope> answers;
        for (StoreWork& work : batch) answers.push_back(std::move(work.what));
        return answers;
    }
    Envelope apply_one(Envelope envelope) {
        std::vector<Envelope> one;
        one.push_back(std::move(envelope));
        return std::move(apply(std::move(one)).front());
    }
    LogOpened open(RoomKey key, const std::string& room) {
        return std::move(
            *std::get<Box<LogOpened>>(apply_one(std::make_unique<OpenLog>(OpenLog{key, room}))));
    }
    Envelope append(RoomKey key, const Said& said) {
        return apply_one(AppendToLog{key, publish_of(said)});
    }
    // Of what must be stored.
    Publish stored(RoomKey key, const Said& said) {
        Envelope answer = append(key, said);
        auto* stored = std::get_if<LogStored>(&answer);
        EXPECT_NE(stored, nullptr) << "refused: " << said.content;
        return stored == nullptr ? Publish{} : std::move(*stored->publish);
    }
    // Of what must be refused.
    ErrorCode refused(RoomKey key, const Said& said) {
        Envelope answer = append(key, said);
        const auto* refused = std::get_if<LogRefused>(&answer);
        EXPECT_NE(refused, nullptr) << "stored: " << said.content;
        return refused == nullptr ? ErrorCode::kBadJson : refused->code;
    }
    // Does what is due, until nothing is.
    void tend(core::ManualClock& clock, core::Duration for_so_long) {
        const core::Instant end = clock.now() + for_so_long;
        for (int i = 0; i < 100'000; ++i) {
            const core::Instant next = log_->tend(true);
            if (next > clock.now()) {
                if (next > end) break;
                clock.advance(next - clock.now());
            }
        }
    }

private:
    StoreConfig config_;
    OpenRooms open_rooms_;
    StoreHealth health_;
    StoreMetrics metrics_;
    std::unique_ptr<SqliteLog> log_;
    std::unique_ptr<SqliteReader> reader_;
    std::string error_;
};

class StoreTest : public testing::Test {
protected:
    static constexpr RoomKey kKey = 7;

    // The one before, if there is one, is closed.
    StoreProcess& start() {
        process_.reset();
        process_ = std::make_unique<StoreProcess>(config, clock);
        EXPECT_EQ(process_->error(), "");
        return *process_;
    }
    StoreProcess& process() { return *process_; }
    // Events of a page, as JSON.
    std::vector<std::string> page(std::uint64_t after, std::uint64_t before,
                                  bool from_oldest = true, std::uint32_t events_max = 100,
                                  std::size_t bytes_max = 128 * 1024) {
        const LogRead read = process_->reader().read({.key = kKey,
                                                      .request = 1,
                                                      .from_oldest = from_oldest,
                                                      .after = after,
                                                      .before = before,
                                                      .events_max = events_max,
                                                      .bytes_max = bytes_max});
        EXPECT_FALSE(read.failed);
        more = read.more;
        std::vector<std::string> events;
        for (const EventFrame& event : read.events) events.emplace_back(event.json());
        return events;
    }

    StoreFolder folder;
    core::ManualClock clock;
    StoreConfig config{.file = folder.file(), .boot_id = "boot-1"};
    bool more = false;
    std::unique_ptr<StoreProcess> process_;
};

}  // namespace stentor::chat
