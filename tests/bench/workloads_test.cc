// Every workload against stentor itself, in this process, over ws and over wss.
// Thread: one, and those of the tool and the server. Ports are the system's choice.
#include "bench/load/workloads.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "chat/server.h"
#include "chat/tls_identity.h"
#include "tests/support/io_kind.h"
#include "tests/support/test_certificate.h"

namespace stentor::bench {
namespace {

// Speaks TLS at its first address, and none at its second.
class StentorWithBoth : public testing::Test {
protected:
    StentorWithBoth() {
        const test::TestCertificate certificate = test::make_test_certificate();
        chat::Options options = chat::default_options();
        options.store_file.clear();
        options.listen.front().port = 0;
        options.listen.push_back(options.listen.front());
        options.listen.front().tls = true;
        options.tls_certificate_file = ca_file_ =
            folder_.write("cert.pem", certificate.certificate_pem);
        options.tls_key_file = folder_.write("key.pem", certificate.private_key_pem);
        options.reactors = 2;
        options.io = stentor::test::io_for_test();
        options.connections_max = 1000;
        options.echo = true;
        options.sends_per_second = 0;
        options.joins_per_second = 0;
        auto identity = chat::TlsIdentity::load(options);
        EXPECT_TRUE(identity.has_value());
        identity_ = std::move(*identity);
        auto started = chat::Server::start(options, identity_.get());
        EXPECT_TRUE(started.has_value());
        if (started) server_ = std::move(*started);
    }

    std::string place(bool tls) const { return server_->addresses().listen[tls ? 0 : 1].place(); }

    // Brief slices of two threads, for a server by its place and path.
    static Options options_for(Workload workload, const std::string& url, Options options) {
        options.workload = workload;
        TargetTexts texts;
        texts.name = "stentor";
        texts.url = url;
        texts.pid = ::getpid();
        options.targets.push_back(
            *make_target(texts, workload == Workload::kEcho ? "echo" : "native"));
        if (options.connections == 0) options.connections = 20;
        if (workload == Workload::kEcho) options.rooms = options.connections;
        options.threads = 2;
        options.slice = std::chrono::milliseconds{100};
        options.warmup = std::chrono::milliseconds{10};
        options.repetitions = 2;
        return options;
    }

    test::TestFolder folder_;
    std::string ca_file_;
    std::unique_ptr<chat::TlsIdentity> identity_;
    std::unique_ptr<chat::Server> server_;
};

class WorkloadsOnStentor : public StentorWithBoth, public testing::WithParamInterface<bool> {
protected:
    Result run(Workload workload, const std::string& path, Options options = {}) {
        const bool tls = GetParam();
        if (tls) options.trust.ca_file = ca_file_;
        options = options_for(workload, (tls ? "wss://" : "ws://") + place(tls) + path,
                              std::move(options));
        if (options.size == Options{}.size) options.size = 200;
        Result result;
        result.targets.resize(1);
        Progress progress(true);
        const Outcome outcome = run_workload(options, progress, result);
        EXPECT_TRUE(outcome.has_value()) << outcome.error();
        result.finish();
        EXPECT_FALSE(result.failed) << (result.warnings.empty() ? "" : result.warnings.front());
        const auto& report = result.targets.front().tls;
        EXPECT_EQ(report.has_value(), tls);
        if (report) {
            EXPECT_EQ(report->version, "TLSv1.3");
            EXPECT_TRUE(report->verified);
            EXPECT_EQ(report->resumed, 0u);
        }
        return result;
    }
};

INSTANTIATE_TEST_SUITE_P(Url, WorkloadsOnStentor, testing::Bool(),
                         [](const auto& tls) { return tls.param ? "wss" : "ws"; });

// Property: every echo comes back to its sender.
TEST_P(WorkloadsOnStentor, Echo) {
    const Result result = run(Workload::kEcho, "/echo", {.depth = 4});
    for (const Slice& slice : result.targets.front().slices) {
        EXPECT_GT(slice.messages, 0u);
        EXPECT_EQ(slice.deliveries, slice.messages);
        EXPECT_TRUE(slice.cpu_seconds.has_value());
        EXPECT_TRUE(slice.rss_bytes.has_value());
    }
}

// Property: more than a socket holds goes out all the same, and all of it comes back.
TEST_P(WorkloadsOnStentor, EchoOfMoreThanASocketHolds) {
    const Result result =
        run(Workload::kEcho, "/echo", {.connections = 2, .size = 60'000, .depth = 256});
    for (const Slice& slice : result.targets.front().slices) {
        EXPECT_GE(slice.messages, 512u);
        EXPECT_EQ(slice.deliveries, slice.messages);
    }
}

// Property: every message reaches its room, with seqs that are dense.
TEST_P(WorkloadsOnStentor, Fanout) {
    const Result result =
        run(Workload::kFanout, "/ws?room={room}", {.rooms = 2, .senders = 2, .depth = 4});
    for (const Slice& slice : result.targets.front().slices) {
        EXPECT_GT(slice.messages, 0u);
        EXPECT_EQ(slice.deliveries, 10 * slice.messages);
    }
    EXPECT_EQ(result.targets.front().delivered_bytes, 200u);
}

// Property: handshakes are counted, with either end.
TEST_P(WorkloadsOnStentor, Connect) {
    for (const bool says_goodbye : {false, true}) {
        const Result result =
            run(Workload::kConnect, "/ws", {.connections = 8, .says_goodbye = says_goodbye});
        for (const Slice& slice : result.targets.front().slices) {
            EXPECT_GT(slice.deliveries, 0u);
            EXPECT_EQ(slice.latency.count, slice.deliveries);
        }
    }
}

// Property: who comes back resumes its session when it is told to.
TEST_F(StentorWithBoth, ConnectResumes) {
    Options options =
        options_for(Workload::kConnect, "wss://" + place(true) + "/ws",
                    {.connections = 4, .trust = {.ca_file = ca_file_, .resumes = true}});
    Result result;
    result.targets.resize(1);
    Progress progress(true);
    ASSERT_TRUE(run_workload(options, progress, result).has_value());
    const auto& report = result.targets.front().tls;
    ASSERT_TRUE(report.has_value());
    EXPECT_GT(report->resumed, 0u);
    EXPECT_LT(report->resumed, report->handshakes);
}

// Property: all who were dropped are back.
TEST_P(WorkloadsOnStentor, Storm) {
    const Result result = run(Workload::kStorm, "/ws?room={room}", {.connections = 60, .rooms = 3});
    EXPECT_EQ(result.targets.front().slices.size(), 2u);
    EXPECT_EQ(result.targets.front().latency.count(), 120u);
}

// Property: the verbs of the protocol keep its promises, under several senders in several rooms.
TEST_P(WorkloadsOnStentor, Chat) {
    const Result result = run(Workload::kChat, "/ws?room={room}",
                              {.connections = 40, .rooms = 2, .senders = 3, .depth = 3});
    for (const Slice& slice : result.targets.front().slices) {
        EXPECT_GT(slice.messages, 0u);
        EXPECT_EQ(slice.deliveries, 20 * slice.messages);
    }
    EXPECT_GT(result.targets.front().figures.at("verbs_answered"), 0);
    EXPECT_GT(result.targets.front().figures.at("acks"), 0);
}

// Property: idle measures a slope and says how many bytes a connection takes.
TEST_P(WorkloadsOnStentor, Idle) {
    const Result result =
        run(Workload::kIdle, "/ws?room={room}",
            {.connections = 160, .rooms = 8, .duration = std::chrono::milliseconds{50}});
    EXPECT_EQ(result.targets.front().figures.count("bytes_per_connection_after_traffic"), 1u);
    EXPECT_GT(result.targets.front().figures.at("rss_bytes_with_all_connections"), 0);
}

// Property: what TLS refuses ends every workload at once, in words.
TEST_F(StentorWithBoth, TlsThatFailsIsSaid) {
    const TlsTrust trusting{.ca_file = ca_file_};
    const std::string secure = place(true);
    // Another name of 127.0.0.1, which the certificate lacks.
    const std::string alias = "127.1" + secure.substr(secure.find(':'));
    struct Case {
        TlsTrust trust;
        std::string authority;
        std::string words;
    };
    const std::vector<Case> cases{{TlsTrust{}, secure, "certificate verify failed: self-signed"},
                                  {trusting, alias, "it is not for 127.1"},
                                  {trusting, place(false), "no TLS"}};
    for (const Case& one : cases) {
        for (const Workload workload : {Workload::kEcho, Workload::kFanout, Workload::kConnect,
                                        Workload::kChat, Workload::kStorm}) {
            const Options options =
                options_for(workload, "wss://" + one.authority + "/ws", {.trust = one.trust});
            Result result;
            result.targets.resize(1);
            Progress progress(true);
            const Outcome outcome = run_workload(options, progress, result);
            ASSERT_FALSE(outcome.has_value());
            EXPECT_NE(outcome.error().find(one.words), std::string::npos) << outcome.error();
        }
    }
}

}  // namespace
}  // namespace stentor::bench
