// A connection's way through a worker: connect, upgrade, join, frames, end. See worker.h.
// Thread: the worker.
// Invariant: a connection counts in `opening_` from start_opening() until it is ready or failed.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bench/load/clock.h"
#include "bench/load/rooms.h"
#include "bench/load/wire.h"
#include "bench/load/worker.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kUpgradeAnswerBytesMax = 16 * 1024;

bool under_way(Phase phase) {
    return phase != Phase::kClosed && phase != Phase::kReady;
}

std::string words_of_close(std::string_view payload) {
    if (payload.size() < ws::kCloseCodeBytes) return "the server closed without a code";
    const unsigned code =
        static_cast<unsigned char>(payload[0]) * 256U + static_cast<unsigned char>(payload[1]);
    return fmt::format("the server closed with {} \"{}\"", code, payload.substr(2));
}

}  // namespace

void Worker::open(Connection& connection) {
    to_open_.push_back(&connection);
}

void Worker::open_more() {
    while (!to_open_.empty() && opening_ < options_.opening_max) {
        Connection* next = to_open_.front();
        to_open_.pop_front();
        start_opening(*next);
    }
}

bool Worker::bind_source(const Connection& connection) {
    if (options_.sources < 2 || !connection.target->address.is_loopback_v4()) return true;
    const int yes = 1;
    ::setsockopt(connection.fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + connection.index % options_.sources);
    sockaddr_storage storage{};
    std::memcpy(&storage, &source, sizeof source);
    return ::bind(connection.fd.get(), reinterpret_cast<const sockaddr*>(&storage),
                  sizeof source) == 0;
}

void Worker::start_opening(Connection& connection) {
    const SocketAddress& address = connection.target->address;
    ++opening_;
    connection.phase = Phase::kConnecting;
    connection.opened_ns = now_ns();
    if (connection.target->tls && !connection.tls) {
        connection.tls = std::make_unique<TlsClientSession>(*connection.target->tls);
    }
    connection.fd.reset(
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!connection.fd) return fail(connection, std::string("socket: ") + std::strerror(errno));
    const int yes = 1;
    ::setsockopt(connection.fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!bind_source(connection)) {
        return fail(connection, std::string("bind: ") + std::strerror(errno));
    }
    epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = &connection}};
    connection.wants_write = true;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd.get(), &event) != 0) {
        return fail(connection, std::string("epoll_ctl: ") + std::strerror(errno));
    }
    if (::connect(connection.fd.get(), reinterpret_cast<const sockaddr*>(&address.storage),
                  address.bytes) != 0 &&
        errno != EINPROGRESS) {
        fail(connection, std::string("connect: ") + std::strerror(errno));
    }
}

void Worker::watch(Connection& connection, bool write) {
    if (connection.wants_write == write) return;
    connection.wants_write = write;
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    if (write) event.events |= EPOLLOUT;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
}

void Worker::on_event(Connection& connection, std::uint32_t events) {
    if (connection.phase == Phase::kClosed) return;  // ended by an earlier event of this turn
    if (connection.phase == Phase::kConnecting) {
        on_connected(connection);
        return;
    }
    if ((events & EPOLLOUT) != 0) flush(connection);
    if (connection.phase != Phase::kClosed && (events & ~std::uint32_t{EPOLLOUT}) != 0) {
        on_readable(connection);
    }
}

void Worker::on_connected(Connection& connection) {
    int error = 0;
    socklen_t bytes = sizeof error;
    ::getsockopt(connection.fd.get(), SOL_SOCKET, SO_ERROR, &error, &bytes);
    if (error != 0) return fail(connection, std::string("connect: ") + std::strerror(error));
    if (connection.tls) return begin_tls(connection);
    begin_upgrade(connection);
}

void Worker::begin_upgrade(Connection& connection) {
    connection.phase = Phase::kUpgrading;
    if (connection.target->spec.accepts_only()) return flush(connection);
    const Url& url = connection.target->spec.url;
    const std::string path = url.names_room ? url.path_for(driver_->room_of(connection)) : url.path;
    connection.outbox += upgrade_request(url.authority, path);
    flush(connection);
}

// What is behind `sent` goes out, as far as there is room, and `sent` with it. False: not all went,
// and the rest is watched for, or the connection failed.
bool Worker::put(Connection& connection, std::string_view bytes, std::size_t& sent) {
    while (sent < bytes.size()) {
        const ssize_t took =
            ::send(connection.fd.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (took >= 0) {
            sent += static_cast<std::size_t>(took);
        } else if (errno == EAGAIN) {
            watch(connection, true);
            return false;
        } else if (errno != EINTR) {
            fail(connection, std::string("send: ") + std::strerror(errno));
            return false;
        }
    }
    return true;
}

void Worker::flush(Connection& connection) {
    if (connection.tls) return flush_tls(connection);
    if (!put(connection, connection.outbox, connection.outbox_sent)) return;
    connection.outbox.clear();
    connection.outbox_sent = 0;
    watch(connection, false);
}

void Worker::on_readable(Connection& connection) {
    if (connection.tls) return on_readable_tls(connection);
    const std::size_t held = connection.rest.size();
    if (held == buffer_.size()) buffer_.resize(2 * buffer_.size());
    connection.rest.copy(buffer_.data(), held);
    const ssize_t got =
        ::recv(connection.fd.get(), buffer_.data() + held, buffer_.size() - held, 0);
    now_ns_ = now_ns();
    if (!has_come(connection, got)) return;
    on_bytes(connection, {buffer_.data(), held + static_cast<std::size_t>(got)});
}

// False: recv() brought nothing, or the end.
bool Worker::has_come(Connection& connection, ssize_t got) {
    if (got > 0) return true;
    if (got == 0) {
        on_end(connection);
    } else if (errno != EAGAIN && errno != EINTR) {
        fail(connection, std::string("recv: ") + std::strerror(errno));
    }
    return false;
}

// The server will send no more.
void Worker::on_end(Connection& connection) {
    if (connection.target->spec.accepts_only() && connection.phase == Phase::kUpgrading) {
        return become_ready(connection);
    }
    fail(connection, connection.phase == Phase::kSecuring
                         ? "TLS: the server ended the connection in the handshake"
                         : "the server ended the connection");
}

void Worker::on_bytes(Connection& connection, std::string_view bytes) {
    if (connection.phase == Phase::kUpgrading) bytes = take_upgrade(connection, bytes);
    if (connection.phase == Phase::kUpgrading) {
        connection.rest = bytes;
    } else if (connection.phase != Phase::kClosed) {
        walk_frames(connection, bytes);
        if (connection.phase == Phase::kReady) driver_->on_drained(connection);
    }
}

// Returns what follows the answer; the phase says whether it was whole and good.
std::string_view Worker::take_upgrade(Connection& connection, std::string_view bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        if (bytes.size() > kUpgradeAnswerBytesMax) {
            fail(connection, "the answer to the upgrade has no end");
        }
        return bytes;
    }
    const std::string fault = upgrade_fault(bytes.substr(0, end + 4));
    if (!fault.empty()) {
        fail(connection, fault);
        return {};
    }
    on_upgraded(connection);
    return bytes.substr(end + 4);
}

void Worker::on_upgraded(Connection& connection) {
    connection.phase = Phase::kJoining;
    if (!options_.joins) return become_ready(connection);
    const TargetSpec& spec = connection.target->spec;
    for (const MessageTemplate& join : spec.join) {
        const PreparedMessage line =
            join.prepare(room_name(connection.room), user_name(connection.index), 0);
        append_client_frame(connection.outbox, ws::Opcode::kText, line.text, next_mask());
    }
    if (!spec.join.empty()) flush(connection);
    if (connection.phase == Phase::kJoining && spec.joined.empty()) become_ready(connection);
}

// A client acknowledges every second message until his timer of 40 ms has passed once, and each one
// from then on, unless he sends himself. When that is so differs from server to server by chance,
// and it is up to 15 % of a server's CPU; so it is so from the start.
void Worker::acknowledge_at_once(const Connection& connection) {
    const int yes = 1;
    ::setsockopt(connection.fd.get(), IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
}

void Worker::become_ready(Connection& connection) {
    acknowledge_at_once(connection);
    connection.phase = Phase::kReady;
    --opening_;
    connection.target->ready.fetch_add(1);
    driver_->on_ready(connection);
}

std::string_view Worker::take_skipped(Connection& connection, std::string_view bytes) {
    const std::uint64_t taken = std::min<std::uint64_t>(connection.skip_bytes, bytes.size());
    connection.skip_bytes -= taken;
    if (connection.skip_bytes == 0) driver_->on_skipped(connection);
    return bytes.substr(static_cast<std::size_t>(taken));
}

void Worker::walk_frames(Connection& connection, std::string_view bytes) {
    std::uint64_t frames = 0;
    while (!bytes.empty() && connection.phase != Phase::kClosed) {
        if (connection.skip_bytes > 0) {
            bytes = take_skipped(connection, bytes);
            continue;
        }
        const FrameHead head = parse_server_head(bytes);
        if (head.state == FrameHead::State::kIncomplete) break;
        if (head.state == FrameHead::State::kBad) {
            return fail(connection, "the server sent a frame that is masked or has a reserved bit");
        }
        const std::string_view payload = bytes.substr(head.head_bytes, head.payload_bytes);
        if (payload.size() < head.payload_bytes) {
            if (connection.phase != Phase::kReady || ws::is_control(head.opcode) ||
                !driver_->on_beginning(connection, payload, head.payload_bytes)) {
                break;
            }
            connection.skip_bytes = head.payload_bytes - payload.size();
            bytes = {};
            ++frames;
            break;
        }
        ++frames;
        on_frame(connection, head.opcode, payload);
        bytes.remove_prefix(head.head_bytes + payload.size());
    }
    if (connection.phase != Phase::kClosed) connection.rest = bytes;
    frames_.store(frames_.load(std::memory_order_relaxed) + frames, std::memory_order_relaxed);
}

void Worker::on_frame(Connection& connection, ws::Opcode opcode, std::string_view payload) {
    if (ws::is_control(opcode)) {
        on_control(connection, opcode, payload);
    } else if (connection.phase == Phase::kReady) {
        driver_->on_message(connection, payload);
    } else {
        on_joining(connection, payload);
    }
}

void Worker::on_control(Connection& connection, ws::Opcode opcode, std::string_view payload) {
    if (opcode == ws::Opcode::kPing) {
        append_client_frame(connection.outbox, ws::Opcode::kPong, payload, next_mask());
        flush(connection);
    } else if (opcode == ws::Opcode::kClose) {
        fail(connection, words_of_close(payload));
    }
}

void Worker::on_joining(Connection& connection, std::string_view payload) {
    if (payload.find(connection.target->spec.joined) != std::string_view::npos) {
        become_ready(connection);
    } else {
        connection.target->overhear(payload);
    }
}

void Worker::close(Connection& connection, bool abruptly) {
    if (connection.phase == Phase::kClosed) return;
    if (under_way(connection.phase)) --opening_;
    connection.phase = Phase::kClosed;
    if (connection.tls) end_tls(connection, abruptly);
    if (abruptly && connection.fd) {
        const linger reset{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(connection.fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    connection.fd.reset();
    connection.wants_write = false;
    connection.rest.clear();
    connection.outbox.clear();
    connection.outbox_sent = 0;
    connection.skip_bytes = 0;
}

void Worker::fail(Connection& connection, const std::string& why) {
    TargetState& target = *connection.target;
    const bool ready = connection.phase == Phase::kReady;
    target.complain(why);
    (ready ? target.closed : target.failed).fetch_add(1);
    close(connection);
    if (driver_ != nullptr) driver_->on_closed(connection, ready);
}

}  // namespace stentor::bench
