// Decompression of one message (RFC 7692 7.2.2), chunk by chunk as it comes, bounded in what it
// makes.
// Thread: owner reactor.
// Invariant: no more than the caller's buffer is ever made at once; a message that broke a rule
// ends its inflater, which is never used again for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace stentor::ws {

enum class InflateStatus : std::uint8_t {
    kInputTaken,  // all input is done with
    kOutputFull,  // call again with what is left of the input and a fresh buffer
    kBroken,      // not a deflate stream; what was made is good
};

class Inflater {
public:
    Inflater();
    ~Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    struct Step {
        InflateStatus status;
        std::size_t taken;  // of input
        std::size_t made;   // of output
    };
    // Precondition: `output` is not empty. Blocks with BFINAL end a deflate stream; what follows is
    // another, with a window of its own.
    Step inflate(std::span<const std::byte> input, std::span<std::byte> output);
    // The message ended: as inflate() over the four octets that the sender took off. Broken too
    // when the message was cut short: it must end with its last block.
    Step finish(std::span<std::byte> output);
    // Ready for another message.
    void reset();

    // Memory held, this object included: about 40 KiB once a message was inflated.
    std::size_t held_bytes() const;

private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
};

// Inflaters of a thread: each compressed message that is under way borrows one. Bounded: about 40
// KiB each. Who begins many messages and ends none cannot keep whole ones from being read.
class InflaterPool {
public:
    // `inflaters_max` may be borrowed at once; `kept_max` idle ones are kept for the next message.
    explicit InflaterPool(std::size_t inflaters_max, std::size_t kept_max = 4);
    // The pool outlives what was borrowed.
    ~InflaterPool();
    InflaterPool(const InflaterPool&) = delete;
    InflaterPool& operator=(const InflaterPool&) = delete;

    // None: as many messages as may be are under way.
    std::unique_ptr<Inflater> borrow();
    // For a message that is there whole: always one, beyond the bound as well. It comes back, or is
    // forgotten, before the next one is asked for.
    std::unique_ptr<Inflater> borrow_for_call();
    // One that failed is destroyed by its borrower instead.
    void give_back(std::unique_ptr<Inflater> inflater);
    // One that was borrowed is gone.
    void forget();
    std::size_t borrowed() const { return borrowed_; }
    // Memory of the idle ones; what is borrowed is counted by its borrower.
    std::size_t held_bytes() const;

private:
    const std::size_t inflaters_max_;
    const std::size_t kept_max_;
    std::size_t borrowed_ = 0;
    std::vector<std::unique_ptr<Inflater>> kept_;
};

}  // namespace stentor::ws
