// See message_driver.h. The sending half is in message_driver_send.cc.
// Thread: the worker.
// Invariant: see message_driver.h.
#include "bench/load/message_driver.h"

#include <charconv>
#include <utility>

#include "bench/load/stamp.h"

namespace stentor::bench {
namespace {

// Frames that large need not be kept whole to be counted.
constexpr std::uint64_t kLargeFrameBytes = 4096;

constexpr std::string_view kNativeMessage = R"({"type":"message")";
constexpr std::string_view kNativeGap = R"({"type":"gap")";

std::uint64_t number_behind(std::string_view text, std::string_view key) {
    const std::size_t at = text.find(key);
    std::uint64_t number = 0;
    if (at != std::string_view::npos) {
        text.remove_prefix(at + key.size());
        std::from_chars(text.data(), text.data() + text.size(), number);
    }
    return number;
}

// The seq is where it was in the message before, as a rule.
std::uint64_t seq_of(Connection& connection, std::string_view payload) {
    constexpr std::string_view kKey = R"("seq":)";
    if (payload.substr(0, connection.seq_offset).ends_with(kKey)) {
        payload.remove_prefix(connection.seq_offset - kKey.size());
    } else {
        const std::size_t at = payload.find(kKey);
        if (at == std::string_view::npos) return 0;
        connection.seq_offset = static_cast<std::uint32_t>(at + kKey.size());
        payload.remove_prefix(at);
    }
    return number_behind(payload, kKey);
}

std::optional<Stamp> stamp_of(Connection& connection, std::string_view payload) {
    if (const auto stamp = read_stamp(payload, connection.stamp_offset)) return stamp;
    const auto found = find_stamp(payload);
    if (!found) return std::nullopt;
    connection.stamp_offset = static_cast<std::uint32_t>(found->offset);
    return found->stamp;
}

}  // namespace

MessageDriver::MessageDriver(Worker& worker, std::span<const std::unique_ptr<Traffic>> traffics,
                             HandOver hand_over)
    : worker_(worker), hand_over_(std::move(hand_over)) {
    for (const auto& traffic : traffics) {
        auto local = std::make_unique<Local>();
        local->traffic = traffic.get();
        local->native = traffic->target().spec.native();
        local->members.assign(traffic->rooms().size(), 0);
        local->burst_left.assign(traffic->streams().size(), 0);
        local->waited_from.assign(traffic->streams().size(), 0);
        for (Connection& connection : traffic->connections()) {
            if (traffic->worker_of(connection) != worker.index()) continue;
            ++local->members[connection.room];
            if (connection.stream != kNoStream) local->senders.push_back(&connection);
        }
        locals_.push_back(std::move(local));
    }
}

// False: nothing that bears a message.
bool MessageDriver::look_at_native(Local& local, Connection& connection, std::string_view payload) {
    if (payload.starts_with(kNativeMessage)) {
        const std::uint64_t seq = seq_of(connection, payload);
        if (connection.last_seq != 0 && seq != connection.last_seq + 1) {
            local.cells.seq_faults.add(1);
        }
        connection.last_seq = seq;
        return true;
    }
    if (payload.starts_with(kNativeGap)) {
        const std::uint64_t from = number_behind(payload, R"("from":)");
        const std::uint64_t to = number_behind(payload, R"("to":)");
        if (connection.last_seq != 0 && from != connection.last_seq + 1) {
            local.cells.seq_faults.add(1);
        }
        connection.last_seq = to;
        local.cells.gaps.add(to + 1 - from);
    }
    return false;
}

void MessageDriver::on_message(Connection& connection, std::string_view payload) {
    Local& local = local_of(connection);
    if (local.native && !look_at_native(local, connection, payload)) return;
    if (const auto stamp = stamp_of(connection, payload)) {
        deliver(local, connection, *stamp, payload.size());
    }
}

bool MessageDriver::on_beginning(Connection& connection, std::string_view begin,
                                 std::uint64_t payload_bytes) {
    if (payload_bytes < kLargeFrameBytes) return false;
    const auto stamp = stamp_of(connection, begin);
    if (!stamp) return false;
    Local& local = local_of(connection);
    if (local.native && !look_at_native(local, connection, begin)) return false;
    connection.pending = *stamp;
    connection.pending_bytes = payload_bytes;
    return true;
}

void MessageDriver::on_skipped(Connection& connection) {
    deliver(local_of(connection), connection, connection.pending, connection.pending_bytes);
}

void MessageDriver::deliver(Local& local, Connection& connection, Stamp stamp,
                            std::uint64_t bytes) {
    std::vector<Stream>& streams = local.traffic->streams();
    if (stamp.stream >= streams.size() || streams[stamp.stream].room != connection.room) {
        local.cells.misplaced.add(1);
        return;
    }
    Stream& stream = streams[stamp.stream];
    if (stamp.number >= kCalibrationNumber) {
        if (connection.stream == stream.id) local.traffic->calibrated_bytes.store(bytes);
        return;
    }
    count_arrival(local, connection, stream, stamp);
}

void MessageDriver::count_arrival(Local& local, Connection& connection, Stream& stream,
                                  Stamp stamp) {
    const std::uint64_t sent = stream.next.load(std::memory_order_acquire);
    if (stamp.number >= sent) {
        local.cells.misplaced.add(1);
        return;
    }
    const std::uint32_t place = stream.id - local.traffic->rooms()[connection.room].first_stream;
    const Sequence::Arrival arrival = connection.sequences[place].arrive(stamp.number);
    if (arrival == Sequence::Arrival::kRepeated) {
        local.cells.duplicates.add(1);
        return;
    }
    // Neither its time nor the sender's next message belongs to the slice that goes on now.
    if (stamp.number < local.waited_from[stream.id]) return local.cells.late.add(1);
    if (arrival == Sequence::Arrival::kLate) local.cells.reordered.add(1);
    local.cells.delivered.add(1);
    if (sent - stamp.number <= stream.intended_size) {
        const std::int64_t intended = stream.intended(stamp.number).load(std::memory_order_relaxed);
        latency_.record(worker_.now() - intended);
    }
    if (connection.stream == stream.id) ++connection.completed;
    if (load_.burst > 0 && &local == active_) on_burst_share(local, stream);
}

void MessageDriver::on_burst_share(Local& local, Stream& stream) {
    std::uint32_t& left = local.burst_left[stream.id];
    if (--left > 0) return;
    left = load_.burst * local.members[stream.room];  // of the next one
    // The last worker's acq_rel makes all shares happen before the next burst.
    if (stream.workers_left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        complete_bursts_.push_back(&stream);
    }
}

void MessageDriver::on_closed(Connection& connection, bool ready) {
    if (!ready) return;
    Local& local = local_of(connection);
    local.traffic->rooms()[connection.room].members.fetch_sub(1, std::memory_order_relaxed);
    --local.members[connection.room];
    std::erase(local.senders, &connection);
}

}  // namespace stentor::bench
