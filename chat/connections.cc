// A connection's life on a shard; the stages follow each other from top to bottom.
// Thread: owner reactor.
// Invariant: see connections.h.
#include "chat/connections.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "chat/http_status.h"
#include "core/check.h"
#include "core/hash.h"
#include "net/refusal.h"

namespace stentor::chat {

Connections::Connections(const Parts& parts, std::vector<Front::Listener> listeners)
    : parts_(parts), listeners_(std::move(listeners)) {}

void Connections::open(ConnectionId id, std::uint32_t listener) {
    parts_.context.now = parts_.outlet.link().now();
    Session& session = parts_.sessions.add(id, listeners_.at(listener));
    if (draining_ || parts_.steps.size() > kBackwardStepsMax) {
        session.stage = Stage::kEnding;
        parts_.outlet.link().abort(id);
        return;
    }
    switch (session.listener) {
        case Front::Listener::kLine:
            return begin(session, Service::kLine, {});
        case Front::Listener::kConsole:
            return begin(session, Service::kConsole, {});
        default:
            parts_.liveness.await_request(session);
    }
}

std::size_t Connections::bytes(ConnectionId id, std::span<std::byte> input) {
    Session* session = parts_.sessions.find(id);
    STENTOR_CHECK(session != nullptr);
    parts_.context.now = parts_.outlet.link().now();
    std::size_t done = 0;
    if (session->stage == Stage::kHead) {
        done = read_heads(*session, input);
    }
    if (session->stage == Stage::kOpen && session->pauses == 0) {
        const std::span<std::byte> rest = input.subspan(done);
        done += session->dialect->speaks_websocket() ? read_frames(*session, rest)
                                                     : read_bytes(*session, rest);
    }
    return session->stage == Stage::kEnding ? input.size() : done;
}

std::size_t Connections::read_heads(Session& session, std::span<const std::byte> input) {
    std::size_t done = 0;
    while (session.stage == Stage::kHead && session.pauses == 0 && done < input.size()) {
        const FrontDecision decision = parts_.front.decide(input.subspan(done), session.listener);
        if (const auto* http_answer = std::get_if<Answer>(&decision)) {
            done += http_answer->consumed;
            answer(session, *http_answer);
        } else if (const auto* to_websocket = std::get_if<Upgrade>(&decision)) {
            if (hand_over(session, to_websocket->room)) break;
            done += to_websocket->consumed;
            upgrade(session, *to_websocket);
        } else {
            break;
        }
    }
    return done;
}

// To the room's home, where its messages then come to all who are there without a word to another
// shard (docs/decisions.md, "A connection follows its room"). The request is read again there.
bool Connections::hand_over(Session& session, const std::string& room) {
    if (room.empty()) return false;
    const std::uint32_t home = parts_.context.home_of_text(room);
    if (home == session.id.shard) return false;
    const std::uint64_t group = core::siphash_1_3(parts_.context.home_key, room);
    const auto listener = std::ranges::find(listeners_, session.listener) - listeners_.begin();
    if (!parts_.outlet.link().hand_over(session.id, home, group,
                                        static_cast<std::uint32_t>(listener))) {
        return false;
    }
    session.stage = Stage::kLeaving;
    return true;
}

void Connections::answer(Session& session, const Answer& answer) {
    parts_.context.metrics.http_answers[http_status(answer.status)].add();
    parts_.outlet.send(session, std::as_bytes(std::span(answer.head)));
    parts_.outlet.send(session, answer.body);
    parts_.outlet.send(session, std::as_bytes(std::span(answer.text)));
    if (answer.close) {
        parts_.outlet.finish(session);
    } else {
        parts_.liveness.await_request(session);
    }
}

void Connections::upgrade(Session& session, const Upgrade& upgrade) {
    if (parts_.context.memory.at_least(MemoryPressure::Level::kNoConnections)) {
        parts_.context.count(ShardCounter::kRefusedForMemory);
        parts_.context.metrics.http_answers[http_status(503)].add();
        parts_.outlet.send(session, std::as_bytes(std::span(net::kTooManyConnections)));
        parts_.outlet.finish(session);
        return;
    }
    parts_.context.count(ShardCounter::kUpgrades);
    parts_.outlet.send(session, std::as_bytes(std::span(upgrade.head)));
    begin(session, upgrade.service, upgrade.deflate);
}

void Connections::begin(Session& session, Service service, ws::DeflateParameters deflate) {
    session.stage = Stage::kOpen;
    session.dialect = &parts_.dialects.of(service);
    session.endpoint = ws::Endpoint(session.dialect->endpoint_limits(), deflate);
    parts_.liveness.on_upgraded(session);
    session.dialect->on_open(session);
}

std::size_t Connections::read_bytes(Session& session, std::span<std::byte> input) {
    const std::size_t done = session.dialect->on_bytes(session, input);
    if (session.is(Pause::kPace)) {
        parts_.liveness.rearm(session);
    }
    return done;
}

// What an endpoint hands up while one connection's bytes are handled.
class Connections::Handler final : public ws::EndpointHandler {
public:
    Handler(Parts& parts, Session& session) : parts_(parts), session_(session) {}
    bool on_message(ws::Opcode opcode, std::span<std::byte> payload) override {
        parts_.context.count(ShardCounter::kMessagesIn);
        message_ended_ = true;
        session_.dialect->on_message(session_, opcode, payload);
        if (session_.is(Pause::kPace)) {
            parts_.liveness.rearm(session_);
        }
        return session_.pauses == 0 && session_.stage == Stage::kOpen;
    }
    void on_control_output(std::span<const std::byte> frame) override {
        parts_.outlet.send(session_, frame);
    }
    ws::PingVerdict on_ping() override {
        const ws::PingVerdict verdict = parts_.outlet.on_ping(session_);
        control_ended_ = control_ended_ || verdict == ws::PingVerdict::kAnswer;
        return verdict;
    }
    void on_pong(std::span<const std::byte> /*payload*/) override { control_ended_ = true; }

    // Did what was under way end? A control frame inside a message ends nothing.
    bool ended() const {
        return message_ended_ || (control_ended_ && session_.endpoint.held_bytes() == 0);
    }

private:
    Parts& parts_;
    Session& session_;
    bool message_ended_ = false;
    bool control_ended_ = false;
};

std::size_t Connections::read_frames(Session& session, std::span<std::byte> input) {
    Handler handler(parts_, session);
    const std::size_t done = session.endpoint.consume(input, handler);
    if (session.endpoint.state() == ws::EndpointState::kClosed) {
        session.said_close = session.endpoint.peer_close_code() != 0;
        if (session.endpoint.violation() != ws::Violation::kNone) {
            parts_.context.metrics.violations[session.endpoint.violation()].add();
        }
        parts_.outlet.finish(session);
    }
    parts_.pace.note(session,
                     {.input_bytes = input.size(), .done_bytes = done, .ended = handler.ended()});
    return done;
}

void Connections::peer_finished(ConnectionId id) {
    Session* session = parts_.sessions.find(id);
    if (session == nullptr) {
        return;
    }
    if (session->stage == Stage::kOpen && !session->dialect->speaks_websocket()) {
        session->dialect->on_input_ended(*session);
    } else {
        // Half closed is of no use to a chat: what is queued is flushed, then it ends.
        parts_.outlet.finish(*session);
    }
}

void Connections::drained(ConnectionId id) {
    Session* session = parts_.sessions.find(id);
    if (session == nullptr || session->is_over()) {
        return;
    }
    parts_.outlet.on_drained(*session);
    parts_.rooms.on_drained(*session);
}

void Connections::closed(ConnectionId id) {
    Session* session = parts_.sessions.find(id);
    STENTOR_CHECK(session != nullptr);
    Departure departure{.connection = id,
                        .dropped = !session->said_close,
                        .takes_twin = session->takes_twin(),
                        .rooms = parts_.rooms.depart(*session),
                        .attached = {},
                        .skeleton = {}};
    if (session->dialect != nullptr) {
        session->dialect->on_gone(*session);
    }
    parts_.logins.depart(*session, departure);
    parts_.pace.forget(*session);
    if (departure.attached || !departure.rooms.empty()) {
        parts_.steps.add(std::move(departure));
    }
    parts_.sessions.remove(*session);
}

void Connections::stop_reading() {
    draining_ = true;
    parts_.sessions.for_each([this](Session& session) {
        if (!session.is_over()) {
            parts_.outlet.pause(session, Pause::kDrain);
        }
    });
}

void Connections::drain() {
    draining_ = true;
    parts_.sessions.for_each([this](Session& session) {
        if (session.stage == Stage::kOpen) {
            session.dialect->on_drain(session);
        } else if (!session.is_over()) {
            parts_.outlet.finish(session);
        }
    });
}

}  // namespace stentor::chat
