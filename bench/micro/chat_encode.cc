// Frames as JSON (chat/protocol/encode.h): what a room says for each message, and what it answers.
// Thread: the benchmark's.
// Invariant: what is written is read back, by a reader that is not ours, as what was meant.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "bench/micro/answer.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "chat/protocol/encode.h"

namespace stentor::bench {
namespace {

constexpr std::string_view kEpoch = "phopbaok6y36";
constexpr std::int64_t kAtMs = 1'795'226'688'893;

chat::MessageView message_of(std::string_view content) {
    return {.room = "lobby",
            .seq = 4711,
            .at_ms = kAtMs,
            .user = chat::UserId{0x39f9308f8bb3afd2},
            .from = "bob",
            .content = content,
            .client_id = "m-17",
            .reply_to = 0};
}

// What `json` has under this key, if it is an object that has it.
std::optional<simdjson::dom::element> field(simdjson::dom::parser& parser, std::string_view json,
                                            std::string_view key) {
    simdjson::dom::element root;
    simdjson::dom::element found;
    const bool there =
        parser.parse(json.data(), json.size(), true).get(root) == simdjson::SUCCESS &&
        root.at_key(key).get(found) == simdjson::SUCCESS;
    return there ? std::optional(found) : std::nullopt;
}
// Does `json` have this string under this key?
bool says(std::string_view json, std::string_view key, std::string_view text) {
    simdjson::dom::parser parser;
    std::string_view said;
    const auto found = field(parser, json, key);
    return found && found->get_string().get(said) == simdjson::SUCCESS && said == text;
}
bool lists(std::string_view json, std::string_view key, std::size_t count) {
    simdjson::dom::parser parser;
    simdjson::dom::array list;
    const auto found = field(parser, json, key);
    return found && found->get_array().get(list) == simdjson::SUCCESS && list.size() == count;
}

template <typename Append>
void encode(benchmark::State& state, Append&& append, bool right) {
    if (!answer_is(state, right, "does not read back as what was written")) return;
    std::string out;
    for (auto _ : state) {
        out.clear();
        append(out);
        benchmark::DoNotOptimize(out.data());
        benchmark::ClobberMemory();
    }
    count_bytes(state, static_cast<std::int64_t>(out.size()));
}

template <typename Append>
std::string written(Append&& append) {
    std::string out;
    append(out);
    return out;
}

void encode_message(benchmark::State& state, const std::string& content) {
    const auto append = [&](std::string& out) { append_message(out, message_of(content)); };
    const std::string json = written(append);
    encode(state, append,
           says(json, "content", content) && says(json, "user", "u39f9308f8bb3afd2") &&
               json.find(R"("seq":4711,)") != std::string::npos);
}

void encode_ack(benchmark::State& state) {
    const auto append = [](std::string& out) {
        chat::append_ack(out, "m-17", "lobby", kEpoch, 4711, kAtMs, chat::Durability::kMemory,
                         false);
    };
    const std::string json = written(append);
    encode(state, append, says(json, "id", "m-17") && says(json, "epoch", kEpoch));
}

// What a newcomer to a lively room gets: 50 events and 100 members.
void encode_joined(benchmark::State& state) {
    std::string event;
    append_message(event, message_of(text_of(Script::kAscii, 80)));
    std::string events = event;
    for (int i = 1; i < 50; ++i) events.append(",").append(event);
    const std::vector<chat::MemberView> members(100, {chat::UserId{0x39f9308f8bb3afd2}, "bob"});
    const chat::JoinedView view{.id = "j-1",
                                .room = "lobby",
                                .epoch = kEpoch,
                                .seq = 4711,
                                .first = 3712,
                                .recovered = true,
                                .events = events,
                                .more = true,
                                .version = 12,
                                .count = 500,
                                .members = members};
    const auto append = [&](std::string& out) { append_joined(out, view); };
    const std::string json = written(append);
    encode(state, append, lists(json, "events", 50) && lists(json, "members", 100));
}

void encode_presence(benchmark::State& state) {
    const std::vector<chat::MemberView> joined(1, {chat::UserId{0x39f9308f8bb3afd2}, "bob"});
    const auto append = [&](std::string& out) {
        chat::append_presence(out, "lobby", 12, 500, joined, {});
    };
    encode(state, append, lists(written(append), "joined", 1));
}

void encode_error(benchmark::State& state) {
    const auto append = [](std::string& out) {
        chat::append_error(out, "m-17", chat::ErrorCode::kNotInRoom, "join the room first");
    };
    encode(state, append, says(written(append), "code", "not_in_room"));
}

}  // namespace

void register_encode() {
    benchmark::RegisterBenchmark("encode/message/128", encode_message,
                                 text_of(Script::kAscii, 128));
    benchmark::RegisterBenchmark("encode/message/cjk_128", encode_message,
                                 text_of(Script::kCjk, 128));
    benchmark::RegisterBenchmark("encode/message/4000", encode_message,
                                 text_of(Script::kAscii, 4000));
    benchmark::RegisterBenchmark("encode/message/escapes", encode_message,
                                 std::string("a \"word\"\non two\tlines \\o/ \u2028"));
    benchmark::RegisterBenchmark("encode/ack", encode_ack);
    benchmark::RegisterBenchmark("encode/joined/50_events_100_members", encode_joined);
    benchmark::RegisterBenchmark("encode/presence", encode_presence);
    benchmark::RegisterBenchmark("encode/error", encode_error);
}

}  // namespace stentor::bench
