#!/usr/bin/env bash
# usage: tests/structure/structure.sh RULE… | all
# The rules of the house that a script can check. Prints file:line, what is wrong and what to do.
# The tables beside this file hold the exceptions; they may only shrink, except those that give a reason.
# STENTOR_ROOT says which tree (this one when unset).
# shellcheck disable=SC2016  # the dollars in quotes are awk's
set -euo pipefail
export LC_ALL=C.UTF-8

cd "${STENTOR_ROOT:-$(dirname "$0")/../..}"
rules=(floors includes references pragma_once opening leftovers file_length function_length mirror sleeps version)
tables=tests/structure
findings=0

finding() {
    printf '%s\n' "$*"
    findings=$((findings + 1))
}

# read_findings: every line of stdin is a finding.
read_findings() {
    local line
    while IFS= read -r line; do
        finding "$line"
    done
}

# sources FOLDER…: the C++ files in these folders, sorted. files FOLDERS PATTERN…: other files.
sources() { files "$*" '*.h' '*.cc'; }
files() {
    local folder names=() folders=()
    for folder in $1; do
        [[ -d $folder ]] && folders+=("$folder")
    done
    shift
    ((${#folders[@]})) || return 0
    for name in "$@"; do
        names+=(-o -name "$name")
    done
    find "${folders[@]}" -name node_modules -prune -o -type f \( "${names[@]:1}" \) -print | sort
}

# table NAME: the lines of an exceptions table, without comments.
table() { grep -v '^ *\(#\|$\)' "$tables/$1" 2>/dev/null || true; }

# Which folder may include from which (docs/building.md, "Floors").
floors() {
    local floor allowed
    while read -r floor allowed; do
        sources "$floor" | xargs -r awk -v floor="$floor" -v allowed=" $allowed " '
            /^#include "/ {
                split($2, part, "[\"/]")
                if (part[2] ~ /^(core|net|ws|chat|bench|tests)$/ && !index(allowed, " " part[2] " "))
                    printf "%s:%d: %s may include %s alone; move what both need down, or turn the call " \
                        "round with an interface\n", FILENAME, FNR, floor, allowed
            }'
    done <<'END'
core core
net net core
ws ws core
chat chat net ws core
bench bench chat net ws core
END
}

includes() {
    local file line path
    sources core net ws chat bench tests | xargs -r grep -n '^ *#include "' /dev/null |
        sed 's/^\([^:]*\):\([0-9]*\):[^"]*"\([^"]*\)".*/\1 \2 \3/' |
        while read -r file line path; do
            [[ $path == */* && $path != *..* && -e $path ]] ||
                printf '%s\n' "$file:$line: \"$path\" is not a file of this tree; write the path from the root"
        done
    sources core net ws chat bench tests | xargs -r grep -nE '^ *#include <(core|net|ws|chat|tests)/' /dev/null |
        sed 's/$/  <- our own headers stand in quotes/' || true
}

# What pages and comments name must be there; a header may go without its ending.
references() {
    local file line path
    {
        files 'core net ws chat cmake deploy' '*'
        files docs '*.md'
        find . -maxdepth 1 -name '*.md' -printf '%P\n'
    } | xargs -r grep -IonP \
        '(?<![\w/.-])(core|net|ws|chat|tests|web|docs|scripts|deploy|cmake|bench)/[\w/.-]*\w' /dev/null |
        while IFS=: read -r file line path; do
            [[ -e $path || -e $path.h ]] ||
                printf '%s\n' "$file:$line: $path is not in this tree; name what is"
        done
}

pragma_once() {
    files 'core net ws chat bench tests' '*.h' | xargs -r grep -L '^#pragma once$' |
        sed 's/$/: a header needs "#pragma once" below its opening comment/' || true
}

opening() {
    sources core net ws chat | xargs -r awk '
        FNR == 1 { if (file != "") judge(); file = FILENAME; comment = /^\/\/ /; thread = 0 }
        FNR <= 12 && /^\/\/ Thread: / { thread = 1 }
        END { if (file != "") judge() }
        function judge() {
            if (!comment) print file ":1: open the file with a comment that says what it is"
            if (!thread) print file ":2: say who may touch this: a line \"// Thread: …\" in the opening comment"
        }'
}

leftovers() {
    files 'core net ws chat bench tests web scripts cmake .ci' '*.h' '*.cc' '*.cmake' '*.txt' '*.sh' '*.js' \
        '*.mjs' '*.css' '*.html' build check check-bare run setup test |
        xargs -r awk '
        /(^|[^A-Za-z0-9_])(TO[D]O|FIX[M]E|X[X]X)([^A-Za-z0-9_]|$)/ {
            print FILENAME ":" FNR ": do it now, or open an issue; the tree holds no reminders"
        }
        /\t/ { print FILENAME ":" FNR ": a tab; indent by four spaces" }
        /[ \r]$/ { print FILENAME ":" FNR ": white space at the end of the line" }'
}

# ratchet TABLE WHAT LIMIT: reads "key lines" of what is over the limit. The table has the same form.
ratchet() {
    awk -v table="$tables/$1" -v what="$2" -v limit="$3" '
        part == "table" { if (!/^ *(#|$)/) kept[$1] = $2; next }
        {
            seen[$1] = 1
            if (!($1 in kept))
                print $1 ": " $2 " lines; a " what " has at most " limit ". Divide it by idea, not by length"
            else if ($2 > kept[$1])
                print $1 ": grew from " kept[$1] " to " $2 " lines; it may only shrink. Divide it"
            else if ($2 < kept[$1])
                print $1 ": shrank to " $2 " lines, well done; write that into " table
        }
        END {
            for (key in kept)
                if (!(key in seen)) print key ": is within the limit now; take it out of " table
        }' part=table "$([[ -e $tables/$1 ]] && echo "$tables/$1" || echo /dev/null)" part=found - | sort
}

file_length() {
    files 'core net ws chat bench tests web' '*.h' '*.cc' '*.js' '*.mjs' '*.css' | xargs -r awk '
        { lines[FILENAME] = FNR }
        END { for (file in lines) if (lines[file] > 400) print file, lines[file] }' |
        ratchet long_files.txt file 400
}

function_length() {
    sources core net ws chat bench tests | xargs -r awk -v limit=70 -f "$tables/function_length.awk" |
        ratchet long_functions.txt function 70
}

# tests/x/y_test.cc and y_anything_test.cc test x/y.h or x/y.cc; what tests several files as one is in
# the table.
mirror() {
    local file subject
    files 'tests/core tests/net tests/ws tests/chat' '*_test.cc' | while read -r file; do
        subject=${file#tests/}
        subject=${subject%_test.cc}
        until [[ -e $subject.h || -e $subject.cc || $subject != *_* ]]; do
            subject=${subject%_*}
        done
        [[ -e $subject.h || -e $subject.cc ]] || table unmirrored_tests.txt | grep -q "^$file " ||
            printf '%s %s\n' "$file: mirrors no source; name it after the file that it tests, or say why in" \
                "$tables/unmirrored_tests.txt"
    done
    table unmirrored_tests.txt | while read -r file _; do
        [[ -e $file ]] || printf '%s\n' "$file: is gone; take it out of $tables/unmirrored_tests.txt"
    done
}

sleeps() {
    local file line rest
    sources tests | xargs -r grep -nE 'this_thread::sleep_|(^|[^a-z_])(usleep|nanosleep|::sleep)\(' /dev/null |
        while IFS=: read -r file line rest; do
            table sleeps.txt | grep -q "^$file " ||
                printf '%s\n' "$file:$line: wait for the event or turn the clock; a sleep is luck:$rest"
        done
    table sleeps.txt | while read -r file _; do
        [[ -e $file ]] || printf '%s\n' "$file: is gone; take it out of $tables/sleeps.txt"
    done
}

version() {
    [[ -e chat/version.h ]] || return 0
    local ours
    ours=$(sed -n 's/^project(stentor VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
    grep -q "kVersion = \"$ours\"" chat/version.h ||
        printf '%s\n' "chat/version.h: CMakeLists.txt says version $ours; both change together"
}

(($#)) || {
    sed -n '2,3s/^# //p' "$0"
    exit 2
}
[[ $1 == all ]] && set -- "${rules[@]}"
for rule in "$@"; do
    [[ " ${rules[*]} " == *" $rule "* ]] || {
        printf 'no such rule: %s (%s)\n' "$rule" "${rules[*]}"
        exit 2
    }
    read_findings < <("$rule")
done
((findings == 0))
