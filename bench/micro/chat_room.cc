// A room at its home (chat/home, chat/log): asks to publish in, numbered and encoded events out, as
// tells. No connection, no socket.
// Thread: the benchmark's.
// Invariant: seq rises by one from event to event, and each ask is acknowledged.
#include <charconv>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "bench/micro/answer.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "chat/context.h"
#include "chat/home/event_run.h"
#include "chat/home/room_homes.h"
#include "chat/log/memory_log.h"
#include "chat/protocol/encode.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kContentBytes = 128;
constexpr chat::UserId kUser{0x39f9308f8bb3afd2};

// A message id that no other message has.
std::string id_of(std::uint64_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return {digits, end};
}

std::unique_ptr<chat::Publish> publish_of(std::uint64_t number, const std::string& content,
                                          bool with_id) {
    auto publish = std::make_unique<chat::Publish>();
    publish->connection.generation = 1;
    publish->user = kUser;
    publish->name = "bob";
    publish->room = "lobby";
    if (with_id) publish->command_id = id_of(number);
    publish->content = content;
    return publish;
}

// The only shard there is, as far as rooms at home concern it.
struct Home {
    Home() {
        auto join = std::make_unique<chat::Join>();
        join->connection.generation = 1;
        join->number = 1;
        join->user = kUser;
        join->name = "bob";
        join->room = "lobby";
        rooms.handle(std::move(join));
        end_turn();
        clock.advance(std::chrono::seconds{10});  // and presence is told
        context.now = clock.now();
        end_turn();
        told = {};
    }
    void end_turn() {
        rooms.end_turn();
        context.port.publish();
        context.port.drain(
            chat::Context::rank(chat::Rank::kTell), 100'000, [] { return true; },
            [this](std::uint32_t, chat::Envelope&& tell) { hear(tell); });
    }
    void hear(const chat::Envelope& tell) {
        if (const auto* deliver = std::get_if<chat::Deliver>(&tell)) {
            told.in_order = told.in_order && deliver->first_seq == told.last_seq + 1;
            told.last_seq = deliver->last_seq;
        } else if (std::holds_alternative<chat::Acked>(tell)) {
            ++told.acks;
        }
    }

    core::ManualClock clock;
    chat::SeededRandom random{7};
    chat::Limits limits;
    chat::BroadcastQueue queue{{.participants = 1, .ranks = chat::kRanks}};
    chat::Context context{.index = 0,
                          .shards = 1,
                          .port = queue.port(0),
                          .clock = clock,
                          .random = random,
                          .limits = limits,
                          .home_key = {1, 2},
                          .timers = core::TimerWheel(clock.now()),
                          .now = clock.now(),
                          .metrics = {}};
    chat::MemoryLog log{clock, random};
    chat::RoomHomes rooms{context, log};
    struct {
        std::uint64_t last_seq = 0;
        std::uint64_t acks = 0;
        bool in_order = true;
    } told;
};

// So many messages in a turn: they become one run.
void publish(benchmark::State& state) {
    const auto home = std::make_unique<Home>();
    const std::string content = text_of(Script::kAscii, kContentBytes);
    std::uint64_t sent = 0;
    for (auto _ : state) {
        for (std::int64_t i = 0; i < state.range(0); ++i) {
            home->rooms.handle(publish_of(++sent, content, true));
        }
        home->end_turn();
    }
    const bool right =
        home->told.in_order && home->told.last_seq == sent && home->told.acks == sent;
    if (!answer_is(state, right, "a seq is missing, or an ack")) return;
    count_items(state, state.range(0));
}

// What making the ask costs, which is in the figures above.
void make_ask(benchmark::State& state) {
    const std::string content = text_of(Script::kAscii, kContentBytes);
    std::uint64_t sent = 0;
    bool right = true;
    for (auto _ : state) {
        const auto publish = publish_of(++sent, content, true);
        right = right && publish->content.size() == kContentBytes;
        benchmark::DoNotOptimize(publish.get());
    }
    answer_is(state, right, "not what was asked");
}

class Numbered final : public chat::LogSink {
public:
    void on_log_opened(chat::LogOpened&&) override {}
    void on_log_stored(chat::LogStored&& stored) override {
        in_order = in_order && stored.publish->seq == last_seq + 1;
        last_seq = stored.publish->seq;
        publish = std::move(stored.publish);
    }
    void on_log_refused(chat::LogRefused&&) override { in_order = false; }
    void on_log_read(chat::LogRead&&) override { in_order = false; }
    void on_log_trimmed(chat::LogTrimmed) override { in_order = false; }

    std::unique_ptr<chat::Publish> publish;  // to be used again
    std::uint64_t last_seq = 0;
    bool in_order = true;
};

// The memory log alone; with message ids it remembers the newest 1,000, as a room does.
void append_to_log(benchmark::State& state, bool with_id) {
    core::ManualClock clock;
    chat::SeededRandom random{7};
    chat::MemoryLog log(clock, random);
    Numbered sink;
    log.open(1, "lobby", sink);
    sink.publish = publish_of(0, text_of(Script::kAscii, kContentBytes), with_id);
    for (auto _ : state) {
        // The last answer brought it back. NOLINTNEXTLINE(clang-analyzer-cplusplus.Move)
        if (with_id) sink.publish->command_id = id_of(sink.last_seq);
        log.append(1, std::move(sink.publish), sink);
        if (sink.last_seq > chat::kRoomEventsMax) {
            log.forget_before(1, sink.last_seq - chat::kRoomEventsMax);
        }
    }
    answer_is(state,
              sink.in_order && sink.last_seq == static_cast<std::uint64_t>(state.iterations()),
              "a seq is missing");
}

// Frames into a run and the run into shared bytes.
void fill_run(benchmark::State& state) {
    std::string json;
    chat::append_message(json, {.room = "lobby",
                                .seq = 4711,
                                .at_ms = 1'795'226'688'893,
                                .user = kUser,
                                .from = "bob",
                                .content = text_of(Script::kAscii, kContentBytes),
                                .client_id = "m-17",
                                .reply_to = 0});
    chat::EventRun run;
    std::size_t bytes = 0;
    for (auto _ : state) {
        for (std::int64_t i = 0; i < state.range(0); ++i) run.append(json, nullptr);
        const core::SharedBytes shared = core::SharedBytes::copy_of(run.plain());
        bytes = shared.size();
        run.clear();
    }
    const std::size_t expected = static_cast<std::size_t>(state.range(0)) * (json.size() + 4);
    if (!answer_is(state, bytes == expected, "not the frames of these events")) return;
    count_items(state, state.range(0));
}

}  // namespace

void register_room() {
    benchmark::RegisterBenchmark("room/make_ask", make_ask);
    benchmark::RegisterBenchmark("room/publish/messages_a_turn", publish)->Arg(1)->Arg(16);
    benchmark::RegisterBenchmark("room/memory_log/append", append_to_log, false);
    benchmark::RegisterBenchmark("room/memory_log/append_with_id", append_to_log, true);
    benchmark::RegisterBenchmark("room/event_run", fill_run)->Arg(1)->Arg(16);
}

}  // namespace stentor::bench
