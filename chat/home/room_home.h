// One room at its home: who is in it, its recent events as the frames that everybody got, and the
// run of events that this turn adds (docs/decisions.md, "Encoded once").
// Thread: owner reactor of the home.
// Invariant: every member shard is told the events 1, 2, 3, … in order and each once; a session
// counts from the turn in which it is told Joined.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/container/deque.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/context.h"
#include "chat/home/event_run.h"
#include "chat/home/presence_ledger.h"
#include "core/compact_text.h"

namespace stentor::chat {

class RoomHome {
public:
    RoomHome(Context& context, RoomKey key, std::string name);
    ~RoomHome();
    RoomHome(const RoomHome&) = delete;
    RoomHome& operator=(const RoomHome&) = delete;

    // The log is open: from now on the handlers below may be called.
    void begin(std::string epoch, std::uint64_t head);

    void handle(const Join& ask);
    void handle(const Leave& ask);
    // What must reach the log comes back; a publish that is refused is answered here.
    std::unique_ptr<Publish> handle(std::unique_ptr<Publish> ask);
    void handle(const ListMembers& ask);
    void handle(const ReadHistory& ask);

    void on_stored(LogStored&& stored);
    void on_refused(LogRefused&& refused);

    // End of turn: presence that is due, then the run; all as tells.
    void tell_what_is_new();
    // Users who dropped and did not come back leave now.
    void on_timer();
    // When on_timer() or tell_what_is_new() next has something to do by itself.
    std::optional<core::Instant> next_deadline() const;

    RoomKey key() const { return key_; }
    const std::string& name() const { return name_; }
    // Nobody is in it, nobody is expected back, nothing is under way.
    // For the operator.
    MembersPage first_members(std::uint32_t limit) const { return members_page(UserId{}, limit); }
    bool deserted() const { return users_.empty() && in_log_ == 0 && !run_; }
    // The oldest event kept; head + 1 when there is none.
    std::uint64_t first_kept() const { return recent_.empty() ? head_ + 1 : recent_.front().seq; }
    bool has_history() const { return !recent_.empty(); }
    std::size_t history_bytes() const { return recent_bytes_; }
    void drop_oldest_event();

private:
    struct Member {
        core::CompactText name;
        std::uint32_t sessions = 0;
        std::uint64_t return_by = 0;  // number in returns_ when dropped; 0: here
    };
    static_assert(sizeof(std::pair<const UserId, Member>) == 40);
    struct OnShard {
        LocalRoomId local_room;
        std::uint32_t sessions = 0;
        std::uint32_t twin_sessions = 0;  // of them: those that get the twin
    };
    struct Return {
        core::Instant until;
        std::uint64_t number;
        UserId user;
    };

    void set_name(UserId user, Member& member, const std::string& name);
    void remove_user(UserId user);
    void count_session(std::uint32_t shard, bool takes_twin, std::int32_t by);
    // For the twin of what is told, while somebody gets it.
    FrameDeflater* twin_deflater() { return twin_sessions_ > 0 ? &context_.deflater : nullptr; }
    void append_to_run(const Publish& publish);
    void close_run();
    void tell_members(const core::SharedBytes& frames, const core::SharedBytes& twin,
                      std::uint64_t first, std::uint64_t last);
    void tell_presence();
    void refuse(const Publish& ask, ErrorCode code, std::string message);
    template <typename Ask>
    Refused not_in_room(const Ask& ask) const;
    template <typename Ask>
    bool is_in(const Ask& ask);  // if not, it was refused

    EventsPage page_after(std::uint64_t after, std::uint64_t before, std::uint32_t limit) const;
    EventsPage page_newest(std::uint64_t before, std::uint32_t limit) const;
    EventsPage empty_page() const;
    MembersPage members_page(UserId after, std::uint32_t limit) const;

    Context& context_;
    const RoomKey key_;
    const std::string name_;
    std::string epoch_;
    std::uint64_t head_ = 0;  // newest event stored
    std::size_t in_log_ = 0;  // appends not yet answered

    std::map<UserId, Member> users_;
    boost::unordered_flat_map<std::uint64_t, UserId, core::IdHash> sessions_;  // by ConnectionId
    std::vector<OnShard> shards_;
    std::uint32_t twin_sessions_ = 0;
    std::list<Return> returns_;  // most rooms wait for nobody: an empty list holds no memory
    std::uint64_t returns_begun_ = 0;
    PresenceLedger presence_;

    // std::deque takes 600 bytes while empty, and in most rooms few messages are recent.
    using FewInABlock = boost::container::deque_options<boost::container::block_size<4U>>::type;
    boost::container::deque<EventFrame, void, FewInABlock> recent_;
    std::size_t recent_bytes_ = 0;

    std::unique_ptr<EventRun> run_;  // events up to head_, not yet told; if there are any
};

}  // namespace stentor::chat
