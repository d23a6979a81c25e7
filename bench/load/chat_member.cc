// What a member makes of the server's frames. What it sends is in chat_member_verbs.cc. See
// chat_member.h.
// Thread: see chat_member.h.
// Invariant: see chat_member.h.
#include "bench/load/chat_member.h"

#include <algorithm>
#include <charconv>

#include "bench/load/chat_content.h"
#include "bench/load/chat_frame.h"

namespace stentor::bench {

void ChatCounts::add(const ChatCounts& other) {
    for (const auto counter :
         {&ChatCounts::sent, &ChatCounts::acked, &ChatCounts::delivered, &ChatCounts::verbs,
          &ChatCounts::pages, &ChatCounts::gaps, &ChatCounts::forgotten, &ChatCounts::lost,
          &ChatCounts::duplicates, &ChatCounts::reordered, &ChatCounts::seq_faults,
          &ChatCounts::spoilt, &ChatCounts::ack_faults, &ChatCounts::answer_faults}) {
        this->*counter += other.*counter;
    }
    if (complaint.empty()) complaint = other.complaint;
}

ChatMember::ChatMember(ChatRole role, RoomLedger& ledger)
    : role_(std::move(role)), ledger_(ledger), streams_(role_.streams) {}

bool ChatMember::at_rest() const {
    return place_ == Place::kIn && !verb_open_ && !page_open_ && holes_.empty() && in_flight_ == 0;
}

void ChatMember::complain(std::uint64_t ChatCounts::* counter, std::string_view what) {
    ++(counts_.*counter);
    if (counts_.complaint.empty()) {
        counts_.complaint = role_.room + ": " + std::string(what.substr(0, 300));
    }
}

std::vector<Stamp> ChatMember::on_frame(std::string_view json) {
    fresh_.clear();
    ChatFrame frame;
    if (frame.parse(json)) {
        handle(frame);
    } else {
        complain(&ChatCounts::answer_faults, "a frame is not a JSON object");
    }
    go_on();
    return std::move(fresh_);
}

void ChatMember::handle(const ChatFrame& frame) {
    const std::string_view type = frame.text("type");
    if (type == "message") {
        on_live(frame.event());
    } else if (type == "ack") {
        on_ack(frame);
    } else if (type == "gap") {
        on_gap(frame);
    } else if (type == "history") {
        frame.text("id") == "p" ? on_page(frame) : on_history(frame);
    } else if (type == "members") {
        on_members(frame);
    } else if (type == "joined") {
        on_joined(frame);
    } else if (type == "left") {
        place_ = Place::kOut;
        join();
    } else if (type == "logged_in") {
        user_ = frame.text("user");
    } else if (type == "pong") {
        verb_open_ = false;
        ++counts_.verbs;
    } else if (type == "error") {
        verb_open_ = false;
        complain(&ChatCounts::answer_faults, frame.json());
    }
}

void ChatMember::on_joined(const ChatFrame& frame) {
    const std::uint64_t seq = frame.number("seq");
    place_ = Place::kIn;
    if (epoch_.empty()) {
        epoch_ = frame.text("epoch");
        base_ = seq;
        live_next_ = seq + 1;
        return;
    }
    verb_open_ = false;
    ++counts_.verbs;
    if (frame.text("epoch") != epoch_ || seq + 1 < live_next_) {
        complain(&ChatCounts::answer_faults, "not the room that was left: " + frame.json());
    }
    if (!frame.is("recovered")) {
        if (frame.number("first") <= live_next_) {
            complain(&ChatCounts::answer_faults, "not recovered, but it could be: " + frame.json());
        }
        open_hole(live_next_, seq);
        live_next_ = seq + 1;
        return;
    }
    for (const ChatEvent& event : frame.events()) {
        if (event.seq != live_next_) {
            complain(&ChatCounts::seq_faults, "joined brought another seq than the next");
            continue;
        }
        ++live_next_;
        take(event);
    }
    if (live_next_ <= seq) {
        if (!frame.is("more")) complain(&ChatCounts::answer_faults, "joined says less than seq");
        open_hole(live_next_, seq);
    }
    live_next_ = std::max(live_next_, seq + 1);
}

void ChatMember::on_live(const ChatEvent& event) {
    if (place_ == Place::kOut || place_ == Place::kJoining) {
        complain(&ChatCounts::answer_faults, "a message of a room that was left");
        return;
    }
    if (event.seq < live_next_) {
        complain(&ChatCounts::duplicates, "a live event came again");
        return;
    }
    if (event.seq > live_next_) {
        complain(&ChatCounts::seq_faults, "a live seq is not the next one");
        open_hole(live_next_, event.seq - 1);
    }
    live_next_ = event.seq + 1;
    take(event);
    ++since_verb_;
}

void ChatMember::on_gap(const ChatFrame& frame) {
    const std::uint64_t from = frame.number("from");
    const std::uint64_t to = frame.number("to");
    if (from != live_next_ || to < from) {
        complain(&ChatCounts::seq_faults, "a gap does not begin at the next seq");
        return;
    }
    counts_.gaps += to + 1 - from;
    live_next_ = to + 1;
    open_hole(from, to);
}

void ChatMember::open_hole(std::uint64_t from, std::uint64_t to) {
    holes_.push_back({from, to});
}

// A page of the oldest hole.
void ChatMember::on_page(const ChatFrame& frame) {
    page_open_ = false;
    ++counts_.pages;
    if (holes_.empty()) return;
    Hole& hole = holes_.front();
    // A room keeps so much and no more, and says where it begins.
    const std::uint64_t first = frame.number("first");
    if (first > hole.from) {
        counts_.forgotten += std::min(first, hole.to + 1) - hole.from;
        hole.from = first;
    }
    for (const ChatEvent& event : frame.events()) {
        if (event.seq != hole.from || event.seq > hole.to) continue;
        ++hole.from;
        take(event);
    }
    if (hole.from <= hole.to && (frame.events().empty() || !frame.is("more"))) {
        complain(&ChatCounts::lost, "a page lacks what its room still has: " + frame.json());
        hole.from = hole.to + 1;
    }
    if (hole.from > hole.to) holes_.erase(holes_.begin());
}

void ChatMember::on_history(const ChatFrame& frame) {
    verb_open_ = false;
    ++counts_.verbs;
    std::uint64_t last = 0;
    for (const ChatEvent& event : frame.events()) {
        if (last != 0 && event.seq != last + 1) {
            complain(&ChatCounts::answer_faults, "a page of history has a hole");
        }
        last = event.seq;
        if (event.seq > base_) looks_right(event);
    }
    if (last > frame.number("seq")) {
        complain(&ChatCounts::answer_faults, "a page of history is ahead of its seq");
    }
}

void ChatMember::on_members(const ChatFrame& frame) {
    verb_open_ = false;
    ++counts_.verbs;
    const std::vector<std::string_view> users = frame.members();
    const bool whole = !frame.is("more");
    if (whole && users.size() != frame.number("count")) {
        complain(&ChatCounts::answer_faults, "the list of members is not as long as its count");
    }
    if (whole && std::ranges::find(users, user_) == users.end()) {
        complain(&ChatCounts::answer_faults, "the list of members lacks who asked");
    }
}

// The same at this seq for everybody, and as it was sent.
bool ChatMember::looks_right(const ChatEvent& event) {
    if (!ledger_.agrees(event.seq, hash_of(event.content, hash_of(event.user)))) {
        complain(&ChatCounts::reordered, "two members saw different events at one seq");
        return false;
    }
    const auto checked = check_content(event.content);
    if (!checked || !checked->whole) {
        complain(&ChatCounts::spoilt,
                 "a content is not as it was sent: " + std::string(event.content));
        return false;
    }
    return true;
}

// An event that should be new to this member.
void ChatMember::take(const ChatEvent& event) {
    const Sequence::Arrival arrival = seqs_.arrive(event.seq - base_ - 1);
    if (arrival == Sequence::Arrival::kRepeated) {
        complain(&ChatCounts::duplicates, "an event came twice");
        return;
    }
    if (!looks_right(event)) return;
    const Stamp stamp = check_content(event.content)->stamp;
    const std::uint32_t place = stamp.stream - role_.first_stream;
    if (place >= streams_.size()) {
        complain(&ChatCounts::spoilt, "a message of another room");
        return;
    }
    const Sequence::Arrival of_sender = streams_[place].arrive(stamp.number);
    if (of_sender == Sequence::Arrival::kRepeated) {
        complain(&ChatCounts::duplicates, "a message stands under two seqs");
        return;
    }
    // With nothing missing, a sender's messages must come one after the other.
    if (arrival == Sequence::Arrival::kNext && holes_.empty() &&
        of_sender != Sequence::Arrival::kNext) {
        complain(&ChatCounts::reordered, "a sender's messages are out of order");
    }
    ++counts_.delivered;
    fresh_.push_back(stamp);
    if (role_.sends && stamp.stream == role_.stream) check_ack(stamp.number, event);
}

void ChatMember::on_ack(const ChatFrame& frame) {
    const std::string_view id = frame.text("id");
    std::uint64_t number = 0;
    const std::string_view digits = id.substr(std::min<std::size_t>(1, id.size()));
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec != std::errc() || number >= next_number_) {
        complain(&ChatCounts::ack_faults, "an ack of nothing: " + frame.json());
        return;
    }
    ++counts_.acked;
    const bool again = !acks_.emplace(number, frame.number("seq")).second;
    if (again || frame.is("duplicate") || frame.text("epoch") != epoch_) {
        complain(&ChatCounts::ack_faults, "not the ack that was due: " + frame.json());
    }
}

// The ack comes before the event, and names its seq.
void ChatMember::check_ack(std::uint64_t number, const ChatEvent& event) {
    if (in_flight_ > 0) --in_flight_;
    const auto ack = acks_.find(number);
    if (ack == acks_.end() || ack->second != event.seq ||
        event.client_id != "m" + std::to_string(number)) {
        complain(&ChatCounts::ack_faults, "ack and event do not belong together");
    }
    if (ack != acks_.end()) acks_.erase(ack);
}

}  // namespace stentor::bench
