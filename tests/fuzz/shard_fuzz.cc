// Fuzz target: two whole shards (chat/shard.h) under a script: connections come, send commands and
// bytes of any kind in pieces, read or do not, end in every way; time passes; the server drains.
// Thread: one.
// Invariant: see expect_consistent() and expect_empty(); every command with an id is answered once.
#include <array>
#include <string>

#include <fmt/format.h>

#include "chat/protocol/encode.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/shard_world.h"
#include "ws/deflater.h"
#include "ws/frame_writer.h"

namespace {

using namespace stentor;
using namespace std::chrono_literals;
using fuzz::ShardWorld;
using Peer = ShardWorld::Peer;
using Speaks = ShardWorld::Speaks;

constexpr std::size_t kPeersMax = 8;
constexpr int kStepsMax = 200;
constexpr std::uint32_t kBurstMax = 32;
// Of what an input chooses for all of its run.
constexpr std::uint32_t kLargeRuns = 32;
constexpr ws::MaskKey kKey{0x1234abcd};

constexpr std::array<std::string_view, 5> kRooms{"lobby", "kitchen", "g\xc3\xa4rten", "a room",
                                                 "attic"};
constexpr std::array<std::string_view, 4> kHints{"lobby", "kitchen", "g%C3%A4rten", "dm.x"};
constexpr std::array<std::string_view, 5> kNames{"ann", "bob", "ANN", "\xd0\xb0nn", "bad name"};

std::string upgrade_request(std::string_view path, bool deflate) {
    return fmt::format(
        "GET {} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
        path,
        deflate ? "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n"
                : "");
}

chat::Limits limits_of(std::uint32_t choices) {
    chat::Limits limits;
    // Runs of events up to 16 or 64 KiB.
    limits.outbox_bytes = (choices & kLargeRuns) != 0 ? 256 * 1024 : chat::kOutboxBytesMin;
    limits.message_bytes_max = 8 * 1024;
    if ((choices & 1) != 0) limits.sends_per_second = 0;
    if ((choices & 2) != 0) limits.joins_per_second = 0;
    if ((choices & 8) != 0) limits.rooms_per_shard_max = 1;
    if ((choices & 16) != 0) limits.history_bytes_per_shard_max = 4 * 1024;
    return limits;
}

class Script {
public:
    Script(fuzz::Input& input, std::size_t chunk_bytes, std::uint32_t choices)
        : input_(input),
          chunk_bytes_(chunk_bytes),
          has_large_runs_((choices & kLargeRuns) != 0),
          world_(limits_of(choices), (choices & 4) != 0 ? 1 : 64) {}

    void run() {
        for (int steps = 0; !input_.empty() && steps < kStepsMax; ++steps) {
            const std::uint32_t how = input_.byte();
            step(how % 16);
            move(how / 16 % 4);
            world_.expect_consistent();
        }
        finish_conversations();
        for (const auto& peer : world_.peers()) world_.reset(*peer);
        world_.pass(30s);
        world_.pass(chat::Limits().name_hold + 10s);
        world_.expect_empty();
    }

private:
    void step(std::uint32_t what) {
        if (what == 0 || world_.peers().empty()) return open();
        if (what == 1) return pass();
        if (what == 2 && input_.below(8) == 7) return world_.drain();
        Peer& peer = *world_.peers()[input_.below(256) % world_.peers().size()];
        if (peer.gone) return;
        switch (what) {
            case 2:
                return world_.read(peer);
            case 3:
                return world_.read(peer, 1 + std::size_t{input_.byte()} * 16);
            case 4:
                return bytes(peer);
            case 5:
                return frame(peer);
            case 6:
                return end(peer);
            case 7:
                return command(peer, fmt::format("f{}", ++commands_));
            case 15:
                if (has_large_runs_) return burst(peer);
                [[fallthrough]];
            default:
                return command(peer, fmt::format("f{}", 1 + input_.below(1 + commands_)));
        }
    }
    // How far the shards come before the next step.
    void move(std::uint32_t how) {
        if (how == 0) return world_.settle();
        if (how < 3) return world_.turn(how - 1);
    }

    void open() {
        const std::uint32_t how = input_.byte();
        if (world_.live() >= kPeersMax || world_.draining()) return;
        constexpr std::array<Speaks, 8> kSpeaks{Speaks::kNative, Speaks::kNative,  Speaks::kEcho,
                                                Speaks::kHttp,   Speaks::kClassic, Speaks::kPlain,
                                                Speaks::kLine,   Speaks::kNative};
        constexpr std::array<std::string_view, 6> kPaths{"/ws",      "/echo",  "",
                                                         "/classic", "/plain", ""};
        Peer& peer = world_.open(how % ShardWorld::kShards, kSpeaks[how / 2 % 8]);
        std::string path(kPaths[static_cast<std::size_t>(peer.speaks)]);
        if (path.empty()) return;
        const bool names_room = (how & 32) != 0;
        if (names_room) path += fmt::format("?room={}", kHints[how / 64]);
        send(peer, upgrade_request(path, (how & 16) != 0));
        if (names_room) return;  // what it says next comes right behind
        world_.settle();
        world_.read(peer);
        STENTOR_CHECK(peer.frames.upgraded() || peer.gone);
    }
    void pass() {
        constexpr std::array<core::Duration, 6> kTimes{1ms, 100ms, 1s, 5s, 30s, 11min};
        world_.pass(kTimes[input_.below(kTimes.size())]);
    }
    // Any bytes, in pieces, each of them received by itself.
    void bytes(Peer& peer) {
        peer.clean = false;
        fuzz::for_each_chunk(input_.take(input_.byte()), chunk_bytes_,
                             [&](std::span<const std::byte> chunk) {
                                 send(peer, fuzz::text_of(chunk));
                                 world_.turn(peer.shard);
                             });
    }
    // A frame of any kind around any payload.
    void frame(Peer& peer) {
        peer.clean = false;
        const std::uint8_t first = input_.byte();
        std::string payload(fuzz::text_of(input_.take(input_.byte())));
        if ((first & ws::kRsv1Bit) != 0 && (first & 0x20) != 0) payload = deflated(payload);
        std::string whole;
        ws::append_masked_frame(whole, static_cast<ws::Opcode>(first & ws::kOpcodeBits), payload,
                                kKey, static_cast<std::uint8_t>(first & 0xc0));
        send(peer, whole);
    }
    void end(Peer& peer) {
        switch (input_.below(3)) {
            case 0:
                peer.fin = true;
                return;
            case 1:
                return world_.reset(peer);
            default:
                return say(peer, ws::Opcode::kClose, "\x03\xe8");
        }
    }

    // An id may be an earlier command's, of this peer or another.
    void command(Peer& peer, const std::string& id) {
        if (peer.fin) return;
        if (peer.speaks == Speaks::kClassic || peer.speaks == Speaks::kPlain ||
            peer.speaks == Speaks::kLine) {
            return dialect_text(peer);
        }
        if (peer.speaks != Speaks::kNative) return;
        if (input_.below(8) == 7) return say(peer, ws::Opcode::kText, unanswered());
        const std::string json = fmt::format(R"({{"id":"{}",{}}})", id, fields());
        ++peer.commands[id].asked;
        if (peer.frames.deflate() && input_.below(2) == 0) {
            std::string whole;
            ws::append_masked_frame(whole, ws::Opcode::kText, deflated(json), kKey,
                                    ws::kFinBit | ws::kRsv1Bit);
            send(peer, whole);
        } else {
            say(peer, ws::Opcode::kText, json);
        }
    }
    // The same text so many times at once, with an edit in the middle at times.
    void burst(Peer& peer) {
        if (peer.fin || peer.speaks != Speaks::kNative) return;
        const std::string room = room_field();
        const std::uint32_t times = 1 + input_.below(kBurstMax);
        const std::uint32_t edited_at = input_.below(2 * kBurstMax);
        const std::string text = content();
        for (std::uint32_t i = 0; i < times; ++i) {
            const std::string id = fmt::format("f{}", ++commands_);
            ++peer.commands[id].asked;
            say(peer, ws::Opcode::kText,
                i == edited_at
                    ? fmt::format(R"({{"id":"{}","type":"edit",{},"target":1,"content":{}}})", id,
                                  room, text)
                    : fmt::format(R"({{"id":"{}","type":"send",{},"content":{}}})", id, room,
                                  text));
        }
    }
    std::string room_field() {
        const std::uint32_t which = input_.below(kRooms.size() + 1);
        return fmt::format(R"("room":"{}")",
                           which < kRooms.size() ? kRooms[which] : world_.direct_room());
    }
    // What a client says in another dialect: a login or a name, a text, a line.
    void dialect_text(Peer& peer) {
        const std::string_view name = kNames[input_.below(kNames.size())];
        const bool names = input_.below(4) == 0;
        if (peer.speaks == Speaks::kClassic) {
            return say(peer, ws::Opcode::kText,
                       names ? fmt::format(R"({{"type":"login","content":"{}"}})", name)
                             : fmt::format(R"({{"type":"user","content":{}}})", content()));
        }
        constexpr std::array<std::string_view, 6> kLines{"/name ", "/join ", "/who",
                                                         "/msg ",  "/quit",  "@"};
        std::string text(names ? kLines[input_.below(kLines.size())] : "");
        if (names) text.append(name).append(" ");
        text += fuzz::text_of(input_.take(input_.below(40)));
        if (peer.speaks == Speaks::kLine) return send(peer, text + "\r\n");
        say(peer, ws::Opcode::kText, ws::is_valid_utf8(fuzz::bytes_of(text)) ? text : "x");
    }
    // The commands that have no answer; without an id, so that a refusal is none either.
    std::string unanswered() {
        const std::string room = room_field();
        if (input_.below(2) == 0) {
            return fmt::format(R"({{"type":"read",{},"seq":{}}})", room, input_.byte());
        }
        return fmt::format(R"({{"type":"typing",{},"on":{}}})", room, input_.below(2) == 0);
    }
    // What refers to a message, and what goes over many rooms.
    std::string more_fields(std::uint32_t what, const std::string& room) {
        switch (what) {
            case 0:
                return fmt::format(R"("type":"edit",{},"target":{},"content":{})", room,
                                   input_.byte(), content());
            case 1:
                return fmt::format(R"("type":"delete",{},"target":{})", room, input_.byte());
            case 2:
                return fmt::format(R"("type":"react",{},"target":{},"emoji":"{}","on":{})", room,
                                   input_.byte(), input_.below(30), input_.below(2) == 0);
            case 3:
                return fmt::format(R"("type":"direct","to":"{}","content":{})",
                                   kNames[input_.below(kNames.size())], content());
            case 4:
                return fmt::format(R"("type":"direct","to":"{}","content":{})", world_.user(),
                                   content());
            case 5:
                return R"("type":"rooms")";
            default:
                return fmt::format(
                    R"("type":"sync","rooms":[{{{},"epoch":"{}","seq":{}}},{{{},"epoch":"e","seq":1}}])",
                    room, world_.epoch(), input_.byte(), room_field());
        }
    }
    std::string fields() {
        const std::uint32_t what = input_.below(23);
        const std::string room = room_field();
        if (what >= 16) return more_fields(what - 16, room);
        switch (what) {
            case 0:
                return R"("type":"login")";
            case 1:
                return fmt::format(R"("type":"login","name":"{}")",
                                   kNames[input_.below(kNames.size())]);
            case 2:
                return fmt::format(R"("type":"login","name":"{}","session":"{}")",
                                   kNames[input_.below(kNames.size())], world_.session());
            case 3:
                return R"("type":"join",)" + room;
            case 4:
                return fmt::format(R"("type":"join",{},"history":{})", room, input_.byte());
            case 5:
                return fmt::format(R"("type":"join",{},"since":{{"epoch":"{}","seq":{}}})", room,
                                   world_.epoch(), input_.byte());
            case 6:
                return R"("type":"leave",)" + room;
            case 7:
                return fmt::format(R"("type":"members",{},"limit":{})", room, 1 + input_.byte());
            case 8:
                return fmt::format(R"("type":"history",{},"before":{})", room, 1 + input_.byte());
            case 9:
                return fmt::format(R"("type":"history",{},"after":{},"limit":{})", room,
                                   input_.byte(), 1 + input_.byte());
            case 10:
                return R"("type":"ping")";
            case 11:
                return R"("type":"nonsense",)" + room;
            case 13:
                return fmt::format(R"("type":"send",{},"reply_to":{},"content":{})", room,
                                   1 + input_.byte(), content());
            default:
                return fmt::format(R"("type":"send",{},"content":{})", room, content());
        }
    }
    // A text of up to 5 KB.
    std::string content() {
        const std::size_t times = 1 + std::size_t{input_.byte()};
        const std::string_view piece = fuzz::text_of(input_.take(input_.below(20)));
        std::string text;
        for (std::size_t i = 0; i < times; ++i) text += piece;
        std::string json;
        chat::append_json_string(json, ws::is_valid_utf8(fuzz::bytes_of(text)) ? text : "x");
        return json;
    }
    static std::string deflated(std::string_view text) {
        static ws::Deflater deflater(15);
        std::string compressed;
        deflater.compress(fuzz::bytes_of(text), compressed);
        return compressed;
    }
    void say(Peer& peer, ws::Opcode opcode, std::string_view payload) {
        std::string whole;
        ws::append_masked_frame(whole, opcode, payload, kKey);
        send(peer, whole);
    }
    void send(Peer& peer, std::string_view bytes) { world_.send(peer, bytes); }

    // Everybody reads and shows that it lives, until nothing is owed any more, or ever will be.
    void finish_conversations() {
        constexpr int kSecondsMin = 2;
        constexpr int kSecondsMax = 60;
        for (int second = 0; second < kSecondsMin || (owed() > 0 && second < kSecondsMax);
             ++second) {
            for (const auto& peer : world_.peers()) {
                if (peer->speaks == Speaks::kNative && peer->clean && !peer->gone)
                    say(*peer, ws::Opcode::kPong, {});
                world_.read(*peer);
            }
            world_.pass(1s);
        }
        for (const auto& peer : world_.peers()) world_.read(*peer);
        STENTOR_CHECK(owed() == 0);
    }
    // Answers that must still come.
    std::size_t owed() const {
        std::size_t count = 0;
        for (const auto& peer : world_.peers()) {
            const bool stays = !peer->gone && !peer->fin && !peer->frames.closed();
            for (const auto& [id, command] : peer->commands) {
                if (!peer->clean) continue;
                STENTOR_CHECK(command.answered <= command.asked);
                if (stays && !world_.draining()) {
                    count += static_cast<std::size_t>(command.asked - command.answered);
                }
            }
        }
        return count;
    }

    fuzz::Input& input_;
    const std::size_t chunk_bytes_;
    const bool has_large_runs_;
    ShardWorld world_;
    std::uint32_t commands_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t chunk_bytes = input.chunk_bytes();
    const std::uint32_t choices = input.byte();
    Script(input, chunk_bytes, choices).run();
    return 0;
}
