// The slow and the remote log. Thread: the simulation has one. Invariant: see log_thread.h.
#include "tests/sim/log_thread.h"

#include <poll.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "chat/direct_room.h"

namespace stentor::sim {

namespace {

constexpr auto kAppend = static_cast<std::uint32_t>(chat::Rank::kAppend);
constexpr auto kStored = static_cast<std::uint32_t>(chat::Rank::kStored);

bool is_rung(core::Doorbell& doorbell) {
    pollfd readable{doorbell.fd(), POLLIN, 0};
    return ::poll(&readable, 1, 0) == 1;
}

}  // namespace

LogThread::LogThread(World& world, chat::Port& port) : world_(world), port_(port) {
    // A crowd that comes while the first rooms are being opened: more asks wait than may wait.
    if (world.plan.theme == Theme::kCrowd && world.choice.one_in(2)) {
        stalled_until_ = world.clock.now() + std::chrono::seconds{world.choice.between(2, 7)};
    }
}

bool LogThread::may_answer() const {
    return port_.has_room(kStored);
}

bool LogThread::runnable() const {
    const bool stalled = stalled_until_ > world_.clock.now();
    return !asleep_ || is_rung(port_.doorbell()) || (!work_.empty() && !stalled && may_answer());
}

std::optional<core::Instant> LogThread::next_deadline() const {
    if (work_.empty() || stalled_until_ <= world_.clock.now()) {
        return std::nullopt;
    }
    return stalled_until_;
}

void LogThread::turn() {
    port_.awake();
    port_.drain(
        kAppend, 1 + world_.choice.below(64), [] { return true; },
        [this](std::uint32_t from, chat::Envelope&& envelope) {
            work_.push_back({from, std::move(envelope)});
        });
    const bool stalled = stalled_until_ > world_.clock.now();
    if (!stalled && !calm_ && world_.choice.one_in(400)) {
        const auto seconds = std::chrono::seconds{world_.choice.between(1, 8)};
        stalled_until_ = world_.clock.now() + seconds;
        world_.report.trace("log   stalls for {} s", seconds.count());
    } else if (!stalled && (calm_ || world_.choice.one_in(2))) {
        // A batch: one group commit.
        for (std::uint64_t batch = 1 + world_.choice.below(32);
             batch > 0 && !work_.empty() && may_answer(); --batch) {
            handle(work_.front());
            work_.pop_front();
        }
        if (world_.plan.log == LogKind::kRemote && !calm_ && world_.choice.one_in(20) &&
            may_answer()) {
            write_from_elsewhere();
        }
    }
    port_.publish();
    asleep_ = port_.prepare_sleep();
    if (!asleep_) {
        port_.awake();
    }
}

void LogThread::handle(Work& work) {
    if (stalled_until_ != core::Instant{}) {
        world_.report.saw(Seen::kLateCompletion);
    }
    std::visit(
        [&](auto& what) {
            using What = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<What, chat::Box<chat::OpenLog>>) {
                handle_open(work.shard, *what);
            } else if constexpr (std::is_same_v<What, chat::AppendToLog>) {
                handle_append(work.shard, what);
            } else if constexpr (std::is_same_v<What, chat::CloseLog>) {
                world_.report.expect(rooms_.erase(what.key) == 1, "log: close of the closed key {}",
                                     what.key);
            } else {
                world_.report.fail("log: an envelope of another rank");
            }
        },
        work.envelope);
}

void LogThread::handle_open(std::uint32_t shard, const chat::OpenLog& open) {
    const std::string& known = world_.truth.epoch(open.room);
    std::string epoch = known;
    std::uint64_t head = 0;
    // Whose users are told of it without a join, and so not of another epoch.
    const bool is_direct = open.room.starts_with(chat::kDirectRoomPrefix);
    const bool in_use = std::ranges::any_of(
        rooms_, [&](const auto& entry) { return entry.second.room == open.room; });
    if (known.empty() || (!in_use && !is_direct && world_.choice.one_in(8))) {
        epoch = fmt::format("e{}", ++epochs_);  // new, or restored after a power cut
        head = is_direct || world_.choice.one_in(2) ? 0 : world_.choice.below(30);
    } else {
        head = world_.truth.head(open.room, epoch);
    }
    const bool failed = !calm_ && world_.choice.one_in(10);
    // A key that failed to open is never closed.
    if (!failed) {
        world_.truth.opened(open.room, epoch, head);
        rooms_.emplace(open.key, OpenRoom{shard, open.room, epoch});
    }
    answer(shard, std::make_unique<chat::LogOpened>(
                      chat::LogOpened{open.key, failed, failed ? "" : epoch, failed ? 0 : head}));
}

std::optional<chat::ErrorCode> LogThread::objection_to(const OpenRoom& room,
                                                       const chat::Publish& publish) const {
    if (publish.kind == chat::EventKind::kMessage) {
        return std::nullopt;
    }
    return world_.truth.objection(room.room, room.epoch, publish.user.to_string(), publish.kind,
                                  publish.target);
}

void LogThread::number(const OpenRoom& room, chat::Publish& publish) {
    std::int64_t& last = last_at_ms_[room.room];
    last = std::max(last, world_.clock.unix_ms());
    publish.epoch = room.epoch;
    publish.seq = world_.truth.head(room.room, room.epoch) + 1;
    publish.at_ms = last;
    publish.durability = world_.plan.log == LogKind::kRemote ? chat::Durability::kReplicated
                                                             : chat::Durability::kDisk;
    world_.truth.stored(room.room, publish);
}

void LogThread::handle_append(std::uint32_t shard, chat::AppendToLog& append) {
    const auto at = rooms_.find(append.key);
    if (!world_.report.expect(at != rooms_.end(), "log: append under the closed key {}",
                              append.key)) {
        return;
    }
    const OpenRoom& room = at->second;
    chat::Publish& publish = *append.publish;
    const std::string user = publish.user.to_string();
    // Now and then the other node got the same message a moment earlier.
    if (world_.plan.log == LogKind::kRemote && !publish.command_id.empty() && !calm_ &&
        world_.choice.one_in(25) &&
        world_.truth.seq_of(room.room, room.epoch, user, publish.command_id) == 0 &&
        !objection_to(room, publish)) {
        auto foreign = std::make_unique<chat::Publish>(publish);
        foreign->connection = {};
        number(room, *foreign);
        answer(shard, chat::LogStored{append.key, std::move(foreign), false});
    }
    const std::uint64_t first =
        publish.command_id.empty()
            ? 0
            : world_.truth.seq_of(room.room, room.epoch, user, publish.command_id);
    if (first > 0) {
        const LoggedEvent& event = *world_.truth.event(room.room, room.epoch, first);
        if (event.kind != publish.kind || event.content != publish.content ||
            event.reply_to != publish.reply_to || event.target != publish.target ||
            event.on != publish.on) {
            answer(shard, chat::LogRefused{append.key, chat::ErrorCode::kIdReused,
                                           std::move(append.publish)});
            return;
        }
        publish.epoch = room.epoch;
        publish.seq = first;
        publish.at_ms = event.at_ms;
        publish.duplicate = true;
    } else if (const auto objection = objection_to(room, publish)) {
        answer(shard, chat::LogRefused{append.key, *objection, std::move(append.publish)});
        return;
    } else if (!calm_ && world_.choice.one_in(40)) {
        answer(shard, chat::LogRefused{append.key, chat::ErrorCode::kNotStored,
                                       std::move(append.publish)});
        return;
    } else {
        number(room, publish);
    }
    answer(shard, chat::LogStored{append.key, std::move(append.publish), true});
}

// What a user of the other node says.
void LogThread::write_from_elsewhere() {
    if (rooms_.empty()) {
        return;
    }
    auto at = rooms_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(world_.choice.below(rooms_.size())));
    auto publish = std::make_unique<chat::Publish>();
    publish->user = chat::UserId{0xf0f0 + world_.choice.below(3)};
    publish->name = "elsewhere";
    publish->room = at->second.room;
    publish->content = fmt::format("from elsewhere {}", ++foreign_events_);
    publish->command_id = fmt::format("f{}", foreign_events_);
    number(at->second, *publish);
    world_.report.saw(Seen::kForeignEvent);
    answer(at->second.shard, chat::LogStored{at->first, std::move(publish), false});
}

void LogThread::answer(std::uint32_t shard, chat::Envelope&& envelope) {
    port_.push(shard, kStored, std::move(envelope));
}

}  // namespace stentor::sim
