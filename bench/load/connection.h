// One client connection: the socket, how far it has come, what is left over between two reads.
// Thread: the worker that opened it.
// Invariant: `rest` holds the beginning of one frame, never a whole one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/sequence.h"
#include "bench/load/stamp.h"
#include "bench/load/target.h"
#include "bench/load/tls_client_session.h"
#include "net/unique_fd.h"

namespace stentor::bench {

enum class Phase : std::uint8_t { kClosed, kConnecting, kSecuring, kUpgrading, kJoining, kReady };

inline constexpr std::uint32_t kNoStream = ~std::uint32_t{0};

struct Connection {
    net::UniqueFd fd;
    std::unique_ptr<TlsClientSession> tls;  // null where the URL is ws://
    TargetState* target = nullptr;
    std::uint32_t index = 0;  // within its target
    std::uint32_t room = 0;
    Phase phase = Phase::kClosed;
    bool wants_write = false;
    std::int64_t opened_ns = 0;

    std::string rest;
    std::uint64_t skip_bytes = 0;  // of a large frame that the driver has seen enough of
    std::string outbox;
    std::size_t outbox_sent = 0;

    // Of the driver that measures messages.
    std::vector<Sequence> sequences;  // what came of each stream of the room
    std::uint32_t stamp_offset = 0;   // where the last stamp stood, and the last seq
    std::uint32_t seq_offset = 0;
    std::uint64_t last_seq = 0;
    Stamp pending;  // of the frame that is being skipped
    std::uint64_t pending_bytes = 0;
    std::uint32_t stream = kNoStream;  // the one that it sends
    std::uint32_t in_flight = 0;
    std::uint32_t completed = 0;  // own messages that came back, not yet answered by new ones
};

}  // namespace stentor::bench
