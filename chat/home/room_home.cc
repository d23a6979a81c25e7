// One room at its home: membership, events into runs, pages out of recent events.
// Thread: owner reactor.
// Invariant: see room_home.h.
#include "chat/home/room_home.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "ws/frame_writer.h"

namespace stentor::chat {

RoomHome::RoomHome(Context& context, RoomKey key, std::string name)
    : context_(context), key_(key), name_(std::move(name)), shards_(context.shards) {}

RoomHome::~RoomHome() {
    context_.gauge(ShardGauge::kHistoryBytes, -static_cast<std::int64_t>(recent_bytes_));
    context_.gauge(ShardGauge::kHomeRoomMembers, -static_cast<std::int64_t>(users_.size()));
}

void RoomHome::begin(std::string epoch, std::uint64_t head) {
    epoch_ = std::move(epoch);
    head_ = head;
}

// ---- who is in it

template <typename Ask>
bool RoomHome::is_in(const Ask& ask) {
    if (sessions_.contains(ask.connection.packed())) {
        return true;
    }
    context_.tell(ask.connection.shard, std::make_unique<Refused>(not_in_room(ask)));
    return false;
}

template <typename Ask>
Refused RoomHome::not_in_room(const Ask& ask) const {
    return {ask.connection, ErrorCode::kNotInRoom, ask.command_id,
            "join the room \"" + name_ + "\" first", kAnsweredByPage<Ask>};
}

void RoomHome::handle(const Join& ask) {
    close_run();  // a run ends at any change of membership: who is new gets the events by the page
    presence_.listed();  // on its page stand users whose joins wait to be told
    const auto [member_at, user_is_new] = users_.try_emplace(ask.user);
    Member& member = member_at->second;
    if (user_is_new) {
        member.name = ask.name;
        presence_.joined(ask.user);
        context_.gauge(ShardGauge::kHomeRoomMembers, 1);
    } else {
        set_name(ask.user, member, ask.name);
    }
    member.return_by = 0;
    shards_[ask.connection.shard].local_room = ask.local_room;
    if (sessions_.emplace(ask.connection.packed(), ask.user).second) {
        ++member.sessions;
        count_session(ask.connection.shard, ask.takes_twin, 1);
    }

    auto joined = std::make_unique<Joined>();
    joined->connection = ask.connection;
    joined->number = ask.number;
    joined->room = name_;
    joined->command_id = ask.command_id;
    const bool position_is_known =
        ask.since.epoch == epoch_ && ask.since.seq <= head_ && ask.since.seq + 1 >= first_kept();
    joined->recovered = !ask.resume || position_is_known;
    joined->page = ask.resume && position_is_known ? page_after(ask.since.seq, 0, kPageEventsMax)
                                                   : page_newest(0, ask.history);
    joined->members = members_page(UserId{}, kPageMembersMax);
    context_.count(ShardCounter::kJoins);
    context_.tell(ask.connection.shard, std::move(joined));
}

void RoomHome::handle(const Leave& ask) {
    const auto session = sessions_.find(ask.connection.packed());
    if (session == sessions_.end()) {
        if (ask.number != 0) {  // its join was refused, or it left before
            context_.tell(ask.connection.shard, std::make_unique<Refused>(not_in_room(ask)));
        }
        return;
    }
    close_run();
    if (ask.number != 0) {
        context_.tell(ask.connection.shard, std::make_unique<Left>(Left{ask.connection, ask.number,
                                                                        name_, ask.command_id}));
    }
    const UserId user = session->second;
    sessions_.erase(session);
    count_session(ask.connection.shard, ask.takes_twin, -1);
    Member& member = users_.at(user);
    if (--member.sessions > 0) {
        return;
    }
    if (ask.dropped) {
        member.return_by = ++returns_begun_;
        returns_.push_back({context_.now + kDroppedUserStays, member.return_by, user});
    } else {
        remove_user(user);
    }
}

// A run ends before the count changes, so all of it has a twin or none.
void RoomHome::count_session(std::uint32_t shard, bool takes_twin, std::int32_t by) {
    const auto change = static_cast<std::uint32_t>(by);  // modulo 2^32, as the counts are
    shards_[shard].sessions += change;
    if (takes_twin) {
        shards_[shard].twin_sessions += change;
        twin_sessions_ += change;
        context_.gauge(ShardGauge::kHomeTwinSessions, by);
    }
}

void RoomHome::remove_user(UserId user) {
    users_.erase(user);
    presence_.left(user);
    context_.gauge(ShardGauge::kHomeRoomMembers, -1);
}

void RoomHome::set_name(UserId user, Member& member, const std::string& name) {
    if (member.name != name) {
        member.name = name;
        presence_.renamed(user);
    }
}

void RoomHome::on_timer() {
    while (!returns_.empty() && returns_.front().until <= context_.now) {
        const auto at = users_.find(returns_.front().user);
        if (at != users_.end() && at->second.return_by == returns_.front().number) {
            remove_user(at->first);
        }
        returns_.pop_front();
    }
}

std::optional<core::Instant> RoomHome::next_deadline() const {
    std::optional<core::Instant> next = presence_.next_deadline();
    if (!returns_.empty() && (!next || returns_.front().until < *next)) {
        next = returns_.front().until;
    }
    return next;
}

// ---- events

std::unique_ptr<Publish> RoomHome::handle(std::unique_ptr<Publish> ask) {
    if (!is_in(*ask)) {
        return nullptr;
    }
    if (ask->reply_to > head_) {
        refuse(*ask, ErrorCode::kNoSuchMessage, "reply_to: the room has no such message");
        return nullptr;
    }
    set_name(ask->user, users_.at(ask->user), ask->name);
    ++in_log_;
    return ask;
}

void RoomHome::on_stored(LogStored&& stored) {
    Publish& publish = *stored.publish;
    in_log_ -= stored.ours ? 1 : 0;
    if (!publish.duplicate) {
        STENTOR_CHECK(publish.seq == head_ + 1);
        append_to_run(publish);
        head_ = publish.seq;
        context_.count(ShardCounter::kPublished);
    } else {
        context_.count(ShardCounter::kDuplicates);
    }
    // On the lane before the run that holds the event, so the ack comes before the message.
    if (stored.ours && !publish.command_id.empty()) {
        context_.tell(publish.connection.shard, Acked{std::move(stored.publish)});
    }
}

void RoomHome::on_refused(LogRefused&& refused) {
    --in_log_;
    switch (refused.code) {
        case ErrorCode::kIdReused:
            refuse(*refused.publish, refused.code,
                   "id: already used by you in this room for another text");
            break;
        case ErrorCode::kNotStored:
            refuse(*refused.publish, refused.code, "the message could not be stored");
            break;
        default:
            refuse(*refused.publish, ErrorCode::kUnavailable,
                   "busy: nothing was accepted, try again");
    }
}

void RoomHome::refuse(const Publish& ask, ErrorCode code, std::string message) {
    context_.tell(ask.connection.shard,
                  std::make_unique<Refused>(Refused{.connection = ask.connection,
                                                    .code = code,
                                                    .command_id = ask.command_id,
                                                    .message = std::move(message)}));
}

void RoomHome::append_to_run(const Publish& publish) {
    std::string& json = context_.scratch;
    json.clear();
    append_message(json, {.room = name_,
                          .seq = publish.seq,
                          .at_ms = publish.at_ms,
                          .user = publish.user,
                          .from = publish.name,
                          .content = publish.content,
                          .client_id = publish.command_id,
                          .reply_to = publish.reply_to});
    if (run_ && !run_->takes(json.size())) {
        close_run();
    }
    if (!run_) {
        run_ = context_.runs.take();
    }
    run_->append(json, twin_deflater());
}

void RoomHome::close_run() {
    if (!run_) {
        return;
    }
    const core::SharedBytes block = core::SharedBytes::copy_of(run_->plain());
    const core::SharedBytes twin = core::SharedBytes::copy_of(run_->twin());
    const std::uint64_t first = head_ - run_->frames().size() + 1;
    std::uint64_t seq = first;
    for (const EventRun::Frame& frame : run_->frames()) {
        recent_.push_back({seq++, block, frame.offset, frame.size, frame.header_size});
    }
    recent_bytes_ += block.size();
    context_.gauge(ShardGauge::kHistoryBytes, static_cast<std::int64_t>(block.size()));
    context_.runs.give_back(std::move(run_));
    while (recent_.size() > kRoomEventsMax ||
           (recent_bytes_ > kRoomBytesMax && recent_.size() > 1)) {
        drop_oldest_event();
    }
    tell_members(block, twin, first, head_);
}

void RoomHome::drop_oldest_event() {
    recent_bytes_ -= recent_.front().size;
    context_.gauge(ShardGauge::kHistoryBytes, -std::int64_t{recent_.front().size});
    recent_.pop_front();
}

void RoomHome::tell_members(const core::SharedBytes& frames, const core::SharedBytes& twin,
                            std::uint64_t first, std::uint64_t last) {
    for (std::uint32_t shard = 0; shard < shards_.size(); ++shard) {
        const OnShard& there = shards_[shard];
        if (there.sessions > 0) {
            context_.tell(shard, Deliver{there.local_room, first, last, frames,
                                         there.twin_sessions > 0 ? twin : core::SharedBytes()});
        }
    }
}

void RoomHome::tell_what_is_new() {
    if (presence_.due(context_.now, users_.size())) {
        tell_presence();
    }
    close_run();
}

void RoomHome::tell_presence() {
    const PresenceLedger::News news = presence_.take(context_.now, users_.size());
    if (sessions_.empty()) {
        return;
    }
    std::vector<MemberView> joined;
    for (const UserId user : news.joined) {
        joined.push_back({user, users_.at(user).name});
    }
    std::string json;
    append_presence(json, name_, presence_.version(), users_.size(), joined, news.left);
    EventRun frame;
    frame.append(json, twin_deflater());
    tell_members(core::SharedBytes::copy_of(frame.plain()),
                 core::SharedBytes::copy_of(frame.twin()), 0, 0);
}

// ---- reading

void RoomHome::handle(const ListMembers& ask) {
    if (!is_in(ask)) {
        return;
    }
    presence_.listed();
    context_.tell(ask.connection.shard,
                  std::make_unique<MembersListed>(MembersListed{
                      ask.connection, name_, ask.command_id, members_page(ask.after, ask.limit)}));
}

void RoomHome::handle(const ReadHistory& ask) {
    if (!is_in(ask)) {
        return;
    }
    close_run();
    auto read = std::make_unique<HistoryRead>();
    read->connection = ask.connection;
    read->room = name_;
    read->command_id = ask.command_id;
    read->page = ask.from_oldest ? page_after(ask.after, ask.before, ask.limit)
                                 : page_newest(ask.before, ask.limit);
    context_.tell(ask.connection.shard, std::move(read));
}

MembersPage RoomHome::members_page(UserId after, std::uint32_t limit) const {
    MembersPage page;
    page.version = presence_.version();
    page.count = users_.size();
    auto at = users_.upper_bound(after);
    for (; at != users_.end() && page.members.size() < limit; ++at) {
        page.members.push_back({at->first, std::string(at->second.name)});
    }
    page.more = at != users_.end();
    return page;
}

EventsPage RoomHome::empty_page() const {
    return {.epoch = epoch_, .head = head_, .first = first_kept(), .more = false, .events = {}};
}

namespace {

void put_event(std::string& events, const EventFrame& event) {
    if (!events.empty()) events.push_back(',');
    events.append(event.json());
}

// Counts what still fits one page: events and bytes.
class PageRoom {
public:
    PageRoom(std::uint32_t events, std::size_t outbox_bytes)
        : events_(std::min(events, kPageEventsMax)),
          bytes_(std::min(kPageBytesMax, outbox_bytes / 2)) {}
    // One event always fits, or nobody could ever read it.
    bool take(const EventFrame& event) {
        if (events_ == 0 || (taken_ > 0 && event.size > bytes_)) {
            return false;
        }
        --events_;
        ++taken_;
        bytes_ -= std::min<std::size_t>(bytes_, event.size);
        return true;
    }

private:
    std::uint32_t events_;
    std::uint32_t taken_ = 0;
    std::size_t bytes_;
};

}  // namespace

// Oldest first from after + 1; `more`: newer ones remain within the bounds.
EventsPage RoomHome::page_after(std::uint64_t after, std::uint64_t before,
                                std::uint32_t limit) const {
    EventsPage page = empty_page();
    PageRoom room(limit, context_.limits.outbox_bytes);
    const std::uint64_t first = std::max(after + 1, page.first);
    context_.scratch.clear();
    for (std::uint64_t seq = first; seq <= head_ && (before == 0 || seq < before); ++seq) {
        const EventFrame& event = recent_[seq - page.first];
        if (!room.take(event)) {
            page.more = true;
            break;
        }
        put_event(context_.scratch, event);
    }
    page.events = core::SharedBytes::copy_of(context_.scratch);
    return page;
}

// The newest below `before`, oldest first; `more`: older ones exist.
EventsPage RoomHome::page_newest(std::uint64_t before, std::uint32_t limit) const {
    EventsPage page = empty_page();
    PageRoom room(limit, context_.limits.outbox_bytes);
    const std::uint64_t end = before == 0 ? head_ + 1 : std::min(before, head_ + 1);
    std::uint64_t begin = end;
    while (begin > page.first && room.take(recent_[begin - 1 - page.first])) {
        --begin;
    }
    context_.scratch.clear();
    for (std::uint64_t seq = begin; seq < end; ++seq) {
        put_event(context_.scratch, recent_[seq - page.first]);
    }
    page.events = core::SharedBytes::copy_of(context_.scratch);
    page.more = begin > page.first;
    return page;
}

}  // namespace stentor::chat
