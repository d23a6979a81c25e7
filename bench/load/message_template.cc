// See message_template.h.
// Thread: any; pure.
// Invariant: see message_template.h.
#include "bench/load/message_template.h"

#include <algorithm>
#include <array>
#include <utility>

namespace stentor::bench {

// A brace that begins no placeholder is itself: templates are JSON more often than not.
std::expected<MessageTemplate, std::string> MessageTemplate::parse(std::string_view text) {
    using Kind = Part::Kind;
    static constexpr std::array<std::pair<std::string_view, Kind>, 5> kPlaceholders{
        {{"{room}", Kind::kRoom},
         {"{user}", Kind::kUser},
         {"{number}", Kind::kNumber},
         {"{stamp}", Kind::kStamp},
         {"{pad}", Kind::kPad}}};
    MessageTemplate parsed;
    std::string plain;
    const auto end_plain = [&] {
        if (!plain.empty()) parsed.parts_.push_back({Kind::kText, std::exchange(plain, {})});
    };
    while (!text.empty()) {
        const auto* const found = std::ranges::find_if(
            kPlaceholders, [&](const auto& known) { return text.starts_with(known.first); });
        if (found == kPlaceholders.end()) {
            plain += text.front();
            text.remove_prefix(1);
            continue;
        }
        const bool once = found->second == Kind::kStamp || found->second == Kind::kPad;
        if (once && parsed.has(found->second)) {
            return std::unexpected(std::string(found->first) + " stands there twice");
        }
        end_plain();
        parsed.parts_.push_back({found->second, {}});
        text.remove_prefix(found->first.size());
    }
    end_plain();
    return parsed;
}

bool MessageTemplate::has(Part::Kind kind) const {
    return std::ranges::any_of(parts_, [&](const Part& part) { return part.kind == kind; });
}

PreparedMessage MessageTemplate::prepare(std::string_view room, std::string_view user,
                                         std::size_t pad_bytes) const {
    PreparedMessage message;
    for (const Part& part : parts_) {
        switch (part.kind) {
            case Part::Kind::kText:
                message.text += part.text;
                break;
            case Part::Kind::kRoom:
                message.text += room;
                break;
            case Part::Kind::kUser:
                message.text += user;
                break;
            case Part::Kind::kPad:
                message.text.append(pad_bytes, 'x');
                break;
            case Part::Kind::kStamp:
            case Part::Kind::kNumber: {
                const bool marked = part.kind == Part::Kind::kStamp;
                if (marked) message.text += kStampMark;
                message.digit_offsets.push_back(message.text.size());
                message.text.append(kStampDigits, '0');
                if (marked) message.text += kStampMark;
                break;
            }
        }
    }
    return message;
}

}  // namespace stentor::bench
