// One text message -> one command (docs/protocol.md, "Frames"). To add a verb: its struct in
// command.h, its decode function here, its line in kVerbs.
// Thread: owner reactor.
// Invariant: every frame gives either a Command or a Refusal, in time linear in its bytes (n log n
// in the keys of one object).
#include "chat/protocol/command.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <vector>

#include "chat/protocol/fields.h"
#include "core/check.h"
#include "core/mirrored_ring.h"

namespace stentor::chat {

namespace dom = simdjson::dom;

static_assert(simdjson::SIMDJSON_PADDING <= core::kReadablePaddingBytes,
              "simdjson reads behind the message, which is not copied");

struct CommandDecoder::State {
    dom::parser parser;
    std::vector<Field> fields;  // of the frame; kept for its memory
};

namespace {

void collect(std::vector<Field>& fields, const dom::object& object) {
    fields.clear();
    for (const auto [key, value] : object) fields.push_back({key, value});
}

bool has_duplicate_key(std::span<const Field> fields) {
    constexpr std::size_t kPairwiseMax = 12;
    if (fields.size() <= kPairwiseMax) {
        for (; fields.size() > 1; fields = fields.subspan(1)) {
            const std::span<const Field> rest = fields.subspan(1);
            if (std::ranges::find(rest, fields.front().key, &Field::key) != rest.end()) return true;
        }
        return false;
    }
    std::vector<std::string_view> keys;
    keys.reserve(fields.size());
    for (const Field& field : fields) keys.push_back(field.key);
    std::ranges::sort(keys);
    return std::ranges::adjacent_find(keys) != keys.end();
}

constexpr std::string_view kDuplicateKey = "an object has the same key twice";
constexpr std::string_view kTooDeep = "nested deeper than 16";
static_assert(kJsonDepthMax == 16, "kTooDeep says it");

// What is wrong inside `value`, which lies `depth` levels deep itself; empty when nothing is. The
// recursion ends because the parser has refused what is much deeper.
std::string_view nested_objection(const dom::element& value, std::size_t depth) {
    const bool is_object = value.is_object();
    if (!is_object && !value.is_array()) return {};
    if (depth > kJsonDepthMax) return kTooDeep;
    if (!is_object) {
        for (const dom::element item : dom::array(value)) {
            if (const auto why = nested_objection(item, depth + 1); !why.empty()) return why;
        }
        return {};
    }
    std::vector<Field> fields;
    collect(fields, dom::object(value));
    if (has_duplicate_key(fields)) return kDuplicateKey;
    for (const Field& field : fields) {
        if (const auto why = nested_objection(field.value, depth + 1); !why.empty()) return why;
    }
    return {};
}

std::string_view parse_objection(simdjson::error_code error) {
    switch (error) {
        case simdjson::DEPTH_ERROR:
            return kTooDeep;
        case simdjson::NUMBER_ERROR:
            return "a number is malformed or too large";
        case simdjson::STRING_ERROR:
        case simdjson::UNESCAPED_CHARS:
            return "a string holds a bad escape or a bare control character";
        case simdjson::UTF8_ERROR:
            return "not UTF-8";
        case simdjson::EMPTY:
            return "the frame is empty";
        default:
            return "the frame is not valid JSON";
    }
}

bool is_good_id(std::string_view id) {
    return !id.empty() && id.size() <= kCommandIdBytesMax;
}

// The id to answer with: the frame's only one, if it is a good one.
std::string readable_id(std::span<const Field> fields) {
    if (std::ranges::count(fields, std::string_view("id"), &Field::key) != 1) return {};
    const std::string_view id = Fields(fields).string("id");
    return is_good_id(id) ? std::string(id) : std::string();
}

// At most `bytes_max` bytes of `text`, whole code points.
std::string_view clipped(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0U) == 0x80U) {
        --bytes_max;
    }
    return text.substr(0, bytes_max);
}

// ---- one decode function for each verb ----

CommandBody decode_login(Fields& fields) {
    return LoginCommand{.name = fields.optional_string("name"),
                        .session = fields.optional_string("session"),
                        .token = fields.optional_string("token")};
}

SincePosition decode_position(Fields& fields) {
    return {.epoch = fields.string("epoch"), .seq = fields.integer("seq", 0)};
}

std::optional<SincePosition> decode_since(Fields& fields) {
    const dom::element* value = fields.find("since");
    if (value == nullptr) return std::nullopt;
    dom::object object;
    if (value->get_object().get(object) != simdjson::SUCCESS) {
        fields.fail("since", "must be an object with epoch and seq");
        return std::nullopt;
    }
    std::vector<Field> inner;
    collect(inner, object);
    Fields since(inner, "since.");
    const SincePosition position = decode_position(since);
    fields.adopt_failure(since);
    return position;
}

CommandBody decode_join(Fields& fields) {
    return JoinCommand{.room = fields.string("room"),
                       .since = decode_since(fields),
                       .history = fields.optional_count("history", 0, kPageEventsMax)};
}

CommandBody decode_leave(Fields& fields) {
    return LeaveCommand{.room = fields.string("room")};
}

CommandBody decode_send(Fields& fields) {
    return SendCommand{.room = fields.string("room"),
                       .content = fields.filled_string("content"),
                       .reply_to = fields.optional_integer("reply_to", 1)};
}

CommandBody decode_edit(Fields& fields) {
    return EditCommand{.room = fields.string("room"),
                       .target = fields.integer("target", 1),
                       .content = fields.filled_string("content")};
}

CommandBody decode_delete(Fields& fields) {
    return DeleteCommand{.room = fields.string("room"), .target = fields.integer("target", 1)};
}

CommandBody decode_react(Fields& fields) {
    return ReactCommand{.room = fields.string("room"),
                        .target = fields.integer("target", 1),
                        .emoji = fields.symbol("emoji", kEmojiBytesMax),
                        .on = fields.boolean("on")};
}

CommandBody decode_direct(Fields& fields) {
    return DirectCommand{.to = fields.filled_string("to"),
                         .content = fields.filled_string("content")};
}

CommandBody decode_typing(Fields& fields) {
    return TypingCommand{.room = fields.string("room"), .on = fields.boolean("on")};
}

CommandBody decode_read(Fields& fields) {
    return ReadCommand{.room = fields.string("room"), .seq = fields.integer("seq", 0)};
}

CommandBody decode_rooms(Fields&) {
    return RoomsCommand{};
}

CommandBody decode_sync(Fields& fields) {
    SyncCommand sync;
    const dom::element* value = fields.find("rooms");
    dom::array rooms;
    if (value == nullptr || value->get_array().get(rooms) != simdjson::SUCCESS) {
        fields.fail("rooms", value == nullptr ? "is missing" : "must be an array");
        return sync;
    }
    std::vector<Field> inner;
    for (const dom::element one : rooms) {
        dom::object object;
        if (sync.rooms.size() == kRoomsPerConnectionMax) {
            fields.fail("rooms", fmt::format("more than {}", kRoomsPerConnectionMax));
        } else if (one.get_object().get(object) != simdjson::SUCCESS) {
            fields.fail("rooms", "each must be an object with room, epoch and seq");
        } else {
            collect(inner, object);
            Fields its(inner, "rooms.");
            sync.rooms.push_back({.room = its.string("room"), .since = decode_position(its)});
            fields.adopt_failure(its);
        }
        if (fields.failed()) break;
    }
    return sync;
}

CommandBody decode_members(Fields& fields) {
    return MembersCommand{
        .room = fields.string("room"),
        .after = fields.optional_string("after"),
        .limit = fields.optional_count("limit", 1, kPageMembersMax).value_or(kPageMembersMax)};
}

CommandBody decode_history(Fields& fields) {
    return HistoryCommand{
        .room = fields.string("room"),
        .before = fields.optional_integer("before", 1),
        .after = fields.optional_integer("after", 0),
        .limit = fields.optional_count("limit", 1, kPageEventsMax).value_or(kPageEventsMax)};
}

CommandBody decode_ping(Fields&) {
    return PingCommand{};
}

struct Verb {
    std::string_view type;
    CommandBody (*decode)(Fields& fields);
};
constexpr std::array kVerbs = {
    Verb{"send", decode_send},       Verb{"ping", decode_ping},     Verb{"join", decode_join},
    Verb{"history", decode_history}, Verb{"leave", decode_leave},   Verb{"members", decode_members},
    Verb{"login", decode_login},     Verb{"typing", decode_typing}, Verb{"read", decode_read},
    Verb{"react", decode_react},     Verb{"edit", decode_edit},     Verb{"delete", decode_delete},
    Verb{"direct", decode_direct},   Verb{"rooms", decode_rooms},   Verb{"sync", decode_sync},
};

}  // namespace

CommandDecoder::CommandDecoder() : state_(std::make_unique<State>()) {
    // One level more than we allow: the exact bound, empty containers too, is nested_objection's.
    constexpr std::size_t kFirstCapacityBytes = 4096;
    const auto allocated = state_->parser.allocate(kFirstCapacityBytes, kJsonDepthMax + 2);
    STENTOR_CHECK(allocated == simdjson::SUCCESS);
}

CommandDecoder::~CommandDecoder() = default;

std::expected<Command, Refusal> CommandDecoder::decode(std::span<const std::byte> text) {
    std::vector<Field>& all = state_->fields;
    all.clear();
    const auto refuse = [&all](ErrorCode code, std::string_view why) {
        return std::unexpected(Refusal{code, readable_id(all), std::string(why)});
    };

    dom::element root;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto parsed = state_->parser.parse(bytes, text.size(), false).get(root);
    if (parsed != simdjson::SUCCESS) return refuse(ErrorCode::kBadJson, parse_objection(parsed));
    dom::object object;
    if (root.get_object().get(object) != simdjson::SUCCESS) {
        return refuse(ErrorCode::kBadJson, "a frame must be one JSON object");
    }
    collect(all, object);
    if (has_duplicate_key(all)) return refuse(ErrorCode::kBadJson, kDuplicateKey);
    for (const Field& field : all) {
        const std::string_view why = nested_objection(field.value, 2);
        if (!why.empty()) return refuse(ErrorCode::kBadJson, why);
    }

    Fields fields(all);
    const auto id = fields.optional_string("id");
    if (id && !is_good_id(*id)) fields.fail("id", "must be a string of 1 to 64 bytes");
    const std::string_view type = fields.string("type");
    if (fields.failed()) return refuse(ErrorCode::kBadRequest, fields.failure());
    const auto verb = std::ranges::find(kVerbs, type, &Verb::type);
    if (verb == kVerbs.end()) {
        return refuse(ErrorCode::kUnknownType,
                      fmt::format("type: \"{}\" is not known", clipped(type, kCommandIdBytesMax)));
    }
    Command command{.id = id.value_or(std::string_view()), .body = verb->decode(fields)};
    if (fields.failed()) return refuse(ErrorCode::kBadRequest, fields.failure());
    return command;
}

}  // namespace stentor::chat
