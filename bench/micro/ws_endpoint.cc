// The WebSocket endpoint (ws/endpoint.h): bytes of a client in, whole messages out.
// Thread: the benchmark's.
// Invariant: each message comes out once, as it was sent. The timed frames bear the key 0: masking
// with it is the same work and leaves the bytes as they are, so that they can be fed again.
#include <string>
#include <vector>

#include "bench/micro/answer.h"
#include "bench/micro/sample.h"
#include "bench/micro/topics.h"
#include "ws/deflater.h"
#include "ws/endpoint.h"
#include "ws/frame_writer.h"
#include "ws/inflater.h"

namespace stentor::bench {
namespace {

class Receiver final : public ws::EndpointHandler {
public:
    bool on_message(ws::Opcode, std::span<std::byte> payload) override {
        ++messages;
        bytes += payload.size();
        if (keeps) last.assign(reinterpret_cast<const char*>(payload.data()), payload.size());
        return true;
    }
    void on_control_output(std::span<const std::byte> frame) override { output += frame.size(); }

    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t output = 0;
    bool keeps = true;
    std::string last;
};

// What one client sends, again and again.
struct Stream {
    std::string wire;
    std::size_t pieces = 1;  // in so many calls of consume()
    std::uint64_t messages = 1;
    std::string text;  // of the last message
    bool compressed = false;
};

Stream texts(Script script, std::size_t bytes, std::size_t count, ws::MaskKey key) {
    Stream stream{.wire = {}, .messages = count, .text = text_of(script, bytes)};
    for (std::size_t i = 0; i < count; ++i) {
        ws::append_masked_frame(stream.wire, ws::Opcode::kText, stream.text, key);
    }
    return stream;
}

Stream fragments(std::size_t bytes, std::size_t count, ws::MaskKey key) {
    Stream stream{.wire = {}, .text = text_of(Script::kMixed, bytes * count)};
    for (std::size_t i = 0; i < count; ++i) {
        ws::append_masked_frame(stream.wire, i == 0 ? ws::Opcode::kText : ws::Opcode::kContinuation,
                                std::string_view(stream.text).substr(i * bytes, bytes), key,
                                i + 1 == count ? ws::kFinBit : std::uint8_t{0});
    }
    return stream;
}

Stream deflated(std::size_t bytes, ws::MaskKey key) {
    Stream stream{.wire = {}, .text = text_of(Script::kAscii, bytes), .compressed = true};
    ws::Deflater deflater(15);
    std::string payload;
    deflater.compress(std::as_bytes(std::span(stream.text)), payload);
    ws::append_masked_frame(stream.wire, ws::Opcode::kText, payload, key,
                            ws::kFinBit | ws::kRsv1Bit);
    return stream;
}

void feed(ws::Endpoint& endpoint, Receiver& receiver, std::span<std::byte> bytes,
          std::size_t pieces) {
    std::size_t done = 0;
    for (std::size_t piece = 1; piece <= pieces; ++piece) {
        const std::size_t end = bytes.size() * piece / pieces;
        done += endpoint.consume(bytes.subspan(done, end - done), receiver);
    }
}

void receive(benchmark::State& state, Stream (*make)(std::size_t, ws::MaskKey)) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    ws::InflaterPool inflaters(4);
    const ws::EndpointLimits limits{.message_bytes_max = 1 << 20, .inflaters = &inflaters};
    const auto run_once = [&](Stream stream) {
        PaddedBytes wire(stream.wire);
        ws::Endpoint endpoint(limits, {.on = stream.compressed});
        Receiver receiver;
        feed(endpoint, receiver, wire.bytes(), stream.pieces);
        return receiver.messages == stream.messages && receiver.last == stream.text;
    };
    if (!answer_is(state, run_once(make(bytes, ws::MaskKey{0x9a3c51e7})),
                   "not the messages that were sent")) {
        return;
    }
    const Stream stream = make(bytes, ws::MaskKey{0});
    PaddedBytes wire(stream.wire);
    ws::Endpoint endpoint(limits, {.on = stream.compressed});
    Receiver receiver;
    receiver.keeps = false;
    for (auto _ : state) {
        feed(endpoint, receiver, wire.bytes(), stream.pieces);
        benchmark::ClobberMemory();
    }
    const auto messages = static_cast<std::uint64_t>(state.iterations()) * stream.messages;
    if (!answer_is(state, receiver.messages == messages, "a message was lost")) return;
    count_items(state, static_cast<std::int64_t>(stream.messages));
}

void answer_ping(benchmark::State& state) {
    std::string frame;
    ws::append_masked_frame(frame, ws::Opcode::kPing, text_of(Script::kAscii, 8), ws::MaskKey{0});
    PaddedBytes wire(frame);
    const ws::EndpointLimits limits;
    ws::Endpoint endpoint(limits);
    Receiver receiver;
    for (auto _ : state) feed(endpoint, receiver, wire.bytes(), 1);
    answer_is(state, receiver.output == static_cast<std::uint64_t>(state.iterations()) * 10,
              "not a pong for each ping");
}

}  // namespace

void register_endpoint() {
    const auto add = [](const char* name, Stream (*make)(std::size_t, ws::MaskKey),
                        std::initializer_list<int> sizes) {
        auto* sized = benchmark::RegisterBenchmark(name, receive, make);
        for (const int size : sizes) sized->Arg(size);
    };
    add("endpoint/text",
        [](std::size_t bytes, ws::MaskKey key) { return texts(Script::kAscii, bytes, 1, key); },
        {16, 128, 1024, 16384});
    add("endpoint/text_cjk",
        [](std::size_t bytes, ws::MaskKey key) { return texts(Script::kCjk, bytes, 1, key); },
        {128, 1024});
    add("endpoint/16_texts_at_once",
        [](std::size_t bytes, ws::MaskKey key) { return texts(Script::kAscii, bytes, 16, key); },
        {128});
    add("endpoint/4_fragments",
        [](std::size_t bytes, ws::MaskKey key) { return fragments(bytes, 4, key); }, {128, 4096});
    add("endpoint/deflated",
        [](std::size_t bytes, ws::MaskKey key) { return deflated(bytes, key); }, {128, 1024});
    benchmark::RegisterBenchmark("endpoint/ping", answer_ping);
}

}  // namespace stentor::bench
