// See io_kind.h.
// Thread: any.
// Invariant: see io_kind.h.
#include "tests/support/io_kind.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "core/check.h"

namespace stentor::test {
namespace {

constexpr int kSkipped = 77;  // as tests/CMakeLists.txt has it

}  // namespace

net::IoKind io_for_test() {
    const char* const wanted = std::getenv("STENTOR_TEST_IO");
    if (wanted == nullptr || std::string_view(wanted) == "epoll") return net::IoKind::kEpoll;
    STENTOR_CHECK(std::string_view(wanted) == "io_uring");
    static const auto possible = net::check_io(net::IoKind::kUring);
    if (!possible) {
        std::fprintf(stderr, "skipped: %s\n", possible.error().message().c_str());
        std::_Exit(kSkipped);
    }
    return net::IoKind::kUring;
}

}  // namespace stentor::test
