// What --help and --print-config print.
// Thread: any; pure.
// Invariant: the printed configuration is a file that --config reads back.
#pragma once

#include <string>

#include "chat/options/load.h"

namespace stentor::chat {

std::string help_text();
std::string config_text(const Invocation& invocation);

}  // namespace stentor::chat
