// Boost.URL itself: Debian's package of headers has it whole, so it needs no library of its own.
// Thread: none; only definitions.
// Invariant: nothing but this file includes them.
#include <boost/url/src.hpp>
