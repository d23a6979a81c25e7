// Both loops of bench/limit/loop.h over real sockets: the byte pattern that comes back is right,
// and no client brings them down.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <deque>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/limit/frames.h"
#include "bench/limit/hand_over.h"
#include "bench/limit/loop.h"
#include "core/check.h"
#include "net/unique_fd.h"

namespace stentor::bench::limit {
namespace {

constexpr std::size_t kLongBytes = 60000;  // a payload of two bytes of length

std::string head(std::size_t bytes, unsigned mask_bit) {
    std::string head = "\x82";
    if (bytes < 126) return head + static_cast<char>(mask_bit | bytes);
    head += static_cast<char>(mask_bit | 126u);
    head += static_cast<char>(bytes >> 8);
    return head + static_cast<char>(bytes & 0xff);
}

// The key is zero: unmasking is what limit_frames_test.cc tests.
std::string client_frame(std::string_view payload) {
    return head(payload.size(), 0x80) + std::string(kKeyBytes, '\0') + std::string(payload);
}

std::string server_frame(std::string_view payload) {
    return head(payload.size(), 0) + std::string(payload);
}

// Accepted sockets have it from their listener.
void send_at_once(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

class Client {
public:
    explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        STENTOR_CHECK(fd_.get() >= 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        send_at_once(fd_.get());
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        STENTOR_CHECK(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    }

    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // Shorter when the connection ends before.
    std::string receive(std::size_t size) const {
        std::string bytes(size, '\0');
        std::size_t have = 0;
        while (have < size) {
            const ssize_t came = ::recv(fd_.get(), bytes.data() + have, size - have, 0);
            if (came <= 0) break;
            have += static_cast<std::size_t>(came);
        }
        bytes.resize(have);
        return bytes;
    }
    void upgrade() const {
        send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(receive(kSwitchingProtocols.size()), kSwitchingProtocols);
    }
    void join(std::string_view room) const {
        upgrade();
        send(client_frame("join " + std::string(room)));
        EXPECT_EQ(receive(8), "\x81\x06joined");
    }

private:
    net::UniqueFd fd_;
};

// A loop on a thread of its own, for as long as this lives.
class Server {
public:
    Server(decltype(create_epoll_loop)* create, Work work, HandOverSeat seat = {})
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        send_at_once(listener_.get());
        auto* const address = reinterpret_cast<sockaddr*>(&at);
        STENTOR_CHECK(::bind(listener_.get(), address, size) == 0);
        STENTOR_CHECK(::listen(listener_.get(), 1024) == 0);
        STENTOR_CHECK(::getsockname(listener_.get(), address, &size) == 0);
        port_ = ntohs(at.sin_port);
        std::promise<std::string> begun;
        auto failure = begun.get_future();
        thread_ = std::thread([this, create, work, seat, &begun] {
            const auto loop = create(work, listener_.get(), seat);
            begun.set_value(loop ? "" : loop.error().message());
            while (loop && !stop_) (*loop)->turn();
        });
        failure_ = failure.get();
    }
    ~Server() {
        stop_ = true;
        if (failure_.empty()) Client wakes_it(port_);
        thread_.join();
    }

    const std::string& failure() const { return failure_; }
    std::uint16_t port() const { return port_; }

private:
    net::UniqueFd listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
    std::string failure_;
};

struct Io {
    const char* name;
    decltype(create_epoll_loop)* create;
};

class LimitLoop : public testing::TestWithParam<Io> {
protected:
    // Not at all where the kernel has no io_uring for us.
    bool serve(Work work) {
        server_.emplace(GetParam().create, work);
        return server_->failure().empty();
    }
    std::uint16_t port() const { return server_->port(); }

    std::optional<Server> server_;
};

// Each frame comes back once, in order, however the stream is cut.
TEST_P(LimitLoop, EchoIsTheSameHoweverTheStreamIsCut) {
    if (!serve(Work::kEcho)) GTEST_SKIP() << server_->failure();
    std::string sent;
    std::string expected;
    for (const std::size_t bytes : {0u, 1u, 125u, 126u, 5000u, 60000u, 3u}) {
        sent += client_frame(std::string(bytes, 'e'));
        expected += server_frame(std::string(bytes, 'e'));
    }
    for (const std::size_t piece : {1u, 7u, 1000u, 70000u}) {
        const Client client(port());
        client.upgrade();
        // One byte at a time takes its time; the short frames tell as much.
        const std::size_t size = piece == 1 ? 400 : sent.size();
        for (std::size_t at = 0; at < size; at += piece) {
            ASSERT_TRUE(client.send(std::string_view(sent).substr(at, std::min(piece, size - at))));
        }
        const std::size_t back = piece == 1 ? head(125, 0).size() * 3 + 126 : expected.size();
        EXPECT_EQ(client.receive(back), expected.substr(0, back)) << piece;
    }
}

// Every member gets every message of its room and of no other, in order; the one that reads late,
// too.
TEST_P(LimitLoop, ARoomGetsItsMessagesInOrder) {
    for (const Work work : {Work::kFanout, Work::kBurst}) {
        if (!serve(work)) GTEST_SKIP() << server_->failure();
        std::vector<Client> members;
        for (int i = 0; i < 20; ++i) members.emplace_back(port()).join("one");
        const Client other(port());
        other.join("another");
        std::string expected;
        const Client& late = members.back();
        for (int i = 0; i < 40; ++i) {
            const std::string payload = std::to_string(i) + std::string(kLongBytes, 'm');
            members[0].send(client_frame(payload) + client_frame("short"));
            const std::string both = server_frame(payload) + server_frame("short");
            expected += both;
            for (const Client& member : members) {
                if (&member == &late) continue;
                ASSERT_EQ(member.receive(both.size()), both);
            }
        }
        EXPECT_EQ(late.receive(expected.size()), expected);
        other.send(client_frame("mine"));
        EXPECT_EQ(other.receive(6), server_frame("mine"));
    }
}

// Who never reads is let go; the others get everything.
TEST_P(LimitLoop, WhoNeverReadsIsLetGo) {
    if (!serve(Work::kFanout)) GTEST_SKIP() << server_->failure();
    const Client reader(port());
    reader.join("room");
    const Client never(port());
    never.join("room");
    const std::string payload(kLongBytes, 'n');
    const std::string expected = server_frame(payload);
    // What the two sockets hold at most, and what the loop does.
    const std::size_t messages = (kBacklogBytesMax + (32u << 20)) / kLongBytes;
    for (std::size_t i = 0; i < messages; ++i) {
        reader.send(client_frame(payload));
        ASSERT_EQ(reader.receive(expected.size()), expected);
    }
    EXPECT_LT(never.receive(messages * expected.size()).size(), messages * expected.size());
}

// Clients that go, in the middle of anything, leave nothing behind that meets the next ones.
TEST_P(LimitLoop, ThoseWhoComeAfterAreServed) {
    if (!serve(Work::kFanout)) GTEST_SKIP() << server_->failure();
    for (int round = 0; round < 5; ++round) {
        std::vector<Client> members;
        for (int i = 0; i < 50; ++i) members.emplace_back(port()).join("room");
        const std::string half = client_frame(std::string(kLongBytes, 'h'));
        members[0].send(client_frame(std::string(kLongBytes, 'w')));
        members[1].send(std::string_view(half).substr(0, half.size() / 2));
        members[2].send("\x88\x80" + std::string(kKeyBytes, '\0'));  // a close frame
        members[3].send(std::string(2 * kCarryBytesMax, '\xff'));    // a frame that never ends
        EXPECT_EQ(members[4].receive(kLongBytes + 4), server_frame(std::string(kLongBytes, 'w')));
    }
}

// The members of a room get every message of it once, and those of one sender in order, on
// whichever thread they are; a room that one thread alone has stays there.
TEST_P(LimitLoop, ARoomOnSeveralThreadsGetsEachMessageOnce) {
    constexpr std::uint32_t kThreads = 3;
    HandOver hand_over(kThreads);
    std::deque<Server> servers;
    for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
        servers.emplace_back(GetParam().create, Work::kBurst, HandOverSeat{&hand_over, thread});
        if (!servers.back().failure().empty()) GTEST_SKIP() << servers.back().failure();
    }
    std::vector<Client> members;
    for (int i = 0; i < 4; ++i) {
        for (const Server& server : servers) members.emplace_back(server.port()).join("one");
    }
    const Client other(servers[1].port());
    other.join("another");
    std::string expected;
    for (int i = 0; i < 100; ++i) {
        const std::string payload = std::to_string(i) + std::string(1000, 'm');
        members[0].send(client_frame(payload));
        expected += server_frame(payload);
    }
    for (const Client& member : members) EXPECT_EQ(member.receive(expected.size()), expected);
    const std::string word = server_frame("word");
    for (const Client& speaker : members) {  // a sleeping thread wakes for one message, too
        speaker.send(client_frame("word"));
        for (const Client& member : members) ASSERT_EQ(member.receive(word.size()), word);
    }
    other.send(client_frame("mine"));
    EXPECT_EQ(other.receive(6), server_frame("mine"));
}

INSTANTIATE_TEST_SUITE_P(, LimitLoop,
                         testing::Values(Io{"epoll", create_epoll_loop},
                                         Io{"io_uring", create_uring_loop}),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace stentor::bench::limit
