// A session's way out: frames to its client, reading or not reading from it, and its end.
// Thread: owner reactor.
// Invariant: a connection that owes reads for half its outbox in answers (all of it on /echo) is
// not read (docs/protocol.md, "Slow readers").
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "chat/context.h"
#include "chat/session.h"
#include "net/application.h"

namespace stentor::chat {

// May an answer be compressed?
enum class Compression : std::uint8_t {
    kIfItPays,
    kAlways,  // also where it does not shrink: whoever echoes shows what was agreed
    kNever,   // it holds a secret: its size must not tell how much of it stands elsewhere in it
};

class Outlet {
public:
    Outlet(Context& context, net::Link& link) : context_(context), link_(link) {}

    void send(Session& session, std::span<const std::byte> bytes) {
        send_parts(session, bytes, {});
    }
    void send_frame(Session& session, ws::Opcode opcode, std::span<const std::byte> payload,
                    Compression compression = Compression::kIfItPays);
    // A message that is being handled goes back whence it came. Its header is written in front of
    // it (ws::EndpointHandler::on_message()).
    void send_back(Session& session, ws::Opcode opcode, std::span<std::byte> payload);
    void send_text(Session& session, std::string_view json,
                   Compression compression = Compression::kIfItPays) {
        send_frame(session, ws::Opcode::kText, std::as_bytes(std::span(json)), compression);
    }
    // Every ping is answered, unless as many pongs wait for a peer that does not read.
    ws::PingVerdict on_ping(Session& session);

    void pause(Session& session, Pause reason);
    void go_on(Session& session, Pause reason);
    // The outbox is half empty again.
    void on_drained(Session& session);

    // Close frame (without WebSocket a last line), flush, end. Nothing is read from the connection
    // any more.
    void close(Session& session, std::uint16_t code, std::string_view reason);
    // The peer broke a rule that needs a clock: the close frame that it calls for, then the end.
    void fail(Session& session, ws::Violation violation);
    // Flush what is queued, then end.
    void finish(Session& session);

    net::Link& link() { return link_; }

private:
    void send_parts(Session& session, std::span<const std::byte> head,
                    std::span<const std::byte> body);
    void owe(Session& session, std::size_t queued_before, std::size_t bytes);
    bool owes_too_much(const Session& session, std::size_t owed_bytes) const;

    Context& context_;
    net::Link& link_;
};

}  // namespace stentor::chat
