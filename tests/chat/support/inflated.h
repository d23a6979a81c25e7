// Inflating as a client does it (RFC 7692 7.2.2), by zlib itself and strictly: a reference that
// reaches farther back than the window that was agreed is an error.
// Thread: any; pure.
// Invariant: each message begins with an empty window.
#pragma once

#include <zlib.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace stentor::chat {

// Nothing for what is not a deflate stream within that window.
inline std::optional<std::string> inflated(std::string_view payload, int window_bits = 15) {
    std::string input(payload);
    input.append("\0\0\xff\xff", 4);
    z_stream stream{};
    if (inflateInit2(&stream, -window_bits) != Z_OK) {
        return std::nullopt;
    }
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    std::string output;
    int result = Z_OK;
    // Within one call zlib allows references into all that the call has made; few bytes a call keep
    // it to the window.
    std::array<char, 64> piece{};
    while (result == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = piece.size();
        result = ::inflate(&stream, Z_SYNC_FLUSH);
        output.append(piece.data(), piece.size() - stream.avail_out);
        if (stream.avail_in == 0 && stream.avail_out > 0) {
            break;
        }
    }
    inflateEnd(&stream);
    const bool whole = (result == Z_OK || result == Z_BUF_ERROR) && stream.avail_in == 0;
    return whole ? std::optional(output) : std::nullopt;
}

}  // namespace stentor::chat
