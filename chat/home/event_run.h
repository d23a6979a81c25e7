// The events that a room adds in one turn, as the frames that its members get; and beside them, for
// members who agreed to permessage-deflate, a twin in which each is compressed by itself
// (docs/decisions.md, "Encoded once").
// Thread: owner reactor of the home.
// Invariant: plain and twin hold the same messages in the same order; the twin is never larger, and
// empty while nothing in it would be smaller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/frame_deflater.h"
#include "chat/protocol/encode.h"

namespace stentor::chat {

class EventRun {
public:
    // Where an event stands in plain().
    struct Frame {
        std::uint32_t offset;
        std::uint32_t size;
        std::uint32_t header_size;
        EventKind kind;
        UserId user;  // who did it
    };

    bool empty() const { return plain_.empty(); }
    // Is there room for a message of that size, in a run of so many bytes at most? In an empty one
    // for any.
    bool takes(std::size_t json_bytes, std::size_t run_bytes_max) const;
    // `twin_by`: null while nobody would get the twin; the same for all events of a run.
    void append(std::string_view json, FrameDeflater* twin_by, EventKind kind = EventKind::kMessage,
                UserId user = {});
    void clear();

    const std::string& plain() const { return plain_; }
    const std::string& twin() const { return twin_; }
    const std::vector<Frame>& frames() const { return frames_; }
    // The memory that it grew to.
    std::size_t held_bytes() const {
        return plain_.capacity() + twin_.capacity() + frames_.capacity() * sizeof(Frame);
    }

private:
    std::string plain_;
    std::string twin_;
    std::vector<Frame> frames_;
};

// Runs for the rooms that have news in this turn; a room without news owns none. A few are kept,
// empty, with their memory.
class EventRunPool {
public:
    static constexpr std::size_t kKeptMax = 64;
    static constexpr std::size_t kLargeBytes = 32 * 1024;  // of those that hold more:
    static constexpr std::size_t kKeptLargeMax = 4;

    std::unique_ptr<EventRun> take();
    void give_back(std::unique_ptr<EventRun> run);
    std::size_t kept() const { return kept_.size() + kept_large_.size(); }

private:
    std::vector<std::unique_ptr<EventRun>> kept_;
    std::vector<std::unique_ptr<EventRun>> kept_large_;
};

}  // namespace stentor::chat
