// Tests of what the endpoint leaves to its owner: how many pings to answer, and rules that need a
// clock (RFC 6455 5.5.2, 10.4).
#include <gtest/gtest.h>

#include <string>

#include "tests/ws/endpoint_harness.h"

namespace stentor::ws {
namespace {

using namespace test;  // NOLINT: the harness is written for these tests
using Heard = std::vector<std::string>;

constexpr EndpointLimits kLimits;

std::string pong(std::string_view payload) {
    return "out " + server_frame(Opcode::kPong, payload);
}
std::string close_frame(Violation violation) {
    const ViolationRow& row = row_of(violation);
    return "out " + server_frame(Opcode::kClose, close_payload(row.close_code, row.reason));
}

// Answers as many pings as it has room for, then says `beyond`.
class Roomy : public Recorder {
public:
    PingVerdict on_ping() override {
        ++asked;
        if (room == 0) return beyond;
        --room;
        return PingVerdict::kAnswer;
    }
    int room = 0;
    int asked = 0;
    PingVerdict beyond = PingVerdict::kLater;
};

TEST(EndpointOwner, PingThatWaitsStaysWholeInTheInput) {
    // Property: kLater stops in front of the ping: nothing of it is done, what came before is, and
    // once there is room, all goes on in order, with the ping's own payload.
    const std::string bytes = client_frame(Opcode::kText, "one") +
                              client_frame(Opcode::kPing, "a") + client_frame(Opcode::kPing, "b") +
                              client_frame(Opcode::kText, "two");
    const std::string waiting =
        client_frame(Opcode::kPing, "b") + client_frame(Opcode::kText, "two");
    Endpoint endpoint(kLimits);
    Roomy handler;
    handler.room = 1;
    Feeder feeder(endpoint, handler);
    feeder.give(bytes);
    EXPECT_EQ(handler.heard, (Heard{"text one", pong("a")}));
    EXPECT_EQ(feeder.held(), waiting);
    EXPECT_FALSE(endpoint.mid_message());
    feeder.give("");
    EXPECT_EQ(feeder.held(), waiting);
    EXPECT_EQ(handler.asked, 3);
    handler.room = 5;
    feeder.give("");
    EXPECT_EQ(handler.heard, (Heard{"text one", pong("a"), pong("b"), "text two"}));
    EXPECT_EQ(feeder.held(), "");
}

TEST(EndpointOwner, PingThatWaitsInsideAMessageKeepsIt) {
    // Property: a ping between fragments may wait, too; the message is still being received, and
    // nobody is asked about a ping that is not whole.
    Endpoint endpoint(kLimits);
    Roomy handler;
    Feeder feeder(endpoint, handler);
    const std::string ping = client_frame(Opcode::kPing, "payload");
    feeder.give(client_frame(Opcode::kText, "on", false));
    for (std::size_t i = 0; i < ping.size(); ++i) {
        EXPECT_EQ(handler.asked, 0);
        feeder.give(ping.substr(i, 1));
    }
    EXPECT_EQ(handler.asked, 1);
    EXPECT_EQ(feeder.held(), ping);
    EXPECT_TRUE(endpoint.mid_message());
    handler.room = 1;
    feeder.give(client_frame(Opcode::kContinuation, "e"));
    EXPECT_EQ(handler.heard, (Heard{pong("payload"), "text one"}));
}

TEST(EndpointOwner, PingFloodIsAViolation) {
    // Property: kFlood closes with 1008 behind the pongs that were due, and names the rule.
    std::string bytes;
    Heard heard;
    for (int i = 0; i < 64; ++i) {
        bytes += client_frame(Opcode::kPing, std::to_string(i));
        heard.push_back(pong(std::to_string(i)));
    }
    Endpoint endpoint(kLimits);
    Roomy handler;
    handler.room = 64;
    handler.beyond = PingVerdict::kFlood;
    Feeder feeder(endpoint, handler);
    feeder.give(bytes);
    EXPECT_EQ(endpoint.state(), EndpointState::kOpen);
    feeder.give(client_frame(Opcode::kPing, "one too many") + client_frame(Opcode::kText, "late"));
    heard.push_back(close_frame(Violation::kTooManyPings));
    EXPECT_EQ(handler.heard, heard);
    EXPECT_EQ(endpoint.violation(), Violation::kTooManyPings);
    EXPECT_EQ(feeder.held(), "");
}

TEST(EndpointOwner, OwnerFailsASlowMessage) {
    // Property: fail() ends as any violation, from any half-received state, and frees its memory;
    // input behind it is done with, and a second verdict changes nothing.
    const std::string stream = client_frame(Opcode::kText, "slow", false) +
                               client_frame(Opcode::kContinuation, std::string(200, 'x'));
    for (const std::size_t in_place_bytes : {0UL, 1000UL}) {
        EndpointLimits limits;
        limits.in_place_bytes_max = in_place_bytes;
        for (std::size_t before = 0; before < stream.size(); ++before) {
            Endpoint endpoint(limits);
            Recorder recorder;
            Feeder feeder(endpoint, recorder);
            feeder.give(stream.substr(0, before));
            EXPECT_EQ(endpoint.mid_message(), before != 0);
            endpoint.fail(Violation::kMessageTooSlow, recorder);
            endpoint.fail(Violation::kTooManyPings, recorder);
            feeder.give(stream.substr(before) + client_frame(Opcode::kPing, ""));
            EXPECT_EQ(recorder.heard, Heard{close_frame(Violation::kMessageTooSlow)});
            EXPECT_EQ(endpoint.violation(), Violation::kMessageTooSlow);
            EXPECT_EQ(endpoint.state(), EndpointState::kClosed);
            EXPECT_EQ(endpoint.held_bytes(), 0U);
            EXPECT_FALSE(endpoint.mid_message());
            ASSERT_EQ(feeder.held(), "");
        }
    }
}

TEST(EndpointOwner, AfterOurCloseFailSendsNoSecondCloseFrame) {
    // Property: one close frame in all; the rule is named.
    Endpoint endpoint(kLimits);
    Recorder recorder;
    endpoint.close(1001, "", recorder);
    endpoint.fail(Violation::kMessageTooSlow, recorder);
    EXPECT_EQ(recorder.heard.size(), 1U);
    EXPECT_EQ(endpoint.violation(), Violation::kMessageTooSlow);
    EXPECT_EQ(endpoint.state(), EndpointState::kClosed);
}

TEST(EndpointOwner, HandlerMayFailInsideEveryCallback) {
    // Property: a fail() from on_message (in place, assembled), on_ping, on_pong or
    // on_control_output takes effect at once: nothing is sent or handed up behind its close frame.
    class Failing : public Recorder {
    public:
        bool on_message(Opcode opcode, std::span<std::byte> payload) override {
            Recorder::on_message(opcode, payload);
            endpoint->fail(Violation::kTooManyPings, *this);
            return true;
        }
        PingVerdict on_ping() override {
            if (in_ping) endpoint->fail(Violation::kTooManyPings, *this);
            return PingVerdict::kAnswer;
        }
        void on_pong(std::span<const std::byte> payload) override {
            Recorder::on_pong(payload);
            endpoint->fail(Violation::kTooManyPings, *this);
        }
        void on_control_output(std::span<const std::byte> frame) override {
            Recorder::on_control_output(frame);
            endpoint->fail(Violation::kTooManyPings, *this);
        }
        Endpoint* endpoint = nullptr;
        bool in_ping = false;
    };
    const auto heard = [](const std::string& bytes, bool in_ping = false) {
        Endpoint endpoint(kLimits);
        Failing handler;
        handler.endpoint = &endpoint;
        handler.in_ping = in_ping;
        Feeder feeder(endpoint, handler);
        feeder.give(bytes + client_frame(Opcode::kText, "late"));
        EXPECT_EQ(feeder.held(), "");
        EXPECT_EQ(endpoint.held_bytes(), 0U);
        return handler.heard;
    };
    const std::string close = close_frame(Violation::kTooManyPings);
    EXPECT_EQ(heard(client_frame(Opcode::kText, "a")), (Heard{"text a", close}));
    EXPECT_EQ(
        heard(client_frame(Opcode::kText, "a", false) + client_frame(Opcode::kContinuation, "b")),
        (Heard{"text ab", close}));
    EXPECT_EQ(heard(client_frame(Opcode::kPong, "p")), (Heard{"pong p", close}));
    EXPECT_EQ(heard(client_frame(Opcode::kPing, "p")), (Heard{pong("p"), close}));
    EXPECT_EQ(heard(client_frame(Opcode::kPing, "p"), true), Heard{close});
}

}  // namespace
}  // namespace stentor::ws
