// A disk for SQLite that lives in memory, and loses power: what was written and not synced may be
// there afterwards, or not, each write for itself. Writes and syncs can be made to fail, too.
// Thread: the test's.
// Invariant: what was synced is never forgotten.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace stentor::chat {

class ForgetfulDisk {
public:
    // Registers itself with SQLite as `name`; one at a time of a name.
    explicit ForgetfulDisk(const std::string& name);
    ~ForgetfulDisk();
    ForgetfulDisk(const ForgetfulDisk&) = delete;
    ForgetfulDisk& operator=(const ForgetfulDisk&) = delete;

    const std::string& name() const { return name_; }

    // From now on nothing reaches the disk: what still runs is dead, and does not know it.
    void freeze() { frozen_ = true; }
    // Everything that was open is closed by now. `keeps` is asked for each write that was not
    // synced, oldest first: is it there?
    void cut_power(const std::function<bool()>& keeps);
    // Is this in any file, as the disk holds it?
    bool holds(std::string_view text) const;

    enum class Fault : std::uint8_t { kNone, kNoSpace, kWriteError, kSyncError };
    // From the n-th write (or sync) from now on, 0 being the next one, `times` of them fail.
    void fail(Fault fault, std::uint64_t nth, std::uint64_t times = ~std::uint64_t{0});
    std::uint64_t writes() const { return writes_; }
    std::uint64_t syncs() const { return syncs_; }

    struct Write {
        std::size_t offset;
        std::string bytes;  // empty: the file was cut to `offset`
    };
    struct File {
        std::string synced;
        std::string now;
        std::vector<Write> unsynced;
        int handles = 0;
        void apply(std::string& to, const Write& write) const;
    };
    struct Shm {
        std::vector<std::unique_ptr<std::vector<char>>> regions;
    };
    // For the calls of SQLite.
    int write(File& file, std::size_t offset, std::string_view bytes);
    int cut(File& file, std::size_t size);
    int sync(File& file);
    bool remove(const std::string& path);
    std::map<std::string, std::shared_ptr<File>> files;
    std::map<std::string, Shm> shms;

private:
    bool fails(Fault fault, std::uint64_t at);

    std::string name_;
    sqlite3_vfs vfs_{};
    bool frozen_ = false;
    Fault fault_ = Fault::kNone;
    std::uint64_t fails_from_ = 0;
    std::uint64_t fails_to_ = 0;
    std::uint64_t writes_ = 0;
    std::uint64_t syncs_ = 0;
};

}  // namespace stentor::chat
