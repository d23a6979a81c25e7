// Where a hello ends, split at every octet, and hellos that are not heard out.
#include "net/client_hello_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace stentor::net {
namespace {

using namespace std::string_literals;
using Verdict = ClientHelloWatch::Verdict;

std::string u16(std::size_t value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}
std::string record(char type, const std::string& payload) {
    return type + "\x03\x01"s + u16(payload.size()) + payload;
}
std::string hello(std::size_t size) {
    return "\x01\0"s + u16(size) + std::string(size, 'h');
}
// The message in records of at most `size` octets.
std::string in_records(const std::string& message, std::size_t size) {
    std::string wire;
    for (std::size_t at = 0; at < message.size(); at += size) {
        wire += record('\x16', message.substr(at, size));
    }
    return wire;
}

struct Sight {
    Verdict verdict;
    std::size_t seen;
    friend bool operator==(const Sight&, const Sight&) = default;
};
void PrintTo(const Sight& sight, std::ostream* out) {
    *out << "verdict " << static_cast<int>(sight.verdict) << " after " << sight.seen;
}
Sight look(ClientHelloWatch watch, std::string_view wire, std::size_t chunk) {
    const auto all = std::as_bytes(std::span(wire));
    for (std::size_t at = 0; at < all.size();) {
        std::span<const std::byte> piece = all.subspan(at, std::min(chunk, all.size() - at));
        const std::size_t size = piece.size();
        const Verdict verdict = watch.see(piece);
        at += size - piece.size();
        if (verdict != Verdict::kMore) return {verdict, at};
        EXPECT_TRUE(piece.empty());
    }
    return {Verdict::kMore, all.size()};
}

struct Row {
    const char* what;
    std::string wire;
    Sight expected;
};

// Each is judged at the same octet, however it comes in.
TEST(ClientHelloWatch, JudgesAtTheSameOctetHoweverItComes) {
    const std::string whole = in_records(hello(500), 16'384);
    const std::string huge = "\x01\0\x40\x01"s;
    const Row rows[] = {
        {"a hello", whole, {Verdict::kWhole, whole.size()}},
        {"a hello and more", whole + "more", {Verdict::kWhole, whole.size()}},
        {"in records of one", in_records(hello(500), 1), {Verdict::kWhole, 504 * 6}},
        {"in records of three", in_records(hello(500), 3), {Verdict::kWhole, 504 + 168 * 5}},
        {"the largest", in_records(hello(16'384), 16'384), {Verdict::kWhole, 16'388 + 10}},
        {"an empty hello", record('\x16', hello(0)), {Verdict::kWhole, 9}},
        {"half", whole.substr(0, 300), {Verdict::kMore, 300}},
        {"nothing", "", {Verdict::kMore, 0}},
        {"HTTP", "GET / HTTP/1.1\r\n", {Verdict::kNotTls, 5}},
        {"another version", "\x16\x02\x01\0\x01x"s, {Verdict::kNotTls, 5}},
        {"an alert", record('\x15', "\x02\x28"), {Verdict::kRefused, 5}},
        {"data", record('\x17', "early"), {Verdict::kRefused, 5}},
        {"SSL 2", "\x80\x2e\x01\x03\x03", {Verdict::kRefused, 5}},
        {"SSL 2, of major version 3", "\x83\x03\x01\x03\x03", {Verdict::kRefused, 5}},
        {"another message", record('\x16', "\x02"), {Verdict::kRefused, 6}},
        {"a long record", "\x16\x03\x01\x40\x01"s, {Verdict::kRefused, 5}},
        {"announced too large", record('\x16', huge), {Verdict::kRefused, 9}},
        {"too large by one octet at a time", in_records(huge, 1), {Verdict::kRefused, 24}},
        {"an empty record", record('\x16', ""), {Verdict::kRefused, 5}},
        {"too many records", in_records(hello(16'000), 1), {Verdict::kRefused, 5461 * 6 + 5}},
    };
    for (const Row& row : rows) {
        for (const std::size_t chunk : {std::size_t{1}, std::size_t{5}, std::size_t{1} << 20}) {
            const Sight sight = look({}, row.wire, chunk);
            EXPECT_EQ(sight, row.expected) << row.what << " by " << chunk;
        }
    }
}

// What follows the hello in its own record is refused, as soon as it shows.
TEST(ClientHelloWatch, NothingFollowsTheHelloInItsRecord) {
    const std::string wire = record('\x16', hello(4) + "x");
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{5}, std::size_t{1} << 20}) {
        EXPECT_EQ(look({}, wire, chunk).verdict, Verdict::kRefused);
    }
}

// Before a second hello other records pass by; the hello itself is judged like a first one.
TEST(ClientHelloWatch, OtherRecordsPassBeforeASecondHello) {
    ClientHelloWatch watch;
    watch.expect_second();
    const std::string before = record('\x14', "\x01") + record('\x17', std::string(300, 'e'));
    const std::string second = in_records(hello(200), 70);
    const std::string large = record('\x16', "\x01\x01\0\0"s);
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{5}, std::size_t{1} << 20}) {
        EXPECT_EQ(look(watch, before + second, chunk),
                  (Sight{Verdict::kWhole, before.size() + second.size()}));
        EXPECT_EQ(look(watch, before + large, chunk),
                  (Sight{Verdict::kRefused, before.size() + large.size()}));
    }
}

}  // namespace
}  // namespace stentor::net
