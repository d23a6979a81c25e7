// Fuzz target: lines over TCP (chat/dialect/line_reader.h), as nc or telnet sends them.
// Thread: one.
// Invariant: however the octets are cut, the lines are those that a plain reading of RFC 854 and
// the limit gives.
#include "chat/dialect/line_reader.h"

#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace stentor;

// A line, or nothing for one that was too long.
using Lines = std::vector<std::optional<std::string>>;

// The text without telnet's commands, all at once.
std::string without_telnet(std::string_view octets) {
    constexpr char kIac = '\xff';
    std::string text;
    for (std::size_t at = 0; at < octets.size(); ++at) {
        if (octets[at] != kIac) {
            text += octets[at];
            continue;
        }
        if (++at == octets.size()) break;
        const auto command = static_cast<unsigned char>(octets[at]);
        if (command == 255) text += kIac;
        if (command >= 251 && command <= 254) ++at;
        if (command != 250) continue;
        // To IAC SE; what else follows an IAC in there belongs to it.
        for (++at; at < octets.size() && !octets.substr(at).starts_with("\xff\xf0"); ++at) {
            if (octets[at] == kIac) ++at;
        }
        ++at;
    }
    return text;
}

Lines expected_lines(std::string_view octets, std::size_t bytes_max) {
    const std::string text = without_telnet(octets);
    Lines lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string line = text.substr(begin, end - begin);
        if (line.size() > bytes_max) {
            lines.emplace_back();
        } else if (end < text.size()) {
            if (line.ends_with('\r')) line.pop_back();
            lines.emplace_back(line);
        }
        begin = end + 1;
    }
    return lines;
}

Lines lines_read(std::span<const std::byte> octets, std::size_t chunk_bytes,
                 std::size_t bytes_max) {
    chat::LineReader reader;
    Lines lines;
    fuzz::for_each_chunk(octets, chunk_bytes, [&](std::span<const std::byte> chunk) {
        while (!chunk.empty()) {
            const auto step = reader.feed(chunk, bytes_max);
            STENTOR_CHECK(step.used_bytes > 0 && step.used_bytes <= chunk.size());
            if (step.found == chat::LineReader::Found::kLine) lines.emplace_back(reader.take());
            if (step.found == chat::LineReader::Found::kTooLong) lines.emplace_back();
            if (step.found == chat::LineReader::Found::kNothing) {
                STENTOR_CHECK(step.used_bytes == chunk.size());
            }
            chunk = chunk.subspan(step.used_bytes);
        }
    });
    return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t chunk_bytes = input.chunk_bytes();
    const std::size_t bytes_max = input.byte();
    const fuzz::TightBlock block(input.rest());
    const Lines expected = expected_lines(block.text(), bytes_max);
    STENTOR_CHECK(lines_read(block.span(), chunk_bytes, bytes_max) == expected);
    STENTOR_CHECK(lines_read(block.span(), 1, bytes_max) == expected);
    return 0;
}
