// See server_config.h.
// Thread: any; pure.
// Invariant: see server_config.h.
#include "chat/server_config.h"

#include <algorithm>
#include <bit>

#include "chat/envelope.h"
#include "chat/web_assets.h"
#include "net/tls_session.h"

namespace stentor::chat {
namespace {

// Each lent ring is one memory mapping, of 65,530 that a process may have.
constexpr std::uint32_t kRingsOfAllReactors = 48 * 1024;
static_assert(kInPlaceBytesMax + net::TlsSession::kRecordBytesMax < kRingBytes,
              "behind what waits in a ring there is room for a record");
// What rooms hold is a quarter of --memory-limit at most: the records around each event are as much
// again where messages are short, and the rest of the process needs some too.
constexpr std::size_t kHistoryParts = 4;
// Beyond --max-connections the operator still gets in.
constexpr std::uint32_t kConnectionsKeptForAdmin = 64;

}  // namespace

Limits limits_of(const Options& options) {
    Limits limits;
    limits.message_bytes_max = options.message_bytes_max;
    limits.content_code_points_max = options.content_code_points_max;
    limits.outbox_bytes = options.outbox_bytes;
    limits.sends_per_second = options.sends_per_second;
    limits.joins_per_second = options.joins_per_second;
    limits.message_bytes_per_second_min = options.message_bytes_per_second_min;
    limits.handshake_timeout = options.handshake_timeout;
    limits.login_timeout = options.login_timeout;
    limits.ping_interval = options.ping_interval;
    limits.name_hold = options.name_hold;
    limits.line_idle = options.line_idle;
    limits.store_queue_bytes = options.store_queue_bytes;
    if (options.memory_limit_bytes != 0) {
        limits.history_bytes_per_shard_max =
            std::min(limits.history_bytes_per_shard_max,
                     options.memory_limit_bytes / kHistoryParts / options.reactors);
    }
    return limits;
}

FrontConfig front_config_of(const Options& options) {
    FrontConfig config;
    config.origins = options.origins;
    config.echo = options.echo;
    config.deflate = options.deflate;
    config.dialects = options.dialects;
    config.root = options.root_dialect;
    if (options.web) config.page = web_assets();
    return config;
}

core::BroadcastQueueConfig queue_config(std::uint32_t participants) {
    // Lanes are made on first use; if all are used they take this much.
    constexpr std::size_t kLaneBytes = 32 * 1024 * 1024;
    const std::size_t lanes = std::size_t{participants} * participants * kRanks;
    const std::size_t slots = std::bit_floor(kLaneBytes / lanes / sizeof(Envelope));
    // What one turn appends never finds the half of a pending list that LaneLog leaves to others
    // full.
    return {.participants = participants,
            .ranks = kRanks,
            .lane_slots = std::clamp<std::size_t>(slots, 64, 4096),
            .pending_max = 2 * kAsksPerTurn};
}

// The operator gets in beyond the limits of users, and not by way of a proxy.
net::AcceptorConfig operators_acceptor(const Options& options) {
    return {.connections_max = std::uint64_t{options.connections_max} + kConnectionsKeptForAdmin};
}

net::AcceptorConfig public_acceptor(const Options& options, net::AddressLimiter& addresses,
                                    const MemoryPressure& memory) {
    return {.connections_max = options.connections_max,
            .proxies = options.proxies,
            .addresses = &addresses,
            .closed = &memory.refuses_connections()};
}

// One for the operator's listener, one for lines, and the place of the console, whose socket comes
// that way too.
std::uint32_t acceptors_in_all(const Options& options) {
    return options.acceptors + (options.admin_listen ? 1 : 0) + (options.line_listen ? 1 : 0) +
           (options.console ? 1 : 0);
}

// A proxy's header would be taken for a line.
net::AcceptorConfig line_acceptor(const Options& options, net::AddressLimiter& addresses,
                                  const MemoryPressure& memory) {
    return {.connections_max = options.connections_max,
            .addresses = &addresses,
            .closed = &memory.refuses_connections()};
}

net::ReactorConfig reactor_config(const Options& options, net::IoKind io, std::uint32_t index) {
    net::ReactorConfig config;
    config.shard = static_cast<std::uint8_t>(index);
    config.rings_max = kRingsOfAllReactors / options.reactors;
    config.outbox_bytes = options.outbox_bytes;
    config.stall_timeout = options.stall_timeout;
    config.io = io;
    return config;
}

StoreConfig store_config(const Options& options) {
    StoreConfig config;
    config.file = options.store_file;
    config.durability = options.durability;
    config.retain_days = options.retain_days;
    config.retain_events = options.retain_events;
    config.name_hold = options.name_hold;
    return config;
}

}  // namespace stentor::chat
