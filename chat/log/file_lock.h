// One process owns a store: a lock on FILE.lock, which ends with the process however that ends. Not
// on the database itself: SQLite's own locks there are POSIX ones, which any close() of that file
// in this process would drop.
// Thread: any, one at a time.
// Invariant: while one holds the lock of a path, nobody else does.
#pragma once

#include <expected>
#include <string>

#include "core/error.h"

namespace stentor::chat {

class FileLock {
public:
    // Makes the file where there is none; it stays when the lock ends. The error says who holds it.
    static std::expected<FileLock, core::Error> take(const std::string& path);
    FileLock() = default;  // of nothing
    ~FileLock();
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;

private:
    explicit FileLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace stentor::chat
