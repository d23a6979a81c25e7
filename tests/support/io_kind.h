// Which back end the tests' reactors run on: STENTOR_TEST_IO, so that the same tests run on each.
// Thread: any.
// Invariant: one answer for the whole program.
#pragma once

#include "net/io_kind.h"

namespace stentor::test {

net::IoKind io_for_test();

}  // namespace stentor::test
