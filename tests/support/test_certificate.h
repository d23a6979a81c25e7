// Certificates for tests, made in the process: EC P-256, for localhost and the loopback addresses,
// signed by themselves or by an authority that is made beside them. Nothing of it is ever in the
// tree.
// Thread: any; a value.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace stentor::test {

struct TestCertificate {
    std::string certificate_pem;  // its own first; then its issuer, when it has one
    std::string private_key_pem;
};

struct TestCertificateRequest {
    std::string name = "localhost";
    // Counted from now.
    std::chrono::seconds begins = std::chrono::hours(-1);
    std::chrono::seconds ends = std::chrono::hours(24);
    bool from_authority = false;  // a chain of two
    int rsa_bits = 0;             // instead of EC P-256
};

TestCertificate make_test_certificate(const TestCertificateRequest& request = {});

// The key again, locked with a pass phrase (PKCS #8).
std::string encrypt_private_key(const std::string& private_key_pem, const std::string& phrase);

// A folder of its own that goes with the object, and files in it.
class TestFolder {
public:
    TestFolder();
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    // Writes the file, in place of what it held; its path.
    std::string write(const std::string& name, const std::string& content) const;

private:
    std::filesystem::path folder_;
};

}  // namespace stentor::test
