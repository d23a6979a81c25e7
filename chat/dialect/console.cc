// See console.h.
// Thread: owner reactor of shard 0.
// Invariant: see console.h.
#include "chat/dialect/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "chat/dialect/lobby_dialect.h"
#include "chat/dialect/simple_text.h"
#include "chat/names.h"

namespace stentor::chat {
Console::Console(const DialectParts& parts)
    : Line(parts, "\n"), gate_(parts.gate), tokens_(parts.tokens), end_server_(parts.end_server) {}

void Console::render(std::string_view json, std::string& out) {
    const RoomFrame& frame = reader_.read(json);
    if (frame.kind != RoomFrame::Kind::kText) return;
    if (frame.room != kLobby && !frame.is_private()) out += fmt::format("[{}] ", frame.room);
    out += fmt::format("{}: {}{}", frame.from, one_line(shown_content(frame)), line_end_);
}

void Console::on_open(Session& session) {
    Line::on_open(
        session,
        {.name = kOperatorName, .session = tokens_.sign(kOperator, kOperatorName), .token = {}});
}

void Console::on_refused(Session& session, const RefusedCommand& refused) {
    if (session.user != nullptr) return Line::on_refused(session, refused);
    complain(session, refused.message);
    (void)verbs_.login(session, {}, {});
}

void Console::greet(Session& session) {
    line(session, fmt::format("* you are {}; {}", session.user->name.view(), commands()));
}

std::string_view Console::commands() const {
    return "/to ROOM, /rooms, /who ROOM, /msg NAME TEXT, /kick NAME, /quit ends the server";
}

bool Console::keeps(std::string_view room) const {
    return room == kLobby;
}

bool Console::command(Session& session, std::string_view verb, std::string_view rest) {
    if (verb == "to") {
        go_to(session, rest);
    } else if (verb == "rooms") {
        survey(session, {});
    } else if (verb == "who") {
        survey(session, rest.empty() ? std::string_view(talk_of(session).room) : rest);
    } else if (verb == "kick") {
        kick(session, rest);
    } else if (verb == "quit") {
        line(session, "* the server ends");
        end_server_();
    } else {
        return verb == "msg" && Line::command(session, verb, rest);
    }
    return true;
}

// ---- homes

// One room at its home, or all of them at all homes.
void Console::survey(Session& session, std::string_view room) {
    if (homes_awaited_ > 0) return complain(session, "the last question is not answered yet");
    const auto ask = [&](std::uint32_t home, std::string name) {
        ++homes_awaited_;
        gate_.ask(session, home,
                  std::make_unique<SurveyRooms>(SurveyRooms{session.id, std::move(name)}));
    };
    if (!room.empty()) {
        auto name = normalize_room_name(room);
        if (!name) return complain(session, name.error());
        const std::uint32_t home = context_.home_of_text(*name);
        return ask(home, *std::move(name));
    }
    for (std::uint32_t home = 0; home < context_.shards; ++home) ask(home, {});
}

void Console::on_surveyed(Session& session, const RoomsSurveyed& surveyed) {
    --homes_awaited_;
    if (!surveyed.room.empty()) {
        std::string names;
        for (const std::string& name : surveyed.names) names += (names.empty() ? "" : ", ") + name;
        const std::uint64_t more = surveyed.users - surveyed.names.size();
        if (more > 0) names += fmt::format(" and {} more", more);
        line(session, fmt::format("* in {}: {}", surveyed.room, names.empty() ? "nobody" : names));
        return;
    }
    rooms_.insert(rooms_.end(), surveyed.rooms.begin(), surveyed.rooms.end());
    rooms_in_all_ += surveyed.rooms_in_all;
    if (homes_awaited_ == 0) show_rooms(session);
}

void Console::show_rooms(Session& session) {
    auto rooms = std::exchange(rooms_, {});
    const std::uint64_t in_all = std::exchange(rooms_in_all_, 0);
    std::ranges::sort(rooms, [](const auto& a, const auto& b) {
        return a.users != b.users ? a.users > b.users : a.room < b.room;
    });
    rooms.resize(std::min<std::size_t>(rooms.size(), kSurveyedRoomsMax));
    for (const RoomsSurveyed::Line& one : rooms) {
        line(session, fmt::format("{:6} {}", one.users, one.room));
    }
    line(session, fmt::format("* {} rooms", in_all));
}

void Console::kick(Session& session, std::string_view name) {
    const auto known = normalize_user_name(name);
    if (!known) return complain(session, known.error());
    if (name_skeleton(*known) == name_skeleton(session.user->name)) {
        return complain(session, "that is this console");
    }
    const Verbs::Done asked = verbs_.kick(session, *known, *known);
    if (!asked) complain(session, asked.error().message);
}

void Console::on_kicked(Session& session, const Kicked& kicked) {
    if (kicked.found) {
        line(session, fmt::format("* {} was thrown out", kicked.command_id));
    } else {
        complain(session, fmt::format("nobody is called {}", kicked.command_id));
    }
}

}  // namespace stentor::chat
