// The client's side of RFC 6455: heads of server frames, frames of our own, the upgrade.
// Thread: one.
#include "bench/load/wire.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace stentor::bench {
namespace {

std::string server_frame(std::size_t bytes) {
    std::string frame = "\x81";
    if (bytes < 126) {
        frame += static_cast<char>(bytes);
    } else if (bytes < 65536) {
        frame += '\x7e';
        frame += static_cast<char>(bytes >> 8U);
        frame += static_cast<char>(bytes & 0xffU);
    } else {
        frame += '\x7f';
        for (int shift = 56; shift >= 0; shift -= 8) {
            frame += static_cast<char>((bytes >> static_cast<unsigned>(shift)) & 0xffU);
        }
    }
    return frame;
}

// Property: a head is read when it is whole and not before, at every split and form of length.
TEST(Wire, ReadsHeadsWhenTheyAreWhole) {
    for (const std::size_t bytes : {0u, 1u, 125u, 126u, 65535u, 65536u, 1u << 20U}) {
        const std::string head = server_frame(bytes);
        for (std::size_t split = 0; split < head.size(); ++split) {
            EXPECT_EQ(parse_server_head(head.substr(0, split)).state,
                      FrameHead::State::kIncomplete);
        }
        const FrameHead read = parse_server_head(head + "rest");
        EXPECT_EQ(read.state, FrameHead::State::kGood);
        EXPECT_EQ(read.head_bytes, head.size());
        EXPECT_EQ(read.payload_bytes, bytes);
        EXPECT_TRUE(read.fin);
        EXPECT_EQ(read.opcode, ws::Opcode::kText);
    }
}

// Property: a server's frame that is masked or has a reserved bit is refused.
TEST(Wire, RefusesWhatAServerMayNotSend) {
    for (const char* head : {"\x81\x81", "\xc1\x01", "\xa1\x01", "\x91\x01"}) {
        EXPECT_EQ(parse_server_head(head).state, FrameHead::State::kBad);
    }
}

// Property: a frame of ours, unmasked with its own key, holds the payload; lengths take the
// shortest form.
TEST(Wire, MasksItsFrames) {
    for (const std::size_t bytes : {0u, 5u, 125u, 126u, 65535u, 65536u}) {
        const std::string payload(bytes, 'p');
        std::string frame = "before";
        append_client_frame(frame, ws::Opcode::kText, payload, {0x04030201});
        const std::size_t head = bytes < 126 ? 2 : bytes < 65536 ? 4 : 10;
        ASSERT_EQ(frame.size(), 6 + head + 4 + bytes);
        EXPECT_EQ(static_cast<unsigned char>(frame[6]), 0x81);
        EXPECT_TRUE((frame[7] & 0x80) != 0);
        for (std::size_t i = 0; i < bytes; ++i) {
            const char key = frame[6 + head + i % 4];
            ASSERT_EQ(frame[6 + head + 4 + i] ^ key, 'p');
        }
    }
}

// Property: the answer to the upgrade is checked: status, accept, extensions, in any case of names.
TEST(Wire, ChecksTheUpgrade) {
    const std::string good = "HTTP/1.1 101 Yes\r\nUPGRADE: websocket\r\nsec-websocket-ACCEPT:  " +
                             std::string(kWebSocketAccept) + " \r\n\r\n";
    EXPECT_EQ(upgrade_fault(good), "");
    EXPECT_NE(upgrade_fault("HTTP/1.1 403 Forbidden\r\n\r\n"), "");
    EXPECT_NE(upgrade_fault("HTTP/1.1 101 Yes\r\n\r\n"), "");
    std::string extended = good;
    extended.insert(extended.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    EXPECT_NE(upgrade_fault(extended), "");
    EXPECT_NE(upgrade_request("h:1", "/p").find("GET /p HTTP/1.1\r\nHost: h:1\r\n"),
              std::string::npos);
}

}  // namespace
}  // namespace stentor::bench
