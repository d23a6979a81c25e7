// What one reactor counts. Written by its thread alone, read by any (relaxed: each cell stands
// alone). Thread: cells are written by the owner reactor, read by any. Invariant: a _total never
// goes down.
#pragma once

#include <atomic>
#include <cstdint>

namespace stentor::net {

// A number with one writer: no locked instruction on the hot path.
class Cell {
public:
    void add(std::uint64_t by) {
        value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) ReactorMetrics {
    Cell turns_total;
    Cell sleeps_total;  // turns that blocked
    Cell accepted_total;
    Cell closed_total;
    Cell receives_total;
    Cell received_bytes_total;
    Cell sends_total;
    Cell sent_bytes_total;
    Cell short_writes_total;
    Cell deliveries_total;
    Cell deliveries_refused_total;  // the outbox was full
    Cell stalled_total;             // aborted: a full outbox without progress
    Cell rings_exhausted_total;     // aborted: no ring was left to lend
    Cell unconsumed_total;          // aborted: a full ring of which nothing was consumed
    Cell finish_timeouts_total;     // aborted: what finish() had to flush did not leave in time
    Cell linger_timeouts_total;     // closed: the peer did not end within the linger time
    Cell flush_overruns_total;      // turns whose flush used up its time
    // gauges
    Cell connections;
    Cell outbox_bytes;  // logical: a shared parcel counts once for each reader
    Cell rings_lent;
    Cell parcels;
};

}  // namespace stentor::net
