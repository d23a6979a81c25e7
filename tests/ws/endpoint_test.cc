// Tests of the endpoint: messages whole, waiting in the input, assembled; control frames between.
#include "ws/endpoint.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/ws/endpoint_harness.h"

namespace stentor::ws {
namespace {

using namespace test;  // NOLINT: the harness is written for these tests

constexpr EndpointLimits kLimits;

TEST(Endpoint, MessagesOfEveryLengthFormArrive) {
    // Property: a message is handed up once and whole, at each border of the length forms.
    for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 127UL, 1000UL}) {
        const std::string payload(size, 'x');
        expect_however_split(
            client_frame(Opcode::kText, payload) + client_frame(Opcode::kBinary, payload),
            {.heard = {"text " + payload, "binary " + payload}});
    }
    const std::string large(65'536, 'y');
    EndpointLimits roomy;
    roomy.message_bytes_max = 100'000;
    const Outcome expected{.heard = {"text " + large}};
    const std::string frame = client_frame(Opcode::kText, large);
    EXPECT_EQ(feed_in_pieces(frame, {}, roomy), expected);
    EXPECT_EQ(feed_in_pieces(frame, {9, 1, 3, 1, 1000, 1}, roomy), expected);
    roomy.in_place_bytes_max = 80'000;
    EXPECT_EQ(feed_in_pieces(frame, {9, 1, 3, 1, 1000, 1}, roomy), expected);
}

TEST(Endpoint, WholeMessageIsOneSpanOfTheInput) {
    // Property: a message that lies whole in the input is not copied, and needs no memory.
    class InPlace : public Recorder {
    public:
        bool on_message(Opcode, std::span<std::byte> payload) override {
            at = payload.data();
            return true;
        }
        const std::byte* at = nullptr;
    } handler;
    Endpoint endpoint(kLimits);
    std::string bytes = client_frame(Opcode::kText, "hello") + std::string(64, '\0');
    const auto input = std::as_writable_bytes(std::span(bytes)).first(11);
    EXPECT_EQ(endpoint.consume(input, handler), 11U);
    EXPECT_EQ(handler.at, input.data() + 6);
    EXPECT_EQ(endpoint.held_bytes(), 0U);
}

TEST(Endpoint, LargeMessageDoesNotWaitInTheInput) {
    // Property: what needs more than in_place_bytes_max is taken out of the input as it comes; what
    // needs exactly that much waits there.
    EndpointLimits tight;
    tight.in_place_bytes_max = 106;
    Endpoint endpoint(tight);
    Recorder recorder;
    Feeder feeder(endpoint, recorder);
    const std::string fits = client_frame(Opcode::kText, std::string(100, 'a'));
    feeder.give(fits.substr(0, 60));
    EXPECT_EQ(feeder.held().size(), 60U);
    EXPECT_EQ(endpoint.held_bytes(), 0U);
    EXPECT_TRUE(endpoint.mid_message());
    feeder.give(fits.substr(60));
    EXPECT_EQ(feeder.held(), "");
    const std::string over = client_frame(Opcode::kText, std::string(101, 'b'));
    feeder.give(over.substr(0, 60));
    EXPECT_EQ(feeder.held(), "");
    EXPECT_GT(endpoint.held_bytes(), 54U);
    feeder.give(over.substr(60));
    EXPECT_EQ(endpoint.held_bytes(), 0U);
    EXPECT_FALSE(endpoint.mid_message());
    EXPECT_EQ(recorder.heard.size(), 2U);
}

TEST(Endpoint, FragmentsAreOneMessage) {
    // Property: fragments, empty ones too, are joined in order, a code point across them included.
    expect_however_split(client_frame(Opcode::kText, "st\xe2", false) +
                             client_frame(Opcode::kContinuation, "", false) +
                             client_frame(Opcode::kContinuation, "\x82\xac", false) +
                             client_frame(Opcode::kContinuation, "") +
                             client_frame(Opcode::kBinary, "", false) +
                             client_frame(Opcode::kContinuation, ""),
                         {.heard = {"text st\xe2\x82\xac", "binary "}});
}

TEST(Endpoint, PingBetweenFragmentsKeepsTheMessage) {
    // Property: control frames between fragments are answered at once and change no message.
    expect_however_split(
        client_frame(Opcode::kText, "one ", false) + client_frame(Opcode::kPing, "p1") +
            client_frame(Opcode::kContinuation, "two ", false) +
            client_frame(Opcode::kPong, "unasked") + client_frame(Opcode::kPing, "") +
            client_frame(Opcode::kContinuation, "three"),
        {.heard = {"out " + server_frame(Opcode::kPong, "p1"), "pong unasked",
                   "out " + server_frame(Opcode::kPong, ""), "text one two three"}});
}

TEST(Endpoint, EachOfTenPingsIsAnswered) {
    // Property: pings are answered one by one and in order, with their own payload, to 125 bytes.
    std::string bytes;
    Outcome expected;
    for (int i = 0; i < 10; ++i) {
        const std::string payload(static_cast<std::size_t>(125 - i), static_cast<char>('a' + i));
        bytes += client_frame(Opcode::kPing, payload);
        expected.heard.push_back("out " + server_frame(Opcode::kPong, payload));
    }
    expect_however_split(bytes, expected);
}

TEST(Endpoint, StoppingBehindAMessageKeepsTheRest) {
    // Property: after on_message() said stop, nothing behind that message was looked at.
    Endpoint endpoint(kLimits);
    Recorder recorder;
    recorder.stop_after_message = true;
    const std::string one = client_frame(Opcode::kText, "one");
    std::string bytes = one + client_frame(Opcode::kPing, "p");
    const std::string before = bytes;
    const std::size_t size = bytes.size();
    bytes.append(kMessagePaddingBytes, ' ');
    const auto input = std::as_writable_bytes(std::span(bytes)).first(size);
    EXPECT_EQ(endpoint.consume(input, recorder), one.size());
    EXPECT_EQ(recorder.heard.size(), 1U);
    EXPECT_EQ(text_of(input.subspan(one.size())), before.substr(one.size()));
    EXPECT_FALSE(endpoint.mid_message());
    EXPECT_EQ(endpoint.consume(input.subspan(one.size()), recorder), size - one.size());
    EXPECT_EQ(recorder.heard.size(), 2U);
}

TEST(Endpoint, MidMessageIsTrueFromFirstToLastByte) {
    // Property: between the first byte of a frame or fragmented message and its last,
    // mid_message().
    for (const std::string& bytes :
         {client_frame(Opcode::kText, "hello"), client_frame(Opcode::kPing, "hello"),
          client_frame(Opcode::kText, "a", false) + client_frame(Opcode::kContinuation, "b")}) {
        Endpoint endpoint(kLimits);
        Recorder recorder;
        Feeder feeder(endpoint, recorder);
        EXPECT_FALSE(endpoint.mid_message());
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            feeder.give(bytes.substr(i, 1));
            EXPECT_EQ(endpoint.mid_message(), i + 1 < bytes.size()) << i;
        }
    }
}

TEST(Endpoint, AnnouncedLengthBuysNoMemory) {
    // Property: a header that announces a large message allocates for the bytes that came only.
    EndpointLimits huge;
    huge.message_bytes_max = std::size_t{1} << 40;
    Endpoint endpoint(huge);
    Recorder recorder;
    Feeder feeder(endpoint, recorder);
    std::string header("\x82\xff\x00\x00\x00\xff\xff\xff\xff\xff", 10);
    feeder.give(header + "keys" + "first bytes");
    EXPECT_TRUE(endpoint.mid_message());
    EXPECT_LT(endpoint.held_bytes(), 1024U);
}

TEST(Endpoint, MovedEndpointGoesOn) {
    // Property: an endpoint may be moved between two calls, in the middle of a message.
    Endpoint before(kLimits);
    Recorder recorder;
    const std::string bytes =
        client_frame(Opcode::kText, "one ", false) + client_frame(Opcode::kContinuation, "two");
    std::string first = bytes.substr(0, 12);
    const std::size_t done = before.consume(std::as_writable_bytes(std::span(first)), recorder);
    Endpoint after(std::move(before));
    std::string rest = first.substr(done) + bytes.substr(12);
    after.consume(std::as_writable_bytes(std::span(rest)), recorder);
    ASSERT_EQ(recorder.heard.size(), 1U);
    EXPECT_EQ(recorder.heard[0], "text one two");
}

}  // namespace
}  // namespace stentor::ws
