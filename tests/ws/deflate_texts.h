// Texts to compress, and a second opinion on deflate streams: zlib with the window that was
// promised, and a reader of blocks that sees each distance (RFC 1951). For the deflate tests.
// Thread: the test's. Invariant: nothing here is used by what is tested, but zlib.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ws/deflater.h"

namespace stentor::ws::test {

inline std::string random_octets(std::size_t count, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::string octets(count, '\0');
    for (char& octet : octets) octet = static_cast<char>(random());
    return octets;
}

// A history page as the chat sends it.
inline std::string chat_text(std::size_t bytes, std::uint32_t seed = 1) {
    static const std::array<std::string_view, 12> kWords{"hello", "the",     "room", "is",
                                                         "late",  "tonight", "who",  "brings",
                                                         "bread", "and",     "wine", "stentor"};
    std::mt19937 random(seed);
    std::string text;
    for (unsigned seq = 1; text.size() < bytes; ++seq) {
        text += R"({"type":"message","room":"lobby","seq":)" + std::to_string(seq) + R"(,"at":)" +
                std::to_string(1790000000000 + random()) +
                R"(,"user":"u39f9308f8bb3afd2","from":"ann","content":")";
        for (std::size_t words = 1 + random() % 20; words > 0; --words) {
            text.append(kWords[random() % kWords.size()]).append(" ");
        }
        text += "\"},";
    }
    text.resize(bytes);
    return text;
}

inline const std::vector<std::string>& sample_texts() {
    static const std::vector<std::string> kTexts = [] {
        std::vector<std::string> texts{"",
                                       "a",
                                       "Hello",
                                       std::string(255, 'x'),
                                       std::string(256, 'x'),
                                       std::string(257, 'x'),
                                       std::string(100'000, 'x'),
                                       random_octets(70'000, 1)};
        for (const std::size_t bytes : {142U, 256U, 511U, 512U, 513U, 4096U, 100'000U}) {
            texts.push_back(chat_text(bytes));
        }
        // A pattern that comes back at each distance around the borders of the windows.
        for (std::size_t bits = 8; bits <= 15; ++bits) {
            for (const int more : {-300, -262, -261, -1, 0, 1}) {
                const auto period = static_cast<std::size_t>((1 << bits) + more);
                if (period > 1U << 20) continue;
                const std::string once = random_octets(period, 7);
                std::string text = once + once;
                texts.push_back(text + once.substr(0, period / 2));
            }
        }
        return texts;
    }();
    return kTexts;
}

inline std::string deflated(Deflater& deflater, std::string_view text) {
    std::string out;
    deflater.compress(std::as_bytes(std::span(text)), out);
    return out;
}

// By zlib with a window of exactly 2^bits; nothing when it does not inflate, tail added, to its
// end.
inline std::optional<std::string> reference_inflated(const std::string& compressed, int bits) {
    std::string input = compressed + std::string("\0\0\xff\xff", 4);
    z_stream z{};
    if (inflateInit2(&z, -bits) != Z_OK) return std::nullopt;
    z.next_in = reinterpret_cast<Bytef*>(input.data());
    z.avail_in = static_cast<uInt>(input.size());
    std::string text;
    // As a peer does that has little room: only so must zlib use its window and not our buffer.
    std::array<char, 64> room;
    int code = Z_OK;
    do {
        z.next_out = reinterpret_cast<Bytef*>(room.data());
        z.avail_out = room.size();
        code = inflate(&z, Z_SYNC_FLUSH);
        text.append(room.data(), room.size() - z.avail_out);
    } while (code == Z_OK && (z.avail_in != 0 || z.avail_out == 0));
    const bool good = (code == Z_OK || code == Z_BUF_ERROR) && z.avail_in == 0;
    inflateEnd(&z);
    return good ? std::optional(text) : std::nullopt;
}

// How some client compresses: any of zlib's settings, any flushes, blocks that end the stream.
class AnyClient {
public:
    explicit AnyClient(std::uint32_t seed) : random_(seed) {}

    // The payload of a compressed message (RFC 7692 7.2.1).
    std::string message(std::string_view text) {
        std::string out;
        z_stream z{};
        const int window_bits = static_cast<int>(9 + below(7));
        EXPECT_EQ(deflateInit2(&z, static_cast<int>(below(10)), Z_DEFLATED, -window_bits,
                               static_cast<int>(1 + below(9)), static_cast<int>(below(5))),
                  Z_OK);
        const std::size_t flushes = below(2) == 0 ? 0 : below(8);
        for (std::size_t i = 0; i < flushes; ++i) {
            static constexpr std::array kFlushes{Z_NO_FLUSH,   Z_PARTIAL_FLUSH, Z_SYNC_FLUSH,
                                                 Z_FULL_FLUSH, Z_BLOCK,         Z_FINISH};
            const std::size_t size = below(text.size() + 1);
            run(z, text.substr(0, size), kFlushes[below(kFlushes.size())], out);
            text.remove_prefix(size);
        }
        end(z, text, out);
        deflateEnd(&z);
        return out;
    }
    std::size_t below(std::size_t bound) { return random_() % bound; }

private:
    static void run(z_stream& z, std::string_view text, int flush, std::string& out) {
        std::string input(text);
        std::array<char, 500> room;
        z.next_in = reinterpret_cast<Bytef*>(input.data());
        z.avail_in = static_cast<uInt>(input.size());
        int code = Z_OK;
        do {
            z.next_out = reinterpret_cast<Bytef*>(room.data());
            z.avail_out = room.size();
            code = deflate(&z, flush);
            out.append(room.data(), room.size() - z.avail_out);
        } while (z.avail_out == 0 || z.avail_in != 0);
        if (code == Z_STREAM_END) deflateReset(&z);
    }
    void end(z_stream& z, std::string_view text, std::string& out) {
        if (below(4) != 0) {
            run(z, text, Z_SYNC_FLUSH, out);
            if (out.ends_with(std::string_view("\0\0\xff\xff", 4)))
                return out.resize(out.size() - 4);
            // A flush that was due already makes nothing: an empty block of our own.
            return out.push_back('\0');
        }
        run(z, text, Z_FINISH, out);
        switch (below(3)) {
            case 0:  // as in 7.2.3.4
                return out.push_back('\0');
            case 1:  // the empty block bears BFINAL, too
                return out.push_back('\1');
            default:  // nothing is left to say
                return;
        }
    }

    std::mt19937 random_;
};

// Reads deflate blocks for their distances alone.
class DistanceReader {
public:
    explicit DistanceReader(std::string_view stream) : stream_(stream) {}

    std::size_t largest() {
        while (at_ + 3 <= stream_.size() * 8) {
            bits(1);
            const unsigned kind = bits(2);
            if (kind == 0) {
                skip_stored();
            } else {
                read_block(kind == 1);
            }
        }
        return largest_;
    }

private:
    // Canonical codes: how many of each length, and the symbols in order.
    struct Codes {
        explicit Codes(std::span<const unsigned> lengths) {
            for (const unsigned length : lengths) ++counts[length];
            counts[0] = 0;
            for (unsigned length = 1; length < 16; ++length) {
                for (unsigned symbol = 0; symbol < lengths.size(); ++symbol) {
                    if (lengths[symbol] == length) symbols.push_back(symbol);
                }
            }
        }
        std::array<unsigned, 16> counts{};
        std::vector<unsigned> symbols;
    };

    unsigned bits(unsigned count) {
        unsigned value = 0;
        for (unsigned i = 0; i < count; ++i, ++at_) {
            const unsigned octet = at_ / 8 < stream_.size()
                                       ? static_cast<unsigned char>(stream_[at_ / 8])
                                       : (at_ / 8 - stream_.size() < 2 ? 0U : 0xffU);
            value |= (octet >> at_ % 8 & 1U) << i;
        }
        return value;
    }
    unsigned symbol(const Codes& codes) {
        unsigned code = 0;
        unsigned first = 0;
        std::size_t index = 0;
        for (unsigned length = 1; length < 16; ++length) {
            code |= bits(1);
            if (code < first + codes.counts[length]) return codes.symbols[index + code - first];
            index += codes.counts[length];
            first = (first + codes.counts[length]) << 1;
            code <<= 1;
        }
        ADD_FAILURE() << "not a code";
        return 256;
    }
    void skip_stored() {
        at_ = (at_ + 7) / 8 * 8;
        const std::size_t length = bits(16);
        bits(16);
        at_ += length * 8;
    }
    std::vector<unsigned> fixed_lengths() {
        std::vector<unsigned> lengths(288, 8);
        for (std::size_t i = 144; i < 256; ++i) lengths[i] = 9;
        for (std::size_t i = 256; i < 280; ++i) lengths[i] = 7;
        return lengths;
    }
    void read_block(bool fixed) {
        if (fixed) return read_symbols(Codes(fixed_lengths()), Codes(std::vector<unsigned>(30, 5)));
        const unsigned literals = bits(5) + 257;
        const unsigned distances = bits(5) + 1;
        static constexpr std::array<unsigned, 19> kOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                         11, 4,  12, 3, 13, 2, 14, 1, 15};
        std::array<unsigned, 19> meta{};
        const unsigned metas = bits(4) + 4;
        for (unsigned i = 0; i < metas; ++i) meta[kOrder[i]] = bits(3);
        const Codes meta_codes(meta);
        std::vector<unsigned> lengths;
        while (lengths.size() < literals + distances) {
            const unsigned code = symbol(meta_codes);
            if (code < 16) {
                lengths.push_back(code);
            } else {
                const unsigned value = code == 16 ? lengths.back() : 0;
                const unsigned times = code == 16   ? 3 + bits(2)
                                       : code == 17 ? 3 + bits(3)
                                                    : 11 + bits(7);
                lengths.insert(lengths.end(), times, value);
            }
        }
        const auto all = std::span<const unsigned>(lengths);
        read_symbols(Codes(all.first(literals)), Codes(all.subspan(literals, distances)));
    }
    void read_symbols(const Codes& literals, const Codes& distances) {
        static constexpr std::array<unsigned, 29> kLengthBits{
            0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
        for (unsigned code = symbol(literals); code != 256; code = symbol(literals)) {
            if (code < 256) continue;
            bits(kLengthBits.at(code - 257));
            const unsigned distance = symbol(distances);
            const unsigned extra = distance < 4 ? 0 : distance / 2 - 1;
            const std::size_t base =
                distance < 4 ? distance + 1 : ((2U + distance % 2) << extra) + 1;
            largest_ = std::max(largest_, base + bits(extra));
        }
    }

    std::string_view stream_;
    std::size_t at_ = 0;  // in bits
    std::size_t largest_ = 0;
};

inline std::size_t largest_distance(std::string_view compressed) {
    return DistanceReader(compressed).largest();
}

}  // namespace stentor::ws::test
