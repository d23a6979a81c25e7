// The log that decides and writes: a batch of what shards want becomes one transaction, and every
// envelope that wants an answer becomes that answer (docs/decisions.md, "Durable store"). Pure of
// threads and lanes: sqlite_store.h drives it.
// Thread: the store's writer; construction and close() by who owns the store.
// Invariant: an answer says that something is stored only when its transaction was committed; after
// a failure that is not for want of space nothing is ever stored again.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/direct_room.h"
#include "chat/envelope.h"
#include "chat/log/file_lock.h"
#include "chat/log/sqlite_checkpoints.h"
#include "chat/log/sqlite_connection.h"
#include "chat/log/sqlite_events.h"
#include "chat/log/sqlite_ids.h"
#include "chat/log/sqlite_meta.h"
#include "chat/log/sqlite_people.h"
#include "chat/log/sqlite_retention.h"
#include "chat/log/store_config.h"
#include "chat/log/store_shared.h"
#include "chat/random.h"
#include "core/hash.h"
#include "core/instant.h"

namespace stentor::chat {

// What came from a shard, and later what goes back to it; std::monostate: nothing does.
struct StoreWork {
    std::uint32_t shard;
    Envelope what;
};

class SqliteLog {
public:
    // `clock`, `shared`, `metrics` and `witness` (sqlite_meta.h) outlive it.
    static std::expected<std::unique_ptr<SqliteLog>, core::Error> open(
        const StoreConfig& config, const core::Clock& clock, OpenRooms& open_rooms,
        StoreHealth& health, StoreMetrics& metrics, FileLock* witness = nullptr);
    ~SqliteLog();

    const StoreKeys& keys() const { return keys_; }
    const std::vector<HeldName>& held_names() const { return held_names_; }

    void apply(std::span<StoreWork> batch);
    // One bounded step of what is done between batches: checkpoints, retention. `idle`: there was
    // no batch just now. Says when it wants to be called again; a time that has come: at once.
    core::Instant tend(bool idle);
    // What retention has to tell shards; empties it.
    std::vector<StoreWork> take_notices() { return std::exchange(notices_, {}); }

    // Everything to disk, and the store marked as whole. When nobody reads it any more; nothing
    // but destruction after it.
    void close();

private:
    struct Opening {
        RoomKey key;
        std::uint32_t shard;
    };
    struct Room {
        StoredRoom stored;
        std::string name;
        std::string epoch;            // as clients see it
        std::string unwritten_epoch;  // the room's half while it has no row
        std::optional<DirectRoom> direct;
        SqliteIds::Room ids;
        std::vector<Opening> openings;
        bool unsure = false;  // what is stored was rolled back
    };

    SqliteLog(const StoreConfig& config, const core::Clock& clock, OpenRooms& open_rooms,
              StoreHealth& health, StoreMetrics& metrics);
    SqliteResult<> start();

    SqliteResult<> look_after_file(core::Instant now);
    SqliteResult<> handle_all(std::span<StoreWork> batch);
    SqliteResult<> handle(StoreWork& work, Box<OpenLog>& open);
    SqliteResult<> handle(StoreWork& work, AppendToLog& append);
    SqliteResult<> handle(StoreWork& work, CloseLog& close);
    SqliteResult<> handle(StoreWork& work, RenewEpoch& renew);
    SqliteResult<> handle(StoreWork& work, Box<NoteUser>& note);
    SqliteResult<> handle(StoreWork& work, Box<NotePosition>& note);

    // Why it cannot be; nothing: it can.
    using Verdict = SqliteResult<std::optional<ErrorCode>>;
    Verdict append(Room& room, Publish& publish);
    std::optional<ErrorCode> answer_again(const Room& room, Publish& publish,
                                          const SqliteIds::Known& first, std::uint64_t hash) const;
    Verdict judge(Room& room, const Publish& publish);
    SqliteResult<> change_target(Room& room, const Publish& publish);
    std::uint64_t content_hash(const Publish& publish);

    static SqliteIds::Place place_of(Room& room) {
        return {room.ids, room.stored.room, room.stored.first, room.stored.head};
    }
    // Rooms that are open (sqlite_log_rooms.cc).
    SqliteResult<LogOpened> open(const OpenLog& open, std::uint32_t shard);
    SqliteResult<> make_sure(Room& room);
    SqliteResult<> make_row(Room& room);
    SqliteResult<> remove_room(std::int64_t room);
    Room* find(RoomKey key);
    void close_key(RoomKey key);
    void refuse(std::span<StoreWork> batch);
    Envelope open_anyway(std::uint32_t shard, const OpenLog& open);
    void undo();
    void on_trouble(const SqliteError& error);
    void on_success();
    SqliteResult<> trim(const SqliteRetention::Trim& trim);

    const StoreConfig config_;
    const core::Clock& clock_;
    OpenRooms& open_rooms_;
    StoreHealth& health_;
    StoreMetrics& metrics_;
    FileLock* witness_ = nullptr;
    SystemRandom random_;
    FileLock database_;  // ends after connection_ has
    core::Instant file_seen_at_{};
    SqliteConnection connection_;
    StoreKeys keys_{};
    std::vector<HeldName> held_names_;
    SqliteEvents events_;
    SqliteIds ids_;
    SqlitePeopleWriter people_;
    SqliteCheckpoints checkpoints_;
    SqliteRetention retention_;
    // By name; and those that have a row, as the database counts them.
    boost::unordered_flat_map<std::string, std::unique_ptr<Room>, core::StringHash, std::equal_to<>>
        rooms_;
    boost::unordered_flat_map<std::int64_t, Room*, core::IdHash> stored_rooms_;
    boost::unordered_flat_map<RoomKey, Room*, core::IdHash> by_key_;
    // By the batch under way.
    std::vector<RoomKey> opened_now_;
    std::vector<Room*> written_now_;  // got their rows
    std::vector<StoreWork> notices_;
    std::string hashed_;
    std::uint64_t stored_now_ = 0;
    bool erased_now_ = false;
    bool full_ = false;
};

}  // namespace stentor::chat
