// The steps of a login: attach, claim, set name; and what a renaming moves.
// Thread: owner reactor.
// Invariant: see logins.h.
#include "chat/logins.h"

#include <utility>

#include <fmt/format.h>

#include "chat/dialect/dialect.h"
#include "chat/names.h"

namespace stentor::chat {

Logins::Logins(Context& context, Outlet& outlet, Sessions& sessions, BackwardSteps& steps,
               Liveness& liveness, const SessionTokens& tokens)
    : context_(context),
      outlet_(outlet),
      sessions_(sessions),
      steps_(steps),
      liveness_(liveness),
      tokens_(tokens) {}

std::expected<void, Refusal> Logins::begin(Session& session, std::string_view command_id,
                                           const LoginCommand& command) {
    Login login{};
    const auto refused = [](ErrorCode code, std::string message) {
        return std::unexpected(Refusal{code, {}, std::move(message)});
    };
    if (command.token) {
        return refused(ErrorCode::kBadRequest, "token: this server checks no tokens");
    }
    if (command.session) {
        const auto identity = tokens_.verify(*command.session);
        if (!identity) {
            return refused(ErrorCode::kBadRequest,
                           "session: not one of this server's; log in without it");
        }
        login.user = identity->user;
        login.token_name = identity->name;
    }
    if (session.user != nullptr) {
        if (login.user && login.user != session.user->id) {
            return refused(ErrorCode::kBadRequest,
                           "session: of another user; use another connection");
        }
        login.user = session.user->id;
    } else if (!login.user) {
        login.user = UserId::random(context_.random);
    }
    if (command.name) {
        auto name = normalize_user_name(*command.name);
        if (!name) {
            return refused(ErrorCode::kBadName, std::move(name.error()));
        }
        login.name = std::move(*name);
        login.chose_name = true;
    } else if (session.user != nullptr) {
        login.name = session.user->name;
    }
    session.walk = std::make_unique<Walk>(Walk{std::string(command_id), std::move(login)});
    outlet_.pause(session, Pause::kWalk);
    add_step(session, session.user == nullptr ? Login::Step::kAttach : Login::Step::kClaim);
    return {};
}

void Logins::add_step(Session& session, Login::Step step) {
    session.walking<Login>().step = step;
    steps_.add(WalkStep{session.id});
}

bool Logins::take_step(Session& session, Login& login) {
    const ConnectionId connection = session.id;
    const bool to_name_home = login.step == Login::Step::kClaim;
    const std::string skeleton = to_name_home ? name_skeleton(login.name) : std::string();
    const std::uint32_t home =
        to_name_home ? context_.home_of_text(skeleton) : context_.home_of(login.user);
    if (!steps_.may_ask(home)) {
        return false;
    }
    switch (login.step) {
        case Login::Step::kAttach:
            context_.ask(home, AttachUser{connection, login.user});
            login.step = Login::Step::kAttaching;
            break;
        case Login::Step::kClaim:
            context_.ask(
                home, std::make_unique<ClaimName>(ClaimName{connection, login.user, 1, skeleton}));
            login.step = Login::Step::kClaiming;
            break;
        case Login::Step::kSetName:
            context_.ask(home, std::make_unique<SetUserName>(SetUserName{login.user, login.name}));
            complete(session);
            break;
        case Login::Step::kAttaching:
        case Login::Step::kClaiming:
            break;  // the answer brings the next step
    }
    return true;
}

void Logins::handle(const UserAttached& told) {
    Session* session = sessions_.find(told.connection);
    if (session == nullptr) {
        return;  // its departure detaches
    }
    Login& login = session->walking<Login>();
    if (login.name.empty()) {
        login.name = told.name.empty() ? login.token_name : told.name;
    }
    if (login.name.empty()) {
        pick_guest_name(login);
    }
    add_step(*session, Login::Step::kClaim);
}

void Logins::pick_guest_name(Login& login) {
    login.name = guest_name(context_.random);
}

void Logins::handle(const NameAnswered& told) {
    Session* session = sessions_.find(told.connection);
    if (session == nullptr) {
        if (told.granted) {
            steps_.add(MoveClaims{told.user, 0, told.skeleton, 1, {}});
        }
        return;
    }
    Login& login = session->walking<Login>();
    if (told.granted) {
        add_step(*session, Login::Step::kSetName);
    } else if (!login.chose_name && session->user == nullptr) {
        pick_guest_name(login);  // what it was called in an earlier session is somebody else's now
        add_step(*session, Login::Step::kClaim);
    } else {
        fail(*session, ErrorCode::kNameTaken, fmt::format("the name \"{}\" is taken", login.name));
    }
}

void Logins::fail(Session& session, ErrorCode code, std::string message) {
    const std::unique_ptr<Walk> walk = std::move(session.walk);
    if (session.user == nullptr) {
        steps_.add(Departure{.connection = session.id,
                             .dropped = false,
                             .takes_twin = session.takes_twin(),
                             .rooms = {},
                             .attached = std::get<Login>(walk->what).user,
                             .skeleton = {}});
    }
    session.dialect->on_refused(session, {code, walk->command_id, message});
    if (session.walk == nullptr) {  // else the dialect tries another name
        outlet_.go_on(session, Pause::kWalk);
    }
}

// The claim on the new name is held and the user's home knows it.
void Logins::complete(Session& session) {
    const std::unique_ptr<Walk> walk = std::move(session.walk);
    const Login& login = std::get<Login>(walk->what);
    const bool was_logged_in = session.user != nullptr;
    LocalUser& user = was_logged_in ? *session.user : sessions_.log_in(session, login.user);
    const auto others = static_cast<std::uint32_t>(user.sessions.size() - 1);
    const std::uint32_t old_claims = others + (was_logged_in ? 1 : 0);
    if (user.name == login.name) {
        if (was_logged_in) {  // it held one claim on this name before
            steps_.add(MoveClaims{user.id, 0, name_skeleton(user.name), 1, {}});
        }
    } else {
        if (old_claims > 0) {
            steps_.add(MoveClaims{user.id, others, name_skeleton(user.name), old_claims,
                                  name_skeleton(login.name)});
        }
        user.name = login.name;
    }
    context_.count(ShardCounter::kLogins);
    liveness_.on_logged_in(session);
    session.dialect->on_logged_in(session, walk->command_id);
    outlet_.go_on(session, Pause::kWalk);
}

void Logins::handle(const UserRenamed& told) {
    LocalUser* user = sessions_.find_user(told.user);
    if (user == nullptr || user->name == told.name) {
        return;
    }
    const auto claims = static_cast<std::uint32_t>(user->sessions.size());
    steps_.add(
        MoveClaims{user->id, claims, name_skeleton(user->name), claims, name_skeleton(told.name)});
    user->name = told.name;
}

void Logins::depart(Session& session, Departure& departure) {
    if (const Login* under_way = session.walks<Login>()) {
        const Login& login = *under_way;
        if (login.step != Login::Step::kAttach) {
            departure.attached = login.user;
        }
        if (login.step == Login::Step::kSetName) {
            steps_.add(MoveClaims{login.user, 0, name_skeleton(login.name), 1, {}});
        }
    }
    if (session.user != nullptr) {
        departure.attached = session.user->id;
        departure.skeleton = name_skeleton(session.user->name);
        sessions_.log_out(session);
    }
}

}  // namespace stentor::chat
