// The io_uring back end (docs/decisions.md, "A back end"): each socket that is read has one request
// that receives for ever, into buffers of a pool; what came waits there until receive() fetches it.
// All sends of a batch are one submission, of which only those that fail or fall short answer.
// Thread: owner reactor; create() and watch_bell() before begin(): any.
// Invariant: a socket has at most one receiving and one polling request under way; what completes
// for a socket that was closed is known by its generation and dropped.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <unordered_map>
#include <vector>

#include "net/io_backend.h"
#include "net/uring_buffers.h"
#include "net/uring_ring.h"

namespace stentor::net {

class UringBackend final : public IoBackend {
public:
    // What sockets that are not read may hold beside the pool, all together: behind this the next
    // one is reset.
    static constexpr std::size_t kSpilledBytesMax = 64 * 1024 * 1024;

    static std::expected<std::unique_ptr<UringBackend>, core::Error> create(
        std::uint32_t events_max, std::size_t spilled_bytes_max = kSpilledBytesMax);

    void begin(ReactorMetrics& metrics) override;
    void end() override;
    std::expected<void, core::Error> watch_bell(int fd, std::uint64_t token) override;
    std::expected<void, core::Error> watch(int fd, std::uint64_t token) override;
    void set_interest(int fd, std::uint64_t token, bool read, bool write) override;
    void close(int fd) override;
    std::expected<std::vector<std::byte>, int> release(int fd) override;
    void put_back(int fd, std::vector<std::byte> received) override;
    std::span<const IoEvent> wait(std::optional<core::Duration> timeout) override;
    IoResult receive(int fd, std::span<std::byte> into) override;
    std::span<std::byte> peek(int fd) override;
    void drop(int fd) override;
    void send(std::span<SendRequest> requests) override;

private:
    enum class Request : std::uint8_t { kNone, kUnderWay, kCancelled };  // until it has completed
    enum class Kind : std::uint8_t { kNothing, kReceive, kPoll, kBell, kSend };

    struct Watch {
        std::uint64_t token = 0;
        std::uint32_t generation = 0;
        UringChain received;
        std::int16_t error = 0;  // errno of the last receive: behind what was received
        bool open : 1 = false;
        bool wants_read : 1 = false;
        bool wants_write : 1 = false;
        bool ended : 1 = false;     // FIN, behind what was received
        bool spilled : 1 = false;   // has bytes in spills_, older than those in `received`
        bool writable : 1 = false;  // these two: to be told
        bool broken : 1 = false;
        bool listed : 1 = false;       // in ready_
        bool leaving : 1 = false;      // no request is made any more
        bool polls_write : 1 = false;  // what the poll under way looks for
        Request receiving : 2 = Request::kNone;
        Request polling : 2 = Request::kNone;
    };
    static_assert(sizeof(Watch) == 24, "docs/limits.md counts one for each descriptor");
    struct Bell {
        int fd;
        std::uint64_t token;
        bool rung;
    };
    struct Spill {
        std::vector<std::byte> bytes;
        std::size_t taken = 0;
    };

    UringBackend(std::uint32_t events_max, std::size_t spilled_bytes_max)
        : spilled_bytes_max_(spilled_bytes_max), events_(events_max) {}
    std::expected<void, core::Error> open();

    io_uring_sqe& request(Kind kind, std::uint32_t index, std::uint32_t generation);
    void arm_bell(std::uint32_t index);
    void cancel(Kind kind, int fd, const Watch& watch);

    bool has_readable(const Watch& watch) const {
        return !watch.received.empty() || watch.spilled || watch.ended || watch.error != 0;
    }
    void start_receive(int fd, Watch& watch);
    void stop_receive(int fd, Watch& watch);
    void stop_poll(int fd, Watch& watch);
    void settle_poll(int fd, Watch& watch);
    void forget(int fd, Watch& watch);
    void list(int fd, Watch& watch);
    void list_again();
    void spill(int fd, Watch& watch);
    std::size_t take_spilled(int fd, Watch& watch, std::span<std::byte> into);
    std::size_t fetch(int fd, Watch& watch, std::span<std::byte> into);
    std::size_t fetchable_bytes(int fd, const Watch& watch) const;
    void note_spilled() {
        metrics_->uring_spilled_bytes.set(static_cast<std::int64_t>(spilled_bytes_));
    }
    void let_go(int fd, Watch& watch);

    unsigned reap();
    void on_completion(const io_uring_cqe& completion);
    void on_received(int fd, const io_uring_cqe& completion, std::uint32_t generation);
    void on_polled(int fd, const io_uring_cqe& completion, std::uint32_t generation);
    std::span<const IoEvent> tell();

    const std::size_t spilled_bytes_max_;
    UringRing ring_;
    UringBuffers buffers_;
    std::vector<Watch> watches_;  // by descriptor
    std::vector<Bell> bells_;
    std::unordered_map<int, Spill> spills_;
    std::size_t spilled_bytes_ = 0;
    std::uint64_t under_way_ = 0;  // receiving and polling requests that have not completed
    std::vector<int> ready_;       // have something to tell
    std::vector<int> told_;        // were told of by the last wait()
    std::vector<int> starved_;     // their receiving ended for want of a buffer
    bool bell_rung_ = false;
    std::vector<IoEvent> events_;
    std::vector<msghdr> messages_;  // of one batch
    std::span<SendRequest> requests_;
    ReactorMetrics* metrics_ = nullptr;
};

}  // namespace stentor::net
