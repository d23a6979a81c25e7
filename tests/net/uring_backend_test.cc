// What only io_uring has: a pool of buffers that runs short, and memory for what is not read.
// Thread: one. Invariant: what is watched is closed before the end.
#include "net/io_kind.h"

#if STENTOR_HAVE_URING
#include "net/uring_backend.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "net/unique_fd.h"

namespace stentor::net {
namespace {

class UringBackendTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto possible = check_io(IoKind::kUring); !possible) {
            GTEST_SKIP() << possible.error().message();
        }
    }
    void start(std::size_t spilled_bytes_max = UringBackend::kSpilledBytesMax) {
        auto made = UringBackend::create(1024, spilled_bytes_max);
        ASSERT_TRUE(made) << made.error().message();
        backend_ = std::move(*made);
        backend_->begin(metrics_);
    }
    // A pair of sockets of which the back end watches one, by its place in the list.
    int connect() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()),
                  0);
        EXPECT_TRUE(backend_->watch(ends[0], fds_.size()));
        fds_.push_back(ends[0]);
        peers_.emplace_back(ends[1]);
        return ends[0];
    }
    void say(std::size_t index, std::string_view text) {
        EXPECT_EQ(::send(peers_[index].get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    void TearDown() override {
        if (!backend_) return;
        for (const int fd : fds_) backend_->close(fd);
        backend_->end();
        EXPECT_EQ(metrics_.uring_spilled_bytes.value(), 0);
    }

    ReactorMetrics metrics_;
    std::unique_ptr<UringBackend> backend_;
    std::vector<int> fds_;
    std::vector<UniqueFd> peers_;
};

// Property: when more sockets have bytes than the pool has buffers, all are received all the same.
TEST_F(UringBackendTest, MoreSocketsThanBuffers) {
    start();
    constexpr std::size_t kSockets = UringBuffers::kCount + 100;
    for (std::size_t i = 0; i < kSockets; ++i) connect();
    backend_->wait(core::Duration::zero());
    for (std::size_t i = 0; i < kSockets; ++i) say(i, std::to_string(i));
    std::vector<std::string> came(kSockets);
    std::size_t count = 0;
    std::array<std::byte, 16> room;
    for (int i = 0; i < 10'000 && count < kSockets; ++i) {
        // Nobody fetches before all buffers are out.
        const auto events = backend_->wait(core::Duration::zero());
        if (i < 100) continue;
        for (const IoEvent& event : events) {
            const IoResult got = backend_->receive(fds_[event.token], room);
            if (got.error != 0) continue;
            came[event.token].assign(reinterpret_cast<const char*>(room.data()), got.bytes);
            ++count;
        }
    }
    for (std::size_t i = 0; i < kSockets; ++i) EXPECT_EQ(came[i], std::to_string(i));
}

// Property: what is not read has a bound; whoever passes it is told as broken, and its memory is
// given back.
TEST_F(UringBackendTest, SpilledBytesAreBounded) {
    start(10'000);
    for (int i = 0; i < 3; ++i) connect();
    backend_->wait(core::Duration::zero());
    for (std::size_t i = 0; i < 3; ++i) say(i, std::string(4000, 'x'));
    backend_->wait(core::Duration::zero());
    for (std::size_t i = 0; i < 3; ++i) backend_->set_interest(fds_[i], i, false, false);
    std::vector<std::uint64_t> broken;
    for (const IoEvent& event : backend_->wait(core::Duration::zero())) {
        if (event.broken) broken.push_back(event.token);
    }
    EXPECT_EQ(broken, std::vector<std::uint64_t>{2});
    EXPECT_EQ(metrics_.uring_spilled_bytes.value(), 8000);
    EXPECT_EQ(metrics_.uring_spill_resets_total.value(), 1u);
    std::array<std::byte, 5000> room;
    EXPECT_EQ(backend_->receive(fds_[0], room).bytes, 4000u);
    EXPECT_EQ(metrics_.uring_spilled_bytes.value(), 4000);
    // Who is released takes along what is his; who lost bytes says so.
    const auto broken_one = backend_->release(fds_[2]);
    ASSERT_FALSE(broken_one);
    EXPECT_EQ(broken_one.error(), ENOBUFS);
    auto whole_one = backend_->release(fds_[1]);
    ASSERT_TRUE(whole_one);
    EXPECT_EQ(whole_one->size(), 4000u);
    EXPECT_EQ(metrics_.uring_spilled_bytes.value(), 0);
    for (const std::size_t i : {1uz, 2uz}) ASSERT_TRUE(backend_->watch(fds_[i], i));
    backend_->put_back(fds_[1], std::move(*whole_one));
    EXPECT_EQ(metrics_.uring_spilled_bytes.value(), 4000);
    EXPECT_EQ(backend_->receive(fds_[1], room).bytes, 4000u);
}

// Property: an ended back end begins again, on another thread too.
TEST_F(UringBackendTest, BeginsAgainOnAnotherThread) {
    start();
    backend_->end();
    std::thread([this] {
        backend_->begin(metrics_);
        connect();
        say(0, "again");
        std::array<std::byte, 16> room;
        ASSERT_EQ(backend_->wait(std::nullopt).size(), 1u);
        EXPECT_EQ(backend_->receive(fds_[0], room).bytes, 5u);
        backend_->close(fds_[0]);
        fds_.clear();
        backend_->end();
    }).join();
    backend_.reset();
}

}  // namespace
}  // namespace stentor::net
#endif
