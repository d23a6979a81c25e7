// What broadcast_queue.h promises between real threads that really sleep (run under TSan).
// Thread: several. Invariant: none.
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "core/broadcast_queue.h"

namespace {

using stentor::core::BroadcastQueue;

constexpr int kLostMs = 60'000;  // longer than any machine needs: only a lost wake-up waits for it
constexpr auto kAlways = [] { return true; };

struct Envelope {
    std::uint32_t from;
    std::uint32_t rank;
    std::unique_ptr<std::uint64_t> number;  // so that a loss is a leak, and a double a double free
};
using Queue = BroadcastQueue<Envelope>;

// False when nobody rang although somebody should have.
bool sleep_until_rung(Queue::Port& port) {
    bool rung = true;
    if (port.prepare_sleep()) {
        pollfd waiting{port.doorbell().fd(), POLLIN, 0};
        rung = ::poll(&waiting, 1, kLostMs) == 1;
    }
    port.awake();
    return rung;
}

struct Traffic {
    std::uint32_t participants;
    std::uint32_t ranks;
    std::size_t lane_slots;
    std::uint64_t each;  // envelopes for each (from, to, rank)
};

// One participant: each turn it pushes some, publishes, drains, and sleeps when it has nothing to
// do.
class Talker {
public:
    Talker(Queue& queue, std::uint32_t id, const Traffic& traffic)
        : port_(queue.port(id)),
          traffic_(traffic),
          random_(id + 1),
          sent_(std::size_t{traffic.participants} * traffic.ranks),
          received_(sent_.size()) {}

    void run() {
        port_.adopt();
        const std::uint64_t all = sent_.size() * traffic_.each;
        while (total_received_ < all || total_sent_ < all || port_.pending() > 0) {
            const bool talked = talk(random_() % 64);
            port_.publish();
            std::size_t heard = 0;
            for (std::uint32_t rank = 0; rank < traffic_.ranks; ++rank) {
                heard += listen(rank, 1 + random_() % 100);
            }
            const bool idle = !talked && heard == 0;
            if (idle && (total_received_ < all || port_.pending() > 0) &&
                !sleep_until_rung(port_)) {
                ADD_FAILURE() << "a wake-up was lost";
                return;
            }
        }
    }

private:
    bool talk(std::uint64_t count) {
        const bool any = total_sent_ < sent_.size() * traffic_.each;
        while (count-- > 0) {
            const std::size_t way = random_() % sent_.size();
            if (sent_[way] < traffic_.each) {
                const auto to = static_cast<std::uint32_t>(way / traffic_.ranks);
                const auto rank = static_cast<std::uint32_t>(way % traffic_.ranks);
                port_.push(to, rank,
                           {port_.id(), rank, std::make_unique<std::uint64_t>(sent_[way]++)});
                ++total_sent_;
            }
        }
        return any;
    }
    std::size_t listen(std::uint32_t rank, std::size_t budget) {
        return port_.drain(rank, budget, kAlways, [&](std::uint32_t from, Envelope&& envelope) {
            EXPECT_EQ(envelope.from, from);
            EXPECT_EQ(envelope.rank, rank);
            std::uint64_t& expected = received_[std::size_t{from} * traffic_.ranks + rank];
            EXPECT_EQ(*envelope.number, expected);
            ++expected;
            ++total_received_;
        });
    }

    Queue::Port& port_;
    const Traffic traffic_;
    std::mt19937_64 random_;
    std::vector<std::uint64_t> sent_;      // by to * ranks + rank
    std::vector<std::uint64_t> received_;  // by from * ranks + rank: the next number
    std::uint64_t total_sent_ = 0;
    std::uint64_t total_received_ = 0;
};

class BroadcastQueueThreads : public testing::TestWithParam<Traffic> {};

// Everybody talks to everybody in bursts: each (from, to, rank) arrives complete, once and in
// order, and whoever sleeps with work coming, or with envelopes pending, is woken.
TEST_P(BroadcastQueueThreads, EveryPairAndRankIsAFifoAndNoWakeUpIsLost) {
    const Traffic traffic = GetParam();
    Queue queue({.participants = traffic.participants,
                 .ranks = traffic.ranks,
                 .lane_slots = traffic.lane_slots,
                 .pending_max = 64});
    std::vector<std::thread> threads;
    for (std::uint32_t id = 0; id < traffic.participants; ++id) {
        threads.emplace_back([&queue, id, &traffic] { Talker(queue, id, traffic).run(); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    std::uint64_t rang = 0;
    std::uint64_t sleeps = 0;
    std::uint64_t pushed = 0;
    std::uint64_t drained = 0;
    for (std::uint32_t id = 0; id < traffic.participants; ++id) {
        rang += queue.port(id).counters().rang.value();
        pushed += queue.port(id).counters().pushed.value();
        drained += queue.port(id).counters().drained.value();
        sleeps += queue.port(id).doorbell().sleeps();
    }
    EXPECT_EQ(pushed, drained);
    EXPECT_LE(rang, sleeps);
    RecordProperty("sleeps", std::to_string(sleeps));
    RecordProperty("rang", std::to_string(rang));
}

INSTANTIATE_TEST_SUITE_P(Sizes, BroadcastQueueThreads,
                         testing::Values(Traffic{2, 1, 2, 20'000}, Traffic{3, 2, 4, 3000},
                                         Traffic{4, 4, 64, 1000}, Traffic{8, 2, 1024, 300}));

// One ball between two threads: each throw finds the other asleep or about to be, for thousands of
// chances to lose a wake-up.
TEST(BroadcastQueueThreads, BallIsNeverDropped) {
    constexpr std::uint64_t kThrows = 10'000;
    Queue queue({.participants = 2, .ranks = 1, .lane_slots = 2});
    const auto play = [&](std::uint32_t id) {
        Queue::Port& port = queue.port(id);
        std::uint64_t thrown = 0;
        if (id == 0) {
            port.push(1, 0, {0, 0, std::make_unique<std::uint64_t>(0)});
        }
        while (thrown < kThrows) {
            port.publish();
            const std::size_t caught =
                port.drain(0, 10, kAlways, [&](std::uint32_t from, Envelope&& ball) {
                    ++thrown;
                    ++*ball.number;
                    port.push(from, 0, std::move(ball));
                });
            if (caught == 0 && !sleep_until_rung(port)) {
                ADD_FAILURE() << "the ball was dropped";
                return;
            }
        }
        port.publish();
    };
    std::thread other([&] { play(1); });
    play(0);
    other.join();
}

// One to three publishes in a row, then a wait until all were drained: if a ready bit were lost
// between a producer that sets it and a consumer that takes it, no later publish would repair it.
TEST(BroadcastQueueThreads, EveryPublishIsNoticed) {
    constexpr std::uint64_t kRounds = 30'000;
    Queue queue({.participants = 2, .ranks = 1, .lane_slots = 4});
    std::atomic<std::uint64_t> drained{0};
    std::atomic<bool> done{false};
    std::thread consumer([&] {
        while (!done.load(std::memory_order_acquire)) {
            drained += queue.port(1).drain(0, 10, kAlways, [](std::uint32_t, Envelope&&) {});
        }
    });
    Queue::Port& port = queue.port(0);
    std::uint64_t sent = 0;
    bool lost = false;
    for (std::uint64_t round = 0; round < kRounds && !lost; ++round) {
        for (std::uint64_t i = 0; i <= round % 3; ++i) {
            port.push(1, 0, {0, 0, std::make_unique<std::uint64_t>(sent++)});
            port.publish();
        }
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLostMs);
        for (std::uint64_t spins = 1; drained.load() != sent && !lost; ++spins) {
            if (spins % 1024 == 0) {
                std::this_thread::yield();
                lost = std::chrono::steady_clock::now() > until;
            }
        }
    }
    done.store(true, std::memory_order_release);
    consumer.join();
    EXPECT_FALSE(lost);
}

// A consumer that goes slowly and a producer that only waits for room: the two ends of one full
// lane wake each other, and never both sleep.
TEST(BroadcastQueueThreads, FullLaneWakesItsProducer) {
    constexpr std::uint64_t kItems = 20'000;
    Queue queue({.participants = 2, .ranks = 1, .lane_slots = 2, .pending_max = 4});
    std::thread producer([&] {
        Queue::Port& port = queue.port(0);
        for (std::uint64_t next = 0; next < kItems || port.pending() > 0;) {
            while (next < kItems && port.has_room(1, 0)) {
                port.push(1, 0, {0, 0, std::make_unique<std::uint64_t>(next++)});
            }
            if (port.publish() && !sleep_until_rung(port)) {
                ADD_FAILURE() << "the producer was not woken";
                return;
            }
        }
    });
    Queue::Port& port = queue.port(1);
    std::uint64_t expected = 0;
    while (expected < kItems) {
        const std::size_t count = port.drain(0, 3, kAlways, [&](std::uint32_t, Envelope&& item) {
            EXPECT_EQ(*item.number, expected);
            ++expected;
        });
        if (count == 0 && !sleep_until_rung(port)) {
            ADD_FAILURE() << "the consumer was not woken";
            break;
        }
    }
    producer.join();
}

}  // namespace
