// Frames out, reading on and off, and the end of a connection.
// Thread: owner reactor.
// Invariant: see outlet.h.
#include "chat/outlet.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "chat/dialect/dialect.h"
#include "ws/frame_writer.h"

namespace stentor::chat {

void Outlet::send_parts(Session& session, std::span<const std::byte> head,
                        std::span<const std::byte> body) {
    owe(session, link_.send_parts(session.id, head, body), head.size() + body.size());
}

void Outlet::owe(Session& session, std::size_t queued_before, std::size_t bytes) {
    if (queued_before == 0) {
        session.answer_bytes = 0;
    }
    const std::size_t owed = session.answer_bytes + bytes;
    session.answer_bytes = static_cast<std::uint32_t>(
        std::min<std::size_t>(owed, std::numeric_limits<std::uint32_t>::max()));
    if (owes_too_much(session, owed)) {
        pause(session, Pause::kBacklog);
        link_.watch_drain(session.id);
    }
}

// Where deliveries come too, half of the outbox is theirs.
bool Outlet::owes_too_much(const Session& session, std::size_t owed_bytes) const {
    const std::size_t outbox_bytes = context_.limits.outbox_bytes;
    if (owed_bytes <= outbox_bytes / 2) {
        return false;
    }
    const bool has_rooms = session.dialect == nullptr || session.dialect->wants_login();
    return has_rooms || owed_bytes > outbox_bytes;
}

void Outlet::send_frame(Session& session, ws::Opcode opcode, std::span<const std::byte> payload,
                        Compression compression) {
    const ws::DeflateParameters agreed = session.endpoint.deflate();
    std::uint8_t first_bits = ws::kFinBit;
    if (agreed.on && compression != Compression::kNever) {
        std::optional<std::span<const std::byte>> deflated;
        if (compression == Compression::kAlways && !payload.empty()) {
            deflated = context_.deflater.compressed(payload, agreed.server_window_bits);
        } else if (payload.size() >= kDeflateAnswerBytesMin) {
            deflated = context_.deflater.smaller(payload, agreed.server_window_bits);
        }
        if (deflated) {
            payload = *deflated;
            first_bits |= ws::kRsv1Bit;
        }
    }
    send_parts(session, ws::frame_header(opcode, payload.size(), first_bits).bytes(), payload);
}

void Outlet::send_back(Session& session, ws::Opcode opcode, std::span<std::byte> payload) {
    if (session.endpoint.deflate().on) {
        return send_frame(session, opcode, payload, Compression::kAlways);
    }
    const ws::FrameHeaderBytes header = ws::frame_header(opcode, payload.size());
    std::byte* const begin = payload.data() - header.size;
    std::ranges::copy(header.bytes(), begin);
    const std::span<const std::byte> frame(begin, header.size + payload.size());
    owe(session, link_.send_received(session.id, frame), frame.size());
}

// The pings behind the bound wait in front of a flush; what is still queued then is the peer's not
// reading.
ws::PingVerdict Outlet::on_ping(Session& session) {
    if (link_.backlog_bytes(session.id) == 0) {
        session.pongs_pending = 0;
    }
    if (session.pongs_pending < kPongsPendingMax) {
        ++session.pongs_pending;
        return ws::PingVerdict::kAnswer;
    }
    if (session.pauses != 0) {
        return ws::PingVerdict::kLater;
    }
    if (++session.pongs_pending > kPongsPendingMax + kPongFlushTurnsMax) {
        return ws::PingVerdict::kFlood;
    }
    link_.pause(session.id);
    link_.resume(session.id);  // in the next turn it is handed in again
    return ws::PingVerdict::kLater;
}

void Outlet::pause(Session& session, Pause reason) {
    session.paused_lately = true;
    if (session.pauses == 0) {
        link_.pause(session.id);
        context_.gauge(ShardGauge::kPausedConnections, 1);
    }
    session.pauses |= static_cast<std::uint8_t>(reason);
}

void Outlet::go_on(Session& session, Pause reason) {
    if (!session.is(reason)) {
        return;
    }
    session.pauses &= static_cast<std::uint8_t>(~static_cast<std::uint8_t>(reason));
    if (session.pauses == 0) {
        context_.gauge(ShardGauge::kPausedConnections, -1);
        link_.resume(session.id);
    }
}

void Outlet::on_drained(Session& session) {
    session.answer_bytes = static_cast<std::uint32_t>(
        std::min<std::size_t>(session.answer_bytes, link_.backlog_bytes(session.id)));
    session.pongs_pending = 0;  // who reads slowly may never empty its outbox
    go_on(session, Pause::kBacklog);
}

namespace {

// The close frame is all that an endpoint has to say when it is told to close.
class CloseFrame final : public ws::EndpointHandler {
public:
    CloseFrame(net::Link& link, ConnectionId id) : link_(link), id_(id) {}
    bool on_message(ws::Opcode, std::span<std::byte>) override { return false; }
    void on_control_output(std::span<const std::byte> frame) override { link_.send(id_, frame); }

private:
    net::Link& link_;
    ConnectionId id_;
};

}  // namespace

void Outlet::close(Session& session, std::uint16_t code, std::string_view reason) {
    if (session.stage == Stage::kOpen && session.dialect->speaks_websocket()) {
        CloseFrame frame(link_, session.id);
        session.endpoint.close(code, reason, frame);
    } else if (session.stage == Stage::kOpen) {
        const std::string line = "* " + std::string(reason) + "\r\n";
        link_.send(session.id, std::as_bytes(std::span(line)));
    }
    session.said_close = session.said_close || session.stage == Stage::kOpen;
    finish(session);
}

void Outlet::fail(Session& session, ws::Violation violation) {
    CloseFrame frame(link_, session.id);
    session.endpoint.fail(violation, frame);
    context_.metrics.violations[violation].add();
    finish(session);
}

void Outlet::finish(Session& session) {
    if (session.stage != Stage::kEnding) {
        session.stage = Stage::kEnding;
        link_.finish(session.id);
    }
}

}  // namespace stentor::chat
