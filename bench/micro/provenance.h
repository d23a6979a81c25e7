// Where the figures come from: commit, compiler, processor, kernel; and whether they are worth
// anything.
// Thread: main.
// Invariant: what is printed at the start stands in the JSON's context, too.
#pragma once

namespace stentor::bench {

// Adds to the context of the output and warns on stderr about a build whose times say nothing.
void state_provenance();

// Of the tree that this was built from, with "-dirty" when it was changed since; in a source that
// every build writes anew (commit.cmake).
const char* commit();

}  // namespace stentor::bench
