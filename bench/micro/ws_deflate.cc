// permessage-deflate of chat-sized messages (ws/deflater.h, ws/inflater.h; RFC 7692).
// Thread: the benchmark's.
// Invariant: what was deflated inflates to the same bytes.
#include <array>
#include <string>

#include <fmt/format.h>

#include "bench/micro/answer.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "ws/deflater.h"
#include "ws/inflater.h"

namespace stentor::bench {
namespace {

constexpr std::array kSizes = {170, 370, 1000, 4096};

// An event of a room, `bytes` long in all.
std::string event_of(std::size_t bytes) {
    const std::string around = fmt::format(
        R"({{"type":"message","room":"lobby","seq":4711,"at":1795226688893,"user":"u39f9308f8bb3afd2","from":"bob","content":"{}"}})",
        "");
    const std::size_t content = bytes - around.size();
    std::string event = around;
    event.insert(event.size() - 2, text_of(Script::kAscii, content));
    return event;
}

// All of one message into `out`; how many bytes, 0 when it is broken.
std::size_t inflate(ws::Inflater& inflater, std::string_view deflated, std::span<std::byte> out) {
    const auto step = inflater.inflate(std::as_bytes(std::span(deflated)), out);
    const auto last = inflater.finish(out.subspan(step.made));
    inflater.reset();
    const bool broken = step.status != ws::InflateStatus::kInputTaken ||
                        last.status != ws::InflateStatus::kInputTaken;
    return broken ? 0 : step.made + last.made;
}

bool is_right(std::string_view message, std::string_view deflated) {
    std::string back(message.size() + 1, '\0');
    ws::Inflater inflater;
    back.resize(inflate(inflater, deflated, std::as_writable_bytes(std::span(back))));
    return back == message;
}

void deflate(benchmark::State& state) {
    const std::string message = event_of(static_cast<std::size_t>(state.range(0)));
    ws::Deflater deflater(static_cast<std::uint8_t>(state.range(1)));
    std::string out;
    deflater.compress(std::as_bytes(std::span(message)), out);
    if (!answer_is(state, is_right(message, out), "does not inflate to what it was")) return;
    for (auto _ : state) {
        out.clear();
        deflater.compress(std::as_bytes(std::span(message)), out);
        benchmark::DoNotOptimize(out.data());
    }
    count_bytes(state, state.range(0));
    state.counters["size"] = static_cast<double>(out.size()) / static_cast<double>(message.size());
}

void inflate(benchmark::State& state) {
    const std::string message = event_of(static_cast<std::size_t>(state.range(0)));
    std::string deflated;
    ws::Deflater(15).compress(std::as_bytes(std::span(message)), deflated);
    if (!answer_is(state, is_right(message, deflated), "does not inflate to what it was")) return;
    ws::Inflater inflater;
    std::string back(message.size() + 1, '\0');
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            inflate(inflater, deflated, std::as_writable_bytes(std::span(back))));
        benchmark::ClobberMemory();
    }
    count_bytes(state, state.range(0));
}

}  // namespace

void register_deflate() {
    auto* deflating = benchmark::RegisterBenchmark("deflate", deflate)->ArgNames({"", "window"});
    auto* inflating =
        benchmark::RegisterBenchmark("inflate", [](benchmark::State& state) { inflate(state); });
    for (const int size : kSizes) {
        deflating->Args({size, 12})->Args({size, 15});
        inflating->Arg(size);
    }
}

}  // namespace stentor::bench
