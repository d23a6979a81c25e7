// A dialect maps one wire form onto the rooms: what a client says becomes verbs (chat/verbs.h), and
// what happens to its session becomes frames. One instance a shard serves all its connections.
// Thread: owner reactor.
// Invariant: what a dialect keeps of a connection goes at on_gone(); most keep nothing, their state
// is in Session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "chat/envelope.h"
#include "chat/session.h"
#include "ws/frame.h"

namespace stentor::chat {

// Why a command was not carried out, for the client.
struct RefusedCommand {
    ErrorCode code;
    std::string_view command_id;
    std::string_view message;
    std::string_view room = {};  // that a sync could not resume
};

// What it means when a client says nothing for long.
enum class Silence : std::uint8_t {
    kPinged,   // a WebSocket ping asks whether it is alive
    kEnds,     // behind --line-idle the connection ends
    kAllowed,  // nothing
};

class Dialect {
public:
    virtual ~Dialect() = default;

    virtual const ws::EndpointLimits& endpoint_limits() const = 0;
    // Must the client log in, in time?
    virtual bool wants_login() const = 0;

    virtual void on_open(Session&) {}
    // A whole message; the caller looks at session.pauses behind it.
    virtual void on_message(Session&, ws::Opcode, std::span<std::byte> /*payload*/) {}

    // Those that speak no WebSocket get the bytes as they come, and say how many are done with: all
    // of them, unless the session is paused.
    virtual bool speaks_websocket() const { return true; }
    virtual std::size_t on_bytes(Session&, std::span<std::byte> bytes) { return bytes.size(); }
    // And hear that no more will come; they end the session when all is answered.
    virtual void on_input_ended(Session&) {}
    virtual Silence silence() const { return Silence::kPinged; }

    // In the ask phase, for a session that the dialect noted (chat/dialect/dialect_steps.h).
    virtual void on_step(Session&) {}
    // The connection is gone.
    virtual void on_gone(Session&) {}
    // The server ends: say so and close.
    virtual void on_drain(Session& session) = 0;

    virtual void on_logged_in(Session&, std::string_view /*command_id*/) {}
    virtual void on_refused(Session&, const RefusedCommand&) {}
    virtual void on_joined(Session&, const Joined&) {}
    virtual void on_left(Session&, std::string_view /*command_id*/, std::string_view /*room*/) {}
    virtual void on_acked(Session&, const Publish&) {}
    virtual void on_members(Session&, const MembersListed&) {}
    virtual void on_history(Session&, const HistoryRead&) {}
    virtual void on_gap(Session&, std::string_view /*room*/, std::string_view /*epoch*/,
                        std::uint64_t /*from*/, std::uint64_t /*to*/) {}
    virtual void on_rooms(Session&, std::string_view /*command_id*/,
                          std::span<const RoomLine> /*rooms*/) {}
    virtual void on_synced(Session&, std::string_view /*command_id*/) {}
    virtual void on_kicked(Session&, const Kicked&) {}  // an answer: to who did it
    virtual void on_surveyed(Session&, const RoomsSurveyed&) {}

    // Do its clients get what happens in their rooms as the native frames that others get? If not,
    // render() makes what they get instead, once for all of them on this shard.
    virtual bool takes_native_frames() const { return true; }
    // Appends whole frames (of its own wire form, WebSocket header included where it speaks that)
    // for one native frame: message, edited, …, presence, typing. Nothing: they do not see it.
    virtual void render(std::string_view /*json*/, std::string& /*out*/) {}

    // Over the send rate for too long; the connection is closed behind it.
    virtual void on_over_rate(Session&) {}
};

}  // namespace stentor::chat
