// What the tests of the command decoder share: a decoder, and its answers as a test wants them.
// Thread: one. Invariant: a text is decoded from bytes that end as the decoder demands (padded.h).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <expected>
#include <string_view>
#include <variant>

#include "chat/protocol/command.h"
#include "tests/chat/protocol/padded.h"

namespace stentor::chat {

class DecodingTest : public ::testing::Test {
protected:
    std::expected<Command, Refusal> decode(std::string_view text) {
        return decoder_.decode(Padded(text).span());
    }
    // The decoded body, which the test asserts to be of this verb.
    template <typename Body>
    Body body(std::string_view text) {
        const auto command = decode(text);
        if (!command) {
            ADD_FAILURE() << text << ": " << command.error().message;
            return {};
        }
        if (!std::holds_alternative<Body>(command->body)) {
            ADD_FAILURE() << text << ": another verb";
            return {};
        }
        return std::get<Body>(command->body);
    }
    void expect_refusal(std::string_view text, ErrorCode code, std::string_view id,
                        std::string_view words) {
        SCOPED_TRACE(text.substr(0, 200));
        const auto command = decode(text);
        ASSERT_FALSE(command);
        EXPECT_EQ(wire_word(command.error().code), wire_word(code));
        EXPECT_EQ(command.error().id, id);
        EXPECT_THAT(command.error().message, ::testing::HasSubstr(words));
    }

    CommandDecoder decoder_;
};

}  // namespace stentor::chat
