// What really happened, told by the log alone: for each room and epoch the events in their one
// order. Whatever a client was shown is compared with it. Thread: the simulation has one.
// Invariant: an event is here before anybody can have been told of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/envelope.h"
#include "tests/sim/plan.h"
#include "tests/sim/report.h"
#include "tests/sim/sim_clock.h"

namespace stentor::sim {

struct LoggedEvent {
    chat::EventKind kind = chat::EventKind::kMessage;
    std::string user;
    std::string from;
    std::string client_id;
    std::string content;  // of a reaction the emoji
    std::uint64_t reply_to = 0;
    std::uint64_t target = 0;
    bool on = true;
    std::int64_t at_ms = 0;
    std::uint64_t bytes_before = 0;  // contents of the events before it
};

// What a message had become when some later event was the newest.
struct MessageState {
    std::string content;
    std::int64_t edited_at_ms = 0;
    bool deleted = false;
    std::map<std::string, std::vector<std::string>> reactions;  // emoji -> names, as they came
    friend bool operator==(const MessageState&, const MessageState&) = default;
};

class Truth {
public:
    Truth(Report& report, const Plan& plan, const SimClock& clock)
        : report_(report), plan_(plan), clock_(clock) {}

    // ---- told by the logs
    // The room's events are in this epoch from now on; `head` is the newest of those before us.
    void opened(const std::string& room, const std::string& epoch, std::uint64_t head);
    // The same by a log that outlives its process: everything is still there, unless power was lost
    // since the room was last open; then the events up to `head` are, in another epoch. `newest` is
    // the JSON of that event, if it is still kept, where rooms may be forgotten.
    void reopened(const std::string& room, const std::string& epoch, std::uint64_t head,
                  std::string_view newest);
    // What was not synced may be gone, in every room.
    void lost_power() { ++past_.power_cuts; }
    // A copy of the log is made; later it is the log, and what came since was never there.
    void backed_up() { backup_ = past_; }
    void restored();
    // Somebody proved that the room was restored: its events are those of a new epoch from now on.
    void renewed(const std::string& room, const std::string& epoch, std::uint64_t head);
    void stored(const std::string& room, const chat::Publish& publish);
    void duplicate(const std::string& room, const chat::Publish& publish);

    // ---- asked by the clients
    const LoggedEvent* event(const std::string& room, const std::string& epoch,
                             std::uint64_t seq) const;
    std::uint64_t head(const std::string& room, const std::string& epoch) const;
    // The head of a room that nobody has opened since a power cut, which may have undone that it
    // was forgotten, is at most this.
    std::uint64_t head_unopened(const std::string& room) const;
    // Of a message, with all that happened up to the event `upto`.
    MessageState state(const std::string& room, const std::string& epoch, std::uint64_t seq,
                       std::uint64_t upto) const;
    // The events that change it, in order.
    std::vector<std::uint64_t> changes(const std::string& room, const std::string& epoch,
                                       std::uint64_t seq) const;
    // Why nothing may be logged that changes `target`; nothing: it may.
    std::optional<chat::ErrorCode> objection(const std::string& room, const std::string& epoch,
                                             const std::string& user, chat::EventKind kind,
                                             std::uint64_t target) const;
    // What the epoch is called now: another name once it was renewed.
    const std::string& newest_name(const std::string& room, const std::string& epoch) const;
    // Was the room forgotten, so that another one has its name now?
    bool is_forgotten(const std::string& room, const std::string& epoch) const {
        return past_.forgotten.contains({room, epoch});
    }
    // Empty when the room was never opened.
    const std::string& epoch(const std::string& room) const;
    // In which one an event was, that says no epoch: the newest, unless it was said before that.
    const std::string& epoch_of(const std::string& room, std::uint64_t seq,
                                std::int64_t at_ms) const;
    // Seq of the newest event of the user with that id in the epoch; 0: there is none.
    std::uint64_t seq_of(const std::string& room, const std::string& epoch, const std::string& user,
                         const std::string& client_id) const;
    bool has_id_anywhere(const std::string& user, const std::string& client_id) const;
    // Must the event still be there to be paged? (memory rooms: the newest ones, by far not all)
    bool surely_kept(const std::string& room, const std::string& epoch, std::uint64_t seq) const;
    // Must the log still know the id of that event?
    bool surely_remembered(const std::string& room, const std::string& epoch,
                           std::uint64_t seq) const;
    std::uint64_t events() const { return events_; }
    std::size_t rooms() const { return past_.current.size(); }

    bool knows(const std::string& room, const std::string& epoch) const {
        return find(room, epoch) != nullptr;
    }

private:
    struct Epoch {
        std::uint64_t base = 0;  // events up to here were there before the run
        std::vector<LoggedEvent> events;
        std::map<std::pair<std::string, std::string>, std::uint64_t> by_id;  // (user, client id)
        std::map<std::uint64_t, std::vector<std::uint64_t>> changes;         // by target
        std::uint64_t bytes = 0;
        std::uint32_t power_cuts = 0;  // before it
        std::uint64_t head() const { return base + events.size(); }
    };
    void inherit(Epoch& epoch, const Epoch& before, std::uint64_t head) const;
    using RoomEpoch = std::pair<std::string, std::string>;
    struct Past {
        std::map<RoomEpoch, Epoch> epochs;
        std::map<std::string, std::string> current;  // room -> epoch
        std::map<RoomEpoch, std::string> renewed;
        std::set<RoomEpoch> forgotten;
        std::uint32_t power_cuts = 0;
    };
    const Epoch* find(const std::string& room, const std::string& epoch) const;
    // Is it empty, or all of it so old that the room itself may be gone?
    bool may_be_forgotten(const Epoch& epoch) const;
    const Epoch& what_survived(const std::string& room, const std::string& current,
                               std::uint64_t head, std::string_view newest) const;
    void begin(const std::string& room, const std::string& epoch, std::uint64_t head);

    Report& report_;
    const Plan plan_;
    const SimClock& clock_;
    Past past_;
    Past backup_;
    bool was_restored_ = false;
    std::map<std::pair<std::string, std::string>, std::uint64_t> ids_;
    std::uint64_t events_ = 0;
    // What was asked for last: everybody asks about the same few, again and again.
    mutable const std::pair<const RoomEpoch, Epoch>* last_ = nullptr;
};

}  // namespace stentor::sim
