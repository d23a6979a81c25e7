// Which back end a reactor does its I/O with (--io), and how one is made.
// Thread: any.
// Invariant: none.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>

#include "core/error.h"
#include "net/io_backend.h"

namespace stentor::net {

enum class IoKind : std::uint8_t { kEpoll, kUring };

// Does this program, on this kernel and for this process, have it? The error says why not.
std::expected<void, core::Error> check_io(IoKind kind);

// At most `events_max` events come from one wait(). What check_io() allows can still fail for want
// of descriptors or memory.
std::expected<std::unique_ptr<IoBackend>, core::Error> make_backend(IoKind kind,
                                                                    std::uint32_t events_max);

}  // namespace stentor::net
