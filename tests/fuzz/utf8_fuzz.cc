// Fuzz target: UTF-8 as octets arrive (ws/utf8.h) against a scalar reference written from RFC 3629,
// section 4, and against simdjson.
// Thread: one.
// Invariant: the verdict falls with the first octet that no valid text could have there, however
// the text is cut.
#include <simdjson.h>

#include <array>

#include "tests/fuzz/fuzz_input.h"
#include "ws/utf8.h"

namespace {

using namespace stentor;

struct Row {
    std::uint8_t first, last;   // of the lead octet
    std::uint8_t lower, upper;  // of the octet behind it
    std::size_t following;
};
// The table of RFC 3629, section 4.
constexpr std::array kRows = std::to_array<Row>({
    {0x00, 0x7f, 0, 0, 0},
    {0xc2, 0xdf, 0x80, 0xbf, 1},
    {0xe0, 0xe0, 0xa0, 0xbf, 2},
    {0xe1, 0xec, 0x80, 0xbf, 2},
    {0xed, 0xed, 0x80, 0x9f, 2},
    {0xee, 0xef, 0x80, 0xbf, 2},
    {0xf0, 0xf0, 0x90, 0xbf, 3},
    {0xf1, 0xf3, 0x80, 0xbf, 3},
    {0xf4, 0xf4, 0x80, 0x8f, 3},
});

struct Verdict {
    std::size_t wrong_at;  // the size of the text: no octet is wrong
    bool whole = true;     // no code point is cut at the end
};

Verdict judge(std::span<const std::byte> text) {
    std::size_t at = 0;
    const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    while (at < text.size()) {
        const auto row = std::ranges::find_if(kRows, [lead = octet(at)](const Row& candidate) {
            return lead >= candidate.first && lead <= candidate.last;
        });
        if (row == kRows.end()) return {at};
        const std::size_t begin = at++;
        for (; at <= begin + row->following; ++at) {
            if (at == text.size()) return {at, false};
            const std::uint8_t lower = at == begin + 1 ? row->lower : std::uint8_t{0x80};
            const std::uint8_t upper = at == begin + 1 ? row->upper : std::uint8_t{0xbf};
            if (octet(at) < lower || octet(at) > upper) return {at};
        }
    }
    return {at};
}

// Feeds the pieces that the cuts make; the validator must fail in the piece that holds the wrong
// octet.
void expect(std::span<const std::byte> text, const Verdict& verdict, std::size_t first_piece,
            std::size_t chunk_bytes) {
    ws::Utf8Validator validator;
    std::size_t end = 0;
    bool good = true;
    const auto give = [&](std::span<const std::byte> piece) {
        if (!good) return;
        end += piece.size();
        good = validator.feed(fuzz::TightBlock(piece).span());
        STENTOR_CHECK(good == (verdict.wrong_at >= end));
    };
    give(text.first(first_piece));
    fuzz::for_each_chunk(text.subspan(first_piece), chunk_bytes, give);
    STENTOR_CHECK(!good || validator.at_boundary() == verdict.whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t chunk_bytes = input.chunk_bytes();
    const fuzz::TightBlock block(input.rest());
    const auto text = block.span();
    const Verdict verdict = judge(text);
    const bool valid = verdict.whole && verdict.wrong_at == text.size();
    STENTOR_CHECK(ws::is_valid_utf8(text) == valid);
    STENTOR_CHECK(
        simdjson::validate_utf8(reinterpret_cast<const char*>(text.data()), text.size()) == valid);
    expect(text, verdict, 0, chunk_bytes);
    expect(text, verdict, 0, 1);
    const std::size_t stride = text.size() < 256 ? 1 : text.size() / 61;
    for (std::size_t cut = 0; cut <= text.size(); cut += stride)
        expect(text, verdict, cut, SIZE_MAX);
    return 0;
}
