// See console_terminal.h.
// Thread: main, but for run() and what it calls.
// Invariant: see console_terminal.h.
#include "chat/console_terminal.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace stentor::chat {
namespace {

// What a pipe that polls writable takes without blocking.
constexpr std::size_t kPieceBytes = 4096;
constexpr int kForEver = -1;

// Writes the front of `text` once; false when nobody is there any more.
bool write_some(int fd, std::string& text) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written > 0) text.erase(0, static_cast<std::size_t>(written));
    return written >= 0 || errno == EAGAIN || errno == EINTR;
}

}  // namespace

ConsoleTerminal::ConsoleTerminal(net::UniqueFd socket, net::UniqueFd stop_bell, int in, int out)
    : socket_(std::move(socket)), stop_bell_(std::move(stop_bell)), in_(in), out_(out) {}

std::expected<std::unique_ptr<ConsoleTerminal>, core::Error> ConsoleTerminal::start(
    net::UniqueFd socket, int in, int out) {
    net::UniqueFd stop_bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop_bell) return std::unexpected(core::Error::from_errno(errno, "cannot make a bell"));
    std::unique_ptr<ConsoleTerminal> terminal(
        new ConsoleTerminal(std::move(socket), std::move(stop_bell), in, out));
    try {
        terminal->thread_ = std::thread([one = terminal.get()] { one->run(); });
    } catch (const std::system_error& error) {
        return std::unexpected(core::Error{error.code(), "cannot start a thread"});
    }
    pthread_setname_np(terminal->thread_.native_handle(), "console");
    return terminal;
}

ConsoleTerminal::~ConsoleTerminal() {
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    while (::write(stop_bell_.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
    thread_.join();
}

void ConsoleTerminal::run() {
    while (!stopping_ && turn(kForEver)) {
    }
    // What stands in the socket now, as far as the terminal takes it at once.
    in_open_ = false;
    typed_.clear();
    while (out_open_ && turn(0)) {
    }
    socket_.reset();  // the server waits for it, to end the connection in peace
}

bool ConsoleTerminal::turn(int timeout_ms) {
    const auto of = [](bool wanted, short events) { return wanted ? events : short{0}; };
    const bool reads_typed = in_open_ && typed_.empty();
    const bool shows = out_open_ && !said_.empty();
    const bool hears = said_.empty();
    std::array<pollfd, 4> polled{
        {{stop_bell_.get(), POLLIN, 0},
         {reads_typed ? in_ : -1, POLLIN, 0},
         {shows ? out_ : -1, POLLOUT, 0},
         {hears || !typed_.empty() ? socket_.get() : -1,
          static_cast<short>(of(hears, POLLIN) | of(!typed_.empty(), POLLOUT)), 0}}};
    const int ready = ::poll(polled.data(), polled.size(), timeout_ms);
    if (ready < 0) return errno == EINTR;
    stopping_ = stopping_ || polled[0].revents != 0;
    if (reads_typed && polled[1].revents != 0) read_typed();
    if (shows && polled[2].revents != 0) out_open_ = write_some(out_, said_);
    if (!out_open_) said_.clear();  // nobody looks any more; what is typed still counts
    if (!typed_.empty() && (polled[3].revents & (POLLOUT | POLLHUP | POLLERR)) != 0 &&
        !write_some(socket_.get(), typed_)) {
        typed_.clear();
        in_open_ = false;
    }
    const bool heard = hears && (polled[3].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
    if (heard) return read_said();
    const bool moved = shows && polled[2].revents != 0;
    return timeout_ms != 0 || moved;
}

// The end of what is typed (Ctrl-D, /dev/null) ends the typing alone.
void ConsoleTerminal::read_typed() {
    std::array<char, kPieceBytes> piece;
    const ssize_t size = ::read(in_, piece.data(), piece.size());
    if (size > 0) {
        typed_.assign(piece.data(), static_cast<std::size_t>(size));
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        in_open_ = false;
    }
}

bool ConsoleTerminal::read_said() {
    std::array<char, kPieceBytes> piece;
    const ssize_t size = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (size > 0) said_.assign(piece.data(), static_cast<std::size_t>(size));
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace stentor::chat
