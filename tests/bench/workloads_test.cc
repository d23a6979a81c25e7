// Every workload against stentor itself, in this process.
// Thread: one, and those of the tool and the server. Ports are the system's choice.
#include "bench/load/workloads.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "chat/server.h"
#include "tests/support/io_kind.h"

namespace stentor::bench {
namespace {

class WorkloadsOnStentor : public testing::Test {
protected:
    WorkloadsOnStentor() {
        chat::Options options = chat::default_options();
        options.store_file.clear();
        options.listen.front().port = 0;
        options.reactors = 2;
        options.io = stentor::test::io_for_test();
        options.connections_max = 1000;
        options.echo = true;
        options.sends_per_second = 0;
        options.joins_per_second = 0;
        auto started = chat::Server::start(options);
        EXPECT_TRUE(started.has_value());
        if (started) server_ = std::move(*started);
    }

    Result run(Workload workload, const std::string& path, Options options = {}) {
        options.workload = workload;
        TargetTexts texts;
        texts.name = "stentor";
        texts.url = "ws://" + server_->addresses().listen.front().place() + path;
        texts.pid = ::getpid();
        options.targets.push_back(
            *make_target(texts, workload == Workload::kEcho ? "echo" : "native"));
        if (options.connections == 0) options.connections = 20;
        if (workload == Workload::kEcho) options.rooms = options.connections;
        options.size = 200;
        options.threads = 2;
        options.slice = std::chrono::milliseconds{100};
        options.warmup = std::chrono::milliseconds{10};
        options.repetitions = 2;
        Result result;
        result.targets.resize(1);
        Progress progress(true);
        const Outcome outcome = run_workload(options, progress, result);
        EXPECT_TRUE(outcome.has_value()) << outcome.error();
        result.finish();
        EXPECT_FALSE(result.failed) << (result.warnings.empty() ? "" : result.warnings.front());
        return result;
    }

    std::unique_ptr<chat::Server> server_;
};

// Property: every echo comes back to its sender.
TEST_F(WorkloadsOnStentor, Echo) {
    const Result result = run(Workload::kEcho, "/echo", {.depth = 4});
    for (const Slice& slice : result.targets.front().slices) {
        EXPECT_GT(slice.messages, 0u);
        EXPECT_EQ(slice.deliveries, slice.messages);
        EXPECT_TRUE(slice.cpu_seconds.has_value());
        EXPECT_TRUE(slice.rss_bytes.has_value());
    }
}

// Property: every message reaches its room, with seqs that are dense.
TEST_F(WorkloadsOnStentor, Fanout) {
    const Result result = run(Workload::kFanout, "/ws", {.rooms = 2, .senders = 2, .depth = 4});
    for (const Slice& slice : result.targets.front().slices) {
        EXPECT_GT(slice.messages, 0u);
        EXPECT_EQ(slice.deliveries, 10 * slice.messages);
    }
    EXPECT_EQ(result.targets.front().delivered_bytes, 200u);
}

// Property: handshakes are counted, with either end.
TEST_F(WorkloadsOnStentor, Connect) {
    for (const bool says_goodbye : {false, true}) {
        const Result result =
            run(Workload::kConnect, "/ws", {.connections = 8, .says_goodbye = says_goodbye});
        for (const Slice& slice : result.targets.front().slices) {
            EXPECT_GT(slice.deliveries, 0u);
            EXPECT_EQ(slice.latency.count, slice.deliveries);
        }
    }
}

// Property: all who were dropped are back.
TEST_F(WorkloadsOnStentor, Storm) {
    const Result result = run(Workload::kStorm, "/ws", {.connections = 60, .rooms = 3});
    EXPECT_EQ(result.targets.front().slices.size(), 2u);
    EXPECT_EQ(result.targets.front().latency.count(), 120u);
}

// Property: the verbs of the protocol keep its promises, under several senders in several rooms.
TEST_F(WorkloadsOnStentor, Chat) {
    const Result result =
        run(Workload::kChat, "/ws", {.connections = 40, .rooms = 2, .senders = 3, .depth = 3});
    for (const Slice& slice : result.targets.front().slices) {
        EXPECT_GT(slice.messages, 0u);
        EXPECT_EQ(slice.deliveries, 20 * slice.messages);
    }
    EXPECT_GT(result.targets.front().figures.at("verbs_answered"), 0);
    EXPECT_GT(result.targets.front().figures.at("acks"), 0);
}

// Property: idle measures a slope and says how many bytes a connection takes.
TEST_F(WorkloadsOnStentor, Idle) {
    const Result result =
        run(Workload::kIdle, "/ws",
            {.connections = 160, .rooms = 8, .duration = std::chrono::milliseconds{50}});
    EXPECT_EQ(result.targets.front().figures.count("bytes_per_connection_after_traffic"), 1u);
    EXPECT_GT(result.targets.front().figures.at("rss_bytes_with_all_connections"), 0);
}

}  // namespace
}  // namespace stentor::bench
