// Names the dialect that a connection speaks: its row's place in chat/dialect/service.cc, which
// alone knows them all. Named here are those that code beside the table means.
// Thread: any; a value.
// Invariant: there are kServicesMax at most.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stentor::chat {

enum class Service : std::uint8_t { kNative, kEcho, kLine, kConsole };

inline constexpr std::size_t kServicesMax = 32;

}  // namespace stentor::chat
