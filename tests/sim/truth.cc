// The one order of each room. Thread: the simulation has one. Invariant: see truth.h.
#include "tests/sim/truth.h"

#include <algorithm>

#include "core/check.h"

namespace stentor::sim {

namespace {

// Well below what a memory room keeps (kRoomEventsMax, kRoomBytesMax with the frames' other
// fields).
constexpr std::uint64_t kSurelyKeptEvents = 900;
constexpr std::uint64_t kSurelyKeptBytes = 600 * 1024;
constexpr std::int64_t kDayMs = 24 * 60 * 60 * 1000;
// As chat/log/sqlite_retention.cc.
constexpr std::int64_t kEmptyRoomKeptDays = 7;

}  // namespace

const Truth::Epoch* Truth::find(const std::string& room, const std::string& epoch) const {
    if (last_ == nullptr || last_->first.second != epoch || last_->first.first != room) {
        const auto at = past_.epochs.find({room, epoch});
        if (at == past_.epochs.end()) {
            return nullptr;
        }
        last_ = &*at;
    }
    return &last_->second;
}

void Truth::opened(const std::string& room, const std::string& epoch, std::uint64_t head) {
    const auto [at, is_new] = past_.epochs.try_emplace({room, epoch});
    if (is_new) {
        at->second.base = head;
    }
    report_.expect(at->second.head() == head, "room {} opened at {} of {}", room, head,
                   at->second.head());
    past_.current[room] = epoch;
}

void Truth::reopened(const std::string& room, const std::string& epoch, std::uint64_t head,
                     std::string_view newest) {
    const auto known = past_.current.find(room);
    if (known == past_.current.end()) {
        report_.expect(head == 0, "room {} is new and opened at {}", room, head);
    } else {
        const bool is_whole = past_.epochs.at({room, known->second}).power_cuts == past_.power_cuts;
        const Epoch& before = what_survived(room, known->second, is_whole ? 0 : head, newest);
        if (is_whole && known->second != epoch && may_be_forgotten(before)) {
            report_.saw(Seen::kRoomForgotten);
            past_.forgotten.insert({room, known->second});
            begin(room, epoch, head);
            report_.expect(head == 0, "room {} begins anew at {}", room, head);
            return;
        }
        report_.expect((known->second == epoch) == is_whole, "room {} has the epoch {} after {}{}",
                       room, epoch, known->second, is_whole ? "" : " and a power cut");
        report_.expect(head <= before.head(), "room {} opened at {} of {}", room, head,
                       before.head());
        if (!is_whole && head == 0 && plan_.retain_days > 0) {
            past_.forgotten.insert({room, known->second});  // lost, or forgotten behind the cut
        }
        report_.saw(is_whole ? Seen::kEpochKept : Seen::kEpochLost);
        report_.saw(Seen::kEventsLost, before.head() - std::min(head, before.head()));
        if (!is_whole && !report_.failed()) {
            inherit(past_.epochs[{room, epoch}], before, head);
        }
    }
    begin(room, epoch, head);
}

// A power cut may have undone that the room was forgotten, and more than one, each time that it is
// forgotten anew: then it is the one before again.
const Truth::Epoch& Truth::what_survived(const std::string& room, const std::string& current,
                                         std::uint64_t head, std::string_view newest) const {
    const auto is_it = [&](const Epoch& epoch) {
        if (head > epoch.head()) return false;
        if (head <= epoch.base || plan_.retain_days == 0) return true;
        const LoggedEvent& logged = epoch.events[head - epoch.base - 1];
        if (newest.empty()) return clock_.latest_ms() - logged.at_ms >= plan_.retain_days * kDayMs;
        return newest.find(fmt::format(R"("at":{},)", logged.at_ms)) != newest.npos &&
               newest.find(fmt::format(R"("client_id":"{}")", logged.client_id)) != newest.npos;
    };
    const Epoch& epoch = past_.epochs.at({room, current});
    if (is_it(epoch)) return epoch;
    for (const RoomEpoch& one : past_.forgotten) {
        const Epoch& forgotten = past_.epochs.at(one);
        if (one.first == room && is_it(forgotten)) return forgotten;
    }
    return epoch;
}

void Truth::begin(const std::string& room, const std::string& epoch, std::uint64_t head) {
    opened(room, epoch, head);
    Epoch& begun = past_.epochs[{room, epoch}];
    begun.power_cuts = past_.power_cuts;
}

// Where one was removed, those that nobody ever wrote to have other epochs, too.
bool Truth::may_be_forgotten(const Epoch& epoch) const {
    return plan_.retain_days > 0 &&
           (epoch.events.empty() ||
            clock_.latest_ms() - epoch.events.back().at_ms >= kEmptyRoomKeptDays * kDayMs);
}

void Truth::restored() {
    past_ = backup_;
    last_ = nullptr;
    was_restored_ = true;
}

void Truth::renewed(const std::string& room, const std::string& epoch, std::uint64_t head) {
    const std::string before = this->epoch(room);
    report_.expect(was_restored_, "room {} has a new epoch, and nobody has proof of another past",
                   room);
    report_.expect(head == this->head(room, before) && !knows(room, epoch),
                   "room {} is renewed as {} at {} of {}", room, epoch, head,
                   this->head(room, before));
    const Epoch copy = past_.epochs[{room, before}];
    past_.epochs[{room, epoch}] = copy;
    past_.renewed[{room, before}] = epoch;
    past_.current[room] = epoch;
    report_.saw(Seen::kEpochRenewed);
    report_.trace("log   {} is renewed as {} at {}", room, epoch, head);
}

const std::string& Truth::newest_name(const std::string& room, const std::string& epoch) const {
    const auto at = past_.renewed.find({room, epoch});
    return at == past_.renewed.end() ? epoch : newest_name(room, at->second);
}

// Its first events are those of the epoch before.
void Truth::inherit(Epoch& epoch, const Epoch& before, std::uint64_t head) const {
    epoch.events.assign(before.events.begin(),
                        before.events.begin() + static_cast<std::ptrdiff_t>(head));
    for (const auto& [id, seq] : before.by_id) {
        if (seq <= head) epoch.by_id[id] = seq;
    }
    for (const auto& [target, changes] : before.changes) {
        for (const std::uint64_t change : changes) {
            if (change <= head) epoch.changes[target].push_back(change);
        }
    }
    epoch.bytes = head == before.head() ? before.bytes : before.events[head].bytes_before;
}

void Truth::stored(const std::string& room, const chat::Publish& publish) {
    Epoch& epoch = past_.epochs[{room, publish.epoch}];
    const std::string user = publish.user.to_string();
    report_.expect(publish.seq == epoch.head() + 1, "room {}: {} was numbered behind {}", room,
                   publish.seq, epoch.head());
    report_.expect(epoch.events.empty() || publish.at_ms >= epoch.events.back().at_ms,
                   "room {}: {} is older than what stands before it", room, publish.seq);
    if (!publish.command_id.empty()) {
        const std::uint64_t before = seq_of(room, publish.epoch, user, publish.command_id);
        report_.expect(before == 0 || !surely_remembered(room, publish.epoch, before),
                       "room {}: {} of {} is stored as {} and as {}", room, publish.command_id,
                       user, before, publish.seq);
        epoch.by_id[{user, publish.command_id}] = publish.seq;
        ++ids_[{user, publish.command_id}];
    }
    if (publish.kind != chat::EventKind::kMessage) {
        report_.expect(!objection(room, publish.epoch, user, publish.kind, publish.target),
                       "room {}: {} changes {}, which it must not", room, publish.seq,
                       publish.target);
        epoch.changes[publish.target].push_back(publish.seq);
    }
    epoch.events.push_back({publish.kind, user, publish.name, publish.command_id, publish.content,
                            publish.reply_to, publish.target, publish.on, publish.at_ms,
                            epoch.bytes});
    epoch.bytes += publish.content.size();
    ++events_;
    report_.trace("log   {} {} = {} {}", room, publish.seq, publish.name, publish.command_id);
    report_.digest(publish.command_id);
}

void Truth::duplicate(const std::string& room, const chat::Publish& publish) {
    const LoggedEvent* first = event(room, publish.epoch, publish.seq);
    report_.expect(first != nullptr && first->client_id == publish.command_id &&
                       first->kind == publish.kind && first->target == publish.target &&
                       first->content == publish.content && first->at_ms == publish.at_ms,
                   "room {}: {} is called a duplicate of {}", room, publish.command_id,
                   publish.seq);
}

const LoggedEvent* Truth::event(const std::string& room, const std::string& epoch,
                                std::uint64_t seq) const {
    const Epoch* found = find(room, epoch);
    if (found == nullptr || seq <= found->base || seq > found->head()) {
        return nullptr;
    }
    return &found->events[seq - found->base - 1];
}

std::vector<std::uint64_t> Truth::changes(const std::string& room, const std::string& epoch,
                                          std::uint64_t seq) const {
    const Epoch* found = find(room, epoch);
    if (found == nullptr) {
        return {};
    }
    const auto at = found->changes.find(seq);
    return at == found->changes.end() ? std::vector<std::uint64_t>() : at->second;
}

std::uint64_t Truth::head_unopened(const std::string& room) const {
    std::uint64_t most = head(room, epoch(room));
    for (const RoomEpoch& one : past_.forgotten) {
        if (one.first == room) most = std::max(most, head(room, one.second));
    }
    return most;
}

MessageState Truth::state(const std::string& room, const std::string& epoch, std::uint64_t seq,
                          std::uint64_t upto) const {
    const LoggedEvent* message = event(room, epoch, seq);
    STENTOR_CHECK(message != nullptr);
    MessageState state{.content = message->content, .reactions = {}};
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> who;  // user, name
    for (const std::uint64_t change : changes(room, epoch, seq)) {
        if (change > upto) {
            break;
        }
        const LoggedEvent* change_made = event(room, epoch, change);
        STENTOR_CHECK(change_made != nullptr);
        const LoggedEvent& made = *change_made;
        if (made.kind == chat::EventKind::kEdited) {
            state.content = made.content;
            state.edited_at_ms = made.at_ms;
        } else if (made.kind == chat::EventKind::kDeleted) {
            return {.content = "", .edited_at_ms = 0, .deleted = true, .reactions = {}};
        } else {
            auto& users = who[made.content];
            const auto here =
                std::ranges::find(users, made.user, &std::pair<std::string, std::string>::first);
            if (made.on && here == users.end()) {
                users.emplace_back(made.user, made.from);
            } else if (!made.on && here != users.end()) {
                users.erase(here);
            }
        }
    }
    for (const auto& [emoji, users] : who) {
        for (const auto& [user, name] : users) {
            state.reactions[emoji].push_back(name);
        }
    }
    return state;
}

std::optional<chat::ErrorCode> Truth::objection(const std::string& room, const std::string& epoch,
                                                const std::string& user, chat::EventKind kind,
                                                std::uint64_t target) const {
    const LoggedEvent* message = event(room, epoch, target);
    if (message == nullptr || message->kind != chat::EventKind::kMessage ||
        state(room, epoch, target, head(room, epoch)).deleted) {
        return chat::ErrorCode::kNoSuchMessage;
    }
    if (kind != chat::EventKind::kReacted && message->user != user) {
        return chat::ErrorCode::kForbidden;
    }
    return std::nullopt;
}

std::uint64_t Truth::head(const std::string& room, const std::string& epoch) const {
    const Epoch* found = find(room, epoch);
    return found == nullptr ? 0 : found->head();
}

const std::string& Truth::epoch(const std::string& room) const {
    static const std::string kNone;
    const auto at = past_.current.find(room);
    return at == past_.current.end() ? kNone : at->second;
}

const std::string& Truth::epoch_of(const std::string& room, std::uint64_t seq,
                                   std::int64_t at_ms) const {
    const auto was_in = [&](const std::string& epoch) {
        const LoggedEvent* logged = event(room, epoch, seq);
        return logged != nullptr && logged->at_ms == at_ms;
    };
    const std::string& newest = epoch(room);
    if (was_in(newest)) return newest;
    const auto forgotten = std::ranges::find_if(past_.forgotten, [&](const RoomEpoch& past) {
        return past.first == room && was_in(past.second);
    });
    return forgotten != past_.forgotten.end() ? forgotten->second : newest;
}

std::uint64_t Truth::seq_of(const std::string& room, const std::string& epoch,
                            const std::string& user, const std::string& client_id) const {
    const Epoch* found = find(room, epoch);
    if (found == nullptr) {
        return 0;
    }
    const auto at = found->by_id.find({user, client_id});
    return at == found->by_id.end() ? 0 : at->second;
}

bool Truth::has_id_anywhere(const std::string& user, const std::string& client_id) const {
    return ids_.contains({user, client_id});
}

bool Truth::surely_kept(const std::string& room, const std::string& epoch,
                        std::uint64_t seq) const {
    return (plan_.log == LogKind::kMemory || plan_.log == LogKind::kSqlite) &&
           surely_remembered(room, epoch, seq);
}

bool Truth::surely_remembered(const std::string& room, const std::string& epoch,
                              std::uint64_t seq) const {
    const LoggedEvent* logged = event(room, epoch, seq);
    if (this->epoch(room) != epoch || logged == nullptr) {
        return false;
    }
    if (plan_.log == LogKind::kSqlite) {
        const std::int64_t age_ms = clock_.latest_ms() - logged->at_ms;
        return (plan_.retain_events == 0 || head(room, epoch) - seq < plan_.retain_events) &&
               (plan_.retain_days == 0 || age_ms < plan_.retain_days * kDayMs);
    }
    if (plan_.log != LogKind::kMemory) {
        return true;  // the fakes never forget within an epoch
    }
    const Epoch& found = *find(room, epoch);
    return found.head() - seq < kSurelyKeptEvents &&
           found.bytes - logged->bytes_before < kSurelyKeptBytes;
}

}  // namespace stentor::sim
