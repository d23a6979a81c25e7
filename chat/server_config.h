// What the operator's options mean for each part of the server.
// Thread: any; pure.
// Invariant: what an option does not concern keeps the part's own default.
#pragma once

#include <cstdint>

#include "chat/front.h"
#include "chat/limits.h"
#include "chat/log/store_config.h"
#include "chat/memory_pressure.h"
#include "chat/options/options.h"
#include "core/broadcast_queue.h"
#include "net/acceptor.h"
#include "net/address_limiter.h"
#include "net/io_kind.h"
#include "net/reactor.h"

namespace stentor::chat {

Limits limits_of(const Options& options);
FrontConfig front_config_of(const Options& options);
core::BroadcastQueueConfig queue_config(std::uint32_t participants);
net::AcceptorConfig operators_acceptor(const Options& options);
net::AcceptorConfig public_acceptor(const Options& options, net::AddressLimiter& addresses,
                                    const MemoryPressure& memory);
net::AcceptorConfig line_acceptor(const Options& options, net::AddressLimiter& addresses,
                                  const MemoryPressure& memory);
std::uint32_t acceptors_in_all(const Options& options);
net::ReactorConfig reactor_config(const Options& options, net::IoKind io, std::uint32_t index);
StoreConfig store_config(const Options& options);

}  // namespace stentor::chat
