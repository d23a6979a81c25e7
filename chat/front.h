// What happens before a connection speaks WebSocket: one HTTP/1.1 request is read and either
// answered (the page's files, an error) or upgraded (docs/protocol.md, "Endpoints" and "Origin").
// Thread: immutable after start, used by every reactor.
// Invariant: a decision depends on the bytes and the configuration alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "chat/service_id.h"
#include "chat/web_assets.h"
#include "ws/deflate_offer.h"

namespace stentor::chat {

struct FrontConfig {
    std::vector<std::string> origins;  // empty: the rule of docs/protocol.md; "*" allows all
    bool echo = false;
    bool deflate = true;              // permessage-deflate is agreed to where it is offered
    std::span<const WebAsset> page;   // the web chat at /, sorted by path; empty: none is served
    std::vector<Service> dialects{};  // beside the native one: those that have a path
    Service root = Service::kNative;  // what an upgrade on / speaks
};

// Everything but 101 ends in one of these.
struct NeedMoreBytes {};
struct Answer {
    std::size_t consumed;  // bytes of input that belonged to the request
    std::uint16_t status;
    std::string head;  // status line and header fields, with the empty line
    std::span<const std::byte>
        body;          // lives as long as the program (an embedded file); may be empty
    std::string text;  // body when it is made for this answer (errors)
    bool close;        // finish the connection behind it
};
struct Upgrade {
    std::size_t consumed;  // what follows in the input are frames
    std::string head;      // the 101 answer
    ws::DeflateParameters deflate;
    Service service;
    std::string room{};  // in which it says to be mostly (?room=); empty: it does not say
};
using FrontDecision = std::variant<NeedMoreBytes, Answer, Upgrade>;

class Front {
public:
    enum class Listener : std::uint8_t {
        kPublic,
        kLoopback,  // public, for this machine alone
        kAdmin,
        kLine,     // no HTTP: lines from the first byte
        kConsole,  // the operator's terminal, lines too
    };
    // `metrics_text` makes the body of GET /metrics for a listener of the operator; any reactor
    // calls it.
    Front(FrontConfig config, std::function<std::string()> metrics_text);

    // `input` is all that was received and not yet consumed, from the first byte of a request.
    // Called again with more after NeedMoreBytes, and behind an Answer that does not close.
    FrontDecision decide(std::span<const std::byte> input, Listener listener) const;

private:
    FrontConfig config_;
    std::function<std::string()> metrics_text_;
};

}  // namespace stentor::chat
