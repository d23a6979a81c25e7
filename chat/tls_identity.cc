// See tls_identity.h.
// Thread: main.
// Invariant: see tls_identity.h.
#include "chat/tls_identity.h"

#include <utility>

#include "core/log.h"

namespace stentor::chat {

std::expected<std::unique_ptr<TlsIdentity>, core::Error> TlsIdentity::load(const Options& options) {
    if (options.tls_certificate_file.empty()) return nullptr;
    const net::TlsFiles files{.certificate_chain = options.tls_certificate_file,
                              .private_key = options.tls_key_file};
    auto context = net::TlsContext::load(files);
    if (!context) return std::unexpected(std::move(context.error()));
    std::unique_ptr<TlsIdentity> identity(new TlsIdentity(files, *std::move(context)));
    identity->warn_of_time();
    return identity;
}

TlsIdentity::TlsIdentity(const net::TlsFiles& files, std::shared_ptr<const net::TlsContext> first)
    : contexts_(files, std::move(first)) {}

void TlsIdentity::reload() {
    if (const auto reloaded = contexts_.reload(); !reloaded) {
        reload_failures_total_.add();
        core::log::error("tls_reload_failed", {{"error", reloaded.error().message()},
                                               {"consequence", "the present certificate stays"}});
        return;
    }
    reloads_total_.add();
    core::log::info("tls_reloaded",
                    {{"not_after_unix_s", contexts_.current()->not_after_unix_s()}});
    warn_of_time();
}

void TlsIdentity::warn_of_time() const {
    const std::shared_ptr<const net::TlsContext> context = contexts_.current();
    if (context->warning().empty()) return;
    core::log::warning("tls_certificate_out_of_time", {{"warning", context->warning()}});
}

}  // namespace stentor::chat
