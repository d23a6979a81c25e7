// The durable log without its threads (chat/log/sqlite_log.h): batches of messages, each one commit
// into a real file, and pages read back. Random message ids, as clients make them: the index of ids
// is what costs. A checkpoint comes when it is due, as in the program, and is part of the time.
// Thread: the benchmark's.
// Invariant: seq rises by one from message to message; a page holds what was asked for.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bench/micro/answer.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "chat/log/sqlite_log.h"
#include "chat/log/sqlite_reader.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kContentBytes = 128;
constexpr chat::RoomKey kKey = 1;

class Store {
public:
    Store() {
        std::string pattern = std::filesystem::temp_directory_path() / "stentor-micro-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        config_.file = folder_ / "chat.db";
        log = std::move(*chat::SqliteLog::open(config_, clock_, open_rooms_, health_, metrics_));
        reader = std::move(*chat::SqliteReader::open(config_, clock_, log->keys().epoch,
                                                     open_rooms_, health_, metrics_));
        std::vector<chat::StoreWork> open;
        open.push_back({0, std::make_unique<chat::OpenLog>(chat::OpenLog{kKey, "lobby"})});
        log->apply(open);
    }
    ~Store() {
        reader.reset();
        log->close();
        std::filesystem::remove_all(folder_);
    }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // True when each is stored under the next seq.
    bool append(std::int64_t count) {
        batch_.clear();
        for (std::int64_t i = 0; i < count; ++i) {
            auto publish = std::make_unique<chat::Publish>();
            publish->user = {0x39f9308f8bb3afd2};
            publish->name = "bob";
            publish->command_id = chat::random_token(random_, 36);
            publish->content = content_;
            batch_.push_back({0, chat::AppendToLog{kKey, std::move(publish)}});
        }
        log->apply(batch_);
        log->tend(false);
        for (const chat::StoreWork& work : batch_) {
            const auto* stored = std::get_if<chat::LogStored>(&work.what);
            if (stored == nullptr || stored->publish->seq != ++head) return false;
        }
        return true;
    }

    std::uint64_t head = 0;
    std::unique_ptr<chat::SqliteLog> log;
    std::unique_ptr<chat::SqliteReader> reader;

private:
    const core::SystemClock clock_;
    chat::SeededRandom random_{7};
    const std::string content_ = text_of(Script::kAscii, kContentBytes);
    chat::OpenRooms open_rooms_;
    chat::StoreHealth health_;
    chat::StoreMetrics metrics_;
    std::filesystem::path folder_;
    chat::StoreConfig config_;
    std::vector<chat::StoreWork> batch_;
};

void append(benchmark::State& state) {
    Store store;
    bool right = true;
    for (auto _ : state) right = store.append(state.range(0)) && right;
    if (!answer_is(state, right, "a message is not stored under the next seq")) return;
    count_items(state, state.range(0));
}

void read_page(benchmark::State& state) {
    constexpr std::uint32_t kEvents = 100;
    constexpr std::uint64_t kStored = 20'000;
    Store store;
    bool right = store.append(kStored);
    std::uint64_t after = 0;
    for (auto _ : state) {
        const chat::LogRead page = store.reader->read({.key = kKey,
                                                       .request = 1,
                                                       .from_oldest = true,
                                                       .after = after,
                                                       .before = 0,
                                                       .events_max = kEvents,
                                                       .bytes_max = 128 * 1024});
        right = right && page.events.size() == kEvents && page.events[0].seq == after + 1;
        after = (after + 7919) % (kStored - kEvents);
    }
    if (!answer_is(state, right, "not the page that was asked for")) return;
    count_items(state, kEvents);
}

}  // namespace

void register_sqlite_log() {
    benchmark::RegisterBenchmark("sqlite_log/append/messages_a_commit", append)
        ->Arg(1)
        ->Arg(16)
        ->Arg(256)
        ->Arg(4096)
        ->UseRealTime();
    benchmark::RegisterBenchmark("sqlite_log/read_page/100", read_page);
}

}  // namespace stentor::bench
