// See inflation.h.
// Thread: owner reactor.
// Invariant: a step never crosses a multiple of kInflateStepBytes of the message, so the ratio is
// judged at the same places however the input was cut.
#include "ws/inflation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ws/assembler.h"

namespace stentor::ws {
namespace {

using Scratch = std::array<std::byte, kInflateStepBytes>;

// One octet more than the message may have is how an inflater shows that there is more.
std::span<std::byte> room_for(const Assembler& message, Scratch& scratch) {
    const std::size_t to_boundary = kInflateStepBytes - message.size() % kInflateStepBytes;
    const std::size_t left = message.bytes_left();
    return std::span(scratch).first(left < to_boundary ? left + 1 : to_boundary);
}

}  // namespace

std::optional<Inflation> Inflation::begin(InflaterPool* pool, bool whole,
                                          std::uint8_t allowance_megabytes) {
    if (pool == nullptr) {
        return Inflation(nullptr, std::make_unique<Inflater>(), allowance_megabytes);
    }
    std::unique_ptr<Inflater> inflater = whole ? pool->borrow_for_call() : pool->borrow();
    if (!inflater) return std::nullopt;
    return Inflation(pool, std::move(inflater), allowance_megabytes);
}

Inflation::~Inflation() {
    if (inflater_ && pool_ != nullptr) pool_->forget();
}

Violation Inflation::take(std::span<const std::byte> chunk, Assembler& message,
                          Utf8Validator* text) {
    Scratch scratch;
    while (true) {
        const Inflater::Step step = inflater_->inflate(chunk, room_for(message, scratch));
        chunk = chunk.subspan(step.taken);
        taken_bytes_ += step.taken;
        const Violation broken = accept(std::span(scratch).first(step.made), message, text);
        if (broken != Violation::kNone) return broken;
        if (step.status == InflateStatus::kBroken) return Violation::kBrokenDeflate;
        if (step.status == InflateStatus::kInputTaken) return Violation::kNone;
    }
}

Violation Inflation::finish(Assembler& message, Utf8Validator* text) {
    Scratch scratch;
    InflateStatus status = InflateStatus::kOutputFull;
    while (status == InflateStatus::kOutputFull) {
        const Inflater::Step step = inflater_->finish(room_for(message, scratch));
        const Violation broken = accept(std::span(scratch).first(step.made), message, text);
        if (broken != Violation::kNone) return broken;
        status = step.status;
    }
    if (status == InflateStatus::kBroken) return Violation::kBrokenDeflate;
    if (pool_ != nullptr) pool_->give_back(std::move(inflater_));
    inflater_.reset();
    return Violation::kNone;
}

Violation Inflation::accept(std::span<const std::byte> made, Assembler& message,
                            Utf8Validator* text) {
    const auto fits = made.first(std::min(made.size(), message.bytes_left()));
    if (text != nullptr && !text->feed(fits)) return Violation::kInvalidUtf8InText;
    if (fits.size() < made.size()) return Violation::kMessageTooLarge;
    message.append(fits);
    const bool over_ratio = message.size() > kInflateMegabyte &&
                            message.size() % kInflateMegabyte == 0 && !made.empty() &&
                            message.size() / kInflateRatioMax > taken_bytes_;
    if (!over_ratio) return Violation::kNone;
    if (allowance_megabytes_ == 0) return Violation::kInflatesTooMuch;
    --allowance_megabytes_;
    return Violation::kNone;
}

}  // namespace stentor::ws
