// Fuzz target: a TLS session (net/tls_session.h, RFC 8446, 5246) that hears anything, and one whose
// honest client's octets are turned, left out and added to on the way.
// Thread: one.
// Invariant: what comes out was put in by the client, in order; the state only goes on; what fails
// says so and hears nothing more; OpenSSL's error queue is empty between calls.
#define OPENSSL_SUPPRESS_DEPRECATED  // RAND_set_rand_method: nothing else makes a run repeat itself
#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "core/hash.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_client.h"

namespace {

using namespace stentor;
using net::TlsSession;
using net::TlsState;

std::uint64_t chance = 0;

int fill(unsigned char* bytes, int size) {
    for (int i = 0; i < size; ++i)
        bytes[i] = static_cast<unsigned char>(core::mix64(++chance) >> 32);
    return 1;
}
int always() {
    return 1;
}

const std::shared_ptr<const net::TlsContext>& context() {
    static const std::shared_ptr<const net::TlsContext> loaded = [] {
        static const RAND_METHOD kSame{nullptr, fill, nullptr, nullptr, fill, always};
        STENTOR_CHECK(RAND_set_rand_method(&kSame) == 1);
        const test::TestFolder folder;
        const test::TestCertificate made = test::make_test_certificate();
        return net::TlsContext::load({folder.write("chain.pem", made.certificate_pem),
                                      folder.write("key.pem", made.private_key_pem)})
            .value();
    }();
    return loaded;
}

class Server {
public:
    explicit Server(std::size_t chunk_bytes)
        : session_(std::make_unique<TlsSession>(context())), chunk_bytes_(chunk_bytes) {}

    TlsState state() const { return session_->state(); }
    const std::string& received() const { return received_; }
    void put(std::span<const std::byte> cipher) {
        fuzz::for_each_chunk(cipher, chunk_bytes_, [this](std::span<const std::byte> chunk) {
            const fuzz::TightBlock block(chunk);
            std::vector<std::byte> plain(chunk.size() + TlsSession::kRecordBytesMax);
            const bool deaf =
                state() == TlsState::kFailed || state() == TlsState::kPeerFinished || finished_;
            const std::size_t filled = session_->receive(block.span(), plain);
            STENTOR_CHECK(filled <= plain.size() && (!deaf || filled == 0));
            received_ += fuzz::text_of(std::span(plain).first(filled));
            expect_consistent();
        });
    }
    void say(std::string_view text) {
        if (finished_ || (state() != TlsState::kOpen && state() != TlsState::kPeerFinished)) return;
        const iovec piece{const_cast<char*>(text.data()), text.size()};
        session_->send({&piece, 1});
        expect_consistent();
    }
    void finish() {
        session_->finish();
        finished_ = finished_ || state() == TlsState::kOpen || state() == TlsState::kPeerFinished;
        expect_consistent();
    }
    std::string take() {
        const std::string output(fuzz::text_of(session_->output()));
        session_->sent(output.size());
        STENTOR_CHECK(session_->output().empty());
        return output;
    }

private:
    void expect_consistent() {
        STENTOR_CHECK(ERR_peek_error() == 0);
        STENTOR_CHECK(state() >= before_ || state() == TlsState::kFailed);
        STENTOR_CHECK(before_ != TlsState::kFailed || state() == TlsState::kFailed);
        STENTOR_CHECK(session_->failure().empty() == (state() != TlsState::kFailed));
        before_ = state();
    }

    std::unique_ptr<TlsSession> session_;
    std::size_t chunk_bytes_;
    std::string received_;
    TlsState before_ = TlsState::kHandshake;
    bool finished_ = false;
};

// Anything at all, as it comes and as one: the same is said, and it ends the same.
void fuzz_noise(std::span<const std::byte> noise, std::size_t chunk_bytes) {
    std::string said;
    TlsState state{};
    for (const std::size_t chunk : {std::size_t{SIZE_MAX}, chunk_bytes}) {
        chance = 0;
        Server server(chunk);
        server.put(noise);
        STENTOR_CHECK(server.received().empty());
        const std::string output = server.take();
        STENTOR_CHECK(chunk == SIZE_MAX || (output == said && server.state() == state));
        said = output;
        state = server.state();
    }
}

// An honest client, and somebody in between.
class Wire {
public:
    Wire(fuzz::Input& input, std::size_t chunk_bytes, int version)
        : input_(input), server_(chunk_bytes), client_({.version = version}) {}

    void run() {
        client_.turn();
        for (int steps = 0; !input_.empty() && steps < 64; ++steps) step();
        STENTOR_CHECK(said_.starts_with(server_.received()));
    }

private:
    void step() {
        const std::uint32_t what = input_.below(10);
        switch (what) {
            case 0:
            case 1:
            case 2:
                return carry(what == 0 ? 0 : what);
            case 3:
                return client_.put(fuzz::bytes_of(server_.take()));
            case 4:
                return client_says(input_.take(input_.byte()));
            case 5:
                return server_.say(fuzz::text_of(input_.take(input_.byte())));
            case 6:
                return client_.finish();
            case 7:
                return server_.finish();
            case 8:
                // Whatever the server says is lost.
                return static_cast<void>(server_.take());
            default:
                return server_.put(input_.take(input_.byte()));
        }
    }
    void client_says(std::span<const std::byte> text) {
        if (text.empty() || !client_.connected() || client_.failed()) return;
        if (client_.send(fuzz::text_of(text))) said_ += fuzz::text_of(text);
    }
    // What the client has for the server, turned at `changes` places, and sometimes cut.
    void carry(std::uint32_t changes) {
        client_.turn();
        std::vector<std::byte> flight = client_.take();
        for (; changes > 0 && !flight.empty(); --changes) {
            const std::size_t at =
                (std::size_t{input_.byte()} << 8 | input_.byte()) % flight.size();
            const std::uint8_t bits = input_.byte();
            flight[at] ^= static_cast<std::byte>(bits);
            if (bits == 0) flight.resize(at);
        }
        server_.put(flight);
    }

    fuzz::Input& input_;
    Server server_;
    test::TlsClient client_;
    std::string said_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    context();
    fuzz::Input input(data, size);
    const std::size_t chunk_bytes = input.chunk_bytes();
    const std::uint32_t mode = input.below(4);
    if (mode < 2) {
        fuzz_noise(input.rest(), chunk_bytes);
        return 0;
    }
    chance = 0;
    Wire(input, chunk_bytes, mode == 2 ? TLS1_2_VERSION : TLS1_3_VERSION).run();
    return 0;
}
