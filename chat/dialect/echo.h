// /echo: every message comes back with the same opcode, and nothing else ever does. For load tools
// and conformance suites; bounded by not reading a peer that does not read. Where compression was
// agreed, every message that is not empty comes back compressed.
// Thread: owner reactor.
// Invariant: no login, no rate, no room.
#pragma once

#include "chat/dialect/dialect.h"
#include "chat/outlet.h"

namespace stentor::chat {

class Echo final : public Dialect {
public:
    Echo(Context& context, Outlet& outlet)
        : outlet_(outlet),
          endpoint_limits_{.message_bytes_max = kEchoMessageBytesMax,
                           .in_place_bytes_max = kInPlaceBytesMax,
                           .accept_binary = true,
                           .inflaters = &context.inflaters} {}

    const ws::EndpointLimits& endpoint_limits() const override { return endpoint_limits_; }
    bool wants_login() const override { return false; }
    void on_message(Session& session, ws::Opcode opcode, std::span<std::byte> payload) override {
        outlet_.send_back(session, opcode, payload);
    }
    void on_drain(Session& session) override {
        outlet_.close(session, ws::kCloseGoingAway, "the server ends");
    }

private:
    Outlet& outlet_;
    const ws::EndpointLimits endpoint_limits_;
};

}  // namespace stentor::chat
