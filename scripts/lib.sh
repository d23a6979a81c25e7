# What the scripts share; sourced by them, never run. Sets `root` and goes there.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# shellcheck disable=SC2034  # for those who source this
jobs=$(nproc)

# For the servers that tests start; CMakePresets.json says the same to the C++ tests.
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_init_order=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

say() { printf '%s\n' "stentor: $*" >&2; }
die() {
    say "$@"
    exit 1
}

# usage_if_asked "$@": prints the comment at the head of the calling script for -h and --help.
usage_if_asked() {
    case ${1:-} in
        -h | --help)
            sed -n '2,/^[^#]/{/^# \{0,1\}/s///p}' "$0"
            exit 0
            ;;
    esac
}

# build PRESET [target…]: configures when needed, then builds; says nothing unless something is wrong
# (on a terminal ninja shows its one line of progress). Builds of one preset wait for each other.
build() {
    local preset=$1 dir=build/$1 stamp=build/$1/.configured
    shift
    mkdir -p "$dir"
    exec 9>"$dir/.lock"
    flock 9
    if [[ ! -e $stamp || CMakePresets.json -nt $stamp ]]; then
        say "configuring $dir"
        cmake --preset "$preset" >"$dir/configure.log" 2>&1 || {
            cat "$dir/configure.log" >&2
            die "cmake could not configure $dir"
        }
        touch "$stamp"
    fi
    if [[ -t 1 ]]; then
        ninja -C "$dir" "$@" 1>&2 9>&- || return 1
    else
        ninja -C "$dir" --quiet "$@" 9>&- | { grep -vE '^(ninja: no work to do\.|-- .*)$' || true; } >&2 || return 1
    fi
    exec 9>&-
}

# npm_packages DIR: node_modules as DIR/package-lock.json says, if there is one. Needs the network only
# when that changed.
npm_packages() {
    local stamp=$1/node_modules/.stentor-lock
    [[ -e $1/package-lock.json ]] || return 0
    if ! cmp -s "$1/package-lock.json" "$stamp"; then
        say "npm: installing what $1 needs"
        (cd "$1" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 \
            npm ci --no-audit --no-fund --no-progress </dev/null >"$root/build/npm.log" 2>&1) || {
            tail -n 30 build/npm.log >&2
            return 1
        }
        cp "$1/package-lock.json" "$stamp"
    fi
}
