// Outbox: gathering, answers, and what is rarer: sends that fall short, letting go. See
// docs/protocol.md, slow readers.
// Thread: owner reactor.
// Invariant: see outbox.h.
#include "net/outbox.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "core/check.h"

namespace stentor::net {

Outbox::~Outbox() {
    STENTOR_DCHECK(count_ == 0 && capacity_ == kInline);
}

namespace {

std::size_t fill(AnswerBlock& block, std::span<const std::byte> bytes) {
    const std::size_t taken = std::min<std::size_t>(block.room(), bytes.size());
    std::memcpy(block.data() + block.size, bytes.data(), taken);
    block.size += static_cast<std::uint32_t>(taken);
    return taken;
}

}  // namespace

void Outbox::append_answer(std::span<const std::byte> bytes, ParcelPool& pool) {
    if (bytes.empty()) return;
    bytes_ += bytes.size();
    AnswerBlock* last = last_answer();
    if (last != nullptr && last->room() < bytes.size() &&
        last->capacity < AnswerBlock::kLargeBytes) {
        AnswerBlock& larger = pool.make_block(last->size + bytes.size());
        fill(larger, {last->data(), last->size});
        pool.drop(*last);
        at(count_ - 1) = Entry::of(larger);
        last = &larger;
    }
    if (last != nullptr) bytes = bytes.subspan(fill(*last, bytes));
    while (!bytes.empty()) {
        AnswerBlock& block = pool.make_block(bytes.size());
        push_entry(Entry::of(block));
        bytes = bytes.subspan(fill(block, bytes));
    }
}

void Outbox::borrow(std::span<std::byte> bytes, const std::byte* from, ParcelPool& pool) {
    bytes_ += bytes.size();
    BorrowedBytes* const last = count_ > 0 ? at(count_ - 1).borrowed() : nullptr;
    const std::less_equal<> not_behind;
    if (last == nullptr || !not_behind(from, last->data) ||
        !not_behind(last->data + last->size, bytes.data())) {
        push_entry(Entry::of(pool.borrow(bytes)));
        return;
    }
    std::memmove(last->data + last->size, bytes.data(), bytes.size());
    last->size += bytes.size();
}

// From the first one on they queue anew; rare, because most of what is borrowed is sent at once.
void Outbox::own_borrowed(ParcelPool& pool) {
    std::uint32_t first = 0;
    while (first < count_ && at(first).borrowed() == nullptr) ++first;
    if (first == count_) return;
    std::vector<Entry> entries;
    for (std::uint32_t i = first; i < count_; ++i) entries.push_back(at(i));
    count_ = first;
    const std::size_t bytes = bytes_;
    std::size_t sent = first == 0 ? std::exchange(sent_of_first_, 0) : 0;
    for (const Entry entry : entries) {
        if (entry.borrowed() == nullptr) {
            push_entry(entry);
        } else {
            append_answer(entry.bytes().subspan(sent), pool);
            let_go(entry, pool);
        }
        sent = 0;
    }
    bytes_ = bytes;
}

std::size_t Outbox::gather_some(std::span<iovec> out, std::size_t bytes_max) const {
    std::size_t filled = 0;
    std::size_t gathered_bytes = 0;
    while (filled < count_ && filled < out.size() && gathered_bytes < bytes_max) {
        std::span<const std::byte> bytes = at(static_cast<std::uint32_t>(filled)).bytes();
        if (filled == 0) bytes = bytes.subspan(sent_of_first_);
        out[filled++] = piece(bytes);
        gathered_bytes += bytes.size();
    }
    return filled;
}

void Outbox::consume_some(std::size_t count, ParcelPool& pool) {
    STENTOR_CHECK(count <= bytes_);
    bytes_ -= count;
    while (count > 0) {
        const std::size_t left = at(0).bytes().size() - sent_of_first_;
        if (count < left) {
            sent_of_first_ += static_cast<std::uint32_t>(count);
            return;
        }
        count -= left;
        pop_front(pool);
    }
    if (count_ == 0) give_back_ring();
}

void Outbox::clear(ParcelPool& pool) {
    while (count_ > 0) pop_front(pool);
    bytes_ = 0;
    give_back_ring();
}

template <typename Keep>
std::size_t Outbox::retain(ParcelPool& pool, Keep&& keep) {
    std::size_t freed_bytes = 0;
    std::uint32_t kept = begun();
    for (std::uint32_t i = kept; i < count_; ++i) {
        const Entry entry = at(i);
        if (keep(entry)) {
            at(kept++) = entry;
        } else {
            freed_bytes += entry.bytes().size();
            let_go(entry, pool);
        }
    }
    count_ = kept;
    bytes_ -= freed_bytes;
    if (count_ == 0) give_back_ring();
    return freed_bytes;
}

std::size_t Outbox::shed_ephemeral(ParcelPool& pool) {
    return retain(pool, [](Entry entry) {
        const Parcel* parcel = entry.parcel();
        return parcel == nullptr || parcel->kind != ParcelKind::kEphemeral;
    });
}

std::optional<std::uint32_t> Outbox::heaviest_topic() const {
    struct Weight {
        std::uint32_t topic;
        std::size_t bytes;
    };
    std::vector<Weight> weights;  // a connection is in at most a hundred rooms
    for (std::uint32_t i = begun(); i < count_; ++i) {
        const Parcel* parcel = at(i).parcel();
        if (parcel == nullptr || parcel->kind != ParcelKind::kEvents) continue;
        auto known = std::ranges::find(weights, parcel->topic, &Weight::topic);
        if (known == weights.end()) known = weights.insert(known, {parcel->topic, 0});
        known->bytes += parcel->bytes.size();
    }
    const auto heaviest = std::ranges::max_element(weights, {}, &Weight::bytes);
    if (heaviest == weights.end()) return std::nullopt;
    return heaviest->topic;
}

std::optional<OldestEvents> Outbox::oldest_events() const {
    for (std::uint32_t i = begun(); i < count_; ++i) {
        const Parcel* parcel = at(i).parcel();
        if (parcel != nullptr && parcel->kind == ParcelKind::kEvents) {
            return OldestEvents{parcel->topic, parcel->made};
        }
    }
    return std::nullopt;
}

std::uint64_t Outbox::shed_topic(std::uint32_t topic, ParcelPool& pool, std::size_t& freed_bytes) {
    std::uint64_t oldest_seq = 0;
    freed_bytes += retain(pool, [&](Entry entry) {
        const Parcel* parcel = entry.parcel();
        if (parcel == nullptr || parcel->kind != ParcelKind::kEvents || parcel->topic != topic) {
            return true;
        }
        if (oldest_seq == 0) oldest_seq = parcel->first_seq;
        return false;
    });
    return oldest_seq;
}

std::size_t Outbox::held_bytes() const {
    std::size_t held = capacity_ == kInline ? 0 : capacity_ * sizeof(Entry);
    for (std::uint32_t i = 0; i < count_; ++i) {
        if (AnswerBlock* block = at(i).answer()) held += sizeof(AnswerBlock) + block->capacity;
    }
    return held;
}

void Outbox::grow() {
    const std::uint32_t capacity = capacity_ * 4;
    Entry* larger = new Entry[capacity];
    for (std::uint32_t i = 0; i < count_; ++i) larger[i] = at(i);
    if (capacity_ != kInline) delete[] ring_;
    ring_ = larger;
    capacity_ = capacity;
    head_ = 0;
}

void Outbox::end_ring() {
    delete[] ring_;
    capacity_ = kInline;
    inline_[0] = inline_[1] = Entry{};
}

}  // namespace stentor::net
