// UTF-8 of text messages (ws/utf8.h) against one octet at a time (RFC 3629).
// Thread: the benchmark's.
// Invariant: what is timed is valid text; that each single broken octet is found was seen before.
#include <string>

#include "bench/micro/answer.h"
#include "bench/micro/reference.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "ws/utf8.h"

namespace stentor::bench {
namespace {

using IsText = bool (*)(std::span<const std::byte>);

// As an endpoint does: fed, and at a boundary.
bool is_text_as_it_comes(std::span<const std::byte> text) {
    ws::Utf8Validator validator;
    return validator.feed(text) && validator.at_boundary();
}

// In chunks as they come from a socket, with code points cut in two.
bool is_text_in_chunks(std::span<const std::byte> text) {
    constexpr std::size_t kChunkBytes = 100;
    ws::Utf8Validator validator;
    for (; text.size() > kChunkBytes; text = text.subspan(kChunkBytes)) {
        if (!validator.feed(text.first(kChunkBytes))) return false;
    }
    return validator.feed(text) && validator.at_boundary();
}

bool is_right(IsText is_text, std::string text) {
    if (!is_text(std::as_bytes(std::span(text)))) return false;
    // At some places, so that long texts do not take for ever.
    const std::size_t step = 1 + text.size() / 64;
    for (std::size_t at = 0; at < text.size(); at += step) {
        const char whole = text[at];
        for (const char broken : {'\xff', '\x80', '\xe4'}) {
            text[at] = broken;
            const auto bytes = std::as_bytes(std::span(text));
            if (is_text(bytes) != is_utf8_by_octets(bytes)) return false;
        }
        text[at] = whole;
    }
    return true;
}

void validate(benchmark::State& state, IsText is_text, Script script) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::string text = text_of(script, size);
    if (!answer_is(state, is_right(is_text, text), "takes what is no UTF-8, or not what is"))
        return;
    const auto bytes = std::as_bytes(std::span(text));
    for (auto _ : state) {
        benchmark::DoNotOptimize(is_text(bytes));
        benchmark::ClobberMemory();
    }
    count_bytes(state, static_cast<std::int64_t>(size));
}

}  // namespace

void register_utf8() {
    struct Way {
        const char* name;
        IsText is_text;
    };
    for (const Way& way :
         {Way{"utf8", is_text_as_it_comes}, Way{"utf8/in_chunks", is_text_in_chunks},
          Way{"utf8/scalar", is_utf8_by_octets}}) {
        for (const Script script : {Script::kAscii, Script::kMixed, Script::kCjk}) {
            const std::string name = std::string(way.name) + "/" +
                                     std::string(kScriptNames[static_cast<std::size_t>(script)]);
            auto* sized = benchmark::RegisterBenchmark(name.c_str(), validate, way.is_text, script);
            for (const int size : {16, 128, 1024, 16384}) sized->Arg(size);
        }
    }
}

}  // namespace stentor::bench
