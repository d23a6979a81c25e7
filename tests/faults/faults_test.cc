// Each system call that serves a client fails once, at each index and in each way in which it can.
// Thread: one, and those of the server.
// Invariant: a run has one fault, and takes nothing over to the next.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tests/faults/scenario.h"
#include "tests/faults/syscalls.h"

namespace stentor::faults {
namespace {

struct Way {
    const char* name;
    Call call;
    int error;
};

void PrintTo(const Way& way, std::ostream* out) {
    *out << way.name;
}

const Way kWays[] = {
    {"RecvEintr", Call::kRecv, EINTR},
    {"RecvEagain", Call::kRecv, EAGAIN},
    {"RecvOneByte", Call::kRecv, kOneByte},
    {"RecvEconnreset", Call::kRecv, ECONNRESET},
    {"RecvEnomem", Call::kRecv, ENOMEM},
    {"SendEintr", Call::kSend, EINTR},
    {"SendEagain", Call::kSend, EAGAIN},
    {"SendOneByte", Call::kSend, kOneByte},
    {"SendEnobufs", Call::kSend, ENOBUFS},
    {"SendEnomem", Call::kSend, ENOMEM},
    {"SendEconnreset", Call::kSend, ECONNRESET},
    {"SendEpipe", Call::kSend, EPIPE},
    {"AcceptEintr", Call::kAccept, EINTR},
    {"AcceptEagain", Call::kAccept, EAGAIN},
    {"AcceptEconnaborted", Call::kAccept, ECONNABORTED},
    {"AcceptEperm", Call::kAccept, EPERM},
    {"AcceptEmfile", Call::kAccept, EMFILE},
    {"AcceptEnfile", Call::kAccept, ENFILE},
    {"AcceptEnobufs", Call::kAccept, ENOBUFS},
    {"AcceptEnomem", Call::kAccept, ENOMEM},
    {"EpollWaitEintr", Call::kEpollWait, EINTR},
    {"EpollAddEnomem", Call::kEpollAdd, ENOMEM},
    {"EpollAddEnospc", Call::kEpollAdd, ENOSPC},
    {"EventReadEintr", Call::kEventRead, EINTR},
    {"EventReadEagain", Call::kEventRead, EAGAIN},
    {"EventWriteEintr", Call::kEventWrite, EINTR},
    {"MapEnomem", Call::kMap, ENOMEM},
    {"CloseEintr", Call::kClose, EINTR},
    {"CloseEio", Call::kClose, EIO},
    {"SetOptionEnomem", Call::kSetOption, ENOMEM},
};

// What is played, for who finds out that it never ends.
char playing[128];

void on_alarm(int /*signal*/) {
    [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, "hangs: ", 7);
    written = ::write(STDERR_FILENO, playing, sizeof playing);
    ::abort();
}

class Faults : public testing::TestWithParam<std::tuple<Way, std::uint32_t, bool>> {};

// How many calls a scenario makes: the most of a few, for threads interleave as they like.
std::uint32_t calls(Setting setting, Call call) {
    std::uint32_t most = 0;
    for (int i = 0; i < 3; ++i) {
        play(setting, std::nullopt);
        most = std::max(most, count(call));
    }
    return most;
}

// Property: whichever call fails, nobody but its connection notices, and this one sees no wrong
// byte; what was acknowledged is delivered, and all is given back.
TEST_P(Faults, NobodyElseNotices) {
    const auto& [way, reactors, tls] = GetParam();
    const Setting setting{reactors, tls};
    ::signal(SIGALRM, on_alarm);
    const std::uint32_t indices = calls(setting, way.call);
    std::uint32_t hit = 0;
    for (std::uint32_t index = 1; index <= indices && !HasFailure(); ++index) {
        std::snprintf(playing, sizeof playing, "%s at %u of %u\n", way.name, index, indices);
        SCOPED_TRACE(playing);
        ::alarm(60);
        play(setting, Fault{way.call, way.error, index});
        if (fired()) ++hit;
    }
    ::alarm(0);
    RecordProperty("indices", static_cast<int>(indices));
    RecordProperty("hit", static_cast<int>(hit));
    std::cout << way.name << ": " << hit << " of " << indices << " indices\n";
    EXPECT_TRUE(hit > 0 || indices == 0);
}

INSTANTIATE_TEST_SUITE_P(Each, Faults,
                         testing::Combine(testing::ValuesIn(kWays), testing::Values(1u, 2u),
                                          testing::Bool()),
                         [](const auto& one) {
                             return std::string(std::get<0>(one.param).name) +
                                    (std::get<2>(one.param) ? "Tls" : "") +
                                    std::to_string(std::get<1>(one.param));
                         });

}  // namespace
}  // namespace stentor::faults
