// Writes JSON, one call a part; the commas come by themselves.
// Thread: one at a time.
// Invariant: what is ended was begun by the same writer, in order.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stentor::bench {

inline void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    out += '"';
}

class JsonWriter {
public:
    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_list() { open('['); }
    void end_list() { close(']'); }
    void key(std::string_view name) {
        comma();
        append_json_string(out_, name);
        out_ += ':';
        wants_comma_ = false;
    }
    void value(std::string_view text) {
        comma();
        append_json_string(out_, text);
        wants_comma_ = true;
    }
    void value(const char* text) { value(std::string_view(text)); }
    void value(bool is) {
        comma();
        out_ += is ? "true" : "false";
        wants_comma_ = true;
    }
    template <std::integral Number>
    void value(Number number) {
        comma();
        out_ += fmt::format("{}", number);
        wants_comma_ = true;
    }
    // JSON has no infinity: such a figure is null.
    void value(double number) {
        comma();
        out_ += std::isfinite(number) ? fmt::format("{}", number) : "null";
        wants_comma_ = true;
    }
    template <typename Value>
    void field(std::string_view name, const Value& is) {
        key(name);
        value(is);
    }
    // Left out when there is none.
    template <typename Value>
    void field(std::string_view name, const std::optional<Value>& is) {
        if (is) field(name, *is);
    }
    std::string take() { return std::move(out_); }

private:
    void comma() {
        if (wants_comma_) out_ += ',';
    }
    void open(char bracket) {
        comma();
        out_ += bracket;
        wants_comma_ = false;
    }
    void close(char bracket) {
        out_ += bracket;
        wants_comma_ = true;
    }
    std::string out_;
    bool wants_comma_ = false;
};

}  // namespace stentor::bench
