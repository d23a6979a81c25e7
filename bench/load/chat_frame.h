// One frame of the native protocol, read for checking (docs/protocol.md).
// Thread: one at a time. The views live until the same thread parses the next frame.
// Invariant: what is missing reads as empty, zero or false; the checks then say so.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::bench {

struct ChatEvent {
    std::uint64_t seq = 0;
    std::string_view user;
    std::string_view content;
    std::string_view client_id;
};

class ChatFrame {
public:
    bool parse(std::string_view json) {
        // Its buffers serve all frames of a thread.
        static thread_local simdjson::dom::parser parser;
        return parser.parse(json.data(), json.size(), true).get(fields_) == simdjson::SUCCESS;
    }
    std::string_view text(std::string_view key) const { return text_in(fields_, key); }
    std::uint64_t number(std::string_view key) const {
        std::uint64_t value = 0;
        return fields_[key].get(value) == simdjson::SUCCESS ? value : 0;
    }
    bool is(std::string_view key) const {
        bool value = false;
        return fields_[key].get(value) == simdjson::SUCCESS && value;
    }
    ChatEvent event() const { return event_of(fields_); }
    std::vector<ChatEvent> events() const {
        std::vector<ChatEvent> list;
        for (const simdjson::dom::object one : objects("events")) list.push_back(event_of(one));
        return list;
    }
    // Their user ids.
    std::vector<std::string_view> members() const {
        std::vector<std::string_view> list;
        for (const simdjson::dom::object one : objects("members")) {
            list.push_back(text_in(one, "user"));
        }
        return list;
    }
    std::string json() const { return simdjson::minify(fields_); }

private:
    static std::string_view text_in(simdjson::dom::object fields, std::string_view key) {
        std::string_view value;
        return fields[key].get(value) == simdjson::SUCCESS ? value : std::string_view();
    }
    static ChatEvent event_of(simdjson::dom::object fields) {
        ChatEvent event{.seq = 0,
                        .user = text_in(fields, "user"),
                        .content = text_in(fields, "content"),
                        .client_id = text_in(fields, "client_id")};
        if (fields["seq"].get(event.seq) != simdjson::SUCCESS) event.seq = 0;
        return event;
    }
    std::vector<simdjson::dom::object> objects(std::string_view key) const {
        std::vector<simdjson::dom::object> list;
        simdjson::dom::array items;
        if (fields_[key].get(items) != simdjson::SUCCESS) return list;
        for (const simdjson::dom::element item : items) {
            simdjson::dom::object one;
            if (item.get(one) == simdjson::SUCCESS) list.push_back(one);
        }
        return list;
    }

    simdjson::dom::object fields_;
};

}  // namespace stentor::bench
