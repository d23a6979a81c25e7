// What cannot happen (docs/decisions.md, "Three kinds of error"). STENTOR_CHECK stays on in
// release; STENTOR_DCHECK is for checks that a hot path cannot afford and exists in debug builds
// only. Bad input is never a CHECK.
// Thread: any.
// Invariant: a failed check prints expression, file and line, and aborts.
#pragma once

namespace stentor::core {

[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace stentor::core

#define STENTOR_CHECK(...)                               \
    (__builtin_expect(static_cast<bool>(__VA_ARGS__), 1) \
         ? static_cast<void>(0)                          \
         : ::stentor::core::check_failed(#__VA_ARGS__, __FILE__, __LINE__))

#ifdef NDEBUG
// Not evaluated, still compiled: the names in it stay used.
#define STENTOR_DCHECK(...) static_cast<void>(sizeof(static_cast<bool>(__VA_ARGS__)))
#else
#define STENTOR_DCHECK(...) STENTOR_CHECK(__VA_ARGS__)
#endif
