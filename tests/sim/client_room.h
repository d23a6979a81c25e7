// One room as one client knows it: its position, what it still has to page, who is there. Every
// frame of the room is judged here (docs/simulation.md, "What is checked"). Thread: the simulation
// has one. Invariant: every seq from the first one seen up to next_live_ - 1 was received and
// compared with the truth, or is in missing_, or was said to be lost.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "chat/ids.h"
#include "tests/sim/json_view.h"
#include "tests/sim/world.h"

namespace stentor::sim {

class ClientRoom {
public:
    struct Range {
        std::uint64_t first;
        std::uint64_t last;
    };
    // What a join asked for.
    struct JoinAsked {
        std::optional<chat::Position> since{};
        std::uint64_t history = 0;
    };
    struct HistoryAsked {
        std::optional<std::uint64_t> after{};
        std::optional<std::uint64_t> before{};
        std::uint64_t limit = 100;
        bool for_missing = false;
        std::string epoch{};      // if it was in the room when it asked
        std::uint64_t known = 0;  // ... and what would have come next
    };

    // `who` names the client in failures.
    ClientRoom(World& world, std::string who, std::string name);

    // Told of everything that happens there: joined, or a direct room that it heard of since it
    // connected.
    bool in_room() const { return in_room_; }
    bool direct() const { return direct_; }
    const std::string& name() const { return name_; }
    const std::string& epoch() const { return epoch_; }
    std::uint64_t next_live() const { return next_live_; }
    // From where to resume; nothing before the first join.
    std::optional<chat::Position> position() const;
    // The oldest range that it still has to page.
    std::optional<Range> missing() const;
    bool members_stale() const { return in_room_ && !direct_ && !members_complete_; }
    // Where the next page of members begins.
    const std::string& members_after() const { return members_after_; }
    const std::map<std::string, std::string>& members() const { return members_; }
    std::uint64_t version() const { return version_; }

    void on_joined(const JsonView& frame, const JoinAsked& asked);
    void on_left();
    // Who is refused is outside, also when it was inside and wanted in anew.
    void on_join_refused() { in_room_ = false; }
    void on_disconnected() {
        in_room_ = false;
        read_.clear();
    }
    void on_event(const JsonView& frame);
    void on_gap(const JsonView& frame);
    void on_read(const JsonView& frame);
    void on_history(const JsonView& frame, const HistoryAsked& asked);
    void on_presence(const JsonView& frame);
    // `after`: the user id that the page was asked to begin behind.
    void on_members(const JsonView& frame, const std::string& after);

private:
    // Compares the event with the truth; returns its seq. `head`: it shows at least what had become
    // of it then; nothing: it is live, as it was at first.
    std::uint64_t check_event(const JsonView& event, std::optional<std::uint64_t> head);
    void check_state(const JsonView& event, std::uint64_t seq, std::optional<std::uint64_t> head);
    void check_edit(const JsonView& event, const LoggedEvent& truth);
    void note_where_it_lay(std::uint64_t seq);
    // Events one after the other from `expected` on (0: from wherever); returns the seq behind
    // them.
    std::uint64_t check_events(const JsonView& frame, std::uint64_t expected);
    void resume_from(const JsonView& frame, const chat::Position& since);
    void begin_anew(const JsonView& frame, const JoinAsked& asked);
    void take_members(const JsonView& frame);
    void forget_members();
    // What the log calls its epoch now.
    const std::string& log_epoch() const;
    bool expect_in_room(std::string_view what);
    // Direct rooms are heard without a join: from their first frame on.
    void begin_direct(std::uint64_t seq, const std::string& epoch);
    template <typename... Arguments>
    bool expect(bool holds, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        return holds ||
               world_.report.expect(false, "{} in {}: {}", who_, name_,
                                    fmt::format(format, std::forward<Arguments>(arguments)...));
    }

    World& world_;
    const std::string who_;
    const std::string name_;
    const bool direct_;
    bool in_room_ = false;
    std::map<std::string, std::uint64_t> read_;  // user -> seq
    std::string epoch_;
    std::uint64_t next_live_ = 0;
    std::deque<Range> missing_;

    std::map<std::string, std::string> members_;  // user -> name
    std::uint64_t version_ = 0;
    bool members_complete_ = false;
    std::string members_after_;
};

}  // namespace stentor::sim
