// Fuzz target: user and room names (chat/names.h): what is accepted, its normal form and its
// skeleton.
// Thread: one.
// Invariant: a normal form is a name within the limits and normalises to itself; names that
// differ in case alone clash; a refusal says why.
#include "chat/names.h"

#include <string>

#include "tests/fuzz/fuzz_input.h"
#include "ws/utf8.h"

namespace {

using namespace stentor;

using Normalize = std::expected<std::string, std::string> (*)(std::string_view);

void expect_normal(Normalize normalize, std::string_view raw, std::uint32_t code_points_max) {
    const auto name = normalize(raw);
    if (!name) {
        STENTOR_CHECK(!name.error().empty() && ws::is_valid_utf8(fuzz::bytes_of(name.error())));
        return;
    }
    STENTOR_CHECK(ws::is_valid_utf8(fuzz::bytes_of(*name)));
    const std::size_t code_points = chat::code_point_count(*name);
    STENTOR_CHECK(code_points >= 1 && code_points <= code_points_max);
    STENTOR_CHECK(name->size() <= code_points_max * chat::kUtf8BytesPerCodePointMax);
    for (const char c : *name) {
        const auto octet = static_cast<unsigned char>(c);
        STENTOR_CHECK(octet > ' ' && octet != 0x7f && c != '"' && c != '\\' && c != '<' &&
                      c != '/');
    }
    const auto again = normalize(*name);
    STENTOR_CHECK(again && *again == *name);
    const std::string skeleton = chat::name_skeleton(*name);
    STENTOR_CHECK(!skeleton.empty() && ws::is_valid_utf8(fuzz::bytes_of(skeleton)));
    STENTOR_CHECK(chat::name_skeleton(*again) == skeleton);
    // In capitals it is no other name.
    std::string capitals = *name;
    for (char& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    STENTOR_CHECK(chat::name_skeleton(capitals) == skeleton);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::TightBlock block(fuzz::Input(data, size).rest());
    // Names come out of JSON, whose strings are UTF-8.
    if (!ws::is_valid_utf8(block.span())) return 0;
    expect_normal(chat::normalize_user_name, block.text(), chat::kUserNameCodePointsMax);
    expect_normal(chat::normalize_room_name, block.text(), chat::kRoomNameCodePointsMax);
    const auto room = chat::normalize_room_name(block.text());
    STENTOR_CHECK(!room || !room->starts_with("dm."));
    return 0;
}
