// Text as a JSON string (RFC 8259 section 7).
// Thread: any; pure.
// Invariant: reading the string back gives the same bytes. U+2028 and U+2029 are escaped too, so
// that a frame is also a line of JavaScript.
#include <bit>
#include <cstdint>
#include <cstring>

#include "chat/protocol/encode.h"

namespace stentor::chat {
namespace {

using Word = std::uint64_t;

constexpr Word repeated(unsigned char byte) {
    return Word{0x0101010101010101U} * byte;
}
constexpr Word kHighBits = repeated(0x80);
constexpr unsigned char kSeparatorLead = 0xe2;  // U+2028 is e2 80 a8, U+2029 e2 80 a9

// The high bit of each byte that is zero; bytes above the first such one may be marked falsely.
constexpr Word zero_bytes(Word word) {
    return (word - repeated(1)) & ~word & kHighBits;
}

// Not zero when one of the 8 bytes is a control character, a quote, a backslash or kSeparatorLead.
constexpr Word suspects(Word word) {
    const Word controls = (word - repeated(0x20)) & ~word & kHighBits;
    return controls | zero_bytes(word ^ repeated('"')) | zero_bytes(word ^ repeated('\\')) |
           zero_bytes(word ^ repeated(kSeparatorLead));
}

constexpr bool is_suspect(unsigned char byte) {
    return byte < 0x20 || byte == '"' || byte == '\\' || byte == kSeparatorLead;
}

// Where the first suspect at or behind `at` is; the size when there is none.
std::size_t find_suspect(std::string_view text, std::size_t at) {
    static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
    for (; at + sizeof(Word) <= text.size(); at += sizeof(Word)) {
        Word word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        const Word found = suspects(word);
        // The lowest mark is never a false one.
        if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
    while (at < text.size() && !is_suspect(static_cast<unsigned char>(text[at]))) ++at;
    return at;
}

// Writes the suspect at `at`, escaped where it must be; how many bytes of `text` that was.
std::size_t append_suspect(std::string& out, std::string_view text, std::size_t at) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == kSeparatorLead) {
        const std::string_view code_point = text.substr(at, 3);
        if (code_point == "\u2028") out.append("\\u2028");
        if (code_point == "\u2029") out.append("\\u2029");
        if (code_point == "\u2028" || code_point == "\u2029") return 3;
        out.push_back(text[at]);
        return 1;
    }
    out.push_back('\\');
    switch (byte) {
        case '\b':
            out.push_back('b');
            break;
        case '\f':
            out.push_back('f');
            break;
        case '\n':
            out.push_back('n');
            break;
        case '\r':
            out.push_back('r');
            break;
        case '\t':
            out.push_back('t');
            break;
        case '"':
        case '\\':
            out.push_back(text[at]);
            break;
        default:
            out.append("u00");
            out.push_back(kDigits[byte >> 4U]);
            out.push_back(kDigits[byte & 15U]);
    }
    return 1;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (std::size_t at = 0;;) {
        const std::size_t suspect = find_suspect(text, at);
        out.append(text, at, suspect - at);
        if (suspect == text.size()) break;
        at = suspect + append_suspect(out, text, suspect);
    }
    out.push_back('"');
}

}  // namespace stentor::chat
