// Fuzz target: a stream of frames through an Endpoint (ws/endpoint.h, RFC 6455 5 to 8), with and
// without permessage-deflate.
// Thread: one.
// Invariant: however the stream is cut, and whether or not the handler stops in between, the same
// is heard; memory stays within what was announced.
#include <array>

#include "tests/fuzz/endpoint_driver.h"

namespace {

using namespace stentor;

// Two bytes of choices.
fuzz::EndpointPlan plan_of(fuzz::Input& input) {
    constexpr std::array<std::size_t, 4> kInPlace{0, 16, 300, std::size_t{64} * 1024};
    constexpr std::array<std::size_t, 4> kMessage{0, 60, 2000, std::size_t{64} * 1024};
    const std::uint32_t sizes = input.byte();
    const std::uint32_t choices = input.byte();
    fuzz::EndpointPlan plan;
    plan.limits.in_place_bytes_max = kInPlace[sizes % 4];
    plan.limits.message_bytes_max = kMessage[sizes / 4 % 4];
    plan.limits.accept_binary = (choices & 1) == 0;
    plan.deflate.on = (choices & 2) != 0;
    plan.stops_at_messages = (choices & 4) != 0;
    plan.puts_off_pings = (choices & 8) != 0;
    plan.closes_behind = choices >> 4 & 3;
    return plan;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t chunk_bytes = input.chunk_bytes();
    fuzz::EndpointPlan plan = plan_of(input);
    const auto stream = input.rest();
    const fuzz::Heard whole = fuzz::hear(plan, stream, SIZE_MAX);
    fuzz::expect_answered(whole);
    STENTOR_CHECK(fuzz::hear(plan, stream, chunk_bytes) == whole);
    STENTOR_CHECK(fuzz::hear(plan, stream, 1) == whole);
    plan.stops_at_messages = !plan.stops_at_messages;
    plan.puts_off_pings = !plan.puts_off_pings;
    STENTOR_CHECK(fuzz::hear(plan, stream, chunk_bytes) == whole);
    return 0;
}
