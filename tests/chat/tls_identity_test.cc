// Certificate and key over the server's lifetime. See chat/tls_identity.h.
// Thread: one. Invariant: no file of this test is outside its folder.
#include "chat/tls_identity.h"

#include <gtest/gtest.h>

#include <chrono>

#include "chat/metrics_text.h"
#include "tests/support/test_certificate.h"

namespace stentor::chat {
namespace {

using namespace std::chrono_literals;

class TlsIdentityTest : public testing::Test {
protected:
    void write(const test::TestCertificate& certificate) {
        options_.tls_certificate_file = folder_.write("cert.pem", certificate.certificate_pem);
        options_.tls_key_file = folder_.write("key.pem", certificate.private_key_pem);
    }

    test::TestFolder folder_;
    Options options_;
};

// Property: without files there is no identity, and that is no error.
TEST_F(TlsIdentityTest, WithoutFilesThereIsNone) {
    const auto none = TlsIdentity::load(options_);
    ASSERT_TRUE(none.has_value());
    EXPECT_EQ(*none, nullptr);
}

// Property: a reload replaces what new connections get, leaves what others hold, and is counted.
TEST_F(TlsIdentityTest, AReloadReplacesThePair) {
    write(test::make_test_certificate());
    const auto identity = TlsIdentity::load(options_);
    ASSERT_TRUE(identity.has_value()) << identity.error().message();
    const auto held = (*identity)->contexts().current();
    write(test::make_test_certificate({.ends = 48h}));
    (*identity)->reload();
    EXPECT_NE((*identity)->contexts().current(), held);
    EXPECT_GT((*identity)->contexts().current()->not_after_unix_s(), held->not_after_unix_s());
    EXPECT_EQ((*identity)->reloads_total().value(), 1u);
    EXPECT_EQ((*identity)->reload_failures_total().value(), 0u);
}

// Property: a bad pair changes nothing but the count of failures, and the next good one is taken.
TEST_F(TlsIdentityTest, ABadPairChangesNothing) {
    const test::TestCertificate first = test::make_test_certificate();
    const test::TestCertificate second = test::make_test_certificate();
    write(first);
    const auto identity = TlsIdentity::load(options_);
    ASSERT_TRUE(identity.has_value()) << identity.error().message();
    const auto held = (*identity)->contexts().current();
    write({first.certificate_pem, second.private_key_pem});
    (*identity)->reload();
    write({"", ""});
    (*identity)->reload();
    EXPECT_EQ((*identity)->contexts().current(), held);
    EXPECT_EQ((*identity)->reload_failures_total().value(), 2u);
    write(second);
    (*identity)->reload();
    EXPECT_NE((*identity)->contexts().current(), held);
    EXPECT_EQ((*identity)->reloads_total().value(), 1u);
}

// Property: files that are bad at the start are an error that names the file.
TEST_F(TlsIdentityTest, BadFilesAtTheStartAreAnError) {
    write({"nonsense", "nonsense"});
    const auto bad = TlsIdentity::load(options_);
    ASSERT_FALSE(bad.has_value());
    EXPECT_NE(bad.error().message().find(options_.tls_certificate_file), std::string::npos);
}

// Property: an operator sees in the metrics when the certificate ends, and nothing of it without
// TLS.
TEST_F(TlsIdentityTest, TheMetricsSayWhenItEnds) {
    write(test::make_test_certificate());
    const auto identity = TlsIdentity::load(options_);
    ASSERT_TRUE(identity.has_value()) << identity.error().message();
    MetricsSources sources;
    sources.tls = identity->get();
    const std::int64_t end = (*identity)->contexts().current()->not_after_unix_s();
    const std::string line =
        "\nstentor_tls_certificate_not_after_seconds " + std::to_string(end) + "\n";
    EXPECT_NE(metrics_text(sources).find(line), std::string::npos);
    EXPECT_EQ(metrics_text({}).find("stentor_tls_certificate"), std::string::npos);
}

}  // namespace
}  // namespace stentor::chat
