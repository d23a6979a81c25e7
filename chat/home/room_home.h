// One room at its home: who is in it (room_home.cc), its events and what this turn adds to them
// (room_home_events.cc), and what is read of it (room_home_pages.cc). A direct room
// (chat/direct_room.h) is used by its two users, in it or not, and told to all shards.
// Thread: owner reactor of the home.
// Invariant: every member shard is told the events 1, 2, 3, … in order and each once; a session
// counts from the turn in which it is told Joined.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/direct_room.h"
#include "chat/home/event_run.h"
#include "chat/home/held_events.h"
#include "chat/home/page_reads.h"
#include "chat/home/presence_ledger.h"
#include "chat/home/read_positions.h"
#include "chat/home/room_members.h"
#include "chat/home/room_services.h"
#include "core/compact_text.h"

namespace stentor::chat {

class RoomHome {
public:
    RoomHome(RoomServices& services, RoomKey key, std::string_view name);
    ~RoomHome();
    RoomHome(const RoomHome&) = delete;
    RoomHome& operator=(const RoomHome&) = delete;

    // The log is open: from now on the handlers below may be called.
    void begin(const LogOpened& opened);
    // Does this join prove that the room has another past than its epoch says? Then the log must
    // renew it first, once nothing is in the log any more.
    bool needs_new_epoch(const Join& ask) const;
    void renew(const LogOpened& opened);
    bool in_log() const { return in_log_ > 0; }

    // Whoever asks about a direct room is one of its users; the caller has seen to that.
    void handle(const Join& ask);
    void handle(const Leave& ask);
    // What must reach the log comes back; a publish that is refused is answered here.
    std::unique_ptr<Publish> handle(std::unique_ptr<Publish> ask);
    void handle(const ListMembers& ask);
    void handle(const ReadHistory& ask);
    void handle(const SayTyping& ask);
    void handle(const ReadUpTo& ask);
    // What is known here for a user's list of rooms. `work`: events that may still be looked at.
    void look(RoomLine& line, UserId user, std::size_t& work);

    void on_stored(LogStored&& stored);
    void on_refused(const LogRefused& refused);
    void on_read(LogRead&& read);
    void on_trimmed(std::uint64_t first);

    // End of turn: presence and positions that are due, then the run; all as tells. Pages that
    // changed under way are read again.
    void tell_what_is_new();
    // Is there a page to be read again, for which there was no room?
    bool must_go_on() const { return reads_ && reads_->must_repeat(); }
    // Users who dropped and did not come back leave now.
    void on_timer();
    // When on_timer() or tell_what_is_new() next has something to do by itself.
    std::optional<core::Instant> next_deadline() const;

    RoomKey key() const { return key_; }
    std::string_view name() const { return name_; }
    // For the operator.
    MembersPage first_members(std::uint32_t limit) const { return members_.page(UserId{}, limit); }
    // Nobody is in it, nobody is expected back, nothing is under way.
    bool deserted() const { return members_.empty() && in_log_ == 0 && !run_ && !reads_; }
    std::uint64_t first_held() const { return held_.first(); }
    bool has_history() const { return !held_.empty(); }
    std::size_t history_bytes() const { return held_.bytes(); }
    void drop_oldest_event() { held_.drop_oldest(); }

private:
    struct OnShard {
        LocalRoomId local_room;
        std::uint32_t sessions = 0;
        std::uint32_t twin_sessions = 0;  // of them: those that get the twin
    };
    struct Return {
        core::Instant until;
        std::uint32_t number;
        UserId user;
    };
    using Member = RoomMembers::Member;

    Context& context() const { return services_.context; }
    void set_name(Member& member, std::string_view name);
    void remove_user(UserId user);
    void count_session(std::uint32_t shard, bool takes_twin, std::int32_t by);
    // For the twin of what is told, while somebody gets it.
    FrameDeflater* twin_deflater() const {
        return twin_sessions_ > 0 && !direct_ ? &context().deflater : nullptr;
    }
    void append_to_run(const Publish& publish);
    void apply_change(const Publish& change);
    void close_run();
    void tell_members(const core::SharedBytes& frames, const core::SharedBytes& twin,
                      std::uint64_t first, std::uint64_t last);
    void tell_both_users(std::uint32_t shard, const core::SharedBytes& frames, std::uint64_t first,
                         std::uint64_t last, UserId except);
    void tell_presence();
    void tell_positions();
    void refuse(const Publish& ask, ErrorCode code, std::string message);
    // If not, the command was refused; `page`: one that is answered by a page.
    bool is_in(ConnectionId connection, const std::string& command_id, bool page);
    void refuse_stranger(ConnectionId connection, const std::string& command_id, bool page);

    // The oldest event kept, here or in the log; head + 1 when there is none.
    std::uint64_t first_kept() const { return first_in_log_ != 0 ? first_in_log_ : held_.first(); }
    void join_page(const Join& ask, Joined& joined);
    // The page of a range that is held.
    EventTexts held_page(const PageRange& range);
    EventsPage page_of(const EventTexts& texts, bool from_oldest, std::uint64_t end,
                       std::uint64_t head) const;
    std::string name_of(UserId user, std::size_t& work);
    void read_from_log(const PageRange& range, std::uint64_t request);
    void tell_history(const PageReads::Waiting& waiting, const EventTexts& texts);

    RoomServices& services_;
    const RoomKey key_;
    const core::CompactText name_;
    core::CompactText epoch_;
    const std::optional<DirectRoom> direct_;  // nothing: an ordinary one
    std::uint64_t head_ = 0;                  // newest event stored
    std::uint64_t first_in_log_ = 0;          // 0: only what is held is kept
    std::uint32_t in_log_ = 0;                // appends not yet answered
    bool in_doubt_ = false;                   // its past may be longer than the log knows

    RoomMembers members_;
    std::vector<OnShard> shards_;
    std::uint32_t twin_sessions_ = 0;
    std::uint32_t returns_begun_ = 0;             // may wrap: only those in the list must differ
    std::unique_ptr<std::list<Return>> returns_;  // null: nobody is waited for
    PresenceLedger presence_;

    HeldEvents held_;                           // told ones
    std::unique_ptr<EventRun> run_;             // up to head_, not yet told; if there are any
    std::unique_ptr<PageReads> reads_;          // null: none is under way
    std::unique_ptr<ReadPositions> positions_;  // null: nobody said how far it has read
};

}  // namespace stentor::chat
