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
    kBroken,      // not a deflate stream
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
    Step inflate(std::span<const std::byte> input, std::span<std::byte> output);
    // The message ended: as inflate() over the four octets that the sender took off.
    Step finish(std::span<std::byte> output);
    // Ready for another message.
    void reset();

private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
};

// Inflaters of a thread: each compressed message that is under way borrows one. Bounded: about 40
// KiB each.
class InflaterPool {
public:
    explicit InflaterPool(std::size_t inflaters_max, std::size_t kept_max = 4);
    // None: as many messages as may be are under way.
    std::unique_ptr<Inflater> borrow();
    // One that failed is destroyed by its borrower instead.
    void give_back(std::unique_ptr<Inflater> inflater);
    // One that was borrowed is gone.
    void forget();
    std::size_t borrowed() const { return borrowed_; }

private:
    const std::size_t inflaters_max_;
    const std::size_t kept_max_;
    std::size_t borrowed_ = 0;
    std::vector<std::unique_ptr<Inflater>> kept_;
};

}  // namespace stentor::ws
