// The topics of stentor-micro, a file each. A topic's function registers its benchmarks by name:
// what is done, then with what, "unmask/16384".
// Thread: main, before the benchmarks run.
// Invariant: a benchmark that stands here has checked its answer before its time counts.
#pragma once

namespace stentor::bench {

// core
void register_ring();
void register_lane();
void register_doorbell();
void register_exchange();
void register_timer_wheel();
void register_memory();
// ws
void register_mask();
void register_utf8();
void register_frame();
void register_endpoint();
void register_handshake();
void register_deflate();
// chat
void register_decode();
void register_encode();
void register_room();
void register_fan_out();
void register_sqlite_log();

}  // namespace stentor::bench
