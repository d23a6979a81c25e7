// Makes parcels and takes them back when the last outbox lets go; a few are kept for the next turn.
// Thread: owner reactor.
// Invariant: a parcel with references > 0 is live; drop() of the last one ends it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "net/parcel.h"

namespace stentor::net {

class ParcelPool {
public:
    // Counted from zero.
    Parcel& make(core::SharedBytes bytes);
    // One reference less; the last one gives the parcel back.
    void drop(Parcel& parcel) {
        if (--parcel.references == 0) recycle(parcel);
    }
    // Gives back a parcel that nobody holds; one that somebody holds stays.
    void release_unheld(Parcel& parcel) {
        if (parcel.references == 0) recycle(parcel);
    }
    std::size_t live() const { return live_; }

private:
    static constexpr std::size_t kKeptMax = 256;
    void recycle(Parcel& parcel);

    std::vector<std::unique_ptr<Parcel>> kept_;
    std::size_t live_ = 0;
};

}  // namespace stentor::net
