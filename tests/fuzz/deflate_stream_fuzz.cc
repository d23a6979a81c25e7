// Fuzz target: one compressed message in frames through an Endpoint (RFC 7692 7.2.2); the bytes are
// its payload, so that all of them reach the inflater.
// Thread: one.
// Invariant: the message, or the one rule that it breaks, is what the reference of this folder
// says.
#include <array>
#include <string>

#include "tests/fuzz/endpoint_driver.h"
#include "tests/fuzz/reference_inflate.h"

namespace {

using namespace stentor;
using ws::Violation;

std::string in_frames(std::span<const std::byte> payload, ws::Opcode opcode,
                      std::size_t frame_bytes) {
    constexpr ws::MaskKey kKey{0x5a17c3e9};
    std::string stream;
    std::uint8_t bits = ws::kRsv1Bit;
    fuzz::for_each_chunk(payload, frame_bytes, [&](std::span<const std::byte> fragment) {
        ws::append_masked_frame(stream, opcode, fragment, kKey, bits);
        ws::append_masked_frame(stream, ws::Opcode::kPing, std::string_view("p"), kKey);
        opcode = ws::Opcode::kContinuation;
        bits = 0;
    });
    ws::append_masked_frame(stream, opcode, std::string_view(), kKey,
                            static_cast<std::uint8_t>(bits | ws::kFinBit));
    return stream;
}

// The first octet that is wrong as text ends it before what the bits behind it say.
Violation expected_violation(const fuzz::ReferenceInflated& expected, bool text) {
    ws::Utf8Validator validator;
    if (text && !validator.feed(fuzz::bytes_of(expected.text)))
        return Violation::kInvalidUtf8InText;
    if (expected.too_long) return Violation::kMessageTooLarge;
    if (!expected.whole) return Violation::kBrokenDeflate;
    if (text && !validator.at_boundary()) return Violation::kInvalidUtf8InText;
    return Violation::kNone;
}

void expect(const fuzz::Heard& heard, const fuzz::ReferenceInflated& expected, bool text) {
    // Limits of ours, about what is far from any honest message.
    if (heard.violation == Violation::kInflatesTooMuch) {
        STENTOR_CHECK(expected.text.size() > std::size_t{1} << 20);
        return;
    }
    STENTOR_CHECK(heard.violation == expected_violation(expected, text));
    if (heard.violation != Violation::kNone) return;
    STENTOR_CHECK(heard.events.back() == (text ? "text " : "binary ") + expected.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::array<std::size_t, 4> kMessage{0, 100, 20000, std::size_t{2} << 20};
    fuzz::Input input(data, size);
    const std::size_t chunk_bytes = input.chunk_bytes();
    const std::size_t frame_bytes = 1 + std::size_t{input.byte()} * input.byte();
    const std::uint32_t choices = input.byte();
    const bool text = (choices & 1) != 0;
    fuzz::EndpointPlan plan{.limits = {}, .deflate = {.on = true}};
    plan.limits.message_bytes_max = kMessage[choices / 2 % 4];
    const auto payload = input.take(4096);  // far from the limits of frames and of octets
    const fuzz::ReferenceInflated expected =
        fuzz::reference_inflate(payload, plan.limits.message_bytes_max);
    const std::string stream =
        in_frames(payload, text ? ws::Opcode::kText : ws::Opcode::kBinary, frame_bytes);
    expect(fuzz::hear(plan, fuzz::bytes_of(stream), chunk_bytes), expected, text);
    expect(fuzz::hear(plan, fuzz::bytes_of(stream), SIZE_MAX), expected, text);
    return 0;
}
