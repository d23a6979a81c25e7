// See unix_socket.h.
// Thread: see unix_socket.h.
// Invariant: see unix_socket.h.
#include "net/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "core/check.h"

namespace stentor::net {

namespace {

using core::Error;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    STENTOR_CHECK(path.size() < sizeof address.sun_path);
    address.sun_family = AF_UNIX;
    std::ranges::copy(path, address.sun_path);
    return address;
}

UniqueFd make_socket() {
    return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Error failed(const std::string& path, int error_number) {
    return Error::from_errno(error_number, "cannot listen on unix:" + path);
}

// Takes a stale socket's file away. An error: what is there is somebody's.
std::expected<void, Error> make_room(const std::string& path, const sockaddr_un& address) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        return std::unexpected(failed(path, errno));
    }
    if (!S_ISSOCK(status.st_mode)) {
        return std::unexpected(Error::because("cannot listen on unix:" + path +
                                              ": a file that is no socket is there; choose "
                                              "another path"));
    }
    const UniqueFd probe = make_socket();
    if (!probe) return std::unexpected(failed(path, errno));
    const int connected =
        ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (connected == 0 || errno == EAGAIN) {  // EAGAIN: its backlog is full, so somebody listens
        return std::unexpected(Error::because("unix:" + path +
                                              " is in use by another program: stop that one, or "
                                              "choose another path"));
    }
    if (errno != ECONNREFUSED) {
        if (errno == ENOENT) return {};
        return std::unexpected(failed(path, errno));
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return std::unexpected(failed(path, errno));
    return {};
}

}  // namespace

std::string absolute_path(const std::string& path) {
    std::error_code error;
    std::string absolute = std::filesystem::absolute(path, error).string();
    return error ? path : absolute;
}

SocketFile::SocketFile(std::string path) : path_(absolute_path(path)) {
    struct stat status{};
    if (::lstat(path_.c_str(), &status) != 0) path_.clear();
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
    if (this != &other) {
        remove();
        path_ = std::exchange(other.path_, {});
        device_ = other.device_;
        inode_ = other.inode_;
    }
    return *this;
}

void SocketFile::remove() {
    if (path_.empty()) return;
    struct stat status{};
    const bool ours =
        ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
    if (ours) ::unlink(path_.c_str());
    path_.clear();
}

std::expected<BoundUnixSocket, Error> bind_unix_socket(const std::string& path) {
    const sockaddr_un address = address_of(path);
    if (auto free = make_room(path, address); !free) return std::unexpected(free.error());
    BoundUnixSocket bound{make_socket(), {}};
    if (!bound.fd ||
        ::bind(bound.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        return std::unexpected(failed(path, errno));
    }
    bound.file = SocketFile(path);
    // Who may pass the folder may connect, as with a port on loopback, whatever the umask.
    if (::chmod(path.c_str(), 0666) < 0) return std::unexpected(failed(path, errno));
    return bound;
}

}  // namespace stentor::net
