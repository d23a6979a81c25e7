// echo and fanout on one worker: sends what its senders have to send, counts and times what its
// members get, and checks that each gets every message once and in order.
// Thread: its worker; the counters are for any to read.
// Invariant: expected is counted before a message goes out, so it is never behind delivered.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bench/load/driver.h"
#include "bench/load/histogram.h"
#include "bench/load/traffic.h"
#include "bench/load/worker.h"

namespace stentor::bench {

// How a target is driven. Closed loop: `depth` messages of each sender under way; or `burst` at
// once, and the next ones when all members have all of them. Open loop: `rate` a second, of all
// senders together, whatever comes back.
struct Load {
    std::uint32_t depth = 1;
    std::uint32_t burst = 0;
    double rate = 0;
};

// A number that its worker writes and others read.
class Cell {
public:
    void add(std::uint64_t more) {
        value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// Of the drivers of all workers.
template <typename Driver>
std::uint64_t sum_of(std::span<const std::unique_ptr<Driver>> drivers, Cell Driver::* cell) {
    std::uint64_t sum = 0;
    for (const auto& driver : drivers) sum += ((*driver).*cell).get();
    return sum;
}

struct alignas(64) MessageCells {
    Cell messages;   // sent
    Cell expected;   // deliveries that these must make
    Cell delivered;  // once each
    Cell duplicates;
    Cell reordered;   // came, but after a later one
    Cell gaps;        // the server said that it left them out
    Cell seq_faults;  // native: a seq that is not the last one + 1
    Cell misplaced;   // of another room, or never sent
    Cell late;        // came after it was written off: in none of the above
};

class MessageDriver final : public Driver {
public:
    // Tells the driver of another worker that a burst of its sender has arrived (take_burst()).
    using HandOver = std::function<void(std::uint32_t worker, Stream& stream)>;

    MessageDriver(Worker& worker, std::span<const std::unique_ptr<Traffic>> traffics,
                  HandOver hand_over);

    const MessageCells& cells(std::uint32_t target) const { return locals_[target]->cells; }

    // The sender of stream 0 sends one message, if it is this worker's; each `attempt` another one,
    // for a server may know a message again.
    void calibrate(std::uint32_t target, std::uint32_t attempt);
    // Before begin(), on all workers: what an unquiet slice left behind is forgotten.
    void rest(std::uint32_t target, const Load& load);
    void begin(std::uint32_t target, std::int64_t start_ns);
    void stop() { active_ = nullptr; }
    // On all workers: of what was sent until now nothing is waited for any more.
    void write_off(std::uint32_t target);
    void take_burst(Stream& stream);
    Histogram& latency() { return latency_; }

    void on_message(Connection& connection, std::string_view payload) override;
    bool on_beginning(Connection& connection, std::string_view begin,
                      std::uint64_t payload_bytes) override;
    void on_skipped(Connection& connection) override;
    void on_drained(Connection& connection) override;
    void on_closed(Connection& connection, bool ready) override;
    std::int64_t on_turn(std::int64_t now_ns) override;

private:
    struct Local {
        Traffic* traffic = nullptr;
        bool native = false;
        std::vector<Connection*> senders;
        std::vector<std::uint32_t> members;     // of this worker, by room
        std::vector<std::uint32_t> burst_left;  // deliveries to come on this worker, by stream
        std::vector<std::uint64_t>
            waited_from;  // the first number that is not written off, by stream
        MessageCells cells;
    };
    // The open loop's timetable: slot n is due at start + n * spacing and is the senders' in turn.
    struct Timetable {
        std::int64_t start_ns = 0;
        double spacing_ns = 0;
        std::uint64_t slot = 0;
    };

    Local& local_of(const Connection& connection) { return *locals_[connection.target->index]; }
    bool look_at_native(Local& local, Connection& connection, std::string_view payload);
    void deliver(Local& local, Connection& connection, Stamp stamp, std::uint64_t bytes);
    void count_arrival(Local& local, Connection& connection, Stream& stream, Stamp stamp);
    void on_burst_share(Local& local, Stream& stream);
    void next_bursts();
    void append(Connection& sender, Stream& stream, std::uint64_t number);
    void send(Local& local, Connection& sender, std::uint32_t count, std::int64_t intended_ns);

    Worker& worker_;
    const HandOver hand_over_;
    std::vector<std::unique_ptr<Local>> locals_;
    Local* active_ = nullptr;
    Load load_;
    Timetable timetable_;
    Histogram latency_;
    std::vector<Stream*> complete_bursts_;
};

}  // namespace stentor::bench
