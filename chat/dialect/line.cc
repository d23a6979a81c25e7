// See line.h.
// Thread: owner reactor.
// Invariant: see line.h.
#include "chat/dialect/line.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "chat/dialect/lobby_dialect.h"
#include "chat/dialect/simple_text.h"
#include "chat/direct_room.h"
#include "chat/names.h"
#include "core/ascii.h"

namespace stentor::chat {
namespace {

constexpr std::string_view kJoinId = "join:";  // and the room
constexpr std::string_view kRenameId = "name";
constexpr std::string_view kWhoId = "who";
constexpr std::string_view kLeaveId = "leave";
constexpr std::string_view kFarewellId = "farewell";

std::string_view first_word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest = core::ascii::trim(rest.substr(end));
    return word;
}

}  // namespace

Line::Line(const DialectParts& parts, std::string_view line_end)
    : context_(parts.context),
      outlet_(parts.outlet),
      verbs_(parts.verbs),
      steps_(parts.steps),
      line_end_(line_end),
      line_bytes_max_(parts.context.limits.message_bytes_max) {}

// ---- out

void Line::line(Session& session, std::string_view text) {
    const std::string whole = one_line(text) + std::string(line_end_);
    outlet_.send(session, std::as_bytes(std::span(whole)));
}

void Line::complain(Session& session, std::string_view text) {
    line(session, fmt::format("! {}", text));
}

void Line::render(std::string_view json, std::string& out) {
    const RoomFrame& frame = reader_.read(json);
    if (frame.kind != RoomFrame::Kind::kText) return;
    out += frame.from;
    out += ": ";
    out += one_line(shown_content(frame));
    out += line_end_;
}

void Line::greet(Session& session) {
    line(session, fmt::format("* welcome to stentor: you are {} in {}; {}",
                              session.user->name.view(), kLobby, commands()));
}

std::string_view Line::commands() const {
    return "/name NAME, /join ROOM, /who, /msg NAME TEXT, /quit";
}

// ---- in

void Line::on_open(Session& session) {
    on_open(session, {});
}

void Line::on_open(Session& session, const LoginCommand& login) {
    talks_[session.id.slot] = {};
    (void)verbs_.login(session, {}, login);
}

void Line::on_gone(Session& session) {
    talks_.erase(session.id.slot);
}

std::size_t Line::on_bytes(Session& session, std::span<std::byte> bytes) {
    std::size_t done = 0;
    while (done < bytes.size() && session.pauses == 0 && session.stage == Stage::kOpen &&
           !talk_of(session).quits) {
        Talk& talk = talk_of(session);
        const LineReader::Step step = talk.reader.feed(bytes.subspan(done), line_bytes_max_);
        done += step.used_bytes;
        if (step.found == LineReader::Found::kLine) {
            context_.count(ShardCounter::kMessagesIn);
            on_line(session, talk.reader.take());
        } else if (step.found == LineReader::Found::kTooLong) {
            complain(session,
                     fmt::format("a line of more than {} bytes was skipped", line_bytes_max_));
        }
    }
    Talk& talk = talk_of(session);
    if (talk.quits) done = bytes.size();
    talk.input_left = done < bytes.size();
    settle(session);
    return done;
}

void Line::on_line(Session& session, std::string_view raw) {
    const std::string text = one_line(raw);
    if (is_blank(text)) return;
    if (!text.starts_with('/')) return say(session, text);
    std::string_view rest = std::string_view(text).substr(1);
    const std::string_view verb = first_word(rest);
    if (!command(session, verb, rest)) {
        complain(session, fmt::format("no command /{}; there are {}", verb, commands()));
    }
}

bool Line::command(Session& session, std::string_view verb, std::string_view rest) {
    if (verb == "name") {
        rename(session, rest);
    } else if (verb == "join") {
        go_to(session, rest);
    } else if (verb == "who") {
        who(session, talk_of(session).room);
    } else if (verb == "msg") {
        const std::string_view to = first_word(rest);
        whisper(session, to, rest);
    } else if (verb == "quit") {
        quit(session);
    } else {
        return false;
    }
    return true;
}

// ---- commands

void Line::expect(Session& session, const Verbs::Done& done) {
    if (done) {
        ++talk_of(session).unanswered;
    } else {
        complain(session, done.error().message);
    }
}

// Of its user, which is new with each connection.
std::string Line::next_id(Session& session) {
    return fmt::format("{}", ++talk_of(session).ids_used);
}

void Line::say(Session& session, std::string_view text) {
    if (const auto alone = private_text(text)) {
        if (!is_blank(alone->text)) whisper(session, alone->to, text);
        return;
    }
    const std::string& room = talk_of(session).room;
    if (room.empty()) return complain(session, "you are in no room: /join one");
    expect(session,
           verbs_.send(session, next_id(session), {.room = room, .content = text, .reply_to = {}}));
}

void Line::whisper(Session& session, std::string_view to, std::string_view text) {
    if (to.empty() || is_blank(text)) return complain(session, "/msg NAME TEXT");
    expect(session, verbs_.direct(session, next_id(session), {.to = to, .content = text}));
}

void Line::rename(Session& session, std::string_view name) {
    if (name.empty()) return complain(session, "/name NAME");
    LoginCommand login;
    login.name = name;
    expect(session, verbs_.login(session, kRenameId, login));
}

// Texts go there from now on; the room before is left when this one is joined.
void Line::go_to(Session& session, std::string_view room) {
    const auto name = normalize_room_name(room);
    if (!name) return complain(session, name.error());
    const Verbs::Done done = verbs_.join(session, std::string(kJoinId) + *name,
                                         {.room = *name, .since = {}, .history = 0});
    expect(session, done);
    if (done) talk_of(session).room = *name;
}

void Line::who(Session& session, std::string_view room) {
    if (room.empty()) return complain(session, "you are in no room: /join one");
    expect(session, verbs_.members(session, kWhoId, {.room = room, .after = {}}));
}

void Line::quit(Session& session) {
    talk_of(session).quits = true;
}

// ---- answers

void Line::answered(Session& session) {
    --talk_of(session).unanswered;
    settle(session);
}

void Line::on_logged_in(Session& session, std::string_view /*command_id*/) {
    Talk& talk = talk_of(session);
    if (talk.greeted) {
        line(session, fmt::format("* you are {} now", session.user->name.view()));
        return answered(session);
    }
    talk.greeted = true;
    greet(session);
    go_to(session, kLobby);
    settle(session);
}

void Line::on_joined(Session& session, const Joined& joined) {
    Talk& talk = talk_of(session);
    const bool is_wanted = joined.room == talk.room;
    std::string& here = talk.joined;
    if (!is_wanted || (!here.empty() && here != joined.room)) {
        const std::string& unwanted = is_wanted ? here : joined.room;
        if (!keeps(unwanted)) talk.leave.push_back(unwanted);
        steps_.add(session);
    }
    if (is_wanted) {
        if (talk.entered) {
            line(session,
                 fmt::format("* you are in {} now, one of {}", joined.room, joined.members.count));
        }
        here = joined.room;
        talk.entered = true;
    }
    answered(session);
}

void Line::on_left(Session& session, std::string_view /*command_id*/, std::string_view /*room*/) {
    answered(session);
}

void Line::on_acked(Session& session, const Publish& publish) {
    if (publish.room.starts_with(kDirectRoomPrefix)) talk_of(session).last_direct = publish.room;
    answered(session);
}

void Line::on_members(Session& session, const MembersListed& listed) {
    if (listed.command_id == kWhoId) {
        std::string names;
        for (const MemberName& member : listed.page.members) {
            names += (names.empty() ? "" : ", ") + member.name;
        }
        const std::uint64_t more =
            listed.page.count -
            std::min<std::uint64_t>(listed.page.count, listed.page.members.size());
        if (more > 0) names += fmt::format(" and {} more", more);
        line(session, fmt::format("* in {}: {}", listed.room, names));
    }
    answered(session);
}

void Line::on_refused(Session& session, const RefusedCommand& refused) {
    if (session.user == nullptr) return;  // a free name is never refused
    Talk& talk = talk_of(session);
    context_.count(ShardCounter::kCommandErrors);
    if (refused.command_id.starts_with(kJoinId)) {
        talk.entered = true;
        if (refused.command_id.substr(kJoinId.size()) == talk.room) talk.room = talk.joined;
    }
    if (refused.command_id != kLeaveId && refused.command_id != kFarewellId) {
        complain(session, refused.message);
    }
    answered(session);
}

void Line::on_gap(Session& session, std::string_view room, std::string_view /*epoch*/,
                  std::uint64_t from, std::uint64_t to) {
    line(session, fmt::format("… {} messages missed in {}", to - from + 1, room));
}

// ---- the end

void Line::on_over_rate(Session& session) {
    outlet_.close(session, close_code::kTooManySends, "too many messages for too long");
}

void Line::on_drain(Session& session) {
    outlet_.close(session, ws::kCloseServiceRestart, "the server ends");
}

void Line::on_input_ended(Session& session) {
    talk_of(session).input_ended = true;
    session.said_close = true;
    settle(session);
}

// Everything is answered when no ask is; and what was said comes back to its sender behind the ack,
// in the turn in which a home told that. So an ask of a later turn is answered behind it.
void Line::settle(Session& session) {
    Talk& talk = talk_of(session);
    const bool at_end = talk.quits || (talk.input_ended && !talk.input_left);
    if (!at_end || session.stage != Stage::kOpen || session.user == nullptr) return;
    if (!talk.quits && !talk.reader.empty()) {
        // In the middle of a command of several steps its answer comes back here.
        const bool is_waiting = session.walk != nullptr && talk.unanswered > 0;
        return is_waiting ? void() : steps_.add(session);
    }
    if (talk.unanswered > 0) return;
    if (!talk.farewell_asked) return steps_.add(session);
    if (talk.quits) line(session, "* bye");
    session.said_close = true;
    outlet_.finish(session);
}

void Line::on_step(Session& session) {
    Talk& talk = talk_of(session);
    const auto ask = [&](const Verbs::Done& done) { talk.unanswered += done ? 1u : 0u; };
    for (const std::string& room : std::exchange(talk.leave, {})) {
        if (room != talk.room) ask(verbs_.leave(session, kLeaveId, {.room = room}));
    }
    if (!talk.reader.empty() && !talk.quits) {
        if (session.walk == nullptr) on_line(session, talk.reader.take());
        return settle(session);
    }
    const bool at_end = talk.quits || (talk.input_ended && !talk.input_left);
    if (!at_end || talk.unanswered > 0 || talk.farewell_asked) return;
    talk.farewell_asked = true;
    for (const std::string& room : {talk.joined, talk.last_direct}) {
        if (!room.empty()) {
            ask(verbs_.members(session, kFarewellId, {.room = room, .after = {}, .limit = 1}));
        }
    }
    settle(session);
}

}  // namespace stentor::chat
