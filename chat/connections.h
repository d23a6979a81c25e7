// A connection's life on a shard: HTTP requests, the upgrade, WebSocket messages to its dialect,
// and what must be given back when it is gone.
// Thread: owner reactor.
// Invariant: for each open() one closed(); between them bytes are handled in order, and none while
// the session is paused or ending.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "chat/backward_steps.h"
#include "chat/context.h"
#include "chat/dialect/service.h"
#include "chat/front.h"
#include "chat/liveness.h"
#include "chat/local_rooms.h"
#include "chat/logins.h"
#include "chat/message_pace.h"
#include "chat/outlet.h"
#include "chat/sessions.h"

namespace stentor::chat {

class Connections {
public:
    struct Parts {
        Context& context;
        const Front& front;
        Outlet& outlet;
        Sessions& sessions;
        BackwardSteps& steps;
        Logins& logins;
        LocalRooms& rooms;
        Liveness& liveness;
        MessagePace& pace;
        DialectTable& dialects;
    };
    Connections(const Parts& parts, std::vector<Front::Listener> listeners);

    void open(ConnectionId id, std::uint32_t listener);
    // Returns how many bytes are done with (net::Application::on_bytes).
    std::size_t bytes(ConnectionId id, std::span<std::byte> input);
    void peer_finished(ConnectionId id);
    void drained(ConnectionId id);
    void closed(ConnectionId id);
    // The server ends: nobody new, and nothing more is read.
    void stop_reading();
    // Goodbye to everybody.
    void drain();

private:
    class Handler;

    std::size_t read_heads(Session& session, std::span<const std::byte> input);
    std::size_t read_frames(Session& session, std::span<std::byte> input);
    bool hand_over(Session& session, const std::string& room);
    void answer(Session& session, const Answer& answer);
    void upgrade(Session& session, const Upgrade& upgrade);
    void begin(Session& session, Service service, ws::DeflateParameters deflate);
    std::size_t read_bytes(Session& session, std::span<std::byte> input);

    Parts parts_;
    const std::vector<Front::Listener> listeners_;
    bool draining_ = false;
};

}  // namespace stentor::chat
