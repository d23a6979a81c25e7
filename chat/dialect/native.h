// The native protocol, stentor.v1 (docs/protocol.md): JSON commands in, typed frames out.
// Thread: owner reactor.
// Invariant: every command with an id gets exactly one answer with that id; typing and read none,
// unless they are refused.
#pragma once

#include <string>

#include "chat/dialect/dialect.h"
#include "chat/outlet.h"
#include "chat/protocol/command.h"
#include "chat/session_token.h"
#include "chat/verbs.h"

namespace stentor::chat {

class Native final : public Dialect {
public:
    Native(Context& context, Outlet& outlet, Verbs& verbs, const SessionTokens& tokens);

    const ws::EndpointLimits& endpoint_limits() const override { return endpoint_limits_; }
    bool wants_login() const override { return true; }

    void on_open(Session& session) override;
    void on_message(Session& session, ws::Opcode opcode, std::span<std::byte> payload) override;
    void on_drain(Session& session) override;

    void on_logged_in(Session& session, std::string_view command_id) override;
    void on_refused(Session& session, const RefusedCommand& refused) override;
    void on_joined(Session& session, const Joined& joined) override;
    void on_left(Session& session, std::string_view command_id, std::string_view room) override;
    void on_acked(Session& session, const Publish& publish) override;
    void on_members(Session& session, const MembersListed& listed) override;
    void on_history(Session& session, const HistoryRead& read) override;
    void on_gap(Session& session, std::string_view room, std::string_view epoch, std::uint64_t from,
                std::uint64_t to) override;
    void on_rooms(Session& session, std::string_view command_id,
                  std::span<const RoomLine> rooms) override;
    void on_synced(Session& session, std::string_view command_id) override;
    void on_over_rate(Session& session) override;

private:
    void carry_out(Session& session, const Command& command);
    Verbs::Done carry_out_for_user(Session& session, const Command& command);
    // The buffer for one answer, emptied; reply() sends it.
    std::string& begin_reply();
    void reply(Session& session, Compression compression = Compression::kIfItPays) {
        outlet_.send_text(session, json_, compression);
    }

    Context& context_;
    Outlet& outlet_;
    Verbs& verbs_;
    const SessionTokens& tokens_;
    const ws::EndpointLimits endpoint_limits_;
    CommandDecoder decoder_;
    std::string json_;  // kept for its capacity
};

}  // namespace stentor::chat
