// The result: medians, quotients to the first target, the shape of the JSON.
// Thread: one.
#include "bench/load/result.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "bench/load/json_writer.h"

namespace stentor::bench {
namespace {

Slice slice_of(std::uint64_t deliveries, double cpu) {
    Slice slice;
    slice.seconds = 2;
    slice.messages = 1;
    slice.deliveries = deliveries;
    slice.cpu_seconds = cpu;
    slice.latency = {.count = 1,
                     .min = 5,
                     .mean = 5,
                     .p50 = 5,
                     .p90 = 5,
                     .p99 = 5,
                     .p999 = 5,
                     .p9999 = 5,
                     .max = 5};
    return slice;
}

Result result_of_two() {
    Result result;
    result.workload = Workload::kFanout;
    result.parameters = {{"size", 128}};
    result.machine = {.cpu = "a \"fast\" one", .cores = 4, .kernel = "6", .congestion = "bbr"};
    result.started = "2026-01-01T00:00:00Z";
    TargetResult first;
    first.name = "first";
    first.slices = {slice_of(100, 1), slice_of(200, 1), slice_of(300, 1)};
    first.latency.record(5);
    TargetResult second;
    second.name = "second\n";
    second.slices = {slice_of(200, 1), slice_of(300, 1), slice_of(300, 2)};
    result.targets.push_back(std::move(first));
    result.targets.push_back(std::move(second));
    result.finish();
    return result;
}

const Ratio* ratio_of(const Result& result, const std::string& metric) {
    for (const Ratio& ratio : result.ratios) {
        if (ratio.metric == metric) return &ratio;
    }
    return nullptr;
}

// Property: a ratio is the median of each repetition's quotient, not the quotient of medians.
TEST(Result, ComparesRepetitionByRepetition) {
    const Result result = result_of_two();
    const Ratio* ratio = ratio_of(result, "per_cpu_second");
    ASSERT_NE(ratio, nullptr);
    EXPECT_EQ(ratio->target, "second\n");
    EXPECT_EQ(ratio->to, "first");
    EXPECT_DOUBLE_EQ(ratio->spread.median, 1.5);  // of 2, 1.5, 0.5
    EXPECT_DOUBLE_EQ(ratio->spread.min, 0.5);
    EXPECT_DOUBLE_EQ(ratio->spread.max, 2);
    EXPECT_EQ(ratio_of(result, "per_busy_second"), nullptr);
    EXPECT_DOUBLE_EQ(result.targets.front().summary.at("rate").median, 100);
    EXPECT_FALSE(result.failed);
}

// Property: a fault in one slice fails the run; a gap that was told does not.
TEST(Result, FaultsFailTheRun) {
    for (const auto fault : {&Slice::lost, &Slice::duplicates, &Slice::reordered,
                             &Slice::seq_faults, &Slice::misplaced, &Slice::gaps}) {
        Result result = result_of_two();
        result.targets.front().slices.front().*fault = 1;
        result.finish();
        EXPECT_EQ(result.failed, fault != &Slice::gaps);
    }
}

// Property: the JSON is valid and has the agreed fields; what was not measured is left out.
TEST(Result, WritesTheAgreedJson) {
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    const std::string text = to_json(result_of_two());
    ASSERT_EQ(parser.parse(text).get(json), simdjson::SUCCESS) << text;
    EXPECT_EQ(std::int64_t(json["schema"]), 1);
    EXPECT_EQ(std::string_view(json["workload"]), "fanout");
    EXPECT_EQ(std::string_view(json["machine"]["cpu"]), "a \"fast\" one");
    const auto target = json["targets"].at(1);
    EXPECT_EQ(std::string_view(target["name"]), "second\n");
    const auto slice = target["slices"].at(2);
    for (const char* field :
         {"seconds", "messages", "deliveries", "cpu_seconds", "client_cpu_seconds", "lost",
          "duplicates", "reordered", "gaps", "latency_ns"}) {
        EXPECT_EQ(slice[field].error(), simdjson::SUCCESS) << field;
    }
    EXPECT_EQ(slice["busy_seconds"].error(), simdjson::NO_SUCH_FIELD);
    EXPECT_EQ(slice["rss_bytes"].error(), simdjson::NO_SUCH_FIELD);
    for (const char* field :
         {"count", "min", "mean", "p50", "p90", "p99", "p999", "p9999", "max"}) {
        EXPECT_EQ(slice["latency_ns"][field].error(), simdjson::SUCCESS) << field;
    }
    EXPECT_EQ(double(target["summary"]["rate"]["median"]), 150);
    EXPECT_GT(simdjson::dom::array(json["targets"].at(0)["hgrm"]).size(), 0u);
    EXPECT_EQ(std::string_view(json["ratios"].at(0)["to"]), "first");
    EXPECT_EQ(simdjson::dom::array(json["warnings"]).size(), 0u);
}

// Property: what was spoken over TLS says so, for machines and for people; what was not does not.
TEST(Result, SaysWhatTlsItWas) {
    Result result = result_of_two();
    result.targets.at(1).tls = TlsReport{.version = "TLSv1.3",
                                         .cipher = "TLS_AES_128_GCM_SHA256",
                                         .verified = false,
                                         .handshakes = 30,
                                         .resumed = 20};
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    ASSERT_EQ(parser.parse(to_json(result)).get(json), simdjson::SUCCESS);
    EXPECT_EQ(json["targets"].at(0)["tls"].error(), simdjson::NO_SUCH_FIELD);
    const auto tls = json["targets"].at(1)["tls"];
    EXPECT_EQ(std::string_view(tls["version"]), "TLSv1.3");
    EXPECT_EQ(std::string_view(tls["cipher"]), "TLS_AES_128_GCM_SHA256");
    EXPECT_FALSE(bool(tls["verified"]));
    EXPECT_EQ(std::int64_t(tls["handshakes"]), 30);
    EXPECT_EQ(std::int64_t(tls["resumed"]), 20);
    const std::string text = to_text(result, false);
    EXPECT_NE(text.find("TLSv1.3 TLS_AES_128_GCM_SHA256, not verified, 30 handshakes, 20 resumed"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find("TLS"), text.find("TLS  "));  // the line of one target alone
}

// Property: a figure that JSON cannot express is null.
TEST(JsonWriter, WritesNoInfinity) {
    JsonWriter json;
    json.begin_object();
    json.field("a", 1.0 / 0.0);
    json.field("b\n", "\x01\"\\");
    json.end_object();
    EXPECT_EQ(json.take(), R"({"a":null,"b\u000a":"\u0001\"\\"})");
}

}  // namespace
}  // namespace stentor::bench
