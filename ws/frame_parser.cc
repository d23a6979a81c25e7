// The rules about one frame's header, octet by octet, and the cutting of its payload (RFC 6455
// 5.2).
// Thread: owner reactor.
// Invariant: as in frame_parser.h.
#include "ws/frame_parser.h"

#include <algorithm>

namespace stentor::ws {
namespace {

constexpr std::size_t kShortHeaderBytes = 2;

bool is_known(Opcode opcode) {
    switch (opcode) {
        case Opcode::kContinuation:
        case Opcode::kText:
        case Opcode::kBinary:
        case Opcode::kClose:
        case Opcode::kPing:
        case Opcode::kPong:
            return true;
    }
    return false;
}

Violation judge_first_octet(std::uint8_t octet, const FrameRules& rules) {
    const auto opcode = static_cast<Opcode>(octet & kOpcodeBits);
    const bool compressed = (octet & kRsvBits) == kRsv1Bit && rules.accept_compressed;
    if ((octet & kRsvBits) != 0 && !compressed) return Violation::kReservedBitsSet;
    if (!is_known(opcode)) return Violation::kReservedOpcode;
    if (compressed && is_control(opcode)) return Violation::kRsv1OnControl;
    if (compressed && opcode == Opcode::kContinuation) return Violation::kRsv1OnContinuation;
    if (is_control(opcode)) {
        return (octet & kFinBit) == 0 ? Violation::kFragmentedControl : Violation::kNone;
    }
    const bool starts = opcode != Opcode::kContinuation;
    if (!starts && !rules.in_message) return Violation::kContinuationWithoutStart;
    if (starts && rules.in_message) return Violation::kMessageInsideMessage;
    if (opcode == Opcode::kBinary && !rules.accept_binary) return Violation::kBinaryRefused;
    return Violation::kNone;
}

Violation judge_second_octet(std::uint8_t octet, Opcode opcode) {
    if ((octet & kMaskBit) == 0) return Violation::kUnmaskedFrame;
    if (is_control(opcode) && (octet & kLengthBits) > kControlPayloadBytesMax) {
        return Violation::kControlTooLong;
    }
    return Violation::kNone;
}

Violation judge_length(std::uint64_t length, std::size_t length_bytes, std::uint64_t length_max) {
    const std::uint64_t shorter_form_max = length_bytes == 0   ? 0
                                           : length_bytes == 2 ? kLength16 - 1
                                                               : 0xffff;
    if (length_bytes != 0 && length <= shorter_form_max) return Violation::kLengthNotMinimal;
    return length > length_max ? Violation::kMessageTooLarge : Violation::kNone;
}

std::uint64_t read_network_order(std::span<const std::byte> octets) {
    std::uint64_t value = 0;
    for (const std::byte octet : octets) value = value << 8 | static_cast<std::uint64_t>(octet);
    return value;
}

}  // namespace

std::expected<std::optional<FrameHeader>, Violation> parse_frame_header(
    std::span<const std::byte> input, const FrameRules& rules) {
    if (input.empty()) return std::nullopt;
    const auto first = static_cast<std::uint8_t>(input[0]);
    if (const Violation broken = judge_first_octet(first, rules); broken != Violation::kNone) {
        return std::unexpected(broken);
    }
    if (input.size() < kShortHeaderBytes) return std::nullopt;
    const auto opcode = static_cast<Opcode>(first & kOpcodeBits);
    const auto second = static_cast<std::uint8_t>(input[1]);
    if (const Violation broken = judge_second_octet(second, opcode); broken != Violation::kNone) {
        return std::unexpected(broken);
    }
    std::uint64_t length = second & kLengthBits;
    const std::size_t length_bytes = length == kLength64 ? 8 : length == kLength16 ? 2 : 0;
    const std::span<const std::byte> behind = input.subspan(kShortHeaderBytes);
    if (length_bytes == 8 && !behind.empty() && (behind[0] & std::byte{0x80}) != std::byte{0}) {
        return std::unexpected(Violation::kLengthHighBitSet);
    }
    if (behind.size() < length_bytes) return std::nullopt;
    if (length_bytes != 0) length = read_network_order(behind.first(length_bytes));
    const bool compressed = (first & kRsv1Bit) != 0;
    const std::uint64_t length_max = is_control(opcode) ? kControlPayloadBytesMax
                                     : compressed       ? rules.compressed_bytes_max
                                                        : rules.data_bytes_max;
    if (const Violation broken = judge_length(length, length_bytes, length_max);
        broken != Violation::kNone) {
        return std::unexpected(broken);
    }
    if (behind.size() < length_bytes + kMaskBytes) return std::nullopt;
    return FrameHeader{
        .payload_bytes = length,
        .mask = MaskKey::from_wire(behind.data() + length_bytes),
        .opcode = opcode,
        .fin = (first & kFinBit) != 0,
        .compressed = compressed,
        .header_bytes = static_cast<std::uint8_t>(kShortHeaderBytes + length_bytes + kMaskBytes)};
}

void FrameParser::begin(const FrameHeader& header) {
    payload_bytes_left_ = header.payload_bytes;
    mask_ = header.mask;
    in_frame_ = true;
    fin_ = header.fin;
}

Chunk FrameParser::take(std::span<std::byte> input) {
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(payload_bytes_left_, input.size()));
    const std::span<std::byte> chunk = input.first(bytes);
    const Unmasked unmasked = unmask(chunk, mask_);
    mask_ = unmasked.next_key;
    payload_bytes_left_ -= bytes;
    return {.bytes = chunk, .ascii = unmasked.ascii};
}

}  // namespace stentor::ws
