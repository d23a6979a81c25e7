// What a name may be, and which names look alike (docs/protocol.md, "Names"; UTS 39 section 4).
// Thread: any.
// Invariant: ICU's normalisers and the spoof checker are made once and used const.
#include "chat/names.h"

#include <fmt/format.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>

#include <algorithm>

#include "core/ascii.h"
#include "core/check.h"

namespace stentor::chat {
namespace {

// NFC makes one code point of four at most ("ᾂ"): what is longer than this stays too long.
constexpr std::size_t kCodePointsPerComposed = 4;

bool is_plain(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

const icu::Normalizer2& nfc() {
    static const icu::Normalizer2* const instance = [] {
        UErrorCode status = U_ZERO_ERROR;
        const icu::Normalizer2* found = icu::Normalizer2::getNFCInstance(status);
        STENTOR_CHECK(U_SUCCESS(status));
        return found;
    }();
    return *instance;
}

const icu::Normalizer2& nfkc_case_fold() {
    static const icu::Normalizer2* const instance = [] {
        UErrorCode status = U_ZERO_ERROR;
        const icu::Normalizer2* found = icu::Normalizer2::getNFKCCasefoldInstance(status);
        STENTOR_CHECK(U_SUCCESS(status));
        return found;
    }();
    return *instance;
}

// Never closed: other threads may still ask while the process ends.
const USpoofChecker* spoof_checker() {
    static const USpoofChecker* const instance = [] {
        UErrorCode status = U_ZERO_ERROR;
        const USpoofChecker* opened = uspoof_open(&status);
        STENTOR_CHECK(U_SUCCESS(status));
        return opened;
    }();
    return instance;
}

std::string normalized(const icu::Normalizer2& form, std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    std::string result;
    icu::StringByteSink<std::string> sink(&result);
    form.normalizeUTF8(0, text, sink, nullptr, status);
    STENTOR_CHECK(U_SUCCESS(status));
    return result;
}

enum class CharacterClass { kRefused, kMark, kPunctuation, kLetterOrDigit };

CharacterClass classify(UChar32 code_point) {
    if (code_point == '.' || code_point == '_' || code_point == '-') {
        return CharacterClass::kPunctuation;
    }
    // Letters and marks that nobody sees (Hangul fillers, variation selectors) make two names look
    // the same, or one like none.
    if (u_hasBinaryProperty(code_point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0) {
        return CharacterClass::kRefused;
    }
    const std::uint32_t category = U_GET_GC_MASK(code_point);
    if ((category & (U_GC_L_MASK | U_GC_ND_MASK)) != 0) return CharacterClass::kLetterOrDigit;
    if ((category & U_GC_M_MASK) != 0) return CharacterClass::kMark;
    return CharacterClass::kRefused;
}

// Why `name`, in NFC, may not be a name; empty when it may.
std::string objection(std::string_view name) {
    const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(name);
    bool has_letter_or_digit = false;
    for (std::int32_t at = 0; at < wide.length(); at = wide.moveIndex32(at, 1)) {
        const UChar32 code_point = wide.char32At(at);
        const CharacterClass what = classify(code_point);
        if (what == CharacterClass::kRefused) {
            return fmt::format(
                "the character U+{:04X} is not allowed (letters, marks, digits and . _ - are)",
                static_cast<std::uint32_t>(code_point));
        }
        if (at == 0 && what == CharacterClass::kMark) return "must not begin with a mark";
        has_letter_or_digit |= what == CharacterClass::kLetterOrDigit;
    }
    return has_letter_or_digit ? "" : "must hold a letter or a digit";
}

std::expected<std::string, std::string> normalize(std::string_view raw, std::string_view field,
                                                  std::size_t code_points_max) {
    const auto refuse = [field](std::string_view why) {
        return std::unexpected(fmt::format("{}: {}", field, why));
    };
    if (raw.empty()) return refuse("must not be empty");
    const auto refuse_as_too_long = [&] {
        return refuse(fmt::format("longer than {} characters", code_points_max));
    };
    if (raw.size() > code_points_max * kCodePointsPerComposed * kUtf8BytesPerCodePointMax) {
        return refuse_as_too_long();
    }
    std::string name =
        std::ranges::all_of(raw, is_plain) ? std::string(raw) : normalized(nfc(), raw);
    if (code_point_count(name) > code_points_max) return refuse_as_too_long();
    if (const std::string why = objection(name); !why.empty()) return refuse(why);
    return name;
}

// Asked for each message that is sent: most names need no tables.
bool begins_with_dm(std::string_view name) {
    constexpr std::string_view kDirect = "dm.";
    if (!std::ranges::all_of(name, is_plain)) {
        return normalized(nfkc_case_fold(), name).starts_with(kDirect);
    }
    return core::ascii::equal_ignoring_case(name.substr(0, kDirect.size()), kDirect);
}

}  // namespace

std::expected<std::string, std::string> normalize_user_name(std::string_view raw) {
    return normalize(raw, "name", kUserNameCodePointsMax);
}

std::expected<std::string, std::string> normalize_room_name(std::string_view raw) {
    auto name = normalize(raw, "room", kRoomNameCodePointsMax);
    if (name && begins_with_dm(*name)) {
        return std::unexpected("room: names that begin with \"dm.\" are reserved");
    }
    return name;
}

std::string name_skeleton(std::string_view name) {
    const std::string folded = normalized(nfkc_case_fold(), name);
    const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(folded);
    icu::UnicodeString skeleton;
    UErrorCode status = U_ZERO_ERROR;
    uspoof_getSkeletonUnicodeString(spoof_checker(), 0, wide, skeleton, &status);
    STENTOR_CHECK(U_SUCCESS(status));
    std::string result;
    skeleton.toUTF8String(result);
    return result;
}

bool is_operators(std::string_view skeleton) {
    static const std::string operators = name_skeleton(kOperatorName);
    return skeleton == operators;
}

std::size_t code_point_count(std::string_view utf8) {
    return static_cast<std::size_t>(std::ranges::count_if(
        utf8, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

std::string guest_name(RandomSource& random) {
    return fmt::format("guest-{:06x}", random.next() >> 40U);
}

}  // namespace stentor::chat
