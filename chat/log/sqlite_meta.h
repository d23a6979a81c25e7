// The store as a whole: its keys, and whether its past can be believed (docs/decisions.md, "Epochs
// tell the truth"). What clients see as a room's epoch is made of the room's own and of a key of
// the store, so that all rooms get another one at once when the past may be shorter than what was
// told of it.
// Thread: as the connection.
// Invariant: the key of the epochs is the same as long as every event that was told is still there.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "chat/log/sqlite_connection.h"
#include "core/hash.h"

namespace stentor::chat {

struct StoreKeys {
    std::array<std::byte, 32> session;  // signs session tokens
    core::HashKey content;              // of the hashes by which a repeated message is known
    core::HashKey epoch;
    core::HashKey unwritten;  // of the epochs of rooms that have no row
};

// What /proc calls this run of the kernel; empty when it cannot be read: then none is the same.
std::string kernel_boot_id();

// From now on the store is in use, by a process that keeps what it told over a power cut
// (`synced`), or only over its own end. The epochs stay if the store was closed cleanly, was
// synced, or if there was no power cut since. Durable when it returns, whatever the connection's
// setting.
SqliteResult<StoreKeys> take_over(SqliteConnection& connection, bool synced,
                                  std::string_view boot_id);
// All is on disk, and what uses the store next may believe it.
SqliteResult<> hand_over(SqliteConnection& connection);

// In a transaction: `key` is another one from then on.
SqliteResult<> renew_unwritten_key(SqliteConnection& connection, core::HashKey& key);

// A room's epoch as clients see it.
std::string visible_epoch(core::HashKey epoch_key, std::string_view epoch_of_room);

}  // namespace stentor::chat
