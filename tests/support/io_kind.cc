// See io_kind.h.
// Thread: any.
// Invariant: see io_kind.h.
#include "tests/support/io_kind.h"

#include <cstdlib>
#include <string_view>

#include "core/check.h"

namespace stentor::test {

net::IoKind io_for_test() {
    const char* const wanted = std::getenv("STENTOR_TEST_IO");
    if (wanted == nullptr || std::string_view(wanted) == "epoll") return net::IoKind::kEpoll;
    STENTOR_CHECK(std::string_view(wanted) == "io_uring");
    return net::IoKind::kUring;
}

}  // namespace stentor::test
