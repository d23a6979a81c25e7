// Reads under way, by range.
// Thread: owner reactor of the home.
// Invariant: see page_reads.h.
#include "chat/home/page_reads.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace stentor::chat {

std::uint64_t PageReads::wait(const PageRange& range, Waiting&& waiting) {
    const auto at = std::ranges::find(reads_, range, &Read::range);
    if (at != reads_.end()) {
        at->waiting.push_back(std::move(waiting));
        return 0;
    }
    Read& read = reads_.emplace_back(Read{.request = ++requests_, .range = range});
    read.waiting.push_back(std::move(waiting));
    return read.request;
}

std::optional<PageReads::Answered> PageReads::answered(std::uint64_t request, bool failed) {
    const auto at = std::ranges::find(reads_, request, &Read::request);
    STENTOR_CHECK(at != reads_.end());
    if (at->stale && !failed && at->repeats < kRepeatsMax) {
        at->request = 0;
        ++at->repeats;
        return std::nullopt;
    }
    Answered answered{std::move(at->waiting), at->range, !at->stale};
    reads_.erase(at);
    return answered;
}

bool PageReads::must_repeat() const {
    return std::ranges::find(reads_, 0u, &Read::request) != reads_.end();
}

std::optional<PageReads::Again> PageReads::repeat() {
    const auto at = std::ranges::find(reads_, 0u, &Read::request);
    if (at == reads_.end()) return std::nullopt;
    at->request = ++requests_;
    at->stale = false;
    return Again{at->request, at->range};
}

void PageReads::changed(std::uint64_t first, std::uint64_t last) {
    for (Read& read : reads_) read.stale = read.stale || read.range.meets(first, last);
}

}  // namespace stentor::chat
