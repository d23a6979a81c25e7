// See io_kind.h.
// Thread: any.
// Invariant: without liburing at build time (net/CMakeLists.txt) there is epoll alone.
#include "net/io_kind.h"

#include "net/epoll_backend.h"
#if STENTOR_HAVE_URING
#include "net/uring_backend.h"
#include "net/uring_probe.h"
#endif

namespace stentor::net {

std::expected<void, core::Error> check_io(IoKind kind) {
    if (kind == IoKind::kEpoll) return {};
#if STENTOR_HAVE_URING
    return probe_uring();
#else
    return std::unexpected(core::Error::because("this program was built without liburing"));
#endif
}

std::expected<std::unique_ptr<IoBackend>, core::Error> make_backend(
    IoKind kind, [[maybe_unused]] std::uint32_t events_max) {
#if STENTOR_HAVE_URING
    if (kind == IoKind::kUring) return UringBackend::create(events_max);
#endif
    if (auto possible = check_io(kind); !possible) return std::unexpected(possible.error());
    return EpollBackend::create(events_max);
}

}  // namespace stentor::net
