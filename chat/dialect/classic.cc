// See classic.h.
// Thread: owner reactor.
// Invariant: see classic.h.
#include "chat/dialect/classic.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "chat/dialect/simple_text.h"
#include "chat/protocol/encode.h"
#include "core/mirrored_ring.h"
#include "ws/frame_writer.h"

namespace stentor::chat {
namespace {

namespace dom = simdjson::dom;

static_assert(simdjson::SIMDJSON_PADDING <= core::kReadablePaddingBytes,
              "simdjson reads behind the message, which is not copied");

constexpr std::string_view kMembersId = "members";
constexpr std::uint16_t kCloseNormal = 1000;
// Comings and goings told of one presence: each has the whole list of names, and the last one's
// list tells the rest.
constexpr std::size_t kToldOfPresenceMax = 16;

// {"type":TYPE,"content":TEXT}, and room for more.
std::string frame_of(std::string_view type, std::string_view content) {
    std::string json = R"({"type":")";
    json += type;
    append_json_string(json += R"(","content":)", html_escaped(content));
    return json;
}

}  // namespace

struct Classic::Decoder {
    struct Said {
        std::string_view type;
        std::string_view content;  // empty: none, null, or no text
    };
    // Nothing: no JSON object.
    std::optional<Said> read(std::span<const std::byte> payload) {
        dom::object object;
        const auto* text = reinterpret_cast<const char*>(payload.data());
        if (parser.parse(text, payload.size(), false).get(object) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        Said said;
        if (object.at_key("type").get(said.type) != simdjson::SUCCESS) said.type = {};
        if (object.at_key("content").get(said.content) != simdjson::SUCCESS) said.content = {};
        return said;
    }
    dom::parser parser;
};

Classic::Classic(const DialectParts& parts)
    : LobbyDialect(parts), decoder_(std::make_unique<Decoder>()) {}
Classic::~Classic() = default;

void Classic::on_open(Session& session) {
    outlet_.send_text(session, frame_of("handshake", "done") + "}");
}

void Classic::on_message(Session& session, ws::Opcode /*opcode*/, std::span<std::byte> payload) {
    const auto said = decoder_->read(payload);
    if (!said) {
        notice(session, "that was no JSON object");
    } else if (said->type == "login") {
        if (session.user == nullptr) return log_in(session, said->content);
        notice(session, fmt::format("you are here already, as {}", session.user->name.view()));
    } else if (said->type == "user") {
        if (session.user != nullptr) return say(session, said->content);
        notice(session, "send your login first");
    } else if (said->type == "logout") {
        outlet_.close(session, kCloseNormal, "");
    } else {
        notice(session, "the types are login, user and logout");
    }
}

void Classic::on_other_name(Session& session, std::string_view wanted_name) {
    const std::string_view name = session.user->name;
    notice(session,
           wanted_name.empty()
               ? fmt::format("you are called {}", name)
               : fmt::format("the name {} cannot be had: you are called {}", wanted_name, name));
}

void Classic::notice(Session& session, std::string_view text) {
    outlet_.send_text(session, frame_of("system", text) + "}");
}

// ---- the list of names

void Classic::on_joined(Session& session, const Joined& joined) {
    if (std::ranges::find(in_lobby_, &session) == in_lobby_.end()) in_lobby_.push_back(&session);
    if (!roster_.knows(joined.members.version)) roster_.begin(joined.members);
    if (roster_.wanted_page()) fetch_members();
    // In a small room the presence that follows says so; a large one's takes its time.
    if (joined.members.count > kBigRoomMembers) {
        std::string frame;
        append_coming_or_going(frame, "login", session.user->name);
        outlet_.send(session, std::as_bytes(std::span(frame)));
    }
}

void Classic::on_gone(Session& session) {
    std::erase(in_lobby_, &session);
    if (asker_ == &session) {
        asker_ = nullptr;
        if (!in_lobby_.empty() && roster_.wanted_page()) fetch_members();
    }
    if (in_lobby_.empty()) roster_.clear();
}

void Classic::fetch_members() {
    if (asker_ == nullptr) {
        asker_ = in_lobby_.front();
        steps_.add(*asker_);
    }
}

void Classic::on_step(Session& session) {
    const auto after = roster_.wanted_page();
    const std::string user = after && *after ? after->to_string() : std::string();
    MembersCommand command{.room = kLobby, .after = {}, .limit = kPageMembersMax};
    if (!user.empty()) command.after = user;
    if (!after || !verbs_.members(session, kMembersId, command)) asker_ = nullptr;
}

void Classic::on_members(Session& session, const MembersListed& listed) {
    if (asker_ != &session) return;
    asker_ = nullptr;
    const auto after = roster_.wanted_page();
    if (!after) return;
    if (*after) {
        roster_.go_on(listed.page);
    } else {
        roster_.begin(listed.page);
    }
    if (roster_.wanted_page()) fetch_members();
}

void Classic::on_refused(Session& session, const RefusedCommand& refused) {
    if (asker_ == &session && refused.command_id == kMembersId) {
        asker_ = nullptr;  // the next one who comes or goes brings it up again
    } else {
        LobbyDialect::on_refused(session, refused);
    }
}

// ---- what happens in the room

void Classic::render(std::string_view json, std::string& out) {
    const RoomFrame& frame = reader_.read(json);
    if (frame.kind == RoomFrame::Kind::kPresence) return render_presence(frame, out);
    if (frame.kind != RoomFrame::Kind::kText) return;
    std::string text = R"({"type":"user","from":)";
    append_json_string(text, frame.from);
    append_json_string(text += R"(,"content":)", html_escaped(shown_content(frame)));
    text += frame.is_private() ? R"(,"private":true})" : "}";
    ws::append_frame(out, ws::Opcode::kText, text);
}

void Classic::render_presence(const RoomFrame& presence, std::string& out) {
    if (presence.room != kLobby) return;
    const Roster::News news = roster_.apply(presence);
    if (roster_.wanted_page() && !in_lobby_.empty()) fetch_members();
    std::size_t told = 0;
    for (const std::string& name : news.left) {
        if (told++ < kToldOfPresenceMax) append_coming_or_going(out, "logout", name);
    }
    for (const std::string& name : news.joined) {
        if (told++ < kToldOfPresenceMax) append_coming_or_going(out, "login", name);
    }
}

void Classic::append_coming_or_going(std::string& out, std::string_view type,
                                     std::string_view name) {
    std::string json = frame_of(type, name) + R"(,"user_list":[)";
    std::string_view separator;
    roster_.for_each_listed([&](std::string_view listed) {
        json += std::exchange(separator, ",");
        append_json_string(json, listed);
    });
    ws::append_frame(out, ws::Opcode::kText, json + "]}");
}

}  // namespace stentor::chat
