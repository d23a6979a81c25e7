// How a connection goes from shard to shard, and how it comes to one. Thread: the simulation has
// one. Invariant: no byte is lost, none is handed up by both; nobody is handed over twice.
#include <string_view>

#include "core/check.h"
#include "tests/sim/link.h"

namespace stentor::sim {

bool SimLink::hand_over(ConnectionId id, std::uint32_t shard, std::uint64_t /*group*/,
                        std::uint32_t listener) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->state != State::kOpen) return false;
    world_.report.expect(handed_up_ == id && shard < world_.plan.shards && shard != shard_,
                         "shard {} hands somebody over to {} at the wrong time", shard_, shard);
    world_.report.expect(!connection->was_handed_over, "shard {} hands somebody over again",
                         shard_);
    if (!connection->outbox.empty() || world_.choice.percent(world_.plan.hand_overs_refused)) {
        world_.report.saw(Seen::kHandOverRefused);
        return false;
    }
    connection->state = State::kClosed;
    connection->next_shard = shard;
    connection->listener = listener;
    return true;
}

// What it does not consume goes along; so does what the client says meanwhile, on the wire.
void SimLink::hand_on(Connection& connection) {
    const std::string_view held(reinterpret_cast<const char*>(connection.held.get()),
                                connection.held_bytes);
    world_.report.trace("       a connection goes from shard {} to {} with {} bytes", shard_,
                        *connection.next_shard, held.size());
    world_.report.saw(Seen::kHandedOver);
    world_.report.saw(Seen::kHandedOverWithFrames, held.ends_with("\r\n\r\n") ? 0 : 1);
    const bool at_once = world_.choice.one_in(2);
    const core::Duration travel =
        at_once ? core::Duration::zero() : std::chrono::microseconds{world_.choice.below(20'000)};
    hand_on_(*connection.next_shard, {.wire = connection.wire,
                                      .listener = connection.listener,
                                      .at = now_ + travel,
                                      .was_handed_over = true,
                                      .held = std::move(connection.held),
                                      .held_bytes = connection.held_bytes});
}

void SimLink::open(Arrival& arrival, net::Application& application) {
    const auto made = slab_.emplace(std::move(arrival.wire));
    STENTOR_CHECK(made);
    Connection& connection = *made.object;
    connection.id.generation = made.key.generation;
    connection.id.slot = made.key.slot & 0xffffffu;
    connection.id.shard = static_cast<std::uint8_t>(shard_);
    connection.last_received = now_;
    connection.listener = arrival.listener;
    connection.was_handed_over = arrival.was_handed_over;
    connection.held = std::move(arrival.held);
    connection.held_bytes = arrival.held_bytes;
    connection.handed_in = arrival.held_bytes == 0;
    application.on_open(connection.id, arrival.listener);
    if (!arrival.was_handed_over) return;
    const Wire& wire = *connection.wire;
    world_.report.saw(Seen::kSaidUnderWay, wire.to_server.empty() ? 0 : 1);
    world_.report.saw(Seen::kGoneUnderWay, wire.client_gone() ? 1 : 0);
    world_.report.saw(Seen::kArrivedInDrain, connection.state == State::kClosed ? 1 : 0);
}

}  // namespace stentor::sim
