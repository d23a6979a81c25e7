// What the store is asked without being changed: pages of events, users, lists of rooms; by a
// connection that cannot write, beside the one that does (docs/decisions.md, "Durable store").
// Thread: the store's reader; opening and closing by who owns the store.
// Invariant: an answer shows one state of the database; no read transaction outlives it.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "chat/envelope.h"
#include "chat/log/sqlite_connection.h"
#include "chat/log/sqlite_people.h"
#include "chat/log/store_config.h"
#include "chat/log/store_shared.h"
#include "core/hash.h"
#include "core/instant.h"

namespace stentor::chat {

class SqliteReader {
public:
    // Of a store that was opened before; the rest outlives it.
    static std::expected<std::unique_ptr<SqliteReader>, core::Error> open(
        const StoreConfig& config, const core::Clock& clock, core::HashKey epoch_key,
        const OpenRooms& open_rooms, StoreHealth& health, StoreMetrics& metrics);

    // LogRead for a ReadLog, UserFound for a FindUser, RoomsListed for a ListRooms.
    Envelope answer(const Envelope& asked);

    LogRead read(const ReadLog& wanted);
    UserFound find(const FindUser& wanted);
    RoomsListed list(const ListRooms& wanted);

private:
    SqliteReader(const StoreConfig& config, const core::Clock& clock, const OpenRooms& open_rooms,
                 StoreHealth& health, StoreMetrics& metrics)
        : config_(config),
          clock_(clock),
          open_rooms_(open_rooms),
          health_(health),
          metrics_(metrics) {}
    SqliteResult<> start(core::HashKey epoch_key);
    // One state for all that `work` reads.
    template <typename Work>
    bool snapshot(Work&& work);
    SqliteResult<> read_page(const OpenRooms::Room& room, const ReadLog& wanted, LogRead& page);
    // Appends the event of this row to json_.
    SqliteResult<> encode(const SqliteStatement::Rows& row, const OpenRooms::Room& room);
    SqliteResult<> collect_reactions(std::int64_t room, std::uint64_t seq);

    const StoreConfig config_;
    const core::Clock& clock_;
    const OpenRooms& open_rooms_;
    StoreHealth& health_;
    StoreMetrics& metrics_;
    SqliteConnection connection_;
    SqlitePeopleReader people_;
    SqliteStatement oldest_first_;
    SqliteStatement newest_first_;
    SqliteStatement find_reactions_;
    std::string json_;
    // Of the message under way: emoji and names, in the order in which they came.
    struct Reaction {
        std::string emoji;
        std::vector<std::string> names;
    };
    std::vector<Reaction> reactions_;
};

}  // namespace stentor::chat
