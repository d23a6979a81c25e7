// The server's side of the opening handshake (RFC 6455 4.2): from the header fields of an HTTP
// request to "accepted", with what the 101 answer needs, or to the HTTP status that refuses it.
// Thread: any; pure.
// Invariant: every list is parsed in one pass; nothing of the peer is echoed.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "ws/deflate_offer.h"
#include "ws/field_list.h"

namespace stentor::ws {

// What the handshake looks at. Framing of the request (one Host, no body, no obs-fold) is the HTTP
// reader's to check, Origin is the application's.
struct HandshakeRequest {
    std::string_view method;
    unsigned http_version = 0;  // 11 is HTTP/1.1
    FieldValues upgrade;
    FieldValues connection;
    FieldValues key;         // Sec-WebSocket-Key
    FieldValues version;     // Sec-WebSocket-Version
    FieldValues protocols;   // Sec-WebSocket-Protocol
    FieldValues extensions;  // Sec-WebSocket-Extensions
};

struct AcceptedHandshake {
    std::array<char, 28> accept_key;  // Sec-WebSocket-Accept
    std::string_view subprotocol;     // one of `supported`, empty for none
    DeflateParameters deflate;        // for the connection's Endpoint
    std::string extensions;           // Sec-WebSocket-Extensions, empty for none

    std::string_view accept() const { return {accept_key.data(), accept_key.size()}; }
};

struct RefusedHandshake {
    std::uint16_t status;      // 400, 405 or 426
    std::string_view reason;   // for the body and the log, a sentence without a full stop
    std::string_view headers;  // whole header lines that the answer must bear, each with its CRLF
};

// Does the request ask for a WebSocket at all ("Upgrade: websocket")? Tells a page's GET from an
// upgrade on the same path; a request that asks is then judged by accept_handshake().
bool asks_for_websocket(const HandshakeRequest& request);

// Decided where the standard leaves room: a key is the one base64 encoding of its 16 bytes, without
// stray bits. Any version but exactly "13" is 426; none, or more than one line, is 400. Of a list,
// empty elements are passed over, but one must not be (RFC 2616 2.1). A subprotocol that is offered
// twice is 400 (4.1).
//
// `supported`: the subprotocols of this endpoint, best first; the first one that the client offers
// is selected, and an offer of none of them is accepted without one (4.2.2). The views in
// `supported` must outlive the answer. `deflate`: permessage-deflate is accepted where offered; if
// not, every extension is declined, and a field that is no list of extensions still refused.
std::expected<AcceptedHandshake, RefusedHandshake> accept_handshake(
    const HandshakeRequest& request, std::span<const std::string_view> supported,
    bool deflate = false);

// Sec-WebSocket-Accept for a key that was checked (4.2.2, step 5.4).
std::array<char, 28> accept_key_for(std::string_view key);

// The whole 101 answer, up to and with the empty line.
std::string switching_protocols(const AcceptedHandshake& accepted);

}  // namespace stentor::ws
