// What the WebSocket dialects of the tutorials share: one room, the lobby; a name that cannot be
// had is replaced by a free one; a text that begins with "@NAME " is for that user alone
// (docs/protocol.md, "Dialects").
// Thread: owner reactor.
// Invariant: a client is in the lobby or is told why not.
#pragma once

#include <string>
#include <string_view>

#include "chat/dialect/dialect.h"
#include "chat/dialect/room_frame.h"
#include "chat/dialect/service.h"

namespace stentor::chat {

inline constexpr std::string_view kLobby = "lobby";

class LobbyDialect : public Dialect {
public:
    explicit LobbyDialect(const DialectParts& parts);

    const ws::EndpointLimits& endpoint_limits() const override { return endpoint_limits_; }
    bool wants_login() const override { return true; }
    bool takes_native_frames() const override { return false; }

    void on_drain(Session& session) override;
    void on_logged_in(Session& session, std::string_view wanted_name) override;
    void on_refused(Session& session, const RefusedCommand& refused) override;
    void on_gap(Session& session, std::string_view room, std::string_view epoch, std::uint64_t from,
                std::uint64_t to) override;
    void on_over_rate(Session& session) override;

protected:
    // By that name, or by a free one if it is empty, none or taken.
    void log_in(Session& session, std::string_view name);
    // What a logged-in client said, to the lobby or to one user.
    void say(Session& session, std::string_view text);
    // The client learns what it is called, which is not what it wished.
    virtual void on_other_name(Session& session, std::string_view wanted_name) = 0;
    virtual void notice(Session& session, std::string_view text) = 0;

    Context& context_;
    Outlet& outlet_;
    Verbs& verbs_;
    DialectSteps& steps_;
    RoomFrameReader reader_;

private:
    const ws::EndpointLimits endpoint_limits_;
};

}  // namespace stentor::chat
