// Who may touch this: a thread as a capability. clang proves the annotations at compile time
// (-Wthread-safety); debug builds also assert where callbacks enter. In release it is empty.
// Thread: adopt() by the owner; assert_here() by whoever claims to be it.
// Invariant: before adopt() nobody owns it and every thread passes (construction, tear-down).
#pragma once

#ifndef NDEBUG
#include <atomic>
#include <thread>
#endif

#include "core/check.h"

#if defined(__clang__)
#define STENTOR_THREAD_ANNOTATION(attribute) __attribute__((attribute))
#else
#define STENTOR_THREAD_ANNOTATION(attribute)
#endif

// On a class: it is a capability.
#define STENTOR_CAPABILITY(name) STENTOR_THREAD_ANNOTATION(capability(name))
// On a member: only who holds the capability may touch it, or what it points to.
#define STENTOR_GUARDED_BY(owner) STENTOR_THREAD_ANNOTATION(guarded_by(owner))
#define STENTOR_PT_GUARDED_BY(owner) STENTOR_THREAD_ANNOTATION(pt_guarded_by(owner))
// On a function: the caller holds the capability.
#define STENTOR_REQUIRES(...) STENTOR_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
// On a function: after it the caller is known to hold the capability.
#define STENTOR_ASSERT_CAPABILITY(owner) STENTOR_THREAD_ANNOTATION(assert_capability(owner))
// On a function: not analysed; say why beside it.
#define STENTOR_NO_THREAD_ANALYSIS STENTOR_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace stentor::core {

//     ThreadOwner owner_;
//     int fd_ STENTOR_GUARDED_BY(owner_);
//     void flush() STENTOR_REQUIRES(owner_);
//     void on_event() { owner_.assert_here(); flush(); }
class STENTOR_CAPABILITY("thread") ThreadOwner {
public:
    ThreadOwner() = default;
    ThreadOwner(const ThreadOwner&) = delete;
    ThreadOwner& operator=(const ThreadOwner&) = delete;

#ifdef NDEBUG
    void adopt() STENTOR_ASSERT_CAPABILITY(this) {}
    void abandon() {}
    void assert_here() const STENTOR_ASSERT_CAPABILITY(this) {}
#else
    // The calling thread is the owner from now on.
    void adopt() STENTOR_ASSERT_CAPABILITY(this) {
        owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    // Nobody is: the thread has ended or hands it on (a join orders that, not this).
    void abandon() { owner_.store(std::thread::id{}, std::memory_order_relaxed); }
    // Aborts when another thread calls.
    void assert_here() const STENTOR_ASSERT_CAPABILITY(this) {
        const std::thread::id owner = owner_.load(std::memory_order_relaxed);
        STENTOR_CHECK(owner == std::thread::id{} || owner == std::this_thread::get_id());
    }

private:
    // Relaxed: it guards nothing, it only tells one thread from another.
    std::atomic<std::thread::id> owner_{};
#endif
};

}  // namespace stentor::core
