// The sending half of message_driver.h: closed loop, bursts, open loop.
// Thread: the worker.
// Invariant: several messages that one sender owes go out in one send.
#include <algorithm>
#include <utility>

#include "bench/load/clock.h"
#include "bench/load/message_driver.h"
#include "bench/load/wire.h"

namespace stentor::bench {
namespace {

constexpr std::int64_t kHeldBackNs = 1'000'000;

}  // namespace

void MessageDriver::append(Connection& sender, Stream& stream, std::uint64_t number) {
    const std::string& text = stream.message->text;
    const ws::MaskKey key = worker_.next_mask();
    char* at = append_client_head(sender.outbox, ws::Opcode::kText, text.size(), key);
    text.copy(at, text.size());
    stream.message->number(at, {stream.id, number});
    mask_payload(at, text.size(), key);
}

void MessageDriver::send(Local& local, Connection& sender, std::uint32_t count,
                         std::int64_t intended_ns) {
    Stream& stream = local.traffic->streams()[sender.stream];
    const std::uint64_t first = stream.next.load(std::memory_order_relaxed);
    for (std::uint64_t number = first; number < first + count; ++number) {
        stream.intended(number).store(intended_ns, std::memory_order_relaxed);
        append(sender, stream, number);
    }
    stream.next.store(first + count, std::memory_order_release);
    sender.in_flight += count;
    const std::uint32_t members =
        local.traffic->rooms()[stream.room].members.load(std::memory_order_relaxed);
    local.cells.messages.add(count);
    local.cells.expected.add(std::uint64_t{count} * members);
}

void MessageDriver::calibrate(std::uint32_t target, std::uint32_t attempt) {
    Traffic& traffic = *locals_[target]->traffic;
    Stream& stream = traffic.streams().front();
    Connection& sender = *stream.sender;
    if (traffic.worker_of(sender) != worker_.index() || sender.phase != Phase::kReady) return;
    append(sender, stream, kCalibrationNumber + attempt);
    worker_.flush(sender);
}

void MessageDriver::rest(std::uint32_t target, const Load& load) {
    Local& local = *locals_[target];
    load_ = load;
    latency_.clear();
    complete_bursts_.clear();
    for (Connection* sender : local.senders) {
        sender->in_flight = 0;
        sender->completed = 0;
    }
    for (const Stream& stream : local.traffic->streams()) {
        local.burst_left[stream.id] = load.burst * local.members[stream.room];
    }
}

void MessageDriver::write_off(std::uint32_t target) {
    Local& local = *locals_[target];
    for (const Stream& stream : local.traffic->streams()) {
        local.waited_from[stream.id] = stream.next.load(std::memory_order_relaxed);
    }
}

void MessageDriver::begin(std::uint32_t target, std::int64_t start_ns) {
    Local& local = *locals_[target];
    active_ = &local;
    if (load_.rate > 0) {
        const TrafficShape& shape = local.traffic->shape();
        const auto all = static_cast<double>(local.traffic->streams().size());
        const double spacing = 1e9 * all / load_.rate /
                               static_cast<double>(std::max<std::size_t>(1, local.senders.size()));
        const auto offset = static_cast<std::int64_t>(spacing * worker_.index() / shape.workers);
        timetable_ = {.start_ns = start_ns + offset, .spacing_ns = spacing, .slot = 0};
        return;
    }
    const std::vector<Connection*> senders = local.senders;  // flush() may lose one
    for (Connection* sender : senders) {
        if (load_.burst > 0) {
            complete_bursts_.push_back(&local.traffic->streams()[sender->stream]);
        } else {
            send(local, *sender, load_.depth, now_ns());
            worker_.flush(*sender);
        }
    }
    next_bursts();
}

// Those of senders elsewhere are handed over.
void MessageDriver::next_bursts() {
    while (!complete_bursts_.empty()) {
        Stream& stream = *complete_bursts_.back();
        complete_bursts_.pop_back();
        if (active_ == nullptr) continue;
        Local& local = *active_;
        Connection& sender = *stream.sender;
        const std::uint32_t owner = local.traffic->worker_of(sender);
        if (owner != worker_.index()) {
            hand_over_(owner, stream);
            continue;
        }
        if (sender.phase != Phase::kReady) continue;
        stream.workers_left.store(local.traffic->rooms()[stream.room].workers,
                                  std::memory_order_relaxed);
        send(local, sender, load_.burst, now_ns());
        worker_.flush(sender);
    }
}

void MessageDriver::take_burst(Stream& stream) {
    complete_bursts_.push_back(&stream);
    next_bursts();
}

void MessageDriver::on_drained(Connection& connection) {
    const std::uint32_t completed = std::exchange(connection.completed, 0);
    connection.in_flight -= std::min(completed, connection.in_flight);
    if (active_ == nullptr) return;
    if (load_.burst > 0) return next_bursts();
    if (completed == 0 || load_.rate > 0) return;
    Local& local = local_of(connection);
    if (&local != active_ || connection.in_flight >= load_.depth) return;
    send(local, connection, load_.depth - connection.in_flight, now_ns());
    worker_.flush(connection);
}

// A sender whose messages do not come back is held back when the times of half as many as are
// remembered are under way; its messages keep the times at which they were due.
std::int64_t MessageDriver::on_turn(std::int64_t now_ns) {
    if (active_ == nullptr || load_.rate <= 0 || active_->senders.empty()) return kNever;
    Local& local = *active_;
    for (;;) {
        const auto after =
            static_cast<std::int64_t>(static_cast<double>(timetable_.slot) * timetable_.spacing_ns);
        const std::int64_t due = timetable_.start_ns + after;
        if (due > now_ns) return due;
        Connection& sender = *local.senders[timetable_.slot % local.senders.size()];
        const Stream& stream = local.traffic->streams()[sender.stream];
        if (sender.in_flight >= stream.intended_size / 2) return now_ns + kHeldBackNs;
        send(local, sender, 1, due);
        worker_.flush(sender);
        if (active_ == nullptr || local.senders.empty()) return kNever;
        ++timetable_.slot;
    }
}

}  // namespace stentor::bench
