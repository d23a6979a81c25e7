// A server's JSON frame as a client looks at it: what it needs must be there and of its type.
// Thread: the simulation has one. Invariant: a missing field is a failure of the run, not a crash.
#pragma once

#include <simdjson.h>

#include <cstdint>
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
        std::vector<JsonView> views;
        simdjson::dom::array found;
        if (element_[key].get(found) != simdjson::SUCCESS) {
            report_.fail("no list \"{}\" in {}", key, simdjson::minify(element_));
            return views;
        }
        for (const simdjson::dom::element element : found) {
            views.emplace_back(element, report_);
        }
        return views;
    }
    // An element of a list of strings.
    std::string as_text() const {
        std::string_view found;
        if (element_.get(found) != simdjson::SUCCESS) {
            report_.fail("not a text: {}", simdjson::minify(element_));
        }
        return std::string(found);
    }

private:
    simdjson::dom::element element_;
    Report& report_;
};

}  // namespace stentor::sim
