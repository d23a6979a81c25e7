// The files of the web page, embedded in the program; cmake/embed.cmake writes the table from
// web/manifest.txt.
// Thread: any; immutable.
// Invariant: sorted by path, no path twice, everything lives for ever.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace stentor::chat {

struct WebAsset {
    std::string_view path;          // as requested: "/", "/app.js"
    std::string_view content_type;  // as answered
    std::span<const std::byte> body;
    std::string_view etag;  // strong, a hash of the content, with its quotes
};

// Empty when the tree holds no page.
std::span<const WebAsset> web_assets();

}  // namespace stentor::chat
