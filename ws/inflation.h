// A compressed message on its way into its assembler: the inflater that it borrowed, and the bounds
// of what it may become (RFC 7692 7.2.2, RFC 6455 10.4).
// Thread: owner reactor.
// Invariant: it makes at most one octet more than the message may have, in steps of at most
// kInflateStepBytes; what it makes is judged in the order of the octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "ws/inflater.h"
#include "ws/utf8.h"
#include "ws/violation.h"

namespace stentor::ws {

class Assembler;

inline constexpr std::size_t kInflateStepBytes = std::size_t{16} * 1024;
// A megabyte of a message may inflate from anything. Each further one that is more than so many
// times what came of its message is taken from an allowance that a connection has for its life:
// somebody may send a large message of one letter, but not go on doing so.
inline constexpr std::size_t kInflateMegabyte = std::size_t{1} << 20;
inline constexpr std::size_t kInflateRatioMax = 200;
inline constexpr std::uint8_t kInflateAllowanceMegabytes = 128;
static_assert(kInflateMegabyte % kInflateStepBytes == 0, "the ratio is looked at between steps");

// What a message of at most `message_bytes_max` may have in compressed form. Deflate adds an eighth
// at worst, and five octets where the sender flushes, which it may do at every frame; so who means
// a message that fits is never refused, and endless empty blocks are.
constexpr std::uint64_t compressed_bytes_max(std::size_t message_bytes_max) {
    constexpr std::uint64_t kFlushBytes = std::uint64_t{32} * 1024;
    return message_bytes_max + std::uint64_t{message_bytes_max} / 2 + kFlushBytes;
}

class Inflation {
public:
    // `whole`: the message ends before any other begins. Nothing: the pool has no more to give.
    // Without a pool, an inflater is made. `allowance_megabytes`: what is left to the connection.
    static std::optional<Inflation> begin(InflaterPool* pool, bool whole,
                                          std::uint8_t allowance_megabytes);
    Inflation(Inflation&&) noexcept = default;
    Inflation& operator=(Inflation&&) = delete;
    // An inflater whose message did not end well is destroyed.
    ~Inflation();

    // Appends to `message` what `chunk` inflates to; `text`, if there is one, sees all of it. kNone
    // while nothing is wrong; behind a violation only destruction may follow.
    Violation take(std::span<const std::byte> chunk, Assembler& message, Utf8Validator* text);
    // The message ended: inflates the rest. The inflater goes back to its pool if all was well.
    Violation finish(Assembler& message, Utf8Validator* text);

    // What this message left of it.
    std::uint8_t allowance_megabytes() const { return allowance_megabytes_; }
    std::size_t held_bytes() const { return inflater_ ? inflater_->held_bytes() : 0; }

private:
    Inflation(InflaterPool* pool, std::unique_ptr<Inflater> inflater,
              std::uint8_t allowance_megabytes)
        : pool_(pool), inflater_(std::move(inflater)), allowance_megabytes_(allowance_megabytes) {}
    Violation accept(std::span<const std::byte> made, Assembler& message, Utf8Validator* text);

    InflaterPool* pool_;
    std::unique_ptr<Inflater> inflater_;
    std::uint64_t taken_bytes_ = 0;
    std::uint8_t allowance_megabytes_;
};

}  // namespace stentor::ws
