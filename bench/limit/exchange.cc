// The works, frame by frame. Control frames are no part of the pattern: a close ends the
// connection, the others are passed over.
// Thread: see exchange.h.
// Invariant: see exchange.h.
#include "bench/limit/exchange.h"

#include <algorithm>
#include <bit>

#include "core/check.h"

namespace stentor::bench::limit {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kJoin = "join ";
constexpr std::string_view kJoinedFrame = "\x81\x06joined";

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

Exchange::Exchange(Work work, Wire& wire, HandOverSeat seat)
    : work_(work), wire_(wire), seat_(seat), port_(seat.port()) {
    if (port_ == nullptr) return;
    STENTOR_CHECK(work != Work::kFanout);
    port_->adopt();
    port_->doorbell().hear_each_write();
}

void Exchange::on_turn() {
    for (Room* room : dirty_) room->run.clear();
    dirty_.clear();
}

std::size_t Exchange::on_bytes(Peer& peer, std::span<std::byte> bytes) {
    std::size_t taken = 0;
    if (!peer.upgraded) taken = upgrade(peer, bytes);
    if (!peer.upgraded) return 0;
    bytes = bytes.subspan(taken);
    return taken + (work_ == Work::kEcho ? echo(peer, bytes) : to_rooms(peer, bytes));
}

std::size_t Exchange::upgrade(Peer& peer, std::span<std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t end = text.find(kEndOfHead);
    if (end == std::string_view::npos) return 0;
    peer.upgraded = true;
    Peer* const to[] = {&peer};
    wire_.send(to, bytes_of(kSwitchingProtocols));
    return end + kEndOfHead.size();
}

// The answers are written over the questions, one behind the other.
std::size_t Exchange::echo(Peer& peer, std::span<std::byte> bytes) {
    std::size_t taken = 0;
    std::byte* const begin = bytes.data();
    std::byte* end = begin;
    while (const auto frame = whole_frame(bytes.subspan(taken))) {
        taken += frame->size();
        if (frame->is_close()) wire_.hang_up(peer);
        if (!frame->is_control()) end += unmask_frame(*frame, end).size();
    }
    Peer* const to[] = {&peer};
    if (end != begin) wire_.send(to, {begin, end});
    return taken;
}

std::size_t Exchange::to_rooms(Peer& peer, std::span<std::byte> bytes) {
    std::size_t taken = 0;
    while (const auto frame = whole_frame(bytes.subspan(taken))) {
        taken += frame->size();
        if (frame->is_close()) wire_.hang_up(peer);
        if (frame->is_control()) continue;
        const std::span<const std::byte> outgoing = unmask_in_place(*frame);
        if (peer.room != nullptr) [[likely]] {
            to_room(*peer.room, outgoing);
        } else {
            join(peer, short_text(outgoing));
        }
    }
    return taken;
}

void Exchange::join(Peer& peer, std::string_view command) {
    if (!command.starts_with(kJoin)) return;
    const std::string name(command.substr(kJoin.size()));
    std::unique_ptr<Room>& room = rooms_[name];
    if (!room) room = std::make_unique<Room>();
    if (port_ != nullptr && room->shared == nullptr) share(*room, name);
    peer.room = room.get();
    auto& members = room->members;
    members.insert(std::ranges::upper_bound(members, peer.accepted, {}, &Peer::accepted), &peer);
    Peer* const to[] = {&peer};
    wire_.send(to, bytes_of(kJoinedFrame));
}

void Exchange::to_room(Room& room, std::span<const std::byte> frame) {
    if (work_ == Work::kFanout) {
        if (room.messages == rounds_.size()) rounds_.emplace_back();
        rounds_[room.messages++].push_back({&room, frame});
        return;
    }
    add_to_run(room, frame);
}

void Exchange::add_to_run(Room& room, std::span<const std::byte> frames) {
    if (room.run.empty()) dirty_.push_back(&room);
    room.run.insert(room.run.end(), frames.begin(), frames.end());
}

// The others begin to send while we do.
void Exchange::hand_over() {
    for (Room* room : dirty_) {
        std::uint64_t others =
            room->shared->threads.load(std::memory_order_relaxed) & ~(1ull << seat_.thread);
        if (others == 0) continue;
        const auto frames = core::SharedBytes::copy_of(room->run);
        for (; others != 0; others &= others - 1) {
            port_->push(static_cast<std::uint32_t>(std::countr_zero(others)), 0,
                        HandedRun{room->shared, frames});
        }
    }
    port_->publish();
}

// What another thread hands over behind this waits for the next turn.
void Exchange::take_over() {
    port_->drain(
        0, SIZE_MAX, [] { return true; },
        [this](std::uint32_t, HandedRun&& handed) {
            add_to_run(*rooms_by_number_[handed.room->number], handed.frames.bytes());
        });
}

void Exchange::send_messages() {
    for (auto& round : rounds_) {
        for (const Message& message : round) {
            message.room->messages = 0;
            wire_.send(message.room->members, message.frame);
        }
        round.clear();
    }
}

void Exchange::on_turn_end() {
    send_messages();
    if (port_ != nullptr) {
        hand_over();
        take_over();
    }
    for (Room* room : dirty_) wire_.send(room->members, room->run);
}

void Exchange::share(Room& room, std::string_view name) {
    room.shared = &seat_.all->room(name);
    const std::size_t number = room.shared->number;
    rooms_by_number_.resize(std::max(rooms_by_number_.size(), number + 1));
    rooms_by_number_[number] = &room;
    room.shared->threads.fetch_or(1ull << seat_.thread, std::memory_order_relaxed);
}

// Empty rooms stay: a turn may still know them, and a measurement has few.
void Exchange::on_closed(Peer& peer) {
    if (peer.room == nullptr) return;
    auto& members = peer.room->members;
    members.erase(std::ranges::lower_bound(members, peer.accepted, {}, &Peer::accepted));
    peer.room = nullptr;
}

}  // namespace stentor::bench::limit
