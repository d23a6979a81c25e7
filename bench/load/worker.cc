// The worker's loop and its tasks. See worker.h; connections are in worker_connection.cc.
// Thread: see worker.h.
// Invariant: see worker.h.
#include "bench/load/worker.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <latch>
#include <memory>

#include "bench/load/clock.h"
#include "core/check.h"
#include "core/hash.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr int kEventsMax = 512;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

void keep_to(const std::vector<int>& cores) {
    if (cores.empty()) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int core : cores) CPU_SET(static_cast<std::size_t>(core), &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace

Worker::Worker(WorkerOptions options)
    : options_(std::move(options)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      buffer_(kBufferBytes),
      mask_state_(core::mix64(options_.index + 1U)) {
    STENTOR_CHECK(epoll_ && wake_);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    STENTOR_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
    thread_ = std::thread([this] { run(); });
}

Worker::~Worker() {
    post([this] { stopping_ = true; });
    thread_.join();
}

void Worker::post(std::function<void()> task) {
    {
        const std::scoped_lock lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    const std::uint64_t one = 1;
    STENTOR_CHECK(::write(wake_.get(), &one, sizeof one) == sizeof one);
}

double Worker::cpu_seconds() const {
    clockid_t clock{};
    timespec used{};
    const pthread_t handle = const_cast<std::thread&>(thread_).native_handle();
    if (::pthread_getcpuclockid(handle, &clock) != 0) return 0;
    ::clock_gettime(clock, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

ws::MaskKey Worker::next_mask() {
    if (options_.zero_mask) return {};
    mask_state_ += 0x9e3779b97f4a7c15u;  // splitmix64: unpredictable enough for our own server
    return {static_cast<std::uint32_t>(core::mix64(mask_state_))};
}

void Worker::run() {
    keep_to(options_.cores);
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // an open loop sends at its time, not up to 50 us later
    while (!stopping_) turn();
}

void Worker::turn() {
    open_more();
    std::int64_t due = Driver::kNever;
    if (driver_ != nullptr) due = driver_->on_turn(now_ns());
    timespec patience{};
    if (due != Driver::kNever) {
        const std::int64_t left = std::max<std::int64_t>(0, due - now_ns());
        patience = {.tv_sec = left / kNsPerSecond, .tv_nsec = left % kNsPerSecond};
    }
    std::array<epoll_event, kEventsMax> events;
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), kEventsMax,
                                     due == Driver::kNever ? nullptr : &patience, nullptr);
    bool woken = false;
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.ptr == nullptr) {
            woken = true;
        } else {
            on_event(*static_cast<Connection*>(event.data.ptr), event.events);
        }
    }
    if (woken) run_tasks();
}

void Worker::run_tasks() {
    std::uint64_t rung = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &rung, sizeof rung);
    std::vector<std::function<void()>> tasks;
    {
        const std::scoped_lock lock(mutex_);
        tasks.swap(tasks_);
    }
    now_ns_ = now_ns();
    for (const auto& task : tasks) task();
}

Crew::Crew(std::uint32_t threads, WorkerOptions options) {
    for (std::uint32_t i = 0; i < threads; ++i) {
        options.index = i;
        workers_.push_back(std::make_unique<Worker>(options));
    }
}

void Crew::on_each(const std::function<void(Worker&)>& task) {
    std::latch done(static_cast<std::ptrdiff_t>(workers_.size()));
    for (const auto& worker : workers_) {
        worker->post([&] {
            task(*worker);
            done.count_down();
        });
    }
    done.wait();
}

std::uint64_t Crew::frames() const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->frames();
    return sum;
}

}  // namespace stentor::bench
