// One client: speaks the real bytes of docs/protocol.md, reads at its own pace, comes and goes, and
// checks every answer that it gets. What it does next is its whim (client_whims.cc) while the run
// is busy, and what it must do to be at rest (client_rest.cc) afterwards. Thread: the simulation
// has one. Invariant: an answer belongs to a command of this connection; an acknowledged message is
// in the truth once, with that seq.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/client_room.h"
#include "tests/sim/frame_reader.h"
#include "tests/sim/wire.h"
#include "tests/sim/world.h"

namespace stentor::sim {

class Client {
public:
    // Brings a wire to the link of a shard.
    using Connect = std::function<void(std::shared_ptr<Wire>)>;
    Client(World& world, std::uint32_t index, Connect connect);

    const std::string& label() const { return label_; }
    // A second tab: it logs in with the other's session when there is one.
    void be_tab_of(const Client& other) { twin_ = &other; }

    // ---- busy
    void follow_a_whim();
    bool can_read() const;
    // Takes some of what came, or all, and answers what must be answered.
    void read(bool all);

    // ---- rest: does what is missing; true when nothing is missing and nothing is awaited.
    bool rest();
    // It leaves for good: by a close, or without a word.
    void leave_for_good(bool without_a_word);
    // The server said that it goes: nobody reconnects.
    void stay_away() { gone_for_good_ = true; }
    // The machine dies: no FIN, no close.
    void die();
    // The server died. What it had sent before may still be read, or not.
    void lose_server();
    // A store was restored: what it does not have was never acknowledged.
    void believe_the_log();
    // Why it is not at rest, for the failure.
    std::string what_is_missing() const;

    // ---- looked at by the final checks
    bool connected() const { return wire_ != nullptr; }
    bool logged_in() const { return connected() && logged_in_; }
    const std::string& user() const { return user_; }
    const std::string& name() const { return name_; }
    const std::string& session() const { return session_; }
    const std::map<std::string, ClientRoom>& rooms() const { return rooms_; }
    // Everything it sent is in the truth as it was told.
    void check_what_it_sent() const;
    void join_or_leave(const std::string& room);
    // At the last moment: it may be heard, or not.
    void come_late();
    bool came_too_late() const { return came_late_ && !upgraded_; }
    bool saw_goodbye() const { return saw_goodbye_; }
    std::uint16_t close_code() const { return close_code_; }

private:
    enum class Verb : std::uint8_t {
        kLogin,
        kJoin,
        kLeave,
        kSend,
        kMembers,
        kHistory,
        kPing,
        kRooms,
        kSync
    };
    struct Pending {
        Verb verb = Verb::kPing;
        std::string room{};
        bool after_login = false;     // it was logged in when it asked
        bool surely_in_room = false;  // in the room, with no leave or join under way
        std::string name{};           // of a login
        bool by_session = false;
        ClientRoom::JoinAsked join{};
        ClientRoom::HistoryAsked history{};
        std::string members_after{};
        std::map<std::string, ClientRoom::JoinAsked> rooms{};  // of a sync: not yet answered
    };
    struct Sent {
        std::string user;
        std::string room;  // of a direct message to a name: as its ack says
        std::string to;    // of a direct message: user or name
        bool by_name = false;
        chat::EventKind kind = chat::EventKind::kMessage;
        std::string content;  // of a reaction the emoji
        std::uint64_t reply_to = 0;
        std::uint64_t target = 0;
        std::string of_epoch;  // in which the target is
        bool on = true;
        std::uint64_t connection = 0;  // the one that sent it first
        std::uint32_t awaited = 0;     // answers owed on this connection
        std::uint32_t attempts = 0;
        std::uint32_t refusals = 0;
        bool acked = false;
        bool given_up = false;            // refused for good
        bool message_came_first = false;  // its own message before any ack
        bool content_changed = false;     // a try to reuse the id is under way
        bool doubtful = false;            // ... and was when the connection went: no more tries
        bool surely_in_room = false;
        bool after_login = false;
        std::string epoch;
        std::uint64_t seq = 0;
        std::uint64_t at = 0;
    };

    // ---- connection (client_connection.cc)
    void connect();
    void lose_connection();
    void write(std::string_view bytes) { wire_->to_server += bytes; }
    void write_frame(std::uint8_t opcode, std::string_view payload);
    std::string some_query();
    std::string some_offer();
    void on_upgraded(const std::string& head);
    void write_text(const std::string& json);
    void on_frame(const ServerFrame& frame);
    void on_close_frame(std::string_view payload);

    // ---- commands (client.cc)
    std::string next_id();
    void ask(const Pending& pending, std::string_view fields);
    void log_in();
    void join(const std::string& room, bool resume, std::optional<std::uint64_t> history);
    void leave(const std::string& room);
    void send_new(const std::string& room);
    void send_new(const std::string& room, const std::string& content, std::uint64_t reply_to);
    // Much at once: what its home may tell as one large run of events.
    void send_burst(const std::string& room);
    // Edits, deletes or reacts to what it knows of the room; now and then what it must not.
    void change_something(const std::string& room);
    Sent& begin_sending(const std::string& id, const std::string& room);
    void send(const std::string& id, Sent& sent, std::string_view content);
    void send_direct();
    void sync_rooms();
    // What is never answered.
    void type(const std::string& room);
    void say_how_far_it_read(const std::string& room);
    void page_missing(const ClientRoom& room);
    void page_members(const ClientRoom& room);
    void ping();
    void close_politely();
    void end_sending();  // FIN without a close frame
    ClientRoom& room(const std::string& name);
    bool surely_in(const std::string& room) const;
    bool awaits(Verb verb, const std::string& room) const;
    std::string some_content();
    std::string some_long_content();

    // ---- answers (client_answers.cc)
    void on_json(const JsonView& frame);
    void on_answer(std::string_view type, const JsonView& frame, const Pending& pending);
    void on_logged_in(const JsonView& frame, const Pending& pending);
    // The open sync that asked for the room, if any; it is answered by this.
    std::optional<ClientRoom::JoinAsked> take_from_sync(const std::string& room);
    void check_rooms_listed(const JsonView& frame);
    void on_typing(const JsonView& frame, const ClientRoom& of);
    void on_ack(const JsonView& frame);
    void check_ack(const JsonView& frame, Sent& sent, const std::string& id);
    void on_error(const JsonView& frame);
    void on_send_refused(Sent& sent, const std::string& code);
    void on_live(std::string_view type, const JsonView& frame);
    void note_own_message(const JsonView& frame);
    void fail(std::string_view what) const;

    // ---- whims (client_whims.cc)
    void whim_of_the_unconnected();
    void small_talk(const std::string& room);
    void retry_something();
    void read_some_history(const std::string& room);
    void come_and_go(const std::string& room);
    void go_away();
    std::string some_room();

    // ---- rest (client_rest.cc)
    bool rest_in(const ClientRoom& room);
    bool resend_unacked();

    World& world_;
    const std::uint32_t index_;
    const std::string label_;
    const Connect connect_;
    const Client* twin_ = nullptr;
    const bool reads_slowly_;
    simdjson::dom::parser parser_;

    // identity
    std::string user_;
    std::string name_;
    std::string session_;
    std::string wanted_name_;

    // this connection
    std::shared_ptr<Wire> wire_;
    FrameReader reader_;
    std::uint64_t connections_ = 0;
    bool upgraded_ = false;
    bool offered_deflate_ = false;
    bool welcomed_ = false;
    bool login_sent_ = false;
    bool logged_in_ = false;
    bool said_close_ = false;
    bool saw_goodbye_ = false;
    std::uint16_t close_code_ = 0;
    std::map<std::string, Pending> pending_;
    std::map<std::string, std::uint64_t> last_acked_;  // by room and epoch
    core::Instant retry_at_{};                         // after `unavailable`

    // longer than a connection
    bool gone_for_good_ = false;
    bool came_late_ = false;
    bool reconnected_ = false;
    std::uint64_t ids_ = 0;
    std::map<std::string, ClientRoom> rooms_;
    std::map<std::string, Sent> sent_;
    std::vector<std::string> sent_ids_;
};

}  // namespace stentor::sim
