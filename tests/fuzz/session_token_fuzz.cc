// Fuzz target: session tokens (chat/session_token.h) and user ids (chat/ids.h) as clients give them
// back: any text, and a true token with octets changed, left out and added.
// Thread: one.
// Invariant: what is accepted is, to the last octet, what was signed for that user and name; a user
// id has one spelling.
#include "chat/session_token.h"

#include <string>

#include "chat/names.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace stentor;
using chat::SessionTokens;
using chat::UserId;

const SessionTokens& tokens() {
    static const SessionTokens fixed{SessionTokens::Key{std::byte{7}}};
    return fixed;
}

void expect_own(std::string_view text) {
    const auto identity = tokens().verify(text);
    if (!identity) return;
    STENTOR_CHECK(identity->user);
    STENTOR_CHECK(tokens().sign(identity->user, identity->name) == text);
}

void expect_one_spelling(std::string_view text) {
    const auto user = UserId::parse(text);
    STENTOR_CHECK(!user || (*user && user->to_string() == text));
}

UserId user_of(std::span<const std::byte> octets) {
    UserId user{1};
    for (const std::byte octet : octets) {
        user.value = user.value << 8 | std::to_integer<std::uint64_t>(octet);
    }
    return user;
}

// Octets of a true token are changed where the input says.
std::string tampered(std::string token, fuzz::Input& input) {
    while (!input.empty() && !token.empty()) {
        const std::uint32_t how = input.below(4);
        const std::size_t at = input.byte() % token.size();
        if (how == 0) token[at] = static_cast<char>(input.byte());
        if (how == 1) token.erase(at, 1 + input.below(4));
        if (how == 2) token.insert(at, 1, static_cast<char>(input.byte()));
        if (how == 3) std::swap(token[at], token[input.byte() % token.size()]);
    }
    return token;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const UserId user = user_of(input.take(8));
    const fuzz::TightBlock text(input.take(input.byte()));
    expect_own(text.text());
    expect_one_spelling(text.text());
    expect_one_spelling(user.to_string());
    STENTOR_CHECK(!user || UserId::parse(user.to_string()) == user);
    const auto name = chat::normalize_user_name(text.text());
    if (!user || !name) return 0;
    const std::string token = tokens().sign(user, *name);
    const auto identity = tokens().verify(token);
    STENTOR_CHECK(identity && identity->user == user && identity->name == *name);
    const std::string changed = tampered(token, input);
    expect_own(changed);
    STENTOR_CHECK(changed == token || !tokens().verify(changed));
    return 0;
}
