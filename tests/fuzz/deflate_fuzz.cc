// Fuzz target: compression of messages (ws/deflater.h, RFC 7692 7.2.1): there, and back by zlib
// with the window that was agreed, and by the reference of this folder. Thread: one. Invariant:
// each message inflates on its own to what it was, with no reference further back than the window;
// the same message always compresses to the same octets.
#include "ws/deflater.h"

#include <zlib.h>

#include <string>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/reference_inflate.h"

namespace {

using namespace stentor;

constexpr std::string_view kTail("\0\0\xff\xff", 4);

// One octet of output at a time: so that zlib has its window to look back at, and nothing else.
std::string inflated_by_zlib(std::string compressed, int window_bits) {
    compressed += kTail;
    z_stream z{};
    STENTOR_CHECK(inflateInit2(&z, -window_bits) == Z_OK);
    z.next_in = reinterpret_cast<Bytef*>(compressed.data());
    z.avail_in = static_cast<uInt>(compressed.size());
    std::string text;
    while (true) {
        char octet = 0;
        z.next_out = reinterpret_cast<Bytef*>(&octet);
        z.avail_out = 1;
        const int code = inflate(&z, Z_NO_FLUSH);
        STENTOR_CHECK(code == Z_OK || code == Z_BUF_ERROR);
        if (z.avail_out == 1) break;
        text += octet;
    }
    STENTOR_CHECK(z.avail_in == 0);
    inflateEnd(&z);
    return text;
}

void fuzz_message(ws::Deflater& deflater, std::string_view text) {
    std::string compressed = "kept";
    deflater.compress(fuzz::bytes_of(text), compressed);
    STENTOR_CHECK(compressed.starts_with("kept"));
    compressed.erase(0, 4);
    STENTOR_CHECK(!compressed.empty() && !compressed.ends_with(kTail));
    const auto back = fuzz::reference_inflate(fuzz::bytes_of(compressed), text.size());
    STENTOR_CHECK(back.whole && back.text == text);
    STENTOR_CHECK(back.farthest <= std::size_t{1} << deflater.window_bits());
    STENTOR_CHECK(inflated_by_zlib(compressed, deflater.window_bits()) == text);
    std::string again;
    deflater.compress(fuzz::bytes_of(text), again);
    STENTOR_CHECK(again == compressed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static ws::Deflaters deflaters;
    fuzz::Input input(data, size);
    ws::Deflater& deflater =
        deflaters.with_window(static_cast<std::uint8_t>(ws::kWindowBitsMin + input.below(8)));
    const std::size_t held = deflater.held_bytes();
    const std::size_t pieces = 1 + input.below(3);
    const std::size_t piece_bytes = 1 + std::size_t{input.byte()} * 8;
    for (std::size_t i = 0; i < pieces; ++i) {
        // Said again and again, so that small inputs fill large windows, and little more.
        const std::size_t enough = std::size_t{3} << (deflater.window_bits() - 1);
        const std::string_view piece = fuzz::text_of(input.take(piece_bytes));
        std::string text;
        for (std::size_t times = 1 + std::size_t{input.byte()}; times > 0; --times) {
            if (text.size() > enough) break;
            text.append(piece);
            text.push_back(static_cast<char>(times));
        }
        fuzz_message(deflater, text);
    }
    STENTOR_CHECK(deflater.held_bytes() == held);
    return 0;
}
