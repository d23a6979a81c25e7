// See traffic.h.
// Thread: see traffic.h.
// Invariant: see traffic.h.
#include "bench/load/traffic.h"

#include <algorithm>
#include <bit>

#include "bench/load/rooms.h"

namespace stentor::bench {
namespace {

// Enough for the slowest member to look up when a message was meant to go, in 16 MiB for all
// streams.
std::uint64_t remembered_messages(std::size_t streams) {
    constexpr std::uint64_t kAll = std::uint64_t{1} << 21U;
    return std::clamp<std::uint64_t>(std::bit_floor(kAll / std::max<std::size_t>(streams, 1)), 64,
                                     std::uint64_t{1} << 16U);
}

}  // namespace

Traffic::Traffic(TargetState& target, const TrafficShape& shape)
    : target_(target),
      shape_(shape),
      connections_(shape.connections),
      rooms_(shape.rooms),
      streams_(std::size_t{shape.rooms} * shape.senders) {
    // The first rooms have one member more when it does not divide evenly.
    std::uint32_t index = 0;
    for (std::uint32_t room = 0; room < shape.rooms; ++room) {
        const std::uint32_t members =
            shape.connections / shape.rooms + (room < shape.connections % shape.rooms ? 1 : 0);
        rooms_[room].first_stream = room * shape.senders;
        rooms_[room].members = members;
        rooms_[room].workers = std::min(members, shape.workers);
        for (std::uint32_t i = 0; i < members; ++i, ++index) {
            Connection& connection = connections_[index];
            connection.target = &target_;
            connection.index = index;
            connection.room = room;
            connection.sequences.resize(shape.senders);
        }
    }
    add_streams();
}

void Traffic::add_streams() {
    const std::uint64_t remembered = remembered_messages(streams_.size());
    std::uint32_t first_member = 0;
    for (std::uint32_t id = 0; id < streams_.size(); ++id) {
        Stream& stream = streams_[id];
        stream.id = id;
        stream.room = id / shape_.senders;
        const std::uint32_t members = rooms_[stream.room].members;
        // Neither the first nor the last that joined: a server's order must not favour a sender.
        const std::uint32_t sender = id % shape_.senders;
        const std::uint32_t member = (2 * sender + 1) * members / (2 * shape_.senders);
        stream.sender = &connections_[first_member + member];
        stream.sender->stream = id;
        stream.intended_size = remembered;
        stream.intended_ns = std::make_unique<std::atomic<std::int64_t>[]>(remembered);
        if (sender + 1 == shape_.senders) first_member += members;
    }
}

void Traffic::prepare_messages(std::size_t pad_bytes) {
    const MessageTemplate& message = *target_.spec.message;
    std::shared_ptr<const PreparedMessage> shared;
    for (Stream& stream : streams_) {
        if (!shared || message.varies()) {
            shared = std::make_shared<PreparedMessage>(message.prepare(
                room_name(stream.room), user_name(stream.sender->index), pad_bytes));
        }
        stream.message = shared;
    }
}

}  // namespace stentor::bench
