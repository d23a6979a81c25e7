// line: chat over plain TCP, for nc and telnet (docs/protocol.md, "Dialects"): lines in, lines out,
// and a few commands that begin with a slash.
// Thread: owner reactor.
// Invariant: a connection has a Talk from on_open() to on_gone(); what was asked before the end of
// input, or /quit, is answered before the connection ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/dialect/dialect.h"
#include "chat/dialect/line_reader.h"
#include "chat/dialect/room_frame.h"
#include "chat/dialect/service.h"

namespace stentor::chat {

class Line : public Dialect {
public:
    explicit Line(const DialectParts& parts, std::string_view line_end = "\r\n");

    const ws::EndpointLimits& endpoint_limits() const override { return no_endpoint_; }
    bool wants_login() const override { return true; }
    bool speaks_websocket() const override { return false; }
    Silence silence() const override { return Silence::kEnds; }
    bool takes_native_frames() const override { return false; }
    void render(std::string_view json, std::string& out) override;

    void on_open(Session& session) override;
    std::size_t on_bytes(Session& session, std::span<std::byte> bytes) override;
    void on_input_ended(Session& session) override;
    void on_drain(Session& session) override;
    void on_gone(Session& session) override;
    void on_step(Session& session) override;

    void on_logged_in(Session& session, std::string_view command_id) override;
    void on_refused(Session& session, const RefusedCommand& refused) override;
    void on_joined(Session& session, const Joined& joined) override;
    void on_left(Session& session, std::string_view command_id, std::string_view room) override;
    void on_acked(Session& session, const Publish& publish) override;
    void on_members(Session& session, const MembersListed& listed) override;
    void on_gap(Session& session, std::string_view room, std::string_view epoch, std::uint64_t from,
                std::uint64_t to) override;
    void on_over_rate(Session& session) override;

protected:
    // What is kept of one connection.
    struct Talk {
        LineReader reader;
        std::string room;                // where its texts go; joined, or the join is under way
        std::string joined;              // the newest that was
        std::vector<std::string> leave;  // joined, and not wanted any more
        std::string last_direct;         // room of its last private line
        std::uint64_t ids_used = 0;
        std::uint32_t unanswered = 0;  // asks
        bool greeted = false;
        bool entered = false;      // the first join was answered
        bool input_left = false;   // that was not read yet, the session being paused
        bool input_ended = false;  // by the peer
        bool quits = false;
        bool farewell_asked = false;
    };
    Talk& talk_of(const Session& session) { return talks_.at(session.id.slot); }

    void on_open(Session& session, const LoginCommand& login);
    void line(Session& session, std::string_view text);
    void complain(Session& session, std::string_view text);
    // Notes that an answer to `done` will come, or says why not.
    void expect(Session& session, const Verbs::Done& done);
    void say(Session& session, std::string_view text);
    void go_to(Session& session, std::string_view room);
    void who(Session& session, std::string_view room);
    void quit(Session& session);
    void rename(Session& session, std::string_view name);
    // Ends the session when it may.
    void settle(Session& session);
    void answered(Session& session);

    virtual void greet(Session& session);
    // "/VERB rest"; false: there is no such command.
    virtual bool command(Session& session, std::string_view verb, std::string_view rest);
    virtual std::string_view commands() const;
    virtual bool keeps(std::string_view /*room*/) const { return false; }  // when it goes elsewhere

    Context& context_;
    Outlet& outlet_;
    Verbs& verbs_;
    DialectSteps& steps_;
    RoomFrameReader reader_;
    const std::string_view line_end_;

private:
    void on_line(Session& session, std::string_view raw);
    void whisper(Session& session, std::string_view to, std::string_view text);
    std::string next_id(Session& session);

    const ws::EndpointLimits no_endpoint_{};
    const std::size_t line_bytes_max_;
    boost::unordered_flat_map<std::uint32_t, Talk> talks_;
};

}  // namespace stentor::chat
