// The same faults under io_uring: requests fail where the library hands them to the kernel,
// receives where it hands their completions back. Thread: any of the server's. Invariant: what does
// not fail goes through untouched; a request that fails never reaches its socket.
#include "net/io_kind.h"

#if STENTOR_HAVE_URING
#include <liburing.h>
#include <sys/socket.h>

#include <cerrno>

#include "tests/faults/strike.h"

namespace stentor::faults {
namespace {

// A request that was made a no-op, until its completion gets the error.
struct Failing {
    bool under_way = false;
    std::uint64_t user_data = 0;
    int error = 0;
};
thread_local Failing failing;

void make_fail(io_uring_sqe& entry, int error) {
    failing = {.under_way = true, .user_data = entry.user_data, .error = error};
    io_uring_prep_nop(&entry);
}

// The flag that keeps a success silent goes, and the completion says: one byte.
void send_one_byte(io_uring_sqe& entry) {
    if (entry.opcode == IORING_OP_SENDMSG) {
        const auto* message = reinterpret_cast<const msghdr*>(entry.addr);
        entry.opcode = IORING_OP_SEND;
        entry.addr = reinterpret_cast<std::uintptr_t>(message->msg_iov[0].iov_base);
    }
    entry.len = 1;
    entry.flags = 0;
}

void look_at(io_uring_sqe& entry) {
    int error = 0;
    switch (entry.opcode) {
        case IORING_OP_SEND:
        case IORING_OP_SENDMSG:
            error = strike(Call::kSend, entry.fd);
            if (error == kOneByte) return send_one_byte(entry);
            break;
        case IORING_OP_RECV:
            error = strike(Call::kRecv, entry.fd);
            if (error == 0) error = strike(Call::kEpollAdd, entry.fd);
            break;
        case IORING_OP_POLL_ADD:
            error = strike(Call::kEpollAdd, entry.fd);
            break;
        default:
            break;
    }
    if (error > 0) make_fail(entry, error);
}

void look_at_new(io_uring* ring) {
    io_uring_sq& queue = ring->sq;
    for (unsigned i = queue.sqe_head; i != queue.sqe_tail; ++i) {
        look_at(queue.sqes[i & queue.ring_mask]);
    }
}

// A receive that ends the connection can fail at each of its completions. Their upper half is the
// descriptor (net/uring_backend.cc); only they have a buffer.
void look_at(io_uring_cqe& completion) {
    if (failing.under_way && completion.user_data == failing.user_data && completion.res == 0) {
        completion.res = -failing.error;
        failing.under_way = false;
        return;
    }
    if ((completion.flags & IORING_CQE_F_BUFFER) == 0 || completion.res <= 0) return;
    const int planned = planned_error(Call::kRecv);
    if (planned != 0 && planned != ECONNRESET && planned != ENOMEM) return;
    const int error = strike(Call::kRecv, static_cast<int>(completion.user_data >> 32));
    if (error > 0) completion.res = -error;
}

}  // namespace
}  // namespace stentor::faults

using namespace stentor::faults;

extern "C" {

int __real_io_uring_submit(io_uring* ring);
int __real_io_uring_submit_and_get_events(io_uring* ring);
int __real_io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** first, unsigned wanted,
                                            __kernel_timespec* until, sigset_t* mask);
unsigned __real_io_uring_peek_batch_cqe(io_uring* ring, io_uring_cqe** all, unsigned count);
int __real_io_uring_queue_init_params(unsigned entries, io_uring* ring, io_uring_params* params);
int __real_io_uring_register_buf_ring(io_uring* ring, io_uring_buf_reg* group, unsigned flags);

int __wrap_io_uring_submit(io_uring* ring) {
    look_at_new(ring);
    return __real_io_uring_submit(ring);
}

int __wrap_io_uring_submit_and_get_events(io_uring* ring) {
    look_at_new(ring);
    return __real_io_uring_submit_and_get_events(ring);
}

int __wrap_io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** first, unsigned wanted,
                                            __kernel_timespec* until, sigset_t* mask) {
    if (strike(Call::kEpollWait) != 0) return -EINTR;
    look_at_new(ring);
    return __real_io_uring_submit_and_wait_timeout(ring, first, wanted, until, mask);
}

unsigned __wrap_io_uring_peek_batch_cqe(io_uring* ring, io_uring_cqe** all, unsigned count) {
    const unsigned got = __real_io_uring_peek_batch_cqe(ring, all, count);
    for (unsigned i = 0; i < got; ++i) look_at(*all[i]);
    return got;
}

int __wrap_io_uring_queue_init_params(unsigned entries, io_uring* ring, io_uring_params* params) {
    const int error = strike(Call::kUringSetup);
    return error != 0 ? -error : __real_io_uring_queue_init_params(entries, ring, params);
}

int __wrap_io_uring_register_buf_ring(io_uring* ring, io_uring_buf_reg* group, unsigned flags) {
    const int error = strike(Call::kUringRegister);
    return error != 0 ? -error : __real_io_uring_register_buf_ring(ring, group, flags);
}

}  // extern "C"
#endif
