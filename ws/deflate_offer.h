// Negotiation of permessage-deflate (RFC 7692 5 and 7.1): from the client's offers to our answer.
// Thread: any; pure.
// Invariant: what is answered is what is done: we never compress with a larger window than agreed,
// and no context is taken over in either direction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ws/field_list.h"

namespace stentor::ws {

inline constexpr std::uint8_t kWindowBitsMin = 8;
inline constexpr std::uint8_t kWindowBitsMax = 15;

// What was agreed for one connection. No window outlives a message: both directions begin each
// message with an empty one, so a connection costs nothing while idle, one compressed event serves
// everybody, and nothing of one message shows in the size of another.
struct DeflateParameters {
    bool on = false;
    std::uint8_t server_window_bits = kWindowBitsMax;  // 8..15: how far back our references reach

    bool operator==(const DeflateParameters&) const = default;
};

struct DeflateAnswer {
    DeflateParameters parameters;
    std::string extension;  // the value of Sec-WebSocket-Extensions; empty: declined
};

// The first offer that we can keep is taken; unknown extensions, unknown, repeated or bad
// parameters decline their offer alone. `deflate` false: every offer is declined. Nothing: the
// field is there and is not a list of extensions (RFC 6455 9.1), which fails the handshake with
// 400.
std::optional<DeflateAnswer> answer_deflate_offers(FieldValues extensions, bool deflate = true);

}  // namespace stentor::ws
