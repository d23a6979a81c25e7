// What a connection can speak: one row for each dialect, with its name for the options, where it is
// found, and how it is made. Whoever adds a dialect writes its class and its row in service.cc.
// Thread: immutable after start.
// Invariant: a Service is the place of its row.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "chat/ask_gate.h"
#include "chat/dialect/dialect.h"
#include "chat/dialect/dialect_steps.h"
#include "chat/outlet.h"
#include "chat/service_id.h"
#include "chat/session_token.h"
#include "chat/verbs.h"

namespace stentor::chat {

// What a dialect may be made of; all of it outlives the dialect.
struct DialectParts {
    Context& context;
    Outlet& outlet;
    Verbs& verbs;
    AskGate& gate;
    DialectSteps& steps;
    const SessionTokens& tokens;
    const std::function<void()>& end_server;  // for the operator
};

struct ServiceRow {
    // Who may switch it on.
    enum class Reach : std::uint8_t {
        kAlways,
        kEchoFlag,     // --echo
        kDialectFlag,  // --dialect NAME, --root-dialect NAME
        kListener,     // no WebSocket: a listener of its own
    };
    std::string_view name;
    Reach reach;
    std::string_view path;  // of the upgrade; empty with kListener
    std::unique_ptr<Dialect> (*make)(const DialectParts& parts);
};

std::span<const ServiceRow> service_rows();
const ServiceRow& row_of(Service service);
// "classic": a dialect that can be chosen by its name for a path or for the root.
std::optional<Service> dialect_named(std::string_view name);

// One dialect of each row, for a shard.
class DialectTable {
public:
    explicit DialectTable(const DialectParts& parts);
    Dialect& of(Service service) { return *by_service_[static_cast<std::size_t>(service)]; }

private:
    std::vector<std::unique_ptr<Dialect>> by_service_;
};

}  // namespace stentor::chat
