// See home_fixture.h.
// Thread: one.
// Invariant: see home_fixture.h.
#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {

HomeFixture::HomeFixture() : queue({.participants = kShards, .ranks = kRanks}) {}
HomeFixture::~HomeFixture() = default;

std::vector<Envelope> HomeFixture::told(std::uint32_t shard) {
    context.port.publish();
    std::vector<Envelope> tells;
    queue.port(shard).drain(
        Context::rank(Rank::kTell), 100000, [] { return true; },
        [&](std::uint32_t, Envelope&& tell) { tells.push_back(std::move(tell)); });
    return tells;
}

}  // namespace stentor::chat
