// Frames of ours, read back.
// Thread: owner reactor.
// Invariant: see room_frame.h.
#include "chat/dialect/room_frame.h"

#include <simdjson.h>

#include "chat/direct_room.h"

namespace stentor::chat {
namespace {

namespace dom = simdjson::dom;

std::string_view text_in(const dom::object& object, std::string_view key) {
    std::string_view text;
    if (object.at_key(key).get(text) != simdjson::SUCCESS) return {};
    return text;
}

std::uint64_t number_in(const dom::object& object, std::string_view key) {
    std::uint64_t number = 0;
    if (object.at_key(key).get(number) != simdjson::SUCCESS) return 0;
    return number;
}

void read_presence(const dom::object& object, RoomFrame& frame) {
    frame.kind = RoomFrame::Kind::kPresence;
    frame.version = number_in(object, "version");
    dom::array list;
    if (object.at_key("joined").get(list) == simdjson::SUCCESS) {
        for (const dom::element item : list) {
            dom::object member;
            if (item.get(member) != simdjson::SUCCESS) continue;
            const auto user = UserId::parse(text_in(member, "user"));
            if (user) frame.joined.push_back({*user, text_in(member, "name")});
        }
    }
    if (object.at_key("left").get(list) == simdjson::SUCCESS) {
        for (const dom::element item : list) {
            std::string_view text;
            if (item.get(text) != simdjson::SUCCESS) continue;
            if (const auto user = UserId::parse(text)) frame.left.push_back(*user);
        }
    }
}

void read_text(const dom::object& object, bool edited, RoomFrame& frame) {
    std::string_view content;
    if (object.at_key("content").get(content) != simdjson::SUCCESS) return;  // deleted
    frame.kind = RoomFrame::Kind::kText;
    frame.from = text_in(object, "from");
    frame.content = content;
    frame.edited = edited;
}

}  // namespace

struct RoomFrameReader::State {
    dom::parser parser;
    RoomFrame frame;
};

RoomFrameReader::RoomFrameReader() : state_(std::make_unique<State>()) {}
RoomFrameReader::~RoomFrameReader() = default;

const RoomFrame& RoomFrameReader::read(std::string_view json) {
    state_->frame = {};
    dom::object object;
    constexpr bool kCopies = true;  // nothing may be read behind a block that others share
    if (state_->parser.parse(json.data(), json.size(), kCopies).get(object) != simdjson::SUCCESS) {
        return state_->frame;
    }
    const std::string_view type = text_in(object, "type");
    state_->frame.room = text_in(object, "room");
    if (type == "presence") {
        read_presence(object, state_->frame);
    } else if (type == "message" || type == "edited") {
        read_text(object, type == "edited", state_->frame);
    }
    return state_->frame;
}

bool RoomFrame::is_private() const {
    return room.starts_with(kDirectRoomPrefix);
}

std::string shown_content(const RoomFrame& frame) {
    const bool is_marked = frame.is_private() && !frame.content.starts_with('@');
    std::string text = is_marked ? "[private] " : "";
    text += frame.content;
    if (frame.edited) text += " (edited)";
    return text;
}

}  // namespace stentor::chat
