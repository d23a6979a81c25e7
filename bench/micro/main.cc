// stentor-micro: micro benchmarks of the parts (docs/performance.md). All flags are Google
// Benchmark's: --benchmark_filter='^unmask', --benchmark_out=FILE for JSON with its provenance.
// Thread: main; some topics start threads of their own.
// Invariant: exits with 1 when one answer was wrong.
#include <cstdio>

#include <benchmark/benchmark.h>

#include "bench/micro/answer.h"
#include "bench/micro/provenance.h"
#include "bench/micro/topics.h"

namespace {

void register_topics() {
    using namespace stentor::bench;
    register_mask();
    register_utf8();
    register_frame();
    register_endpoint();
    register_handshake();
    register_deflate();
    register_decode();
    register_encode();
    register_ring();
    register_lane();
    register_doorbell();
    register_exchange();
    register_timer_wheel();
    register_memory();
    register_room();
    register_fan_out();
    register_sqlite_log();
}

}  // namespace

int main(int argument_count, char** arguments) {
    register_topics();
    benchmark::Initialize(&argument_count, arguments);
    if (benchmark::ReportUnrecognizedArguments(argument_count, arguments)) return 2;
    stentor::bench::state_provenance();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    if (stentor::bench::wrong_answers() == 0) return 0;
    std::fputs("a benchmark gave a wrong answer\n", stderr);
    return 1;
}
