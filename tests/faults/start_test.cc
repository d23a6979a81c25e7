// Each system call of the server's start fails once, at each index.
// Thread: one, and those of the server. Invariant: see faults_test.cc.
#include <gtest/gtest.h>

#include <cerrno>
#include <ostream>
#include <string>
#include <vector>

#include "chat/server.h"
#include "tests/faults/scenario.h"
#include "tests/faults/syscalls.h"

namespace stentor::faults {
namespace {

struct StartWay {
    const char* name;
    Call call;
    int error;
    bool refuses;  // the start fails with it
};

void PrintTo(const StartWay& way, std::ostream* out) {
    *out << way.name;
}

const StartWay kStartWays[] = {
    {"SocketEmfile", Call::kSocket, EMFILE, true},
    {"SocketEnobufs", Call::kSocket, ENOBUFS, true},
    {"BindEaddrinuse", Call::kBind, EADDRINUSE, true},
    {"BindEacces", Call::kBind, EACCES, true},
    {"ListenEaddrinuse", Call::kListen, EADDRINUSE, true},
    {"SetOptionEnoprotoopt", Call::kSetOption, ENOPROTOOPT, true},
    {"EpollCreateEmfile", Call::kEpollCreate, EMFILE, true},
    {"EpollAddEnomem", Call::kEpollAdd, ENOMEM, true},
    {"EpollAddEnospc", Call::kEpollAdd, ENOSPC, true},
    {"EventCreateEmfile", Call::kEventCreate, EMFILE, true},
    {"MemoryCreateEmfile", Call::kMemoryCreate, EMFILE, true},
    {"TruncateEnospc", Call::kTruncate, ENOSPC, true},
    {"TruncateEintr", Call::kTruncate, EINTR, true},
    {"MapEnomem", Call::kMap, ENOMEM, true},
    {"OpenEmfile", Call::kOpen, EMFILE, true},
    {"RandomEintr", Call::kRandom, EINTR, false},
    {"RandomOneByte", Call::kRandom, kOneByte, false},
    {"CloseEintr", Call::kClose, EINTR, false},
    {"UringSetupEmfile", Call::kUringSetup, EMFILE, true},
    {"UringRegisterEnomem", Call::kUringRegister, ENOMEM, true},
};

// Doorbells are made first, and without them there is no server that could say anything: the
// program ends there and then (core/doorbell.h).
std::uint32_t first_index(Call call, const chat::Options& options) {
    // The first is the trial, behind which the server does without io_uring.
    if (call == Call::kUringSetup || call == Call::kUringRegister) return 2;
    if (call != Call::kEventCreate) return 1;
    const std::uint32_t of_the_queue = options.reactors + 1;
    const std::uint32_t of_the_handoff = options.reactors + options.acceptors + 1;
    return of_the_queue + of_the_handoff + 1;
}

class FaultsAtStart : public testing::TestWithParam<StartWay> {};

// Property: a start that fails says why and leaves nothing behind; what a start can do without does
// not make it fail.
TEST_P(FaultsAtStart, IsAnErrorThatLeavesNothing) {
    const StartWay& way = GetParam();
    const chat::Options options = options_for_test(2);
    plan(std::nullopt);
    ASSERT_TRUE(chat::Server::start(options).has_value());
    pause(true);
    const std::uint32_t calls = count(way.call);
    for (std::uint32_t index = first_index(way.call, options); index <= calls; ++index) {
        SCOPED_TRACE(std::string(way.name) + " at " + std::to_string(index));
        const std::size_t before = open_files();
        plan(Fault{way.call, way.error, index});
        {
            const auto server = chat::Server::start(options);
            EXPECT_EQ(server.has_value(), !fired() || !way.refuses);
            EXPECT_TRUE(server.has_value() || !server.error().message().empty());
        }
        pause(true);
        EXPECT_EQ(open_files(), before) << "descriptors leak";
    }
}

// Property: where io_uring is refused, at whichever step, the server starts and serves without it.
TEST(FallBackAtStart, UringRefusedIsDoneWithout) {
    for (const Fault& fault :
         {Fault{Call::kUringSetup, EPERM, 1}, Fault{Call::kUringSetup, ENOSYS, 1},
          Fault{Call::kUringRegister, EINVAL, 1}}) {
        const chat::Options options = options_for_test(2);
        const std::size_t before = open_files();
        plan(fault);
        {
            const auto server = chat::Server::start(options);
            EXPECT_TRUE(server.has_value());
            EXPECT_LE(count(fault.call), 1u) << "tried again";
        }
        pause(true);
        EXPECT_EQ(open_files(), before) << "descriptors leak";
    }
}

INSTANTIATE_TEST_SUITE_P(Each, FaultsAtStart, testing::ValuesIn(kStartWays),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace stentor::faults
