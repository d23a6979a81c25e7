# Running the parts of a test run, and counting; sourced by scripts/test and scripts/check.
# shellcheck shell=bash

passed=0 failed=0 skipped=0 verbose=0
log_dir=build/log
mkdir -p "$log_dir"

# count KIND LOG: adds up what a part reported. Sets part_passed, part_failed, part_skipped.
#   ctest  the JUnit file that run_part asked for
#   tap    the `# pass 3` lines of node --test (`ℹ pass 3` in its other reporter)
#   total  the line that total() prints
#   one    the part is one test: its exit code is the result
count() {
    part_passed=0 part_failed=0 part_skipped=0
    case $1 in
        ctest)
            read -r part_passed part_failed part_skipped < <(awk '
                /<testcase / { all++ }
                /<testcase .*status="fail"/ { bad++ }
                /<testcase .*status="(notrun|disabled)"/ { skip++ }
                END { print all - bad - skip, bad + 0, skip + 0 }' "$2.xml" 2>/dev/null)
            ;;
        tap)
            read -r part_passed part_failed part_skipped < <(awk '
                $1 != "#" && $1 != "ℹ" { next }
                $2 == "pass" { good += $3 }
                $2 == "fail" || $2 == "cancelled" { bad += $3 }
                $2 == "skipped" || $2 == "todo" { skip += $3 }
                END { print good + 0, bad + 0, skip + 0 }' "$2")
            ;;
        total)
            read -r part_passed part_failed part_skipped < <(awk '
                /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { good = $1; bad = $3; skip = $5 }
                END { print good + 0, bad + 0, skip + 0 }' "$2")
            ;;
    esac
}

# failures KIND LOG: the log without what passed.
failures() {
    case $1 in
        ctest) grep -vE '^ *([0-9]+/[0-9]+ Test .* Passed |Start +[0-9]+: )' "$2" ;;
        tap)
            awk '
                /^ *not ok / { show = 1 }
                !show && !/^ *(ok |---|\.\.\.|duration_ms|type: |# |TAP |[0-9]+\.\.)/ { print }
                show { print }
                /^ *\.\.\.$/ { show = 0 }' "$2"
            ;;
        *) cat "$2" ;;
    esac
}

# run_part NAME KIND SECONDS command…: runs one part, keeps its output, shows it when it fails. After
# SECONDS it is stopped, unless that is 0.
run_part() {
    local name=$1 kind=$2 limit_s=$3 start=$SECONDS status=0 limited=()
    local log=$log_dir/${name//[^A-Za-z0-9]/-}.log
    shift 3
    rm -f "$log.xml"
    [[ $kind == ctest ]] && set -- "$@" --output-junit "$PWD/$log.xml"
    ((limit_s == 0)) || limited=(timeout --kill-after=10 "$limit_s")
    if ((verbose)); then
        "${limited[@]}" "$@" </dev/null 2>&1 | tee "$log" >&2 || status=$?
    else
        "${limited[@]}" "$@" </dev/null >"$log" 2>&1 || status=$?
    fi
    if [[ $kind == one ]]; then
        part_passed=$((status == 0)) part_failed=$((status != 0)) part_skipped=0
    else
        count "$kind" "$log"
        if ((status != 0 && part_failed == 0)); then
            part_failed=1
        elif ((part_passed + part_failed == 0)); then
            printf '%s\n' "no test was run" >>"$log"
            part_failed=1
        fi
    fi
    ((status != 124)) || printf '%s\n' "stopped after $limit_s s" >>"$log"
    if ((part_failed && !verbose)); then
        failures "$kind" "$log" | tail -n 200 >&2
    fi
    say "$name: $part_passed passed, $part_failed failed, $part_skipped skipped" \
        "($((SECONDS - start)) s$( ((part_failed)) && printf '; all of it in %s' "$log"))"
    passed=$((passed + part_passed)) failed=$((failed + part_failed)) skipped=$((skipped + part_skipped))
}

# run_npm_part NAME DIR PROGRAM: the Node tests in DIR against PROGRAM, when there is such a folder.
run_npm_part() {
    local name=$1 dir=$2 program=$3
    compgen -G "$dir/*" >/dev/null || return 0
    npm_packages "$dir" || {
        failed_part "$name" "npm could not install what $dir needs"
        return 0
    }
    STENTOR_BIN=$PWD/$program run_part "$name" tap 300 npm --prefix "$dir" test --silent
}

# failed_part NAME WHY: counts a part that could not even begin.
failed_part() {
    say "$1: $2"
    failed=$((failed + 1))
}

# The one line of totals, on stdout, and the exit code.
total() {
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0))
}
