// Our own JSON into a view of it.
// Thread: owner reactor.
// Invariant: see event_reader.h.
#include "chat/home/event_reader.h"

#include <cstdint>

#include "core/check.h"

namespace stentor::chat {
namespace {

std::string_view text_of(simdjson::dom::element value) {
    std::string_view text;
    STENTOR_CHECK(value.get(text) == simdjson::SUCCESS);
    return text;
}

std::uint64_t number_of(simdjson::dom::element value) {
    std::uint64_t number = 0;
    STENTOR_CHECK(value.get(number) == simdjson::SUCCESS);
    return number;
}

EventKind kind_of(std::string_view type) {
    if (type == "message") return EventKind::kMessage;
    if (type == "edited") return EventKind::kEdited;
    if (type == "deleted") return EventKind::kDeleted;
    STENTOR_CHECK(type == "reacted");
    return EventKind::kReacted;
}

}  // namespace

const EventView& EventReader::read(std::string_view json) {
    view_ = {.kind = EventKind::kMessage, .message = {}};
    simdjson::dom::object object;
    STENTOR_CHECK(parser_.parse(json.data(), json.size()).get(object) == simdjson::SUCCESS);
    MessageView& message = view_.message;
    for (const auto [key, value] : object) {
        if (key == "type") {
            view_.kind = kind_of(text_of(value));
        } else if (key == "room") {
            message.room = text_of(value);
        } else if (key == "seq") {
            message.seq = number_of(value);
        } else if (key == "at") {
            message.at_ms = static_cast<std::int64_t>(number_of(value));
        } else if (key == "user") {
            message.user = UserId::parse(text_of(value)).value_or(UserId{});
        } else if (key == "from") {
            message.from = text_of(value);
        } else if (key == "content" || key == "emoji") {
            message.content = text_of(value);
        } else if (key == "client_id") {
            message.client_id = text_of(value);
        } else if (key == "reply_to") {
            message.reply_to = number_of(value);
        } else if (key == "target") {
            view_.target = number_of(value);
        } else if (key == "on") {
            view_.on = value.is_bool() && bool(value);
        } else if (key == "deleted") {
            view_.deleted = true;
        } else if (key == "edited_at") {
            view_.edited_at_ms = static_cast<std::int64_t>(number_of(value));
        } else if (key == "reactions") {
            read_reactions(value);
        }
    }
    return view_;
}

void EventReader::read_reactions(simdjson::dom::object reactions) {
    reactions_.clear();
    names_.clear();
    for (const auto [emoji, names] : reactions) {
        std::vector<std::string_view>& who = names_.emplace_back();
        for (const auto name : simdjson::dom::array(names)) who.push_back(text_of(name));
        reactions_.push_back({emoji, {}});
    }
    for (std::size_t i = 0; i < reactions_.size(); ++i) reactions_[i].names = names_[i];
    view_.reactions = reactions_;
}

}  // namespace stentor::chat
