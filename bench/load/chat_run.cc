// chat: the native protocol in earnest. In every room senders send, and all members use the other
// verbs, each checking what it sees (chat_member.h).
// Thread: a driver is its worker's; the rest is main's.
// Invariant: members are looked at only on their worker.
#include <fmt/format.h>
#include <unistd.h>

#include <thread>

#include "bench/load/chat_member.h"
#include "bench/load/clock.h"
#include "bench/load/fleet.h"
#include "bench/load/meter.h"
#include "bench/load/wire.h"
#include "bench/load/workloads.h"

namespace stentor::bench {
namespace {

constexpr std::chrono::milliseconds kLook{2};

struct ChatState {
    ChatCounts counts;
    std::uint64_t expected = 0;  // deliveries that the messages so far must make
    std::uint64_t joined = 0;
    std::uint64_t restless = 0;

    void add(const ChatState& other) {
        counts.add(other.counts);
        expected += other.expected;
        joined += other.joined;
        restless += other.restless;
    }
};

class ChatDriver final : public Driver {
public:
    // `ledgers` of each target and room.
    ChatDriver(Worker& worker, Fleet& fleet, const Options& options,
               const std::vector<std::unique_ptr<RoomLedger>>& ledgers)
        : worker_(worker), fleet_(fleet), members_(fleet.size()) {
        for (std::uint32_t target = 0; target < fleet.size(); ++target) {
            Traffic& traffic = fleet.traffic(target);
            members_[target].resize(options.connections);
            for (const Connection& connection : traffic.connections()) {
                if (traffic.worker_of(connection) != worker.index()) continue;
                const bool sends = connection.stream != kNoStream;
                const std::uint32_t room = connection.room;
                const ChatRole role{.room = room_of(connection),
                                    .first_stream = traffic.rooms()[room].first_stream,
                                    .streams = options.senders,
                                    .stream = sends ? connection.stream : 0,
                                    .sends = sends,
                                    .depth = options.depth,
                                    .content_bytes = options.size,
                                    .seed = connection.index + 1U};
                members_[target][connection.index] =
                    std::make_unique<ChatMember>(role, *ledgers[target * options.rooms + room]);
            }
        }
    }

    Histogram latency;

    ChatState state(std::uint32_t target) const {
        ChatState sum;
        const Traffic& traffic = fleet_.traffic(target);
        for (const auto& member : members_[target]) {
            if (!member) continue;
            sum.counts.add(member->counts());
            sum.expected += member->sent() * traffic.shape().connections / traffic.shape().rooms;
            if (member->joined()) ++sum.joined;
            if (!member->at_rest()) ++sum.restless;
        }
        return sum;
    }
    void set_active(std::uint32_t target, bool active) {
        if (active) latency.clear();
        for (Connection& connection : fleet_.traffic(target).connections()) {
            ChatMember* member = members_[target][connection.index].get();
            if (member == nullptr || connection.phase != Phase::kReady) continue;
            const std::uint64_t sent = member->sent();
            member->set_active(active);
            pump(connection, *member, sent);
        }
    }

    // A room of this run's own: an old one's numbers would mean something else.
    std::string room_of(const Connection& connection) const override {
        return fmt::format("bench-{:x}-{}-{:05}", tag_, connection.target->index, connection.room);
    }
    void on_ready(Connection& connection) override {
        ChatMember& member = member_of(connection);
        member.start();
        pump(connection, member, 0);
    }
    void on_message(Connection& connection, std::string_view payload) override {
        ChatMember& member = member_of(connection);
        const std::uint64_t sent = member.sent();
        for (const Stamp stamp : member.on_frame(payload)) {
            Stream& stream = fleet_.traffic(connection.target->index).streams()[stamp.stream];
            const auto when = stream.intended(stamp.number).load(std::memory_order_relaxed);
            latency.record(worker_.now() - when);
        }
        pump(connection, member, sent);
    }
    void on_drained(Connection& connection) override { worker_.flush(connection); }

private:
    ChatMember& member_of(const Connection& connection) {
        return *members_[connection.target->index][connection.index];
    }
    void pump(Connection& connection, ChatMember& member, std::uint64_t sent_before) {
        if (connection.stream != kNoStream) {
            Stream& stream = fleet_.traffic(connection.target->index).streams()[connection.stream];
            const std::int64_t now = now_ns();
            for (std::uint64_t n = sent_before; n < member.sent(); ++n) {
                stream.intended(n).store(now, std::memory_order_relaxed);
            }
        }
        for (const std::string& frame : member.outgoing()) {
            append_client_frame(connection.outbox, ws::Opcode::kText, frame, worker_.next_mask());
        }
        member.outgoing().clear();
        worker_.flush(connection);
    }

    Worker& worker_;
    Fleet& fleet_;
    const std::uint32_t tag_ = static_cast<std::uint32_t>(::getpid());
    std::vector<std::vector<std::unique_ptr<ChatMember>>> members_;  // by target and index
};

class ChatRun {
public:
    ChatRun(const Options& options, Fleet& fleet) : options_(options), fleet_(fleet) {
        for (std::uint32_t i = 0; i < fleet.size() * options.rooms; ++i) {
            ledgers_.push_back(std::make_unique<RoomLedger>());
        }
        for (std::uint32_t i = 0; i < fleet.crew().size(); ++i) {
            drivers_.push_back(
                std::make_unique<ChatDriver>(fleet.crew().worker(i), fleet, options, ledgers_));
        }
        fleet.crew().on_each([&](Worker& worker) { worker.set_driver(&driver(worker)); });
    }
    ~ChatRun() { fleet_.stop(); }
    ChatRun(const ChatRun&) = delete;
    ChatRun& operator=(const ChatRun&) = delete;

    Outcome join_all() {
        if (const auto connected = fleet_.connect_all(); !connected) return connected;
        for (std::uint32_t target = 0; target < fleet_.size(); ++target) {
            const bool joined =
                wait_until([&] { return state(target).joined == options_.connections; });
            if (!joined) {
                return std::unexpected(fmt::format(
                    "target {}: {} of {} joined their rooms in time {}", name(target),
                    state(target).joined, options_.connections, state(target).counts.complaint));
            }
        }
        fleet_.wait_for_silence();
        return {};
    }

    Slice drive(std::uint32_t target, TargetResult& result) {
        const ChatState before = state(target);
        const Meter meter(fleet_.traffic(target).target().spec, fleet_.crew());
        set_active(target, true);
        std::this_thread::sleep_for(options_.slice);
        set_active(target, false);
        wait_until([&] { return quiet(target); });
        Slice slice;
        meter.read(slice);
        const ChatState after = state(target);
        fill(slice, before, after);
        const auto latency = fleet_.crew().gather<Histogram>(
            [&](Worker& worker) -> const Histogram& { return driver(worker).latency; });
        slice.latency = latency.summary();
        result.latency.add(latency);
        return slice;
    }

    void report(std::uint32_t target, Result& result) {
        TargetResult& found = result.targets[target];
        const ChatCounts counts = state(target).counts;
        found.connections = options_.connections;
        found.figures = {{"verbs_answered", static_cast<double>(counts.verbs)},
                         {"forgotten", static_cast<double>(counts.forgotten)},
                         {"gap_pages", static_cast<double>(counts.pages)},
                         {"acks", static_cast<double>(counts.acked)},
                         {"spoilt", static_cast<double>(counts.spoilt)},
                         {"ack_faults", static_cast<double>(counts.ack_faults)},
                         {"answer_faults", static_cast<double>(counts.answer_faults)}};
        if (!counts.complaint.empty()) {
            result.failed = true;
            result.warnings.push_back(found.name + ": " + counts.complaint);
        }
        const TargetState& state = fleet_.traffic(target).target();
        if (state.closed > 0) {
            result.failed = true;
            result.warnings.push_back(fmt::format("{}: {} connections were lost: {}", found.name,
                                                  state.closed.load(), state.complaint()));
        }
    }

private:
    ChatDriver& driver(const Worker& worker) { return *drivers_[worker.index()]; }
    const std::string& name(std::uint32_t target) {
        return fleet_.traffic(target).target().spec.name;
    }
    void set_active(std::uint32_t target, bool active) {
        fleet_.crew().on_each([&](Worker& worker) { driver(worker).set_active(target, active); });
    }
    ChatState state(std::uint32_t target) {
        return fleet_.crew().gather<ChatState>(
            [&](Worker& worker) { return driver(worker).state(target); });
    }
    // A sum over workers is of no single moment: quiet is what it says twice.
    bool quiet(std::uint32_t target) {
        const auto calm = [](const ChatState& is) {
            return is.restless == 0 && is.counts.delivered + is.counts.forgotten >= is.expected;
        };
        return calm(state(target)) && calm(state(target));
    }
    template <typename Done>
    bool wait_until(Done&& done) {
        for (const std::int64_t begin = now_ns(); !done();) {
            if (now_ns() - begin > options_.patience.count()) return false;
            std::this_thread::sleep_for(kLook);
        }
        return true;
    }
    static void fill(Slice& slice, const ChatState& before, const ChatState& after) {
        const auto more = [&](std::uint64_t ChatCounts::* counter) {
            return after.counts.*counter - before.counts.*counter;
        };
        slice.messages = more(&ChatCounts::sent);
        slice.deliveries = more(&ChatCounts::delivered);
        const std::uint64_t expected = after.expected - before.expected;
        const std::uint64_t accounted = slice.deliveries + more(&ChatCounts::forgotten);
        slice.lost = expected > accounted ? expected - accounted : 0;
        slice.duplicates = more(&ChatCounts::duplicates);
        slice.reordered = more(&ChatCounts::reordered);
        slice.seq_faults = more(&ChatCounts::seq_faults);
        slice.gaps = more(&ChatCounts::gaps);
    }

    const Options& options_;
    Fleet& fleet_;
    std::vector<std::unique_ptr<RoomLedger>> ledgers_;
    std::vector<std::unique_ptr<ChatDriver>> drivers_;
};

}  // namespace

Outcome run_chat(const Options& options, Progress& progress, Result& result) {
    for (const TargetSpec& spec : options.targets) {
        if (!spec.native()) {
            return std::unexpected("target " + spec.name + ": chat speaks the dialect native only");
        }
    }
    auto fleet = Fleet::make(options, {.joins = false});
    if (!fleet) return std::unexpected(fleet.error());
    ChatRun run(options, **fleet);
    progress.show("connecting");
    if (const auto joined = run.join_all(); !joined) return joined;
    for (std::uint32_t n = 0; n < repetitions_of(options); ++n) {
        for (std::uint32_t target = 0; target < (*fleet)->size(); ++target) {
            TargetResult& found = result.targets[target];
            found.slices.push_back(run.drive(target, found));
            progress.show(words_of_slice(options, found));
        }
    }
    for (std::uint32_t target = 0; target < (*fleet)->size(); ++target) run.report(target, result);
    (*fleet)->report_tls(result);
    return {};
}

}  // namespace stentor::bench
