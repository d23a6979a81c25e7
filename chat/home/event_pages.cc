// Ranges, and pages by them.
// Thread: owner reactor of the homes.
// Invariant: see event_pages.h.
#include "chat/home/event_pages.h"

#include <algorithm>
#include <utility>

namespace stentor::chat {

PageRange PageRange::from(std::uint64_t after, std::uint64_t end, std::uint32_t limit,
                          std::uint64_t first) {
    after = std::max(after, first - 1);
    if (after >= end) return {end - 1, end, true};
    // Not farther than a full page, so that events to come do not make it another one.
    return {after, std::min(end, after + 1 + std::min(limit, kPageEventsMax)), true};
}

PageRange PageRange::up_to(std::uint64_t end, std::uint32_t limit, std::uint64_t first) {
    const std::uint64_t begin = end - std::min<std::uint64_t>(end, std::min(limit, kPageEventsMax));
    return {std::max(begin, first) - 1, end, false};
}

const EventTexts* EventPages::find(RoomKey room, const PageRange& range) {
    const auto at = std::ranges::find_if(
        pages_, [&](const Page& page) { return page.room == room && page.range == range; });
    if (at == pages_.end()) return nullptr;
    at->used = ++uses_;
    return &at->texts;
}

void EventPages::keep(RoomKey room, const PageRange& range, const EventTexts& texts) {
    bytes_ += texts.json.size();
    while (!pages_.empty() && (pages_.size() >= kPagesMax || bytes_ > kBytesMax)) {
        let_go(static_cast<std::size_t>(std::ranges::min_element(pages_, {}, &Page::used) -
                                        pages_.begin()));
    }
    pages_.push_back({room, range, texts, ++uses_});
}

void EventPages::changed(RoomKey room, std::uint64_t first, std::uint64_t last) {
    for (std::size_t at = pages_.size(); at-- > 0;) {
        if (pages_[at].room == room && pages_[at].range.meets(first, last)) let_go(at);
    }
}

void EventPages::let_go(std::size_t at) {
    bytes_ -= pages_[at].texts.json.size();
    if (at + 1 < pages_.size()) pages_[at] = std::move(pages_.back());
    pages_.pop_back();
}

}  // namespace stentor::chat
