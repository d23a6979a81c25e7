// One process owns a store: locks that end with the process however that ends. One on FILE.lock,
// which says who the owner is, and one on the database itself, which holds by whatever name (a hard
// link) somebody comes.
// Thread: any, one at a time.
// Invariant: while one holds the lock of a file, nobody else does.
#pragma once

#include <expected>
#include <string>

#include "core/error.h"

namespace stentor::chat {

class FileLock {
public:
    // Makes the file where there is none; it stays when the lock ends. The error says who holds it.
    static std::expected<FileLock, core::Error> take(const std::string& path);
    // On the database itself; made where there is none, for its owner's eyes alone. SQLite's own
    // locks there are POSIX ones, which any close() of that file in this process drops: so it is
    // taken before SQLite opens the file, and ends after SQLite has closed it.
    static std::expected<FileLock, core::Error> take_database(const std::string& path);
    // What remember() left in the file, by whoever had its lock last.
    const std::string& words() const { return words_; }
    // In one line, over the end of this process and over power cuts. Words that could not be
    // written (no space) leave others, or none.
    void remember(const std::string& words);
    // Is there another file at `path` now, or none? A path that cannot be looked at tells nothing.
    bool was_moved_from(const std::string& path) const;
    FileLock() = default;  // of nothing
    ~FileLock();
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;

private:
    explicit FileLock(int fd) : fd_(fd) {}
    // `owner`: what the locked file says of who has it.
    static std::expected<FileLock, core::Error> open_and_lock(const std::string& path,
                                                              std::string (&owner)(int fd));
    int fd_ = -1;
    std::string words_;
};

}  // namespace stentor::chat
