// --console: the terminal that the server was started in, as the far end of a connection of the
// operator's console (chat/dialect/console.h). Carries bytes both ways and knows nothing of them.
// Thread: main, but for run(), which is its own: a terminal that is stopped (Ctrl-S) or gone holds
// up nobody.
// Invariant: at most one piece is held each way; what the terminal does not take stays in the
// socket, and so in the console's outbox, which is bounded.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <thread>

#include "core/error.h"
#include "net/unique_fd.h"

namespace stentor::chat {

class ConsoleTerminal {
public:
    // `socket` is the far end; `in` and `out` stay the caller's.
    static std::expected<std::unique_ptr<ConsoleTerminal>, core::Error> start(net::UniqueFd socket,
                                                                              int in, int out);
    // What the server said last is shown, if the terminal takes it.
    ~ConsoleTerminal();

private:
    ConsoleTerminal(net::UniqueFd socket, net::UniqueFd stop_bell, int in, int out);
    void run();
    // False: the server has ended the connection, and all that it said was shown.
    bool turn(int timeout_ms);
    void read_typed();
    bool read_said();

    net::UniqueFd socket_;
    net::UniqueFd stop_bell_;
    const int in_;
    const int out_;
    bool in_open_ = true;
    bool out_open_ = true;
    bool stopping_ = false;
    std::string typed_;  // not yet sent to the server
    std::string said_;   // not yet shown
    std::thread thread_;
};

}  // namespace stentor::chat
