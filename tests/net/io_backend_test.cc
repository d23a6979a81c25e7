// The face that reactors see, on each back end: what it promises, over real sockets.
// Thread: one. Invariant: a socket that a test watches is closed by the back end.
#include "net/io_backend.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/io_kind.h"
#include "tests/net/loopback.h"
#include "tests/net/reactor_fixture.h"

namespace stentor::net {
namespace {

using namespace std::chrono_literals;

class IoBackendTest : public testing::TestWithParam<IoKind> {
protected:
    static constexpr std::uint32_t kEventsMax = 16;

    void SetUp() override {
        if (const auto possible = check_io(GetParam()); !possible) {
            GTEST_SKIP() << possible.error().message();
        }
        auto made = make_backend(GetParam(), kEventsMax);
        ASSERT_TRUE(made) << made.error().message();
        backend_ = std::move(*made);
        backend_->begin(metrics_);
    }
    void TearDown() override {
        if (!backend_) return;
        for (const auto& [fd, token] : watched_) backend_->close(fd);
        backend_->end();
    }

    struct Pair {
        int fd;         // the back end's
        UniqueFd peer;  // never blocks
    };
    // Connected over TCP, and watched. Small buffers make the peer a slow reader.
    Pair connect(std::uint64_t token, bool small_buffers = false) {
        std::uint16_t port = 0;
        const UniqueFd listener = listen_on_loopback(port);
        UniqueFd peer = socket_to_connect();
        const int small = 4096;
        if (small_buffers) ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        EXPECT_EQ(connect_from(peer.get(), port), 0);
        const int fd = ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        EXPECT_GE(fd, 0);
        if (small_buffers) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        EXPECT_TRUE(backend_->watch(fd, token));
        watched_[fd] = token;
        return {fd, std::move(peer)};
    }
    void close(int fd) {
        backend_->close(fd);
        watched_.erase(fd);
    }

    // Waits, asleep, until an event for which `wanted` holds, and returns it.
    template <typename Wanted>
    IoEvent await(Wanted&& wanted) {
        for (int i = 0; i < 1000; ++i) {
            for (const IoEvent& event : backend_->wait(1s)) {
                if (wanted(event)) return event;
            }
        }
        ADD_FAILURE() << "it never came";
        return {};
    }
    IoEvent await_readable(std::uint64_t token) {
        return await([&](const IoEvent& e) { return e.token == token && e.readable; });
    }
    // All that comes from now on up to `size` bytes.
    std::string receive(int fd, std::uint64_t token, std::size_t size, std::size_t at_once = 4096) {
        std::string text;
        std::vector<std::byte> room(at_once);
        while (text.size() < size && !HasFailure()) {
            await_readable(token);
            const IoResult got = backend_->receive(fd, room);
            if (got.error == EAGAIN) continue;
            EXPECT_EQ(got.error, 0);
            if (got.bytes == 0) break;
            text.append(reinterpret_cast<const char*>(room.data()), got.bytes);
        }
        return text;
    }
    static void say(const Pair& pair, std::string_view text) {
        EXPECT_EQ(::send(pair.peer.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    static std::string hear(const Pair& pair, std::size_t bytes_max = 65536) {
        std::string text(bytes_max, ' ');
        const ssize_t got = ::recv(pair.peer.get(), text.data(), text.size(), MSG_DONTWAIT);
        text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return text;
    }
    IoResult send(int fd, std::span<const iovec> pieces) {
        std::size_t bytes = 0;
        for (const iovec& piece : pieces) bytes += piece.iov_len;
        SendRequest request{.fd = fd, .pieces = pieces, .bytes = bytes, .result = {}};
        backend_->send({&request, 1});
        return request.result;
    }
    static iovec piece(std::string& text) { return {text.data(), text.size()}; }

    ReactorMetrics metrics_;
    std::unique_ptr<IoBackend> backend_;
    std::map<int, std::uint64_t> watched_;
};

INSTANTIATE_TEST_SUITE_P(Each, IoBackendTest, testing::Values(IoKind::kEpoll, IoKind::kUring),
                         [](const auto& one) {
                             return std::string(one.param == IoKind::kEpoll ? "Epoll" : "Uring");
                         });

// Property: what was not received is told of again by every wait, which does not sleep for it.
TEST_P(IoBackendTest, WhatIsLeftIsToldOfAgain) {
    const Pair pair = connect(7);
    say(pair, "abc");
    for (const char expected : {'a', 'b', 'c'}) {
        await_readable(7);
        std::array<std::byte, 1> one;
        const IoResult got = backend_->receive(pair.fd, one);
        EXPECT_EQ(got.bytes, 1u);
        EXPECT_EQ(static_cast<char>(one[0]), expected);
    }
    EXPECT_TRUE(backend_->wait(core::Duration::zero()).empty());
}

// Property: a megabyte comes whole and in order, however much the receiver takes at a time.
TEST_P(IoBackendTest, StreamComesInOrder) {
    const Pair pair = connect(7);
    const std::string text = pattern(1 << 20);
    std::size_t sent = 0;
    std::string came;
    for (const std::size_t at_once : {1000u, 70'000u, 100'000u, 17u}) {
        const std::string_view part = std::string_view(text).substr(sent, text.size() / 4);
        std::size_t said = 0;
        while (said < part.size() && !HasFailure()) {
            const std::string_view rest = part.substr(said, 100'000);
            const ssize_t now = ::send(pair.peer.get(), rest.data(), rest.size(), MSG_DONTWAIT);
            if (now > 0) said += static_cast<std::size_t>(now);
            const std::size_t due = sent + said - came.size();
            came += receive(pair.fd, 7, std::min<std::size_t>(due, 20'000), at_once);
        }
        sent += part.size();
    }
    came += receive(pair.fd, 7, text.size() - came.size());
    EXPECT_EQ(came, text);
}

// Property: bytes that are shown where they lie are the same, and the next follow them.
TEST_P(IoBackendTest, WhatIsPeekedAtAndDroppedIsNotReceivedAgain) {
    const Pair pair = connect(7);
    say(pair, "first");
    await_readable(7);
    const std::span<std::byte> lying = backend_->peek(pair.fd);
    if (lying.empty()) {  // not every back end can
        EXPECT_EQ(receive(pair.fd, 7, 5), "first");
    } else {
        EXPECT_EQ(std::string(reinterpret_cast<const char*>(lying.data()), lying.size()), "first");
        backend_->drop(pair.fd);
    }
    say(pair, "second");
    EXPECT_EQ(receive(pair.fd, 7, 6), "second");
}

// Property: the peer's end is told behind its bytes, and again until nobody wants to hear it.
TEST_P(IoBackendTest, EndComesBehindTheBytes) {
    const Pair pair = connect(7);
    say(pair, "bye");
    ::shutdown(pair.peer.get(), SHUT_WR);
    EXPECT_EQ(receive(pair.fd, 7, 3), "bye");
    std::array<std::byte, 8> room;
    for (int i = 0; i < 3; ++i) {
        await_readable(7);
        const IoResult got = backend_->receive(pair.fd, room);
        EXPECT_EQ(got.error, 0);
        EXPECT_EQ(got.bytes, 0u);
    }
    backend_->set_interest(pair.fd, 7, false, false);
    EXPECT_TRUE(backend_->wait(10ms).empty());
}

// Property: a reset is told as broken, of a socket that is not read too.
TEST_P(IoBackendTest, ResetIsToldOfWhoIsNotRead) {
    Pair read = connect(7);
    Pair unread = connect(8);
    backend_->set_interest(unread.fd, 8, false, false);
    EXPECT_TRUE(backend_->wait(core::Duration::zero()).empty());
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    for (Pair* pair : {&read, &unread}) {
        ::setsockopt(pair->peer.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        pair->peer.reset();
    }
    bool told_of_read = false;
    bool told_of_unread = false;
    await([&](const IoEvent& event) {
        (event.token == 7 ? told_of_read : told_of_unread) |= event.broken;
        return told_of_read && told_of_unread;
    });
    std::array<std::byte, 8> room;
    EXPECT_EQ(backend_->receive(read.fd, room).error, ECONNRESET);
}

// Property: a send that the socket takes in part says how much, and the peer has exactly that; one
// that it does not take at all says so, and writability is told when there is room again.
TEST_P(IoBackendTest, ShortSendSaysHowMuch) {
    const Pair pair = connect(7, true);
    std::string text = pattern(300'000);
    std::string head = text.substr(0, 100);
    std::string tail = text.substr(100);
    std::size_t sent = 0;
    {
        const std::array pieces = {piece(head), piece(tail)};
        const IoResult first = send(pair.fd, pieces);
        ASSERT_EQ(first.error, 0);
        ASSERT_GT(first.bytes, 100u);
        ASSERT_LT(first.bytes, text.size());
        sent = first.bytes;
    }
    std::string came;
    backend_->set_interest(pair.fd, 7, true, true);
    while (came.size() < text.size() && !HasFailure()) {
        std::string rest = text.substr(sent);
        const IoResult result = send(pair.fd, std::array{piece(rest)});
        if (result.error == 0) sent += result.bytes;
        const bool full = result.error == EAGAIN;
        EXPECT_TRUE(result.error == 0 || full);
        for (std::string part; !(part = hear(pair)).empty();) came += part;
        if (full) await([](const IoEvent& event) { return event.writable; });
    }
    EXPECT_EQ(came, text);
}

// Property: each send of a batch has its own result: whole, in part, refused, broken.
TEST_P(IoBackendTest, EachSendOfABatchHasItsOwnResult) {
    std::vector<Pair> pairs;
    for (std::uint64_t i = 0; i < 40; ++i) pairs.push_back(connect(i, i % 4 == 1));
    std::string small = "small";
    std::string large = pattern(1 << 20);
    std::vector<iovec> pieces;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        pieces.push_back(i % 4 == 1 ? piece(large) : piece(small));
    }
    const int dead = ::dup(STDERR_FILENO);  // a number that is nobody's behind this
    ::close(dead);
    std::vector<SendRequest> requests;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        requests.push_back({.fd = i % 4 == 3 ? dead : pairs[i].fd,
                            .pieces = {&pieces[i], 1},
                            .bytes = pieces[i].iov_len,
                            .result = {}});
    }
    backend_->send(requests);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const IoResult result = requests[i].result;
        switch (i % 4) {
            case 1:
                EXPECT_EQ(result.error, 0);
                EXPECT_LT(result.bytes, large.size());
                EXPECT_TRUE(large.starts_with(hear(pairs[i])));
                break;
            case 3:
                EXPECT_EQ(result.error, EBADF);
                EXPECT_EQ(hear(pairs[i]), "");
                break;
            default:
                EXPECT_EQ(result.error, 0);
                EXPECT_EQ(result.bytes, small.size());
                EXPECT_EQ(hear(pairs[i]), small);
        }
    }
}

// Property: a closed socket's peer hears of it no later than the next wait, by FIN or by reset, and
// bytes that had come for it are told to nobody, not to the next owner of its number either.
TEST_P(IoBackendTest, CloseIsHeardAndItsNumberIsFree) {
    for (const bool reset : {false, true}) {
        const Pair first = connect(7);
        backend_->wait(core::Duration::zero());
        if (reset) {
            const linger at_once{.l_onoff = 1, .l_linger = 0};
            ::setsockopt(first.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            say(first, "unread");
            await_readable(7);
        }
        close(first.fd);
        const Pair second = connect(8);
        for (const IoEvent& event : backend_->wait(core::Duration::zero())) {
            EXPECT_NE(event.token, 7u);
        }
        char byte;
        const ssize_t got = ::recv(first.peer.get(), &byte, 1, MSG_DONTWAIT);
        EXPECT_EQ(got, reset ? -1 : 0);
        EXPECT_TRUE(!reset || errno == ECONNRESET);
        say(second, "mine");
        EXPECT_EQ(receive(second.fd, 8, 4), "mine");
        close(second.fd);
    }
}

// Property: many sockets that are not read, however much their peers sent, keep nothing from one
// that is; and each of them has all its bytes when it is read again.
TEST_P(IoBackendTest, WhoIsNotReadStarvesNobody) {
    constexpr std::uint64_t kUnread = 100;
    std::vector<Pair> unread;
    const std::string flood = pattern(150'000);
    for (std::uint64_t i = 0; i < kUnread; ++i) unread.push_back(connect(i));
    const Pair read = connect(1000);
    std::vector<std::size_t> said(kUnread);
    for (int round = 0; round < 3; ++round) {
        for (std::uint64_t i = 0; i < kUnread; ++i) {
            const std::string_view rest = std::string_view(flood).substr(said[i]);
            const ssize_t now =
                ::send(unread[i].peer.get(), rest.data(), rest.size(), MSG_DONTWAIT);
            if (now > 0) said[i] += static_cast<std::size_t>(now);
        }
        for (const IoEvent& event : backend_->wait(core::Duration::zero())) {
            if (event.token < kUnread && event.token % 2 == 0) {
                backend_->set_interest(unread[event.token].fd, event.token, false, false);
            }
        }
        say(read, "hello");
        EXPECT_EQ(receive(read.fd, 1000, 5), "hello");
    }
    for (std::uint64_t i = 0; i < kUnread; ++i) {
        backend_->set_interest(unread[i].fd, i, true, false);
        EXPECT_EQ(receive(unread[i].fd, i, said[i], 65'536), flood.substr(0, said[i]));
    }
}

// Property: one wait tells of no more than it may, and nobody is passed over.
TEST_P(IoBackendTest, EventsAreBoundedAndFair) {
    std::vector<Pair> pairs;
    for (std::uint64_t i = 0; i < 5 * kEventsMax; ++i) pairs.push_back(connect(i));
    for (const Pair& pair : pairs) say(pair, "x");
    std::vector<int> told(pairs.size());
    for (int i = 0; i < 50; ++i) {
        const auto events = backend_->wait(core::Duration::zero());
        EXPECT_LE(events.size(), kEventsMax);
        for (const IoEvent& event : events) ++told[event.token];
    }
    const auto [least, most] = std::ranges::minmax(told);
    EXPECT_GE(least, 5);
    EXPECT_LE(most, 15);
}

// Property: each write to a bell ends a sleep, though none was read, and nothing else does.
TEST_P(IoBackendTest, BellEndsASleep) {
    auto made = make_backend(GetParam(), kEventsMax);
    ASSERT_TRUE(made);
    const UniqueFd bell(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    ASSERT_TRUE((*made)->watch_bell(bell.get(), 42));
    (*made)->begin(metrics_);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE((*made)->wait(1ms).empty());
        const std::uint64_t count = 1;
        ASSERT_EQ(::write(bell.get(), &count, sizeof count), 8);
        const auto events = (*made)->wait(std::nullopt);
        ASSERT_EQ(events.size(), 1u);
        EXPECT_EQ(events.front().token, 42u);
        // An edge that was told of already may be told of once more.
        (*made)->wait(core::Duration::zero());
    }
    (*made)->end();
}

}  // namespace
}  // namespace stentor::net
