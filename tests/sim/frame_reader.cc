// Reading the server's bytes. Thread: the simulation has one. Invariant: see frame_reader.h.
#include "tests/sim/frame_reader.h"

#include <utility>

#include "tests/chat/support/inflated.h"

namespace stentor::sim {

std::optional<std::string> FrameReader::take_head() {
    const std::size_t end = input_.find("\r\n\r\n", begin_);
    if (end == std::string::npos) {
        return std::nullopt;
    }
    std::string head = input_.substr(begin_, end + 4 - begin_);
    drop(head.size());
    return head;
}

std::optional<ServerFrame> FrameReader::take_frame() {
    if (!error_.empty() || waiting_bytes() < 2) {
        return std::nullopt;
    }
    // The server sends whole messages: FIN, no mask (5.1), and no reserved bit but that of a
    // compressed message, where it was agreed.
    const bool is_compressed = (octet(0) & 0x40) != 0;
    if ((octet(0) & 0xb0) != 0x80 || (octet(1) & 0x80) != 0 || (is_compressed && !deflates())) {
        error_ = "a frame with FIN missing, a reserved bit or a mask";
        return std::nullopt;
    }
    std::uint64_t size = octet(1);
    std::size_t header = 2;
    if (size >= 126) {
        header = size == 126 ? 4 : 10;
        if (waiting_bytes() < header) {
            return std::nullopt;
        }
        const std::uint64_t least = size == 126 ? 126 : 0x10000;
        size = 0;
        for (std::size_t i = 2; i < header; ++i) {
            size = size << 8 | octet(i);
        }
        if (size < least) {
            error_ = "a length that is not in its shortest form";
            return std::nullopt;
        }
    }
    if (waiting_bytes() < header + size) {
        return std::nullopt;
    }
    ServerFrame frame{static_cast<std::uint8_t>(octet(0) & 0x0f),
                      input_.substr(begin_ + header, size), is_compressed};
    drop(header + size);
    if (is_compressed) {
        auto message = chat::inflated(frame.payload, window_bits_);
        if (!message || frame.opcode >= 0x8) {
            error_ = "a message that does not inflate within the window agreed";
            return std::nullopt;
        }
        frame.payload = std::move(*message);
    }
    return frame;
}

void FrameReader::drop(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ > 64 * 1024 || begin_ == input_.size()) {
        input_.erase(0, begin_);
        begin_ = 0;
    }
}

}  // namespace stentor::sim
