// See event_run.h.
// Thread: owner reactor of the home.
// Invariant: see event_run.h.
#include "chat/home/event_run.h"

#include "chat/limits.h"
#include "ws/frame_writer.h"

namespace stentor::chat {

bool EventRun::takes(std::size_t json_bytes) const {
    return plain_.empty() ||
           plain_.size() + ws::frame_header_bytes(json_bytes) + json_bytes <= kRunBytesMax;
}

void EventRun::append(std::string_view json, FrameDeflater* twin_by) {
    const std::size_t offset = plain_.size();
    ws::append_frame(plain_, ws::Opcode::kText, json);
    const std::size_t size = plain_.size() - offset;
    frames_.push_back({.offset = static_cast<std::uint32_t>(offset),
                       .size = static_cast<std::uint32_t>(size),
                       .header_size = static_cast<std::uint32_t>(size - json.size())});
    if (twin_by == nullptr) return;
    const bool begun = !twin_.empty();
    if (!begun) twin_.assign(plain_, 0, offset);
    if (!twin_by->append_event_frame(twin_, json, kTwinWindowBits) && !begun) twin_.clear();
}

void EventRun::clear() {
    plain_.clear();
    twin_.clear();
    frames_.clear();
}

}  // namespace stentor::chat
