// See metrics_text.h.
// Thread: any.
// Invariant: each cell of an enum stands in its table, in order.
#include "chat/metrics_text.h"

#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "chat/process_memory.h"
#include "chat/version.h"
#include "core/log.h"

namespace stentor::chat {
namespace {

template <typename Cells, typename Cell>
struct Row {
    std::string_view name;  // without stentor_, and without _total for a counter
    std::string_view help;
    Cell Cells::* cell;
};
template <typename Cells>
using CounterRow = Row<Cells, core::Counter>;
template <typename Cells>
using GaugeRow = Row<Cells, core::Gauge>;
template <typename Which>
struct ShardRow {
    Which which;
    std::string_view name;
    std::string_view help;
};

using Net = net::ReactorMetrics;
constexpr auto kReactorCounters = std::to_array<CounterRow<Net>>({
    {"reactor_turns", "Turns of the event loop.", &Net::turns_total},
    {"reactor_sleeps", "Turns that blocked until there was work.", &Net::sleeps_total},
    {"accepted", "Connections taken over from an acceptor.", &Net::accepted_total},
    {"closed", "Connections that ended.", &Net::closed_total},
    {"handed_over", "Connections handed over to the home of their room.", &Net::handed_over_total},
    {"handovers_declined", "Connections that named a room and stayed: its home, or it, had enough.",
     &Net::handovers_declined_total},
    {"taken_up", "Connections that another reactor handed over.", &Net::taken_up_total},
    {"open_failures", "Connections that found no slot or no kernel memory.",
     &Net::open_failures_total},
    {"receives", "Calls of recv.", &Net::receives_total},
    {"received_bytes", "Bytes received.", &Net::received_bytes_total},
    {"sends", "Calls of sendmsg.", &Net::sends_total},
    {"sent_bytes", "Bytes sent.", &Net::sent_bytes_total},
    {"short_writes", "Sends that the kernel took in part.", &Net::short_writes_total},
    {"deliveries", "Shared frames queued to connections.", &Net::deliveries_total},
    {"deliveries_refused", "Shared frames that found an outbox full.",
     &Net::deliveries_refused_total},
    {"stalled", "Connections reset: a full outbox without progress.", &Net::stalled_total},
    {"rings_exhausted", "Connections reset: no ring was left.", &Net::rings_exhausted_total},
    {"unconsumed", "Connections reset: a full ring of which nothing was used.",
     &Net::unconsumed_total},
    {"finish_timeouts", "Connections reset: the last words did not leave in time.",
     &Net::finish_timeouts_total},
    {"linger_timeouts", "Connections whose peer did not end in time after our end.",
     &Net::linger_timeouts_total},
    {"flush_overruns", "Turns whose flush used up its time.", &Net::flush_overruns_total},
    {"tls_handshakes", "TLS handshakes completed.", &Net::tls_handshakes_total},
    {"tls_resumptions", "TLS handshakes that a ticket shortened.", &Net::tls_resumptions_total},
    {"tls_deferrals", "Steps of TLS handshakes left for a later turn.", &Net::tls_deferrals_total},
    {"tls_failures", "TLS handshakes and sessions that failed.", &Net::tls_failures_total},
    {"proxy_headers_refused", "Closed: a trusted proxy sent no good PROXY header.",
     &Net::proxy_headers_refused_total},
    {"refused_per_address", "Clients behind a proxy with too many connections of one address.",
     &Net::refused_per_address_total},
    {"uring_overflows", "Waits of io_uring that found more completed than its ring holds.",
     &Net::uring_overflows_total},
    {"uring_shortages", "Receives of io_uring that found no buffer free, and came again.",
     &Net::uring_shortages_total},
    {"uring_spill_resets", "Connections reset: no room for bytes that are not read now.",
     &Net::uring_spill_resets_total},
});
constexpr auto kReactorGauges = std::to_array<GaugeRow<Net>>({
    {"connections", "Open sockets.", &Net::connections},
    {"outbox_bytes", "Bytes that wait to be sent; a shared frame counts for each reader.",
     &Net::outbox_bytes},
    {"rings_lent", "Rings that hold half-received frames.", &Net::rings_lent},
    {"parcels", "Shared frames that wait in outboxes.", &Net::parcels},
    {"uring_spilled_bytes", "Received under io_uring by connections that are not read now.",
     &Net::uring_spilled_bytes},
});

constexpr auto kShardGauges = std::to_array<ShardRow<ShardGauge>>({
    {ShardGauge::kConnections, "shard_connections", "Connections, those that speak HTTP included."},
    {ShardGauge::kSessions, "sessions", "Connections that are logged in."},
    {ShardGauge::kLocalUsers, "local_users", "Users with a connection on the reactor."},
    {ShardGauge::kLocalRooms, "local_rooms", "Rooms with a member on the reactor."},
    {ShardGauge::kMemberships, "memberships", "Rooms of connections, summed."},
    {ShardGauge::kGapped, "gapped_memberships", "Memberships in gap mode: a slow reader."},
    {ShardGauge::kHomeUsers, "home_users", "Users connected anywhere, at their home."},
    {ShardGauge::kHomeNames, "home_names", "Names in use or held, at their home."},
    {ShardGauge::kHeldNames, "held_names", "Names held for absent users."},
    {ShardGauge::kHomeRooms, "home_rooms",
     "Rooms at their home, those with history only included."},
    {ShardGauge::kHomeRoomMembers, "home_room_members",
     "Users in rooms, those who dropped included."},
    {ShardGauge::kHistoryBytes, "history_bytes", "Events that rooms keep in memory."},
    {ShardGauge::kWaitingAsks, "waiting_asks", "Asks that wait for a room to be opened."},
    {ShardGauge::kBackwardSteps, "backward_steps", "Leaves and logins that wait for a lane."},
    {ShardGauge::kPendingEnvelopes, "pending_envelopes", "Envelopes that found their lane full."},
    {ShardGauge::kPausedConnections, "paused_connections", "Connections that are not read now."},
    {ShardGauge::kHomeTwinSessions, "home_twin_sessions",
     "Sessions in rooms that get compressed events, at the rooms' home."},
    {ShardGauge::kInflaters, "inflaters", "Compressed messages under way."},
});
constexpr auto kShardCounters = std::to_array<ShardRow<ShardCounter>>({
    {ShardCounter::kUpgrades, "upgrades", "WebSockets opened."},
    {ShardCounter::kMessagesIn, "messages_in", "WebSocket messages received."},
    {ShardCounter::kCommandErrors, "command_errors", "Commands answered by an error."},
    {ShardCounter::kLogins, "logins", "Logins that succeeded."},
    {ShardCounter::kJoins, "joins", "Joins that succeeded."},
    {ShardCounter::kPublished, "published", "Events numbered by rooms at home here."},
    {ShardCounter::kDuplicates, "duplicates", "Sends answered by their first ack."},
    {ShardCounter::kDeliveries, "chat_deliveries", "Frames queued to members."},
    {ShardCounter::kGaps, "gaps", "Times a room went into gap mode for a slow reader."},
    {ShardCounter::kEphemeralShed, "ephemeral_shed",
     "Times presence was let go for a slow reader."},
    {ShardCounter::kPings, "pings", "WebSocket pings sent."},
    {ShardCounter::kPeerTimeouts, "peer_timeouts", "Closed: no login or no pong in time."},
    {ShardCounter::kOverRateCloses, "over_rate_closes", "Closed: over the send rate for too long."},
    {ShardCounter::kPacedSends, "paced_sends",
     "Times a connection was not read for a while: over the send rate."},
    {ShardCounter::kPacedJoins, "paced_joins",
     "Times a connection was not read for a while: over the rate of joins."},
    {ShardCounter::kRefusedBusy, "refused_busy", "Commands answered by unavailable."},
    {ShardCounter::kShedForMemory, "memory_sheds",
     "Times a slow reader went into gap mode because memory was short."},
    {ShardCounter::kRefusedForMemory, "memory_refusals",
     "Joins and upgrades refused because memory was short."},
    {ShardCounter::kNamesForgotten, "names_forgotten",
     "Held names let go early, the table being full."},
    {ShardCounter::kRoomsForgotten, "rooms_forgotten", "Empty rooms let go with their history."},
    {ShardCounter::kStalls, "stalls", "Turns in which a full lane kept asks waiting."},
    {ShardCounter::kDeflated, "deflated",
     "Messages compressed, an event once for all its readers."},
    {ShardCounter::kDeflateInBytes, "deflate_in_bytes", "Bytes of them before."},
    {ShardCounter::kDeflateOutBytes, "deflate_out_bytes", "Bytes of them behind."},
});

using Accept = net::AcceptorMetrics;
constexpr auto kAcceptorCounters = std::to_array<CounterRow<Accept>>({
    {"acceptor_wakeups", "Times an acceptor woke up.", &Accept::wakeups_total},
    {"acceptor_accepted", "Connections accepted.", &Accept::accepted_total},
    {"acceptor_refused", "Connections over the limit, answered by 503 or, with TLS, closed.",
     &Accept::refused_total},
    {"acceptor_refused_per_address", "Connections over the limit of their address.",
     &Accept::refused_per_address_total},
    {"acceptor_refused_for_memory", "Connections refused because memory was short.",
     &Accept::refused_closed_total},
    {"acceptor_out_of_files", "Connections closed for want of a file descriptor.",
     &Accept::out_of_files_total},
    {"acceptor_back_offs", "Pauses for want of files, memory or room in a lane.",
     &Accept::back_offs_total},
});

using Lanes = core::PortCounters;
constexpr auto kLaneCounters = std::to_array<CounterRow<Lanes>>({
    {"lane_pushed", "Envelopes given to other reactors.", &Lanes::pushed},
    {"lane_pended", "Of those, how many found their lane full.", &Lanes::pended},
    {"lane_drained", "Envelopes taken from other reactors.", &Lanes::drained},
    {"lane_rang", "Doorbells of sleeping reactors rung.", &Lanes::rang},
});
constexpr auto kLaneGauges = std::to_array<GaugeRow<Lanes>>({
    {"lane_pending", "Envelopes that wait for a full lane.", &Lanes::pending},
});

template <typename Which, std::size_t kRows>
constexpr bool is_whole(const std::array<ShardRow<Which>, kRows>& rows) {
    for (std::size_t i = 0; i < kRows; ++i) {
        if (rows[i].which != static_cast<Which>(i)) return false;
    }
    return kRows == static_cast<std::size_t>(Which::kCount);
}
static_assert(is_whole(kShardGauges) && is_whole(kShardCounters));

class Text {
public:
    void begin(std::string_view full_name, std::string_view help, std::string_view type) {
        name_ = full_name;
        ((text_ += "# HELP ") += name_) += " ";
        (text_ += help) += "\n# TYPE ";
        ((text_ += name_) += " ") += type;
        text_ += "\n";
    }
    template <typename Number>
    void sample(std::string_view label, std::size_t index, Number value) {
        ((text_ += name_) += "{") += label;
        text_ += "=\"" + std::to_string(index) + "\"} " + std::to_string(value) + "\n";
    }
    template <typename Number>
    void sample(Number value) {
        text_ += name_ + " " + std::to_string(value) + "\n";
    }
    // One of a reactor's cells that differ by a label.
    void sample(std::size_t reactor, std::string_view label, std::string_view value,
                std::uint64_t count) {
        ((text_ += name_) += "{reactor=\"") += std::to_string(reactor);
        ((((text_ += "\",") += label) += "=\"") += value) += "\"} ";
        text_ += std::to_string(count) + "\n";
    }
    void add(std::string_view lines) { text_ += lines; }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
    std::string name_;
};

std::string full_name(std::string_view name, bool counter) {
    return "stentor_" + std::string(name) + (counter ? "_total" : "");
}

template <typename Cells, typename Cell, std::size_t kRows>
void add_rows(Text& text, std::string_view label, const std::vector<const Cells*>& sources,
              const std::array<Row<Cells, Cell>, kRows>& rows) {
    constexpr bool kCounter = std::is_same_v<Cell, core::Counter>;
    for (const auto& row : rows) {
        text.begin(full_name(row.name, kCounter), row.help, kCounter ? "counter" : "gauge");
        for (std::size_t i = 0; i < sources.size(); ++i) {
            text.sample(label, i, (sources[i]->*row.cell).value());
        }
    }
}

void add_shards(Text& text, const std::vector<const ShardMetrics*>& shards) {
    for (const auto& row : kShardGauges) {
        text.begin(full_name(row.name, false), row.help, "gauge");
        for (std::size_t i = 0; i < shards.size(); ++i) {
            text.sample("reactor", i, shards[i]->gauges[row.which].value());
        }
    }
    for (const auto& row : kShardCounters) {
        text.begin(full_name(row.name, true), row.help, "counter");
        for (std::size_t i = 0; i < shards.size(); ++i) {
            text.sample("reactor", i, shards[i]->counters[row.which].value());
        }
    }
}

void add_labelled(Text& text, const std::vector<const ShardMetrics*>& shards) {
    text.begin("stentor_http_answers_total", "HTTP requests answered without an upgrade.",
               "counter");
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const auto& answers = shards[i]->http_answers;
        for (const HttpStatusRow& row : kHttpStatuses) {
            text.sample(i, "status", std::to_string(row.code), answers[row.status].value());
        }
        text.sample(i, "status", "other", answers[HttpStatus::kOther].value());
    }
    text.begin("stentor_violations_total", "Closed: a WebSocket rule was broken.", "counter");
    for (std::size_t i = 0; i < shards.size(); ++i) {
        for (const ws::ViolationRow& row : ws::kViolationTable) {
            if (row.violation != ws::Violation::kNone) {
                text.sample(i, "rule", row.name, shards[i]->violations[row.violation].value());
            }
        }
    }
}

void add_process(Text& text, const MetricsSources& sources) {
    text.add("# HELP stentor_build_info The version, always 1.\n# TYPE stentor_build_info gauge\n");
    text.add("stentor_build_info{version=\"" + std::string(kVersion) + "\"} 1\n");
    text.begin("stentor_connections_limit", "Connections that are accepted at most.", "gauge");
    text.sample(sources.connections_max);
    text.begin("stentor_log_lines_lost_total", "Lines lost because stderr was too slow.",
               "counter");
    text.sample(core::log::lost());
    text.begin("process_start_time_seconds", "Unix time of the start.", "gauge");
    text.sample(static_cast<double>(sources.started_unix_ms) / 1000);
    text.begin("process_resident_memory_bytes", "Resident memory.", "gauge");
    text.sample(resident_bytes());
}

void add_memory(Text& text, const MemoryPressure& memory) {
    text.begin("stentor_memory_limit_bytes", "What --memory-limit says.", "gauge");
    text.sample(memory.limit_bytes());
    text.begin("stentor_memory_used_bytes", "What is held against it.", "gauge");
    text.sample(used_memory_bytes());
    text.begin("stentor_memory_level",
               "What is given up: 1 what waits for slow readers, 2 joins too, 3 connections too.",
               "gauge");
    text.sample(static_cast<int>(memory.level()));
}

void add_tls(Text& text, const TlsIdentity& tls) {
    text.begin("stentor_tls_reloads_total", "Times certificate and key were read again.",
               "counter");
    text.sample(tls.reloads_total().value());
    text.begin("stentor_tls_reload_failures_total", "Times they were bad, and the old ones stayed.",
               "counter");
    text.sample(tls.reload_failures_total().value());
    text.begin("stentor_tls_certificate_not_after_seconds", "Unix time of the certificate's end.",
               "gauge");
    text.sample(tls.contexts().current()->not_after_unix_s());
}

template <typename Which>
struct StoreRow {
    Which which;
    std::string_view name;
    std::string_view help;
    bool in_nanoseconds = false;  // told in seconds
};
constexpr auto kStoreGauges = std::to_array<StoreRow<StoreGauge>>({
    {StoreGauge::kFull, "store_full", "1: there was no space at the last attempt."},
    {StoreGauge::kFailed, "store_failed", "1: nothing is stored any more."},
    {StoreGauge::kBatchItems, "store_batch_items", "What the last commit held."},
    {StoreGauge::kBatchBytes, "store_batch_bytes", "Bytes of what the last commit held."},
    {StoreGauge::kLongestCommitNs, "store_longest_commit_seconds",
     "The longest commit since the start.", true},
    {StoreGauge::kWalBytes, "store_wal_bytes", "Size of the write-ahead log."},
    {StoreGauge::kDatabaseBytes, "store_database_bytes",
     "Size of the database at the last checkpoint."},
    {StoreGauge::kOpenRooms, "store_open_rooms", "Rooms that are open at some home."},
    {StoreGauge::kIdsBytes, "store_ids_bytes",
     "Memory of the ids by which events are known again."},
});
static_assert(kStoreGauges.size() == static_cast<std::size_t>(StoreGauge::kCount));
constexpr auto kStoreCounters = std::to_array<StoreRow<StoreCounter>>({
    {StoreCounter::kCommits, "store_commits", "Transactions committed."},
    {StoreCounter::kRows, "store_events", "Events stored."},
    {StoreCounter::kCommitNs, "store_commit_seconds", "Time spent in transactions.", true},
    {StoreCounter::kRefused, "store_refused", "Events refused as not_stored."},
    {StoreCounter::kCheckpoints, "store_checkpoints", "Checkpoints of the write-ahead log."},
    {StoreCounter::kTruncations, "store_truncations", "Checkpoints that emptied it."},
    {StoreCounter::kTrimmedEvents, "store_trimmed_events", "Events let go by retention."},
});
static_assert(kStoreCounters.size() == static_cast<std::size_t>(StoreCounter::kCount));
constexpr auto kStoreReadCounters = std::to_array<StoreRow<StoreReadCounter>>({
    {StoreReadCounter::kPages, "store_pages_read", "Pages read back."},
    {StoreReadCounter::kPageEvents, "store_events_read", "Events read back."},
    {StoreReadCounter::kLookups, "store_lookups", "Users found and rooms listed."},
    {StoreReadCounter::kReadNs, "store_read_seconds", "Time spent reading.", true},
    {StoreReadCounter::kFailed, "store_read_failures", "Reads that failed."},
});
static_assert(kStoreReadCounters.size() == static_cast<std::size_t>(StoreReadCounter::kCount));

template <typename Rows, typename Cells>
void add_cells(Text& text, const Rows& rows, const Cells& cells, std::string_view kind) {
    const std::string ending = kind == "counter" ? "_total" : "";
    for (const auto& row : rows) {
        text.begin("stentor_" + std::string(row.name) + ending, row.help, kind);
        const auto value = cells[row.which].value();
        row.in_nanoseconds ? text.sample(static_cast<double>(value) / 1e9) : text.sample(value);
    }
}

void add_store(Text& text, const StoreMetrics& store) {
    add_cells(text, kStoreGauges, store.gauges, "gauge");
    add_cells(text, kStoreCounters, store.counters, "counter");
    add_cells(text, kStoreReadCounters, store.reads, "counter");
}

}  // namespace

std::string metrics_text(const MetricsSources& sources) {
    Text text;
    add_process(text, sources);
    if (sources.memory != nullptr) add_memory(text, *sources.memory);
    if (sources.tls != nullptr) add_tls(text, *sources.tls);
    if (sources.addresses != nullptr) {
        text.begin("stentor_limited_addresses",
                   "Addresses with a connection, where each has a limit.", "gauge");
        text.sample(sources.addresses->addresses());
    }
    if (sources.store != nullptr) add_store(text, *sources.store);
    add_rows(text, "acceptor", sources.acceptors, kAcceptorCounters);
    add_rows(text, "reactor", sources.reactors, kReactorCounters);
    add_rows(text, "reactor", sources.reactors, kReactorGauges);
    add_shards(text, sources.shards);
    add_labelled(text, sources.shards);
    add_rows(text, "participant", sources.ports, kLaneCounters);
    add_rows(text, "participant", sources.ports, kLaneGauges);
    return text.take();
}

}  // namespace stentor::chat
