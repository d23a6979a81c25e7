// One user of the workload chat, without a socket: takes the server's frames, says what to send,
// and checks every promise of docs/protocol.md that it can see: seq dense and the same for all,
// every content as it was sent, nothing twice, acks that name the seq, gaps that can be paged, a
// join that continues where the last one ended. Thread: one at a time; the ledger is shared.
// Invariant: every seq above the first joined one has been seen once, or stands in `holes_`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/room_ledger.h"
#include "bench/load/sequence.h"
#include "bench/load/stamp.h"

namespace stentor::bench {

class ChatFrame;
struct ChatEvent;

struct ChatCounts {
    std::uint64_t sent = 0;
    std::uint64_t acked = 0;
    std::uint64_t delivered = 0;
    std::uint64_t verbs = 0;      // answered: history, members, ping, leave and join
    std::uint64_t pages = 0;      // of history, to fill holes
    std::uint64_t gaps = 0;       // events that the server left out, and said so
    std::uint64_t forgotten = 0;  // of these, no longer in the history when they were paged
    // Broken promises.
    std::uint64_t lost = 0;           // could not be paged either
    std::uint64_t duplicates = 0;     // an event, or a message under a second seq
    std::uint64_t reordered = 0;      // a sender's messages, or two members' views of a room
    std::uint64_t seq_faults = 0;     // a live seq that is not the next one
    std::uint64_t spoilt = 0;         // a content that is not what was sent
    std::uint64_t ack_faults = 0;     // another seq than the event's, or no ack before it
    std::uint64_t answer_faults = 0;  // an answer that cannot be, or an error
    std::string complaint;            // the first of these, in words

    void add(const ChatCounts& other);
};

struct ChatRole {
    std::string room;
    std::uint32_t first_stream = 0;  // of the room
    std::uint32_t streams = 1;
    std::uint32_t stream = 0;  // the one that it sends, if it is a sender
    bool sends = false;
    std::uint32_t depth = 1;
    std::uint32_t content_bytes = 64;
    std::uint64_t seed = 0;
};

class ChatMember {
public:
    ChatMember(ChatRole role, RoomLedger& ledger);

    // What is to be sent, a frame each; the caller takes them.
    std::vector<std::string>& outgoing() { return outgoing_; }
    const ChatCounts& counts() const { return counts_; }
    bool joined() const { return place_ == Place::kIn; }
    // Nothing unanswered, nothing missing.
    bool at_rest() const;
    // Messages of this sender so far.
    std::uint64_t sent() const { return next_number_; }

    void start();
    // Senders send, listeners use the other verbs from time to time, until told otherwise.
    void set_active(bool active);
    // A frame of the server. Answers the stamps of messages that it brought for the first time.
    std::vector<Stamp> on_frame(std::string_view json);

private:
    enum class Place : std::uint8_t { kOut, kJoining, kIn, kLeaving };
    struct Hole {
        std::uint64_t from = 0;
        std::uint64_t to = 0;  // inclusive
    };

    void complain(std::uint64_t ChatCounts::* counter, std::string_view what);
    void handle(const ChatFrame& frame);
    void on_joined(const ChatFrame& frame);
    void on_live(const ChatEvent& event);
    void on_gap(const ChatFrame& frame);
    void on_page(const ChatFrame& frame);
    void on_history(const ChatFrame& frame);
    void on_members(const ChatFrame& frame);
    void on_ack(const ChatFrame& frame);
    void on_error(const ChatFrame& frame);
    void take(const ChatEvent& event);
    void check_ack(std::uint64_t number, const ChatEvent& event);
    bool looks_right(const ChatEvent& event);
    void open_hole(std::uint64_t from, std::uint64_t to);
    void page();
    void go_on();
    void use_verb();
    void join();

    const ChatRole role_;
    RoomLedger& ledger_;
    std::vector<std::string> outgoing_;
    std::vector<Stamp> fresh_;
    ChatCounts counts_;
    Place place_ = Place::kOut;
    bool active_ = false;
    bool verb_open_ = false;
    bool page_open_ = false;
    std::string user_;
    std::string epoch_;
    std::uint64_t base_ = 0;  // seq when first joined
    std::uint64_t live_next_ = 0;
    Sequence seqs_;                  // of events, from base_ + 1 on
    std::vector<Sequence> streams_;  // of messages, of each stream of the room
    std::vector<Hole> holes_;
    std::uint64_t next_number_ = 0;
    std::uint32_t in_flight_ = 0;
    std::map<std::uint64_t, std::uint64_t> acks_;  // number -> seq, until the event comes
    std::uint64_t commands_ = 0;
    std::uint64_t since_verb_ = 0;
};

}  // namespace stentor::bench
