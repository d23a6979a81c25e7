// Statuses, phrases and cells.
#include "chat/http_status.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

TEST(HttpStatus, EachCodeHasACellOfItsOwn) {
    // And what we never answer falls into the last one.
    for (const HttpStatusRow& row : kHttpStatuses) {
        EXPECT_EQ(http_status(row.code), row.status);
        EXPECT_EQ(&kHttpStatuses[static_cast<std::size_t>(row.status)], &row);
    }
    EXPECT_EQ(http_status(418), HttpStatus::kOther);
    EXPECT_EQ(find_http_status(418), nullptr);
}

}  // namespace
}  // namespace stentor::chat
