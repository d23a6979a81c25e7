// Fuzz target: inflation of one message in chunks (ws/inflater.h, RFC 7692 7.2.2) against the
// reference of this folder.
// Thread: one.
// Invariant: what is made, and whether the message ended as it must, depends neither on the chunks
// of the input nor on the room for the output.
#include "ws/inflater.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/reference_inflate.h"

namespace {

using namespace stentor;
using ws::InflateStatus;

constexpr std::size_t kTextBytesMax = std::size_t{1} << 18;

struct Inflated {
    std::string text;
    bool whole = false;
    bool too_long = false;
};

class Run {
public:
    Run(ws::Inflater& inflater, std::size_t room) : inflater_(inflater), room_(room) {}

    Inflated over(std::span<const std::byte> payload, std::size_t chunk_bytes) {
        fuzz::for_each_chunk(payload, chunk_bytes, [this](std::span<const std::byte> chunk) {
            const fuzz::TightBlock block(chunk);
            auto left = block.span();
            step([&](std::span<std::byte> room) {
                const ws::Inflater::Step made = inflater_.inflate(left, room);
                STENTOR_CHECK(made.taken <= left.size());
                left = left.subspan(made.taken);
                STENTOR_CHECK(made.status != InflateStatus::kInputTaken || left.empty());
                return made;
            });
        });
        step([&](std::span<std::byte> room) { return inflater_.finish(room); });
        inflated_.whole = going_;
        return std::move(inflated_);
    }

private:
    template <typename Step>
    void step(Step one) {
        InflateStatus status = InflateStatus::kOutputFull;
        while (going_ && status == InflateStatus::kOutputFull) {
            std::vector<std::byte> room(room_);
            const ws::Inflater::Step made = one(room);
            STENTOR_CHECK(made.made <= room.size());
            status = made.status;
            inflated_.text += fuzz::text_of(std::span(room).first(made.made));
            inflated_.too_long = inflated_.text.size() > kTextBytesMax;
            going_ = status != InflateStatus::kBroken && !inflated_.too_long;
        }
    }

    ws::Inflater& inflater_;
    std::size_t room_;
    bool going_ = true;
    Inflated inflated_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static ws::Inflater inflater;
    fuzz::Input input(data, size);
    const std::size_t chunk_bytes = input.chunk_bytes();
    const std::size_t room = 1 + std::size_t{input.byte()} * input.byte();
    const auto payload = input.rest();
    const fuzz::ReferenceInflated expected = fuzz::reference_inflate(payload, kTextBytesMax);
    const std::size_t fair = expected.text.size() / 512;  // time, and nothing new
    for (const std::size_t chunk : {chunk_bytes, std::size_t{SIZE_MAX}}) {
        inflater.reset();
        const Inflated got = Run(inflater, std::max(room, fair + 1)).over(payload, chunk);
        STENTOR_CHECK(got.too_long == expected.too_long);
        if (got.too_long) continue;
        STENTOR_CHECK(got.whole == expected.whole);
        STENTOR_CHECK(got.text == expected.text);
    }
    STENTOR_CHECK(inflater.held_bytes() < std::size_t{64} * 1024);
    return 0;
}
