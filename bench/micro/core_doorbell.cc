// The doorbell (core/doorbell.h): what ringing costs when nobody sleeps and when somebody does, and
// a wake-up there and back, against a condition variable.
// Thread: the benchmark's, and one to answer.
// Invariant: each ring that finds a sleeper wakes it once.
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "bench/micro/answer.h"
#include "bench/micro/sleep_on.h"
#include "bench/micro/topics.h"
#include "core/doorbell.h"

namespace stentor::bench {
namespace {

void ring_the_wakeful(benchmark::State& state) {
    core::Doorbell doorbell;
    bool rang = false;
    for (auto _ : state) rang = doorbell.ring() || rang;
    answer_is(state, !rang, "wrote for nobody");
}

// About to sleep, but there was work after all.
void sleep_and_stay(benchmark::State& state) {
    core::Doorbell doorbell;
    for (auto _ : state) {
        doorbell.prepare_sleep();
        doorbell.awake();
    }
    answer_is(state, doorbell.rung() == 0, "rung by nobody");
}

// The system calls alone: one write, one read.
void ring_the_sleeper(benchmark::State& state) {
    core::Doorbell doorbell;
    bool rang = true;
    for (auto _ : state) {
        doorbell.prepare_sleep();
        rang = doorbell.ring() && rang;
        rang = !doorbell.ring() && rang;  // the second one need not write
        doorbell.awake();
    }
    answer_is(state, rang && doorbell.rung() == static_cast<std::uint64_t>(state.iterations()),
              "a sleeper was not woken, or twice");
}

// One side of a conversation in which each waits for the other's number.
class Bell {
public:
    void say(std::uint64_t number) {
        said_.store(number, std::memory_order_seq_cst);  // P1; partner: await()
        doorbell_.ring();
    }
    void await(std::uint64_t number) {
        while (said_.load(std::memory_order_seq_cst) != number) {
            doorbell_.prepare_sleep();
            if (said_.load(std::memory_order_seq_cst) != number) sleep_on(doorbell_);  // S2
            doorbell_.awake();
        }
    }

private:
    std::atomic<std::uint64_t> said_{0};
    core::Doorbell doorbell_;
};

class Condition {
public:
    void say(std::uint64_t number) {
        {
            const std::lock_guard lock(mutex_);
            said_ = number;
        }
        changed_.notify_one();
    }
    void await(std::uint64_t number) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return said_ == number; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t said_ = 0;
};

template <typename Signal>
void there_and_back(benchmark::State& state) {
    Signal there;
    Signal back;
    const auto rounds = static_cast<std::uint64_t>(state.max_iterations);
    std::thread other([&] {
        for (std::uint64_t round = 1; round <= rounds; ++round) {
            there.await(round);
            back.say(round);
        }
    });
    std::uint64_t round = 0;
    for (auto _ : state) {
        there.say(++round);
        back.await(round);
    }
    other.join();
    answer_is(state, round == rounds, "a round is missing");
}

}  // namespace

void register_doorbell() {
    benchmark::RegisterBenchmark("doorbell/ring_the_wakeful", ring_the_wakeful);
    benchmark::RegisterBenchmark("doorbell/sleep_and_stay", sleep_and_stay);
    benchmark::RegisterBenchmark("doorbell/ring_the_sleeper", ring_the_sleeper);
    benchmark::RegisterBenchmark("doorbell/there_and_back", there_and_back<Bell>)->UseRealTime();
    benchmark::RegisterBenchmark("condition_variable/there_and_back", there_and_back<Condition>)
        ->UseRealTime();
}

}  // namespace stentor::bench
