// The rows. See service.h.
// Thread: immutable after start; a DialectTable is its shard's.
// Invariant: the rows that service_id.h names stand where it says.
#include "chat/dialect/service.h"

#include <array>

#include "chat/dialect/classic.h"
#include "chat/dialect/console.h"
#include "chat/dialect/echo.h"
#include "chat/dialect/line.h"
#include "chat/dialect/native.h"
#include "chat/dialect/plain.h"
#include "core/check.h"

namespace stentor::chat {
namespace {

using enum ServiceRow::Reach;

template <typename Kind>
std::unique_ptr<Dialect> make(const DialectParts& parts) {
    return std::make_unique<Kind>(parts);
}

constexpr auto kRows = std::to_array<ServiceRow>({
    {"native", kAlways, "/ws",
     [](const DialectParts& parts) -> std::unique_ptr<Dialect> {
         return std::make_unique<Native>(parts.context, parts.outlet, parts.verbs, parts.tokens);
     }},
    {"echo", kEchoFlag, "/echo",
     [](const DialectParts& parts) -> std::unique_ptr<Dialect> {
         return std::make_unique<Echo>(parts.context, parts.outlet);
     }},
    {"line", kListener, "", make<Line>},
    {"console", kListener, "", make<Console>},
    {"classic", kDialectFlag, "/classic", make<Classic>},
    {"plain", kDialectFlag, "/plain", make<Plain>},
});
static_assert(kRows.size() <= kServicesMax);

constexpr bool stands_at(Service service, std::string_view name) {
    return kRows[static_cast<std::size_t>(service)].name == name;
}
static_assert(stands_at(Service::kNative, "native") && stands_at(Service::kEcho, "echo") &&
              stands_at(Service::kLine, "line") && stands_at(Service::kConsole, "console"));

}  // namespace

std::span<const ServiceRow> service_rows() {
    return kRows;
}

const ServiceRow& row_of(Service service) {
    const auto place = static_cast<std::size_t>(service);
    STENTOR_CHECK(place < kRows.size());
    return kRows[place];
}

std::optional<Service> dialect_named(std::string_view name) {
    for (std::size_t place = 0; place < kRows.size(); ++place) {
        const ServiceRow& row = kRows[place];
        if (row.name == name && (row.reach == kDialectFlag || row.reach == kAlways)) {
            return static_cast<Service>(place);
        }
    }
    return std::nullopt;
}

DialectTable::DialectTable(const DialectParts& parts) {
    for (const ServiceRow& row : kRows) {
        by_service_.push_back(row.make(parts));
    }
}

}  // namespace stentor::chat
