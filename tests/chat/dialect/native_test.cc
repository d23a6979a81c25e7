// The native protocol: every command with an id gets exactly one answer with that id.
#include "chat/dialect/native.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;

TEST(Native, TheServerSpeaksFirst) {
    // welcome comes right after the upgrade, and says the limits.
    SmallCluster cluster;
    Client client(cluster);
    const std::string heard = client.heard();
    EXPECT_EQ(heard.find(R"({"type":"welcome","protocol":1)"), 0u);
    EXPECT_THAT(heard, HasSubstr(R"("message_bytes":65536,"content":4096,"rooms":100)"));
}

TEST(Native, BeforeTheLoginOnlyPingAndLoginAreServed) {
    // Everything else says login_first, with its id.
    SmallCluster cluster;
    Client client(cluster);
    for (const std::string type : {"join", "leave", "members", "history"}) {
        EXPECT_THAT(client.ask(R"({"type":")" + type + R"(","id":")" + type + R"(","room":"r"})"),
                    HasSubstr(R"("id":")" + type + R"(","code":"login_first")"));
    }
    EXPECT_THAT(client.ask(R"({"type":"ping","id":"p"})"), HasSubstr(R"("id":"p")"));
}

TEST(Native, EachCommandIsAnsweredOnceWithItsId) {
    // Good and bad ones, pipelined: one answer each.
    SmallCluster cluster({.shards = 3});
    Client client(cluster, 1);
    const std::string commands[] = {
        R"({"type":"login","id":"c0","name":"ann"})",
        R"({"type":"join","id":"c1","room":"lobby","history":5})",
        R"({"type":"join","id":"c2","room":"dm.x"})",
        R"({"type":"send","id":"c3","room":"lobby","content":"x"})",
        R"({"type":"send","id":"c3b","room":"lobby","content":"x","reply_to":99})",
        R"({"type":"members","id":"c4","room":"lobby"})",
        R"({"type":"history","id":"c5","room":"lobby"})",
        R"({"type":"ping","id":"c6"})",
        R"({"type":"nonsense","id":"c7"})",
        R"({"type":"send","id":"c8","room":"lobby","content":""})",
        R"({"type":"leave","id":"c9","room":"lobby"})",
        R"({"type":"leave","id":"ca","room":"lobby"})",
        R"({"type":"send","id":"cb","room":"lobby","content":"late"})"};
    for (const std::string& command : commands) {
        client.say(command);
    }
    cluster.settle();
    const std::string heard = client.heard();
    for (const std::string& command : commands) {
        const std::size_t at = command.find(R"("id":")");
        const std::string id = command.substr(at, command.find('"', at + 6) + 1 - at);
        std::size_t answers = 0;
        for (std::size_t found = heard.find(id); found != std::string::npos;
             found = heard.find(id, found + 1)) {
            ++answers;
        }
        EXPECT_EQ(answers, 1u) << command << '\n' << heard;
    }
}

TEST(Native, EventsOfAPageAreTheFramesAsTheyWereLive) {
    // With their type, byte for byte.
    SmallCluster cluster;
    Client ann(cluster);
    ann.log_in("ann");
    ann.join("lobby");
    std::string live = ann.ask(Client::send_command("lobby", "m", "\\\"hello\\u2028"));
    live = live.substr(live.find(R"({"type":"message")"));
    live = live.substr(0, live.find('\n'));
    EXPECT_THAT(ann.ask(R"({"type":"history","id":"h","room":"lobby"})"), HasSubstr(live));
    EXPECT_THAT(ann.ask(R"({"type":"join","id":"j","room":"lobby","history":1})"), HasSubstr(live));
}

TEST(Native, BrokenJsonIsAnErrorAndNotTheEnd) {
    // The next command is served.
    SmallCluster cluster;
    Client client(cluster);
    EXPECT_THAT(client.ask("{"), HasSubstr(R"("code":"bad_json")"));
    EXPECT_THAT(client.ask(R"({"type":"ping","id":"p"})"), HasSubstr("pong"));
}

TEST(Native, TheSessionTokenIsNeverCompressed) {
    // A name that the client chose stands in the same frame: its size must not tell what they
    // share.
    SmallCluster cluster;
    Client client(cluster, 0, "/ws", "permessage-deflate");
    client.heard();
    const std::uint64_t before = client.deflated_frames;
    std::string id;
    for (int i = 0; i < 64; ++i) {
        id += R"(\u0001)";  // comes back escaped
    }
    const std::string answer = client.ask(R"({"type":"login","name":"ann","id":")" + id + R"("})");
    EXPECT_GT(answer.size(), kDeflateAnswerBytesMin);
    EXPECT_THAT(answer, HasSubstr(R"("session":")"));
    EXPECT_EQ(client.deflated_frames, before);
}

}  // namespace
}  // namespace stentor::chat
