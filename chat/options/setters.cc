// The kinds of value that only one or two rows have. See setters.h.
// Thread: any; pure.
// Invariant: a setter that fails has changed nothing.
#include "chat/options/setters.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "chat/dialect/service.h"
#include "ws/utf8.h"

namespace stentor::chat {
namespace {

template <typename Value>
struct Word {
    std::string_view text;
    Value value;
};
using core::log::Format;
using core::log::Level;
// The first spelling of a value is the one that is shown.
constexpr std::array<Word<Level>, 6> kLevels{{{"debug", Level::kDebug},
                                              {"info", Level::kInfo},
                                              {"warning", Level::kWarning},
                                              {"warn", Level::kWarning},
                                              {"error", Level::kError},
                                              {"off", Level::kOff}}};
constexpr std::array<Word<Format>, 3> kFormats{
    {{"text", Format::kText}, {"logfmt", Format::kLogfmt}, {"json", Format::kJson}}};
constexpr std::array<Word<Durability>, 2> kDurabilities{
    {{"commit", Durability::kDisk}, {"fsync", Durability::kSynced}}};
constexpr std::string_view kSqlite = "sqlite:";
constexpr std::uint64_t kMemoryLimitMin = std::uint64_t{16} << 20;
constexpr std::uint64_t kMemoryLimitMax = std::uint64_t{16} << 40;
constexpr std::array<Word<net::IoKind>, 2> kIoKinds{
    {{"epoll", net::IoKind::kEpoll}, {"io_uring", net::IoKind::kUring}}};

template <typename Value, std::size_t kWords>
Checked choose(Value& value, std::string_view text, const std::array<Word<Value>, kWords>& words) {
    const auto found = std::ranges::find(words, text, &Word<Value>::text);
    if (found != words.end()) {
        value = found->value;
        return {};
    }
    std::string expected;
    for (const auto& word : words) {
        expected += expected.empty() ? "" : ", ";
        expected += word.text;
    }
    return std::unexpected("it must be one of " + expected);
}

template <typename Value, std::size_t kWords>
std::vector<std::string> chosen(Value value, const std::array<Word<Value>, kWords>& words) {
    return {std::string(std::ranges::find(words, value, &Word<Value>::value)->text)};
}

Checked check_origin(std::string_view origin) {
    if (origin == "*" || origin == "null") return {};
    const std::size_t colon = origin.find("://");
    if (colon == std::string_view::npos || colon == 0) {
        return std::unexpected("an origin is SCHEME://HOST or SCHEME://HOST:PORT, or * for all");
    }
    const std::string_view host = origin.substr(colon + 3);
    if (host.empty() || host.find_first_of("/?#@* ") != std::string_view::npos) {
        return std::unexpected("an origin ends with the host or the port: no path, no wildcard");
    }
    return {};
}

// UTF-8, for it goes into the JSON of --ports-file.
std::expected<net::ListenAddress, std::string> parse_address(const std::string& text) {
    auto address = net::ListenAddress::parse(text);
    if (!address) return std::unexpected(address.error().message());
    if (!ws::is_valid_utf8(std::as_bytes(std::span(text)))) {
        return std::unexpected("an address is written in UTF-8");
    }
    return *std::move(address);
}

std::string names_of_dialects(bool native_too) {
    std::string names;
    for (const ServiceRow& row : service_rows()) {
        const auto service = dialect_named(row.name);
        if (!service || (*service == Service::kNative && !native_too)) continue;
        names += (names.empty() ? "" : ", ") + std::string(row.name);
    }
    return names;
}

}  // namespace

Checked set_listen(Options& options, Texts texts) {
    std::vector<net::ListenAddress> addresses;
    for (const std::string& text : texts) {
        auto address = parse_address(text);
        if (!address) return std::unexpected(std::move(address.error()));
        addresses.push_back(std::move(*address));
    }
    options.listen = std::move(addresses);
    return {};
}

std::vector<std::string> show_listen(const Options& options) {
    std::vector<std::string> texts;
    for (const net::ListenAddress& address : options.listen) texts.push_back(address.to_string());
    return texts;
}

// Plain: the operator's listener is private.
Checked set_admin_listen(Options& options, Texts texts) {
    auto address = parse_address(texts.front());
    if (!address) return std::unexpected(std::move(address.error()));
    if (address->tls) return std::unexpected("the operator's listener is private: without tls:");
    options.admin_listen = std::move(*address);
    return {};
}

std::vector<std::string> show_admin_listen(const Options& options) {
    if (!options.admin_listen) return {};
    return {options.admin_listen->to_string()};
}

// Plain as well: telnet speaks no TLS.
Checked set_line_listen(Options& options, Texts texts) {
    auto address = parse_address(texts.front());
    if (!address) return std::unexpected(std::move(address.error()));
    if (address->tls) return std::unexpected("the line dialect is plain TCP: without tls:");
    options.line_listen = std::move(*address);
    return {};
}

std::vector<std::string> show_line_listen(const Options& options) {
    if (!options.line_listen) return {};
    return {options.line_listen->to_string()};
}

Checked set_dialects(Options& options, Texts texts) {
    std::vector<Service> dialects;
    for (const std::string& text : texts) {
        const auto service = dialect_named(text);
        if (!service || *service == Service::kNative) {
            return std::unexpected("it must be one of " + names_of_dialects(false));
        }
        dialects.push_back(*service);
    }
    options.dialects = std::move(dialects);
    return {};
}

std::vector<std::string> show_dialects(const Options& options) {
    std::vector<std::string> names;
    for (const Service service : options.dialects) names.emplace_back(row_of(service).name);
    return names;
}

Checked set_root_dialect(Options& options, Texts texts) {
    const auto service = dialect_named(texts.front());
    if (!service) return std::unexpected("it must be one of " + names_of_dialects(true));
    options.root_dialect = *service;
    return {};
}

std::vector<std::string> show_root_dialect(const Options& options) {
    return {std::string(row_of(options.root_dialect).name)};
}

Checked set_proxies(Options& options, Texts texts) {
    std::vector<net::AddressRange> ranges;
    for (const std::string& text : texts) {
        const auto range = net::AddressRange::parse(text);
        if (!range) return std::unexpected(range.error());
        ranges.push_back(*range);
    }
    options.proxies = std::move(ranges);
    return {};
}

std::vector<std::string> show_proxies(const Options& options) {
    std::vector<std::string> texts;
    for (const net::AddressRange& range : options.proxies) texts.push_back(range.to_string());
    return texts;
}

Checked set_origins(Options& options, Texts texts) {
    for (const std::string& text : texts) {
        if (Checked checked = check_origin(text); !checked) return checked;
    }
    options.origins.assign(texts.begin(), texts.end());
    return {};
}

std::vector<std::string> show_origins(const Options& options) {
    return options.origins;
}

Checked set_store(Options& options, Texts texts) {
    std::string_view text = texts.front();
    if (text == "memory") {
        options.store_file.clear();
        return {};
    }
    if (!text.starts_with(kSqlite) || text.size() == kSqlite.size()) {
        return std::unexpected("it must be memory, or sqlite: and the name of a file");
    }
    text.remove_prefix(kSqlite.size());
    if (!ws::is_valid_utf8(std::as_bytes(std::span(text)))) {
        return std::unexpected("the name of the file must be UTF-8");
    }
    options.store_file = text;
    return {};
}

std::vector<std::string> show_store(const Options& options) {
    if (options.store_file.empty()) return {"memory"};
    return {std::string(kSqlite) + options.store_file};
}

Checked set_durability(Options& options, Texts texts) {
    return choose(options.durability, texts.front(), kDurabilities);
}

std::vector<std::string> show_durability(const Options& options) {
    return chosen(options.durability, kDurabilities);
}

// A size that was meant in MiB and is written without must not refuse everybody.
Checked set_memory_limit(Options& options, Texts texts) {
    const auto bytes = parse_size_bytes(texts.front());
    if (!bytes) return std::unexpected(bytes.error());
    Checked checked;
    if (*bytes != 0) checked = check_range(*bytes, kMemoryLimitMin, kMemoryLimitMax, format_size);
    if (checked) options.memory_limit_bytes = *bytes;
    return checked;
}

std::vector<std::string> show_memory_limit(const Options& options) {
    if (options.memory_limit_bytes == 0) return {};
    return {format_size(options.memory_limit_bytes)};
}

Checked set_io(Options& options, Texts texts) {
    return choose(options.io, texts.front(), kIoKinds);
}

std::vector<std::string> show_io(const Options& options) {
    return chosen(options.io, kIoKinds);
}

Checked set_log_level(Options& options, Texts texts) {
    return choose(options.log_level, texts.front(), kLevels);
}

std::vector<std::string> show_log_level(const Options& options) {
    return chosen(options.log_level, kLevels);
}

Checked set_log_format(Options& options, Texts texts) {
    return choose(options.log_format, texts.front(), kFormats);
}

std::vector<std::string> show_log_format(const Options& options) {
    return chosen(options.log_format, kFormats);
}

std::expected<bool, std::string> parse_switch(std::string_view text) {
    if (text == "true" || text == "on" || text == "yes" || text == "1") return true;
    if (text == "false" || text == "off" || text == "no" || text == "0") return false;
    return std::unexpected("a switch is true or false");
}

Checked check_range(std::uint64_t value, std::uint64_t least, std::uint64_t most,
                    std::string (*format)(std::uint64_t)) {
    if (value < least) return std::unexpected("the least is " + format(least));
    if (value > most) return std::unexpected("the most is " + format(most));
    return {};
}

std::string format_number(std::uint64_t number) {
    return std::to_string(number);
}

}  // namespace stentor::chat
