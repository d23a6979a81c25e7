// A session's way out: frames to its client, reading or not reading from it, and its end.
// Thread: owner reactor.
// Invariant: a connection that owes reads for half its outbox in answers is not read
// (docs/protocol.md, "Slow readers").
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "chat/context.h"
#include "chat/session.h"
#include "net/application.h"

namespace stentor::chat {

class Outlet {
public:
    Outlet(Context& context, net::Link& link) : context_(context), link_(link) {}

    void send(Session& session, std::span<const std::byte> bytes);
    void send_frame(Session& session, ws::Opcode opcode, std::span<const std::byte> payload);
    void send_text(Session& session, std::string_view json) {
        send_frame(session, ws::Opcode::kText, std::as_bytes(std::span(json)));
    }

    void pause(Session& session, Pause reason);
    void go_on(Session& session, Pause reason);
    // The outbox is half empty again.
    void on_drained(Session& session);

    // Close frame, flush, end. Nothing is read from the connection any more.
    void close(Session& session, std::uint16_t code, std::string_view reason);
    // Flush what is queued, then end.
    void finish(Session& session);

    net::Link& link() { return link_; }

private:
    Context& context_;
    net::Link& link_;
    std::string frame_;  // kept for its capacity
};

}  // namespace stentor::chat
