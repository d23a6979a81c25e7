# The floors of docs/architecture (core <- net, core <- ws, <- chat): one static library each, every
# source in the folder belongs to it. An arrow points left only; tests/structure proves it too.

find_package(Threads REQUIRED)
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(stentor_flags INTERFACE)
target_compile_options(stentor_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Wthread-safety-beta>
  -fno-omit-frame-pointer)
target_include_directories(stentor_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(STENTOR_SANITIZE)
  target_compile_options(stentor_flags INTERFACE -fsanitize=${STENTOR_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(stentor_flags INTERFACE -fsanitize=${STENTOR_SANITIZE})
endif()

# stentor_floor(name DEPENDS other floors… LIBRARIES imported targets…)
function(stentor_floor name)
  cmake_parse_arguments(floor "" "" "DEPENDS;LIBRARIES;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(pattern IN LISTS floor_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${pattern}")
  endforeach()
  add_library(stentor_${name} STATIC ${sources})
  list(TRANSFORM floor_DEPENDS PREPEND stentor_)
  target_link_libraries(stentor_${name} PUBLIC stentor_flags ${floor_DEPENDS} ${floor_LIBRARIES} Threads::Threads)
endfunction()

# stentor_test(folder LIBRARIES targets…): tests/<folder>/**.cc as one GoogleTest program.
function(stentor_test folder)
  cmake_parse_arguments(test "" "" "LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${folder}_test ${sources})
  target_link_libraries(${folder}_test PRIVATE ${test_LIBRARIES} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${folder}_test TEST_PREFIX ${folder}. DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
endfunction()
