// What an operator can set: the values that the program runs with (README.md, "Tune it by flags").
// The table beside this file (table.h) says how each is named, written and explained.
// Thread: immutable after start.
// Invariant: every value was checked by the table, or is its default.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chat/protocol/encode.h"
#include "chat/service_id.h"
#include "core/instant.h"
#include "core/log.h"
#include "net/address_range.h"
#include "net/io_kind.h"
#include "net/listen_address.h"

namespace stentor::chat {

struct Options {
    std::vector<net::ListenAddress> listen;
    std::optional<net::ListenAddress> admin_listen;
    bool reuse_port = false;           // no probe whether another program listens there
    std::string tcp_congestion;        // empty: the system's
    std::string ports_file;            // empty: none
    std::string tls_certificate_file;  // empty: none; both or neither
    std::string tls_key_file;
    std::vector<net::AddressRange> proxies;  // whose connections begin with a PROXY header
    std::vector<std::string> origins;
    bool deflate = true;
    bool web = true;
    bool echo = false;
    std::vector<Service> dialects;  // beside the native one: those that have a path
    Service root_dialect = Service::kNative;
    std::optional<net::ListenAddress> line_listen;
    bool console = false;

    std::string store_file;                     // of SQLite; empty: rooms live in memory
    Durability durability = Durability::kDisk;  // or kSynced
    std::size_t store_queue_bytes = 8 * 1024 * 1024;
    std::uint32_t retain_days = 30;           // 0: for ever
    std::uint32_t retain_events = 1'000'000;  // of a room; 0: all

    std::uint32_t reactors = 1;
    std::uint32_t acceptors = 1;
    net::IoKind io = net::IoKind::kEpoll;

    std::size_t message_bytes_max = 64 * 1024;
    std::uint32_t content_code_points_max = 4096;
    std::size_t outbox_bytes = 256 * 1024;
    std::uint32_t sends_per_second = 20;             // 0: no limit
    std::uint32_t joins_per_second = 10;             // 0: no limit
    std::size_t message_bytes_per_second_min = 512;  // 0: no minimum
    std::size_t memory_limit_bytes = 0;              // 0: none
    std::uint32_t connections_max = 0;
    std::uint32_t connections_per_address_max = 0;  // 0: no limit
    core::Duration name_hold = std::chrono::minutes{10};

    core::Duration handshake_timeout = std::chrono::seconds{5};
    core::Duration login_timeout = std::chrono::seconds{10};
    core::Duration ping_interval = std::chrono::seconds{25};
    core::Duration stall_timeout = std::chrono::seconds{30};
    core::Duration line_idle = std::chrono::minutes{5};

    core::log::Level log_level = core::log::Level::kInfo;
    core::log::Format log_format = core::log::Format::kText;
};

// The defaults on this machine: its cores and its limit of file descriptors say how many reactors
// and connections.
Options default_options();

}  // namespace stentor::chat
