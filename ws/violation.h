// Every rule of RFC 6455 and RFC 7692 (and of our limits) that a peer can break, one enumerator
// each, so that the close frame, the counter and the test agree on what happened.
// Thread: any; constants.
// Invariant: the table has one row for each enumerator, in their order.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ws/frame.h"

namespace stentor::ws {

enum class Violation : std::uint8_t {
    kNone,
    // One frame's header.
    kReservedBitsSet,
    kRsv1OnControl,
    kRsv1OnContinuation,
    kReservedOpcode,
    kFragmentedControl,
    kContinuationWithoutStart,
    kMessageInsideMessage,
    kBinaryRefused,
    kUnmaskedFrame,
    kControlTooLong,
    kLengthNotMinimal,
    kLengthHighBitSet,
    // Limits of ours.
    kMessageTooLarge,
    kInflatesTooMuch,
    kTooManyInflating,
    kTooManyFrames,
    kTooManyPings,
    kMessageTooSlow,
    // Payloads.
    kBrokenDeflate,
    kInvalidUtf8InText,
    kClosePayloadOfOneByte,
    kBadCloseCode,
    kInvalidUtf8InCloseReason,
    kCount,  // not a violation: the size of arrays that are indexed by one
};

inline constexpr std::size_t kViolationCount = static_cast<std::size_t>(Violation::kCount);

struct ViolationRow {
    Violation violation;
    std::uint16_t close_code;
    std::uint16_t rfc;             // 6455 or 7692
    std::string_view rfc_section;  // of that RFC
    std::string_view name;         // for metrics: snake_case
    std::string_view reason;       // as sent in the close frame, and logged; ASCII
};

inline constexpr auto kViolationTable = std::to_array<ViolationRow>({
    {Violation::kNone, 0, 0, "", "none", ""},
    {Violation::kReservedBitsSet, kCloseProtocolError, 6455, "5.2", "reserved_bits_set",
     "reserved bit set"},
    {Violation::kRsv1OnControl, kCloseProtocolError, 7692, "6.1", "rsv1_on_control",
     "control frame marked as compressed"},
    {Violation::kRsv1OnContinuation, kCloseProtocolError, 7692, "6.1", "rsv1_on_continuation",
     "continuation marked as compressed"},
    {Violation::kReservedOpcode, kCloseProtocolError, 6455, "5.2", "reserved_opcode",
     "reserved opcode"},
    {Violation::kFragmentedControl, kCloseProtocolError, 6455, "5.5", "fragmented_control",
     "fragmented control frame"},
    {Violation::kContinuationWithoutStart, kCloseProtocolError, 6455, "5.4",
     "continuation_without_start", "continuation without a message"},
    {Violation::kMessageInsideMessage, kCloseProtocolError, 6455, "5.4", "message_inside_message",
     "new message inside a fragmented one"},
    {Violation::kBinaryRefused, kCloseUnsupportedData, 6455, "7.4.1", "binary_refused",
     "binary is not accepted here"},
    {Violation::kUnmaskedFrame, kCloseProtocolError, 6455, "5.1", "unmasked_frame",
     "unmasked frame from a client"},
    {Violation::kControlTooLong, kCloseProtocolError, 6455, "5.5", "control_too_long",
     "control frame over 125 bytes"},
    {Violation::kLengthNotMinimal, kCloseProtocolError, 6455, "5.2", "length_not_minimal",
     "length not in its shortest form"},
    {Violation::kLengthHighBitSet, kCloseProtocolError, 6455, "5.2", "length_high_bit_set",
     "length of more than 63 bits"},
    {Violation::kMessageTooLarge, kCloseTooLarge, 6455, "10.4", "message_too_large",
     "message too large"},
    {Violation::kInflatesTooMuch, kCloseTooLarge, 6455, "10.4", "inflates_too_much",
     "message inflates too much"},
    {Violation::kTooManyInflating, kCloseTryAgainLater, 6455, "10.4", "too_many_inflating",
     "too many compressed messages under way"},
    {Violation::kTooManyFrames, kClosePolicy, 6455, "10.4", "too_many_frames",
     "message in too many frames"},
    {Violation::kTooManyPings, kClosePolicy, 6455, "10.4", "too_many_pings", "too many pings"},
    {Violation::kMessageTooSlow, kClosePolicy, 6455, "10.4", "message_too_slow",
     "message comes too slowly"},
    {Violation::kBrokenDeflate, kCloseInvalidPayload, 7692, "7.2.2", "broken_deflate",
     "message does not inflate"},
    {Violation::kInvalidUtf8InText, kCloseInvalidPayload, 6455, "8.1", "invalid_utf8_in_text",
     "text is not UTF-8"},
    {Violation::kClosePayloadOfOneByte, kCloseProtocolError, 6455, "5.5.1",
     "close_payload_of_one_byte", "close payload of one byte"},
    {Violation::kBadCloseCode, kCloseProtocolError, 6455, "7.4", "bad_close_code",
     "close code not allowed on the wire"},
    {Violation::kInvalidUtf8InCloseReason, kCloseInvalidPayload, 6455, "8.1",
     "invalid_utf8_in_close_reason", "close reason is not UTF-8"},
});

namespace detail {
constexpr bool is_metric_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}
consteval bool violation_table_is_complete() {
    if (kViolationTable.size() != kViolationCount) return false;
    for (std::size_t i = 0; i < kViolationTable.size(); ++i) {
        const ViolationRow& row = kViolationTable[i];
        if (static_cast<std::size_t>(row.violation) != i) return false;
        if (row.reason.size() > kCloseReasonBytesMax || !is_metric_name(row.name)) return false;
        if (i == 0) continue;
        if (!is_wire_close_code(row.close_code) || row.reason.empty()) return false;
        if ((row.rfc != 6455 && row.rfc != 7692) || row.rfc_section.empty()) return false;
    }
    return true;
}
}  // namespace detail
static_assert(detail::violation_table_is_complete());

constexpr const ViolationRow& row_of(Violation violation) {
    return kViolationTable[static_cast<std::size_t>(violation)];
}
// The code that the connection closes with; 0 for kNone.
constexpr std::uint16_t close_code(Violation violation) {
    return row_of(violation).close_code;
}
// The reason on the wire and in the log; empty for kNone.
constexpr std::string_view describe(Violation violation) {
    return row_of(violation).reason;
}
// As a metric's label, e.g. "reserved_bits_set".
constexpr std::string_view name_of(Violation violation) {
    return row_of(violation).name;
}
// The section of row_of(violation).rfc that says so; empty for kNone.
constexpr std::string_view rfc_section(Violation violation) {
    return row_of(violation).rfc_section;
}

}  // namespace stentor::ws
