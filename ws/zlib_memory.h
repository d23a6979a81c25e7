// zlib's allocations, counted, so that what a stream holds can be told exactly.
// Thread: the stream's.
// Invariant: what zlib frees before its end is counted all the same; neither direction does that.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdlib>

namespace stentor::ws {

struct ZlibMemory {
    std::size_t bytes = 0;

    // Must outlive the stream.
    void attach(z_stream& stream) {
        stream.opaque = this;
        stream.zalloc = [](voidpf memory, uInt items, uInt size) -> voidpf {
            const std::size_t wanted = std::size_t{items} * size;
            static_cast<ZlibMemory*>(memory)->bytes += wanted;
            return std::malloc(wanted);
        };
        stream.zfree = [](voidpf, voidpf address) { std::free(address); };
    }
};

// zlib counts in unsigned int; whatever is larger goes in steps.
inline constexpr std::size_t kZlibStepBytes = std::size_t{1} << 30;

}  // namespace stentor::ws
