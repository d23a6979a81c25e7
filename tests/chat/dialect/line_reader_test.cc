// Lines out of bytes, however they are cut.
#include "chat/dialect/line_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace stentor::chat {
namespace {

using Found = LineReader::Found;

// What is found in `bytes` when they come in pieces of that size; "!" is a line that is too long.
std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece_bytes,
                                  std::size_t bytes_max = 16) {
    LineReader reader;
    std::vector<std::string> lines;
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, piece_bytes);
        bytes.remove_prefix(piece.size());
        while (!piece.empty()) {
            const auto step = reader.feed(std::as_bytes(std::span(piece)), bytes_max);
            EXPECT_GT(step.used_bytes, 0u);
            piece.remove_prefix(step.used_bytes);
            if (step.found == Found::kLine) lines.push_back(reader.take());
            if (step.found == Found::kTooLong) lines.emplace_back("!");
        }
    }
    if (!reader.empty()) lines.push_back("..." + reader.take());
    return lines;
}

void expect_lines(std::string_view bytes, const std::vector<std::string>& expected) {
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        EXPECT_EQ(lines_of(bytes, piece), expected) << piece;
    }
}

TEST(LineReader, LfAndCrlfEndALine) {
    // Also an empty one; what has no end yet stays.
    expect_lines("Ho\r\nfirst blood\r\n\n\r\na\rb\nrest",
                 {"Ho", "first blood", "", "", "a\rb", "...rest"});
}

TEST(LineReader, ALineOverTheLimitIsToldOnceAndSkipped) {
    // The next one counts; one of just the limit too.
    expect_lines("0123456789abcdef\n0123456789abcdefg and so on\nnext\n",
                 {"0123456789abcdef", "!", "next"});
}

TEST(LineReader, TelnetsCommandsAreNoText) {
    // Options, a subnegotiation with line breaks in it, a single command, a doubled 255.
    using namespace std::string_view_literals;
    expect_lines(
        "\xff\xfb\x01\xff\xfd\x0a"
        "a\xff\xfa\x18\nxterm\n\xff\xff\xff\xf0"
        "b\xff\xf1"
        "c\xff\xff\n"sv,
        {"abc\xff"});
}

}  // namespace
}  // namespace stentor::chat
