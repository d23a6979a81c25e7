// A whole server in this process and what its clients do with it, from start to drain, while one
// system call fails; and the verdict.
// Thread: the test's, beside the server's. Invariant: when it returns all is given back.
#pragma once

#include <cstdint>
#include <optional>

#include "chat/options/options.h"
#include "tests/faults/syscalls.h"

namespace stentor::faults {

chat::Options options_for_test(std::uint32_t reactors);

// How many descriptors this process has open.
std::size_t open_files();

// Whom the fault may end.
enum class Victim : std::uint8_t {
    kNone,     // everybody sees everything
    kOwner,    // the connection that was hit may end
    kAnybody,  // one connection may end, whichever
};
// As the server shall take that fault, at any index.
Victim victim_of(const Fault& fault);

struct Setting {
    std::uint32_t reactors;
    bool tls;
};

// Plays the scenario; what is wrong is a failure of the test.
void play(Setting setting, std::optional<Fault> fault);

}  // namespace stentor::faults
