// The mirrored ring (core/mirrored_ring.h): a receive cycle, and lending to a half-received frame.
// Thread: the benchmark's.
// Invariant: what was received is read back as one span, also across the end of the ring.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "bench/micro/answer.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "core/mirrored_ring.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kRingBytes = std::size_t{128} * 1024;

void receive_into(core::MirroredRing& ring, std::string_view bytes) {
    std::memcpy(ring.writable().data(), bytes.data(), bytes.size());
    ring.commit(bytes.size());
}

bool reads_back_across_the_end(core::MirroredRing& ring) {
    const std::string text = text_of(Script::kAscii, 1000);
    for (std::size_t round = 0; round < 3 * kRingBytes / text.size(); ++round) {
        receive_into(ring, text);
        if (round > 0) ring.consume(text.size());  // never empty, so it goes round
        if (!std::ranges::equal(ring.readable(), std::as_bytes(std::span(text)))) return false;
    }
    ring.consume(text.size());
    return ring.empty();
}

// The part of the kernel is a copy of so many bytes.
void receive_and_consume(benchmark::State& state, bool stays_full) {
    const auto pool = core::RingPool::create({.ring_bytes = kRingBytes, .rings_max = 4});
    if (!answer_is(state, pool.has_value(), "no memory for rings")) return;
    core::MirroredRing ring = (*pool)->borrow();
    if (!answer_is(state, reads_back_across_the_end(ring), "not what was received")) return;
    const std::string bytes = text_of(Script::kAscii, static_cast<std::size_t>(state.range(0)));
    if (stays_full) receive_into(ring, bytes);
    for (auto _ : state) {
        receive_into(ring, bytes);
        benchmark::DoNotOptimize(ring.readable().data());
        ring.consume(bytes.size());
    }
    count_bytes(state, state.range(0));
}

// A frame is half received: its ring goes to the connection, the reactor takes another, and the
// first comes back. `touched` bytes of it were written; what is above a page goes back to the
// kernel when no more rings are kept.
void lend_and_return(benchmark::State& state, std::uint32_t kept) {
    const auto pool =
        core::RingPool::create({.ring_bytes = kRingBytes, .rings_max = 64, .kept_resident = kept});
    if (!answer_is(state, pool.has_value(), "no memory for rings")) return;
    const std::string bytes = text_of(Script::kAscii, static_cast<std::size_t>(state.range(0)));
    bool kept_content = true;
    {
        core::MirroredRing scratch = (*pool)->borrow();
        for (auto _ : state) {
            receive_into(scratch, bytes);
            core::MirroredRing lent = std::exchange(scratch, (*pool)->borrow());
            kept_content = kept_content && lent.size() == bytes.size() &&
                           lent.readable().front() == static_cast<std::byte>(bytes.front());
            lent.consume(bytes.size());
        }
    }
    answer_is(state, kept_content && (*pool)->lent() == 0, "a ring is lost, or what it held");
}

}  // namespace

void register_ring() {
    benchmark::RegisterBenchmark("ring/receive_and_consume", receive_and_consume, false)
        ->Arg(134)
        ->Arg(4096);
    benchmark::RegisterBenchmark("ring/going_round", receive_and_consume, true)
        ->Arg(134)
        ->Arg(4096);
    benchmark::RegisterBenchmark("ring/lend_and_return", lend_and_return, 16U)
        ->Arg(134)
        ->Arg(16384);
    benchmark::RegisterBenchmark("ring/lend_and_return/none_kept", lend_and_return, 0U)
        ->Arg(134)
        ->Arg(16384);
}

}  // namespace stentor::bench
