// The mark in a message by which it is known again where it is delivered: `~`, 16 hexadecimal
// digits, `~`. The number says which stream of a target (a sender in a room) and which message of
// it. Thread: any; pure. Invariant: what write_stamp() wrote, read_stamp() reads; nothing else that
// it reads looks like it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stentor::bench {

inline constexpr char kStampMark = '~';
inline constexpr std::size_t kStampDigits = 16;
inline constexpr std::size_t kStampBytes = kStampDigits + 2;

// 24 bits of stream, 40 bits of number.
inline constexpr unsigned kStampNumberBits = 40;
inline constexpr std::uint64_t kStampNumberMax = (std::uint64_t{1} << kStampNumberBits) - 1;
// From here on: no messages of a measurement, but those that tell how large the delivered ones are.
inline constexpr std::uint64_t kCalibrationNumber = kStampNumberMax - 255;

struct Stamp {
    std::uint32_t stream = 0;
    std::uint64_t number = 0;

    std::uint64_t word() const {
        return (static_cast<std::uint64_t>(stream) << kStampNumberBits) | number;
    }
    static Stamp from_word(std::uint64_t word) {
        return {static_cast<std::uint32_t>(word >> kStampNumberBits), word & kStampNumberMax};
    }
    bool operator==(const Stamp&) const = default;
};

// kStampDigits characters at `out`.
inline void write_hex(char* out, std::uint64_t word) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::size_t i = kStampDigits; i-- > 0; word >>= 4U) out[i] = kDigits[word & 0xfU];
}

// kStampBytes characters at `out`.
inline void write_stamp(char* out, Stamp stamp) {
    out[0] = kStampMark;
    write_hex(out + 1, stamp.word());
    out[kStampBytes - 1] = kStampMark;
}

namespace detail {
inline constexpr std::uint8_t kNoDigit = 0xff;
inline constexpr std::array<std::uint8_t, 256> kHexValues = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNoDigit);
    for (unsigned i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(i);
    for (unsigned i = 0; i < 6; ++i) values['a' + i] = static_cast<std::uint8_t>(10 + i);
    return values;
}();
}  // namespace detail

// The stamp that stands exactly at `offset`, if one does.
inline std::optional<Stamp> read_stamp(std::string_view text, std::size_t offset) {
    if (text.size() < kStampBytes || offset > text.size() - kStampBytes) return std::nullopt;
    const char* at = text.data() + offset;
    if (at[0] != kStampMark || at[kStampBytes - 1] != kStampMark) return std::nullopt;
    std::uint64_t word = 0;
    std::uint8_t seen = 0;
    for (std::size_t i = 1; i <= kStampDigits; ++i) {
        const std::uint8_t value = detail::kHexValues[static_cast<unsigned char>(at[i])];
        seen |= value;
        word = (word << 4U) | (value & 0xfU);
    }
    if ((seen & 0xf0U) != 0) return std::nullopt;
    return Stamp::from_word(word);
}

struct FoundStamp {
    Stamp stamp;
    std::size_t offset = 0;
};

// The first stamp in `text`, wherever it is.
inline std::optional<FoundStamp> find_stamp(std::string_view text) {
    for (std::size_t at = text.find(kStampMark); at != std::string_view::npos;
         at = text.find(kStampMark, at + 1)) {
        if (const auto stamp = read_stamp(text, at)) return FoundStamp{*stamp, at};
    }
    return std::nullopt;
}

}  // namespace stentor::bench
