// What one reactor counts. Written by its thread alone, read by any (relaxed: each cell stands
// alone).
// Thread: cells are written by the owner reactor, read by any.
// Invariant: a _total never goes down.
#pragma once

#include "core/cache_line.h"
#include "core/metrics.h"

namespace stentor::net {

struct alignas(core::kCacheLineBytes) ReactorMetrics {
    core::Counter turns_total;
    core::Counter sleeps_total;  // turns that blocked
    core::Counter accepted_total;
    core::Counter closed_total;
    core::Counter handed_over_total;         // to another reactor: neither closed here
    core::Counter handovers_declined_total;  // it stayed: no place, no even load, not at rest
    core::Counter taken_up_total;            // from another reactor: nor accepted there
    core::Counter open_failures_total;       // no slot, or no memory in the kernel
    core::Counter receives_total;
    core::Counter received_bytes_total;
    core::Counter sends_total;
    core::Counter sent_bytes_total;
    core::Counter short_writes_total;
    core::Counter deliveries_total;
    core::Counter deliveries_refused_total;  // the outbox was full
    core::Counter stalled_total;             // aborted: a full outbox without progress
    core::Counter rings_exhausted_total;     // aborted: no ring was left to lend
    core::Counter unconsumed_total;          // aborted: a full ring of which nothing was consumed
    core::Counter
        finish_timeouts_total;  // aborted: what finish() had to flush did not leave in time
    core::Counter linger_timeouts_total;  // closed: the peer did not end within the linger time
    core::Counter flush_overruns_total;   // turns whose flush used up its time
    core::Counter tls_handshakes_total;   // completed
    core::Counter tls_resumptions_total;  // of those: by a ticket
    core::Counter tls_deferrals_total;    // flights of a handshake left for a later turn
    core::Counter tls_failures_total;     // handshakes and sessions that broke TLS's rules
    core::Counter proxy_headers_refused_total;  // closed: a trusted proxy sent no good header
    core::Counter refused_per_address_total;    // behind a proxy; answered by 503
    // of the io_uring back end
    core::Counter uring_overflows_total;     // waits that found the completion ring too small
    core::Counter uring_shortages_total;     // receives that found no buffer, and came again
    core::Counter uring_spill_resets_total;  // reset: no room for what it sent and we do not read
    // gauges
    core::Gauge connections;
    core::Gauge outbox_bytes;  // logical: a shared parcel counts once for each reader
    core::Gauge rings_lent;
    core::Gauge parcels;
    core::Gauge uring_spilled_bytes;  // of connections that are not read
};

}  // namespace stentor::net
