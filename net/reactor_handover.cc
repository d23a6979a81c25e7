// A connection goes from reactor to reactor (docs/decisions.md, "A connection follows its room"):
// closed here for all but its socket, which is opened there with what came of it.
// Thread: owner reactor; the broadcast queue's lane carries the socket to the next owner.
// Invariant: no byte that was received is lost, none is handed up by both; whoever leaves has sent
// nothing that the next reactor would have to finish, but for what his TLS session holds.
#include <algorithm>
#include <memory>
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "net/handoff.h"
#include "net/reactor.h"

namespace stentor::net {

// ---- out

bool Reactor::hand_over(ConnectionId id, std::uint32_t shard, std::uint64_t group,
                        std::uint32_t listener) {
    Connection* connection = find_open(id);
    if (connection == nullptr || handoff_ == nullptr || shard == config_.shard) return false;
    STENTOR_CHECK(handed_up_.of == id && shard < handoff_->reactors());
    const bool at_rest = connection->outbox.empty() && !connection->peer_finished &&
                         (!connection->tls || tls_of(*connection).state() == TlsState::kOpen);
    // What any scratch ring holds.
    const bool fits = handed_up_.bytes.size() <= rings_.ring_bytes();
    auto place = at_rest && fits && handoff_->reactor_port(config_.shard).has_room(shard, 0)
                     ? handoff_->invite(shard, group)
                     : std::nullopt;
    if (!place) {
        metrics_.handovers_declined_total.add();
        return false;
    }
    // At once, so that those who leave in one turn are counted when the next one is invited.
    handoff_->move(config_.shard, shard);
    auto luggage = std::make_unique<Luggage>();
    luggage->group_place = std::move(*place);
    leaving_.push_back(
        {.id = id, .to = shard, .listener = listener, .luggage = std::move(luggage)});
    connection->leaving = true;
    close(*connection, false);
    return true;
}

void Reactor::keep_unconsumed(const Connection& connection, std::span<const std::byte> bytes) {
    Leaving& leaving = leaving_.back();
    STENTOR_CHECK(leaving.id == connection.id);
    leaving.luggage->unconsumed.assign(bytes.begin(), bytes.end());
}

// In the reap phase.
void Reactor::send_off(Connection& connection) {
    const std::uint32_t slot = connection.id.slot;
    const auto at = std::ranges::find(leaving_, connection.id, &Leaving::id);
    STENTOR_CHECK(at != leaving_.end());
    Leaving leaving = std::move(*at);
    leaving_.erase(at);
    NewSocket socket{.fd = UniqueFd(connection.fd),
                     .peer = {},
                     .listener = leaving.listener,
                     .tls = connection.tls,
                     .luggage = std::move(leaving.luggage)};
    auto received = backend_->release(connection.fd);
    if (!received) {  // with a hole in what came there is nothing to go on with
        reset_when_closed(socket.fd.get());
        handoff_->subtract(leaving.to);
        return metrics_.closed_total.add();
    }
    socket.luggage->received = std::move(*received);
    if (connection.tls) socket.luggage->tls = std::move(tls_[slot]);
    if (slot < places_.size()) socket.place = std::move(places_[slot]);
    core::log::debug("handed_over", {{"shard", config_.shard}, {"slot", slot}, {"to", leaving.to}});
    metrics_.handed_over_total.add();
    handoff_->reactor_port(config_.shard).push(leaving.to, 0, std::move(socket));
    sent_off_ = true;
}

void Reactor::publish_sent_off() {
    sent_off_ = handoff_->reactor_port(config_.shard).publish();
}

// ---- in

// As if all that came of it had come here.
void Reactor::take_up(Connection& connection, Luggage& luggage) {
    backend_->put_back(connection.fd, std::move(luggage.received));
    if (connection.tls && has_output(connection)) mark_dirty(connection);
    if (connection.state != ConnectionState::kOpen || luggage.unconsumed.empty()) return;
    received_in_turn_ += luggage.unconsumed.size();
    core::MirroredRing& scratch = rings_.scratch();
    std::ranges::copy(luggage.unconsumed, scratch.writable().begin());
    scratch.commit(luggage.unconsumed.size());
    hand_in(connection, scratch);
    if (!scratch.empty()) lend_scratch(connection);
}

}  // namespace stentor::net
