// What is behind file_lock.h: flock(2), and the owner's pid as text in the file.
// Thread: any, one at a time.
// Invariant: see file_lock.h.
#include "chat/log/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace stentor::chat {
namespace {

std::string nobody_known(int /*fd*/) {
    return "";
}

std::string text_of(int fd) {
    std::array<char, 256> text{};
    const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
    return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string owner_of(int fd) {
    const std::string text = text_of(fd);
    const std::string pid = text.substr(0, text.find_first_not_of("0123456789"));
    return pid.empty() ? "" : " (pid " + pid + ")";
}

}  // namespace

std::expected<FileLock, core::Error> FileLock::open_and_lock(const std::string& path,
                                                             std::string (&owner)(int fd)) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return std::unexpected(core::Error::from_errno(errno, "open " + path));
    FileLock lock(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) {
        return std::unexpected(core::Error::from_errno(errno, "lock " + path));
    }
    return std::unexpected(core::Error::because("stentor already runs on this store" + owner(fd) +
                                                ": " + path + " is locked"));
}

std::expected<FileLock, core::Error> FileLock::take_database(const std::string& path) {
    return open_and_lock(path, nobody_known);
}

std::expected<FileLock, core::Error> FileLock::take(const std::string& path) {
    auto lock = open_and_lock(path, owner_of);
    if (!lock) return lock;
    const std::string text = text_of(lock->fd_);
    if (const std::size_t begin = text.find('\n'); begin != std::string::npos) {
        lock->words_ = text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
    }
    lock->remember(lock->words_);
    return lock;
}

// The pid is for who comes second. Who cannot write any of it has the lock all the same.
void FileLock::remember(const std::string& words) {
    words_ = words;
    const std::string text = std::to_string(::getpid()) + "\n" + words + "\n";
    const auto size = static_cast<ssize_t>(text.size());
    const bool written = ::pwrite(fd_, text.data(), text.size(), 0) == size &&
                         ::ftruncate(fd_, size) == 0 && ::fdatasync(fd_) == 0;
    static_cast<void>(written);
}

bool FileLock::was_moved_from(const std::string& path) const {
    struct stat held{};
    if (::fstat(fd_, &held) != 0) return false;
    if (held.st_nlink == 0) return true;
    struct stat there{};
    if (::stat(path.c_str(), &there) != 0) {
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    }
    return held.st_ino != there.st_ino || held.st_dev != there.st_dev;
}

FileLock::~FileLock() {
    if (fd_ >= 0) ::close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), words_(std::move(other.words_)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(words_, other.words_);
    return *this;
}

}  // namespace stentor::chat
