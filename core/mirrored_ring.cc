// Rings and their pool over one sparse memfd; see mirrored_ring.h.
//
// Slot i is ring_bytes of the file at i * ring_bytes, mapped at A_i and again right behind at B_i:
//   address   | A_0 | B_0   A_1 | B_1   A_2 | B_2   …      A_n: one page
//   file      |  0  |  0     1  |  1     2  |  2
// B_i and A_(i+1) are neighbours in memory and in the file, so one mmap covers both and each slot
// costs one mapping of the process's 65,530, not two; and behind each mapped slot there is readable
// memory. Slots are mapped in order, on first use.
// Thread: owner reactor.
// Invariant: A_0, B_0 … B_(m-1), A_m are mapped, where m = mapped_ (of A_n only a page); what lies
// behind is PROT_NONE.
#include "core/mirrored_ring.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <utility>

#include "core/check.h"

namespace stentor::core {
namespace {

// A byte written through one address is read through the other: the compiler must not keep it in a
// register meanwhile. Costs nothing at run time.
void compiler_barrier() {
    asm volatile("" ::: "memory");
}

}  // namespace

MirroredRing::MirroredRing(MirroredRing&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      base_(std::exchange(other.base_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)),
      head_(std::exchange(other.head_, 0)),
      tail_(std::exchange(other.tail_, 0)),
      peak_(std::exchange(other.peak_, 0)) {}

MirroredRing& MirroredRing::operator=(MirroredRing&& other) noexcept {
    if (this != &other) {
        give_back();
        pool_ = std::exchange(other.pool_, nullptr);
        base_ = std::exchange(other.base_, nullptr);
        capacity_ = std::exchange(other.capacity_, 0);
        head_ = std::exchange(other.head_, 0);
        tail_ = std::exchange(other.tail_, 0);
        peak_ = std::exchange(other.peak_, 0);
    }
    return *this;
}

MirroredRing::~MirroredRing() {
    give_back();
}

void MirroredRing::give_back() {
    if (base_ != nullptr) {
        pool_->take_back(base_, peak_);
        base_ = nullptr;
    }
}

std::span<std::byte> MirroredRing::writable() {
    if (base_ == nullptr) {
        return {};
    }
    return {base_ + (tail_ & (capacity_ - 1)), capacity_ - size()};
}

void MirroredRing::commit(std::size_t count) {
    STENTOR_CHECK(count <= capacity_ - size());
    compiler_barrier();
    tail_ += count;
    peak_ = tail_ > peak_ ? tail_ : peak_;
}

std::span<std::byte> MirroredRing::readable() {
    if (base_ == nullptr) {
        return {};
    }
    return {base_ + (head_ & (capacity_ - 1)), size()};
}

void MirroredRing::consume(std::size_t count) {
    STENTOR_CHECK(count <= size());
    compiler_barrier();
    head_ += count;
    if (head_ == tail_) {
        head_ = 0;
        tail_ = 0;
    }
}

std::expected<std::unique_ptr<RingPool>, Error> RingPool::create(const Config& config) {
    const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    STENTOR_CHECK(std::has_single_bit(config.ring_bytes) && config.ring_bytes >= page_bytes);
    std::unique_ptr<RingPool> pool(new RingPool(config));
    pool->page_bytes_ = page_bytes;
    pool->memory_fd_ = ::memfd_create("stentor-rings", MFD_CLOEXEC);
    if (pool->memory_fd_ < 0) {
        return std::unexpected(Error::from_errno(errno, "memfd_create for receive rings"));
    }
    const std::size_t file_bytes = config.ring_bytes * config.rings_max + page_bytes;
    if (::ftruncate(pool->memory_fd_, static_cast<off_t>(file_bytes)) != 0) {
        return std::unexpected(Error::from_errno(errno, "ftruncate of the receive rings"));
    }
    const std::size_t space_bytes = 2 * config.ring_bytes * config.rings_max + page_bytes;
    void* space =
        ::mmap(nullptr, space_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) {
        return std::unexpected(Error::from_errno(errno, "address space for receive rings"));
    }
    pool->space_ = static_cast<std::byte*>(space);
    pool->space_bytes_ = space_bytes;
    const std::size_t first_bytes = config.rings_max == 0 ? page_bytes : config.ring_bytes;
    if (!pool->map(0, 0, first_bytes)) {
        return std::unexpected(Error::from_errno(errno, "mapping the first receive ring"));
    }
    return pool;
}

RingPool::~RingPool() {
    STENTOR_CHECK(lent_ == 0);
    if (space_ != nullptr) {
        ::munmap(space_, space_bytes_);
    }
    if (memory_fd_ >= 0) {
        ::close(memory_fd_);
    }
}

bool RingPool::map(std::size_t address_offset, std::size_t file_offset, std::size_t bytes) {
    return ::mmap(space_ + address_offset, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                  memory_fd_, static_cast<off_t>(file_offset)) != MAP_FAILED;
}

std::byte* RingPool::address_of(std::uint32_t slot) const {
    return space_ + 2 * config_.ring_bytes * slot;
}

// B of the next slot, and A of the one behind it.
bool RingPool::map_next_slot() {
    const std::size_t ring_bytes = config_.ring_bytes;
    const bool is_last = mapped_ + 1 == config_.rings_max;
    const std::size_t bytes = ring_bytes + (is_last ? page_bytes_ : ring_bytes);
    if (!map((2 * std::size_t{mapped_} + 1) * ring_bytes, mapped_ * ring_bytes, bytes)) {
        return false;  // ENOMEM: too many mappings
    }
    has_memory_.push_back(false);
    cold_.push_back(mapped_++);
    return true;
}

MirroredRing RingPool::borrow() {
    std::vector<std::uint32_t>& free = warm_.empty() ? cold_ : warm_;
    if (free.empty() && (mapped_ == config_.rings_max || !map_next_slot())) {
        ++exhausted_;
        return {};
    }
    MirroredRing ring;
    ring.pool_ = this;
    ring.base_ = address_of(free.back());
    ring.capacity_ = config_.ring_bytes;
    free.pop_back();
    ++lent_;
    return ring;
}

void RingPool::take_back(std::byte* base, std::uint64_t peak) {
    --lent_;
    const std::size_t ring_bytes = config_.ring_bytes;
    const auto slot =
        static_cast<std::uint32_t>(static_cast<std::size_t>(base - space_) / (2 * ring_bytes));
    has_memory_[slot] = has_memory_[slot] || peak > page_bytes_;
    if (warm_.size() < config_.kept_resident) {
        warm_.push_back(slot);
        return;
    }
    // All but the first page goes back; both mappings lose it. Failing would only keep memory.
    if (has_memory_[slot]) {
        ::fallocate(memory_fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    static_cast<off_t>(slot * ring_bytes + page_bytes_),
                    static_cast<off_t>(ring_bytes - page_bytes_));
        has_memory_[slot] = false;
    }
    cold_.push_back(slot);
}

}  // namespace stentor::core
