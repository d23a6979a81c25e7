// Frames kept, changed and put into pages.
// Thread: owner reactor of the home.
// Invariant: see held_events.h.
#include "chat/home/held_events.h"

#include <algorithm>
#include <ranges>

#include "core/check.h"

namespace stentor::chat {

HeldEvents::Event::Event(core::SharedBytes json_block, UserId who, std::uint32_t json_offset,
                         std::size_t json_size, EventKind kind, bool deleted)
    : block(std::move(json_block)), user(who), offset(json_offset) {
    STENTOR_CHECK(json_size < std::size_t{1} << 29U);
    bits_ = static_cast<std::uint32_t>(json_size << 3U) | static_cast<std::uint32_t>(kind) << 1U |
            (deleted ? 1U : 0U);
}

HeldEvents::~HeldEvents() {
    weigh(-static_cast<std::int64_t>(bytes_));
}

void HeldEvents::begin(std::uint64_t head, const std::vector<EventFrame>& recent) {
    STENTOR_CHECK(events_.empty());
    head_ = head - recent.size();
    for (const EventFrame& frame : recent) {
        STENTOR_CHECK(frame.seq == head_ + 1);
        const EventView& view = services_.reader.read(frame.json());
        push({frame.block, view.message.user, frame.offset + frame.header_size,
              frame.size - frame.header_size, view.kind, view.deleted});
    }
}

void HeldEvents::append(const EventRun& run, const core::SharedBytes& block) {
    for (const EventRun::Frame& frame : run.frames()) {
        push({block, frame.user, frame.offset + frame.header_size, frame.size - frame.header_size,
              frame.kind});
    }
}

void HeldEvents::push(Event&& event) {
    ++head_;
    weigh(event.size());
    events_.push_back(std::move(event));
}

void HeldEvents::drop_oldest() {
    if (reactions_) reactions_->erase(first());
    weigh(-std::int64_t{events_.front().size()});
    events_.pop_front();
}

void HeldEvents::drop_before(std::uint64_t seq) {
    while (!events_.empty() && first() < seq) drop_oldest();
}

void HeldEvents::weigh(std::int64_t bytes) {
    bytes_ += static_cast<std::size_t>(bytes);  // modulo 2^64
    services_.context.gauge(ShardGauge::kHistoryBytes, bytes);
}

// ---- present state

void HeldEvents::apply(const Publish& change) {
    if (change.kind == EventKind::kDeleted) {
        // What it once said is gone from its edits too, though the message itself be held no more.
        for (std::uint64_t seq = std::max(first(), change.target); seq <= head_; ++seq) {
            Event& event = at(seq);
            const bool is_edit = event.kind() == EventKind::kEdited && !event.deleted() &&
                                 services_.reader.read(event.json()).target == change.target;
            if (seq == change.target || is_edit) erase(event);
        }
        if (reactions_) reactions_->erase(change.target);
    } else if (change.kind != EventKind::kMessage && holds(change.target)) {
        change.kind == EventKind::kEdited ? edit(change) : react(change);
    }
}

void HeldEvents::rewrite(Event& event, const EventView& view) {
    std::string json;
    append_event(json, view);
    weigh(static_cast<std::int64_t>(json.size()) - event.size());
    event = {core::SharedBytes::copy_of(json), event.user, 0, json.size(), view.kind, view.deleted};
}

void HeldEvents::edit(const Publish& change) {
    Event& event = at(change.target);
    EventView view = services_.reader.read(event.json());
    view.message.content = change.content;
    view.edited_at_ms = change.at_ms;
    rewrite(event, view);
}

void HeldEvents::erase(Event& event) {
    EventView view = services_.reader.read(event.json());
    view.deleted = true;
    view.reactions = {};
    rewrite(event, view);
}

void HeldEvents::react(const Publish& change) {
    Event& event = at(change.target);
    EventView view = services_.reader.read(event.json());
    const bool has_older = !view.reactions.empty();
    Reactions& reactions = reactions_of(change.target, has_older);
    apply_reaction(reactions, change.content, change.user, change.name, change.on);
    std::vector<std::vector<std::string_view>> names;
    std::vector<ReactionView> views;
    for (const Reaction& reaction : reactions) {
        auto& who = names.emplace_back();
        for (const auto& [user, name] : reaction.users) who.push_back(name);
        views.push_back({reaction.emoji, {}});
    }
    for (std::size_t i = 0; i < views.size(); ++i) views[i].names = names[i];
    if (has_older) view = services_.reader.read(event.json());  // others were read meanwhile
    view.reactions = views;
    rewrite(event, view);
}

// The JSON has names, which say not who it was. All reactions are newer than their message, so
// those of a message that came from the log were held from the beginning.
HeldEvents::Reactions& HeldEvents::reactions_of(std::uint64_t target, bool has_older) {
    if (!reactions_) reactions_ = std::make_unique<std::map<std::uint64_t, Reactions>>();
    const auto [entry, is_new] = reactions_->try_emplace(target);
    if (is_new && has_older) {
        for (std::uint64_t seq = target + 1; seq <= head_; ++seq) {
            if (at(seq).kind() != EventKind::kReacted) continue;
            const EventView& view = services_.reader.read(at(seq).json());
            if (view.target != target) continue;
            apply_reaction(entry->second, std::string(view.message.content), view.message.user,
                           view.message.from, view.on);
        }
    }
    return entry->second;
}

void HeldEvents::apply_reaction(Reactions& reactions, const std::string& emoji, UserId user,
                                std::string_view name, bool on) {
    auto reaction = std::ranges::find(reactions, emoji, &Reaction::emoji);
    if (reaction == reactions.end()) {
        if (!on) return;
        reaction = reactions.insert(reactions.end(), Reaction{emoji, {}});
    }
    const auto who =
        std::ranges::find(reaction->users, user, &std::pair<UserId, std::string>::first);
    if (on && who == reaction->users.end()) {
        reaction->users.emplace_back(user, name);
    } else if (!on && who != reaction->users.end()) {
        reaction->users.erase(who);
        if (reaction->users.empty()) reactions.erase(reaction);
    }
}

// ---- reading

EventTexts HeldEvents::page(const PageRange& range) const {
    std::size_t bytes_left = page_bytes_max(services_.context.limits);
    // One event always fits, or nobody could ever read it.
    const auto takes = [&](std::uint64_t seq, bool is_alone) {
        const std::size_t size = at(seq).size();
        if (size > bytes_left && !is_alone) return false;
        bytes_left -= std::min(bytes_left, size);
        return true;
    };
    EventTexts texts{.first = range.after + 1, .last = range.before - 1, .json = {}};
    if (range.empty()) return texts;
    if (range.from_oldest) {
        std::uint64_t end = texts.first;
        while (end < range.before && takes(end, end == texts.first)) ++end;
        texts.last = end - 1;
    } else {
        std::uint64_t begin = range.before;
        while (begin > range.after + 1 && takes(begin - 1, begin == range.before)) --begin;
        texts.first = begin;
    }
    std::string& json = services_.context.scratch;
    json.clear();
    for (std::uint64_t seq = texts.first; seq <= texts.last; ++seq) {
        if (!json.empty()) json.push_back(',');
        json.append(at(seq).json());
    }
    texts.json = core::SharedBytes::copy_of(json);
    return texts;
}

std::uint64_t HeldEvents::unread(std::uint64_t seq, UserId user) const {
    std::uint64_t count = 0;
    for (++seq; seq <= head_; ++seq) {
        const Event& event = at(seq);
        count += event.kind() == EventKind::kMessage && !event.deleted() && event.user != user;
    }
    return count;
}

std::string HeldEvents::newest_name(UserId user, std::size_t& work) const {
    for (std::uint64_t seq = head_; seq >= first() && work > 0; --seq, --work) {
        if (at(seq).user == user) {
            return std::string(services_.reader.read(at(seq).json()).message.from);
        }
    }
    return {};
}

}  // namespace stentor::chat
