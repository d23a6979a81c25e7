// Targets and the command line: what is given, what it means, and what is said when it is wrong.
// Thread: one.
#include "bench/load/target.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bench/load/options.h"

namespace stentor::bench {
namespace {

std::expected<CommandLine, std::string> read(const std::vector<std::string>& arguments) {
    return read_command_line(arguments);
}

// Property: a URL is taken apart; what is neither ws:// nor wss:// is refused.
TEST(Target, TakesUrlsApart) {
    const auto url = parse_url("ws://[::1]:80?x=1");
    ASSERT_TRUE(url.has_value());
    EXPECT_EQ(url->host, "::1");
    EXPECT_EQ(url->authority, "[::1]:80");
    EXPECT_EQ(url->path, "/?x=1");
    EXPECT_FALSE(url->tls);
    EXPECT_EQ(parse_url("ws://host/a/b")->port, "80");
    const auto secure = parse_url("wss://host/a/b");
    ASSERT_TRUE(secure.has_value());
    EXPECT_TRUE(secure->tls);
    EXPECT_EQ(secure->host, "host");
    EXPECT_EQ(secure->port, "443");
    EXPECT_EQ(secure->path, "/a/b");
    for (const char* bad :
         {"http://a", "https://a", "wss:/a", "ws://", "wss://", "ws://:80/", "ws://a:/"}) {
        EXPECT_FALSE(parse_url(bad).has_value()) << bad;
    }
}

// Property: {room} in a URL becomes the room's name, every octet that means something there
// encoded; what holds none stays as it is.
TEST(Target, FillsTheRoomIntoTheUrl) {
    const auto url = parse_url("ws://a/{room}/ws?room={room}&x=%20");
    ASSERT_TRUE(url.has_value()) << url.error();
    EXPECT_TRUE(url->names_room);
    EXPECT_EQ(url->path_for("bench-00001"), "/bench-00001/ws?room=bench-00001&x=%20");
    EXPECT_EQ(url->path_for("a b/\xc3\xbc?&=%#+~._{room}"),
              "/a%20b%2F%C3%BC%3F%26%3D%25%23%2B~._%7Broom%7D/ws"
              "?room=a%20b%2F%C3%BC%3F%26%3D%25%23%2B~._%7Broom%7D&x=%20");
    const auto plain = parse_url("ws://a?room=x");
    ASSERT_TRUE(plain.has_value());
    EXPECT_FALSE(plain->names_room);
    EXPECT_EQ(plain->path_for("y"), "/?room=x");
}

// Property: a brace that is no {room}, or stands in the host, is a mistake that is named.
TEST(Target, RefusesOtherBraces) {
    for (const char* bad : {"ws://a/{rooms}", "ws://a/?u={user}", "ws://a/{room", "ws://a/room}",
                            "ws://a/{{room}}", "ws://{room}/", "ws://a:{room}/"}) {
        const auto url = parse_url(bad);
        ASSERT_FALSE(url.has_value()) << bad;
        EXPECT_NE(url.error().find("{room}"), std::string::npos) << url.error();
    }
}

// Property: a file names several servers, by dialect or by templates of their own.
TEST(Target, ReadsTheFile) {
    const auto targets = parse_targets(
        R"({"targets":[{"name":"a","url":"ws://127.0.0.1:1/ws","pid":7,"core":0},
            {"name":"b","url":"wss://127.0.0.1:2/","join":["hello","in {room}"],"joined":"ok",
             "message":"say {stamp}{pad}"},
            {"url":"ws://127.0.0.1:3/ws?room={room}"}]})",
        "native");
    ASSERT_TRUE(targets.has_value()) << targets.error();
    ASSERT_EQ(targets->size(), 3u);
    EXPECT_TRUE(targets->back().url.names_room);
    EXPECT_TRUE(targets->front().native());
    EXPECT_EQ(targets->front().pid, 7);
    EXPECT_EQ(targets->front().core, 0);
    EXPECT_EQ(targets->front().join.size(), 2u);
    const TargetSpec& own = targets->at(1);
    EXPECT_FALSE(own.native());
    EXPECT_TRUE(own.url.tls);
    EXPECT_EQ(own.joined, "ok");
    ASSERT_EQ(own.join.size(), 2u);
    EXPECT_EQ(own.join.back().prepare("r", "u", 0).text, "in r");
}

// Property: what is wrong in a file is named.
TEST(Target, NamesWhatIsWrongInTheFile) {
    const std::vector<std::pair<std::string, std::string>> bad{
        {"{", "not JSON"},
        {R"({"target":[]})", "targets"},
        {R"({"targets":[]})", "empty"},
        {R"({"targets":[{"url":"ws://a/","port":1}]})", "port"},
        {R"({"targets":[{"url":"ws://a/","pid":"x"}]})", "pid"},
        {R"({"targets":[{"url":"ws://a/","dialect":"x"}]})", "dialect"},
        {R"({"targets":[{"url":"ws://a/","message":"no mark"}]})", "{stamp}"}};
    for (const auto& [json, word] : bad) {
        const auto targets = parse_targets(json, "native");
        ASSERT_FALSE(targets.has_value()) << json;
        EXPECT_NE(targets.error().find(word), std::string::npos) << targets.error();
    }
    EXPECT_FALSE(read_targets("/nowhere/targets.json", "native").has_value());
}

// Property: flags become options, with the defaults of the workload.
TEST(CommandLine, BecomesOptions) {
    const auto line = read({"fanout", "--url", "ws://127.0.0.1:1/ws", "--slice", "50ms", "--rate",
                            "100", "--rooms", "5"});
    ASSERT_TRUE(line.has_value()) << line.error();
    EXPECT_EQ(line->options.workload, Workload::kFanout);
    EXPECT_EQ(line->options.connections, 500u);
    EXPECT_EQ(line->options.rooms, 5u);
    EXPECT_EQ(line->options.slice, std::chrono::milliseconds{50});
    EXPECT_TRUE(line->options.targets.front().native());
    const auto echo = read({"echo", "--url", "ws://127.0.0.1:1/echo"});
    ASSERT_TRUE(echo.has_value()) << echo.error();
    EXPECT_EQ(echo->options.rooms, echo->options.connections);
    EXPECT_EQ(echo->options.targets.front().dialect, "echo");
    const auto own = read({"--join", "a", "--join", "b {room}", "fanout", "--message", "{stamp}",
                           "--url", "ws://127.0.0.1:1/"});
    ASSERT_TRUE(own.has_value()) << own.error();
    EXPECT_EQ(own->options.targets.front().join.size(), 2u);
    EXPECT_EQ(own->options.targets.front().dialect, "");
    const auto secure = read({"echo", "--url", "wss://a/", "--ca", "ca.pem", "--tls-resume"});
    ASSERT_TRUE(secure.has_value()) << secure.error();
    EXPECT_EQ(secure->options.trust.ca_file, "ca.pem");
    EXPECT_TRUE(secure->options.trust.resumes);
    EXPECT_FALSE(secure->options.trust.insecure);
    const auto help = read({"--help"});
    ASSERT_TRUE(help.has_value());
    EXPECT_TRUE(help->help);
    for (const char* word : {"--targets", "--burst", "--insecure", "fanout", "Exit codes"}) {
        EXPECT_NE(help->help_text.find(word), std::string::npos) << word;
    }
}

// Property: each mistake is an error that says what to change.
TEST(CommandLine, RefusesMistakes) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> bad{
        {{}, "workload"},
        {{"fanin", "--url", "ws://a/"}, "fanin"},
        {{"echo"}, "--url"},
        {{"echo", "--url", "ws://a/", "--targets", "f"}, "either"},
        {{"echo", "--url", "http://a/"}, "ws://"},
        {{"fanout", "--url", "ws://a/", "--slice", "soon"}, "--slice"},
        {{"fanout", "--url", "ws://a/", "--rooms", "501"}, "--rooms"},
        {{"fanout", "--url", "ws://a/", "--connections", "10", "--senders", "11"}, "--senders"},
        {{"fanout", "--url", "ws://a/", "--burst", "2", "--rate", "1"}, "--burst"},
        {{"fanout", "--url", "ws://a/", "--rate", "2", "--share", "0.5"}, "--share"},
        {{"chat", "--url", "ws://a/", "--share", "0.5"}, "--share"},
        {{"echo", "--url", "ws://a/?room={room}"}, "echo joins no room"},
        {{"connect", "--url", "ws://a/?room={room}"}, "connect joins no room"},
        {{"fanout", "--url", "ws://a/?room={user}"}, "{room}"},
        {{"echo", "--url", "wss://a/", "--ca", "f", "--insecure"}, "--ca"},
        {{"echo", "--url", "ws://a/", "--insecure"}, "wss://"},
        {{"echo", "--url", "ws://a/", "--tls-resume"}, "wss://"},
        {{"fanout", "--url", "ws://a/", "--depth", "0"}, "--depth"},
        {{"fanout", "--url", "ws://a/", "--dept", "1"}, "--dept"}};
    for (const auto& [arguments, word] : bad) {
        const auto line = read(arguments);
        ASSERT_FALSE(line.has_value()) << word;
        EXPECT_NE(line.error().find(word), std::string::npos) << line.error();
    }
}

}  // namespace
}  // namespace stentor::bench
