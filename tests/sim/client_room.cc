// Judging the frames of a room. Thread: the simulation has one. Invariant: see client_room.h.
#include "tests/sim/client_room.h"

#include <algorithm>
#include <array>

#include "chat/direct_room.h"
#include "chat/limits.h"

namespace stentor::sim {

ClientRoom::ClientRoom(World& world, std::string who, std::string name)
    : world_(world),
      who_(std::move(who)),
      name_(std::move(name)),
      direct_(name_.starts_with(chat::kDirectRoomPrefix)) {}

std::optional<chat::Position> ClientRoom::position() const {
    if (epoch_.empty()) {
        return std::nullopt;
    }
    return chat::Position{epoch_, missing_.empty() ? next_live_ - 1 : missing_.front().first - 1};
}

std::optional<ClientRoom::Range> ClientRoom::missing() const {
    return missing_.empty() ? std::nullopt : std::optional(missing_.front());
}

bool ClientRoom::expect_in_room(std::string_view what) {
    return expect(in_room_, "a {} although it is not in the room", what);
}

// A slow reader hears of a room that was forgotten when another one already has its name.
void ClientRoom::begin_direct(std::uint64_t seq, const std::string& epoch) {
    if (direct_ && (!in_room_ || world_.truth.is_forgotten(name_, epoch_))) {
        in_room_ = true;
        epoch_ = epoch;
        missing_.clear();
        next_live_ = seq;
    }
}

// Who is in a room when its epoch is renewed goes on in it as if nothing had been.
const std::string& ClientRoom::log_epoch() const {
    return world_.truth.newest_name(name_, epoch_);
}

// ---- events

std::uint64_t ClientRoom::check_event(const JsonView& event, std::optional<std::uint64_t> head) {
    const std::uint64_t seq = event.number("seq");
    const LoggedEvent* truth = world_.truth.event(name_, log_epoch(), seq);
    if (!expect(truth != nullptr, "was shown {}, which the log does not have", seq)) {
        return seq;
    }
    static constexpr auto kTypes =
        std::to_array<std::string_view>({"message", "edited", "deleted", "reacted"});
    expect(event.text("type") == kTypes[static_cast<std::size_t>(truth->kind)] &&
               event.text("room") == name_ && event.text("user") == truth->user &&
               event.text("from") == truth->from &&
               event.number_or_zero("target") == truth->target &&
               event.text_or_empty("client_id") == truth->client_id &&
               event.number_or_zero("reply_to") == truth->reply_to &&
               static_cast<std::int64_t>(event.number("at")) == truth->at_ms,
           "was shown another {} than the log has: {} of {} instead of {}", seq,
           event.text_or_empty("client_id"), event.text("from"), truth->client_id);
    switch (truth->kind) {
        case chat::EventKind::kMessage:
            check_state(event, seq, head);
            break;
        case chat::EventKind::kEdited:
            check_edit(event, *truth);
            break;
        case chat::EventKind::kDeleted:
            break;
        case chat::EventKind::kReacted:
            expect(event.text("emoji") == truth->content && event.flag("on") == truth->on,
                   "was shown another reaction at {}", seq);
            break;
    }
    return seq;
}

// The state of some moment from `head` on: a store may know more than was told by then.
void ClientRoom::check_state(const JsonView& event, std::uint64_t seq,
                             std::optional<std::uint64_t> head) {
    const MessageState shown{
        .content = event.text_or_empty("content"),
        .edited_at_ms = static_cast<std::int64_t>(event.number_or_zero("edited_at")),
        .deleted = event.flag("deleted"),
        .reactions = event.names_by_key("reactions")};
    const auto state = [&](std::uint64_t upto) {
        return world_.truth.state(name_, log_epoch(), seq, upto);
    };
    bool found = shown == state(head.value_or(seq));
    if (head) {
        for (const std::uint64_t change : world_.truth.changes(name_, log_epoch(), seq)) {
            found = found || (change > *head && shown == state(change));
        }
        world_.report.saw(Seen::kChangedInPage, shown == state(seq) ? 0 : 1);
    }
    expect(found, "was shown {} as it never was since {}: {}", seq, head.value_or(seq),
           event.to_text());
}

// Its text goes with that of its message.
void ClientRoom::check_edit(const JsonView& event, const LoggedEvent& truth) {
    const MessageState now = world_.truth.state(name_, log_epoch(), truth.target, UINT64_MAX);
    expect(event.flag("deleted") ? now.deleted && !event.has("content")
                                 : event.text("content") == truth.content,
           "was shown another edit of {}", truth.target);
}

// A store may have read it from its disk instead.
void ClientRoom::note_where_it_lay(std::uint64_t seq) {
    const auto& deep = world_.deep_in_runs;
    if (world_.plan.log != LogKind::kSqlite && !deep.empty() && deep.contains({name_, seq})) {
        world_.report.saw(Seen::kPageFromLargeRun);
    }
}

std::uint64_t ClientRoom::check_events(const JsonView& frame, std::uint64_t expected) {
    const std::uint64_t head = frame.number("seq");
    for (const JsonView& event : frame.list("events")) {
        const std::uint64_t seq = check_event(event, head);
        note_where_it_lay(seq);
        expect(expected == 0 || seq == expected, "a page has {} where {} should stand", seq,
               expected);
        expected = seq + 1;
    }
    return expected;
}

void ClientRoom::on_joined(const JsonView& frame, const JoinAsked& asked) {
    const std::string epoch = frame.text("epoch");
    const std::uint64_t seq = frame.number("seq");
    const std::uint64_t first = frame.number("first");
    expect(seq <= world_.truth.head(name_, epoch), "joined at {} before it was stored", seq);
    expect(first >= 1 && first <= seq + 1, "joined at {} with first {}", seq, first);
    expect(!in_room_ ||
               (world_.truth.newest_name(name_, epoch) == log_epoch() && seq + 1 >= next_live_),
           "joined again at {} behind {}", seq, next_live_);
    world_.report.saw(Seen::kJoin);
    if (asked.since) {
        const chat::Position since = *asked.since;
        const bool known = epoch == since.epoch && since.seq <= seq && since.seq + 1 >= first;
        expect(epoch != since.epoch || since.seq <= seq,
               "{} is still the epoch, whose {} is behind the head {}", epoch, since.seq, seq);
        expect(frame.flag("recovered") == known, "recovered is {} for {} of {}..{}",
               frame.flag("recovered"), since.seq, first, seq);
        expect(
            known || epoch != since.epoch || !world_.truth.surely_kept(name_, epoch, since.seq + 1),
            "{} should still be kept", since.seq + 1);
        world_.report.saw(known ? Seen::kRecovered : Seen::kNotRecovered);
        if (!known && epoch == since.epoch) {
            world_.report.saw(Seen::kSinceBeyondRetention);
        }
        epoch_ = epoch;
        known ? resume_from(frame, since) : begin_anew(frame, asked);
    } else {
        epoch_ = epoch;
        begin_anew(frame, asked);
    }
    next_live_ = seq + 1;
    in_room_ = true;
    forget_members();
    version_ = frame.number("version");
    take_members(frame);
}

void ClientRoom::resume_from(const JsonView& frame, const chat::Position& since) {
    const std::uint64_t seq = frame.number("seq");
    const std::uint64_t next = check_events(frame, since.seq + 1);
    expect(next <= seq + 1, "the page goes to {}, behind {}", next - 1, seq);
    expect(frame.flag("more") == (next <= seq), "more is {} for {} of {}", frame.flag("more"),
           next - 1, seq);
    missing_.clear();
    if (next <= seq) {
        world_.report.saw(Seen::kMoreToPage);
        missing_.push_back({next, seq});
    }
}

void ClientRoom::begin_anew(const JsonView& frame, const JoinAsked& asked) {
    const std::uint64_t seq = frame.number("seq");
    const std::uint64_t first = frame.number("first");
    const auto events = frame.list("events");
    const std::uint64_t next = check_events(frame, 0);
    expect(events.size() <= asked.history, "{} events instead of {}", events.size(), asked.history);
    expect(events.empty() || next == seq + 1, "the newest page ends at {} of {}", next - 1, seq);
    const std::uint64_t oldest = events.empty() ? seq + 1 : next - events.size();
    expect(oldest >= first, "was shown {} below first {}", oldest, first);
    expect(frame.flag("more") == (oldest > first), "more is {} for {} of first {}",
           frame.flag("more"), oldest, first);
    world_.report.saw(Seen::kJoinHistory, events.empty() ? 0 : 1);
    missing_.clear();
}

void ClientRoom::on_left() {
    world_.report.saw(Seen::kLeave);
    in_room_ = false;
}

void ClientRoom::on_event(const JsonView& frame) {
    if (direct_) {
        const auto at_ms = static_cast<std::int64_t>(frame.number("at"));
        begin_direct(frame.number("seq"), world_.truth.epoch_of(name_, frame.number("seq"), at_ms));
    }
    if (!expect_in_room("event")) {
        return;
    }
    const std::uint64_t seq = check_event(frame, std::nullopt);
    expect(seq == next_live_, "got {} where {} should come", seq, next_live_);
    next_live_ = seq + 1;
}

void ClientRoom::on_read(const JsonView& frame) {
    if (!expect_in_room("read")) {
        return;
    }
    world_.report.saw(Seen::kRead);
    for (const JsonView& position : frame.list("positions")) {
        std::uint64_t& read = read_[position.text("user")];
        const std::uint64_t seq = position.number("seq");
        expect(seq >= read && seq <= world_.truth.head(name_, log_epoch()),
               "{} has read up to {} and then {}", position.text("user"), read, seq);
        read = seq;
    }
}

void ClientRoom::on_gap(const JsonView& frame) {
    begin_direct(frame.number("from"), frame.text("epoch"));
    if (!expect_in_room("gap")) {
        return;
    }
    const std::uint64_t from = frame.number("from");
    const std::uint64_t to = frame.number("to");
    expect(world_.truth.newest_name(name_, frame.text("epoch")) == log_epoch(),
           "a gap of another epoch");
    expect(from == next_live_ && to >= from, "a gap {}..{} where {} should come", from, to,
           next_live_);
    expect(to <= world_.truth.head(name_, log_epoch()), "a gap to {} before it was stored", to);
    world_.report.saw(Seen::kGap);
    missing_.push_back({from, to});
    next_live_ = to + 1;
}

void ClientRoom::on_history(const JsonView& frame, const HistoryAsked& asked) {
    if (world_.truth.newest_name(name_, frame.text("epoch")) != log_epoch()) {
        // What it missed of a direct room that was forgotten is gone with it.
        const bool is_forgotten = direct_ && world_.truth.is_forgotten(name_, epoch_);
        expect(!in_room_ || is_forgotten, "history of another epoch while in the room");
        if (is_forgotten) missing_.clear();
        return;
    }
    const std::uint64_t seq = frame.number("seq");
    const std::uint64_t first = frame.number("first");
    const auto events = frame.list("events");
    const std::uint64_t end = std::min(asked.before.value_or(seq + 1), seq + 1);
    expect(events.size() <= asked.limit, "{} events of at most {}", events.size(), asked.limit);
    expect(seq + 1 >= asked.known || asked.epoch != epoch_, "a page of {}, where {} was known", seq,
           asked.known - 1);
    std::uint64_t next = 0;
    if (asked.after) {
        const std::uint64_t begin = std::max(*asked.after + 1, first);
        next = check_events(frame, begin);
        expect(events.empty() || next <= end, "a page to {} that should end before {}", next - 1,
               end);
        expect(frame.flag("more") == (next < end), "more is {} at {} of {}", frame.flag("more"),
               next, end);
        // All of it may have been let go just now; then `first` is behind it.
        expect(!events.empty() || begin >= end || first > *asked.after + 1,
               "an empty page of {}..{}", begin, end - 1);
    } else {
        next = check_events(frame, 0);
        // Of one moment: what came while a store read it comes live.
        expect(events.empty() || next == end, "a page that ends at {} instead of {}", next - 1,
               end - 1);
    }
    // Paged or lost: what is asked for is missing no more up to `next`.
    while (asked.for_missing && !missing_.empty() && missing_.front().first < next) {
        Range& oldest = missing_.front();
        expect(first <= oldest.first || !world_.truth.surely_kept(name_, log_epoch(), oldest.first),
               "{} is lost although it should still be kept", oldest.first);
        world_.report.saw(Seen::kGapPaged);
        if (oldest.last >= next) {
            oldest.first = next;
            break;
        }
        missing_.pop_front();
    }
}

// ---- members

void ClientRoom::forget_members() {
    members_.clear();
    members_complete_ = false;
    members_after_.clear();
}

void ClientRoom::take_members(const JsonView& frame) {
    const auto listed = frame.list("members");
    expect(listed.size() <= chat::kPageMembersMax, "{} members in one frame", listed.size());
    for (const JsonView& member : listed) {
        const std::string user = member.text("user");
        expect(user > members_after_, "members are not in order");
        members_after_ = user;
        members_[user] = member.text("name");
    }
    // A joined frame has no "more": the count says it.
    const std::uint64_t count = frame.number("count");
    members_complete_ =
        frame.has("more") && !frame.has("events") ? !frame.flag("more") : members_.size() == count;
    // Several pages of a big room need not be of one moment; later presence mends that.
    expect(!members_complete_ || members_.size() == count ||
               count + chat::kPresenceNamesMax > chat::kBigRoomMembers,
           "{} members, count says {}", members_.size(), count);
}

void ClientRoom::on_members(const JsonView& frame, const std::string& after) {
    if (!in_room_) {
        return;
    }
    const std::uint64_t version = frame.number("version");
    if (after != members_after_ || (!after.empty() && version != version_)) {
        forget_members();  // a page of an older list: from the beginning
        return;
    }
    if (after.empty()) {
        forget_members();
    } else {
        world_.report.saw(Seen::kMembersPaged);
    }
    expect(version >= version_, "members of version {} behind {}", version, version_);
    version_ = version;
    take_members(frame);
}

void ClientRoom::on_presence(const JsonView& frame) {
    if (!expect_in_room("presence")) {
        return;
    }
    world_.report.saw(Seen::kPresence);
    const std::uint64_t version = frame.number("version");
    if (version <= version_) {
        return;  // the list that came with joined is newer
    }
    if (version != version_ + 1 || !members_complete_) {
        world_.report.saw(Seen::kPresenceJump, version != version_ + 1 ? 1 : 0);
        version_ = version;
        forget_members();
        return;
    }
    version_ = version;
    for (const JsonView& joined : frame.list("joined")) {
        members_[joined.text("user")] = joined.text("name");
    }
    for (const JsonView& left : frame.list("left")) {
        members_.erase(left.as_text());
    }
    const std::uint64_t count = frame.number("count");
    // In a big room a frame tells of some of the changes only.
    expect(members_.size() == count || count + chat::kPresenceNamesMax > chat::kBigRoomMembers,
           "{} members after version {}, count says {}", members_.size(), version, count);
}

}  // namespace stentor::sim
