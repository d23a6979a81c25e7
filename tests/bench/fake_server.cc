// See fake_server.h. One thread, poll(), frames of up to 65,535 bytes.
// Thread: see fake_server.h.
#include "tests/bench/fake_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/stamp.h"
#include "bench/load/wire.h"

namespace stentor::bench::test {
namespace {

// Faults begin when joins and calibration are over, and come at every so many deliveries.
constexpr std::uint64_t kFaultsFrom = 100;
constexpr std::uint64_t kFaultEvery = 37;

std::string frame_of(std::string_view text) {
    std::string frame = "\x81";
    if (text.size() < 126) {
        frame += static_cast<char>(text.size());
    } else {
        frame += '\x7e';
        frame += static_cast<char>(text.size() >> 8U);
        frame += static_cast<char>(text.size() & 0xffU);
    }
    return frame.append(text);
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

}  // namespace

FakeServer::FakeServer(Fault fault)
    : fault_(fault), listener_(::socket(AF_INET, SOCK_STREAM, 0)), stop_(::eventfd(0, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    EXPECT_EQ(::listen(listener_.get(), 128), 0);
    thread_ = std::thread([this] { run(); });
}

FakeServer::~FakeServer() {
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(stop_.get(), &one, sizeof one), 8);
    thread_.join();
}

std::string FakeServer::url() const {
    sockaddr_in bound{};
    socklen_t bytes = sizeof bound;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &bytes);
    return "ws://127.0.0.1:" + std::to_string(ntohs(bound.sin_port)) + "/";
}

void FakeServer::run() {
    for (;;) {
        std::vector<pollfd> polled{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        for (const auto& [fd, peer] : peers_) polled.push_back({fd, POLLIN, 0});
        ::poll(polled.data(), polled.size(), -1);
        if (polled[0].revents != 0) return;
        if (polled[1].revents != 0) accept_one();
        for (std::size_t i = 2; i < polled.size(); ++i) {
            const auto peer = peers_.find(polled[i].fd);
            if (polled[i].revents != 0 && !read(peer->second)) peers_.erase(peer);
        }
    }
}

void FakeServer::accept_one() {
    const int fd = ::accept(listener_.get(), nullptr, nullptr);
    if (fd >= 0) peers_[fd].fd.reset(fd);
}

bool FakeServer::read(Peer& peer) {
    char part[65536];
    const ssize_t got = ::recv(peer.fd.get(), part, sizeof part, 0);
    if (got <= 0) return false;
    peer.in.append(part, static_cast<std::size_t>(got));
    if (peer.path.empty()) {
        const std::size_t end = peer.in.find("\r\n\r\n");
        if (end == std::string::npos) return true;
        constexpr std::size_t kPathAt = std::string_view("GET ").size();
        peer.path = peer.in.substr(kPathAt, peer.in.find(' ', kPathAt) - kPathAt);
        peer.in.erase(0, end + 4);
        send_all(peer.fd.get(),
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                     std::string(kWebSocketAccept) + "\r\n\r\n");
    }
    take_frames(peer);
    const bool enough = deliveries_ > kFaultsFrom;
    return fault_ != Fault::kHangUp || !enough || deliveries_ % kFaultEvery != 0;
}

void FakeServer::take_frames(Peer& peer) {
    for (;;) {
        if (peer.in.size() < 6) return;
        std::size_t head = 2;
        std::size_t bytes = static_cast<unsigned char>(peer.in[1]) & 0x7fU;
        if (bytes == 126) {
            head = 4;
            bytes = static_cast<unsigned char>(peer.in[2]) * 256U +
                    static_cast<unsigned char>(peer.in[3]);
        }
        if (peer.in.size() < head + 4 + bytes) return;
        std::string text = peer.in.substr(head + 4, bytes);
        for (std::size_t i = 0; i < bytes; ++i) {
            text[i] = static_cast<char>(text[i] ^ peer.in[head + i % 4]);
        }
        const bool is_text = (peer.in[0] & 0x0f) == 1;
        peer.in.erase(0, head + 4 + bytes);
        if (is_text) on_text(peer, text);
    }
}

void FakeServer::on_text(Peer& peer, const std::string& text) {
    if (text.starts_with("join ")) {
        peer.room = text;
        remember(peer, text);
        send_all(peer.fd.get(), frame_of("joined"));
        return;
    }
    if (text.find(R"("type":"join")") != std::string::npos) return remember(peer, text);
    if (peer.room.empty()) return;
    for (auto& [fd, member] : peers_) {
        if (member.room == peer.room) deliver(member, text);
    }
}

void FakeServer::remember(const Peer& peer, const std::string& text) {
    const std::scoped_lock lock(mutex_);
    joins_.push_back({peer.path, text});
    joined_.notify_all();
}

std::vector<FakeServer::Join> FakeServer::joins(std::size_t least) {
    std::unique_lock lock(mutex_);
    joined_.wait(lock, [&] { return joins_.size() >= least; });
    return joins_;
}

void FakeServer::deliver(Peer& peer, std::string_view text) {
    const bool due = ++deliveries_ > kFaultsFrom && deliveries_ % kFaultEvery == 0;
    std::string bytes = frame_of(text);
    if (due && fault_ == Fault::kDrop) return;
    if (due && fault_ == Fault::kRepeat) bytes += frame_of(text);
    if (due && fault_ == Fault::kForge) {
        std::string forged(kStampBytes, ' ');
        write_stamp(forged.data(), {0, 1'000'000});
        bytes += frame_of(forged);
    }
    if (due && fault_ == Fault::kSwap && peer.held.empty()) {
        peer.held = std::move(bytes);
        return;
    }
    bytes += std::exchange(peer.held, {});
    send_all(peer.fd.get(), bytes);
}

}  // namespace stentor::bench::test
