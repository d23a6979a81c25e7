// Thread: owner reactor.
// Invariant: see net/client_hello_watch.h.
#include "net/client_hello_watch.h"

#include <algorithm>

namespace stentor::net {

namespace {

constexpr std::uint8_t kHandshakeRecord = 22;
constexpr std::uint8_t kClientHello = 1;
constexpr std::size_t kRecordHeaderBytes = 5;
constexpr std::size_t kMessageHeaderBytes = 4;
constexpr std::size_t kPlaintextBytesMax = 16 * 1024;

}  // namespace

ClientHelloWatch::Verdict ClientHelloWatch::see(std::span<const std::byte>& input) {
    while (!input.empty()) {
        Verdict verdict = Verdict::kMore;
        if (record_left_ == 0) {
            verdict = see_header(std::to_integer<std::uint8_t>(input.front()));
            input = input.subspan(1);
        } else {
            const std::size_t size = std::min(record_left_, input.size());
            verdict = see_payload(input.first(size));
            input = input.subspan(size);
        }
        if (verdict != Verdict::kMore) return verdict;
    }
    return Verdict::kMore;
}

ClientHelloWatch::Verdict ClientHelloWatch::see_header(std::uint8_t octet) {
    const std::size_t at = header_seen_++;
    if (at == 0) record_type_ = octet;
    if (at == 1) major_version_ = octet;
    if (at == 2) minor_version_ = octet;
    if (at == 3) record_bytes_ = std::size_t{octet} << 8;
    if (at + 1 < kRecordHeaderBytes) return Verdict::kMore;
    header_seen_ = 0;
    record_left_ = record_bytes_ | octet;
    const bool handshake = record_type_ == kHandshakeRecord;
    // A hello in the form of SSL 2 has its type where a record has its minor version.
    const bool ssl2 = record_type_ >= 0x80 && minor_version_ == kClientHello;
    if (major_version_ != 3 && !ssl2) return Verdict::kNotTls;
    if (!handshake) return second_ ? Verdict::kMore : Verdict::kRefused;
    if (record_left_ == 0 || record_left_ > kPlaintextBytesMax) return Verdict::kRefused;
    wire_bytes_ += kRecordHeaderBytes + record_left_;
    return wire_bytes_ > kWireBytesMax ? Verdict::kRefused : Verdict::kMore;
}

ClientHelloWatch::Verdict ClientHelloWatch::see_payload(std::span<const std::byte> payload) {
    record_left_ -= payload.size();
    if (record_type_ != kHandshakeRecord) return Verdict::kMore;
    while (message_seen_ < kMessageHeaderBytes && !payload.empty()) {
        const auto octet = std::to_integer<std::uint8_t>(payload.front());
        payload = payload.subspan(1);
        if (message_seen_++ == 0) {
            if (octet != kClientHello) return Verdict::kRefused;
            continue;
        }
        message_bytes_ = (message_bytes_ << 8) | octet;
    }
    if (message_seen_ < kMessageHeaderBytes) return Verdict::kMore;
    if (message_bytes_ > kHelloBytesMax) return Verdict::kRefused;
    message_seen_ += payload.size();
    const std::size_t whole_bytes = kMessageHeaderBytes + message_bytes_;
    if (message_seen_ < whole_bytes) return Verdict::kMore;
    // More in its record than the hello is nothing that a client may send.
    return message_seen_ == whole_bytes && record_left_ == 0 ? Verdict::kWhole : Verdict::kRefused;
}

}  // namespace stentor::net
