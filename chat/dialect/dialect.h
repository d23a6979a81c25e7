// A dialect maps one wire form onto the rooms: what a client says becomes verbs (chat/verbs.h), and
// what happens to its session becomes frames. One instance a shard serves all its connections.
// Thread: owner reactor.
// Invariant: a dialect keeps no state of a connection; that is in Session.
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

class Dialect {
public:
    virtual ~Dialect() = default;

    virtual const ws::EndpointLimits& endpoint_limits() const = 0;
    // Must the client log in, in time?
    virtual bool wants_login() const = 0;

    virtual void on_open(Session&) {}
    // A whole message; the caller looks at session.pauses behind it.
    virtual void on_message(Session& session, ws::Opcode opcode, std::span<std::byte> payload) = 0;
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
