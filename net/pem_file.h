// Certificates and keys out of PEM files (RFC 7468), with errors that name the file, what is wrong
// with it, and where it helps the way out.
// Thread: any.
// Invariant: nobody is asked for a pass phrase; key material that was read is wiped.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "core/error.h"
#include "net/openssl_ptr.h"

namespace stentor::net {

// A file that is larger is not what it is said to be.
inline constexpr std::size_t kPemFileBytesMax = 1024 * 1024;

// All certificates in the file, in its order, at least one. Keys beside them are passed over, so a
// file that holds both serves for both.
std::expected<std::vector<X509Ptr>, core::Error> read_certificates(const std::string& path);

// The one private key in the file.
std::expected<PkeyPtr, core::Error> read_private_key(const std::string& path);

}  // namespace stentor::net
