// An HTTP/1.1 answer as bytes: status line, the fields that every answer of ours bears (what a
// browser may do with it), length, and whether the connection goes on (RFC 9110, 9112).
// Thread: any; pure.
// Invariant: nothing of the request is echoed; a refusal closes the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "chat/front.h"
#include "net/http_request_head.h"

namespace stentor::chat {

// Does the connection go on behind this request, if nothing else is against it? Not behind a body:
// nobody reads it.
bool may_keep_alive(const net::HttpRequestHead& request);

// 400 and above: a sentence for people, then the end of the connection. `fields` are whole lines,
// each with its CRLF.
Answer refusal(std::size_t consumed, std::uint16_t status, std::string_view sentence,
               std::string_view fields = {});

// The same for a request in hand: to HEAD only the head is given.
Answer refusal(const net::HttpRequestHead& request, std::uint16_t status, std::string_view sentence,
               std::string_view fields = {});

// A file of the page, or 304 when If-None-Match names what the asker has.
Answer file_answer(const net::HttpRequestHead& request, const WebAsset& asset);

// 200 with a text made for this answer.
Answer text_answer(const net::HttpRequestHead& request, std::string_view content_type,
                   std::string text);

}  // namespace stentor::chat
