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

#include "chat/log/file_lock.h"
#include "chat/log/sqlite_connection.h"
#include "core/hash.h"

namespace stentor::chat {

struct StoreKeys {
    std::array<std::byte, 32> session;  // signs session tokens
    core::HashKey content;              // of the hashes by which a repeated message is known
    core::HashKey epoch;
    core::HashKey unwritten;  // of the epochs of rooms that have no row
    bool in_doubt = false;    // this may be an older copy of the store
};

// What /proc calls this run of the kernel; empty when it cannot be read: then none is the same.
std::string kernel_boot_id();

// `witness`: what stands beside the store and says which copy of it was in use last, by a token
// that is another one after each opening and each clean end. Null: nobody says so.
//
// From now on the store is in use, by a process that keeps what it told over a power cut
// (`synced`), or only over its own end. The epochs stay if the store was closed cleanly, was
// synced, or if there was no power cut since; but not where the witness knows another copy. One
// that knows none leaves doubt, until the epochs are others. Durable when it returns, whatever the
// connection's setting.
SqliteResult<StoreKeys> take_over(SqliteConnection& connection, bool synced,
                                  std::string_view boot_id, FileLock* witness);
// All is on disk, and what uses the store next may believe it.
SqliteResult<> hand_over(SqliteConnection& connection, FileLock* witness);

// In a transaction: `key` is another one from then on.
SqliteResult<> renew_unwritten_key(SqliteConnection& connection, core::HashKey& key);

// A room's epoch as clients see it.
std::string visible_epoch(core::HashKey epoch_key, std::string_view epoch_of_room);

}  // namespace stentor::chat
