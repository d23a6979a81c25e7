// Where things live: slab, shared bytes, compact text (core/slab.h, core/shared_bytes.h,
// core/compact_text.h).
// Thread: the benchmark's.
// Invariant: what was put in is found, what was taken out is not.
#include <array>
#include <string>
#include <vector>

#include "bench/micro/answer.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "core/compact_text.h"
#include "core/shared_bytes.h"
#include "core/slab.h"

namespace stentor::bench {
namespace {

using Object = std::array<std::uint64_t, 12>;  // as large as a connection
constexpr std::uint32_t kObjects = 20'000;

std::vector<core::SlabKey> fill(core::Slab<Object>& slab) {
    std::vector<core::SlabKey> keys;
    for (std::uint32_t i = 0; i < kObjects; ++i) keys.push_back(slab.emplace(Object{i}).key);
    return keys;
}

// In an order that a prefetcher does not guess.
std::size_t scattered(std::size_t i) {
    return i * 7919 % kObjects;
}

void slab_find(benchmark::State& state) {
    core::Slab<Object> slab;
    const std::vector<core::SlabKey> keys = fill(slab);
    std::uint64_t right = 0;
    std::size_t i = 0;
    for (auto _ : state) {
        const Object* found = slab.find(keys[scattered(i)]);
        right += found != nullptr && found->front() == scattered(i) ? 1U : 0U;
        i = i + 1 == kObjects ? 0 : i + 1;
    }
    answer_is(state, right == static_cast<std::uint64_t>(state.iterations()), "found another");
}

void slab_emplace_and_erase(benchmark::State& state) {
    core::Slab<Object> slab;
    fill(slab);
    bool right = true;
    for (auto _ : state) {
        const auto made = slab.emplace(Object{1});
        slab.erase(made.key);
        right = right && slab.find(made.key) == nullptr;
        slab.release_freed();
    }
    answer_is(state, right && slab.size() == kObjects, "an erased object is found");
}

void share_copy(benchmark::State& state) {
    const std::string text = text_of(Script::kAscii, static_cast<std::size_t>(state.range(0)));
    if (!answer_is(state, core::SharedBytes::copy_of(text).text() == text, "not a copy")) return;
    for (auto _ : state) {
        core::SharedBytes bytes = core::SharedBytes::copy_of(text);
        benchmark::DoNotOptimize(bytes.data());
    }
    count_bytes(state, state.range(0));
}

// One more handle, and one less: two atomics on a line that nobody else has.
void share_reference(benchmark::State& state) {
    const core::SharedBytes bytes = core::SharedBytes::copy_of(text_of(Script::kAscii, 128));
    for (auto _ : state) {
        core::SharedBytes another = bytes;
        benchmark::DoNotOptimize(another.data());
    }
    answer_is(state, bytes.use_count_for_test() == 1, "a handle is left over");
}

void compact_copy(benchmark::State& state) {
    const std::string text = text_of(Script::kAscii, static_cast<std::size_t>(state.range(0)));
    const core::CompactText compact(text);
    if (!answer_is(state, compact == std::string_view(text), "not that text")) return;
    for (auto _ : state) {
        core::CompactText copy = compact;
        benchmark::DoNotOptimize(copy.view().data());
    }
}

}  // namespace

void register_memory() {
    benchmark::RegisterBenchmark("slab/find", slab_find);
    benchmark::RegisterBenchmark("slab/emplace_and_erase", slab_emplace_and_erase);
    benchmark::RegisterBenchmark("shared_bytes/copy_of", share_copy)->Arg(128)->Arg(16384);
    benchmark::RegisterBenchmark("shared_bytes/reference", share_reference);
    benchmark::RegisterBenchmark("compact_text/copy", compact_copy)->Arg(8)->Arg(15)->Arg(32);
}

}  // namespace stentor::bench
