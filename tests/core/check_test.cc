// What check.h promises: a broken invariant ends the program and says where.
// Thread: one. Invariant: none.
#include "core/check.h"

#include <gtest/gtest.h>

namespace {

// A failed check prints its expression and file, and aborts; a check that holds does nothing.
TEST(Check, FailurePrintsExpressionAndFile) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const int two = 2;
    STENTOR_CHECK(two == 2);
    EXPECT_DEATH(STENTOR_CHECK(two == 3), "two == 3 .*check_test\\.cc");
}

// The expression of a check is evaluated exactly once; that of a DCHECK at most once.
TEST(Check, ExpressionIsEvaluatedOnce) {
    int evaluations = 0;
    STENTOR_CHECK(++evaluations > 0);
    EXPECT_EQ(evaluations, 1);
    STENTOR_DCHECK(++evaluations > 0);
    EXPECT_LE(evaluations, 2);
}

}  // namespace
