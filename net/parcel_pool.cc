// Parcels made, and kept for the next turn.
// Thread: see parcel_pool.h.
// Invariant: see parcel_pool.h.
#include "net/parcel_pool.h"

namespace stentor::net {

Parcel& ParcelPool::make(core::SharedBytes bytes) {
    std::unique_ptr<Parcel> parcel;
    if (kept_.empty()) {
        parcel = std::make_unique<Parcel>();
    } else {
        parcel = std::move(kept_.back());
        kept_.pop_back();
    }
    parcel->bytes = std::move(bytes);
    ++live_;
    return *parcel.release();
}

void ParcelPool::recycle(Parcel& parcel) {
    std::unique_ptr<Parcel> owned(&parcel);
    --live_;
    if (kept_.size() == kKeptMax) return;
    *owned = Parcel{};
    kept_.push_back(std::move(owned));
}

}  // namespace stentor::net
