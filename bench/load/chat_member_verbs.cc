// What a member of the workload chat sends, and when. See chat_member.h.
// Thread: see chat_member.h.
// Invariant: at most one verb and one page are unanswered; nobody leaves with a hole open.
#include <fmt/format.h>

#include "bench/load/chat_content.h"
#include "bench/load/chat_member.h"
#include "bench/load/json_writer.h"
#include "core/hash.h"

namespace stentor::bench {
namespace {

constexpr std::uint64_t kCommandsBetweenVerbs = 16;  // of a sender
constexpr std::uint64_t kEventsBetweenVerbs = 20;    // of a listener

}  // namespace

void ChatMember::start() {
    outgoing_.push_back(R"({"type":"login","id":"l"})");
    join();
}

void ChatMember::set_active(bool active) {
    active_ = active;
    go_on();
}

void ChatMember::join() {
    place_ = Place::kJoining;
    std::string since;
    if (!epoch_.empty()) {
        since = fmt::format(R"(,"since":{{"epoch":"{}","seq":{}}})", epoch_, live_next_ - 1);
    }
    outgoing_.push_back(
        fmt::format(R"({{"type":"join","id":"j","room":"{}"{}}})", role_.room, since));
}

// Called after every frame: what is to be done next.
void ChatMember::go_on() {
    page();
    if (!active_ || place_ != Place::kIn) return;
    if (!role_.sends) {
        if (since_verb_ >= kEventsBetweenVerbs + role_.seed % kEventsBetweenVerbs) use_verb();
        return;
    }
    while (in_flight_ < role_.depth) {
        if (++commands_ % kCommandsBetweenVerbs == 0) use_verb();
        std::string content;
        append_json_string(content,
                           make_content({role_.stream, next_number_}, role_.content_bytes));
        outgoing_.push_back(fmt::format(R"({{"type":"send","id":"m{}","room":"{}","content":{}}})",
                                        next_number_, role_.room, content));
        ++next_number_;
        ++in_flight_;
        ++counts_.sent;
    }
}

// Senders stay: their acks and events are paired in the order of the room.
void ChatMember::use_verb() {
    if (verb_open_ || !holes_.empty()) return;
    verb_open_ = true;
    since_verb_ = 0;
    const std::uint64_t choice = core::mix64(role_.seed + ++commands_);
    const std::uint64_t verb = choice % (role_.sends ? 3 : 4);
    if (verb == 0) {
        const std::uint64_t before =
            live_next_ - choice / 7 % std::min<std::uint64_t>(100, live_next_);
        outgoing_.push_back(
            fmt::format(R"({{"type":"history","id":"v","room":"{}","before":{},"limit":{}}})",
                        role_.room, std::max<std::uint64_t>(1, before), 1 + choice / 3 % 100));
    } else if (verb == 1) {
        outgoing_.push_back(
            fmt::format(R"({{"type":"members","id":"v","room":"{}"}})", role_.room));
    } else if (verb == 2 && role_.sends) {
        outgoing_.emplace_back(R"({"type":"ping","id":"v"})");
    } else {
        place_ = Place::kLeaving;
        outgoing_.push_back(fmt::format(R"({{"type":"leave","id":"v","room":"{}"}})", role_.room));
    }
}

void ChatMember::page() {
    if (page_open_ || holes_.empty() || place_ != Place::kIn) return;
    page_open_ = true;
    const Hole& hole = holes_.front();
    outgoing_.push_back(fmt::format(
        R"({{"type":"history","id":"p","room":"{}","after":{},"before":{},"limit":100}})",
        role_.room, hole.from - 1, hole.to + 1));
}

}  // namespace stentor::bench
