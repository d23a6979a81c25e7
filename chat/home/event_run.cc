// See event_run.h.
// Thread: owner reactor of the home.
// Invariant: see event_run.h.
#include "chat/home/event_run.h"

#include <utility>

#include "ws/frame_writer.h"

namespace stentor::chat {

bool EventRun::takes(std::size_t json_bytes, std::size_t run_bytes_max) const {
    return plain_.empty() ||
           plain_.size() + ws::frame_header_bytes(json_bytes) + json_bytes <= run_bytes_max;
}

void EventRun::append(std::string_view json, FrameDeflater* twin_by, EventKind kind, UserId user) {
    const std::size_t offset = plain_.size();
    ws::append_frame(plain_, ws::Opcode::kText, json);
    const std::size_t size = plain_.size() - offset;
    frames_.push_back({.offset = static_cast<std::uint32_t>(offset),
                       .size = static_cast<std::uint32_t>(size),
                       .header_size = static_cast<std::uint32_t>(size - json.size()),
                       .kind = kind,
                       .user = user});
    if (twin_by == nullptr) return;
    const auto deflated = twin_by->smaller_event(json, kTwinWindowBits);
    if (deflated) {
        if (twin_.empty()) twin_.assign(plain_, 0, offset);
        ws::append_frame(twin_, ws::Opcode::kText, *deflated, ws::kFinBit | ws::kRsv1Bit);
    } else if (!twin_.empty()) {
        twin_.append(plain_, offset);
    }
}

void EventRun::clear() {
    plain_.clear();
    twin_.clear();
    frames_.clear();
}

// Large ones first: what made them large tends to come again.
std::unique_ptr<EventRun> EventRunPool::take() {
    auto& from = kept_large_.empty() ? kept_ : kept_large_;
    if (from.empty()) return std::make_unique<EventRun>();
    std::unique_ptr<EventRun> run = std::move(from.back());
    from.pop_back();
    return run;
}

void EventRunPool::give_back(std::unique_ptr<EventRun> run) {
    run->clear();
    const bool is_large = run->held_bytes() > kLargeBytes;
    auto& to = is_large ? kept_large_ : kept_;
    if (to.size() < (is_large ? kKeptLargeMax : kKeptMax)) to.push_back(std::move(run));
}

}  // namespace stentor::chat
