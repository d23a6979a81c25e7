// Text as a JSON string (RFC 8259 section 7).
// Thread: any; pure.
// Invariant: reading the string back gives the same bytes. U+2028 and U+2029 are escaped too, so
// that a frame is also a line of JavaScript.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "chat/protocol/encode.h"
#include "chat/protocol/json_appender.h"

namespace stentor::chat {
namespace {

using Word = std::uint64_t;
using HalfWord = std::uint32_t;

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

static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");

template <typename Part>
Part part_at(const char* text) {
    Part part;
    std::memcpy(&part, text, sizeof part);
    return part;
}

// Where the first suspect at or behind `at` is; the size when there is none.
std::size_t find_suspect(std::string_view text, std::size_t at) {
    for (; at + sizeof(Word) <= text.size(); at += sizeof(Word)) {
        const Word found = suspects(part_at<Word>(text.data() + at));
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

// Sixteen bytes at a time, by whatever the machine has for that.
using Lanes = std::uint8_t __attribute__((vector_size(16)));

// The bytes that are suspects.
Lanes suspects(Lanes lanes) {
    return reinterpret_cast<Lanes>((lanes < 0x20) | (lanes == '"') | (lanes == '\\') |
                                   (lanes == kSeparatorLead));
}

template <typename Part>
void put_part(char* to, const Part& part) {
    std::memcpy(to, &part, sizeof part);
}

bool any(Lanes lanes) {
    const auto halves = std::bit_cast<std::array<Word, 2>>(lanes);
    return (halves[0] | halves[1]) != 0;
}

// Copies a text of one to two parts, which overlap; what is in it, for a look at all at once.
template <typename Part>
std::array<Part, 2> copy_two(char* to, std::string_view text) {
    const std::size_t last = text.size() - sizeof(Part);
    const std::array parts{part_at<Part>(text.data()), part_at<Part>(text.data() + last)};
    put_part(to, parts[0]);
    put_part(to + last, parts[1]);
    return parts;
}

// Copies `text`; false, and `to` is of no use, when it holds a suspect.
bool copy_unless_suspect(char* to, std::string_view text) {
    const std::size_t size = text.size();
    if (size >= sizeof(Lanes)) {
        const auto [first, last] = copy_two<Lanes>(to, text);
        Lanes found = suspects(first) | suspects(last);
        for (std::size_t at = sizeof(Lanes); at + sizeof(Lanes) < size; at += sizeof(Lanes)) {
            const auto lanes = part_at<Lanes>(text.data() + at);
            put_part(to + at, lanes);
            found |= suspects(lanes);
        }
        return !any(found);
    }
    if (size >= sizeof(Word)) {
        return !any(suspects(std::bit_cast<Lanes>(copy_two<Word>(to, text))));
    }
    if (size >= sizeof(HalfWord)) {
        return suspects(std::bit_cast<Word>(copy_two<HalfWord>(to, text))) == 0;
    }
    text.copy(to, size);
    return std::ranges::none_of(text,
                                [](char c) { return is_suspect(static_cast<unsigned char>(c)); });
}

}  // namespace

void JsonAppender::text(std::string_view text) {
    constexpr std::size_t kQuotes = 2;
    if (text.size() + kQuotes > space() || !copy_unless_suspect(at_ + 1, text)) {
        return text_at_length(text);
    }
    *at_ = '"';
    at_[text.size() + 1] = '"';
    at_ += text.size() + kQuotes;
}

void JsonAppender::text_at_length(std::string_view text) {
    flush();
    append_json_string(out_, text);
}

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
