// The result for machines (docs/benchmarks.md, "The JSON"). See result.h.
// Thread: main.
// Invariant: a field that was not measured is left out.
#include "bench/load/json_writer.h"
#include "bench/load/result.h"

namespace stentor::bench {
namespace {

constexpr int kSchema = 1;

void write_latency(JsonWriter& json, const LatencySummary& latency) {
    json.key("latency_ns");
    json.begin_object();
    json.field("count", latency.count);
    json.field("min", latency.min);
    json.field("mean", latency.mean);
    json.field("p50", latency.p50);
    json.field("p90", latency.p90);
    json.field("p99", latency.p99);
    json.field("p999", latency.p999);
    json.field("p9999", latency.p9999);
    json.field("max", latency.max);
    json.end_object();
}

void write_slice(JsonWriter& json, const Slice& slice) {
    json.begin_object();
    json.field("seconds", slice.seconds);
    json.field("messages", slice.messages);
    json.field("deliveries", slice.deliveries);
    json.field("cpu_seconds", slice.cpu_seconds);
    json.field("busy_seconds", slice.busy_seconds);
    json.field("offered", slice.offered);
    json.field("client_cpu_seconds", slice.client_cpu_seconds);
    json.field("client_busiest_thread", slice.busiest_thread);
    json.field("lost", slice.lost);
    json.field("duplicates", slice.duplicates);
    json.field("reordered", slice.reordered);
    json.field("gaps", slice.gaps);
    json.field("seq_faults", slice.seq_faults);
    json.field("misplaced", slice.misplaced);
    json.field("rss_bytes", slice.rss_bytes);
    write_latency(json, slice.latency);
    json.end_object();
}

void write_spread(JsonWriter& json, const Spread& spread) {
    json.field("median", spread.median);
    json.field("min", spread.min);
    json.field("max", spread.max);
}

void write_tls(JsonWriter& json, const TlsReport& tls) {
    json.key("tls");
    json.begin_object();
    json.field("version", std::string_view(tls.version));
    json.field("cipher", std::string_view(tls.cipher));
    json.field("verified", tls.verified);
    json.field("handshakes", tls.handshakes);
    json.field("resumed", tls.resumed);
    json.end_object();
}

void write_target(JsonWriter& json, const TargetResult& target) {
    json.begin_object();
    json.field("name", std::string_view(target.name));
    json.field("url", std::string_view(target.url));
    if (target.tls) write_tls(json, *target.tls);
    json.field("connections", target.connections);
    if (target.delivered_bytes > 0) json.field("delivered_bytes", target.delivered_bytes);
    for (const auto& [name, value] : target.figures) json.field(name, value);
    json.key("slices");
    json.begin_list();
    for (const Slice& slice : target.slices) write_slice(json, slice);
    json.end_list();
    json.key("summary");
    json.begin_object();
    for (const auto& [metric, spread] : target.summary) {
        json.key(metric);
        json.begin_object();
        write_spread(json, spread);
        json.end_object();
    }
    json.end_object();
    write_latency(json, target.latency.summary());
    json.key("hgrm");
    json.begin_list();
    for (const PercentilePoint& point : target.latency.percentiles()) {
        json.begin_list();
        json.value(point.value_ns);
        json.value(point.percentile);
        json.end_list();
    }
    json.end_list();
    json.end_object();
}

void write_machine(JsonWriter& json, const Machine& machine) {
    json.key("machine");
    json.begin_object();
    json.field("cpu", std::string_view(machine.cpu));
    json.field("cores", machine.cores);
    json.field("kernel", std::string_view(machine.kernel));
    json.field("congestion", std::string_view(machine.congestion));
    json.end_object();
}

}  // namespace

std::string to_json(const Result& result) {
    JsonWriter json;
    json.begin_object();
    json.field("schema", kSchema);
    json.field("workload", name_of(result.workload));
    json.key("parameters");
    json.begin_object();
    for (const auto& [name, value] : result.parameters) json.field(name, value);
    json.end_object();
    write_machine(json, result.machine);
    json.field("started", std::string_view(result.started));
    json.key("targets");
    json.begin_list();
    for (const TargetResult& target : result.targets) write_target(json, target);
    json.end_list();
    json.key("ratios");
    json.begin_list();
    for (const Ratio& ratio : result.ratios) {
        json.begin_object();
        json.field("metric", std::string_view(ratio.metric));
        json.field("target", std::string_view(ratio.target));
        json.field("to", std::string_view(ratio.to));
        write_spread(json, ratio.spread);
        json.end_object();
    }
    json.end_list();
    json.key("warnings");
    json.begin_list();
    for (const std::string& warning : result.warnings) json.value(std::string_view(warning));
    json.end_list();
    json.end_object();
    return json.take() + "\n";
}

}  // namespace stentor::bench
