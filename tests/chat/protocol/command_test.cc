// The decoding of client frames (docs/protocol.md, "Frames"): good ones field by field, bad ones by
// code, id and the words that name the field. Thread: one. Invariant: as each test says.
#include "chat/protocol/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/chat/protocol/decoding.h"

namespace stentor::chat {
namespace {

// Every verb gives its own struct with the fields that were sent.
TEST_F(DecodingTest, EveryVerbHasItsFields) {
    const auto login =
        body<LoginCommand>(R"({"type":"login","id":"1","name":"ann","session":"s","token":"t"})");
    EXPECT_EQ(login.name, "ann");
    EXPECT_EQ(login.session, "s");
    EXPECT_EQ(login.token, "t");
    EXPECT_EQ(body<LoginCommand>(R"({"type":"login"})").name, std::nullopt);

    const auto join = body<JoinCommand>(R"({"type":"join","room":"lobby","history":50})");
    EXPECT_EQ(join.room, "lobby");
    EXPECT_EQ(join.history, 50U);
    EXPECT_FALSE(join.since);
    const auto resume =
        body<JoinCommand>(R"({"type":"join","room":"l","since":{"epoch":"k3","seq":17}})");
    ASSERT_TRUE(resume.since);
    EXPECT_EQ(resume.since->epoch, "k3");
    EXPECT_EQ(resume.since->seq, 17U);
    EXPECT_FALSE(resume.history);

    EXPECT_EQ(body<LeaveCommand>(R"({"type":"leave","room":"lobby"})").room, "lobby");

    const auto send =
        body<SendCommand>(R"({"type":"send","room":"lobby","content":"hello","reply_to":40})");
    EXPECT_EQ(send.room, "lobby");
    EXPECT_EQ(send.content, "hello");
    EXPECT_EQ(send.reply_to, 40U);
    EXPECT_EQ(body<SendCommand>(R"({"type":"send","room":"l","content":"x"})").reply_to,
              std::nullopt);

    const auto members =
        body<MembersCommand>(R"({"type":"members","room":"l","after":"u1","limit":7})");
    EXPECT_EQ(members.after, "u1");
    EXPECT_EQ(members.limit, 7U);
    EXPECT_EQ(body<MembersCommand>(R"({"type":"members","room":"l"})").limit, 100U);

    const auto history =
        body<HistoryCommand>(R"({"type":"history","room":"l","before":9,"after":0,"limit":2})");
    EXPECT_EQ(history.before, 9U);
    EXPECT_EQ(history.after, 0U);
    EXPECT_EQ(history.limit, 2U);

    body<PingCommand>(R"({"type":"ping"})");
}

// The id is given back as sent, 1 to 64 bytes of any text; without one it is empty.
TEST_F(DecodingTest, IdIsTheClientsOwn) {
    EXPECT_EQ(decode(R"({"type":"ping"})")->id, "");
    EXPECT_EQ(decode(R"({"id":"7","type":"ping"})")->id, "7");
    EXPECT_EQ(decode(R"({"id":"a\"\u00e9","type":"ping"})")->id, "a\"é");
    const std::string longest(64, 'x');
    EXPECT_EQ(decode(fmt::format(R"({{"id":"{}","type":"ping"}})", longest))->id, longest);
}

// A page asked for too large is cut to the largest there is, not refused.
TEST_F(DecodingTest, LargeLimitsAreCut) {
    EXPECT_EQ(body<HistoryCommand>(R"({"type":"history","room":"l","limit":101})").limit, 100U);
    EXPECT_EQ(body<HistoryCommand>(R"({"type":"history","room":"l","limit":4294967297})").limit,
              100U);
    EXPECT_EQ(body<MembersCommand>(R"({"type":"members","room":"l","limit":1000})").limit, 100U);
    EXPECT_EQ(body<JoinCommand>(R"({"type":"join","room":"l","history":1000})").history, 100U);
    EXPECT_EQ(body<JoinCommand>(R"({"type":"join","room":"l","history":0})").history, 0U);
}

// Text is decoded from its escapes, and keys are too.
TEST_F(DecodingTest, EscapesAreResolved) {
    EXPECT_EQ(
        body<SendCommand>(R"({"type":"send","room":"l","content":"\ud83d\ude00 \u2028\n\t\"\\\/"})")
            .content,
        "😀 \u2028\n\t\"\\/");
    EXPECT_EQ(body<SendCommand>(R"({"t\u0079pe":"send","room":"l","c\u006fntent":"x"})").content,
              "x");
    EXPECT_EQ(body<SendCommand>(R"({"type":"send","room":"l","content":"a\u0000b"})").content,
              std::string_view("a\0b", 3));
}

// Fields that a verb does not know are ignored, whatever they hold; so is white space.
TEST_F(DecodingTest, UnknownFieldsAreIgnored) {
    EXPECT_EQ(
        body<SendCommand>(
            R"({"x":null,"type":"send","y":[1,2.5,{"a":{}}],"room":"l","z":-1e9,"content":"c","id":"1","since":3})")
            .content,
        "c");
    body<PingCommand>(" \t\r\n{ \"type\" : \"ping\" }\n ");
    std::string many = R"({"type":"ping")";
    for (int at = 0; at < 5000; ++at) many += fmt::format(R"(,"f{}":0)", at);
    body<PingCommand>(many + "}");
}

// The largest position is 2^53 - 1, and 0 is "nothing seen yet".
TEST_F(DecodingTest, PositionsReachToTwoToThe53) {
    EXPECT_EQ(body<JoinCommand>(
                  R"({"type":"join","room":"l","since":{"epoch":"k","seq":9007199254740991}})")
                  .since->seq,
              9007199254740991U);
    EXPECT_EQ(body<JoinCommand>(R"({"type":"join","room":"l","since":{"seq":0,"epoch":"","x":1}})")
                  .since->seq,
              0U);
}

// Depth 16 passes, depth 17 does not, with and without something inside.
TEST_F(DecodingTest, DepthEndsAtSixteen) {
    const auto nested = [](int arrays, std::string_view inside) {
        const auto count = static_cast<std::size_t>(arrays);
        return fmt::format(R"({{"id":"d","x":{}{}{},"type":"ping"}})", std::string(count, '['),
                           inside, std::string(count, ']'));
    };
    for (const std::string_view inside : {"", "1", "\"s\"", "1,2"}) {
        EXPECT_TRUE(decode(nested(15, inside))) << inside;
        EXPECT_FALSE(decode(nested(16, inside))) << inside;
        EXPECT_EQ(decode(nested(16, inside)).error().code, ErrorCode::kBadJson);
        EXPECT_FALSE(decode(nested(17, inside))) << inside;
    }
    EXPECT_FALSE(decode(nested(14, R"({"a":{}})"))) << "an empty object counts";
    EXPECT_TRUE(decode(nested(13, R"({"a":{}})")));
    EXPECT_FALSE(decode(std::string(60'000, '[')));
    expect_refusal(std::string(30'000, '[') + std::string(30'000, ']'), ErrorCode::kBadJson, "",
                   "deeper than 16");
}

// What is not one JSON object is bad_json.
TEST_F(DecodingTest, BrokenJsonIsRefused) {
    for (const std::string_view text : {"",
                                        " ",
                                        "{",
                                        "}",
                                        "[]",
                                        "null",
                                        "\"ping\"",
                                        "1",
                                        "{}{}",
                                        R"({"type":"ping"}x)",
                                        R"({"type":"ping",})",
                                        R"({type:"ping"})",
                                        R"({'type':'ping'})",
                                        R"({"type":"ping" "id":"1"})",
                                        R"({"type":"ping","x":[1,2,}})",
                                        R"({"type":"ping","x":01})",
                                        R"({"type":"ping","x":+1})",
                                        R"({"type":"ping","x":.5})",
                                        R"({"type":"ping","x":1.})",
                                        R"({"type":"ping","x":NaN})",
                                        R"({"type":"ping","x":tru})",
                                        R"({"type":"ping","x":"\x"})",
                                        R"({"type":"ping","x":"\u12g4"})",
                                        R"({"type":"ping","x":"\ud800"})",
                                        R"({"type":"ping","x":"\udc00\ud800"})",
                                        "{\"type\":\"ping\",\"x\":\"a\nb\"}",
                                        "{\"type\":\"ping\",\"x\":\"\xff\"}",
                                        "{\"type\":\"ping\"}/**/",
                                        R"({"type":"ping","x":99999999999999999999999})",
                                        R"({"type":"ping","x":1e999})",
                                        "{\"type\":\"ping\"}\x01"}) {
        const auto command = decode(text);
        ASSERT_FALSE(command) << text;
        EXPECT_EQ(command.error().code, ErrorCode::kBadJson) << text;
        EXPECT_FALSE(command.error().message.empty());
    }
}

// A frame cut anywhere is refused: no prefix of a command is a command.
TEST_F(DecodingTest, NoPrefixIsACommand) {
    const std::string whole =
        R"({"type":"join","id":"2","room":"löbby","since":{"epoch":"k3","seq":17},"history":50})";
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(decode(std::string_view(whole).substr(0, length))) << length;
    }
    EXPECT_TRUE(decode(whole));
}

// The same key twice is bad_json wherever it stands, however spelt; the id is given back unless it
// is the one that came twice.
TEST_F(DecodingTest, DuplicateKeysAreRefused) {
    const auto bad = ErrorCode::kBadJson;
    expect_refusal(R"({"id":"1","type":"ping","type":"ping"})", bad, "1", "twice");
    expect_refusal(R"({"id":"1","type":"ping","t\u0079pe":"send"})", bad, "1", "twice");
    expect_refusal(R"({"id":"1","type":"ping","id":"2"})", bad, "", "twice");
    expect_refusal(R"({"id":"1","type":"ping","x":1,"x":2})", bad, "1", "twice");
    expect_refusal(R"({"id":"1","type":"join","room":"l","since":{"epoch":"k","seq":1,"seq":2}})",
                   bad, "1", "twice");
    expect_refusal(R"({"id":"1","type":"ping","x":[0,{"a":1,"a":1}]})", bad, "1", "twice");
    std::string many = R"({"id":"1","type":"ping")";
    for (int at = 0; at < 5000; ++at) many += fmt::format(R"(,"f{}":0)", at);
    expect_refusal(many + R"(,"f0":1})", bad, "1", "twice");
    EXPECT_TRUE(decode(R"({"type":"ping","x":{"type":1},"y":{"type":2}})"));
}

// An id that is no string of 1 to 64 bytes is a bad_request, and is not given back.
TEST_F(DecodingTest, BadIdsAreRefused) {
    for (const std::string& id :
         {std::string("7"), std::string("null"), std::string("\"\""), std::string("[]"),
          '"' + std::string(65, 'x') + '"', '"' + std::string(33, '\xc3') + "\""}) {
        const auto command = decode(fmt::format(R"({{"type":"ping","id":{}}})", id));
        ASSERT_FALSE(command) << id;
        EXPECT_EQ(command.error().id, "");
    }
    expect_refusal(R"({"type":"ping","id":7})", ErrorCode::kBadRequest, "", "id: ");
    expect_refusal(R"({"type":"ping","id":""})", ErrorCode::kBadRequest, "", "id: ");
}

// A type that is missing or no string is a bad_request, one that nobody knows is unknown_type.
TEST_F(DecodingTest, TypesAreKnownOrRefused) {
    expect_refusal(R"({"id":"1"})", ErrorCode::kBadRequest, "1", "type: ");
    expect_refusal("{}", ErrorCode::kBadRequest, "", "type: ");
    expect_refusal(R"({"id":"1","type":5})", ErrorCode::kBadRequest, "1", "type: ");
    expect_refusal(R"({"id":"1","type":null})", ErrorCode::kBadRequest, "1", "type: ");
    expect_refusal(R"({"id":"1","type":"dance"})", ErrorCode::kUnknownType, "1", "\"dance\"");
    expect_refusal(R"({"id":"1","type":"Ping"})", ErrorCode::kUnknownType, "1", "\"Ping\"");
    expect_refusal(R"({"id":"1","type":"ping\u0000"})", ErrorCode::kUnknownType, "1", "type: ");
    const std::string long_type = "a" + std::string(1000, 'x') + "語";
    const auto refused = decode(fmt::format(R"({{"type":"{}"}})", long_type));
    ASSERT_FALSE(refused);
    EXPECT_LT(refused.error().message.size(), 100U) << "the answer is not as long as the question";
}

// A field of the wrong kind, or missing, is a bad_request that names it.
TEST_F(DecodingTest, BadFieldsAreNamed) {
    const struct {
        std::string_view frame;
        std::string_view words;
    } kTable[] = {
        {R"({"type":"login","id":"i","name":5})", "name: must be a string"},
        {R"({"type":"login","id":"i","name":null})", "name: must be a string"},
        {R"({"type":"login","id":"i","session":{}})", "session: must be a string"},
        {R"({"type":"login","id":"i","token":[]})", "token: must be a string"},
        {R"({"type":"join","id":"i"})", "room: is missing"},
        {R"({"type":"join","id":"i","room":7})", "room: must be a string"},
        {R"({"type":"join","id":"i","room":"l","history":"5"})", "history: must be an integer"},
        {R"({"type":"join","id":"i","room":"l","history":-1})", "history: must be an integer"},
        {R"({"type":"join","id":"i","room":"l","history":1.0})", "history: must be an integer"},
        {R"({"type":"join","id":"i","room":"l","history":1e1})", "history: must be an integer"},
        {R"({"type":"join","id":"i","room":"l","history":true})", "history: must be an integer"},
        {R"({"type":"join","id":"i","room":"l","since":5})", "since: must be an object"},
        {R"({"type":"join","id":"i","room":"l","since":null})", "since: must be an object"},
        {R"({"type":"join","id":"i","room":"l","since":[]})", "since: must be an object"},
        {R"({"type":"join","id":"i","room":"l","since":{"seq":1}})", "since.epoch: is missing"},
        {R"({"type":"join","id":"i","room":"l","since":{"epoch":1,"seq":1}})",
         "since.epoch: must be"},
        {R"({"type":"join","id":"i","room":"l","since":{"epoch":"k"}})", "since.seq: is missing"},
        {R"({"type":"join","id":"i","room":"l","since":{"epoch":"k","seq":-1}})",
         "since.seq: must be"},
        {R"({"type":"join","id":"i","room":"l","since":{"epoch":"k","seq":1.5}})",
         "since.seq: must be"},
        {R"({"type":"join","id":"i","room":"l","since":{"epoch":"k","seq":"1"}})",
         "since.seq: must be"},
        {R"({"type":"join","id":"i","room":"l","since":{"epoch":"k","seq":9007199254740992}})",
         "since.seq: must be"},
        {R"({"type":"join","id":"i","room":"l","since":{"epoch":"k","seq":18446744073709551615}})",
         "since.seq: must be"},
        {R"({"type":"leave","id":"i"})", "room: is missing"},
        {R"({"type":"send","id":"i","content":"x"})", "room: is missing"},
        {R"({"type":"send","id":"i","room":"l"})", "content: is missing"},
        {R"({"type":"send","id":"i","room":"l","content":""})", "content: must not be empty"},
        {R"({"type":"send","id":"i","room":"l","content":7})", "content: must be a string"},
        {R"({"type":"send","id":"i","room":"l","content":["x"]})", "content: must be a string"},
        {R"({"type":"send","id":"i","room":"l","content":"x","reply_to":0})",
         "reply_to: must be an integer from 1"},
        {R"({"type":"send","id":"i","room":"l","content":"x","reply_to":null})",
         "reply_to: must be an integer"},
        {R"({"type":"members","id":"i","room":"l","limit":0})", "limit: must be an integer from 1"},
        {R"({"type":"members","id":"i","room":"l","after":3})", "after: must be a string"},
        {R"({"type":"history","id":"i","room":"l","before":"9"})", "before: must be an integer"},
        {R"({"type":"history","id":"i","room":"l","before":0})",
         "before: must be an integer from 1"},
        {R"({"type":"history","id":"i","room":"l","after":-1})", "after: must be an integer"},
        {R"({"type":"history","id":"i","room":"l","limit":0})", "limit: must be an integer from 1"},
    };
    for (const auto& row : kTable)
        expect_refusal(row.frame, ErrorCode::kBadRequest, "i", row.words);
}

// The first bad field is the one that is named.
TEST_F(DecodingTest, TheFirstBadFieldIsNamed) {
    expect_refusal(R"({"type":"send","id":7,"room":8,"content":9})", ErrorCode::kBadRequest, "",
                   "id: ");
    expect_refusal(R"({"content":9,"room":8,"type":"send","id":"i"})", ErrorCode::kBadRequest, "i",
                   "room: ");
}

// What lies behind the frame in the ring is never taken for a part of it.
TEST_F(DecodingTest, PaddingIsNotRead) {
    for (const char filler : {'\0', ' ', '"', '}', '1', '\\', '\xff'}) {
        EXPECT_TRUE(decoder_.decode(Padded(R"({"type":"ping"})", filler).span()));
        EXPECT_FALSE(decoder_.decode(Padded(R"({"type":"ping")", filler).span())) << filler;
        EXPECT_FALSE(decoder_.decode(Padded("1", filler).span()));
    }
}

// The views of a command hold after the bytes that it came from are gone.
TEST_F(DecodingTest, ViewsOutliveTheBytes) {
    std::expected<Command, Refusal> command;
    {
        const Padded text(
            R"({"type":"send","id":"abc","room":"lobby","content":"a text of some length"})");
        command = decoder_.decode(text.span());
    }
    ASSERT_TRUE(command);
    EXPECT_EQ(command->id, "abc");
    EXPECT_EQ(std::get<SendCommand>(command->body).content, "a text of some length");
}

// Every client frame that docs/protocol.md shows is a command, and every server frame is JSON.
TEST_F(DecodingTest, ThePageShowsTrueFrames) {
    const auto repository = std::filesystem::path(__FILE__).parent_path() / ".." / ".." / "..";
    std::ifstream page(repository / "docs" / "protocol.md");
    ASSERT_TRUE(page);
    int from_client = 0;
    int from_server = 0;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("#") && line.find("ialects") != std::string::npos) {
            break;  // these are of other protocols
        }
        // Behind a frame may stand what it is for; a number may be left open.
        std::string frame = line.substr(std::min<std::size_t>(2, line.size()));
        frame.resize(frame.rfind('}') + 1);
        constexpr std::string_view kOpen = ":…";
        for (std::size_t at = frame.find(kOpen); at != std::string::npos; at = frame.find(kOpen)) {
            frame.replace(at, kOpen.size(), ":0");
        }
        const auto command = decode(frame);
        if (line.starts_with("C {")) {
            ++from_client;
            EXPECT_TRUE(command) << line << command.error().message;
        }
        if (line.starts_with("S {")) {
            ++from_server;
            EXPECT_TRUE(command || command.error().code != ErrorCode::kBadJson) << line;
        }
    }
    EXPECT_GE(from_client, 5);
    EXPECT_GE(from_server, 8);
}

// A message of any size is decoded, and a small one after it.
TEST_F(DecodingTest, TheDecoderGrows) {
    const std::string content(1 << 20, 'x');
    EXPECT_EQ(
        body<SendCommand>(fmt::format(R"({{"type":"send","room":"l","content":"{}"}})", content))
            .content.size(),
        content.size());
    body<PingCommand>(R"({"type":"ping"})");
}

}  // namespace
}  // namespace stentor::chat
