// A client that keeps books: what it said, what was acknowledged, and every event that it saw, each
// checked as it comes (docs/protocol.md, "Frames").
// Thread: the test's. Invariant: the events seen have the numbers behind the joined one, without a
// hole, and no text that nobody said.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/socket.h"
#include "tests/sim/frame_reader.h"
#include "ws/frame.h"

namespace stentor::faults {

// What all clients of one run said, by id, delivered or not.
using Said = std::map<std::string, std::string, std::less<>>;

class ChatClient {
public:
    ChatClient(std::uint16_t port, bool tls, std::string name, Said& said);

    // Each waits for what it names, and is false when the connection ended before it came.
    bool upgrade();
    bool login();
    bool join();
    // Upgrade, login, join and one message, all written at once.
    bool come_in_a_hurry(const std::string& content);
    bool until(const std::function<bool()>& reached);
    bool until_acked() {
        return until([this] { return acks_.size() == own_; });
    }
    bool ask_history();
    // The close handshake, and the end behind it.
    bool say_goodbye();
    bool await_goodbye();

    void say(const std::string& content);
    // The command in three fragments, with a ping between them that is awaited.
    bool say_in_fragments(const std::string& content);
    // The command in two writes.
    void say_in_halves(const std::string& content);
    void ask(std::string_view json);
    bool ping(std::string_view payload);

    Socket& socket() { return socket_; }
    const std::string& name() const { return name_; }
    const std::map<std::uint64_t, std::string>& events() const { return events_; }
    const std::set<std::string>& seen() const { return seen_; }
    const std::map<std::string, std::uint64_t>& acks() const { return acks_; }
    bool has_pong() const { return pong_; }

private:
    std::string send_command(const std::string& content);
    void send_frame(ws::Opcode opcode, std::string_view payload, bool last = true);
    static std::string frame(ws::Opcode opcode, std::string_view payload, bool last = true);
    void take_input();
    void on_text(const std::string& text);
    void on_event(std::uint64_t seq, const std::string& id, const std::string& content);

    const std::string name_;
    Said& said_;
    Socket socket_;
    sim::FrameReader reader_;
    std::size_t own_ = 0;  // said by this one
    bool upgraded_ = false;
    bool welcome_ = false;
    bool logged_in_ = false;
    std::optional<std::uint64_t> joined_;  // the seq
    bool pong_ = false;                    // the JSON one
    bool goodbye_ = false;
    int close_code_ = 0;
    std::set<std::string> pongs_;
    std::map<std::string, std::uint64_t> acks_;
    std::map<std::uint64_t, std::string> events_;  // id by seq
    std::set<std::string> seen_;                   // their ids
    std::optional<std::map<std::uint64_t, std::string>> history_;
};

}  // namespace stentor::faults
