// The rows. See table.h; the order here is the order in --help.
// Thread: any; immutable.
// Invariant: no name twice.
#include "chat/options/table.h"

#include <algorithm>
#include <array>

#include "chat/limits.h"
#include "chat/options/setters.h"

namespace stentor::chat {
namespace {

using enum OptionRow::Shape;
constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;

constexpr auto kRows = std::to_array<OptionRow>({
    {"Network", "listen", "ADDRESS", "",
     "HOST:PORT, tls:HOST:PORT or unix:PATH; repeatable; port 0: a free one", kMany, set_listen,
     show_listen},
    {"Network", "tls-cert", "FILE", "", "certificate chain of the tls: listeners, PEM", kOne,
     set_text<&Options::tls_certificate_file>, show_text<&Options::tls_certificate_file>},
    {"Network", "tls-key", "FILE", "", "its private key, PEM; SIGHUP reads both again", kOne,
     set_text<&Options::tls_key_file>, show_text<&Options::tls_key_file>},
    {"Network", "proxy-protocol", "CIDR", "",
     "whose connections begin with a PROXY v2 header; or unix; repeatable", kMany, set_proxies,
     show_proxies},
    {"Network", "admin-listen", "ADDRESS", "",
     "HOST:PORT or unix:PATH for the operator: /metrics; keep it private", kOne, set_admin_listen,
     show_admin_listen},
    {"Network", "line-listen", "ADDRESS", "",
     "HOST:PORT or unix:PATH of the line dialect, for nc and telnet", kOne, set_line_listen,
     show_line_listen},
    {"Network", "reuse-port", "", "",
     "share a port that another program listens on, without a check", kSwitch,
     set_switch<&Options::reuse_port, true>, show_switch<&Options::reuse_port, true>},
    {"Network", "ports-file", "FILE", "", "write the addresses here as JSON once ready", kOne,
     set_text<&Options::ports_file>, show_text<&Options::ports_file>},
    {"Network", "origin", "ORIGIN", "", "allow pages of this origin; repeatable; * allows all",
     kMany, set_origins, show_origins},
    {"Network", "tcp-congestion", "NAME", "", "congestion control of the connections, as in bbr",
     kOne, set_text<&Options::tcp_congestion>, show_text<&Options::tcp_congestion>},

    {"Services", "deflate", "on|off", "", "permessage-deflate for clients that offer it", kOne,
     set_switch<&Options::deflate, true>, show_on_off<&Options::deflate>},
    {"Services", "echo", "", "", "add the endpoint /echo", kSwitch,
     set_switch<&Options::echo, true>, show_switch<&Options::echo, true>},
    {"Services", "dialect", "NAME", "", "add /classic or /plain, for simple clients; repeatable",
     kMany, set_dialects, show_dialects},
    {"Services", "root-dialect", "NAME", "",
     "what a WebSocket on / speaks: native, classic or plain", kOne, set_root_dialect,
     show_root_dialect},
    {"Services", "console", "", "", "the operator chats and looks around in this terminal", kSwitch,
     set_switch<&Options::console, true>, show_switch<&Options::console, true>},
    {"Services", "no-web", "", "", "leave out the web page at /", kSwitch,
     set_switch<&Options::web, false>, show_switch<&Options::web, false>},

    {"Store", "store", "STORE", "", "where rooms live: memory, or sqlite:FILE", kOne, set_store,
     show_store},
    {"Store", "durability", "LEVEL", "",
     "when a message counts as stored: commit survives kill -9, fsync a power cut too", kOne,
     set_durability, show_durability},
    {"Store", "store-queue", "SIZE", "bytes", "what may wait for the store; more is refused", kOne,
     set_size<&Options::store_queue_bytes, 64 * kKiB, 1024 * kMiB>,
     show_size<&Options::store_queue_bytes>},
    {"Store", "retain-days", "N", "days", "messages are kept so long; 0 for ever", kOne,
     set_number<&Options::retain_days, 0, 36'500>, show_number<&Options::retain_days>},
    {"Store", "retain-events", "N", "events", "kept of one room; 0 for all", kOne,
     set_number<&Options::retain_events, 0, UINT32_MAX>, show_number<&Options::retain_events>},

    {"Threads", "reactors", "N", "threads", "reactor threads; by default one less than the cores",
     kOne, set_number<&Options::reactors, 1, 64>, show_number<&Options::reactors>},
    {"Threads", "acceptors", "N", "threads", "threads that accept connections", kOne,
     set_number<&Options::acceptors, 1, 16>, show_number<&Options::acceptors>},
    {"Threads", "io", "KIND", "", "how the reactors do their I/O: epoll or io_uring", kOne, set_io,
     show_io},

    {"Limits", "max-connections", "N", "connections",
     "more get HTTP 503; by default the limit of open files less 256", kOne,
     set_number<&Options::connections_max, 1, 16'000'000>, show_number<&Options::connections_max>},
    {"Limits", "max-connections-per-address", "N", "connections",
     "of one address, IPv6 by /64; 0 for no limit", kOne,
     set_number<&Options::connections_per_address_max, 0, 16'000'000>,
     show_number<&Options::connections_per_address_max>},
    {"Limits", "max-message-bytes", "SIZE", "bytes", "a larger message closes with 1009", kOne,
     set_size<&Options::message_bytes_max, 64, 16 * kMiB>, show_size<&Options::message_bytes_max>},
    {"Limits", "max-content", "N", "code points", "longest text of one chat message", kOne,
     set_number<&Options::content_code_points_max, 1, 65'536>,
     show_number<&Options::content_code_points_max>},
    {"Limits", "outbox-bytes", "SIZE", "bytes", "what may wait for one slow reader", kOne,
     set_size<&Options::outbox_bytes, kOutboxBytesMin, 64 * kMiB>,
     show_size<&Options::outbox_bytes>},
    {"Limits", "send-rate", "N", "messages a second",
     "of one connection, in bursts of twice that; 0 for no limit", kOne,
     set_number<&Options::sends_per_second, 0, 1'000'000>, show_number<&Options::sends_per_second>},
    {"Limits", "join-rate", "N", "a second",
     "joins, leaves and pages of one connection, in bursts of 100; 0 for no limit", kOne,
     set_number<&Options::joins_per_second, 0, 1'000'000>, show_number<&Options::joins_per_second>},
    {"Limits", "min-message-rate", "SIZE", "bytes a second",
     "that an unfinished message must make, over 10 s; 0 for no minimum", kOne,
     set_size<&Options::message_bytes_per_second_min, 0, kMiB>,
     show_size<&Options::message_bytes_per_second_min>},
    {"Limits", "memory-limit", "SIZE", "bytes",
     "of the process; above it slow readers get gaps, then newcomers are refused", kOne,
     set_memory_limit, show_memory_limit},
    {"Limits", "name-hold", "TIME", "time",
     "how long a name stays its user's behind the last connection", kOne,
     set_duration<&Options::name_hold, 0>, show_duration<&Options::name_hold>},

    {"Patience", "handshake-timeout", "TIME", "time", "from the connection to the upgrade", kOne,
     set_duration<&Options::handshake_timeout, 10>, show_duration<&Options::handshake_timeout>},
    {"Patience", "login-timeout", "TIME", "time", "from the upgrade to the login", kOne,
     set_duration<&Options::login_timeout, 10>, show_duration<&Options::login_timeout>},
    {"Patience", "ping-interval", "TIME", "time", "silence after which the server pings", kOne,
     set_duration<&Options::ping_interval, 100>, show_duration<&Options::ping_interval>},
    {"Patience", "stall-timeout", "TIME", "time", "how long a full outbox may make no progress",
     kOne, set_duration<&Options::stall_timeout, 100>, show_duration<&Options::stall_timeout>},
    {"Patience", "line-idle", "TIME", "time", "silence that ends a line connection", kOne,
     set_duration<&Options::line_idle, 100>, show_duration<&Options::line_idle>},

    {"Logging", "log-level", "LEVEL", "", "debug, info, warning, error or off", kOne, set_log_level,
     show_log_level},
    {"Logging", "log-format", "FORMAT", "", "text, logfmt or json, on stderr", kOne, set_log_format,
     show_log_format},
});

std::string with_underscores(std::string_view name) {
    std::string key(name);
    std::ranges::replace(key, '-', '_');
    return key;
}

}  // namespace

std::string OptionRow::environment() const {
    std::string text = "STENTOR_" + with_underscores(name);
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

std::string OptionRow::key() const {
    return with_underscores(name);
}

std::span<const OptionRow> option_rows() {
    return kRows;
}

}  // namespace stentor::chat
