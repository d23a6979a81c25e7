// The operator's console (docs/protocol.md, "Dialects"): lines like those of the line dialect, from
// and to the terminal that the server was started in (chat/console_terminal.h).
// Thread: owner reactor of shard 0.
// Invariant: it is in the lobby as long as it lives, whatever room its lines go to.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/dialect/line.h"

namespace stentor::chat {

class Console final : public Line {
public:
    explicit Console(const DialectParts& parts);

    Silence silence() const override { return Silence::kAllowed; }
    void render(std::string_view json, std::string& out) override;
    void on_open(Session& session) override;
    void on_input_ended(Session&) override {}  // it goes on showing what is said
    void on_refused(Session& session, const RefusedCommand& refused) override;
    void on_kicked(Session& session, const Kicked& kicked) override;
    void on_surveyed(Session& session, const RoomsSurveyed& surveyed) override;

protected:
    void greet(Session& session) override;
    bool command(Session& session, std::string_view verb, std::string_view rest) override;
    std::string_view commands() const override;
    bool keeps(std::string_view room) const override;

private:
    void survey(Session& session, std::string_view room);
    void kick(Session& session, std::string_view name);
    void show_rooms(Session& session);

    AskGate& gate_;
    const SessionTokens& tokens_;
    const std::function<void()>& end_server_;
    std::vector<RoomsSurveyed::Line> rooms_;  // of the homes that have answered
    std::uint64_t rooms_in_all_ = 0;
    std::uint32_t homes_awaited_ = 0;
};

}  // namespace stentor::chat
