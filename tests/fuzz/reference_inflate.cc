// See reference_inflate.h. Slow on purpose: one bit at a time, one rule after the other.
// Thread: any; pure.
// Invariant: see reference_inflate.h.
#include "tests/fuzz/reference_inflate.h"

#include <algorithm>
#include <array>
#include <vector>

namespace stentor::fuzz {
namespace {

// What ends the reading: no more bits, or bits that mean nothing.
struct Stop {};

constexpr std::size_t kCodeBitsMax = 15;
constexpr std::uint32_t kEndOfBlock = 256;

// RFC 1951 3.2.5: lengths 257..285, distances 0..29, as base and further bits.
struct Range {
    std::uint32_t base, bits;
};
constexpr std::array kLengths = std::to_array<Range>(
    {{3, 0},  {4, 0},  {5, 0},  {6, 0},   {7, 0},   {8, 0},   {9, 0},   {10, 0},  {11, 1}, {13, 1},
     {15, 1}, {17, 1}, {19, 2}, {23, 2},  {27, 2},  {31, 2},  {35, 3},  {43, 3},  {51, 3}, {59, 3},
     {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}});
constexpr std::size_t kDistances = 30;
constexpr std::uint32_t distance_bits(std::uint32_t symbol) {
    return symbol < 4 ? 0 : symbol / 2 - 1;
}
constexpr std::uint32_t distance_base(std::uint32_t symbol) {
    return symbol < 4 ? symbol + 1 : ((2 + symbol % 2) << distance_bits(symbol)) + 1;
}

// A Huffman code from the lengths of its words (3.2.2).
class Code {
public:
    // `may_be_incomplete`: one word of one bit is allowed, and none at all.
    Code(std::span<const std::uint8_t> lengths, bool may_be_incomplete) {
        for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) ++count_[lengths[symbol]];
        std::size_t room = 1;
        std::size_t longest = 0;
        for (std::size_t bits = 1; bits <= kCodeBitsMax; ++bits) {
            room *= 2;
            if (count_[bits] > room) throw Stop();
            room -= count_[bits];
            if (count_[bits] != 0) longest = bits;
        }
        if (longest > 0 && room > 0 && !(may_be_incomplete && longest == 1)) throw Stop();
        if (longest == 0 && !may_be_incomplete) throw Stop();
        for (std::size_t bits = 1; bits <= kCodeBitsMax; ++bits) {
            for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
                if (lengths[symbol] == bits)
                    in_order_.push_back(static_cast<std::uint32_t>(symbol));
            }
        }
    }
    template <typename NextBit>
    std::uint32_t read(NextBit next_bit) const {
        std::size_t word = 0, first = 0, index = 0;
        for (std::size_t bits = 1; bits <= kCodeBitsMax; ++bits) {
            word = word << 1 | next_bit();
            if (word < first + count_[bits]) return in_order_[index + word - first];
            index += count_[bits];
            first = (first + count_[bits]) << 1;
        }
        throw Stop();
    }

private:
    std::array<std::size_t, kCodeBitsMax + 1> count_{};
    std::vector<std::uint32_t> in_order_;
};

class Reader {
public:
    Reader(std::span<const std::byte> payload, std::size_t bytes_max)
        : octets_(payload.begin(), payload.end()), bytes_max_(bytes_max) {
        for (const int octet : {0, 0, 0xff, 0xff}) octets_.push_back(static_cast<std::byte>(octet));
        payload_bits_ = payload.size() * 8;
    }

    ReferenceInflated read() {
        try {
            // What stands before the tail may be missing behind a last block, or altogether.
            while (at_ != octets_.size() * 8 && !(ended_ && at_ == payload_bits_)) read_block();
            made_.whole = true;
        } catch (const Stop&) {
        }
        return std::move(made_);
    }

private:
    std::size_t bit() {
        if (at_ == octets_.size() * 8) throw Stop();
        const std::size_t value = std::to_integer<std::size_t>(octets_[at_ / 8]) >> (at_ % 8) & 1;
        ++at_;
        return value;
    }
    std::uint32_t bits(std::size_t count) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < count; ++i) value |= static_cast<std::uint32_t>(bit() << i);
        return value;
    }
    std::uint32_t symbol_of(const Code& code) {
        return code.read([this] { return bit(); });
    }
    void make(char octet) {
        if (made_.text.size() == bytes_max_) {
            made_.too_long = true;
            throw Stop();
        }
        made_.text.push_back(octet);
    }

    void read_block() {
        ended_ = false;
        const bool last = bit() != 0;
        switch (bits(2)) {
            case 0:
                read_stored();
                break;
            case 1:
                read_fixed();
                break;
            case 2:
                read_dynamic();
                break;
            default:
                throw Stop();
        }
        if (last) {  // another stream follows, with a window of its own
            at_ = (at_ + 7) / 8 * 8;
            stream_begin_ = made_.text.size();
            ended_ = true;
        }
    }
    void read_stored() {
        at_ = (at_ + 7) / 8 * 8;
        const std::uint32_t size = bits(16);
        if (bits(16) != (size ^ 0xffffU)) throw Stop();
        for (std::uint32_t i = 0; i < size; ++i) make(static_cast<char>(bits(8)));
    }
    void read_fixed() {
        std::array<std::uint8_t, 288> lengths{};
        std::fill_n(lengths.begin(), 144, std::uint8_t{8});
        std::fill_n(lengths.begin() + 144, 112, std::uint8_t{9});
        std::fill_n(lengths.begin() + 256, 24, std::uint8_t{7});
        std::fill_n(lengths.begin() + 280, 8, std::uint8_t{8});
        std::array<std::uint8_t, 32> distances{};
        distances.fill(5);
        read_compressed(Code(lengths, false), Code(distances, false));
    }
    void read_dynamic() {
        constexpr std::array<std::size_t, 19> kOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};
        const std::size_t literals = 257 + bits(5);
        const std::size_t distances = 1 + bits(5);
        const std::size_t words = 4 + bits(4);
        if (literals > 286 || distances > kDistances) throw Stop();
        std::array<std::uint8_t, 19> word_lengths{};
        for (std::size_t i = 0; i < words; ++i) {
            word_lengths[kOrder[i]] = static_cast<std::uint8_t>(bits(3));
        }
        const Code code(word_lengths, false);
        std::vector<std::uint8_t> lengths;
        while (lengths.size() < literals + distances) {
            const std::uint32_t symbol = symbol_of(code);
            if (symbol < 16) {
                lengths.push_back(static_cast<std::uint8_t>(symbol));
                continue;
            }
            if (symbol == 16 && lengths.empty()) throw Stop();
            const std::uint8_t value = symbol == 16 ? lengths.back() : std::uint8_t{0};
            const std::size_t times = symbol == 16   ? 3 + bits(2)
                                      : symbol == 17 ? 3 + bits(3)
                                                     : 11 + bits(7);
            lengths.insert(lengths.end(), times, value);
        }
        if (lengths.size() > literals + distances || lengths[kEndOfBlock] == 0) throw Stop();
        const std::span all(lengths);
        read_compressed(Code(all.first(literals), true), Code(all.subspan(literals), true));
    }
    void read_compressed(const Code& literal_code, const Code& distance_code) {
        while (true) {
            const std::uint32_t symbol = symbol_of(literal_code);
            if (symbol == kEndOfBlock) return;
            if (symbol < kEndOfBlock) {
                make(static_cast<char>(symbol));
                continue;
            }
            if (symbol - kEndOfBlock > kLengths.size()) throw Stop();
            const Range range = kLengths[symbol - kEndOfBlock - 1];
            const std::uint32_t length = range.base + bits(range.bits);
            const std::uint32_t far = symbol_of(distance_code);
            if (far >= kDistances) throw Stop();
            const std::size_t distance = distance_base(far) + bits(distance_bits(far));
            if (distance > made_.text.size() - stream_begin_) throw Stop();
            made_.farthest = std::max(made_.farthest, distance);
            for (std::uint32_t i = 0; i < length; ++i) {
                make(made_.text[made_.text.size() - distance]);
            }
        }
    }

    std::vector<std::byte> octets_;
    std::size_t payload_bits_ = 0;
    std::size_t bytes_max_;
    std::size_t at_ = 0;            // in bits
    std::size_t stream_begin_ = 0;  // of made_.text
    bool ended_ = true;             // at the start of a stream
    ReferenceInflated made_;
};

}  // namespace

ReferenceInflated reference_inflate(std::span<const std::byte> payload, std::size_t bytes_max) {
    return Reader(payload, bytes_max).read();
}

}  // namespace stentor::fuzz
