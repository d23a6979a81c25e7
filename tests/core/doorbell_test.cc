// What doorbell.h promises: no lost wake-up, at most one write a sleep, none for a waking owner.
// Thread: several. Invariant: none.
#include "core/doorbell.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

using stentor::core::Doorbell;

// Longer than any machine needs: only a lost wake-up waits for it.
constexpr int kLostMs = 60'000;

bool readable(const Doorbell& bell, int timeout_ms) {
    pollfd waiting{bell.fd(), POLLIN, 0};
    return ::poll(&waiting, 1, timeout_ms) == 1;
}

// Ringing somebody who is awake writes nothing.
TEST(Doorbell, AwakeOwnerIsNotRung) {
    Doorbell bell;
    EXPECT_FALSE(bell.ring());
    EXPECT_FALSE(readable(bell, 0));
}

// A sleeper is rung once, however many ring; awake() empties the descriptor, and may be called
// again.
TEST(Doorbell, OneWriteASleep) {
    Doorbell bell;
    for (std::uint64_t sleep = 1; sleep <= 3; ++sleep) {
        bell.prepare_sleep();
        EXPECT_FALSE(readable(bell, 0));
        EXPECT_TRUE(bell.ring());
        EXPECT_FALSE(bell.ring());
        EXPECT_TRUE(readable(bell, 0));
        bell.awake();
        bell.awake();
        EXPECT_FALSE(readable(bell, 0));
        EXPECT_FALSE(bell.ring());
        EXPECT_EQ(bell.rung(), sleep);
    }
}

// A sleep that ended by itself leaves nothing behind.
TEST(Doorbell, SleepWithoutRing) {
    Doorbell bell;
    bell.prepare_sleep();
    bell.awake();
    EXPECT_FALSE(bell.ring());
    EXPECT_FALSE(readable(bell, 0));
    EXPECT_EQ(bell.rung(), 0u);
}

// What tells the owner that it was rung, in each of the two ways to watch a doorbell.
class ByLevel {
public:
    explicit ByLevel(Doorbell& bell) : bell_(bell) {}
    bool rung_within(int timeout_ms) const { return readable(bell_, timeout_ms); }

private:
    Doorbell& bell_;
};

class ByEdge {
public:
    explicit ByEdge(Doorbell& bell) {
        bell.hear_each_write();
        epoll_event event{.events = EPOLLIN | EPOLLET, .data = {}};
        EXPECT_EQ(::epoll_ctl(epoll_, EPOLL_CTL_ADD, bell.fd(), &event), 0);
    }
    ~ByEdge() { ::close(epoll_); }
    ByEdge(const ByEdge&) = delete;
    ByEdge& operator=(const ByEdge&) = delete;
    bool rung_within(int timeout_ms) const {
        epoll_event event{};
        return ::epoll_wait(epoll_, &event, 1, timeout_ms) == 1;
    }

private:
    const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
};

// Who hears each write is told of each ring once, and nothing is read.
TEST(Doorbell, EachWriteIsHeardUnread) {
    Doorbell bell;
    const ByEdge watch(bell);
    for (std::uint64_t sleep = 1; sleep <= 3; ++sleep) {
        bell.prepare_sleep();
        EXPECT_FALSE(watch.rung_within(0));
        EXPECT_TRUE(bell.ring());
        EXPECT_FALSE(bell.ring());
        EXPECT_TRUE(watch.rung_within(0));
        bell.awake();
        bell.awake();
        EXPECT_FALSE(watch.rung_within(0));
        EXPECT_TRUE(readable(bell, 0));
        EXPECT_FALSE(bell.ring());
        EXPECT_EQ(bell.rung(), sleep);
    }
}

template <typename Watch>
class DoorbellThreads : public testing::Test {};
using Watches = testing::Types<ByLevel, ByEdge>;
TYPED_TEST_SUITE(DoorbellThreads, Watches);

// Several producers make work visible and ring; the owner sleeps whenever it finds none. It gets
// all of it, and nobody rings more often than it sleeps.
TYPED_TEST(DoorbellThreads, NoWakeUpIsLost) {
    constexpr std::uint64_t kProducers = 3;
    constexpr std::uint64_t kEach = 5000;
    Doorbell bell;
    const TypeParam watch(bell);
    std::atomic<std::uint64_t> work{0};
    std::atomic<std::uint64_t> taken{0};
    std::atomic<std::uint64_t> writes{0};
    std::vector<std::thread> producers;
    for (std::uint64_t i = 0; i < kProducers; ++i) {
        producers.emplace_back([&] {
            for (std::uint64_t n = 0; n < kEach; ++n) {
                work.fetch_add(1, std::memory_order_seq_cst);
                writes += bell.ring() ? 1u : 0u;
                // Every second time wait until it was taken, so that the owner often sleeps.
                const std::uint64_t seen = taken.load();
                while (n % 2 == 0 && taken.load() == seen && work.load() > taken.load()) {
                    std::this_thread::yield();
                }
            }
        });
    }
    std::uint64_t total = 0;
    bool lost = false;
    while (total < kProducers * kEach && !lost) {
        const std::uint64_t found = work.exchange(0, std::memory_order_seq_cst);
        total += found;
        taken += found;
        if (found != 0) {
            continue;
        }
        bell.prepare_sleep();
        if (work.load(std::memory_order_seq_cst) == 0) {
            lost = !watch.rung_within(kLostMs);
        }
        bell.awake();
    }
    for (std::thread& producer : producers) {
        producer.join();
    }
    EXPECT_FALSE(lost);
    EXPECT_LE(writes.load(), bell.sleeps());
}

}  // namespace
