// Frame headers read (ws/frame_parser.h) and frames written (ws/frame_writer.h), RFC 6455 5.2.
// Thread: the benchmark's.
// Invariant: what is written reads back as what was meant.
#include <algorithm>
#include <string>

#include "bench/micro/answer.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "ws/frame_parser.h"
#include "ws/frame_writer.h"

namespace stentor::bench {
namespace {

constexpr ws::MaskKey kKey{0x9a3c51e7};
constexpr ws::FrameRules kRules{
    .data_bytes_max = 1 << 20, .in_message = false, .accept_binary = true};

void parse_header(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    std::string frame;
    ws::append_masked_frame(frame, ws::Opcode::kText, text_of(Script::kAscii, size), kKey);
    const auto bytes = std::as_bytes(std::span(frame));
    const auto parsed = ws::parse_frame_header(bytes, kRules);
    const bool right = parsed && *parsed && (*parsed)->payload_bytes == size &&
                       (*parsed)->mask.word == kKey.word &&
                       (*parsed)->header_bytes + size == frame.size();
    if (!answer_is(state, right, "not the header that was written")) return;
    for (auto _ : state) {
        benchmark::DoNotOptimize(ws::parse_frame_header(bytes, kRules));
        benchmark::ClobberMemory();
    }
}

// Header, then the payload unmasked where it lies.
void take_frame(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::string text = text_of(Script::kAscii, size);
    std::string frame;
    ws::append_masked_frame(frame, ws::Opcode::kText, text, kKey);
    const auto bytes = std::as_writable_bytes(std::span(frame));
    ws::FrameParser parser;
    const auto take = [&] {
        const auto parsed = ws::parse_frame_header(bytes, kRules);
        parser.begin(**parsed);
        const auto payload = parser.take(bytes.subspan((*parsed)->header_bytes)).bytes;
        parser.end();
        return payload;
    };
    if (!answer_is(state, std::ranges::equal(take(), std::as_bytes(std::span(text))),
                   "not the payload that was masked")) {
        return;
    }
    for (auto _ : state) {  // masked, unmasked, masked …: the work is the same
        benchmark::DoNotOptimize(take().data());
        benchmark::ClobberMemory();
    }
    count_bytes(state, static_cast<std::int64_t>(size));
}

void write_frame(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::string text = text_of(Script::kAscii, size);
    std::string out;
    ws::append_frame(out, ws::Opcode::kText, text);
    const std::size_t header = ws::frame_header_bytes(size);
    const bool right = out.size() == header + size && out.ends_with(text) && out[0] == '\x81' &&
                       (size >= 126 || static_cast<std::size_t>(out[1]) == size);
    if (!answer_is(state, right, "not the frame of that text")) return;
    for (auto _ : state) {
        out.clear();
        ws::append_frame(out, ws::Opcode::kText, text);
        benchmark::DoNotOptimize(out.data());
        benchmark::ClobberMemory();
    }
    count_bytes(state, static_cast<std::int64_t>(size));
}

}  // namespace

void register_frame() {
    benchmark::RegisterBenchmark("frame/parse_header", parse_header)
        ->Arg(100)
        ->Arg(1000)
        ->Arg(100000);
    benchmark::RegisterBenchmark("frame/take", take_frame)
        ->Arg(16)
        ->Arg(128)
        ->Arg(1024)
        ->Arg(16384);
    benchmark::RegisterBenchmark("frame/write", write_frame)
        ->Arg(16)
        ->Arg(128)
        ->Arg(1024)
        ->Arg(16384);
}

}  // namespace stentor::bench
