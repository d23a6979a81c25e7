// zlib's raw inflate behind inflater.h.
// Thread: owner reactor.
// Invariant: the window is the largest, 32 KiB, whatever the client promised: any honest message
// inflates.
#include "ws/inflater.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/check.h"
#include "ws/zlib_memory.h"

namespace stentor::ws {
namespace {

constexpr int kRawWindowBits = -15;
// An empty stored block without its first octet (7.2.1): what the sender took off.
constexpr std::array kTail{std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

// zlib's account of where it stands (zlib.h, inflate()).
constexpr int kUnusedBits = 0x3f;
constexpr int kBehindBlock = 0x80;

}  // namespace

struct Inflater::Stream {
    ZlibMemory memory;
    z_stream z{};
    std::size_t tail_taken = 0;
    bool at_start = true;  // of a stream: no octet came since, or a last block ended the one before

    // May a message end here, its tail included?
    bool between_blocks() const {
        return at_start || ((z.data_type & kBehindBlock) != 0 && (z.data_type & kUnusedBits) == 0);
    }
};

Inflater::Inflater() : stream_(std::make_unique<Stream>()) {
    stream_->memory.attach(stream_->z);
    STENTOR_CHECK(inflateInit2(&stream_->z, kRawWindowBits) == Z_OK);
}

Inflater::~Inflater() {
    inflateEnd(&stream_->z);
}

void Inflater::reset() {
    STENTOR_CHECK(inflateReset(&stream_->z) == Z_OK);
    stream_->tail_taken = 0;
    stream_->at_start = true;
}

std::size_t Inflater::held_bytes() const {
    return sizeof(*this) + sizeof(Stream) + stream_->memory.bytes;
}

Inflater::Step Inflater::inflate(std::span<const std::byte> input, std::span<std::byte> output) {
    z_stream& z = stream_->z;
    const auto in_bytes = static_cast<uInt>(std::min(input.size(), kZlibStepBytes));
    const auto out_bytes = static_cast<uInt>(std::min(output.size(), kZlibStepBytes));
    z.next_in = reinterpret_cast<const Bytef*>(input.data());
    z.avail_in = in_bytes;
    z.next_out = reinterpret_cast<Bytef*>(output.data());
    z.avail_out = out_bytes;
    if (in_bytes != 0) stream_->at_start = false;
    int code = ::inflate(&z, Z_NO_FLUSH);
    while (code == Z_STREAM_END) {
        STENTOR_CHECK(inflateReset(&z) == Z_OK);
        stream_->at_start = z.avail_in == 0;
        if (stream_->at_start) break;
        code = ::inflate(&z, Z_NO_FLUSH);
    }
    Step step{.status = InflateStatus::kInputTaken,
              .taken = in_bytes - z.avail_in,
              .made = out_bytes - z.avail_out};
    if (code == Z_DATA_ERROR) {
        step.status = InflateStatus::kBroken;
        return step;
    }
    // A buffer error says that nothing could be done, for want of input or of room.
    STENTOR_CHECK(code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR);
    if (z.avail_out == 0 || step.taken < input.size()) step.status = InflateStatus::kOutputFull;
    return step;
}

Inflater::Step Inflater::finish(std::span<std::byte> output) {
    // Who leaves out the octet before the tail, where nothing else is left to say, is understood:
    // behind a last block, or in a message without any.
    if (stream_->tail_taken == 0 && stream_->at_start) return {InflateStatus::kInputTaken, 0, 0};
    Step step = inflate(std::span(kTail).subspan(stream_->tail_taken), output);
    stream_->tail_taken += step.taken;
    if (step.status == InflateStatus::kInputTaken && !stream_->between_blocks()) {
        step.status = InflateStatus::kBroken;
    }
    return step;
}

InflaterPool::InflaterPool(std::size_t inflaters_max, std::size_t kept_max)
    : inflaters_max_(inflaters_max), kept_max_(kept_max) {}

InflaterPool::~InflaterPool() {
    STENTOR_CHECK(borrowed_ == 0);
}

std::unique_ptr<Inflater> InflaterPool::borrow() {
    if (borrowed_ >= inflaters_max_) return nullptr;
    return borrow_for_call();
}

std::unique_ptr<Inflater> InflaterPool::borrow_for_call() {
    ++borrowed_;
    if (kept_.empty()) return std::make_unique<Inflater>();
    std::unique_ptr<Inflater> inflater = std::move(kept_.back());
    kept_.pop_back();
    return inflater;
}

void InflaterPool::give_back(std::unique_ptr<Inflater> inflater) {
    forget();
    if (kept_.size() >= kept_max_) return;
    inflater->reset();
    kept_.push_back(std::move(inflater));
}

void InflaterPool::forget() {
    STENTOR_CHECK(borrowed_ != 0);
    --borrowed_;
}

std::size_t InflaterPool::held_bytes() const {
    std::size_t bytes = 0;
    for (const auto& inflater : kept_) bytes += inflater->held_bytes();
    return bytes;
}

}  // namespace stentor::ws
