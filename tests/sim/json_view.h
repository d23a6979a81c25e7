// A server's JSON frame as a client looks at it: what it needs must be there and of its type.
// Thread: the simulation has one. Invariant: a missing field is a failure of the run, not a crash.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/report.h"

namespace stentor::sim {

class JsonView {
public:
    JsonView(simdjson::dom::element element, Report& report) : element_(element), report_(report) {}

    bool has(std::string_view key) const {
        simdjson::dom::element found;
        return element_[key].get(found) == simdjson::SUCCESS;
    }
    std::string text(std::string_view key) const {
        std::string_view found;
        if (element_[key].get(found) != simdjson::SUCCESS) {
            report_.fail("no text \"{}\" in {}", key, simdjson::minify(element_));
        }
        return std::string(found);
    }
    std::string text_or_empty(std::string_view key) const { return has(key) ? text(key) : ""; }
    std::uint64_t number(std::string_view key) const {
        std::uint64_t found = 0;
        if (element_[key].get(found) != simdjson::SUCCESS) {
            report_.fail("no number \"{}\" in {}", key, simdjson::minify(element_));
        }
        return found;
    }
    std::uint64_t number_or_zero(std::string_view key) const { return has(key) ? number(key) : 0; }
    // False when it is left out.
    bool flag(std::string_view key) const {
        bool found = false;
        return element_[key].get(found) == simdjson::SUCCESS && found;
    }
    std::vector<JsonView> list(std::string_view key) const {
        simdjson::dom::element found;
        if (element_[key].get(found) != simdjson::SUCCESS || !found.is_array()) {
            report_.fail("no list \"{}\" in {}", key, simdjson::minify(element_));
            return {};
        }
        return JsonView(found, report_).elements();
    }
    // An object of lists of strings; empty when it is left out.
    std::map<std::string, std::vector<std::string>> names_by_key(std::string_view key) const {
        std::map<std::string, std::vector<std::string>> names;
        simdjson::dom::object found;
        if (element_[key].get(found) != simdjson::SUCCESS) {
            return names;
        }
        for (const auto& [name, value] : found) {
            for (const JsonView& text : JsonView(value, report_).elements()) {
                names[std::string(name)].push_back(text.as_text());
            }
        }
        return names;
    }
    std::string to_text() const { return simdjson::minify(element_); }
    // An element of a list of strings.
    std::string as_text() const {
        std::string_view found;
        if (element_.get(found) != simdjson::SUCCESS) {
            report_.fail("not a text: {}", simdjson::minify(element_));
        }
        return std::string(found);
    }

private:
    std::vector<JsonView> elements() const {
        std::vector<JsonView> views;
        simdjson::dom::array list;
        if (element_.get(list) == simdjson::SUCCESS) {
            for (const simdjson::dom::element element : list) {
                views.emplace_back(element, report_);
            }
        }
        return views;
    }

    simdjson::dom::element element_;
    Report& report_;
};

}  // namespace stentor::sim
