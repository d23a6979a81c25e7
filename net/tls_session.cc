// Thread: owner reactor.
// Invariant: see net/tls_session.h. The BIO never fails: it runs out of input, and takes all
// output.
#include "net/tls_session.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/check.h"

namespace stentor::net {

namespace {

constexpr std::string_view kPlainHttpAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n"
    "Connection: close\r\n\r\n"
    "This port speaks TLS: use https:// or wss:// instead of http://\n";
// RFC 8446 6: a record with one fatal alert, illegal_parameter.
constexpr std::string_view kIllegalParameter("\x15\x03\x03\0\2\2\x2f", 7);
// RFC 8446 4.1.3: a ServerHello with this random asks for a second ClientHello (its first octets).
constexpr std::string_view kRetryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11";
// Header, explicit nonce (TLS 1.2) or content type (1.3), tag: 29 at most.
constexpr std::size_t kRecordOverheadBytes = 32;
constexpr std::size_t kRandomAt = 6;  // in a ServerHello, its header included
static_assert(kPlainHttpAnswer.size() - kPlainHttpAnswer.find("This port") == 64);

}  // namespace

// What OpenSSL calls to reach the peer. No exception may cross it: out of memory ends the process.
struct TlsSession::Bio {
    static TlsSession& session(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* to, int size) noexcept {
        BIO_clear_retry_flags(bio);
        std::span<const std::byte>& input = session(bio).input_;
        if (input.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const std::size_t count = std::min(input.size(), static_cast<std::size_t>(size));
        std::memcpy(to, input.data(), count);
        input = input.subspan(count);
        return static_cast<int>(count);
    }

    static int write(BIO* bio, const char* from, int size) noexcept {
        BIO_clear_retry_flags(bio);
        const auto* bytes = reinterpret_cast<const std::byte*>(from);
        std::vector<std::byte>& output = session(bio).output_;
        output.insert(output.end(), bytes, bytes + size);
        return size;
    }

    static long control(BIO*, int command, long, void*) noexcept {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static int create(BIO* bio) noexcept {
        BIO_set_init(bio, 1);
        return 1;
    }

    // Lives as long as the process: sessions of any thread may be the last.
    static const BIO_METHOD* method() {
        static BIO_METHOD* const method = [] {
            BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "session");
            STENTOR_CHECK(made != nullptr);
            BIO_meth_set_read(made, &read);
            BIO_meth_set_write(made, &write);
            BIO_meth_set_ctrl(made, &control);
            BIO_meth_set_create(made, &create);
            return made;
        }();
        return method;
    }

    // OpenSSL's account of what it sends and receives, to count what costs more than it should.
    static void on_message(int is_write, int, int type, const void* bytes, std::size_t size, SSL*,
                           void* self) noexcept {
        auto& session = *static_cast<TlsSession*>(self);
        const std::string_view message(static_cast<const char*>(bytes), size);
        if (size == 0) return;
        if (session.hello_) {
            session.hello_->retry |= type == SSL3_RT_HANDSHAKE && is_write == 1 &&
                                     message[0] == SSL3_MT_SERVER_HELLO && size > kRandomAt &&
                                     message.substr(kRandomAt).starts_with(kRetryRandom);
        }
        if (session.state_ == TlsState::kHandshake) return;
        const bool key_update =
            type == SSL3_RT_HANDSHAKE && is_write == 0 && message[0] == SSL3_MT_KEY_UPDATE;
        const bool refusal = type == SSL3_RT_ALERT && is_write == 1 && size == 2 &&
                             message[1] == SSL_AD_NO_RENEGOTIATION;
        if (!key_update && !refusal) return;
        // Nothing of what is behind one too many is looked at.
        if (++session.rekey_requests_ > kRekeyRequestsMax) session.input_ = {};
    }
};

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context)
    : hello_(std::make_unique<Hello>()) {
    STENTOR_CHECK(context != nullptr);
    hello_->context = std::move(context);
}

// The client said its hello: now there is something for OpenSSL to do.
bool TlsSession::begin() {
    ERR_clear_error();
    ssl_.reset(SSL_new(hello_->context->get()));
    BIO* bio = ssl_ ? BIO_new(Bio::method()) : nullptr;
    if (bio == nullptr) {
        fail("no memory for a session");
        return false;
    }
    BIO_set_data(bio, this);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
    SSL_set_msg_callback(ssl_.get(), &Bio::on_message);
    SSL_set_msg_callback_arg(ssl_.get(), this);
    return true;
}

std::size_t TlsSession::receive(std::span<const std::byte> cipher, std::span<std::byte> plain) {
    STENTOR_CHECK(plain.size() >= cipher.size() + kRecordBytesMax);
    if (state_ == TlsState::kFailed || state_ == TlsState::kPeerFinished || finished_) return 0;
    if (hello_) hear_hello(cipher);
    if (state_ == TlsState::kHandshake && ssl_) {
        shake_hands(cipher);
        cipher = input_;
    }
    const std::size_t filled = state_ == TlsState::kOpen ? decrypt(cipher, plain) : 0;
    input_ = {};
    if (state_ == TlsState::kFailed) hello_.reset();
    return filled;
}

// Takes from the front of `cipher` what belongs to the client's hellos. A second one goes on to
// OpenSSL as it comes.
void TlsSession::hear_hello(std::span<const std::byte>& cipher) {
    using Verdict = ClientHelloWatch::Verdict;
    while (hello_ && state_ == TlsState::kHandshake) {
        std::span<const std::byte> seen = cipher;
        const Verdict verdict = hello_->watch.see(cipher);
        seen = seen.first(seen.size() - cipher.size());
        if (verdict == Verdict::kRefused) {
            append(std::as_bytes(std::span(kIllegalParameter)));
            return fail("no ClientHello, or one that is too large");
        }
        if (ssl_) {
            shake_hands(seen);
        } else {
            hello_->held.insert(hello_->held.end(), seen.begin(), seen.end());
            if (verdict == Verdict::kMore || !begin()) return;
            shake_hands(hello_->held);
            std::vector<std::byte>().swap(hello_->held);
        }
        if (verdict == Verdict::kMore) return;
        if (verdict == Verdict::kWhole && std::exchange(hello_->retry, false)) {
            hello_->watch.expect_second();
        } else {
            hello_.reset();
        }
    }
}

// What is behind the handshake stays in input_.
void TlsSession::shake_hands(std::span<const std::byte> cipher) {
    input_ = cipher;
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) {
        state_ = TlsState::kOpen;
        return;
    }
    const int error = SSL_get_error(ssl_.get(), done);
    if (error != SSL_ERROR_WANT_READ) fail(error);
}

std::size_t TlsSession::decrypt(std::span<const std::byte> cipher, std::span<std::byte> plain) {
    input_ = cipher;
    std::size_t filled = 0;
    for (;;) {
        std::size_t got = 0;
        STENTOR_DCHECK(filled < plain.size());
        ERR_clear_error();
        const int done =
            SSL_read_ex(ssl_.get(), plain.data() + filled, plain.size() - filled, &got);
        filled += got;
        if (rekey_requests_ > kRekeyRequestsMax) {
            fail("too many requests for new keys");
            return filled;
        }
        if (done == 1) continue;
        const int error = SSL_get_error(ssl_.get(), done);
        if (error == SSL_ERROR_WANT_READ) return filled;
        if (error == SSL_ERROR_ZERO_RETURN) {
            state_ = TlsState::kPeerFinished;
        } else {
            fail(error);
        }
        return filled;
    }
}

// Small pieces are gathered into whole records; of large ones, whole records are taken as they lie.
bool TlsSession::send(std::span<const iovec> pieces) {
    STENTOR_CHECK(state_ == TlsState::kOpen || state_ == TlsState::kPeerFinished);
    STENTOR_CHECK(!finished_);
    static thread_local std::array<std::byte, kRecordBytesMax> gathered;
    std::size_t total = 0;
    for (const iovec& piece : pieces) total += piece.iov_len;
    if (total == 0) return true;
    make_room(total);
    std::size_t size = 0;
    for (const iovec& piece : pieces) {
        std::span<const std::byte> left(static_cast<const std::byte*>(piece.iov_base),
                                        piece.iov_len);
        while (!left.empty()) {
            const std::size_t whole_bytes = left.size() / kRecordBytesMax * kRecordBytesMax;
            if (size == 0 && whole_bytes > 0) {
                if (!write(left.data(), whole_bytes)) return false;
                left = left.subspan(whole_bytes);
                continue;
            }
            const std::size_t count = std::min(left.size(), gathered.size() - size);
            std::memcpy(gathered.data() + size, left.data(), count);
            size += count;
            left = left.subspan(count);
            if (size < gathered.size()) continue;
            if (!write(gathered.data(), size)) return false;
            size = 0;
        }
    }
    return size == 0 || write(gathered.data(), size);
}

bool TlsSession::write(const void* bytes, std::size_t size) {
    std::size_t written = 0;
    ERR_clear_error();
    const int done = SSL_write_ex(ssl_.get(), bytes, size, &written);
    if (done == 1) {
        STENTOR_CHECK(written == size);  // no partial writes: the BIO takes all
        return true;
    }
    fail(SSL_get_error(ssl_.get(), done));
    return false;
}

void TlsSession::finish() {
    if (finished_ || state_ == TlsState::kHandshake || state_ == TlsState::kFailed) return;
    finished_ = true;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

void TlsSession::fail(int error) {
    const unsigned long why = ERR_peek_error();
    const int reason = ERR_GET_LIB(why) == ERR_LIB_SSL ? ERR_GET_REASON(why) : 0;
    const char* words = ERR_reason_error_string(why);
    // A write that waits for the peer: it began a request for new keys and left it in the middle,
    // which no honest one does, since the message has five octets.
    if (error == SSL_ERROR_WANT_READ) words = "half a request for new keys";
    if (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST) {
        append(std::as_bytes(std::span(kPlainHttpAnswer)));
    }
    fail(words != nullptr ? words : "no reason given");
}

void TlsSession::fail(const char* why) {
    failure_ = why;
    state_ = TlsState::kFailed;
    input_ = {};
    ERR_clear_error();
}

void TlsSession::append(std::span<const std::byte> bytes) {
    output_.insert(output_.end(), bytes.begin(), bytes.end());
}

void TlsSession::sent(std::size_t bytes) {
    STENTOR_CHECK(bytes <= output_.size() - output_begin_);
    output_begin_ += bytes;
    if (output_begin_ < output_.size()) return;
    std::vector<std::byte>().swap(output_);
    output_begin_ = 0;
}

// For `bytes` to be sent: what is gone already is dropped when it is the larger half, so a reader
// that never takes all does not make it grow.
void TlsSession::make_room(std::size_t bytes) {
    if (output_begin_ > output_.size() / 2) {
        output_.erase(output_.begin(),
                      output_.begin() + static_cast<std::ptrdiff_t>(output_begin_));
        output_begin_ = 0;
    }
    const std::size_t records = bytes / kRecordBytesMax + 1;
    const std::size_t needed = output_.size() + bytes + records * kRecordOverheadBytes;
    if (needed > output_.capacity()) output_.reserve(std::max(needed, 2 * output_.size()));
}

std::size_t TlsSession::held_bytes() const {
    return output_.capacity() + (hello_ ? sizeof(Hello) + hello_->held.capacity() : 0);
}

bool TlsSession::resumed() const {
    return ssl_ && SSL_session_reused(ssl_.get()) == 1;
}

}  // namespace stentor::net
