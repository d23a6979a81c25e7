// Tests of the close handshake, from both sides (RFC 6455 5.5.1, 7).
#include <gtest/gtest.h>

#include <string>

#include "tests/ws/endpoint_harness.h"

namespace stentor::ws {
namespace {

using namespace test;  // NOLINT: the harness is written for these tests

constexpr EndpointLimits kLimits;

TEST(EndpointClose, PeersCodeIsEchoed) {
    // Property: each code that may stand on the wire is echoed alone, and nothing is heard behind
    // it.
    for (const unsigned code : {1000U, 1001U, 1003U, 1007U, 1014U, 3000U, 4999U}) {
        expect_however_split(client_frame(Opcode::kClose, close_payload(code, "bye \xe2\x82\xac")) +
                                 client_frame(Opcode::kText, "too late") +
                                 client_frame(Opcode::kPing, ""),
                             {.heard = {"out " + server_frame(Opcode::kClose, close_payload(code))},
                              .state = EndpointState::kClosed,
                              .peer_close_code = static_cast<std::uint16_t>(code)});
    }
}

TEST(EndpointClose, EveryCodeIsEchoedOrRefused) {
    // Property: of all 65,536 codes, exactly those that RFC 6455 7.4 and its registry allow on the
    // wire are echoed; each other one is 1002.
    const auto may_stand = [](unsigned code) {
        return code <= 999    ? false          // not used (7.4.2)
               : code <= 1003 ? true           // 7.4.1
               : code <= 1006 ? false          // reserved: never in a frame
               : code <= 1011 ? true           // 7.4.1
               : code <= 1014 ? true           // registered since
               : code <= 2999 ? false          // 1015 never in a frame; unassigned
                              : code <= 4999;  // libraries and applications
    };
    for (unsigned code = 0; code <= 0xffff; ++code) {
        Endpoint endpoint(kLimits);
        Recorder recorder;
        std::string bytes = client_frame(Opcode::kClose, close_payload(code));
        endpoint.consume(std::as_writable_bytes(std::span(bytes)), recorder);
        ASSERT_EQ(endpoint.state(), EndpointState::kClosed);
        const std::string echo = "out " + server_frame(Opcode::kClose, close_payload(code));
        ASSERT_EQ(recorder.heard.size(), 1U);
        ASSERT_EQ(recorder.heard[0] == echo, may_stand(code)) << code;
        ASSERT_EQ(endpoint.violation(),
                  may_stand(code) ? Violation::kNone : Violation::kBadCloseCode);
    }
}

TEST(EndpointClose, EmptyCloseIsAnsweredByAnEmptyOne) {
    // Property: a close frame without a code is 1005 for us and answered without a code.
    expect_however_split(client_frame(Opcode::kClose, ""),
                         {.heard = {"out " + server_frame(Opcode::kClose, "")},
                          .state = EndpointState::kClosed,
                          .peer_close_code = 1005});
}

TEST(EndpointClose, CloseInsideAFragmentedMessageEndsIt) {
    // Property: the message that was being received is dropped, and its memory with it.
    const std::string bytes = client_frame(Opcode::kText, "half", false) +
                              client_frame(Opcode::kClose, close_payload(1001)) +
                              client_frame(Opcode::kContinuation, "");
    expect_however_split(bytes,
                         {.heard = {"out " + server_frame(Opcode::kClose, close_payload(1001))},
                          .state = EndpointState::kClosed,
                          .peer_close_code = 1001});
    Endpoint endpoint(kLimits);
    Recorder recorder;
    Feeder(endpoint, recorder).give(bytes);
    EXPECT_EQ(endpoint.held_bytes(), 0U);
}

TEST(EndpointClose, OurCloseIsSentOnceAndAwaitsThePeers) {
    // Property: close() sends one frame; the peer's answer ends the handshake without another.
    Endpoint endpoint(kLimits);
    Recorder recorder;
    endpoint.close(1001, "going away", recorder);
    endpoint.close(1011, "again", recorder);
    EXPECT_EQ(endpoint.state(), EndpointState::kCloseSent);
    Feeder feeder(endpoint, recorder);
    feeder.give(client_frame(Opcode::kClose, close_payload(1001)));
    const Outcome expected{
        .heard = {"out " + server_frame(Opcode::kClose, close_payload(1001, "going away"))},
        .state = EndpointState::kClosed,
        .peer_close_code = 1001};
    EXPECT_EQ(outcome_of(endpoint, recorder), expected);
}

TEST(EndpointClose, AfterOurCloseMessagesAreDroppedAndPingsAnswered) {
    // Property: whatever was half received when close() was called, and all messages after it, are
    // dropped without memory; pings are answered until the peer's close frame (5.5.2).
    const std::string stream =
        client_frame(Opcode::kText, "whole") + client_frame(Opcode::kText, "one", false) +
        client_frame(Opcode::kPing, "still here") + client_frame(Opcode::kContinuation, "two") +
        client_frame(Opcode::kBinary, std::string(300, 'b')) +
        client_frame(Opcode::kClose, close_payload(1000)) + client_frame(Opcode::kPing, "late");
    const std::size_t ping_end = client_frame(Opcode::kText, "whole").size() +
                                 client_frame(Opcode::kText, "one").size() +
                                 client_frame(Opcode::kPing, "still here").size();
    EndpointLimits tight;
    for (const std::size_t in_place_bytes : {0UL, 1000UL}) {
        tight.in_place_bytes_max = in_place_bytes;
        for (std::size_t before = 0; before < ping_end - 1; ++before) {
            Endpoint endpoint(tight);
            Recorder recorder;
            Feeder feeder(endpoint, recorder);
            for (std::size_t i = 0; i < before; ++i) feeder.give(stream.substr(i, 1));
            recorder.heard.clear();
            endpoint.close(1012, "", recorder);
            EXPECT_EQ(endpoint.held_bytes(), 0U);
            for (std::size_t i = before; i < stream.size(); ++i) {
                feeder.give(stream.substr(i, 1));
                ASSERT_EQ(endpoint.held_bytes(), 0U);
            }
            const Outcome expected{
                .heard = {"out " + server_frame(Opcode::kClose, close_payload(1012)),
                          "out " + server_frame(Opcode::kPong, "still here")},
                .state = EndpointState::kClosed,
                .peer_close_code = 1000};
            ASSERT_EQ(outcome_of(endpoint, recorder), expected) << "closed at " << before;
        }
    }
}

TEST(EndpointClose, HandlerMayCloseInsideEveryCallback) {
    // Property: a close() from on_message (in place and assembled), on_pong or on_control_output
    // takes effect behind that callback, and the message's span lives to its end.
    class Closing : public Recorder {
    public:
        bool on_message(Opcode opcode, std::span<std::byte> payload) override {
            endpoint->close(1000, "", *this);
            return Recorder::on_message(opcode, payload);
        }
        void on_pong(std::span<const std::byte> payload) override {
            endpoint->close(1000, "", *this);
            Recorder::on_pong(payload);
        }
        void on_control_output(std::span<const std::byte> frame) override {
            Recorder::on_control_output(frame);
            endpoint->close(1000, "", *this);
        }
        Endpoint* endpoint = nullptr;
    };
    const std::string close = "out " + server_frame(Opcode::kClose, close_payload(1000));
    const auto heard = [](const std::string& bytes) {
        Endpoint endpoint(kLimits);
        Closing handler;
        handler.endpoint = &endpoint;
        Feeder(endpoint, handler).give(bytes + client_frame(Opcode::kText, "dropped"));
        EXPECT_EQ(endpoint.state(), EndpointState::kCloseSent);
        return handler.heard;
    };
    using Heard = std::vector<std::string>;
    EXPECT_EQ(heard(client_frame(Opcode::kText, "a")), (Heard{close, "text a"}));
    EXPECT_EQ(
        heard(client_frame(Opcode::kText, "a", false) + client_frame(Opcode::kContinuation, "b")),
        (Heard{close, "text ab"}));
    EXPECT_EQ(heard(client_frame(Opcode::kPong, "p")), (Heard{close, "pong p"}));
    EXPECT_EQ(heard(client_frame(Opcode::kPing, "p")),
              (Heard{"out " + server_frame(Opcode::kPong, "p"), close}));
}

TEST(EndpointClose, LongReasonIsCutAtACodePoint) {
    // Property: the reason on the wire has at most 123 bytes and is UTF-8 wherever the cut falls.
    for (std::size_t lead = 118; lead <= 125; ++lead) {
        Endpoint endpoint(kLimits);
        Recorder recorder;
        endpoint.close(4000, std::string(lead, 'r') + "\xf0\x9f\x98\x80 and more", recorder);
        ASSERT_EQ(recorder.heard.size(), 1U);
        const std::string reason = recorder.heard[0].substr(4 + 2 + 2);
        EXPECT_LE(reason.size(), 123U);
        EXPECT_GE(reason.size(), std::min<std::size_t>(lead, 120));
        EXPECT_TRUE(is_valid_utf8(std::as_bytes(std::span(reason))));
    }
}

}  // namespace
}  // namespace stentor::ws
