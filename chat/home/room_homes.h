// The rooms at home on this shard: finds or opens them, keeps asks waiting while the log opens one
// (room_homes_waiting.cc), brings publishes to the log and its answers back.
// Thread: owner reactor.
// Invariant: asks about one room are handled in the order in which they came.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/context.h"
#include "chat/home/room_home.h"
#include "chat/log/room_log.h"

namespace stentor::chat {

class RoomHomes final : public LogSink {
public:
    RoomHomes(Context& context, RoomLog& log, Directory* directory = nullptr);
    ~RoomHomes() override;

    // An ask about a room, boxed as it came.
    using Ask = std::variant<Box<Join>, Box<Leave>, Box<Publish>, Box<ListMembers>,
                             Box<ReadHistory>, Box<SayTyping>, Box<ReadUpTo>>;
    void handle(Ask&& ask);
    // For the operator (room_survey.cc).
    void handle(const SurveyRooms& ask);
    // Answers by RoomsListed, with what the rooms that are open here know better.
    void handle(LookAtRooms&& ask);

    void on_log_opened(LogOpened&& opened) override;
    void on_log_stored(LogStored&& stored) override;
    void on_log_refused(LogRefused&& refused) override;
    void on_log_read(LogRead&& read) override;
    void on_log_trimmed(LogTrimmed trimmed) override;

    // Once a turn, behind all asks: asks that waited, then what is new in each room that has news.
    void end_turn();
    // Is there something to do that the next end_turn() can do?
    bool ready() const { return !touched_.empty() || must_relieve_; }
    // Memory is short: at the end of the turn some rooms go, longest empty first.
    void let_empty_rooms_go() { must_relieve_ = true; }
    void on_timer(core::Timer& timer);

private:
    // Of a room whose log gets a new epoch: the asks behind the one that called for it wait.
    enum class Renewal : std::uint8_t { kNone, kWanted, kAsked };
    struct Entry {
        Entry(RoomServices& services, RoomKey key, std::string_view name);
        bool must_wait() const { return !open || renewal != Renewal::kNone || waiting; }

        RoomHome room;
        core::Timer timer;
        bool open = false;
        bool touched = false;  // stands in touched_
        Renewal renewal = Renewal::kNone;
        core::Instant patience_ends{};  // of a renewal: what waits then is refused
        // While the log opens, and until they had their turn; null: none wait.
        std::unique_ptr<std::list<Ask>> waiting;
        std::optional<std::list<RoomKey>::iterator> empty_at;  // place among the empty rooms
    };

    bool is_admitted(const Ask& ask);
    Entry* find_or_open(const std::string& name);
    Entry* find(RoomKey key);
    void wait(Entry& entry, Ask&& ask);
    void turn_away(Entry& entry, Ask&& ask);
    void apply(Entry& entry, Ask&& ask);
    void apply_waiting(Entry& entry);
    void settle_refused(Entry& entry, Ask&& ask, const char* message);
    void refuse_waiting(Entry& entry);
    void refuse(const Ask& ask, ErrorCode code, const char* message);
    void begin_renewal(Entry& entry, Ask&& join);
    void go_on_renewing(Entry& entry);
    void touch(Entry& entry);
    void settle(Entry& entry);
    void forget(Entry& entry);
    bool make_room();
    void relieve();
    void bound_history(RoomHome& newest);

    RoomServices services_;
    Context& context_;
    RoomLog& log_;
    boost::unordered_flat_map<std::string, RoomKey, core::StringHash, std::equal_to<>> by_name_;
    boost::unordered_flat_map<RoomKey, std::unique_ptr<Entry>, core::IdHash> rooms_;
    RoomKey keys_used_ = 0;
    std::vector<RoomKey> touched_;      // rooms that may have news at the end of this turn
    std::vector<RoomKey> touched_now_;  // those of the turn that ends; kept for its memory
    std::list<RoomKey> empty_;  // rooms with history and nobody in them, longest empty first
    bool must_relieve_ = false;
};

}  // namespace stentor::chat
