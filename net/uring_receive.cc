// What the io_uring back end receives: completions into chains, chains to the reactor, and what is
// not fetched out of the pool's way.
// Thread: owner reactor.
// Invariant: behind list_again() at least half of the pool is the kernel's.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/check.h"
#include "net/uring_backend.h"

namespace stentor::net {

void UringBackend::on_received(int fd, const io_uring_cqe& completion, std::uint32_t generation) {
    const bool over = (completion.flags & IORING_CQE_F_MORE) == 0;
    if (over) --under_way_;
    Watch& watch = watches_[static_cast<std::size_t>(fd)];
    const bool stale = !watch.open || watch.generation != generation;
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
        const auto buffer = static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
        if (stale || completion.res <= 0 || watch.error != 0) {  // nothing comes behind an error
            buffers_.give_back(buffer);
        } else {
            buffers_.append(watch.received, buffer, static_cast<std::uint32_t>(completion.res));
        }
    }
    if (stale) return;
    if (over) watch.receiving = Request::kNone;
    switch (-completion.res) {
        case 0:
            watch.ended = true;
            break;
        case ENOBUFS:
            if (!buffers_.add_more()) metrics_->uring_shortages_total.add();
            starved_.push_back(fd);  // again when others have given back
            return;
        case ECANCELED:
        case EINTR:
        case EAGAIN:
            break;
        default:
            if (completion.res < 0) watch.error = static_cast<std::int16_t>(-completion.res);
    }
    if (!watch.wants_read) spill(fd, watch);
    if (has_readable(watch)) {
        list(fd, watch);
    } else {
        start_receive(fd, watch);
    }
}

// Level-triggered: what was told of and not fetched is told of again. Whoever left something does
// not receive more until it is fetched, and keeps no more than half of the pool from the others.
void UringBackend::list_again() {
    for (const int fd : told_) {
        Watch& watch = watches_[static_cast<std::size_t>(fd)];
        if (!watch.open || !has_readable(watch)) continue;
        stop_receive(fd, watch);
        if (buffers_.held() > UringBuffers::kCount / 2) spill(fd, watch);
        if (watch.wants_read) list(fd, watch);
    }
    told_.clear();
    for (const int fd : starved_) {
        Watch& watch = watches_[static_cast<std::size_t>(fd)];
        if (watch.open) start_receive(fd, watch);
    }
    starved_.clear();
}

IoResult UringBackend::receive(int fd, std::span<std::byte> into) {
    Watch& watch = watches_[static_cast<std::size_t>(fd)];
    if (const std::size_t bytes = fetch(fd, watch, into); bytes > 0) {
        start_receive(fd, watch);
        return {bytes, 0};
    }
    if (watch.error != 0) return {0, watch.error};
    return {0, watch.ended ? 0 : EAGAIN};
}

std::size_t UringBackend::fetch(int fd, Watch& watch, std::span<std::byte> into) {
    const std::size_t bytes = watch.spilled ? take_spilled(fd, watch, into) : 0;
    return bytes + buffers_.take(watch.received, into.subspan(bytes));
}

std::size_t UringBackend::fetchable_bytes(int fd, const Watch& watch) const {
    const std::size_t bytes = buffers_.bytes(watch.received);
    if (!watch.spilled) return bytes;
    const Spill& spill = spills_.at(fd);
    return bytes + spill.bytes.size() - spill.taken;
}

std::span<std::byte> UringBackend::peek(int fd) {
    const Watch& watch = watches_[static_cast<std::size_t>(fd)];
    if (watch.spilled) return {};
    return buffers_.front(watch.received);
}

void UringBackend::drop(int fd) {
    Watch& watch = watches_[static_cast<std::size_t>(fd)];
    buffers_.set_aside(watch.received);
    start_receive(fd, watch);
}

// Out of the pool, into memory of its own. What is too much for that is no longer read at all: the
// reactor finds an error and closes it.
void UringBackend::spill(int fd, Watch& watch) {
    if (watch.received.empty()) return;
    const std::size_t bytes = buffers_.bytes(watch.received);
    if (spilled_bytes_ + bytes > spilled_bytes_max_) {
        metrics_->uring_spill_resets_total.add();
        watch.error = ENOBUFS;
        watch.broken = true;
        buffers_.clear(watch.received);
        return list(fd, watch);
    }
    Spill& spill = spills_[fd];
    const std::size_t before = spill.bytes.size();
    spill.bytes.resize(before + bytes);
    buffers_.take(watch.received, std::span(spill.bytes).subspan(before));
    watch.spilled = true;
    spilled_bytes_ += bytes;
    note_spilled();
}

std::size_t UringBackend::take_spilled(int fd, Watch& watch, std::span<std::byte> into) {
    Spill& spill = spills_[fd];
    const std::size_t count = std::min(into.size(), spill.bytes.size() - spill.taken);
    std::memcpy(into.data(), spill.bytes.data() + spill.taken, count);
    spill.taken += count;
    if (spill.taken == spill.bytes.size()) {
        watch.spilled = false;
        spilled_bytes_ -= spill.taken;
        spills_.erase(fd);
        note_spilled();
    }
    return count;
}

void UringBackend::put_back(int fd, std::vector<std::byte> received) {
    if (received.empty()) return;
    Watch& watch = watches_[static_cast<std::size_t>(fd)];
    STENTOR_CHECK(!watch.spilled && watch.received.empty());
    spilled_bytes_ += received.size();
    spills_[fd] = {.bytes = std::move(received), .taken = 0};
    watch.spilled = true;
    note_spilled();
    list(fd, watch);
}

void UringBackend::let_go(int fd, Watch& watch) {
    buffers_.clear(watch.received);
    if (!watch.spilled) return;
    spilled_bytes_ -= spills_[fd].bytes.size();
    spills_.erase(fd);
    note_spilled();
}

}  // namespace stentor::net
