# Writes `out`: a source with the commit of the tree at `root`; left alone while nothing changed.
set(commit unknown)
execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=*
  WORKING_DIRECTORY ${root} OUTPUT_VARIABLE described RESULT_VARIABLE failed ERROR_QUIET
  OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT failed)
  set(commit ${described})
endif()
set(text "// Written by bench/micro/commit.cmake.
#include \"bench/micro/provenance.h\"

namespace stentor::bench {
const char* commit() {
    return \"${commit}\";
}
}  // namespace stentor::bench
")
if(EXISTS ${out})
  file(READ ${out} written)
endif()
if(NOT "${written}" STREQUAL "${text}")
  file(WRITE ${out} "${text}")
endif()
