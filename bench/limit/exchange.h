// What the works are, said once for both loops: echo, fanout, burst (docs/performance.md).
// Thread: the loop's.
// Invariant: members of a room lie in the order in which they were accepted, without gaps: the
// kernel's structures of neighbours are neighbours too (6 % against a random order).
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/limit/frames.h"
#include "bench/limit/hand_over.h"
#include "bench/limit/wire.h"

namespace stentor::bench::limit {

enum class Work {
    kEcho,    // the frames of one read go back in one send
    kFanout,  // each frame goes to each member of the room in a send of its own
    kBurst,   // the frames that came for a room in one turn go to each member in one send
    kAccept,  // no peer ever exists: the loops close what they accept
};

struct Room {
    SharedRoom* shared = nullptr;  // of several threads
    std::vector<Peer*> members;
    std::size_t messages = 0;    // kFanout: of this turn, not sent yet
    std::vector<std::byte> run;  // kBurst: the frames of this turn
};

class Exchange {
public:
    // With several threads only kBurst may fan out.
    Exchange(Work work, Wire& wire, HandOverSeat seat = {});

    Work work() const { return work_; }
    // Readable when another thread handed something over; -1: there is none.
    int bell_fd() const { return port_ == nullptr ? -1 : port_->doorbell().fd(); }
    // May the loop sleep until a socket or the bell has something? Then, or if not: awake().
    bool prepare_sleep() { return port_ == nullptr || port_->prepare_sleep(); }
    void awake() {
        if (port_ != nullptr) port_->awake();
    }

    // What was sent in the turn before is no longer in use.
    void on_turn();
    // The bytes of a peer from the first one not taken yet. Returns how many are taken; the rest
    // comes again with more behind it. Writes over the bytes.
    std::size_t on_bytes(Peer& peer, std::span<std::byte> bytes);
    // Sends the messages that on_bytes() took, while their bytes are still there.
    void send_messages();
    // All bytes of the turn have come; sends what waits.
    void on_turn_end();
    void on_closed(Peer& peer);

private:
    std::size_t upgrade(Peer& peer, std::span<std::byte> bytes);
    std::size_t echo(Peer& peer, std::span<std::byte> bytes);
    std::size_t to_rooms(Peer& peer, std::span<std::byte> bytes);
    void join(Peer& peer, std::string_view command);
    void to_room(Room& room, std::span<const std::byte> frame);
    void add_to_run(Room& room, std::span<const std::byte> frames);
    void share(Room& room, std::string_view name);
    void hand_over();
    void take_over();

    struct Message {
        Room* room;
        std::span<const std::byte> frame;
    };

    const Work work_;
    Wire& wire_;
    const HandOverSeat seat_;
    HandOver::Port* const port_;
    std::map<std::string, std::unique_ptr<Room>, std::less<>> rooms_;
    // First the first message of each room, then the second of each: so a submission of io_uring,
    // which may hold one send to a connection, is filled by many rooms.
    std::vector<std::vector<Message>> rounds_;
    std::vector<Room*> dirty_;            // have a run
    std::vector<Room*> rooms_by_number_;  // of several threads; nothing: no member here yet
};

}  // namespace stentor::bench::limit
