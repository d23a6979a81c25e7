// One thread of the tool: an epoll instance, the connections on it, a driver that says what they
// do. Thread: post() and the getters of counts are for any; all else is the worker's own.
// Invariant: a connection belongs to one worker from open() until it is closed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/load/connection.h"
#include "bench/load/driver.h"
#include "net/unique_fd.h"
#include "ws/mask.h"

namespace stentor::bench {

struct WorkerOptions {
    std::uint32_t index = 0;
    std::uint32_t sources = 1;       // 127.0.0.1, 127.0.0.2, …: one has 28,000 ports at most
    std::uint32_t opening_max = 64;  // connections under way at once
    bool zero_mask = false;
    bool joins = true;       // false: a connection is ready when it is upgraded
    std::vector<int> cores;  // where it may run; empty: anywhere
};

class Worker {
public:
    explicit Worker(WorkerOptions options);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Runs `task` on the worker's thread, in the order of posting.
    void post(std::function<void()> task);
    std::uint64_t frames() const { return frames_.load(std::memory_order_relaxed); }
    double cpu_seconds() const;
    std::uint32_t index() const { return options_.index; }

    void set_driver(Driver* driver) { driver_ = driver; }
    Driver* driver() const { return driver_; }
    // Opens it in turn: at most opening_max are under way.
    void open(Connection& connection);
    // By us: the driver is not told. `abruptly` sends RST.
    void close(Connection& connection, bool abruptly = false);
    // What is in the outbox goes out, now or when there is room.
    void flush(Connection& connection);
    // After a message is appended to the outbox; a key for the next one.
    ws::MaskKey next_mask();
    // The time at which the last read returned.
    std::int64_t now() const { return now_ns_; }

private:
    void run();
    void turn();
    void run_tasks();
    void open_more();
    void start_opening(Connection& connection);
    bool bind_source(const Connection& connection);
    void on_event(Connection& connection, std::uint32_t events);
    void on_connected(Connection& connection);
    void begin_upgrade(Connection& connection);
    void on_readable(Connection& connection);
    bool has_come(Connection& connection, ssize_t got);
    void on_end(Connection& connection);
    void on_bytes(Connection& connection, std::string_view bytes);
    std::string_view take_upgrade(Connection& connection, std::string_view bytes);
    void walk_frames(Connection& connection, std::string_view bytes);
    std::string_view take_skipped(Connection& connection, std::string_view bytes);
    void on_frame(Connection& connection, ws::Opcode opcode, std::string_view payload);
    void on_control(Connection& connection, ws::Opcode opcode, std::string_view payload);
    void on_upgraded(Connection& connection);
    void on_joining(Connection& connection, std::string_view payload);
    static void acknowledge_at_once(const Connection& connection);
    void become_ready(Connection& connection);
    void fail(Connection& connection, const std::string& why);
    bool put(Connection& connection, std::string_view bytes, std::size_t& sent);
    void watch(Connection& connection, bool write);

    // Of connections with TLS: worker_tls.cc.
    void begin_tls(Connection& connection);
    void flush_tls(Connection& connection);
    void on_readable_tls(Connection& connection);
    void on_handshake(Connection& connection);
    static void end_tls(Connection& connection, bool abruptly);

    const WorkerOptions options_;
    net::UniqueFd epoll_;
    net::UniqueFd wake_;
    Driver* driver_ = nullptr;
    std::vector<char> buffer_;
    std::vector<char> cipher_;  // empty until there is TLS
    std::deque<Connection*> to_open_;
    std::uint32_t opening_ = 0;
    std::int64_t now_ns_ = 0;
    std::uint64_t mask_state_;
    bool stopping_ = false;

    std::mutex mutex_;
    std::vector<std::function<void()>> tasks_;
    std::atomic<std::uint64_t> frames_{0};
    std::thread thread_;
};

// All workers, and the way to do something on each of them.
class Crew {
public:
    Crew(std::uint32_t threads, WorkerOptions options);

    std::uint32_t size() const { return static_cast<std::uint32_t>(workers_.size()); }
    Worker& worker(std::uint32_t index) { return *workers_[index]; }
    // Returns when every worker has run `task`.
    void on_each(const std::function<void(Worker&)>& task);
    // What `of(worker)` says on each worker, put together by Sum::add().
    template <typename Sum, typename Of>
    Sum gather(Of&& of) {
        Sum sum;
        std::mutex mutex;
        on_each([&](Worker& worker) {
            const auto& one = of(worker);
            const std::scoped_lock lock(mutex);
            sum.add(one);
        });
        return sum;
    }
    std::uint64_t frames() const;

private:
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace stentor::bench
