#!/usr/bin/env bash
# usage: tests/structure/self_test.sh
# Each rule of structure.sh finds what it is for, in a tree made for it, and nothing in a clean one.
set -euo pipefail

structure=$(cd "$(dirname "$0")" && pwd)/structure.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# A tree that breaks no rule.
clean_tree() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree"/{core,net,ws,chat,tests/core,tests/structure}
    cp "$(dirname "$structure")/function_length.awk" "$tree/tests/structure/"
    printf 'project(stentor VERSION 1.2.3)\n' >"$tree/CMakeLists.txt"
    file core/ring.h '// A ring.' '// Thread: any.' '#pragma once'
    file core/ring.cc '// A ring.' '// Thread: any.' '#include "core/ring.h"'
    file net/socket.cc '// A socket.' '// Thread: owner.' '#include "core/ring.h"'
    file chat/version.h '// It.' '// Thread: any.' '#pragma once' '... kVersion = "1.2.3";'
    file tests/core/ring_test.cc '#include "core/ring.h"' 'TEST(Ring, Turns) {' '    turn("}");' '}'
}

# file PATH LINE…
file() {
    local path=$tree/$1
    shift
    printf '%s\n' "$@" >"$path"
}

body() { for ((i = 0; i < $1; ++i)); do printf '    step(%d);\n' "$i"; done; }

# expect RULE PATTERN: the rule finds something that looks so. "" for nothing.
expect() {
    local out
    out=$(STENTOR_ROOT=$tree bash "$structure" "$1" 2>&1) && status=0 || status=$?
    if [[ -z $2 ]]; then
        [[ -z $out && $status == 0 ]] && return 0
    else
        [[ $status == 1 ]] && grep -q -- "$2" <<<"$out" && return 0
    fi
    printf '%s\n' "$1: expected \"$2\", exit code $status, got:" "${out:-nothing}"
    failures=$((failures + 1))
}

clean_tree
expect all ''

file net/socket.cc '// A socket.' '// Thread: owner.' '#include "ws/frame.h"' '#include "chat/version.h"'
expect floors 'net/socket.cc:3: net may include'
expect floors 'net/socket.cc:4: net may include'
expect includes 'net/socket.cc:3: "ws/frame.h" is not a file'
file net/socket.cc '// A socket.' '#include "ring.h"'
expect includes 'net/socket.cc:2: "ring.h" is not a file'
expect opening 'net/socket.cc:2: say who'
file net/socket.cc '// A socket, see core/ring.h and core/ring, not core/wheel.h. Thread: owner.'
expect references 'net/socket.cc:1: core/wheel.h is not in this tree'
expect opening 'net/socket.cc:2: say who'
file core/ring.h '#include <span>' '// Thread: any.'
expect opening 'core/ring.h:1: open the file'
expect pragma_once 'core/ring.h: a header needs'

clean_tree
file core/ring.cc "// TO""DO later" $'\tint x;' 'int y; '
expect leftovers 'core/ring.cc:1: do it now'
expect leftovers 'core/ring.cc:2: a tab'
expect leftovers 'core/ring.cc:3: white space'

clean_tree
body 410 >"$tree/core/ring.cc"
expect file_length 'core/ring.cc: 410 lines'
file tests/structure/long_files.txt 'core/ring.cc 409'
expect file_length 'grew from 409 to 410'
file tests/structure/long_files.txt 'core/ring.cc 411'
expect file_length 'shrank to 410'
file tests/structure/long_files.txt 'core/ring.cc 410'
expect file_length ''
body 10 >"$tree/core/ring.cc"
expect file_length 'take it out'

clean_tree
{
    printf '%s\n' 'namespace {' 'class Ring {' 'public:'
    printf '%s\n' '    void turn(int by,' '              int speed) const {' '        auto f = [&](int x) {'
    body 66
    printf '%s\n' '        };' '        say("{ not a brace");' '    }' '};' '}  // namespace'
} >"$tree/core/ring.cc"
expect function_length 'core/ring.cc:turn: 72 lines'
file tests/structure/long_functions.txt 'core/ring.cc:turn 72'
expect function_length ''
{
    printf '%s\n' 'TEST(Ring, TurnsForEver) {' '    const char* json = R"({' '"a": {' '})";'
    body 67
    printf '%s\n' '}'
} >"$tree/tests/core/ring_test.cc"
expect function_length 'tests/core/ring_test.cc:Ring.TurnsForEver: 72 lines'

clean_tree
file tests/core/ring_property_test.cc '// Of the ring.'
expect mirror ''
file tests/core/wheel_test.cc '// Of nothing.'
expect mirror 'tests/core/wheel_test.cc: mirrors no'
file tests/structure/unmirrored_tests.txt 'tests/core/wheel_test.cc it tests many'
expect mirror ''
rm "$tree/tests/core/wheel_test.cc"
expect mirror 'wheel_test.cc: is gone'

clean_tree
file tests/core/ring_test.cc 'std::this_thread::sleep_for(1ms);'
expect sleeps 'tests/core/ring_test.cc:1: wait for the event'
file tests/structure/sleeps.txt 'tests/core/ring_test.cc because'
expect sleeps ''

printf 'project(stentor VERSION 1.2.4)\n' >"$tree/CMakeLists.txt"
expect version 'says version 1.2.4'

((failures == 0))
