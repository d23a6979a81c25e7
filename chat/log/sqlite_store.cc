// What is behind sqlite_store.h: the loops of the two threads.
// Thread: main; write() and read(): each a thread of its own.
// Invariant: see sqlite_store.h.
#include "chat/log/sqlite_store.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>
#include <variant>

#include "chat/limits.h"
#include "chat/log/sqlite_setup.h"

namespace stentor::chat {
namespace {

constexpr auto kAppend = static_cast<std::uint32_t>(Rank::kAppend);
constexpr auto kStored = static_cast<std::uint32_t>(Rank::kStored);

// One commit.
constexpr std::size_t kBatchItemsMax = 4096;
constexpr std::size_t kBatchBytesMax = 4 * 1024 * 1024;
// Pages read before the shards get them.
constexpr std::size_t kReadsATurn = 8;
// Done before anybody is served: a checkpoint of what a killed process left, a step of retention.
// Much of what is broken shows there.
constexpr int kFirstSteps = 2;

std::size_t bytes_of(const Envelope& envelope) {
    const auto* append = std::get_if<AppendToLog>(&envelope);
    return sizeof(StoreWork) +
           (append == nullptr ? 0 : sizeof(Publish) + append->publish->content.size());
}

}  // namespace

std::expected<std::unique_ptr<SqliteStore>, core::Error> SqliteStore::open(
    const StoreConfig& given, const core::Clock& clock) {
    StoreConfig config = given;
    std::unique_ptr<SqliteStore> store(new SqliteStore(clock));
    if (config.vfs.empty()) {
        config.file = real_path(given.file);
        auto lock = FileLock::take(config.file + ".lock");
        if (!lock) return std::unexpected(std::move(lock.error()));
        store->lock_ = std::move(*lock);
    }
    Shared& shared = store->shared_;
    auto log = SqliteLog::open(config, clock, shared.open_rooms, shared.health, store->metrics_,
                               config.vfs.empty() ? &store->lock_ : nullptr);
    if (!log) return std::unexpected(std::move(log.error()));
    store->log_ = std::move(*log);
    auto reader = SqliteReader::open(config, clock, store->log_->keys().epoch, shared.open_rooms,
                                     shared.health, store->metrics_);
    if (!reader) return std::unexpected(std::move(reader.error()));
    store->reader_ = std::move(*reader);
    return store;
}

SqliteStore::~SqliteStore() {
    stop();
}

SessionTokens::Key SqliteStore::session_key() const {
    return log_->keys().session;
}

std::expected<void, core::Error> SqliteStore::start(Port& writer, Port& reader) {
    for (int i = 0; i < kFirstSteps; ++i) log_->tend(false);
    if (auto broken = failure()) return std::unexpected(std::move(*broken));
    writer_port_ = &writer;
    reader_port_ = &reader;
    try {
        writer_ = std::thread([this] { write(*writer_port_); });
        ::pthread_setname_np(writer_.native_handle(), "store-writer");
        reading_ = std::thread([this] { read(*reader_port_); });
        ::pthread_setname_np(reading_.native_handle(), "store-reader");
    } catch (const std::system_error& error) {
        return std::unexpected(core::Error{error.code(), "cannot start a thread of the store"});
    }
    return {};
}

// The reader first: the last connection to close is the one that writes.
void SqliteStore::stop() {
    stopping_.store(true, std::memory_order_seq_cst);  // partner: wait()
    if (reading_.joinable()) {
        reader_port_->doorbell().ring();
        reading_.join();
    }
    reader_.reset();
    if (writer_.joinable()) {
        writer_port_->doorbell().ring();
        writer_.join();
    }
    if (log_ != nullptr) log_->close();
}

void SqliteStore::write(Port& port) {
    port.adopt();
    std::vector<StoreWork> batch;
    for (;;) {
        const bool stopping = stopping_.load(std::memory_order_seq_cst);  // partner: stop()
        port.awake();
        batch.clear();
        std::size_t bytes = 0;
        writing_.store(true, std::memory_order_release);  // partner: busy()
        port.drain(
            kAppend, kBatchItemsMax,
            // When it ends nobody reads the answers, and nobody waits for them.
            [&] { return bytes < kBatchBytesMax && (stopping || port.has_room(kStored)); },
            [&](std::uint32_t from, Envelope&& envelope) {
                bytes += bytes_of(envelope);
                batch.push_back({from, std::move(envelope)});
            });
        metrics_.gauges[StoreGauge::kBatchBytes].set(static_cast<std::int64_t>(bytes));
        if (!batch.empty()) log_->apply(batch);
        if (batch.empty() && stopping) break;
        for (StoreWork& answer : batch) {
            if (!std::holds_alternative<std::monostate>(answer.what)) {
                port.push(answer.shard, kStored, std::move(answer.what));
            }
        }
        writing_.store(port.publish(), std::memory_order_release);  // partner: busy()
        const core::Instant next = log_->tend(batch.empty());  // no answer waits for a checkpoint
        for (StoreWork& notice : log_->take_notices()) {
            port.push(notice.shard, kStored, std::move(notice.what));
        }
        port.publish();
        if (!batch.empty()) continue;
        wait(port, std::max(core::Duration{}, next - clock_.now()));
    }
    writing_.store(false, std::memory_order_release);  // partner: busy()
}

void SqliteStore::read(Port& port) {
    port.adopt();
    while (!stopping_.load(std::memory_order_seq_cst)) {  // partner: stop()
        port.awake();
        answering_.store(true, std::memory_order_release);  // partner: busy()
        const std::size_t answered = port.drain(
            kAppend, kReadsATurn, [&] { return port.has_room(kStored); },
            [&](std::uint32_t from, Envelope&& asked) {
                port.push(from, kStored, reader_->answer(asked));
            });
        answering_.store(port.publish(), std::memory_order_release);  // partner: busy()
        if (answered == 0) wait(port, std::chrono::hours{1});
    }
    answering_.store(false, std::memory_order_release);  // partner: busy()
}

void SqliteStore::wait(Port& port, core::Duration at_most) {
    // Work that is there and cannot be done: the shards do not take answers.
    const bool is_stalled = port.has_work() && !port.has_room(kStored);
    if (!port.prepare_sleep() && !is_stalled) {
        port.awake();
        return;
    }
    // stop() first says so and then rings: whoever misses the one hears the other.
    if (!stopping_.load(std::memory_order_seq_cst)) {  // partner: stop()
        const auto limit = is_stalled ? core::Duration{kStalledRetry} : at_most;
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
        pollfd readable{port.doorbell().fd(), POLLIN, 0};
        ::poll(&readable, 1, static_cast<int>(ms));
    }
    port.awake();
}

}  // namespace stentor::chat
