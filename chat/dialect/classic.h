// classic: the JSON chat room of the PHP tutorials (docs/protocol.md, "Dialects"): handshake,
// login, user, logout, system; a list of names with each login and logout.
// Thread: owner reactor.
// Invariant: the roster is kept while a classic client is in the lobby, and no longer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chat/dialect/lobby_dialect.h"
#include "chat/dialect/roster.h"

namespace stentor::chat {

class Classic final : public LobbyDialect {
public:
    explicit Classic(const DialectParts& parts);
    ~Classic() override;

    void on_open(Session& session) override;
    void on_message(Session& session, ws::Opcode opcode, std::span<std::byte> payload) override;
    void on_refused(Session& session, const RefusedCommand& refused) override;
    void on_joined(Session& session, const Joined& joined) override;
    void on_members(Session& session, const MembersListed& listed) override;
    void on_step(Session& session) override;
    void on_gone(Session& session) override;
    void render(std::string_view json, std::string& out) override;

protected:
    void on_other_name(Session& session, std::string_view wanted_name) override;
    void notice(Session& session, std::string_view text) override;

private:
    struct Decoder;
    void render_presence(const RoomFrame& presence, std::string& out);
    void append_coming_or_going(std::string& out, std::string_view type, std::string_view name);
    void fetch_members();

    std::unique_ptr<Decoder> decoder_;
    Roster roster_;
    std::vector<Session*> in_lobby_;
    Session* asker_ = nullptr;  // whose question about the members is under way
};

}  // namespace stentor::chat
