// See chat_client.h.
// Thread: see chat_client.h. Invariant: see chat_client.h.
#include "tests/faults/chat_client.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <utility>

#include "ws/frame_writer.h"

namespace stentor::faults {
namespace {

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
constexpr std::string_view kAccepted = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";  // RFC 6455 1.3
constexpr std::string_view kLogin = R"({"type":"login","id":"login","name":")";
constexpr std::string_view kJoin = R"({"type":"join","id":"join","room":"agora","history":10})";
constexpr std::string_view kNormalClosure = "\x03\xe8";

std::string text_of(simdjson::dom::element element, std::string_view key) {
    std::string_view found;
    return element[key].get(found) == simdjson::SUCCESS ? std::string(found) : std::string();
}

std::uint64_t number_of(simdjson::dom::element element, std::string_view key) {
    std::uint64_t found = 0;
    return element[key].get(found) == simdjson::SUCCESS ? found : 0;
}

}  // namespace

ChatClient::ChatClient(std::uint16_t port, bool tls, std::string name, Said& said)
    : name_(std::move(name)), said_(said), socket_(port, tls) {}

// ---- what it does

bool ChatClient::upgrade() {
    socket_.write(kUpgrade);
    return until([this] { return welcome_; });
}

bool ChatClient::login() {
    send_frame(ws::Opcode::kText, std::string(kLogin) + name_ + "\"}");
    return until([this] { return logged_in_; });
}

bool ChatClient::join() {
    send_frame(ws::Opcode::kText, kJoin);
    return until([this] { return joined_.has_value(); });
}

bool ChatClient::come_in_a_hurry(const std::string& content) {
    socket_.write(
        std::string(kUpgrade) + frame(ws::Opcode::kText, std::string(kLogin) + name_ + "\"}") +
        frame(ws::Opcode::kText, kJoin) + frame(ws::Opcode::kText, send_command(content)));
    return until_acked();
}

bool ChatClient::ask_history() {
    ask(R"({"type":"history","id":"history","room":"agora","limit":100})");
    if (!until([this] { return history_.has_value(); })) return false;
    for (const auto& [seq, id] : events_) {
        EXPECT_EQ((*history_)[seq], id) << "event " << seq << " of the page";
    }
    return true;
}

bool ChatClient::say_goodbye() {
    send_frame(ws::Opcode::kClose, kNormalClosure);
    if (!until([this] { return close_code_ != 0; })) return false;
    EXPECT_EQ(close_code_, 1000);
    until([] { return false; });
    return socket_.ended_well();
}

bool ChatClient::await_goodbye() {
    if (!until([this] { return close_code_ != 0; })) return false;
    EXPECT_TRUE(goodbye_);
    EXPECT_EQ(close_code_, 1012);
    send_frame(ws::Opcode::kClose, kNormalClosure);
    until([] { return false; });
    return socket_.ended_well();
}

void ChatClient::say(const std::string& content) {
    send_frame(ws::Opcode::kText, send_command(content));
}

bool ChatClient::say_in_fragments(const std::string& content) {
    const std::string command = send_command(content);
    const std::size_t third = command.size() / 3;
    send_frame(ws::Opcode::kText, std::string_view(command).substr(0, third), false);
    if (!ping("one")) return false;
    send_frame(ws::Opcode::kContinuation, std::string_view(command).substr(third, third), false);
    if (!ping("two")) return false;
    send_frame(ws::Opcode::kContinuation, std::string_view(command).substr(2 * third));
    return until_acked();
}

void ChatClient::say_in_halves(const std::string& content) {
    const std::string whole = frame(ws::Opcode::kText, send_command(content));
    socket_.write(std::string_view(whole).substr(0, whole.size() / 2));
    socket_.write(std::string_view(whole).substr(whole.size() / 2));
}

void ChatClient::ask(std::string_view json) {
    send_frame(ws::Opcode::kText, json);
}

bool ChatClient::ping(std::string_view payload) {
    send_frame(ws::Opcode::kPing, payload);
    return until([&] { return pongs_.contains(std::string(payload)); });
}

std::string ChatClient::send_command(const std::string& content) {
    const std::string id = name_ + "-" + std::to_string(++own_);
    said_[id] = content;
    return R"({"type":"send","room":"agora","id":")" + id + R"(","content":")" + content + "\"}";
}

void ChatClient::send_frame(ws::Opcode opcode, std::string_view payload, bool last) {
    socket_.write(frame(opcode, payload, last));
}

std::string ChatClient::frame(ws::Opcode opcode, std::string_view payload, bool last) {
    std::string bytes;
    ws::append_masked_frame(bytes, opcode, payload, ws::MaskKey{0x5ac37e19},
                            last ? ws::kFinBit : std::uint8_t{0});
    return bytes;
}

// ---- what it sees

bool ChatClient::until(const std::function<bool()>& reached) {
    while (!reached()) {
        std::string bytes;
        if (!socket_.read(bytes)) return false;
        reader_.append(bytes);
        take_input();
    }
    return true;
}

void ChatClient::take_input() {
    if (!upgraded_) {
        const auto head = reader_.take_head();
        if (!head) return;
        EXPECT_TRUE(head->starts_with("HTTP/1.1 101 ")) << *head;
        EXPECT_NE(head->find(kAccepted), std::string::npos) << *head;
        upgraded_ = true;
    }
    while (const auto frame = reader_.take_frame()) {
        EXPECT_EQ(close_code_, 0) << "a frame behind the close frame: " << frame->payload;
        const auto opcode = static_cast<ws::Opcode>(frame->opcode);
        if (opcode == ws::Opcode::kText) {
            on_text(frame->payload);
        } else if (opcode == ws::Opcode::kPong) {
            EXPECT_TRUE(pongs_.insert(frame->payload).second) << "pong twice: " << frame->payload;
        } else if (opcode == ws::Opcode::kClose && frame->payload.size() >= 2) {
            close_code_ = static_cast<unsigned char>(frame->payload[0]) * 256 +
                          static_cast<unsigned char>(frame->payload[1]);
        } else {
            ADD_FAILURE() << "a frame with opcode " << int{frame->opcode};
        }
    }
    EXPECT_EQ(reader_.error(), "");
}

void ChatClient::on_text(const std::string& text) {
    simdjson::dom::parser parser;
    simdjson::dom::element frame;
    ASSERT_EQ(parser.parse(text).get(frame), simdjson::SUCCESS) << text;
    const std::string type = text_of(frame, "type");
    const auto once = [&](bool& seen) { EXPECT_FALSE(std::exchange(seen, true)) << text; };
    if (type == "message") {
        on_event(number_of(frame, "seq"), text_of(frame, "client_id"), text_of(frame, "content"));
    } else if (type == "ack") {
        const auto [known, fresh] = acks_.emplace(text_of(frame, "id"), number_of(frame, "seq"));
        EXPECT_TRUE(fresh && said_.contains(known->first)) << text;
    } else if (type == "history") {
        EXPECT_FALSE(history_.has_value()) << text;
        history_.emplace();
        for (const simdjson::dom::element event : simdjson::dom::array(frame["events"])) {
            history_->emplace(number_of(event, "seq"), text_of(event, "client_id"));
        }
    } else if (type == "joined") {
        EXPECT_FALSE(joined_.has_value()) << text;
        joined_ = number_of(frame, "seq");
    } else if (type == "welcome") {
        once(welcome_);
    } else if (type == "logged_in") {
        once(logged_in_);
        EXPECT_EQ(text_of(frame, "name"), name_);
    } else if (type == "pong") {
        once(pong_);
    } else if (type == "goodbye") {
        once(goodbye_);
    } else {
        EXPECT_TRUE(type == "presence" || type == "left") << text;
    }
}

void ChatClient::on_event(std::uint64_t seq, const std::string& id, const std::string& content) {
    EXPECT_TRUE(joined_.has_value()) << "an event before joined";
    const std::uint64_t before = events_.empty() ? joined_.value_or(0) : events_.rbegin()->first;
    EXPECT_EQ(seq, before + 1) << "a hole, or the order is broken";
    const auto known = said_.find(id);
    if (known == said_.end()) {
        ADD_FAILURE() << "nobody said " << id << ": " << content;
    } else {
        EXPECT_EQ(content, known->second);
    }
    EXPECT_TRUE(events_.emplace(seq, id).second) << "twice: " << seq;
    EXPECT_TRUE(seen_.insert(id).second) << "twice: " << id;
}

}  // namespace stentor::faults
