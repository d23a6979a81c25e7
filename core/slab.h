// Objects in numbered slots with generations, at addresses that never change. An erased object is
// found no more at once, but lives until release_freed() at the end of the turn (docs/decisions.md,
// "Ids"): whoever holds a reference further up the stack may finish with it.
// Thread: owner.
// Invariant: a generation is odd exactly while its slot is live; 0 is never issued.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "core/check.h"

namespace stentor::core {

struct SlabKey {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    friend bool operator==(SlabKey, SlabKey) = default;
};

template <typename T>
class Slab {
public:
    static constexpr std::uint32_t kSlotsMax = 1u << 24;  // ConnectionId::kSlotsMax
    static constexpr std::uint32_t kChunkSlots = 256;

    // At most `slots_max` objects (those not yet released count).
    explicit Slab(std::uint32_t slots_max = kSlotsMax) : slots_max_(slots_max) {
        STENTOR_CHECK(slots_max_ <= kSlotsMax);
    }
    ~Slab() {
        release_freed();
        for (std::uint32_t slot = 0; slot < slots_; ++slot) {
            if (is_live(slot)) {
                std::destroy_at(entry(slot).object());
            }
        }
    }
    Slab(const Slab&) = delete;
    Slab& operator=(const Slab&) = delete;

    struct Made {
        SlabKey key;
        T* object = nullptr;  // null: the slab is full
        explicit operator bool() const { return object != nullptr; }
    };
    // O(1); allocates once per kChunkSlots slots.
    template <typename... Arguments>
    Made emplace(Arguments&&... arguments) {
        const std::uint32_t slot = take_slot();
        if (slot == kNone) {
            return {};
        }
        Entry& made = entry(slot);
        T* object = std::construct_at(made.object(), std::forward<Arguments>(arguments)...);
        ++made.generation;
        ++size_;
        return {{slot, made.generation}, object};
    }

    // The key that the next emplace() will return, for objects that must know their own name;
    // generation 0 when the slab is full.
    SlabKey next_key() {
        const std::uint32_t slot = take_slot();
        if (slot == kNone) {
            return {};
        }
        give_slot(slot);
        return {slot, entry(slot).generation + 1};
    }

    // Null when it was erased, or never was. Any key may be asked for.
    T* find(SlabKey key) {
        if (key.slot >= slots_ || key.generation % 2 == 0) {
            return nullptr;
        }
        Entry& found = entry(key.slot);
        return found.generation == key.generation ? found.object() : nullptr;
    }
    // The live object in this slot, whatever its generation; null if there is none.
    T* at(std::uint32_t slot) { return is_live(slot) ? entry(slot).object() : nullptr; }
    SlabKey key_of(std::uint32_t slot) const {
        return is_live(slot) ? SlabKey{slot, entry(slot).generation} : SlabKey{};
    }

    // find() fails from now on; false when it did already. The object is destroyed by
    // release_freed().
    bool erase(SlabKey key) {
        if (find(key) == nullptr) {
            return false;
        }
        ++entry(key.slot).generation;
        --size_;
        freed_.push_back(key.slot);
        return true;
    }
    // Destroys what was erased and makes the slots free; destructors may erase. Returns how many.
    std::size_t release_freed() {
        std::size_t released = 0;
        for (; released < freed_.size(); ++released) {
            std::destroy_at(entry(freed_[released]).object());
        }
        // Backwards, so that the slot freed first is taken first.
        for (std::size_t i = freed_.size(); i-- > 0;) {
            give_slot(freed_[i]);
        }
        freed_.clear();
        return released;
    }

    std::uint32_t size() const { return size_; }
    // fn(SlabKey, T&) for each live object in slot order; fn may erase, not emplace.
    template <typename Fn>
    void for_each(Fn&& fn) {
        for (std::uint32_t slot = 0; slot < slots_; ++slot) {
            if (is_live(slot)) {
                fn(key_of(slot), *entry(slot).object());
            }
        }
    }

private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    struct Entry {
        std::uint32_t generation = 0;
        std::uint32_t next_free = kNone;
        alignas(T) std::byte storage[sizeof(T)];
        T* object() { return std::launder(reinterpret_cast<T*>(storage)); }
    };

    Entry& entry(std::uint32_t slot) { return chunks_[slot / kChunkSlots][slot % kChunkSlots]; }
    const Entry& entry(std::uint32_t slot) const {
        return chunks_[slot / kChunkSlots][slot % kChunkSlots];
    }
    bool is_live(std::uint32_t slot) const {
        return slot < slots_ && entry(slot).generation % 2 != 0;
    }
    std::uint32_t take_slot() {
        if (free_ != kNone) {
            return std::exchange(free_, entry(free_).next_free);
        }
        if (slots_ == slots_max_) {
            return kNone;
        }
        if (slots_ % kChunkSlots == 0) {
            chunks_.push_back(std::make_unique<Entry[]>(kChunkSlots));
        }
        return slots_++;
    }
    void give_slot(std::uint32_t slot) { entry(slot).next_free = std::exchange(free_, slot); }

    std::vector<std::unique_ptr<Entry[]>> chunks_;
    std::vector<std::uint32_t> freed_;  // erased, not yet destroyed
    std::uint32_t slots_max_;
    std::uint32_t slots_ = 0;  // ever used
    std::uint32_t free_ = kNone;
    std::uint32_t size_ = 0;
};

}  // namespace stentor::core
