// See wire.h. RFC 6455 4.1 (the client's handshake) and 5.2 (frames).
// Thread: any; pure.
// Invariant: see wire.h.
#include "bench/load/wire.h"

#include <cstring>
#include <span>

#include "core/ascii.h"

namespace stentor::bench {
namespace {

std::string_view header_value(std::string_view head, std::string_view name) {
    for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;) {
        const std::size_t begin = line + 2;
        line = head.find("\r\n", begin);
        const std::string_view text = head.substr(begin, line - begin);
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) continue;
        if (core::ascii::equal_ignoring_case(text.substr(0, colon), name)) {
            return core::ascii::trim(text.substr(colon + 1));
        };
    }
    return {};
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = (value << 8U) | static_cast<unsigned char>(byte);
    return value;
}

}  // namespace

std::string upgrade_request(std::string_view host, std::string_view path) {
    std::string request = "GET ";
    request.append(path).append(" HTTP/1.1\r\nHost: ").append(host);
    request.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
    request.append(kWebSocketKey).append("\r\nSec-WebSocket-Version: 13\r\n\r\n");
    return request;
}

std::string upgrade_fault(std::string_view head) {
    const std::string_view status = head.substr(0, head.find("\r\n"));
    if (!status.starts_with("HTTP/1.1 101")) {
        return "the upgrade was answered \"" + std::string(status.substr(0, 80)) + "\"";
    }
    const std::string_view accept = header_value(head, "sec-websocket-accept");
    if (accept != kWebSocketAccept) {
        return "Sec-WebSocket-Accept is \"" + std::string(accept.substr(0, 40)) + "\", not " +
               std::string(kWebSocketAccept);
    }
    if (!header_value(head, "sec-websocket-extensions").empty()) {
        return "the server chose an extension that was not offered";
    }
    return {};
}

FrameHead parse_server_head(std::string_view bytes) {
    FrameHead head;
    if (bytes.size() < 2) return head;
    const auto first = static_cast<std::uint8_t>(bytes[0]);
    const auto second = static_cast<std::uint8_t>(bytes[1]);
    head.fin = (first & ws::kFinBit) != 0;
    head.opcode = static_cast<ws::Opcode>(first & ws::kOpcodeBits);
    const std::uint8_t length = second & ws::kLengthBits;
    head.head_bytes = length == ws::kLength64 ? 10 : length == ws::kLength16 ? 4 : 2;
    if ((first & ws::kRsvBits) != 0 || (second & ws::kMaskBit) != 0) {
        head.state = FrameHead::State::kBad;
        return head;
    }
    if (bytes.size() < head.head_bytes) return head;
    head.payload_bytes =
        length < ws::kLength16 ? length : big_endian(bytes.substr(2, head.head_bytes - 2));
    head.state = FrameHead::State::kGood;
    return head;
}

char* append_client_head(std::string& out, ws::Opcode opcode, std::size_t payload_bytes,
                         ws::MaskKey key) {
    char head[14];
    std::size_t used = 2;
    head[0] = static_cast<char>(ws::kFinBit | static_cast<std::uint8_t>(opcode));
    if (payload_bytes < ws::kLength16) {
        head[1] = static_cast<char>(ws::kMaskBit | payload_bytes);
    } else {
        const bool large = payload_bytes > 0xffff;
        head[1] = static_cast<char>(ws::kMaskBit | (large ? ws::kLength64 : ws::kLength16));
        for (std::size_t octets = large ? 8 : 2; octets-- > 0;) {
            head[used++] = static_cast<char>((payload_bytes >> (8 * octets)) & 0xff);
        }
    }
    std::memcpy(head + used, &key.word, ws::kMaskBytes);
    used += ws::kMaskBytes;
    out.append(head, used);
    const std::size_t at = out.size();
    out.resize(at + payload_bytes);
    return out.data() + at;
}

void mask_payload(char* payload, std::size_t bytes, ws::MaskKey key) {
    if (key.word == 0) return;
    ws::apply_mask(std::as_writable_bytes(std::span(payload, bytes)), key);
}

void append_client_frame(std::string& out, ws::Opcode opcode, std::string_view payload,
                         ws::MaskKey key) {
    char* at = append_client_head(out, opcode, payload.size(), key);
    payload.copy(at, payload.size());
    mask_payload(at, payload.size(), key);
}

}  // namespace stentor::bench
