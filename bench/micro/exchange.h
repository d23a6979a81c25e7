// Three ways to bring items from threads to threads, with one face, for docs/decisions.md, "Lanes":
//   Lanes       the broadcast queue: a single-producer lane for each pair, a doorbell each
//   MutexQueue  one queue a reader, under a mutex, with condition variables
//   SharedLog   one log with many producers that all readers read, each with a cursor, as
//               disruptors do; a reader passes over what is not for it
// Each as well as we know how: senders hand over a turn's worth at once, sleepers alone are woken.
// Thread: a sender's functions are its thread's, a reader's its.
// Invariant: what one sender sent is read by each addressee in that order, each once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace stentor::bench {

inline constexpr std::size_t kExchangeSlots = 1024;  // of a lane or a queue; four times in the log
inline constexpr std::size_t kExchangeTurnItems = 64;

// As large as an envelope of the chat.
struct Note {
    std::uint64_t number;
    std::uint32_t from;
    std::uint32_t readers;  // a bit each
    std::array<std::uint64_t, 4> load;
};
static_assert(sizeof(Note) == 48);

constexpr bool is_for(const Note& note, std::uint32_t reader) {
    return (note.readers >> reader & 1U) != 0;
}

// Sender: send() a turn's worth, then flush(); then, while not has_room(), wait_for_room() or spin.
// Reader: drain() hands over what is there, fn(const Note&); when that was nothing, wait() sleeps
// until there is more, or it spins.

}  // namespace stentor::bench
