// A message's whole way through a shard without sockets: a client's bytes in, one reference in each
// member's outbox, gathered and let go (docs/life-of-a-message.md, from 2 to 8).
// Thread: the benchmark's.
// Invariant: each member gets each message once; the newest seq is the number of messages sent.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/micro/answer.h"
#include "bench/micro/memory_link.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "chat/front.h"
#include "chat/log/memory_log.h"
#include "chat/shard.h"
#include "ws/frame_writer.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kContentBytes = 128;
constexpr std::string_view kNoId = "00000000";
constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

chat::Limits limits_without_rates() {
    chat::Limits limits;
    limits.sends_per_second = 0;
    limits.joins_per_second = 0;
    return limits;
}

// One shard, and so many members of one room.
class OneShard {
public:
    explicit OneShard(std::size_t members) {
        for (std::size_t i = 0; i < members; ++i) {
            const net::ConnectionId id = link_.connect();
            ids_.push_back(id);
            shard_.on_open(id, 0);
            hand_in(id, kUpgrade);
            say(id, fmt::format(R"({{"type":"login","name":"member-{}"}})", i));
            for (int step = 0; step < 4; ++step) turn();  // attach, claim, set name
            say(id, R"({"type":"join","room":"lobby"})");
            turn();
        }
        // Presence of a large room is paced; the rest of it comes now.
        clock_.advance(std::chrono::seconds{1});
        shard_.on_timers(clock_.now());
        turn();
        std::string frame;
        ws::append_masked_frame(
            frame, ws::Opcode::kText,
            send_command("lobby", kNoId, text_of(Script::kAscii, kContentBytes)), ws::MaskKey{0});
        id_at_ = frame.find(kNoId);
        frame_ = std::make_unique<PaddedBytes>(frame);
    }

    // The next message, from one member after the other. Only its id is new.
    void send() {
        static constexpr std::string_view kDigits = "0123456789abcdef";
        std::uint64_t left = ++sent_;
        for (std::size_t i = kNoId.size(); i-- > 0; left /= kDigits.size()) {
            frame_->bytes()[id_at_ + i] = static_cast<std::byte>(kDigits[left % kDigits.size()]);
        }
        shard_.on_bytes(ids_[sent_ % ids_.size()], frame_->bytes());
    }
    std::size_t turn(std::string* heard = nullptr) {
        shard_.on_lanes(clock_.now());
        return link_.flush(ids_.front(), heard);
    }

    std::uint64_t sent() const { return sent_; }
    std::uint64_t count(chat::ShardCounter which) const {
        return shard_.metrics().counters[which].value();
    }

private:
    void hand_in(net::ConnectionId id, std::string_view bytes) {
        PaddedBytes padded(bytes);
        shard_.on_bytes(id, padded.bytes());
    }
    void say(net::ConnectionId id, std::string_view json) {
        std::string frame;
        ws::append_masked_frame(frame, ws::Opcode::kText, json, ws::MaskKey{0x9a3c51e7});
        hand_in(id, frame);
    }

    const chat::Limits limits_ = limits_without_rates();
    core::ManualClock clock_;
    chat::BroadcastQueue queue_{{.participants = 1, .ranks = chat::kRanks}};
    chat::SeededRandom random_{7};
    chat::MemoryLog log_{clock_, random_};
    chat::Front front_{{.origins = {}, .page = {}}, {}};
    chat::SessionTokens tokens_{chat::SessionTokens::Key{}};
    MemoryLink link_{clock_, limits_.outbox_bytes};
    chat::Shard shard_{{.index = 0,
                        .shards = 1,
                        .port = queue_.port(0),
                        .link = link_,
                        .clock = clock_,
                        .random = random_,
                        .log = log_,
                        .front = front_,
                        .tokens = tokens_,
                        .limits = limits_,
                        .home_key = {3, 4},
                        .listeners = {chat::Front::Listener::kPublic}}};
    std::vector<net::ConnectionId> ids_;
    std::unique_ptr<PaddedBytes> frame_;
    std::size_t id_at_ = 0;
    std::uint64_t sent_ = 0;
};

// So many messages come in one turn, and go out as one run to each member.
void fan_out(benchmark::State& state) {
    const auto members = static_cast<std::uint64_t>(state.range(0));
    const auto messages = static_cast<std::uint64_t>(state.range(1));
    const auto shard = std::make_unique<OneShard>(members);
    const std::uint64_t delivered_before = shard->count(chat::ShardCounter::kDeliveries);
    std::string heard;
    for (auto _ : state) {
        heard.clear();
        for (std::uint64_t i = 0; i < messages; ++i) shard->send();
        shard->turn(&heard);
    }
    const std::uint64_t turns = static_cast<std::uint64_t>(state.iterations());
    const std::uint64_t delivered =
        shard->count(chat::ShardCounter::kDeliveries) - delivered_before;
    const bool right = delivered == turns * members &&
                       heard.find(fmt::format(R"("seq":{},)", shard->sent())) != std::string::npos;
    if (!answer_is(state, right, "a member did not get the newest message")) return;
    count_items(state, static_cast<std::int64_t>(members * messages));
    state.counters["per_message"] =
        benchmark::Counter(static_cast<double>(turns * messages),
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// One parcel into each outbox, gathered, and let go.
void deliver_parcel(benchmark::State& state) {
    core::ManualClock clock;
    MemoryLink link(clock, std::size_t{256} * 1024);
    std::vector<std::uint32_t> slots;
    for (std::int64_t i = 0; i < state.range(0); ++i) slots.push_back(link.connect().slot);
    const auto bytes = core::SharedBytes::copy_of(text_of(Script::kAscii, 256));
    std::vector<std::uint32_t> full;
    std::size_t sent = 0;
    for (auto _ : state) {
        net::Parcel& parcel = link.make_parcel(bytes);
        link.deliver(slots, parcel, full);
        link.release_parcel(parcel);
        sent += link.flush();
    }
    const auto turns = static_cast<std::size_t>(state.iterations());
    const bool right = full.empty() && sent == turns * slots.size() * bytes.size();
    if (!answer_is(state, right, "not the same bytes for each")) return;
    count_items(state, state.range(0));
}

}  // namespace

void register_fan_out() {
    benchmark::RegisterBenchmark("outbox/deliver_and_flush", deliver_parcel)
        ->ArgName("members")
        ->Arg(20)
        ->Arg(500)
        ->Arg(5000);
    benchmark::RegisterBenchmark("fan_out", fan_out)
        ->ArgNames({"members", "messages_a_turn"})
        ->Args({1, 1})
        ->Args({20, 1})
        ->Args({500, 1})
        ->Args({500, 16});
}

}  // namespace stentor::bench
