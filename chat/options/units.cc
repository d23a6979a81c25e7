// Sizes, times and numbers as text. See units.h.
// Thread: any; pure.
// Invariant: nothing overflows, whatever is written.
#include "chat/options/units.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

namespace stentor::chat {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
// Largest first; the last is what a number without a unit means, where that is allowed.
constexpr std::array<Unit, 4> kSizes{
    {{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"B", 1}}};
constexpr std::array<Unit, 5> kTimesMs{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

struct Quantity {
    std::uint64_t number;
    std::string_view unit;
};

std::expected<Quantity, std::string> split(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::result_out_of_range) {
        return std::unexpected("the number is too large");
    }
    if (error != std::errc{}) {
        return std::unexpected("it does not begin with a number");
    }
    return Quantity{number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

std::expected<std::uint64_t, std::string> scale(const Quantity& quantity,
                                                std::span<const Unit> units,
                                                std::string_view expected) {
    for (const Unit& unit : units) {
        if (unit.name == quantity.unit) {
            if (quantity.number > std::numeric_limits<std::int64_t>::max() / unit.factor) {
                return std::unexpected("the number is too large");
            }
            return quantity.number * unit.factor;
        }
    }
    return std::unexpected(std::string(expected));
}

std::string format(std::uint64_t value, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (value >= unit.factor && value % unit.factor == 0) {
            return std::to_string(value / unit.factor) + std::string(unit.name);
        }
    }
    return "0" + std::string(units.back().name);
}

}  // namespace

std::expected<std::uint64_t, std::string> parse_number(std::string_view text) {
    auto quantity = split(text);
    if (!quantity) {
        return std::unexpected(std::move(quantity.error()));
    }
    if (!quantity->unit.empty()) {
        return std::unexpected("it must be a whole number without a unit");
    }
    return quantity->number;
}

std::expected<std::uint64_t, std::string> parse_size_bytes(std::string_view text) {
    auto quantity = split(text);
    if (!quantity) {
        return std::unexpected(std::move(quantity.error()));
    }
    if (quantity->unit.empty()) {
        quantity->unit = "B";
    }
    return scale(*quantity, kSizes,
                 "a size is a number of bytes, or one with KiB, MiB or GiB (64KiB)");
}

std::expected<core::Duration, std::string> parse_duration(std::string_view text) {
    constexpr std::uint64_t kLongestMs = 366 * kTimesMs.front().factor;  // a year is for ever here
    const auto quantity = split(text);
    if (!quantity) {
        return std::unexpected(quantity.error());
    }
    const auto ms =
        scale(*quantity, kTimesMs, "a time needs a unit: ms, s, m, h or d (30s, 250ms)");
    if (!ms) {
        return std::unexpected(ms.error());
    }
    if (*ms > kLongestMs) {
        return std::unexpected("the longest time is 366d");
    }
    return std::chrono::milliseconds{static_cast<std::int64_t>(*ms)};
}

std::string format_size(std::uint64_t bytes) {
    const std::string text = format(bytes, kSizes);
    return text.ends_with("iB") ? text : std::to_string(bytes);
}

std::string format_duration(core::Duration duration) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return format(static_cast<std::uint64_t>(ms), kTimesMs);
}

}  // namespace stentor::chat
