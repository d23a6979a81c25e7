// The system calls that the server makes, each of which can be told to fail once: the linker wraps
// them (tests/CMakeLists.txt), so that the server is the one that runs in production.
// Thread: plan(), pause() and the answers: the test's; the wrapped calls: any.
// Invariant: of a plan at most one call fails; a thread on the client's side is never counted nor
// failed.
#pragma once

#include <cstdint>
#include <optional>

namespace stentor::faults {

enum class Call : std::uint8_t {
    kRecv,
    kSend,  // sendmsg too
    kAccept,
    kEpollWait,
    kEpollAdd,  // epoll_ctl: the others cannot fail for a watched socket
    kEventRead,
    kEventWrite,
    kMap,
    kClose,
    kSetOption,
    kRandom,
    // Made at start alone.
    kSocket,
    kBind,
    kListen,
    kEpollCreate,
    kEventCreate,
    kMemoryCreate,
    kTruncate,
    kOpen,
    kUringSetup,  // these two for each reactor, and before them once to see whether it can be had
    kUringRegister,
    kCount
};

// In place of an errno: the call does its work on one byte.
inline constexpr int kOneByte = -1;

struct Fault {
    Call call;
    int error;            // an errno, or kOneByte
    std::uint32_t index;  // from 1, over all threads of the server
};

// From here on calls are counted anew and `fault`, if there is one, comes true.
void plan(std::optional<Fault> fault);
// While paused nothing is counted and nothing fails.
void pause(bool paused);

std::uint32_t count(Call call);
bool fired();
// The client's port of the connection that was hit; 0 when it was none, or none that is known.
std::uint16_t victim_port();

// This thread is a client for as long as it lives.
class ClientSide {
public:
    ClientSide();
    ~ClientSide();
    ClientSide(const ClientSide&) = delete;
    ClientSide& operator=(const ClientSide&) = delete;
};

}  // namespace stentor::faults
