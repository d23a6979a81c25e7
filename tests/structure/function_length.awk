# Prints "file:function lines" for each C++ function longer than `limit`. Reads clang-formatted code: a
# statement starts behind a line that ended one, and a body opens where a statement ends with `{`.
# Lambdas count with the function that they stand in.

function start_file() {
    depth = 0; inside = 0; statement = ""; raw_end = ""
}

# The line without comments, strings and characters, so that braces can be counted.
function bare(line,    end) {
    if (raw_end != "") {
        end = index(line, raw_end)
        if (!end) return ""
        line = substr(line, end + length(raw_end)); raw_end = ""
    }
    gsub(/\\./, "", line)
    while (match(line, /R"[^(]*\(/)) {
        raw_end = ")" substr(line, RSTART + 2, RLENGTH - 3) "\""
        end = index(substr(line, RSTART + RLENGTH), raw_end)
        if (!end) return substr(line, 1, RSTART - 1)
        line = substr(line, 1, RSTART - 1) "0" substr(line, RSTART + RLENGTH + end + length(raw_end) - 1)
        raw_end = ""
    }
    gsub(/"[^"]*"/, "0", line)
    gsub(/'[^']'/, "0", line)
    sub(/\/\/.*/, "", line)
    sub(/ +$/, "", line)
    return line
}

function is_function(text) {
    if (text !~ /\(.*\)/) return 0
    if (text ~ /^ *(namespace|class|struct|enum|union|extern|if|else|for|while|switch|do|try|catch|return)[^A-Za-z0-9_]/)
        return 0
    return text !~ /= *\{$/ && text !~ /\[[^]]*\] *(\(|\{)/
}

function name_of(text) {
    sub(/\(.*/, "", text)
    if (text ~ /^ *TEST/) return "TEST"
    sub(/^.*[ *&]/, "", text)
    return text
}

FNR == 1 { start_file() }
{
    line = bare($0)
    if (line ~ /^ *#/ || line == "" || line ~ /^ *(public|private|protected):$/) next
    if (statement == "") first = FNR
    statement = statement " " line
    opened = gsub(/\{/, "{", line)
    closed = gsub(/\}/, "}", line)
    if (!inside && line ~ /\{$/ && is_function(statement)) {
        inside = 1; body_depth = depth; body_first = first; name = name_of(statement)
        if (name == "TEST") {
            name = statement; sub(/^[^(]*\( */, "", name); sub(/\).*/, "", name); sub(/, */, ".", name)
        }
    }
    depth += opened - closed
    if (inside && depth <= body_depth) {
        inside = 0
        if (FNR - body_first + 1 > limit) print FILENAME ":" name, FNR - body_first + 1
    }
    if (line ~ /[;{}]$/) statement = ""
}
