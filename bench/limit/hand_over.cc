// See hand_over.h.
// Thread: any.
// Invariant: see hand_over.h.
#include "bench/limit/hand_over.h"

namespace stentor::bench::limit {

SharedRoom& HandOver::room(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    const auto known = by_name_.find(name);
    if (known != by_name_.end()) return *known->second;
    SharedRoom& room = rooms_.emplace_back();
    room.number = static_cast<std::uint32_t>(rooms_.size() - 1);
    by_name_.emplace(name, &room);
    return room;
}

}  // namespace stentor::bench::limit
