// A server that is measured: where it is, how it is spoken to, which process and core are its own.
// Thread: immutable after start, but for what TargetState says.
// Invariant: the message template of a spec bears a stamp.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/message_template.h"
#include "bench/load/tls_client_session.h"

namespace stentor::bench {

struct Url {
    std::string text;
    bool tls = false;
    std::string authority;  // "127.0.0.1:8080", what Host says
    std::string host;
    std::string port;
    std::string path;         // with its query; may hold {room}
    bool names_room = false;  // it does

    // The path of a connection that is for `room`, which is percent-encoded there.
    std::string path_for(std::string_view room) const;
};
// ws://HOST[:PORT][/PATH][?QUERY], or wss://. On failure: what is wrong with it; a brace that
// belongs to no {room} is, for RFC 3986 allows none.
std::expected<Url, std::string> parse_url(std::string_view text);

struct TargetSpec {
    std::string name;
    Url url;
    std::optional<int> pid;
    std::optional<int> core;
    std::string dialect;  // "native", "raw", "echo", "accept", or empty: own templates
    std::vector<MessageTemplate> join;  // a frame each; empty: no join
    std::string joined;                 // the text that says the join is complete; empty: none does
    std::optional<MessageTemplate> message;

    bool native() const { return dialect == "native"; }
    // Accepts and closes, no more: what `connect` is compared with.
    bool accepts_only() const { return dialect == "accept"; }
};

// What is given of a target, by a file or by flags, before it is looked at.
struct TargetTexts {
    std::string name;
    std::string url;
    std::optional<int> pid;
    std::optional<int> core;
    std::optional<std::string> dialect;
    std::vector<std::string> join;
    std::optional<std::string> joined;
    std::optional<std::string> message;
};
// Templates that are given replace those of the dialect. On failure: what is wrong, with the name.
std::expected<TargetSpec, std::string> make_target(const TargetTexts& texts,
                                                   std::string_view default_dialect);
// The file of --targets (docs/benchmarks.md). On failure: what is wrong, with the file's name.
std::expected<std::vector<TargetSpec>, std::string> read_targets(const std::string& file,
                                                                 std::string_view default_dialect);
std::expected<std::vector<TargetSpec>, std::string> parse_targets(std::string_view json,
                                                                  std::string_view default_dialect);

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t bytes = 0;

    bool is_loopback_v4() const;
};
std::expected<SocketAddress, std::string> resolve(const Url& url);

// How the connections of a target fare. Every worker writes it, the main thread reads it.
class TargetState {
public:
    TargetState(std::uint32_t number, TargetSpec given, SocketAddress where,
                std::shared_ptr<const TlsClientContext> secured_by)
        : index(number), spec(std::move(given)), address(where), tls(std::move(secured_by)) {}

    const std::uint32_t index;  // in the list of targets
    const TargetSpec spec;
    const SocketAddress address;
    const std::shared_ptr<const TlsClientContext> tls;  // null where the URL is ws://
    std::atomic<std::uint32_t> ready{0};
    std::atomic<std::uint32_t> failed{0};  // never became ready
    std::atomic<std::uint32_t> closed{0};  // ended after that, and not by us

    // The first one is kept.
    void complain(std::string_view what);
    std::string complaint() const;
    // What the server said while a join was waited for; the last one is kept.
    void overhear(std::string_view text);
    std::string overheard() const;
    void count_handshake(const TlsClientSession& session);
    // Nothing when there was none.
    std::optional<TlsReport> tls_report() const;

private:
    mutable std::mutex mutex_;
    std::string complaint_;
    std::string overheard_;
    TlsReport tls_report_;
};

}  // namespace stentor::bench
