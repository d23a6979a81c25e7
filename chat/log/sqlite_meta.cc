// What is behind sqlite_meta.h: rows of the table meta.
// Thread: as the connection.
// Invariant: see sqlite_meta.h.
#include "chat/log/sqlite_meta.h"

#include <cstring>
#include <fstream>
#include <span>

#include "chat/random.h"

namespace stentor::chat {
namespace {

class Meta {
public:
    explicit Meta(SqliteConnection& connection) : connection_(connection) {}

    SqliteResult<> prepare() {
        return connection_.prepare({{find_, "SELECT value FROM meta WHERE key = ?"},
                                    {put_,
                                     "INSERT INTO meta VALUES (?1, ?2) "
                                     "ON CONFLICT DO UPDATE SET value = ?2"}});
    }
    SqliteResult<std::string> find(std::string_view key) {
        auto rows = find_.rows(key);
        const auto found = rows.next();
        if (!found) return std::unexpected(found.error());
        return std::string(*found ? rows.text(0) : std::string_view());
    }
    SqliteResult<> find_all(std::array<std::string_view, 3> keys,
                            std::array<std::string, 3>& values) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            auto value = find(keys[i]);
            if (!value) return std::unexpected(std::move(value.error()));
            values[i] = std::move(*value);
        }
        return {};
    }
    SqliteResult<> put(std::string_view key, std::string_view value) {
        return put_.run(key, std::as_bytes(std::span(value)));
    }
    // As it stands there; made where it does not, or when it is to be a new one.
    template <typename Key>
    SqliteResult<> key(std::string_view name, Key& key, bool anew = false) {
        const auto found = find(name);
        if (!found) return std::unexpected(found.error());
        if (found->size() == sizeof key && !anew) {
            std::memcpy(&key, found->data(), sizeof key);
            return {};
        }
        fill_from_kernel(std::as_writable_bytes(std::span(&key, 1)));
        return put_.run(name, std::as_bytes(std::span(&key, 1)));
    }

private:
    SqliteConnection& connection_;
    SqliteStatement find_;
    SqliteStatement put_;
};

constexpr std::string_view kYes = "yes";
constexpr std::string_view kNo = "no";

// Another token. At any moment the witness knows the one that stands in the file.
class Token {
public:
    Token(Meta& meta, FileLock* witness) : meta_(meta), witness_(witness) {}

    // In the transaction.
    SqliteResult<> change() {
        const auto before = meta_.find("token");
        if (!before) return std::unexpected(before.error());
        SystemRandom random;
        now_ = random_epoch(random);
        if (witness_ != nullptr) witness_->remember(*before + " " + now_);
        return meta_.put("token", now_);
    }
    void committed() {
        if (witness_ != nullptr) witness_->remember(now_);
    }

private:
    Meta& meta_;
    FileLock* const witness_;
    std::string now_;
};

enum class Copy : std::uint8_t { kNewest, kOlder, kUnknown };

SqliteResult<Copy> which_copy(Meta& meta, const FileLock* witness) {
    std::array<std::string, 3> values;
    if (auto found = meta.find_all({"epoch_key", "token", "doubt"}, values); !found) {
        return std::unexpected(std::move(found.error()));
    }
    const auto& [key, token, doubt] = values;
    if (key.empty()) return Copy::kNewest;  // made just now
    if (witness == nullptr || token.empty() || witness->words().empty()) return Copy::kUnknown;
    if ((" " + witness->words() + " ").find(" " + token + " ") == std::string::npos) {
        return Copy::kOlder;
    }
    return doubt == kYes ? Copy::kUnknown : Copy::kNewest;
}

SqliteResult<bool> past_is_whole(Meta& meta, std::string_view boot_id) {
    std::array<std::string, 3> values;
    if (auto found = meta.find_all({"clean", "synced", "boot_id"}, values); !found) {
        return std::unexpected(std::move(found.error()));
    }
    return values[0] == kYes || values[1] == kYes || (!boot_id.empty() && values[2] == boot_id);
}

}  // namespace

std::string kernel_boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

SqliteResult<StoreKeys> take_over(SqliteConnection& connection, bool synced,
                                  std::string_view boot_id, FileLock* witness) {
    StoreKeys keys{};
    Meta meta(connection);
    Token token(meta, witness);
    // Or a power cut could bring back the time when it was clean, without what came since.
    auto done = in_turn([&] { return connection.execute("PRAGMA synchronous = FULL"); },
                        [&] { return meta.prepare(); });
    if (!done) return std::unexpected(std::move(done.error()));
    done = connection.transaction([&]() -> SqliteResult<> {
        const auto whole = past_is_whole(meta, boot_id);
        if (!whole) return std::unexpected(whole.error());
        const auto copy = which_copy(meta, witness);
        if (!copy) return std::unexpected(copy.error());
        const bool anew = !*whole || *copy == Copy::kOlder;
        keys.in_doubt = !anew && *copy == Copy::kUnknown;
        return in_turn([&] { return meta.key("session_key", keys.session); },
                       [&] { return meta.key("content_key", keys.content); },
                       [&] { return meta.key("epoch_key", keys.epoch, anew); },
                       [&] { return meta.key("unwritten_key", keys.unwritten); },
                       [&] { return meta.put("doubt", keys.in_doubt ? kYes : kNo); },
                       [&] { return token.change(); }, [&] { return meta.put("clean", kNo); },
                       [&] { return meta.put("synced", synced ? kYes : kNo); },
                       [&] { return meta.put("boot_id", boot_id); });
    });
    if (!done) return std::unexpected(std::move(done.error()));
    token.committed();
    return keys;
}

SqliteResult<> hand_over(SqliteConnection& connection, FileLock* witness) {
    Meta meta(connection);
    Token token(meta, witness);
    const auto mark = [&] {
        return in_turn([&] { return token.change(); }, [&] { return meta.put("clean", kYes); });
    };
    auto done =
        in_turn([&] { return connection.execute("PRAGMA synchronous = FULL"); },
                [&] { return meta.prepare(); }, [&] { return connection.transaction(mark); });
    if (done) token.committed();
    return done;
}

SqliteResult<> renew_unwritten_key(SqliteConnection& connection, core::HashKey& key) {
    Meta meta(connection);
    return in_turn([&] { return meta.prepare(); },
                   [&] { return meta.key("unwritten_key", key, true); });
}

std::string visible_epoch(core::HashKey epoch_key, std::string_view epoch_of_room) {
    constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
    std::uint64_t bits = core::siphash_2_4(epoch_key, epoch_of_room);
    std::string epoch(kEpochCharacters, '\0');
    for (char& character : epoch) {
        character = kBase32[bits % kBase32.size()];
        bits /= kBase32.size();
    }
    return epoch;
}

}  // namespace stentor::chat
