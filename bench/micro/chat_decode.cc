// Commands out of JSON (chat/protocol/command.h), one of each verb.
// Thread: the benchmark's.
// Invariant: the command that comes out is the one that was written.
#include <functional>
#include <string>
#include <vector>

#include "bench/micro/answer.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "chat/protocol/command.h"

namespace stentor::bench {
namespace {

struct Sample {
    std::string name;
    std::string json;
    std::function<bool(const chat::Command&)> is_right;
};

template <typename Body>
Sample sample(std::string name, std::string json, std::function<bool(const Body&)> is_right) {
    return {std::move(name), std::move(json), [is_right](const chat::Command& command) {
                const Body* body = std::get_if<Body>(&command.body);
                return body != nullptr && command.id == "m-17" && is_right(*body);
            }};
}

Sample send_of(std::string name, std::string content, std::string written) {
    return sample<chat::SendCommand>(std::move(name), send_command("lobby", "m-17", written),
                                     [content = std::move(content)](const chat::SendCommand& send) {
                                         return send.room == "lobby" && send.content == content &&
                                                !send.reply_to;
                                     });
}

std::vector<Sample> samples() {
    using namespace chat;
    const std::string short_text = text_of(Script::kAscii, 128);
    const std::string long_text = text_of(Script::kMixed, 4000);
    return {
        send_of("send/128", short_text, short_text),
        send_of("send/4000", long_text, long_text),
        send_of("send/escapes", "a \"word\"\non two\tlines \\o/",
                R"(a \"word\"\non two\tlines \\o/)"),
        sample<SendCommand>(
            "send/reply",
            R"({"type":"send","id":"m-17","room":"lobby","content":"yes","reply_to":4711})",
            [](const SendCommand& send) { return send.reply_to == 4711u; }),
        sample<LoginCommand>("login", R"({"type":"login","id":"m-17","name":"ann"})",
                             [](const LoginCommand& login) { return login.name == "ann"; }),
        sample<JoinCommand>("join", R"({"type":"join","id":"m-17","room":"lobby","history":50})",
                            [](const JoinCommand& join) { return join.history == 50u; }),
        sample<JoinCommand>(
            "join/since",
            R"({"type":"join","id":"m-17","room":"lobby","since":{"epoch":"phopbaok6y36","seq":4711}})",
            [](const JoinCommand& join) { return join.since && join.since->seq == 4711; }),
        sample<LeaveCommand>("leave", R"({"type":"leave","id":"m-17","room":"lobby"})",
                             [](const LeaveCommand& leave) { return leave.room == "lobby"; }),
        sample<MembersCommand>("members",
                               R"({"type":"members","id":"m-17","room":"lobby","limit":20})",
                               [](const MembersCommand& members) { return members.limit == 20; }),
        sample<HistoryCommand>("history",
                               R"({"type":"history","id":"m-17","room":"lobby","before":4711})",
                               [](const HistoryCommand& page) { return page.before == 4711u; }),
        sample<PingCommand>("ping", R"({"type":"ping","id":"m-17"})",
                            [](const PingCommand&) { return true; }),
    };
}

void decode(benchmark::State& state, const Sample& sample) {
    PaddedBytes json(sample.json);
    chat::CommandDecoder decoder;
    const auto command = decoder.decode(json.bytes());
    if (!answer_is(state, command && sample.is_right(*command), "not the command that was sent")) {
        return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(json.bytes()));
    count_bytes(state, static_cast<std::int64_t>(sample.json.size()));
}

void refuse(benchmark::State& state) {
    PaddedBytes json(R"({"type":"send","id":"m-17","room":"lobby","content":)");
    chat::CommandDecoder decoder;
    const auto refused = [&] {
        const auto command = decoder.decode(json.bytes());
        return !command && command.error().code == chat::ErrorCode::kBadJson;
    };
    if (!answer_is(state, refused(), "half an object was taken")) return;
    for (auto _ : state) benchmark::DoNotOptimize(refused());
}

}  // namespace

void register_decode() {
    for (const Sample& one : samples()) {
        benchmark::RegisterBenchmark(("decode/" + one.name).c_str(), decode, one);
    }
    benchmark::RegisterBenchmark("decode/half_an_object", refuse);
}

}  // namespace stentor::bench
