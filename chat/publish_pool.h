// Boxes of publishes that came back as acks, for the next ones, with the memory of their texts.
// Thread: owner reactor of the asker.
// Invariant: what take() gives is as a new one; no text of a kept box has a capacity above
// kTextBytesMax.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chat/asks.h"

namespace stentor::chat {

class PublishPool {
public:
    static constexpr std::size_t kKeptMax = 128;
    static constexpr std::size_t kTextBytesMax = 512;

    std::unique_ptr<Publish> take() {
        if (kept_.empty()) return std::make_unique<Publish>();
        std::unique_ptr<Publish> publish = std::move(kept_.back());
        kept_.pop_back();
        return publish;
    }
    void give_back(std::unique_ptr<Publish> publish) {
        if (kept_.size() < kKeptMax && reset(*publish)) kept_.push_back(std::move(publish));
    }
    std::size_t kept() const { return kept_.size(); }

private:
    // The memory of its texts is all that stays. False: one has too much of it. Field by field:
    // moving the texts through a fresh one takes 220 instructions more.
    static bool reset(Publish& publish) {
        for (std::string* text : {&publish.name, &publish.room, &publish.command_id,
                                  &publish.content, &publish.epoch}) {
            if (text->capacity() > kTextBytesMax) return false;
            text->clear();
        }
        publish.connection = {};
        publish.user = {};
        publish.kind = EventKind::kMessage;
        publish.reply_to = 0;
        publish.target = 0;
        publish.on = true;
        publish.seq = 0;
        publish.at_ms = 0;
        publish.durability = Durability::kMemory;
        publish.duplicate = false;
        static_assert(sizeof(Publish) == 232, "a field more is one to be reset here");
        return true;
    }

    std::vector<std::unique_ptr<Publish>> kept_;
};

}  // namespace stentor::chat
