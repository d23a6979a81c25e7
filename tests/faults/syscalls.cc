// See syscalls.h.
// Thread: any.
// Invariant: what does not fail does exactly what the system's call does.
#include "tests/faults/syscalls.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>

#include "tests/faults/strike.h"

namespace stentor::faults {
namespace {

struct Plan {
    std::atomic<bool> paused{true};
    std::atomic<Call> call{Call::kCount};
    std::atomic<int> error{0};
    std::atomic<std::uint32_t> index{0};
    std::array<std::atomic<std::uint32_t>, static_cast<std::size_t>(Call::kCount)> counts{};
    std::atomic<bool> fired{false};
    std::atomic<std::uint16_t> victim{0};
};
Plan the_plan;

thread_local int client_depth = 0;
// Whom a server without descriptors accepts next, it closes.
thread_local bool next_accepted_is_victim = false;

void make_victim(int fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0) {
        the_plan.victim = ntohs(peer.sin_port);
    }
}

// True when the call shall fail, with errno set.
bool fails(Call call, int fd = -1) {
    const int error = strike(call, fd);
    if (error == 0) return false;
    errno = error;
    return true;
}

}  // namespace

int strike(Call call, int fd) {
    if (client_depth > 0 || the_plan.paused) return 0;
    const std::uint32_t number = ++the_plan.counts[static_cast<std::size_t>(call)];
    if (call != the_plan.call || number != the_plan.index) return 0;
    the_plan.fired = true;
    if (fd >= 0) make_victim(fd);
    return the_plan.error;
}

int planned_error(Call call) {
    return the_plan.call == call ? the_plan.error.load() : 0;
}

void plan(std::optional<Fault> fault) {
    the_plan.paused = true;
    for (auto& count : the_plan.counts) count = 0;
    the_plan.fired = false;
    the_plan.victim = 0;
    the_plan.call = fault ? fault->call : Call::kCount;
    the_plan.error = fault ? fault->error : 0;
    the_plan.index = fault ? fault->index : 0;
    the_plan.paused = false;
}

void pause(bool paused) {
    the_plan.paused = paused;
}

std::uint32_t count(Call call) {
    return the_plan.counts[static_cast<std::size_t>(call)];
}

bool fired() {
    return the_plan.fired;
}

std::uint16_t victim_port() {
    return the_plan.victim;
}

ClientSide::ClientSide() {
    ++client_depth;
}

ClientSide::~ClientSide() {
    --client_depth;
}

}  // namespace stentor::faults

// ---- what the linker calls in place of the system's

using namespace stentor::faults;

extern "C" {

ssize_t __real_recv(int fd, void* into, size_t size, int flags);
ssize_t __real_send(int fd, const void* from, size_t size, int flags);
ssize_t __real_sendmsg(int fd, const msghdr* message, int flags);
int __real_accept4(int fd, sockaddr* peer, socklen_t* size, int flags);
int __real_epoll_wait(int fd, epoll_event* events, int max, int ms);
int __real_epoll_ctl(int fd, int what, int of, epoll_event* event);
ssize_t __real_read(int fd, void* into, size_t size);
ssize_t __real_write(int fd, const void* from, size_t size);
void* __real_mmap(void* at, size_t size, int access, int flags, int fd, off_t offset);
int __real_close(int fd);
int __real_setsockopt(int fd, int level, int name, const void* value, socklen_t size);
ssize_t __real_getrandom(void* into, size_t size, unsigned flags);
int __real_socket(int domain, int type, int protocol);
int __real_bind(int fd, const sockaddr* address, socklen_t size);
int __real_listen(int fd, int backlog);
int __real_epoll_create1(int flags);
int __real_eventfd(unsigned value, int flags);
int __real_memfd_create(const char* name, unsigned flags);
int __real_ftruncate(int fd, off_t size);
int __real_open(const char* path, int flags, ...);

ssize_t __wrap_recv(int fd, void* into, size_t size, int flags) {
    const int error = strike(Call::kRecv, fd);
    if (error == kOneByte) return __real_recv(fd, into, 1, flags);
    if (error == 0) return __real_recv(fd, into, size, flags);
    errno = error;
    return -1;
}

ssize_t __wrap_send(int fd, const void* from, size_t size, int flags) {
    const int error = strike(Call::kSend, fd);
    if (error == kOneByte) return __real_send(fd, from, 1, flags);
    if (error == 0) return __real_send(fd, from, size, flags);
    errno = error;
    return -1;
}

ssize_t __wrap_sendmsg(int fd, const msghdr* message, int flags) {
    const int error = strike(Call::kSend, fd);
    if (error == kOneByte) return __real_send(fd, message->msg_iov[0].iov_base, 1, flags);
    if (error == 0) return __real_sendmsg(fd, message, flags);
    errno = error;
    return -1;
}

int __wrap_accept4(int fd, sockaddr* peer, socklen_t* size, int flags) {
    if (fails(Call::kAccept)) {
        next_accepted_is_victim = errno == EMFILE || errno == ENFILE;
        return -1;
    }
    const int accepted = __real_accept4(fd, peer, size, flags);
    const int error = errno;
    if (next_accepted_is_victim && accepted >= 0) make_victim(accepted);
    next_accepted_is_victim = false;
    errno = error;
    return accepted;
}

int __wrap_epoll_wait(int fd, epoll_event* events, int max, int ms) {
    return fails(Call::kEpollWait) ? -1 : __real_epoll_wait(fd, events, max, ms);
}

int __wrap_epoll_ctl(int fd, int what, int of, epoll_event* event) {
    if (what == EPOLL_CTL_ADD && fails(Call::kEpollAdd, of)) return -1;
    return __real_epoll_ctl(fd, what, of, event);
}

// Of an eventfd: nothing else that the server reads or writes takes eight bytes.
ssize_t __wrap_read(int fd, void* into, size_t size) {
    if (size == sizeof(std::uint64_t) && fails(Call::kEventRead)) return -1;
    return __real_read(fd, into, size);
}

ssize_t __wrap_write(int fd, const void* from, size_t size) {
    if (size == sizeof(std::uint64_t) && fails(Call::kEventWrite)) return -1;
    return __real_write(fd, from, size);
}

void* __wrap_mmap(void* at, size_t size, int access, int flags, int fd, off_t offset) {
    if (fails(Call::kMap)) return MAP_FAILED;
    return __real_mmap(at, size, access, flags, fd, offset);
}

// A close that fails has closed all the same, close(2) says.
int __wrap_close(int fd) {
    const int error = strike(Call::kClose);
    const int result = __real_close(fd);
    if (error == 0) return result;
    errno = error;
    return -1;
}

int __wrap_setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
    return fails(Call::kSetOption) ? -1 : __real_setsockopt(fd, level, name, value, size);
}

ssize_t __wrap_getrandom(void* into, size_t size, unsigned flags) {
    const int error = strike(Call::kRandom);
    if (error == kOneByte) return __real_getrandom(into, 1, flags);
    if (error == 0) return __real_getrandom(into, size, flags);
    errno = error;
    return -1;
}

int __wrap_socket(int domain, int type, int protocol) {
    return fails(Call::kSocket) ? -1 : __real_socket(domain, type, protocol);
}

int __wrap_bind(int fd, const sockaddr* address, socklen_t size) {
    return fails(Call::kBind) ? -1 : __real_bind(fd, address, size);
}

int __wrap_listen(int fd, int backlog) {
    return fails(Call::kListen) ? -1 : __real_listen(fd, backlog);
}

int __wrap_epoll_create1(int flags) {
    return fails(Call::kEpollCreate) ? -1 : __real_epoll_create1(flags);
}

int __wrap_eventfd(unsigned value, int flags) {
    return fails(Call::kEventCreate) ? -1 : __real_eventfd(value, flags);
}

int __wrap_memfd_create(const char* name, unsigned flags) {
    return fails(Call::kMemoryCreate) ? -1 : __real_memfd_create(name, flags);
}

int __wrap_ftruncate(int fd, off_t size) {
    return fails(Call::kTruncate) ? -1 : __real_ftruncate(fd, size);
}

int __wrap_open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const unsigned mode = (flags & O_CREAT) != 0 ? va_arg(more, unsigned) : 0;
    va_end(more);
    return fails(Call::kOpen) ? -1 : __real_open(path, flags, mode);
}

// A build with _FORTIFY_SOURCE calls these where it knows the size of what it reads into.
ssize_t __wrap___recv_chk(int fd, void* into, size_t size, size_t /*room*/, int flags) {
    return __wrap_recv(fd, into, size, flags);
}
ssize_t __wrap___read_chk(int fd, void* into, size_t size, size_t /*room*/) {
    return __wrap_read(fd, into, size);
}

}  // extern "C"
