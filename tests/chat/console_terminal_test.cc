// The terminal's end of the console.
#include "chat/console_terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <string_view>

namespace stentor::chat {
namespace {

struct Pair {
    net::UniqueFd one;
    net::UniqueFd other;
};
Pair make_pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    return {net::UniqueFd(ends[0]), net::UniqueFd(ends[1])};
}
Pair make_sockets() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    return {net::UniqueFd(ends[0]), net::UniqueFd(ends[1])};
}
void put(const net::UniqueFd& fd, std::string_view text) {
    ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}
// Blocks until so many bytes came, or the end.
std::string get(const net::UniqueFd& fd, std::size_t bytes) {
    std::string text;
    std::array<char, 4096> piece;
    while (text.size() < bytes) {
        const ssize_t size = ::read(fd.get(), piece.data(), piece.size());
        if (size <= 0) break;
        text.append(piece.data(), static_cast<std::size_t>(size));
    }
    return text;
}

TEST(ConsoleTerminal, CarriesBothWaysAndOutlivesTheEndOfTyping) {
    // Behind Ctrl-D the server still shows what is said.
    std::signal(SIGPIPE, SIG_IGN);
    Pair typed = make_pipe();
    const Pair shown = make_pipe();
    Pair socket = make_sockets();
    auto terminal =
        ConsoleTerminal::start(std::move(socket.one), typed.one.get(), shown.other.get());
    ASSERT_TRUE(terminal);
    put(typed.other, "hello\n");
    EXPECT_EQ(get(socket.other, 6), "hello\n");
    typed.other.reset();
    put(socket.other, "ann: hi\n");
    EXPECT_EQ(get(shown.one, 8), "ann: hi\n");
    put(socket.other, "* the server ends\n");
    socket.other.reset();
    EXPECT_EQ(get(shown.one, 18), "* the server ends\n");
}

TEST(ConsoleTerminal, ATerminalThatTakesNothingHoldsUpNobody) {
    // The pipe is full and nobody reads it: the end comes all the same.
    std::signal(SIGPIPE, SIG_IGN);
    const Pair typed = make_pipe();
    const Pair shown = make_pipe();
    Pair socket = make_sockets();
    auto terminal =
        ConsoleTerminal::start(std::move(socket.one), typed.one.get(), shown.other.get());
    ASSERT_TRUE(terminal);
    const std::string much(64 * 1024, 'x');
    ASSERT_GT(::send(socket.other.get(), much.data(), much.size(), 0), 0);
    while (::send(socket.other.get(), much.data(), 4096, MSG_DONTWAIT) > 0) {
    }
    terminal->reset();
}

}  // namespace
}  // namespace stentor::chat
