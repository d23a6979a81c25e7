// A client's connection: the upgrade and what it offers there, frames both ways, and how it ends.
// Thread: the simulation has one. Invariant: see client.h.
#include <array>
#include <string>

#include "tests/sim/client.h"
#include "ws/frame_writer.h"
#include "ws/violation.h"

namespace stentor::sim {

namespace {

constexpr std::uint8_t kText = 0x1;
constexpr std::uint8_t kContinuation = 0x0;
constexpr std::uint8_t kClose = 0x8;
constexpr std::uint8_t kPing = 0x9;
constexpr std::uint8_t kPong = 0xa;

}  // namespace

void Client::connect() {
    wire_ = std::make_shared<Wire>();
    if (reads_slowly_) {
        wire_->window = world_.choice.between(512, 8 * 1024);
    }
    reader_ = {};
    ++connections_;
    upgraded_ = welcomed_ = login_sent_ = logged_in_ = said_close_ = saw_goodbye_ = false;
    close_code_ = 0;
    retry_at_ = {};
    world_.report.trace("{}    connects", label_);
    write("GET /ws" + some_query() +
          " HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
          some_offer() + "\r\n");
    connect_(wire_);
}

// Mostly a room that it may well be in.
std::string Client::some_query() {
    static constexpr auto kOdd = std::to_array<std::string_view>(
        {"?", "?room=", "?room=%FF", "?room=dm.x", "?x=1&room=r%6fom0", "?room=elsewhere"});
    if (world_.plan.hints == 0 || !world_.choice.percent(world_.plan.hints)) return {};
    if (world_.choice.one_in(8)) return std::string(kOdd[world_.choice.below(kOdd.size())]);
    return "?room=" + some_room();
}

std::string Client::some_offer() {
    static constexpr auto kOffers = std::to_array<std::string_view>(
        {"permessage-deflate", "permessage-deflate; client_max_window_bits",
         "permessage-deflate; server_max_window_bits=8",
         "permessage-deflate; server_max_window_bits=12",
         "x-other; a=1, permessage-deflate; server_no_context_takeover"});
    offered_deflate_ = world_.choice.percent(world_.plan.deflating);
    if (!offered_deflate_) {
        return {};
    }
    const std::size_t wanted = world_.choice.below(2 * kOffers.size());
    return fmt::format("Sec-WebSocket-Extensions: {}\r\n",
                       kOffers[wanted < kOffers.size() ? wanted : 0]);
}

void Client::on_upgraded(const std::string& head) {
    const bool agreed =
        head.find("Sec-WebSocket-Extensions: permessage-deflate") != std::string::npos;
    world_.report.expect(agreed == (offered_deflate_ && world_.plan.deflate),
                         "{}: offered compression {}, agreed {}", label_, offered_deflate_, agreed);
    if (agreed) {
        constexpr std::string_view kWindow = "server_max_window_bits=";
        const std::size_t at = head.find(kWindow);
        reader_.expect_deflate(
            at == std::string::npos ? 15 : std::stoi(head.substr(at + kWindow.size())));
    }
}

void Client::lose_connection() {
    wire_.reset();
    logged_in_ = login_sent_ = false;
    reconnected_ = true;
    pending_.clear();
    last_acked_.clear();
    for (auto& [name, room] : rooms_) {
        room.on_disconnected();
    }
    for (auto& [id, sent] : sent_) {
        sent.awaited = 0;
        sent.doubtful = sent.doubtful || sent.content_changed;
        sent.content_changed = false;
        sent.message_came_first = false;
    }
}

void Client::write_frame(std::uint8_t opcode, std::string_view payload) {
    std::string bytes;
    const ws::MaskKey key{static_cast<std::uint32_t>(world_.choice.next())};
    std::string compressed;
    std::uint8_t rsv = 0;
    if (opcode == kText && reader_.deflates() && world_.choice.one_in(2)) {
        world_.deflater.compress(std::as_bytes(std::span(payload)), compressed);
        payload = compressed;
        rsv = ws::kRsv1Bit;
        world_.report.saw(Seen::kCompressedCommand);
    }
    // Sometimes in fragments, with a ping between them.
    if (opcode == kText && payload.size() > 1 && world_.choice.one_in(8)) {
        const std::size_t cut = world_.choice.between(0, payload.size() - 1);
        ws::append_masked_frame(bytes, ws::Opcode{kText}, payload.substr(0, cut), key, rsv);
        if (world_.choice.one_in(2)) {
            ws::append_masked_frame(bytes, ws::Opcode{kPing}, std::string_view("p"), key);
        }
        ws::append_masked_frame(bytes, ws::Opcode{kContinuation}, payload.substr(cut), key);
    } else {
        ws::append_masked_frame(bytes, ws::Opcode{opcode}, payload, key,
                                static_cast<std::uint8_t>(ws::kFinBit | rsv));
    }
    write(bytes);
}

void Client::write_text(const std::string& json) {
    if (said_close_) {
        return;
    }
    world_.report.trace("{} >  {}", label_, json.substr(0, 200));
    world_.report.digest(json);
    write_frame(kText, json);
}

bool Client::can_read() const {
    return wire_ != nullptr && (!wire_->to_client.empty() || wire_->server_gone());
}

void Client::read(bool all) {
    if (wire_->server_reset) {
        if (world_.plan.time_jumps == 0 && !said_close_ && !came_too_late()) {
            fail("was reset by the server");
        }
        lose_connection();
        return;
    }
    std::size_t bytes = wire_->to_client.size();
    if (!all && reads_slowly_) {
        bytes = std::min<std::size_t>(bytes, world_.choice.piece_of(1024));
    } else if (!all) {
        bytes = world_.choice.one_in(3) ? world_.choice.piece_of(bytes) : bytes;
    }
    reader_.append(std::string_view(wire_->to_client).substr(0, bytes));
    wire_->to_client.erase(0, bytes);
    if (!upgraded_) {
        const auto head = reader_.take_head();
        if (!head) {
            if (wire_->server_fin && wire_->to_client.empty()) {  // its request came too late
                world_.report.expect(world_.plan.time_jumps > 0 || came_late_, "{}: ended unheard",
                                     label_);
                wire_->client_fin = true;
                lose_connection();
            }
            return;
        }
        upgraded_ = head->starts_with("HTTP/1.1 101 ");
        world_.report.expect(upgraded_, "{}: no upgrade: {}", label_, *head);
        on_upgraded(*head);
    }
    while (wire_ != nullptr && !world_.report.failed()) {
        const auto frame = reader_.take_frame();
        if (!frame) {
            break;
        }
        on_frame(*frame);
    }
    if (!reader_.error().empty()) {
        fail(reader_.error());
    }
    if (wire_ != nullptr && wire_->server_fin && wire_->to_client.empty()) {
        world_.report.expect(close_code_ != 0, "{}: the server ended without a close frame",
                             label_);
        wire_->client_fin = true;
        lose_connection();
    }
}

void Client::on_frame(const ServerFrame& frame) {
    world_.report.digest(frame.payload);
    world_.report.saw(Seen::kCompressedMessage, frame.was_compressed ? 1 : 0);
    switch (frame.opcode) {
        case kText:
            world_.report.trace("{} <  {}", label_, frame.payload.substr(0, 240));
            if (!world_.report.expect(close_code_ == 0, "{}: a message behind the close frame",
                                      label_)) {
                return;
            }
            if (simdjson::dom::element element;
                parser_.parse(frame.payload).get(element) == simdjson::SUCCESS) {
                on_json(JsonView(element, world_.report));
            } else {
                fail("not JSON: " + frame.payload);
            }
            break;
        case kPing:
            if (!said_close_) {
                write_frame(kPong, frame.payload);
            }
            break;
        case kPong:
            break;
        case kClose:
            on_close_frame(frame.payload);
            break;
        default:
            fail("a frame of an unknown kind");
    }
}

void Client::on_close_frame(std::string_view payload) {
    const auto octet = [&](std::size_t at) { return static_cast<std::uint8_t>(payload[at]); };
    close_code_ = payload.size() < 2 ? std::uint16_t{1005}
                                     : static_cast<std::uint16_t>(octet(0) << 8 | octet(1));
    world_.report.trace("{} <  close {}", label_, close_code_);
    const bool says_slow =
        close_code_ == 1008 && payload.substr(2) == describe(ws::Violation::kMessageTooSlow);
    const bool timed_out = (close_code_ == 4408 || says_slow) && world_.plan.time_jumps > 0;
    // Pings stand between its fragments, and it reads slowly.
    const bool pinged_too_much = close_code_ == 1008 && reads_slowly_ &&
                                 payload.substr(2) == describe(ws::Violation::kTooManyPings);
    const bool over_rate = close_code_ == 4429 && world_.plan.limits.sends_per_second > 0;
    world_.report.expect(
        (said_close_ && close_code_ == 1000) || (saw_goodbye_ && close_code_ == 1012) ||
            timed_out || over_rate || pinged_too_much,
        "{}: closed with {} {}", label_, close_code_, payload.size() > 2 ? payload.substr(2) : "");
    if (!said_close_) {
        write_frame(kClose, payload);
        said_close_ = true;
    }
}

void Client::close_politely() {
    world_.report.trace("{} >  close 1000", label_);
    write_frame(kClose, std::string_view("\x03\xe8", 2));
    said_close_ = true;
    world_.report.saw(Seen::kClosedPolitely);
}

void Client::end_sending() {
    world_.report.trace("{}    ends without a close", label_);
    wire_->client_fin = true;
    wire_->window = SIZE_MAX;  // nobody reads what still comes
    lose_connection();
    world_.report.saw(Seen::kDroppedWithoutClose);
}

void Client::die() {
    if (wire_ != nullptr) {
        world_.report.trace("{}    dies", label_);
        wire_->client_reset = true;
        lose_connection();
        world_.report.saw(Seen::kResetByPeer);
    }
}

void Client::come_late() {
    die();
    came_late_ = true;
    connect();
    log_in();
}

void Client::lose_server() {
    if (can_read() && world_.choice.one_in(2)) {
        read(true);
    }
    if (wire_ != nullptr) {
        lose_connection();
    }
}

void Client::believe_the_log() {
    const auto its = [&](const LoggedEvent* event, const std::string& id, const Sent& sent) {
        return event != nullptr && event->client_id == id && event->user == sent.user;
    };
    for (auto& [id, sent] : sent_) {
        if (world_.truth.event(sent.room, sent.of_epoch, sent.target) == nullptr) {
            sent.of_epoch.clear();  // what it changes may have another seq, or none
        }
        if (!sent.acked || its(world_.truth.event(sent.room, sent.epoch, sent.seq), id, sent)) {
            continue;
        }
        sent.acked = sent.doubtful = false;
        // An older try may be there, with what it said then.
        const std::string& epoch = world_.truth.epoch(sent.room);
        const auto* older = world_.truth.event(
            sent.room, epoch, world_.truth.seq_of(sent.room, epoch, sent.user, id));
        if (older != nullptr) sent.content = older->content;
    }
}

void Client::leave_for_good(bool without_a_word) {
    gone_for_good_ = true;
    if (wire_ != nullptr && !said_close_) {
        without_a_word ? end_sending() : close_politely();
    }
}

}  // namespace stentor::sim
