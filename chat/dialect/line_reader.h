// Lines out of what nc or telnet sends, as it comes: LF or CRLF ends one, telnet's commands (RFC
// 854) are taken out, a line over the limit is thrown away.
// Thread: a value; owner reactor.
// Invariant: holds at most `bytes_max` of a line; each line is told once, or once that it was too
// long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace stentor::chat {

class LineReader {
public:
    enum class Found : std::uint8_t { kNothing, kLine, kTooLong };
    struct Step {
        std::size_t used_bytes;
        Found found;
    };
    // Reads up to the end of the next line, or all of `bytes`. Behind kLine take() gives it.
    Step feed(std::span<const std::byte> bytes, std::size_t bytes_max);
    // The line, without its end; also one whose end never came.
    std::string take();
    bool empty() const { return line_.empty(); }

private:
    enum class Telnet : std::uint8_t { kText, kCommand, kOption, kSubnegotiation, kMaybeEnd };
    // Is the octet text?
    bool filter(std::uint8_t octet);

    std::string line_;
    Telnet telnet_ = Telnet::kText;
    bool skips_ = false;  // to the end of a line that is too long
};

}  // namespace stentor::chat
