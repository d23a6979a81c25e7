// echo and fanout against servers in this process: one that keeps its promises, and ones that do
// not. Thread: one, and those of the tool and the servers. Ports are the system's choice.
#include "bench/load/message_run.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "bench/load/options.h"
#include "bench/load/workloads.h"
#include "tests/bench/fake_server.h"

namespace stentor::bench {
namespace {

using test::FakeServer;
using test::Fault;

Options options_for(const FakeServer& server) {
    Options options;
    options.workload = Workload::kFanout;
    TargetTexts texts;
    texts.name = "fake";
    texts.url = server.url();
    options.targets.push_back(*make_target(texts, "raw"));
    options.connections = 6;
    options.size = 100;
    options.rate = 500;
    options.threads = 2;
    options.slice = std::chrono::milliseconds{200};
    options.warmup = {};
    options.repetitions = 1;
    return options;
}

// Of a server that loses messages: these are waited for no longer than this.
Options impatient(Options options) {
    options.patience = std::chrono::seconds{1};
    return options;
}

struct Ran {
    Outcome outcome;
    Result result;
};

Ran run(const Options& options) {
    Ran ran;
    for (const TargetSpec& spec : options.targets) {
        ran.result.targets.emplace_back().name = spec.name;
    }
    Progress progress(true);
    ran.outcome = run_workload(options, progress, ran.result);
    ran.result.finish();
    return ran;
}

Slice only_slice(const Ran& ran) {
    EXPECT_TRUE(ran.outcome.has_value()) << ran.outcome.error();
    EXPECT_EQ(ran.result.targets.front().slices.size(), 1u);
    return ran.result.targets.front().slices.at(0);
}

// Property: with a server that keeps its promises every message reaches every member, at its size,
// in the closed loop, in bursts and in the open loop, from one sender and from several.
TEST(MessageRun, CountsEveryDelivery) {
    const FakeServer server(Fault::kNone);
    for (const Load load : {Load{.depth = 3}, Load{.burst = 4}, Load{.rate = 400}}) {
        for (const std::uint32_t senders : {1u, 3u}) {
            Options options = options_for(server);
            options.depth = load.depth;
            options.burst = load.burst;
            options.rate = load.rate;
            options.senders = senders;
            options.repetitions = 1;
            const Ran ran = run(options);
            const Slice slice = only_slice(ran);
            EXPECT_FALSE(ran.result.failed);
            EXPECT_GT(slice.messages, 0u);
            EXPECT_EQ(slice.deliveries, 6 * slice.messages);
            EXPECT_EQ(slice.latency.count, slice.deliveries);
            EXPECT_EQ(ran.result.targets.front().delivered_bytes, 100u);
        }
    }
}

// Property: large frames are counted without being kept.
TEST(MessageRun, CountsLargeFrames) {
    const FakeServer server(Fault::kNone);
    Options options = options_for(server);
    options.rate = 0;
    options.depth = 4;
    options.size = 60'000;
    const Ran ran = run(options);
    const Slice slice = only_slice(ran);
    EXPECT_FALSE(ran.result.failed);
    EXPECT_EQ(slice.deliveries, 6 * slice.messages);
    EXPECT_EQ(ran.result.targets.front().delivered_bytes, 60'000u);
}

// Property: what a server drops is lost.
TEST(MessageRun, CatchesLoss) {
    const FakeServer server(Fault::kDrop);
    const Ran ran = run(impatient(options_for(server)));
    const Slice slice = only_slice(ran);
    EXPECT_GT(slice.lost, 0u);
    EXPECT_EQ(slice.deliveries + slice.lost, 6 * slice.messages);
    EXPECT_EQ(slice.duplicates + slice.reordered + slice.misplaced, 0u);
    EXPECT_TRUE(ran.result.failed);
}

// Property: what comes twice is a duplicate, and counts as one delivery.
TEST(MessageRun, CatchesDuplicates) {
    const FakeServer server(Fault::kRepeat);
    const Ran ran = run(options_for(server));
    const Slice slice = only_slice(ran);
    EXPECT_GT(slice.duplicates, 0u);
    EXPECT_EQ(slice.deliveries, 6 * slice.messages);
    EXPECT_EQ(slice.lost + slice.reordered + slice.misplaced, 0u);
    EXPECT_TRUE(ran.result.failed);
}

// Property: what is overtaken is out of order, not lost; the last one, which nothing overtakes, may
// be.
TEST(MessageRun, CatchesAnotherOrder) {
    const FakeServer server(Fault::kSwap);
    const Ran ran = run(impatient(options_for(server)));
    const Slice slice = only_slice(ran);
    EXPECT_GT(slice.reordered, 0u);
    EXPECT_LE(slice.lost, 6u);
    EXPECT_EQ(slice.duplicates + slice.misplaced, 0u);
    EXPECT_TRUE(ran.result.failed);
}

// Property: a message that nobody sent is noticed.
TEST(MessageRun, CatchesForgeries) {
    const FakeServer server(Fault::kForge);
    const Ran ran = run(options_for(server));
    EXPECT_GT(only_slice(ran).misplaced, 0u);
    EXPECT_TRUE(ran.result.failed);
}

// Property: a connection that the server ends fails the run, with its words.
TEST(MessageRun, CatchesLostConnections) {
    const FakeServer server(Fault::kHangUp);
    const Ran ran = run(impatient(options_for(server)));
    EXPECT_TRUE(ran.result.failed);
    ASSERT_FALSE(ran.result.warnings.empty());
    EXPECT_NE(ran.result.warnings.front().find("connections were lost"), std::string::npos);
}

// Property: a server that is not there, and one whose joins are not answered, are errors in words.
TEST(MessageRun, SaysWhyItCannotRun) {
    std::string gone;
    {
        const FakeServer server(Fault::kNone);
        gone = server.url();
        Options options = impatient(options_for(server));
        options.targets.front().message = *MessageTemplate::parse("join {stamp}");
        const Ran ran = run(options);
        ASSERT_FALSE(ran.outcome.has_value());
        EXPECT_NE(ran.outcome.error().find("did not come back"), std::string::npos);
    }
    const FakeServer other(Fault::kNone);
    Options options = options_for(other);
    options.targets.front().url = *parse_url(gone);
    const Ran ran = run(options);
    ASSERT_FALSE(ran.outcome.has_value());
    EXPECT_NE(ran.outcome.error().find("refused"), std::string::npos) << ran.outcome.error();
}

// Property: two targets are driven in turn, and compared.
TEST(MessageRun, ComparesTargets) {
    const FakeServer one(Fault::kNone);
    const FakeServer other(Fault::kNone);
    Options options = options_for(one);
    options.targets.push_back(options_for(other).targets.front());
    options.slice = std::chrono::milliseconds{50};
    options.repetitions = 3;
    const Ran ran = run(options);
    ASSERT_TRUE(ran.outcome.has_value()) << ran.outcome.error();
    ASSERT_EQ(ran.result.targets.size(), 2u);
    for (const TargetResult& target : ran.result.targets) EXPECT_EQ(target.slices.size(), 3u);
    EXPECT_FALSE(ran.result.ratios.empty());
}

// Property: of --share, what a round offers is that share of what the first target reached in a
// closed loop just before, and the first target is in no ratio.
TEST(MessageRun, OffersAShareOfWhatTheFirstReached) {
    const FakeServer yardstick(Fault::kNone);
    const FakeServer one(Fault::kNone);
    const FakeServer other(Fault::kNone);
    Options options = options_for(yardstick);
    options.targets.front().name = "yardstick";
    options.targets.push_back(options_for(one).targets.front());
    options.targets.push_back(options_for(other).targets.front());
    options.rate = 0;
    options.share = 0.25;
    options.slice = std::chrono::milliseconds{50};
    options.repetitions = 3;
    const Ran ran = run(options);
    ASSERT_TRUE(ran.outcome.has_value()) << ran.outcome.error();
    for (std::size_t round = 0; round < 3; ++round) {
        const Slice& closed = ran.result.targets[0].slices.at(round);
        EXPECT_FALSE(closed.offered.has_value());
        const double reached = static_cast<double>(closed.messages) / closed.seconds;
        for (const std::size_t target : {1u, 2u}) {
            const Slice& open = ran.result.targets[target].slices.at(round);
            EXPECT_DOUBLE_EQ(open.offered.value_or(0), 0.25 * reached);
            EXPECT_EQ(open.deliveries, 6 * open.messages);
        }
    }
    ASSERT_FALSE(ran.result.ratios.empty());
    for (const Ratio& ratio : ran.result.ratios) EXPECT_EQ(ratio.to, "fake");
}

// Property: a target alone is offered a share of what it reached itself.
TEST(MessageRun, OffersAShareOfItself) {
    const FakeServer server(Fault::kNone);
    Options options = options_for(server);
    options.rate = 0;
    options.share = 0.5;
    const Slice slice = only_slice(run(options));
    EXPECT_GT(slice.offered.value_or(0), 0);
}

// What stands in `text` between the two.
std::string between(const std::string& text, const std::string& before, char after) {
    const std::size_t at = text.find(before) + before.size();
    return text.substr(at, text.find(after, at) - at);
}

// Property: {room} in the URL is the room that this very connection joins then, also when it comes
// back; the rooms are all in use.
TEST(MessageRun, TheUrlNamesTheRoomOfItsConnection) {
    for (const Workload workload : {Workload::kFanout, Workload::kStorm, Workload::kChat}) {
        FakeServer server(Fault::kNone);
        Options options = options_for(server);
        options.workload = workload;
        options.rooms = 3;
        options.targets.front().url = *parse_url(server.url() + "ws?room={room}");
        const bool chat = workload == Workload::kChat;
        if (chat) {
            options.targets.front().dialect = "native";
            options.patience = std::chrono::milliseconds{1};  // its joins are not answered
        }
        const Ran ran = run(options);
        EXPECT_EQ(ran.outcome.has_value(), !chat) << ran.outcome.error();
        EXPECT_FALSE(ran.result.failed);
        std::set<std::string> rooms;
        for (const auto& [path, frame] : server.joins(workload == Workload::kStorm ? 12 : 6)) {
            const std::string joined =
                chat ? between(frame, R"("room":")", '"') : between(frame, "join ", '\n');
            EXPECT_EQ(path, "/ws?room=" + joined);
            rooms.insert(joined);
        }
        EXPECT_EQ(rooms.size(), 3u);
    }
}

}  // namespace
}  // namespace stentor::bench
