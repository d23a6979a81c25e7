// Login, lobby, texts and refusals of the tutorials' dialects.
// Thread: owner reactor.
// Invariant: see lobby_dialect.h.
#include "chat/dialect/lobby_dialect.h"

#include <fmt/format.h>

#include "chat/dialect/simple_text.h"
#include "chat/names.h"

namespace stentor::chat {
namespace {

constexpr std::string_view kJoinId = "join";

}  // namespace

LobbyDialect::LobbyDialect(const DialectParts& parts)
    : context_(parts.context),
      outlet_(parts.outlet),
      verbs_(parts.verbs),
      steps_(parts.steps),
      endpoint_limits_{.message_bytes_max = parts.context.limits.message_bytes_max,
                       .in_place_bytes_max = kInPlaceBytesMax,
                       .accept_binary = false,
                       .inflaters = &parts.context.inflaters} {}

// The name that was wished goes along as the command's id, so that the answer can be compared.
void LobbyDialect::log_in(Session& session, std::string_view name) {
    const bool may_be_one = !name.empty() && name.size() <= kUserNameBytesMax;
    LoginCommand command;
    if (may_be_one) command.name = name;
    const std::string_view wanted = may_be_one ? name : std::string_view();
    if (!verbs_.login(session, wanted, command)) (void)verbs_.login(session, wanted, {});
}

void LobbyDialect::on_logged_in(Session& session, std::string_view wanted_name) {
    if (wanted_name != session.user->name.view()) on_other_name(session, wanted_name);
    const auto asked = verbs_.join(session, kJoinId, {.room = kLobby, .since = {}, .history = 0});
    if (!asked) on_refused(session, {asked.error().code, kJoinId, asked.error().message});
}

void LobbyDialect::on_refused(Session& session, const RefusedCommand& refused) {
    if (session.user == nullptr) {
        // A name can be refused, to be called anything cannot.
        (void)verbs_.login(session, refused.command_id, {});
        return;
    }
    context_.count(ShardCounter::kCommandErrors);
    notice(session, refused.message);
    if (refused.command_id == kJoinId) {
        outlet_.close(session, ws::kCloseTryAgainLater, "the lobby cannot be joined now");
    }
}

void LobbyDialect::say(Session& session, std::string_view text) {
    if (is_blank(text)) return;
    const auto alone = private_text(text);
    if (alone && is_blank(alone->text)) return;
    // The text as it was written: who gets it, and who sent it, see by its "@NAME" whom it was for.
    const Verbs::Done done =
        alone ? verbs_.direct(session, {}, {.to = alone->to, .content = text})
              : verbs_.send(session, {}, {.room = kLobby, .content = text, .reply_to = {}});
    if (!done) on_refused(session, {done.error().code, {}, done.error().message});
}

void LobbyDialect::on_gap(Session& session, std::string_view /*room*/, std::string_view /*epoch*/,
                          std::uint64_t from, std::uint64_t to) {
    notice(session, fmt::format("… {} messages missed", to - from + 1));
}

void LobbyDialect::on_over_rate(Session& session) {
    notice(session, "too many messages for too long");
    outlet_.close(session, close_code::kTooManySends, "over the send rate for too long");
}

void LobbyDialect::on_drain(Session& session) {
    outlet_.close(session, ws::kCloseServiceRestart, "the server restarts");
}

}  // namespace stentor::chat
