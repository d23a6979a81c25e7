// Cells that one thread writes and any thread reads, without a lock or a locked instruction: what
// the program counts. An owner keeps one array of cells, indexed by an enum that ends in kCount.
// Thread: add, set: owner; value, snapshot: any.
// Invariant: one writer a cell, so load + store is an increment. Relaxed throughout: a cell orders
// nothing, and a snapshot is exact per cell only.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/cache_line.h"

namespace stentor::core {

// Only ever grows.
class Counter {
public:
    using Value = std::uint64_t;
    void add(Value by = 1) {
        cell_.store(cell_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    Value value() const { return cell_.load(std::memory_order_relaxed); }

private:
    std::atomic<Value> cell_{0};
};

// Goes up and down.
class Gauge {
public:
    using Value = std::int64_t;
    void set(Value value) { cell_.store(value, std::memory_order_relaxed); }
    void add(Value by) { set(value() + by); }
    Value value() const { return cell_.load(std::memory_order_relaxed); }

private:
    std::atomic<Value> cell_{0};
};

//     enum class ReactorCounter : std::size_t { kBytesIn, kBytesOut, kCount };
//     CounterCells<ReactorCounter> counters;   // one a reactor
//     counters[ReactorCounter::kBytesIn].add(n);
template <typename Which, typename Cell>
class alignas(kCacheLineBytes) MetricCells {
public:
    static constexpr std::size_t kSize = static_cast<std::size_t>(Which::kCount);
    using Snapshot = std::array<typename Cell::Value, kSize>;

    Cell& operator[](Which which) { return cells_[static_cast<std::size_t>(which)]; }
    const Cell& operator[](Which which) const { return cells_[static_cast<std::size_t>(which)]; }

    Snapshot snapshot() const {
        Snapshot values{};
        for (std::size_t i = 0; i < kSize; ++i) {
            values[i] = cells_[i].value();
        }
        return values;
    }

private:
    std::array<Cell, kSize> cells_{};
};

template <typename Which>
using CounterCells = MetricCells<Which, Counter>;
template <typename Which>
using GaugeCells = MetricCells<Which, Gauge>;

}  // namespace stentor::core
