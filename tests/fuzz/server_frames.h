// What a server says on one connection, as its peer reads it: the answer to the upgrade, then
// frames, each held against RFC 6455 and RFC 7692. Thread: one. Invariant: a server that breaks a
// rule is a finding.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/check.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/reference_inflate.h"
#include "ws/frame.h"
#include "ws/utf8.h"

namespace stentor::fuzz {

class ServerFrames {
public:
    using OnText = std::function<void(std::string_view text)>;

    void append(std::string_view bytes) { input_ += bytes; }
    // Goes on over what is there; each whole text message is handed to `on_text`.
    void read(const OnText& on_text) {
        if (!upgraded_ && !take_head()) return;
        while (take_frame(on_text)) {
        }
    }
    bool upgraded() const { return upgraded_; }
    bool refused() const { return refused_; }
    bool deflate() const { return deflate_; }
    bool closed() const { return closed_; }
    std::uint32_t close_code() const { return close_code_; }

private:
    bool take_head() {
        const std::size_t end = input_.find("\r\n\r\n");
        if (end == std::string::npos || refused_) return false;
        const std::string head = input_.substr(0, end + 4);
        input_.erase(0, end + 4);
        upgraded_ = head.starts_with("HTTP/1.1 101 ");
        refused_ = !upgraded_;
        deflate_ =
            head.find("\r\nSec-WebSocket-Extensions: permessage-deflate") != std::string::npos;
        return upgraded_;
    }
    std::size_t number_at(std::size_t at, std::size_t octets) const {
        std::size_t value = 0;
        for (std::size_t i = 0; i < octets; ++i) {
            value = value << 8 | static_cast<unsigned char>(input_[at + i]);
        }
        return value;
    }
    bool take_frame(const OnText& on_text) {
        if (input_.size() < 2) return false;
        const std::size_t first = number_at(0, 1);
        std::size_t size = number_at(1, 1);
        std::size_t header = 2;
        STENTOR_CHECK((size & ws::kMaskBit) == 0 && (first & ws::kFinBit) != 0);
        if (size >= ws::kLength16) {
            const std::size_t octets = size == ws::kLength16 ? 2 : 8;
            header += octets;
            if (input_.size() < header) return false;
            size = number_at(2, octets);
            STENTOR_CHECK(size >= (octets == 2 ? std::size_t{126} : std::size_t{65536}));
        }
        if (input_.size() < header + size) return false;
        STENTOR_CHECK(!closed_);  // nothing behind a close frame
        const std::string payload = input_.substr(header, size);
        input_.erase(0, header + size);
        hear(first, payload, on_text);
        return true;
    }
    void hear(std::size_t first, const std::string& payload, const OnText& on_text) {
        const std::size_t opcode = first & ws::kOpcodeBits;
        const bool compressed = (first & ws::kRsv1Bit) != 0;
        STENTOR_CHECK((first & ws::kRsvBits & ~std::size_t{ws::kRsv1Bit}) == 0);
        STENTOR_CHECK(!compressed || (deflate_ && opcode < 8));
        if (opcode >= 8) STENTOR_CHECK(payload.size() <= ws::kControlPayloadBytesMax);
        if (opcode == 8) {
            closed_ = true;
            STENTOR_CHECK(payload.size() != 1);
            if (payload.size() < 2) return;
            close_code_ = static_cast<std::uint32_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                                     static_cast<unsigned char>(payload[1]));
            STENTOR_CHECK(ws::is_valid_utf8(bytes_of(payload).subspan(2)));
            return;
        }
        STENTOR_CHECK(opcode == 1 || opcode == 2 || opcode == 9 || opcode == 10);
        if (opcode != 1) return;
        if (!compressed) return on_text(payload);
        const ReferenceInflated inflated =
            reference_inflate(bytes_of(payload), std::size_t{1} << 22);
        STENTOR_CHECK(inflated.whole);
        on_text(inflated.text);
    }

    std::string input_;
    bool upgraded_ = false;
    bool refused_ = false;
    bool deflate_ = false;
    bool closed_ = false;
    std::uint32_t close_code_ = 0;
};

}  // namespace stentor::fuzz
