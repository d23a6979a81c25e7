// What can fail by design is a value (docs/decisions.md, "Three kinds of error"): std::expected<T,
// Error> for what the system refuses, with the words that an operator needs. Protocol errors have
// enums of their own.
// Thread: any; it is a value.
#pragma once

#include <string>
#include <system_error>
#include <utility>

namespace stentor::core {

struct Error {
    std::error_code code;  // zero when the system is not to blame
    std::string what;      // "bind 127.0.0.1:8080"

    static Error from_errno(int error_number, std::string what) {
        return {std::error_code(error_number, std::generic_category()), std::move(what)};
    }
    static Error because(std::string what) { return {{}, std::move(what)}; }

    std::string message() const { return code ? what + ": " + code.message() : what; }
};

}  // namespace stentor::core
