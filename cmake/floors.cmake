# The floors of docs/building.md (core <- net, core <- ws, both <- chat): one static library each; every
# source in the folder belongs to it. An arrow points left only: a floor links to no higher one, and
# tests/structure reads the includes.

find_package(Threads REQUIRED)
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# What every target of ours is compiled with. Imported libraries come in as system headers, so their
# warnings are theirs.
add_library(stentor_flags INTERFACE)
target_include_directories(stentor_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(stentor_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:\
-Wall;-Wextra;-Wpedantic;-Werror;-Wshadow;-Wconversion;-Wsign-conversion;-Wold-style-cast;\
-Wnon-virtual-dtor;-Woverloaded-virtual;-Wnull-dereference;-Wimplicit-fallthrough;\
-fno-omit-frame-pointer>")
target_compile_options(stentor_flags INTERFACE
  "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wthread-safety;-Wthread-safety-beta>"
  # g++ 12 sees overlaps in std::string that are not there (GCC bug 105651).
  "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>")

# A server that strangers talk to: what the compiler can harden at next to no cost.
target_compile_options(stentor_flags INTERFACE
  "$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-fstack-protector-strong;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
target_link_options(stentor_flags INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack)

# Bounds of the standard containers, where time does not matter.
target_compile_definitions(stentor_flags INTERFACE $<$<NOT:$<CONFIG:Release>>:_GLIBCXX_ASSERTIONS>)

# Without vptr: it asks by a pipe whether memory is readable, and cries wolf where descriptors are short,
# which is what some of the tests are about.
if(STENTOR_SANITIZE)
  target_compile_options(stentor_flags INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${STENTOR_SANITIZE};-fno-sanitize=vptr;-fno-sanitize-recover=all>")
  target_link_options(stentor_flags INTERFACE -fsanitize=${STENTOR_SANITIZE})
endif()

# stentor_floor(name DEPENDS other floors… LIBRARIES imported targets… EXCLUDE patterns…)
function(stentor_floor name)
  cmake_parse_arguments(floor "" "" "DEPENDS;LIBRARIES;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
       ${CMAKE_CURRENT_SOURCE_DIR}/*.cc ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  foreach(pattern IN LISTS floor_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${pattern}")
  endforeach()
  add_library(stentor_${name} STATIC ${sources})
  set_target_properties(stentor_${name} PROPERTIES LINKER_LANGUAGE CXX)
  list(TRANSFORM floor_DEPENDS PREPEND stentor_)
  target_link_libraries(stentor_${name} PUBLIC
    stentor_flags ${floor_DEPENDS} ${floor_LIBRARIES} Threads::Threads)
endfunction()

# stentor_test(folder LIBRARIES targets…): tests/<folder>/**.cc as one GoogleTest program.
function(stentor_test folder)
  cmake_parse_arguments(test "" "" "LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${folder}_test ${sources})
  target_link_libraries(${folder}_test PRIVATE
    ${test_LIBRARIES} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${folder}_test TEST_PREFIX ${folder}. DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT 120)
endfunction()
