// Seeded mutations of good frames against the decoder: under ASan this is a fuzzer that every test
// run repeats. Thread: one. Invariant: every frame gives a Command within its bounds or a Refusal.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "chat/protocol/command.h"
#include "chat/protocol/encode.h"
#include "chat/random.h"
#include "tests/chat/protocol/padded.h"

namespace stentor::chat {
namespace {

constexpr std::array<std::string_view, 17> kFrames = {
    R"({"type":"login","id":"1","name":"ann","session":"s1.AA.BB","token":"t"})",
    R"({"type":"join","id":"2","room":"lobby","history":50})",
    R"({"type":"join","id":"3","room":"lobby","since":{"epoch":"k3abcdefghij","seq":17}})",
    R"({"type":"leave","id":"4","room":"lobby"})",
    R"({"type":"send","id":"6f1c","room":"lobby","content":"h\u00e9llo \ud83d\ude00","reply_to":40})",
    R"({"type":"members","id":"5","room":"l","after":"u0000000000000001","limit":100})",
    R"({"type":"history","id":"6","room":"l","before":90,"after":43,"limit":10})",
    R"({"type":"edit","id":"8","room":"lobby","target":40,"content":"hello"})",
    R"({"type":"delete","id":"9","room":"lobby","target":40})",
    R"({"type":"react","id":"a","room":"lobby","target":40,"emoji":"\ud83d\udc4d","on":true})",
    R"({"type":"direct","id":"b","to":"u0000000000000001","content":"hello"})",
    R"({"type":"typing","room":"lobby","on":false})",
    R"({"type":"read","room":"lobby","seq":40})",
    R"({"type":"rooms","id":"c"})",
    R"({"type":"sync","id":"d","rooms":[{"room":"a","epoch":"k3","seq":17}]})",
    R"({"type":"sync","id":"e","rooms":[{"room":"a","epoch":"k3","seq":1},{"room":"b","epoch":"","seq":0}]})",
    R"({"type":"ping","id":"7","x":[1,2.5e3,{"a":[[[[]]]],"b":null}]})",
};
constexpr std::array<std::string_view, 20> kPieces = {"{",
                                                      "}",
                                                      "[",
                                                      "]",
                                                      "\"",
                                                      "\\",
                                                      ",",
                                                      ":",
                                                      "\\u0000",
                                                      "\\ud800",
                                                      "1e999",
                                                      "-1",
                                                      "9007199254740992",
                                                      "null",
                                                      "\"id\":\"9\",",
                                                      "\"type\":\"send\",",
                                                      "\xe2\x80\xa8",
                                                      "\xff",
                                                      "[[[[[[[[[[",
                                                      "\n"};

class Mutator {
public:
    explicit Mutator(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t bound) {
        return static_cast<std::size_t>(random_.next() % bound);
    }

    std::string frame() {
        std::string text(kFrames[below(kFrames.size())]);
        for (std::size_t rest = 1 + below(4); rest > 0; --rest) mutate(text);
        return text;
    }

private:
    void mutate(std::string& text) {
        const std::size_t at = below(text.size() + 1);
        switch (below(7)) {
            case 0:
                if (at < text.size()) text[at] = static_cast<char>(below(256));
                break;
            case 1:
                if (at < text.size()) text[at] ^= static_cast<char>(1U << below(8));
                break;
            case 2:
                text.insert(at, kPieces[below(kPieces.size())]);
                break;
            case 3:
                text.erase(at, 1 + below(8));
                break;
            case 4:
                text.insert(at, std::string(text, below(text.size() + 1), below(32)));
                break;
            case 5:
                text.resize(at);
                break;
            default:
                text.replace(at, std::string::npos, kFrames[below(kFrames.size())].substr(0, 40));
        }
    }

    SeededRandom random_;
};

// Reads each byte of the view, so that ASan would see one out of bounds; volatile, so that the
// compiler does read it.
void touch(std::string_view view) {
    for (const char& byte : view) static_cast<void>(*const_cast<const volatile char*>(&byte));
}

struct WithinBounds {
    void operator()(const LoginCommand& login) const {
        touch(login.name.value_or(""));
        touch(login.session.value_or(""));
        touch(login.token.value_or(""));
    }
    void operator()(const JoinCommand& join) const {
        touch(join.room);
        if (join.since) touch(join.since->epoch);
        EXPECT_LE(join.since.value_or(SincePosition{}).seq, kWireIntegerMax);
        EXPECT_LE(join.history.value_or(0), kPageEventsMax);
    }
    void operator()(const LeaveCommand& leave) const { touch(leave.room); }
    void operator()(const SendCommand& send) const {
        touch(send.room);
        touch(send.content);
        EXPECT_FALSE(send.content.empty());
        EXPECT_GE(send.reply_to.value_or(1), 1U);
    }
    void operator()(const EditCommand& edit) const {
        touch(edit.room);
        touch(edit.content);
        EXPECT_FALSE(edit.content.empty());
        EXPECT_GE(edit.target, 1U);
    }
    void operator()(const DeleteCommand& deletion) const {
        touch(deletion.room);
        EXPECT_GE(deletion.target, 1U);
    }
    void operator()(const ReactCommand& react) const {
        touch(react.room);
        touch(react.emoji);
        EXPECT_TRUE(!react.emoji.empty() && react.emoji.size() <= kEmojiBytesMax);
        EXPECT_GE(react.target, 1U);
    }
    void operator()(const DirectCommand& direct) const {
        touch(direct.to);
        touch(direct.content);
        EXPECT_FALSE(direct.to.empty() || direct.content.empty());
    }
    void operator()(const TypingCommand& typing) const { touch(typing.room); }
    void operator()(const ReadCommand& read) const {
        touch(read.room);
        EXPECT_LE(read.seq, kWireIntegerMax);
    }
    void operator()(const RoomsCommand&) const {}
    void operator()(const SyncCommand& sync) const {
        EXPECT_LE(sync.rooms.size(), kRoomsPerConnectionMax);
        for (const SyncRoom& wanted : sync.rooms) {
            touch(wanted.room);
            touch(wanted.since.epoch);
            EXPECT_LE(wanted.since.seq, kWireIntegerMax);
        }
    }
    void operator()(const MembersCommand& members) const {
        touch(members.room);
        touch(members.after.value_or(""));
        EXPECT_TRUE(members.limit >= 1 && members.limit <= kPageMembersMax);
    }
    void operator()(const HistoryCommand& history) const {
        touch(history.room);
        EXPECT_LE(history.before.value_or(0), kWireIntegerMax);
        EXPECT_LE(history.after.value_or(0), kWireIntegerMax);
        EXPECT_TRUE(history.limit >= 1 && history.limit <= kPageEventsMax);
    }
    void operator()(const PingCommand&) const {}
};

// 200,000 mutated frames never crash the decoder, and each gives a command within bounds, or a
// refusal that can be answered.
TEST(CommandMutation, EveryFrameIsACommandOrARefusal) {
    Mutator mutator(20);
    CommandDecoder decoder;
    std::size_t accepted = 0;
    std::size_t refused = 0;
    std::string answer;
    for (int round = 0; round < 200'000; ++round) {
        const std::string text = mutator.frame();
        const Padded padded(text, static_cast<char>(mutator.below(256)));
        const auto command = decoder.decode(padded.span());
        if (command) {
            ++accepted;
            EXPECT_LE(command->id.size(), kCommandIdBytesMax);
            touch(command->id);
            std::visit(WithinBounds(), command->body);
            continue;
        }
        ++refused;
        const Refusal& refusal = command.error();
        EXPECT_LE(refusal.id.size(), kCommandIdBytesMax);
        EXPECT_FALSE(refusal.message.empty()) << text;
        answer.clear();
        append_error(answer, refusal.id, refusal.code, refusal.message);
        EXPECT_LT(answer.size(), 1024U) << text;
    }
    EXPECT_GT(accepted, 1000U) << "the mutations are too wild to test anything";
    EXPECT_GT(refused, 10'000U);
}

}  // namespace
}  // namespace stentor::chat
