// Session tokens: an HMAC-SHA256 over user and name, so that an absent user costs nothing. The key
// is as old as the process, as memory rooms are. "s1.<base64url(user|name)>.<base64url(mac)>"
// Thread: any; immutable after construction.
// Invariant: verify() accepts only what sign() made with the same key, to the last bit, compared in
// constant time.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "chat/ids.h"

namespace stentor::chat {

class SessionTokens {
public:
    using Key = std::array<std::byte, 32>;
    explicit SessionTokens(const Key& key) : key_(key) {}
    static Key random_key();  // from the kernel

    struct Identity {
        UserId user;
        std::string name;
    };
    // `user` is somebody; `name` is a normalised user name.
    std::string sign(UserId user, std::string_view name) const;
    // Nothing when the token is malformed, too long, or not ours.
    std::optional<Identity> verify(std::string_view token) const;

private:
    Key key_;
};

}  // namespace stentor::chat
