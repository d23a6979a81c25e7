// zlib's raw deflate behind deflater.h.
// Thread: owner reactor.
// Invariant: the stream is at its start between two messages.
#include "ws/deflater.h"

#include <zlib.h>

#include <algorithm>

#include "core/check.h"
#include "ws/zlib_memory.h"

namespace stentor::ws {
namespace {

// Measured on events and pages of history: higher levels cost more and save 1 % at these sizes, and
// this much memory (88 KiB with window 12) is the fastest from 600 bytes on. One step more, and
// forgetting the last message costs 1 us instead of 0.2.
constexpr int kLevel = 1;
constexpr int kMemLevel = 7;
// zlib does not do a raw window of 256 bytes. With the next one, the message is cut into pieces of
// 256 between which all references are forgotten, so that none can reach further back.
constexpr std::uint8_t kZlibWindowBitsMin = 9;
constexpr std::size_t kSmallWindowBytes = 256;
constexpr std::size_t kTailBytes = 4;

}  // namespace

struct Deflater::Stream {
    ZlibMemory memory;
    z_stream z{};

    // Compresses `piece` and flushes, behind what `out` holds.
    void append(std::span<const std::byte> piece, int flush, std::string& out);
};

void Deflater::Stream::append(std::span<const std::byte> piece, int flush, std::string& out) {
    STENTOR_CHECK(piece.size() <= kZlibStepBytes);
    z.next_in = reinterpret_cast<const Bytef*>(piece.data());
    z.avail_in = static_cast<uInt>(piece.size());
    const std::size_t room = deflateBound(&z, piece.size()) + 2 * kTailBytes;
    do {
        const std::size_t before = out.size();
        out.resize_and_overwrite(before + room, [&](char* bytes, std::size_t size) {
            z.next_out = reinterpret_cast<Bytef*>(bytes + before);
            z.avail_out = static_cast<uInt>(size - before);
            STENTOR_CHECK(deflate(&z, flush) == Z_OK);
            return size - z.avail_out;
        });
    } while (z.avail_out == 0);
}

Deflater::Deflater(std::uint8_t window_bits)
    : window_bits_(window_bits), stream_(std::make_unique<Stream>()) {
    STENTOR_CHECK(window_bits >= kWindowBitsMin && window_bits <= kWindowBitsMax);
    stream_->memory.attach(stream_->z);
    const int raw_window_bits = -int{std::max(window_bits, kZlibWindowBitsMin)};
    STENTOR_CHECK(deflateInit2(&stream_->z, kLevel, Z_DEFLATED, raw_window_bits, kMemLevel,
                               Z_DEFAULT_STRATEGY) == Z_OK);
}

Deflater::~Deflater() {
    deflateEnd(&stream_->z);
}

void Deflater::compress(std::span<const std::byte> message, std::string& out) {
    const std::size_t piece_bytes =
        window_bits_ < kZlibWindowBitsMin ? kSmallWindowBytes : kZlibStepBytes;
    for (; message.size() > piece_bytes; message = message.subspan(piece_bytes)) {
        stream_->append(message.first(piece_bytes), Z_FULL_FLUSH, out);
    }
    stream_->append(message, Z_SYNC_FLUSH, out);
    out.resize(out.size() - kTailBytes);
    STENTOR_CHECK(deflateReset(&stream_->z) == Z_OK);
}

std::size_t Deflater::held_bytes() const {
    return sizeof(*this) + sizeof(Stream) + stream_->memory.bytes;
}

Deflater& Deflaters::with_window(std::uint8_t window_bits) {
    STENTOR_CHECK(window_bits >= kWindowBitsMin && window_bits <= kWindowBitsMax);
    auto& deflater = by_window_[static_cast<std::size_t>(window_bits - kWindowBitsMin)];
    if (!deflater) deflater = std::make_unique<Deflater>(window_bits);
    return *deflater;
}

std::size_t Deflaters::held_bytes() const {
    std::size_t bytes = sizeof(*this);
    for (const auto& deflater : by_window_) bytes += deflater ? deflater->held_bytes() : 0;
    return bytes;
}

}  // namespace stentor::ws
