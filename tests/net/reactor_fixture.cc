// Thread, invariant: see reactor_fixture.h.
#include "tests/net/reactor_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <chrono>

#include "net/handoff.h"
#include "tests/net/loopback.h"
#include "tests/support/io_kind.h"
#include "tests/support/test_certificate.h"

namespace stentor::net {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

}  // namespace

Peer::Peer(std::uint16_t port, int receive_buffer_bytes)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer_bytes > 0) {
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                     sizeof receive_buffer_bytes);
    }
    const sockaddr_in address = loopback(port);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
}

std::size_t Peer::send(std::string_view text) {
    const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void Peer::read(std::size_t bytes_max) {
    std::array<char, 65536> bytes;
    while (!ended && !was_reset && bytes_max > 0) {
        const ssize_t got =
            ::recv(fd_.get(), bytes.data(), std::min(bytes.size(), bytes_max), MSG_DONTWAIT);
        if (got > 0) {
            received.append(bytes.data(), static_cast<std::size_t>(got));
            bytes_max -= static_cast<std::size_t>(got);
        } else if (got == 0) {
            ended = true;
        } else if (errno == ECONNRESET || errno == EPIPE) {
            was_reset = true;
        } else {
            return;
        }
    }
}

void Peer::shut_for_writing() {
    ::shutdown(fd_.get(), SHUT_WR);
}

void Peer::reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_.reset();
}

ReactorTest::~ReactorTest() {
    if (!reactor_) return;
    reactor_->end();
    EXPECT_EQ(reactor_->connections(), 0u);
    EXPECT_EQ(reactor_->metrics().outbox_bytes.value(), 0);
    EXPECT_EQ(reactor_->metrics().rings_lent.value(), 0);
    EXPECT_EQ(reactor_->metrics().parcels.value(), 0);
    EXPECT_EQ(static_cast<std::size_t>(app_.closed), app_.opened.size());
}

void ReactorTest::start(ReactorConfig config, bool real_time) {
    if (!real_time) config.clock = &clock_;
    config.io = test::io_for_test();
    auto reactor = Reactor::create(config);
    ASSERT_TRUE(reactor) << reactor.error().message();
    reactor_ = std::move(*reactor);
    reactor_->begin(app_);
    listener_ = listen_on_loopback(port_);
}

ConnectionId ReactorTest::connect(const Arrival& how) {
    peers_.push_back(std::make_unique<Peer>(port_, how.receive_buffer_bytes));
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    UniqueFd fd(::accept4(listener_.get(), generic, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    EXPECT_TRUE(fd);
    if (how.receive_buffer_bytes > 0) {
        const int send_buffer_bytes = 4096;
        ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
    }
    reactor_->adopt({.fd = std::move(fd),
                     .peer = PeerAddress::from_sockaddr(generic),
                     .tls = how.tls,
                     .proxied = how.proxied});
    return app_.opened.back();
}

void ReactorTest::turn_until(const std::function<bool()>& condition) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        ASSERT_LT(std::chrono::steady_clock::now(), patience) << "it never came true";
        reactor_->turn();
    }
}

void ReactorTest::turn(int times) {
    for (int i = 0; i < times; ++i) reactor_->turn();
}

int ReactorTest::turns_while_idle() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    app_.may_sleep = true;
    app_.deadline = end;
    int turns = 0;
    for (; std::chrono::steady_clock::now() < end; ++turns) reactor_->turn();
    app_.may_sleep = false;
    app_.deadline.reset();
    return turns;
}

std::unique_ptr<TlsContexts> make_tls_contexts() {
    const test::TestFolder folder;
    const test::TestCertificate made = test::make_test_certificate();
    const TlsFiles files{folder.write("cert.pem", made.certificate_pem),
                         folder.write("key.pem", made.private_key_pem)};
    return std::make_unique<TlsContexts>(files, TlsContext::load(files).value());
}

std::string pattern(std::size_t size, std::uint32_t seed) {
    std::string text(size, ' ');
    std::uint32_t state = seed * 2654435761u + 1;
    for (char& c : text) {
        state = state * 1664525u + 1013904223u;
        c = static_cast<char>('a' + (state >> 24) % 26);
    }
    return text;
}

}  // namespace stentor::net
