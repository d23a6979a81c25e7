// Unmasking in place (ws/mask.h) against one octet at a time (RFC 6455 5.3).
// Thread: the benchmark's.
// Invariant: every phase of the key at every alignment gives what the reference gives.
#include <algorithm>
#include <bit>
#include <vector>

#include "bench/micro/answer.h"
#include "bench/micro/reference.h"
#include "bench/micro/topics.h"
#include "ws/mask.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kAlignments = 32;
constexpr std::size_t kPhases = ws::kMaskBytes;
constexpr ws::MaskKey kKey{0x9a3c51e7};
// Where a small frame's payload begins: behind two octets and the key.
constexpr std::size_t kPayloadOffset = 6;

using Unmask = ws::MaskKey (*)(std::span<std::byte>, ws::MaskKey);

ws::MaskKey unmask_scalar(std::span<std::byte> bytes, ws::MaskKey key) {
    unmask_by_octets(bytes, std::bit_cast<KeyOctets>(key.word), 0);
    return key.after(bytes.size());
}

std::vector<std::byte> noise(std::size_t bytes) {
    std::vector<std::byte> made(bytes);
    unsigned state = 1;
    for (std::byte& byte : made)
        byte = static_cast<std::byte>((state = state * 1103515245 + 12345) >> 16);
    return made;
}

ws::MaskKey unmask_without_avx2(std::span<std::byte> bytes, ws::MaskKey key) {
    return ws::unmask_portably_for_test(bytes, key).next_key;
}

bool is_right(Unmask unmask, std::size_t size) {
    for (std::size_t at = 0; at < kAlignments; ++at) {
        for (std::size_t phase = 0; phase < kPhases; ++phase) {
            std::vector<std::byte> bytes = noise(kAlignments + size + 1);
            std::vector<std::byte> expected = bytes;
            const auto payload = std::span(bytes).subspan(at, size);
            const ws::MaskKey next = unmask(payload, kKey.after(phase));
            unmask_by_octets(std::span(expected).subspan(at, size),
                             std::bit_cast<KeyOctets>(kKey.word), phase);
            if (bytes != expected || next.word != kKey.after(phase + size).word) return false;
        }
    }
    return true;
}

void unmask(benchmark::State& state, Unmask how) {
    const auto size = static_cast<std::size_t>(state.range(0));
    if (!answer_is(state, is_right(how, size), "the payload is not what was masked")) return;
    std::vector<std::byte> bytes = noise(kPayloadOffset + size);
    const auto payload = std::span(bytes).subspan(kPayloadOffset);
    ws::MaskKey key = kKey;
    for (auto _ : state) {
        key = how(payload, key);
        benchmark::DoNotOptimize(payload.data());
        benchmark::ClobberMemory();
    }
    count_bytes(state, static_cast<std::int64_t>(size));
}

// One iteration unmasks at each alignment with each phase of the key.
void unmask_everywhere(benchmark::State& state, Unmask how) {
    const auto size = static_cast<std::size_t>(state.range(0));
    if (!answer_is(state, is_right(how, size), "the payload is not what was masked")) return;
    std::vector<std::byte> bytes = noise(kAlignments + size);
    for (auto _ : state) {
        for (std::size_t at = 0; at < kAlignments; ++at) {
            for (std::size_t phase = 0; phase < kPhases; ++phase) {
                benchmark::DoNotOptimize(
                    how(std::span(bytes).subspan(at, size), kKey.after(phase)));
                benchmark::ClobberMemory();
            }
        }
    }
    count_items(state, kAlignments * kPhases);
}

}  // namespace

void register_mask() {
    for (const auto& [name, how] : {std::pair{"unmask", Unmask{ws::apply_mask}},
                                    std::pair{"unmask/scalar", Unmask{unmask_scalar}}}) {
        auto* sized = benchmark::RegisterBenchmark(name, unmask, how);
        for (const int size : {16, 64, 128, 256, 1024, 4096, 16384, 65536}) sized->Arg(size);
    }
    benchmark::RegisterBenchmark("unmask/without_avx2", unmask, Unmask{unmask_without_avx2})
        ->Arg(128)
        ->Arg(16384);
    benchmark::RegisterBenchmark("unmask/all_alignments_and_phases", unmask_everywhere,
                                 Unmask{ws::apply_mask})
        ->Arg(16)
        ->Arg(131)
        ->Arg(1024);
}

}  // namespace stentor::bench
