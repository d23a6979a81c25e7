// See answer.h.
// Thread: any.
// Invariant: see answer.h.
#include "bench/micro/answer.h"

#include <atomic>

namespace stentor::bench {
namespace {

std::atomic<std::uint64_t> wrong{0};

}  // namespace

bool answer_is(benchmark::State& state, bool right, const char* otherwise) {
    if (!right) {
        wrong.fetch_add(1, std::memory_order_relaxed);
        state.SkipWithError(otherwise);
    }
    return right;
}

std::uint64_t wrong_answers() {
    return wrong.load(std::memory_order_relaxed);
}

void count_items(benchmark::State& state, std::int64_t items_per_iteration) {
    const auto items = static_cast<std::int64_t>(state.iterations()) * items_per_iteration;
    state.counters["per_item"] = benchmark::Counter(
        static_cast<double>(items), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void count_bytes(benchmark::State& state, std::int64_t bytes_per_iteration) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * bytes_per_iteration);
}

}  // namespace stentor::bench
