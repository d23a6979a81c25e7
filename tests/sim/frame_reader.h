// What a client sees: the answer to its upgrade, then whole messages out of the server's frames
// (RFC 6455 5.2), read by other code than the server's own.
// Thread: the simulation has one. Invariant: a byte is looked at once it is there, frames in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stentor::sim {

struct ServerFrame {
    std::uint8_t opcode = 0;
    std::string payload;  // inflated
    bool was_compressed = false;
};

class FrameReader {
public:
    void append(std::string_view bytes) { input_ += bytes; }
    // The head of the HTTP answer with its empty line, once it is whole.
    std::optional<std::string> take_head();
    // The next whole frame. Sets error() when the server breaks a rule; nothing comes after that.
    std::optional<ServerFrame> take_frame();
    // It was agreed that messages may be compressed, with references so far back (RFC 7692).
    void expect_deflate(int window_bits) { window_bits_ = window_bits; }
    bool deflates() const { return window_bits_ != 0; }
    const std::string& error() const { return error_; }
    std::size_t waiting_bytes() const { return input_.size() - begin_; }

private:
    std::uint8_t octet(std::size_t at) const {
        return static_cast<std::uint8_t>(input_[begin_ + at]);
    }
    void drop(std::size_t bytes);

    std::string input_;
    std::size_t begin_ = 0;
    int window_bits_ = 0;  // 0: nothing was agreed
    std::string error_;
};

}  // namespace stentor::sim
