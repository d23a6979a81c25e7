// The log over spdlog, which is hidden here: we write the body of the line, spdlog's pattern adds
// time and level, and its thread writes to stderr from a bounded queue (overrun_oldest: a reactor
// never waits for a pipe that nobody reads).
// Thread: any, after start().
// Invariant: a body holds no control character and is valid for its format.
#include "core/log.h"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <iterator>
#include <memory>

namespace stentor::core::log {
namespace {

constexpr std::size_t kQueueLines = 8192;
constexpr std::size_t kValueBytesMax = 1024;  // longer values are cut

struct Sink {
    std::shared_ptr<spdlog::details::thread_pool> thread;  // null: lines go out directly
    std::shared_ptr<spdlog::logger> logger;
    Format format = Format::kText;
};

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::kDebug:
            return spdlog::level::debug;
        case Level::kInfo:
            return spdlog::level::info;
        case Level::kWarning:
            return spdlog::level::warn;
        case Level::kError:
            return spdlog::level::err;
        case Level::kOff:
            break;
    }
    return spdlog::level::off;
}

const char* pattern_of(Format format) {
    switch (format) {
        case Format::kLogfmt:
            return "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v";
        case Format::kJson:
            return "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}";
        case Format::kText:
            break;
    }
    return "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
}

void prepare(spdlog::logger& logger, const Options& options) {
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        pattern_of(options.format), spdlog::pattern_time_type::utc));
    logger.set_level(spdlog_level(options.level));
    logger.flush_on(spdlog::level::trace);
}

Sink direct(const Options& options) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    Sink made{nullptr, std::make_shared<spdlog::logger>("stentor", sink), options.format};
    prepare(*made.logger, options);
    return made;
}

Sink queued(const Options& options) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto thread = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
    Sink made{thread,
              std::make_shared<spdlog::async_logger>("stentor", sink, thread,
                                                     spdlog::async_overflow_policy::overrun_oldest),
              options.format};
    prepare(*made.logger, options);
    return made;
}

Sink& current() {
    static Sink sink = direct({Level::kWarning, Format::kText});
    return sink;
}

using Buffer = fmt::memory_buffer;

void append(Buffer& out, std::string_view text) {
    out.append(text.data(), text.data() + text.size());
}

// The length of the UTF-8 sequence that `text` begins with; 0 when it is none.
std::size_t sequence_bytes(std::string_view text) {
    const auto at = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const auto follows = [at](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
    const unsigned first = at(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return follows(1) ? 2 : 0;
    }
    if (first >= 0xe0 && first <= 0xef) {
        const bool overlong = first == 0xe0 && at(1) < 0xa0;
        const bool surrogate = first == 0xed && at(1) > 0x9f;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    const bool overlong = first == 0xf0 && at(1) < 0x90;
    const bool too_large = first > 0xf4 || (first == 0xf4 && at(1) > 0x8f);
    const bool whole = follows(1) && follows(2) && follows(3);
    return first >= 0xf0 && whole && !overlong && !too_large ? 4 : 0;
}

// Quote and backslash as JSON writes them; control characters (C0, DEL, C1) and bytes that are no
// UTF-8 as \u00xx.
void append_escaped(Buffer& out, std::string_view text) {
    std::size_t i = 0;
    while (i < text.size() && i < kValueBytesMax) {
        const std::size_t bytes = sequence_bytes(text.substr(i));
        const auto first = static_cast<unsigned char>(text[i]);
        const bool is_c1 =
            first == 0xc2 && bytes == 2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (first == '"' || first == '\\') {
            out.push_back('\\');
            out.push_back(text[i]);
        } else if (bytes == 0 || first < 0x20 || first == 0x7f) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", first);
        } else if (is_c1) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}",
                           static_cast<unsigned char>(text[i + 1]));
        } else {
            append(out, text.substr(i, bytes));
        }
        i += bytes == 0 ? 1 : bytes;
    }
    append(out, i < text.size() ? "..." : "");
}

void append_quoted(Buffer& out, std::string_view text) {
    out.push_back('"');
    append_escaped(out, text);
    out.push_back('"');
}

// Bare when no reader could mistake it.
void append_word(Buffer& out, std::string_view text) {
    const bool bare = !text.empty() && text.size() <= kValueBytesMax &&
                      text.find_first_of(" =\"\\") == std::string_view::npos;
    Buffer escaped;
    append_escaped(escaped, text);
    if (bare && escaped.size() == text.size()) {
        append(out, text);
    } else {
        append_quoted(out, text);
    }
}

void append_value(Buffer& out, const Field& field, Format format) {
    struct Visitor {
        Buffer& out;
        Format format;
        void operator()(std::string_view text) const {
            format == Format::kJson ? append_quoted(out, text) : append_word(out, text);
        }
        void operator()(bool yes) const { append(out, yes ? "true" : "false"); }
        void operator()(double number) const {
            const bool finite = number - number == 0;  // JSON has no word for the others
            finite ? static_cast<void>(fmt::format_to(std::back_inserter(out), "{}", number))
                   : append(out, "null");
        }
        void operator()(std::int64_t number) const {
            fmt::format_to(std::back_inserter(out), "{}", number);
        }
        void operator()(std::uint64_t number) const {
            fmt::format_to(std::back_inserter(out), "{}", number);
        }
    };
    std::visit(Visitor{out, format}, field.value);
}

void append_body(Buffer& out, Format format, std::string_view event, Fields fields) {
    if (format == Format::kJson) {
        append(out, "\"event\":");
        append_quoted(out, event);
        for (const Field& field : fields) {
            out.push_back(',');
            append_quoted(out, field.key);
            out.push_back(':');
            append_value(out, field, format);
        }
        return;
    }
    append(out, format == Format::kLogfmt ? "event=" : "");
    format == Format::kLogfmt ? append_word(out, event) : append_escaped(out, event);
    for (const Field& field : fields) {
        out.push_back(' ');
        append_escaped(out, field.key);
        out.push_back('=');
        append_value(out, field, format);
    }
}

}  // namespace

void start(const Options& options) {
    current() = queued(options);
}

void stop() {
    Sink& sink = current();
    if (sink.thread == nullptr) {
        return;
    }
    Level level = Level::kDebug;
    while (level != Level::kOff && !enabled(level)) {
        level = static_cast<Level>(static_cast<std::uint8_t>(level) + 1);
    }
    sink = direct({level, sink.format});  // lets go of the thread, which writes out its queue first
}

bool enabled(Level level) {
    return current().logger->should_log(spdlog_level(level));
}

void write(Level level, std::string_view event, Fields fields) {
    if (level == Level::kOff || !enabled(level)) {
        return;
    }
    const Sink& sink = current();
    Buffer body;
    append_body(body, sink.format, event, fields);
    sink.logger->log(spdlog_level(level), spdlog::string_view_t(body.data(), body.size()));
}

std::uint64_t lost() {
    const Sink& sink = current();
    return sink.thread == nullptr ? 0 : sink.thread->overrun_counter();
}

std::string body_for_test(Format format, std::string_view event, Fields fields) {
    Buffer body;
    append_body(body, format, event, fields);
    return fmt::to_string(body);
}

}  // namespace stentor::core::log
