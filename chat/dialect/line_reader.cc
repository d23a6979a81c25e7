// See line_reader.h.
// Thread: owner reactor.
// Invariant: see line_reader.h.
#include "chat/dialect/line_reader.h"

#include <utility>

namespace stentor::chat {
namespace {

// RFC 854, "Telnet command structure".
constexpr std::uint8_t kSubnegotiationEnd = 240;
constexpr std::uint8_t kSubnegotiationBegin = 250;
constexpr std::uint8_t kWill = 251;
constexpr std::uint8_t kDont = 254;
constexpr std::uint8_t kInterpretAsCommand = 255;

}  // namespace

// A doubled 255 stands for itself, which is no UTF-8 either.
bool LineReader::filter(std::uint8_t octet) {
    switch (telnet_) {
        case Telnet::kText:
            if (octet != kInterpretAsCommand) return true;
            telnet_ = Telnet::kCommand;
            return false;
        case Telnet::kCommand:
            if (octet >= kWill && octet <= kDont) {
                telnet_ = Telnet::kOption;
            } else {
                telnet_ = octet == kSubnegotiationBegin ? Telnet::kSubnegotiation : Telnet::kText;
            }
            return octet == kInterpretAsCommand;
        case Telnet::kOption:
            telnet_ = Telnet::kText;
            return false;
        case Telnet::kSubnegotiation:
            if (octet == kInterpretAsCommand) telnet_ = Telnet::kMaybeEnd;
            return false;
        case Telnet::kMaybeEnd:
            telnet_ = octet == kSubnegotiationEnd ? Telnet::kText : Telnet::kSubnegotiation;
            return false;
    }
    std::unreachable();
}

LineReader::Step LineReader::feed(std::span<const std::byte> bytes, std::size_t bytes_max) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const auto octet = std::to_integer<std::uint8_t>(bytes[at]);
        if (!filter(octet)) continue;
        if (octet == '\n') {
            if (!std::exchange(skips_, false)) return {at + 1, Found::kLine};
        } else if (!skips_) {
            line_ += static_cast<char>(octet);
            if (line_.size() > bytes_max) {
                skips_ = true;
                line_ = std::string();
                return {at + 1, Found::kTooLong};
            }
        }
    }
    return {bytes.size(), Found::kNothing};
}

std::string LineReader::take() {
    std::string line = std::exchange(line_, {});
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

}  // namespace stentor::chat
