// Every rule of RFC 6455 (and of our limits) that a peer can break, one enumerator each, so that
// the close frame, the counter and the test agree on what happened.
// Thread: any; constants.
// Invariant: the table has one row for each enumerator, in their order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ws/frame.h"

namespace stentor::ws {

enum class Violation : std::uint8_t {
    kNone,
    kReservedBitsSet,
    kReservedOpcode,
    kFragmentedControl,
    kContinuationWithoutStart,
    kMessageInsideMessage,
    kBinaryRefused,
    kUnmaskedFrame,
    kControlTooLong,
    kLengthNotMinimal,
    kLengthHighBitSet,
    kMessageTooLarge,
    kTooManyFrames,
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
    std::string_view rfc_section;  // of RFC 6455
    std::string_view reason;       // as sent in the close frame; ASCII
};

inline constexpr auto kViolationTable = std::to_array<ViolationRow>({
    {Violation::kNone, 0, "", ""},
    {Violation::kReservedBitsSet, kCloseProtocolError, "5.2", "reserved bit set"},
    {Violation::kReservedOpcode, kCloseProtocolError, "5.2", "reserved opcode"},
    {Violation::kFragmentedControl, kCloseProtocolError, "5.5", "fragmented control frame"},
    {Violation::kContinuationWithoutStart, kCloseProtocolError, "5.4",
     "continuation without a message"},
    {Violation::kMessageInsideMessage, kCloseProtocolError, "5.4",
     "new message inside a fragmented one"},
    {Violation::kBinaryRefused, kCloseUnsupportedData, "7.4.1", "binary is not accepted here"},
    {Violation::kUnmaskedFrame, kCloseProtocolError, "5.1", "unmasked frame from a client"},
    {Violation::kControlTooLong, kCloseProtocolError, "5.5", "control frame over 125 bytes"},
    {Violation::kLengthNotMinimal, kCloseProtocolError, "5.2", "length not in its shortest form"},
    {Violation::kLengthHighBitSet, kCloseProtocolError, "5.2", "length of more than 63 bits"},
    {Violation::kMessageTooLarge, kCloseTooLarge, "10.4", "message too large"},
    {Violation::kTooManyFrames, kClosePolicy, "10.4", "message in too many frames"},
    {Violation::kInvalidUtf8InText, kCloseInvalidPayload, "8.1", "text is not UTF-8"},
    {Violation::kClosePayloadOfOneByte, kCloseProtocolError, "5.5.1", "close payload of one byte"},
    {Violation::kBadCloseCode, kCloseProtocolError, "7.4", "close code not allowed on the wire"},
    {Violation::kInvalidUtf8InCloseReason, kCloseInvalidPayload, "8.1",
     "close reason is not UTF-8"},
});

namespace detail {
consteval bool violation_table_is_complete() {
    if (kViolationTable.size() != kViolationCount) return false;
    for (std::size_t i = 0; i < kViolationTable.size(); ++i) {
        const ViolationRow& row = kViolationTable[i];
        if (static_cast<std::size_t>(row.violation) != i) return false;
        if (row.reason.size() > kCloseReasonBytesMax) return false;
        if (i > 0 && (!is_wire_close_code(row.close_code) || row.reason.empty())) return false;
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
// The reason on the wire, in the log and as a metric's label; empty for kNone.
constexpr std::string_view describe(Violation violation) {
    return row_of(violation).reason;
}
// The section of RFC 6455 that says so; empty for kNone.
constexpr std::string_view rfc_section(Violation violation) {
    return row_of(violation).rfc_section;
}

}  // namespace stentor::ws
