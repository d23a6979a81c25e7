// Looking at runs. Thread: the simulation has one. Invariant: see run_watch.h.
#include "tests/sim/run_watch.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <utility>

#include "chat/limits.h"

namespace stentor::sim {

namespace {

constexpr std::size_t kLargeBytes = chat::kRunBytesMin;
constexpr std::size_t kVeryLargeBytes = 2 * kLargeBytes;

}  // namespace

std::vector<RunWatch::Frame> RunWatch::frames_of(std::string_view run) {
    std::vector<Frame> frames;
    for (std::size_t at = 0; at + 4 <= run.size();) {
        const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(run[at + i]); };
        std::size_t size = octet(1);
        std::size_t header = 2;
        if (size >= 126) {
            header = size == 126 ? 4 : 10;
            size = 0;
            for (std::size_t i = 2; i < header; ++i) size = size << 8 | octet(i);
        }
        frames.push_back({at, (octet(0) & 0x40) != 0, run.substr(at + header, size)});
        at += header + size;
    }
    return frames;
}

std::size_t RunWatch::large_pieces(const net::Outbox& outbox) {
    std::array<iovec, net::Outbox::kReferencesMax> pieces{};
    const std::size_t count = outbox.gather(pieces, SIZE_MAX);
    return static_cast<std::size_t>(
        std::count_if(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(count),
                      [](const iovec& piece) { return piece.iov_len > kLargeBytes; }));
}

void RunWatch::delivered(const net::Parcel& parcel) {
    if (world_.plan.bursts == 0 || parcel.kind != net::ParcelKind::kEvents) return;
    const std::string_view bytes = parcel.bytes.text();
    const std::vector<Frame> frames = frames_of(bytes);
    const bool is_twin = std::ranges::any_of(frames, &Frame::compressed);
    const Last now{parcel.first_seq, parcel.last_seq, bytes.size(), parcel.made};
    const Last last = std::exchange((is_twin ? twins_ : plain_)[parcel.topic], now);
    if (last.first_seq == now.first_seq) return;  // tried again, where something was let go
    if (is_twin) {
        see_twin(bytes.size(), frames);
        return;
    }
    const bool is_large = frames.size() > 1 && bytes.size() > kLargeBytes;
    world_.report.saw(Seen::kLargeRun, is_large ? 1 : 0);
    world_.report.saw(Seen::kVeryLargeRun, is_large && bytes.size() > kVeryLargeBytes ? 1 : 0);
    if (last.bytes > kLargeBytes && last.made == now.made && last.last_seq + 1 == now.first_seq) {
        const std::size_t next_bytes = frames.size() > 1 ? frames[1].offset : bytes.size();
        see_end(last, next_bytes, frames.front().payload);
    }
    if (is_large) see_depth(now.first_seq, frames);
}

void RunWatch::see_twin(std::size_t bytes, const std::vector<Frame>& frames) {
    const auto begin = std::ranges::find(frames, true, &Frame::compressed);
    world_.report.saw(Seen::kLargeTwin, bytes > kLargeBytes ? 1 : 0);
    world_.report.saw(Seen::kTwinBegunLate, begin->offset > kLargeBytes ? 1 : 0);
}

void RunWatch::see_end(const Last& last, std::size_t next_bytes, std::string_view next_json) {
    if (last.bytes + next_bytes > world_.plan.limits.run_bytes_max()) {
        world_.report.saw(Seen::kRunFull);
    } else if (!next_json.starts_with(R"({"type":"message")")) {
        world_.report.saw(Seen::kRunEndedByChange);
    } else {
        world_.report.saw(Seen::kRunEndedEarly);
    }
}

void RunWatch::see_depth(std::uint64_t first_seq, const std::vector<Frame>& frames) {
    constexpr std::string_view kRoom = R"("room":")";
    const std::string_view json = frames.front().payload;
    const std::size_t begin = json.find(kRoom) + kRoom.size();
    const std::string room(json.substr(begin, json.find('"', begin) - begin));
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (frames[i].offset > kLargeBytes) world_.deep_in_runs.emplace(room, first_seq + i);
    }
}

}  // namespace stentor::sim
