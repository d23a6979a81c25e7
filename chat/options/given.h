// What one source (command line, environment, file) says: raw texts by option, with the words that
// name the place in a message.
// Thread: any; a value.
// Invariant: an option stands here only if the source names it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::chat {

struct GivenTexts {
    std::vector<std::string> texts;
    std::string place;  // "--reactors", "STENTOR_REACTORS", "stentor.toml:3: reactors"
};
using Given = std::map<std::string_view, GivenTexts>;  // by OptionRow::name

}  // namespace stentor::chat
