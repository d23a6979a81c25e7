// Where a ClientHello ends, and whether it is too large, by its headers alone (RFC 8446, 4.1.2 and
// 5.1). OpenSSL makes its buffers (16 KiB twice) at the first octet, and room for a message (up to
// 128 KiB) when its length is announced; so it gets to work only when the hello is there.
// Thread: owner reactor.
// Invariant: keeps nothing of what it sees but the headers under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace stentor::net {

class ClientHelloWatch {
public:
    // With hybrid key shares and a ticket, an honest one has some 2 KiB.
    static constexpr std::size_t kHelloBytesMax = 16 * 1024;
    // The records that carry it included: one octet to a record is legal, but not for long.
    static constexpr std::size_t kWireBytesMax = 2 * kHelloBytesMax;

    enum class Verdict : std::uint8_t {
        kMore,
        kWhole,    // what was seen up to here is the hello
        kNotTls,   // the first five octets are no record: OpenSSL knows at once what to say
        kRefused,  // no hello, or one that is too large, announced or sent, or oddly wrapped
    };

    // Looks at `input`, which follows what it saw before, and takes what it has looked at from its
    // front: all of it for kMore.
    Verdict see(std::span<const std::byte>& input);
    // There was a HelloRetryRequest: a second hello follows, maybe with other records before it.
    void expect_second() {
        *this = {};
        second_ = true;
    }

private:
    Verdict see_header(std::uint8_t octet);
    Verdict see_payload(std::span<const std::byte> payload);

    std::size_t wire_bytes_ = 0;
    std::size_t message_bytes_ = 0;  // behind its header of four octets, as that says
    std::size_t message_seen_ = 0;
    std::size_t record_bytes_ = 0;  // its payload, as the header says
    std::size_t record_left_ = 0;   // 0: a header comes, or is under way
    std::uint8_t header_seen_ = 0;
    std::uint8_t record_type_ = 0;
    std::uint8_t major_version_ = 0;
    std::uint8_t minor_version_ = 0;
    bool second_ = false;
};

}  // namespace stentor::net
