// Identities that load, and why others do not, in the words that the operator reads.
#include "net/tls_context.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <thread>

#include "tests/net/tls_pair.h"

namespace stentor::net {
namespace {

using test::make_test_certificate;
using test::TestCertificate;

class TlsContextTest : public testing::Test {
protected:
    std::string error(const TlsFiles& files) {
        const auto loaded = TlsContext::load(files);
        if (loaded) return "loaded";
        std::string message = loaded.error().message();
        // Names of the folder change from run to run.
        for (const std::string& path : {folder.path("")}) {
            for (std::size_t at; (at = message.find(path)) != std::string::npos;) {
                message.erase(at, path.size());
            }
        }
        return message;
    }
    std::string error(const std::string& chain, const std::string& key) {
        return error(TlsFiles{folder.write("chain.pem", chain), folder.write("key.pem", key)});
    }
    test::TestFolder folder;
    const TestCertificate own = make_test_certificate();
    const TestCertificate other = make_test_certificate();
};

// A chain and its key load, EC and RSA, in one file or two, with text around the blocks.
TEST_F(TlsContextTest, LoadsWhatBelongsTogether) {
    EXPECT_EQ(error(own.certificate_pem, own.private_key_pem), "loaded");
    EXPECT_EQ(error("notes\n" + own.certificate_pem + "\n\n", "\r\n" + own.private_key_pem),
              "loaded");
    const std::string both = folder.write("both.pem", own.private_key_pem + own.certificate_pem);
    EXPECT_EQ(error(TlsFiles{both, both}), "loaded");
    const TestCertificate rsa = make_test_certificate({.rsa_bits = 2048});
    EXPECT_EQ(error(rsa.certificate_pem, rsa.private_key_pem), "loaded");
    const TestCertificate chain = make_test_certificate({.from_authority = true});
    EXPECT_EQ(error(chain.certificate_pem, chain.private_key_pem), "loaded");
}

// A file that cannot be read says why, and which it is.
TEST_F(TlsContextTest, NamesTheFileThatCannotBeRead) {
    const std::string chain = folder.write("chain.pem", own.certificate_pem);
    const std::string key = folder.write("key.pem", own.private_key_pem);
    EXPECT_EQ(error(TlsFiles{folder.path("none.pem"), key}), "none.pem: No such file or directory");
    EXPECT_EQ(error(TlsFiles{chain, folder.path("none.pem")}),
              "none.pem: No such file or directory");
    ASSERT_EQ(::mkdir(folder.path("folder").c_str(), 0700), 0);
    EXPECT_EQ(error(TlsFiles{chain, folder.path("folder")}), "folder: Is a directory");
    ASSERT_EQ(::chmod(key.c_str(), 0), 0);
    if (::geteuid() != 0) {  // root reads all
        EXPECT_EQ(error(TlsFiles{chain, key}), "key.pem: Permission denied");
    }
}

// What is in the file, and is not what should be, is named.
TEST_F(TlsContextTest, NamesWhatIsWrongInTheFile) {
    const std::string& certificate = own.certificate_pem;
    const std::string& key = own.private_key_pem;
    EXPECT_EQ(error("", key), "chain.pem: the file is empty");
    EXPECT_EQ(error(certificate, ""), "key.pem: the file is empty");
    EXPECT_EQ(error("\x30\x82\x01", key), "chain.pem: not a PEM file (no \"-----BEGIN …\" line)");
    EXPECT_EQ(error(std::string(1024 * 1024 + 1, 'x'), key),
              "chain.pem: larger than 1 MiB, so no PEM file");
    EXPECT_EQ(error(key, key),
              "chain.pem: no certificate in it (the first block is \"PRIVATE KEY\")");
    EXPECT_EQ(error(certificate, certificate),
              "key.pem: no private key in it (the first block is \"CERTIFICATE\")");
    EXPECT_EQ(error(certificate, key + other.private_key_pem),
              "key.pem: several private keys in it; leave one");
    EXPECT_EQ(error(certificate.substr(0, certificate.size() / 2), key),
              "chain.pem: broken PEM: bad end line");
    std::string garbled = certificate;
    garbled.replace(garbled.find('\n') + 1, 4, "AAAA");
    EXPECT_TRUE(error(garbled, key).starts_with("chain.pem: certificate 1 is broken: "));
    EXPECT_EQ(error(certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
                  .substr(0, 27),
              "key.pem: the key is broken:");
}

// A key with a pass phrase is refused in words, and nobody is asked.
TEST_F(TlsContextTest, AsksForNoPassPhrase) {
    const std::string locked = test::encrypt_private_key(own.private_key_pem, "secret");
    EXPECT_NE(error(own.certificate_pem, locked).find("locked with a pass phrase"),
              std::string::npos);
    const std::string old_form =
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
        "00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAA==\n-----END EC PRIVATE "
        "KEY-----\n";
    EXPECT_NE(error(own.certificate_pem, old_form).find("locked with a pass phrase"),
              std::string::npos);
}

// A key of another certificate is refused; when it is one of the chain, the order is to blame.
TEST_F(TlsContextTest, KeyMustBelongToTheFirstCertificate) {
    EXPECT_EQ(error(own.certificate_pem, other.private_key_pem),
              "key.pem: the key does not belong to the certificate in chain.pem");
    EXPECT_EQ(error(other.certificate_pem + own.certificate_pem, own.private_key_pem),
              "chain.pem: the key in key.pem belongs to certificate 2; the server's own "
              "certificate must come first");
    const TestCertificate rsa = make_test_certificate({.rsa_bits = 2048});
    EXPECT_EQ(error(own.certificate_pem, rsa.private_key_pem),
              "key.pem: the key does not belong to the certificate in chain.pem");
}

// A key that is too short for our rules is refused, with the file that holds it.
TEST_F(TlsContextTest, ShortKeysAreRefused) {
    const TestCertificate weak = make_test_certificate({.rsa_bits = 1024});
    EXPECT_EQ(error(weak.certificate_pem, weak.private_key_pem), "chain.pem: ee key too small");
}

// A certificate out of its time loads with a warning that says when; one in its time has none.
TEST_F(TlsContextTest, WarnsOfACertificateOutOfItsTime) {
    const auto warning = [&](std::chrono::seconds begins, std::chrono::seconds ends) {
        const auto made = make_test_certificate({.begins = begins, .ends = ends});
        return TlsContext::load({folder.write("chain.pem", made.certificate_pem),
                                 folder.write("key.pem", made.private_key_pem)})
            .value()
            ->warning();
    };
    using std::chrono::hours;
    EXPECT_EQ(warning(hours(-1), hours(1)), "");
    EXPECT_NE(warning(hours(-2), hours(-1)).find("chain.pem: the certificate expired on 2"),
              std::string::npos);
    EXPECT_NE(warning(hours(1), hours(2)).find("chain.pem: the certificate is not valid before 2"),
              std::string::npos);
}

// The end of the certificate is told in Unix seconds.
TEST_F(TlsContextTest, TellsWhenItEnds) {
    const auto loaded = TlsContext::load({folder.write("chain.pem", own.certificate_pem),
                                          folder.write("key.pem", own.private_key_pem)});
    const std::int64_t in_a_day = ::time(nullptr) + 24 * 60 * 60;
    EXPECT_NEAR(static_cast<double>((*loaded)->not_after_unix_s()), static_cast<double>(in_a_day),
                120.0);
}

// A reload gives new connections the new certificate, keeps the present one when the files are bad,
// and leaves open sessions alone.
TEST_F(TlsContextTest, ReloadKeepsTheOldOneOnError) {
    const TlsFiles files{folder.write("chain.pem", own.certificate_pem),
                         folder.write("key.pem", own.private_key_pem)};
    TlsContexts contexts(files, TlsContext::load(files).value());
    const auto serves = [&](const TestCertificate& expected) {
        TlsServer server;
        server.session = std::make_unique<TlsSession>(contexts.current());
        test::TlsClient client({.trusted_pem = expected.certificate_pem});
        exchange(server, client);
        return client.connected() && !client.failed();
    };
    TlsServer open;
    open.session = std::make_unique<TlsSession>(contexts.current());
    test::TlsClient old_client({.trusted_pem = own.certificate_pem});
    exchange(open, old_client);
    EXPECT_TRUE(serves(own));

    folder.write("key.pem", other.private_key_pem);
    const auto failed = contexts.reload();
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().message().find("does not belong"), std::string::npos);
    EXPECT_TRUE(serves(own));

    folder.write("chain.pem", other.certificate_pem);
    ASSERT_TRUE(contexts.reload());
    EXPECT_TRUE(serves(other));
    EXPECT_FALSE(serves(own));
    EXPECT_TRUE(open.send("still here"));
    exchange(open, old_client);
    EXPECT_EQ(old_client.received(), "still here");
}

// Reactors take the context and shake hands while another thread reloads: each handshake is of one
// certificate or the other, and none fails.
TEST_F(TlsContextTest, ReloadsAmongHandshakes) {
    const TlsFiles files{folder.write("chain.pem", own.certificate_pem),
                         folder.write("key.pem", own.private_key_pem)};
    TlsContexts contexts(files, TlsContext::load(files).value());
    std::atomic<int> connected = 0;
    std::vector<std::thread> reactors;
    for (int i = 0; i < 3; ++i) {
        reactors.emplace_back([&] {
            for (int turn = 0; turn < 20; ++turn) {
                TlsServer server;
                server.session = std::make_unique<TlsSession>(contexts.current());
                test::TlsClient client;
                exchange(server, client);
                connected += client.connected() ? 1 : 0;
            }
        });
    }
    for (int turn = 0; turn < 20; ++turn) EXPECT_TRUE(contexts.reload());
    for (std::thread& reactor : reactors) reactor.join();
    EXPECT_EQ(connected, 60);
}

}  // namespace
}  // namespace stentor::net
