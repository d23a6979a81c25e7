// Fuzz target: the opening handshake's fields (ws/handshake.h, RFC 6455 4.2) and the offers of
// permessage-deflate in them (ws/deflate_offer.h, RFC 7692 7.1). A line is one field value; its
// first character says of which field. Thread: one. Invariant: an acceptance follows from the
// fields, an answer says what was agreed and nothing of the peer's but a known subprotocol, and its
// own extension reads as an offer that gives the same.
#include "ws/handshake.h"

#include <array>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_input.h"
#include "ws/deflate_offer.h"

namespace {

using namespace stentor;
using Values = std::vector<std::string_view>;

constexpr std::array<std::string_view, 2> kSupported{"stentor.v1", "stentor.v0"};

struct Fields {
    std::string_view method = "GET";
    unsigned http_version = 11;
    Values upgrade, connection, key, version, protocols, extensions;

    void add(std::string_view line) {
        const char which = line.empty() ? ' ' : line.front();
        if (!line.empty()) line.remove_prefix(1);
        switch (which) {
            case 'M':
                method = line;
                break;
            case '0':
                http_version = 10;
                break;
            case 'U':
                return upgrade.push_back(line);
            case 'C':
                return connection.push_back(line);
            case 'K':
                return key.push_back(line);
            case 'V':
                return version.push_back(line);
            case 'P':
                return protocols.push_back(line);
            case 'E':
                return extensions.push_back(line);
            default:
                break;
        }
    }
    ws::HandshakeRequest request() const {
        return {.method = method,
                .http_version = http_version,
                .upgrade = upgrade,
                .connection = connection,
                .key = key,
                .version = version,
                .protocols = protocols,
                .extensions = extensions};
    }
};

void fuzz_offers(const Values& lines, bool deflate) {
    const auto answer = ws::answer_deflate_offers(lines, deflate);
    if (!answer) {
        STENTOR_CHECK(!lines.empty());
        // What is no list is none without compression either.
        STENTOR_CHECK(!ws::answer_deflate_offers(lines, !deflate));
        return;
    }
    const ws::DeflateParameters agreed = answer->parameters;
    STENTOR_CHECK(agreed.on == !answer->extension.empty());
    STENTOR_CHECK(deflate || !agreed.on);
    if (!agreed.on) return;
    STENTOR_CHECK(agreed.server_window_bits >= ws::kWindowBitsMin &&
                  agreed.server_window_bits <= ws::kWindowBitsMax);
    for (const std::string_view part :
         {"permessage-deflate", "; server_no_context_takeover", "; client_no_context_takeover"}) {
        STENTOR_CHECK(answer->extension.find(part) != std::string::npos);
    }
    // An answer has the grammar of an offer.
    const std::array<std::string_view, 1> offered{answer->extension};
    const auto again = ws::answer_deflate_offers(offered);
    STENTOR_CHECK(again && again->parameters == agreed && again->extension == answer->extension);
}

bool has_line(std::string_view answer, const std::string& line) {
    return answer.find("\r\n" + line + "\r\n") != std::string_view::npos;
}

void expect_accepted(const Fields& fields, const ws::AcceptedHandshake& accepted) {
    STENTOR_CHECK(fields.method == "GET" && fields.http_version == 11);
    STENTOR_CHECK(fields.key.size() == 1 && fields.key.front().size() == 24);
    STENTOR_CHECK(fields.version.size() == 1 && fields.version.front() == "13");
    STENTOR_CHECK(ws::asks_for_websocket(fields.request()) && !fields.connection.empty());
    STENTOR_CHECK(accepted.accept_key == ws::accept_key_for(fields.key.front()));
    std::string offered;
    for (const std::string_view line : fields.protocols) offered.append(line).push_back(',');
    STENTOR_CHECK(accepted.subprotocol.empty() ||
                  offered.find(accepted.subprotocol) != std::string::npos);
    const std::string answer = ws::switching_protocols(accepted);
    STENTOR_CHECK(answer.starts_with("HTTP/1.1 101 ") && answer.ends_with("\r\n\r\n"));
    STENTOR_CHECK(has_line(answer, "Sec-WebSocket-Accept: " + std::string(accepted.accept())));
    STENTOR_CHECK(accepted.extensions.empty() ||
                  has_line(answer, "Sec-WebSocket-Extensions: " + accepted.extensions));
    std::size_t lines = 0;
    for (const char c : answer) lines += c == '\n' ? 1 : 0;
    STENTOR_CHECK(lines ==
                  std::size_t{5} + !accepted.subprotocol.empty() + !accepted.extensions.empty());
}

void expect_refused(const ws::RefusedHandshake& refused) {
    STENTOR_CHECK(refused.status == 400 || refused.status == 405 || refused.status == 426);
    STENTOR_CHECK(!refused.reason.empty() && !refused.reason.ends_with('.'));
    STENTOR_CHECK(refused.headers.empty() || refused.headers.ends_with("\r\n"));
    STENTOR_CHECK(refused.status != 426 ||
                  refused.headers.find("Sec-WebSocket-Version: 13\r\n") != std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::TightBlock block(fuzz::Input(data, size).rest());
    Fields fields;
    std::string_view left = block.text();
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        fields.add(left.substr(0, end));
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    fuzz_offers(fields.extensions, true);
    fuzz_offers(fields.extensions, false);
    for (const bool deflate : {true, false}) {
        const auto answer = ws::accept_handshake(fields.request(), kSupported, deflate);
        if (answer) {
            expect_accepted(fields, *answer);
        } else {
            expect_refused(answer.error());
        }
    }
    return 0;
}
