// See socket.h.
// Thread: see socket.h. Invariant: see socket.h.
#include "tests/faults/socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

#include "tests/faults/syscalls.h"

namespace stentor::faults {
namespace {

constexpr time_t kPatienceSeconds = 20;

void set(int fd, int level, int name, const void* value, socklen_t size) {
    EXPECT_EQ(::setsockopt(fd, level, name, value, size), 0) << std::strerror(errno);
}

}  // namespace

Socket::Socket(std::uint16_t port, bool tls) {
    const ClientSide client;
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
    set(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    set(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int yes = 1;
    set(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        on_error("connect");
        return;
    }
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    local_port_ = ntohs(address.sin_port);
    if (tls) {
        tls_ = std::make_unique<test::TlsClient>();
        shake_hands();
    }
}

bool Socket::shake_hands() {
    tls_->turn();
    std::string early;
    while (write_ciphertext() && !tls_->connected() && read(early)) {
    }
    return !ended_;
}

bool Socket::write_ciphertext() {
    const std::vector<std::byte> bytes = tls_->take();
    return write_raw({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Socket::~Socket() {
    close();
}

bool Socket::write(std::string_view bytes) {
    if (!tls_) return write_raw(bytes);
    return !ended_ && tls_->send(bytes) && write_ciphertext();
}

bool Socket::write_raw(std::string_view bytes) {
    const ClientSide client;
    while (!ended_ && !bytes.empty()) {
        const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            on_error("send");
        } else {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    return !ended_;
}

bool Socket::read(std::string& into) {
    const ClientSide client;
    if (ended_) return false;
    std::array<char, 16384> bytes;
    const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (size < 0) {
        on_error("recv");
    } else if (size == 0) {
        ended_well_ = true;
        close();
    } else if (!tls_) {
        into.append(bytes.data(), static_cast<std::size_t>(size));
    } else {
        tls_->put(std::as_bytes(std::span(bytes)).first(static_cast<std::size_t>(size)));
        EXPECT_FALSE(tls_->failed()) << tls_->failure();
        into += tls_->received();
        tls_->forget_received();
    }
    return !ended_;
}

std::string Socket::read_to_end() {
    std::string bytes;
    while (read(bytes)) {
    }
    return bytes;
}

void Socket::finish_writing() {
    ::shutdown(fd_.get(), SHUT_WR);
}

void Socket::reset() {
    const ClientSide client;
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    set(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void Socket::close() {
    const ClientSide client;
    fd_.reset();
    ended_ = true;
}

void Socket::on_error(const char* what) {
    EXPECT_NE(errno, EAGAIN) << "the server hangs: " << what << " waited in vain";
    close();
}

}  // namespace stentor::faults
