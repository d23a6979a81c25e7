// The server's certificate and key over its lifetime: read before anything listens, read again on
// SIGHUP (README.md, "Tune it by flags": --tls-cert, --tls-key).
// Thread: main; the contexts and the counters may be read by any.
// Invariant: what new connections get is the newest pair that was good.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "chat/options/options.h"
#include "core/error.h"
#include "core/metrics.h"
#include "net/tls_context.h"

namespace stentor::chat {

class TlsIdentity {
public:
    // Null when no files are named. Warns of a certificate out of its time.
    static std::expected<std::unique_ptr<TlsIdentity>, core::Error> load(const Options& options);

    // Reads the files again; logs how that went. After a failure the present pair stays.
    void reload();

    const net::TlsContexts& contexts() const { return contexts_; }
    const core::Counter& reloads_total() const { return reloads_total_; }
    const core::Counter& reload_failures_total() const { return reload_failures_total_; }

private:
    TlsIdentity(const net::TlsFiles& files, std::shared_ptr<const net::TlsContext> first);
    void warn_of_time() const;

    net::TlsContexts contexts_;
    core::Counter reloads_total_;
    core::Counter reload_failures_total_;
};

}  // namespace stentor::chat
