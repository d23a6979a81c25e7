// plain: text in, text out (docs/protocol.md, "Dialects"). What a client sends is said in the lobby
// under a guest name; what is said there comes as "NAME: TEXT".
// Thread: owner reactor.
// Invariant: no frame but texts of the room and notices.
#pragma once

#include "chat/dialect/lobby_dialect.h"

namespace stentor::chat {

class Plain final : public LobbyDialect {
public:
    using LobbyDialect::LobbyDialect;

    void on_open(Session& session) override { log_in(session, {}); }
    void on_message(Session& session, ws::Opcode opcode, std::span<std::byte> payload) override;
    void render(std::string_view json, std::string& out) override;

protected:
    void on_other_name(Session&, std::string_view) override {}  // nobody here has wishes
    void notice(Session& session, std::string_view text) override;
};

}  // namespace stentor::chat
