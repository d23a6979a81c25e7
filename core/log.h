// The program's log: one line an event, with key=value fields, to stderr. What users write never
// comes here; what comes is escaped, so that nobody forges a line (CR, LF, ESC, C1).
// Thread: any, after start().
// Invariant: a caller never waits for stderr; when the queue is full the oldest line is lost and
// counted.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace stentor::core::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError, kOff };
enum class Format : std::uint8_t {
    kText,    // 2026-08-01T12:00:00.000Z info listening address=127.0.0.1:8080
    kLogfmt,  // time=… level=info event=listening address=127.0.0.1:8080
    kJson,    // {"time":"…","level":"info","event":"listening","address":"127.0.0.1:8080"}
};

struct Options {
    Level level = Level::kInfo;
    Format format = Format::kText;
};

// A field lives as long as the call that it is given to.
class Field {
public:
    Field(std::string_view name, std::string_view text) : key(name), value(text) {}
    Field(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
    Field(std::string_view name, const std::string& text)
        : key(name), value(std::string_view(text)) {}
    Field(std::string_view name, bool yes) : key(name), value(yes) {}
    Field(std::string_view name, double number) : key(name), value(number) {}
    template <std::signed_integral Number>
    Field(std::string_view name, Number number) : key(name), value(std::int64_t{number}) {}
    template <std::unsigned_integral Number>
    Field(std::string_view name, Number number) : key(name), value(std::uint64_t{number}) {}

    std::string_view key;
    std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;
};
using Fields = std::initializer_list<Field>;

// Once, at start, before other threads log. Until then lines of kWarning and above go out directly.
void start(const Options& options);
// Writes out what is queued and ends the log's thread; what is logged later goes out directly.
void stop();

bool enabled(Level level);
// log::info("listening", {{"address", "127.0.0.1:8080"}, {"reactors", 4}});
void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) {
    write(Level::kDebug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
    write(Level::kInfo, event, fields);
}
inline void warning(std::string_view event, Fields fields = {}) {
    write(Level::kWarning, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
    write(Level::kError, event, fields);
}
// Lines that were lost because stderr was too slow.
std::uint64_t lost();

// What stands behind time and level in a line of this format.
std::string body_for_test(Format format, std::string_view event, Fields fields);

}  // namespace stentor::core::log
