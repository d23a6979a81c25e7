// The rule of this suite: a time counts only when the answer was right.
// Thread: any.
// Invariant: wrong_answers() is not zero once one answer was wrong; the program then fails.
#pragma once

#include <cstdint>

#include <benchmark/benchmark.h>

namespace stentor::bench {

// `right` as it is. When it is false the benchmark is reported as failed, in words, and its time
// is not; nothing is counted from here on, so return.
bool answer_is(benchmark::State& state, bool right, const char* otherwise);

std::uint64_t wrong_answers();

// Items done in each iteration; the table gets "per_item", the time of one.
void count_items(benchmark::State& state, std::int64_t items_per_iteration);
void count_bytes(benchmark::State& state, std::int64_t bytes_per_iteration);

}  // namespace stentor::bench
