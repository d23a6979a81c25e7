// A Unix socket to listen on, and its file: one that nobody answers on any more is replaced, one
// that is in use or is something else is left alone (unix(7)).
// Thread: any at start; a SocketFile is then its owner's.
// Invariant: only a file that is (still) the socket that we bound is removed at the end.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <utility>

#include "core/error.h"
#include "net/unique_fd.h"

namespace stentor::net {

// The file of a bound socket; unlinks it when it goes. Its socket must still be open then: that
// keeps the inode's number from being another file's.
class SocketFile {
public:
    SocketFile() = default;
    // Precondition: a socket is bound to `path`.
    explicit SocketFile(std::string path);
    SocketFile(SocketFile&& other) noexcept
        : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}
    SocketFile& operator=(SocketFile&& other) noexcept;
    ~SocketFile() { remove(); }

private:
    void remove();
    std::string path_;  // absolute; empty: none
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

struct BoundUnixSocket {
    UniqueFd fd;
    SocketFile file;
};

// Bound, not yet listening; non-blocking. `path` was checked by ListenAddress.
std::expected<BoundUnixSocket, core::Error> bind_unix_socket(const std::string& path);

// `path` as seen from the root.
std::string absolute_path(const std::string& path);

}  // namespace stentor::net
