// GET /metrics: what the threads count, as Prometheus text (exposition format 0.0.4).
// Thread: any; cells are read relaxed.
// Invariant: names are stentor_…, in base units, counters end in _total; HELP and TYPE stand once
// before the samples of a name; no label holds what a user chose.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chat/log/store_config.h"
#include "chat/memory_pressure.h"
#include "chat/metrics.h"
#include "chat/tls_identity.h"
#include "core/broadcast_queue.h"
#include "net/acceptor.h"
#include "net/address_limiter.h"
#include "net/reactor_metrics.h"

namespace stentor::chat {

// Where the cells are; all of them outlive their readers. The index of a reactor or acceptor is its
// label.
struct MetricsSources {
    std::vector<const net::ReactorMetrics*> reactors;
    std::vector<const ShardMetrics*> shards;
    std::vector<const core::PortCounters*> ports;
    std::vector<const net::AcceptorMetrics*> acceptors;
    const TlsIdentity* tls = nullptr;                // none: no TLS
    const net::AddressLimiter* addresses = nullptr;  // none: not counted
    const StoreMetrics* store = nullptr;             // none: rooms live in memory
    const MemoryPressure* memory = nullptr;          // none: it has no limit
    std::uint32_t connections_max = 0;
    std::int64_t started_unix_ms = 0;
};

std::string metrics_text(const MetricsSources& sources);

}  // namespace stentor::chat
