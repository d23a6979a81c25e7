// See tls_client_session.h.
// Thread: see tls_client_session.h.
// Invariant: the BIO never fails: it runs out of input, and takes all output. So a write is never
// short, and OpenSSL waits for input alone.
#include "bench/load/tls_client_session.h"

#include "core/check.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kKeptBytes = 4096;  // of an output buffer that is empty

}  // namespace

// How OpenSSL reaches the server. No exception may cross it: out of memory ends the process.
struct TlsClientSession::Bio {
    static int read(BIO* bio, char* to, int room) noexcept {
        std::string_view& input = static_cast<TlsClientSession*>(BIO_get_data(bio))->input_;
        BIO_clear_retry_flags(bio);
        const std::size_t taken = input.copy(to, static_cast<std::size_t>(room));
        input.remove_prefix(taken);
        if (taken > 0) return static_cast<int>(taken);
        BIO_set_retry_read(bio);
        return -1;
    }
    static int write(BIO* bio, const char* from, int bytes) noexcept {
        auto* session = static_cast<TlsClientSession*>(BIO_get_data(bio));
        session->output_.append(from, static_cast<std::size_t>(bytes));
        return bytes;
    }
    static long control(BIO*, int command, long, void*) noexcept {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static BIO_METHOD* make_method() {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "client");
        STENTOR_CHECK(made != nullptr);
        BIO_meth_set_read(made, &read);
        BIO_meth_set_write(made, &write);
        BIO_meth_set_ctrl(made, &control);
        return made;
    }
    // Owned by the SSL that it is given to.
    static BIO* make(TlsClientSession* session) {
        static BIO_METHOD* const method = make_method();  // as long as the process
        BIO* bio = BIO_new(method);
        if (bio == nullptr) return nullptr;
        BIO_set_data(bio, session);
        BIO_set_init(bio, 1);
        return bio;
    }
};

int TlsClientSession::on_ticket(SSL* ssl, SSL_SESSION* ticket) noexcept {
    static_cast<TlsClientSession*>(SSL_get_app_data(ssl))->ticket_.reset(ticket);
    return 1;  // it is ours now
}

bool TlsClientSession::begin() {
    end();
    ERR_clear_error();
    ssl_ = context_.open();
    BIO* bio = ssl_ ? Bio::make(this) : nullptr;
    if (bio == nullptr) {
        fail("no memory for a session");
        return false;
    }
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    if (ticket_) SSL_set_session(ssl_.get(), ticket_.get());
    shake_hands();
    return state_ != State::kFailed;
}

void TlsClientSession::shake_hands() {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) {
        state_ = State::kOpen;
    } else if (SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ) {
        fail(reason());
    }
}

std::size_t TlsClientSession::receive(std::string_view cipher, std::span<char> plain) {
    STENTOR_CHECK(plain.size() >= cipher.size() + kRecordBytesMax);
    if (!ssl_) return 0;
    input_ = cipher;
    if (state_ == State::kHandshake) shake_hands();
    const std::size_t filled = state_ == State::kOpen ? decrypt(plain) : 0;
    input_ = {};
    if (state_ != State::kFailed && output().size() > kOutputBytesMax) {
        fail("the server asks for new keys and does not read them");
    }
    return filled;
}

std::size_t TlsClientSession::decrypt(std::span<char> plain) {
    std::size_t filled = 0;
    for (;;) {
        std::size_t got = 0;
        STENTOR_DCHECK(filled < plain.size());
        ERR_clear_error();
        const int done =
            SSL_read_ex(ssl_.get(), plain.data() + filled, plain.size() - filled, &got);
        filled += got;
        if (done == 1) continue;
        switch (SSL_get_error(ssl_.get(), done)) {
            case SSL_ERROR_WANT_READ:
                break;
            case SSL_ERROR_ZERO_RETURN:
                state_ = State::kServerFinished;
                break;
            default:
                fail(reason());
        }
        return filled;
    }
}

TlsClientSession::Sent TlsClientSession::send(std::string_view plain) {
    if (state_ != State::kOpen && state_ != State::kServerFinished) return Sent::kFailed;
    std::size_t written = 0;
    ERR_clear_error();
    const int done = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written);
    if (done == 1) return Sent::kAll;
    const bool later = SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ;
    if (later && state_ == State::kOpen) return Sent::kLater;
    fail(reason());
    return Sent::kFailed;
}

void TlsClientSession::finish() {
    if (state_ != State::kOpen && state_ != State::kServerFinished) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

void TlsClientSession::end() {
    // OpenSSL spoils the ticket of a session that was not shut down.
    if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    ssl_.reset();
    std::string().swap(output_);
    output_begin_ = 0;
    failure_.clear();
    state_ = State::kHandshake;
}

void TlsClientSession::sent(std::size_t bytes) {
    STENTOR_CHECK(bytes <= output_.size() - output_begin_);
    output_begin_ += bytes;
    if (output_begin_ < output_.size()) return;
    output_begin_ = 0;
    output_.clear();
    if (output_.capacity() > kKeptBytes) output_.shrink_to_fit();
}

void TlsClientSession::count_in(TlsReport& report) const {
    if (report.handshakes++ == 0) {
        report.version = SSL_get_version(ssl_.get());
        report.cipher = SSL_get_cipher_name(ssl_.get());
        report.verified = context_.verifies();
    }
    if (SSL_session_reused(ssl_.get()) == 1) ++report.resumed;
}

void TlsClientSession::fail(const std::string& why) {
    failure_ = "TLS: " + why;
    state_ = State::kFailed;
    ERR_clear_error();
}

std::string TlsClientSession::reason() const {
    const unsigned long error = ERR_peek_error();
    const int code = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
    if (code == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        return context_.words_of_verify(SSL_get_verify_result(ssl_.get()));
    }
    if (code >= SSL_AD_REASON_OFFSET) {
        return std::string("the server sent the alert \"") +
               SSL_alert_desc_string_long(code - SSL_AD_REASON_OFFSET) + "\"";
    }
    const char* words = ERR_reason_error_string(error);
    if (words == nullptr) return "no reason given";
    if (code == SSL_R_WRONG_VERSION_NUMBER || code == SSL_R_PACKET_LENGTH_TOO_LONG) {
        return std::string("what the server speaks is no TLS (") + words + ")";
    }
    return words;
}

}  // namespace stentor::bench
