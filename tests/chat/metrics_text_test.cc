// The text of /metrics, as a scraper reads it. See chat/metrics_text.h.
// Thread: one. Invariant: the cells are the test's own.
#include "chat/metrics_text.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

namespace stentor::chat {
namespace {

struct Cells {
    net::ReactorMetrics reactors[2];
    ShardMetrics shards[2];
    core::PortCounters ports[2];
    net::AcceptorMetrics acceptors[1];

    MetricsSources sources() const {
        MetricsSources all;
        for (int i = 0; i < 2; ++i) {
            all.reactors.push_back(&reactors[i]);
            all.shards.push_back(&shards[i]);
            all.ports.push_back(&ports[i]);
        }
        all.acceptors.push_back(&acceptors[0]);
        all.connections_max = 1000;
        all.started_unix_ms = 1'790'000'000'250;
        return all;
    }
};

// Property: HELP and TYPE stand once before each name's samples, and counters end in _total.
TEST(MetricsText, IsWellFormed) {
    const Cells cells;
    std::istringstream lines(metrics_text(cells.sources()));
    std::set<std::string> names;
    std::string name;
    std::size_t samples = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string first;
        std::string second;
        std::string third;
        std::string fourth;
        words >> first >> second >> third >> fourth;
        if (first != "#") {
            EXPECT_EQ(first.substr(0, first.find('{')), name) << line;
            EXPECT_NE(second.find_first_of("0123456789"), std::string::npos) << line;
            EXPECT_TRUE(third.empty()) << line;
            ++samples;
        } else if (second == "HELP") {
            name = third;
            EXPECT_TRUE(names.insert(name).second) << name << " twice";
            EXPECT_TRUE(name.starts_with("stentor_") || name.starts_with("process_")) << name;
            EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos);
            EXPECT_FALSE(fourth.empty()) << line;
        } else {
            EXPECT_EQ(second, "TYPE");
            EXPECT_EQ(third, name);
            EXPECT_EQ(fourth, name.ends_with("_total") ? "counter" : "gauge");
        }
    }
    EXPECT_GT(names.size(), 50u);
    EXPECT_GT(samples, names.size());
}

// Property: each cell stands under its own name and its thread's label.
TEST(MetricsText, ShowsWhatTheCellsHold) {
    Cells cells;
    cells.reactors[1].received_bytes_total.add(4711);
    cells.reactors[0].connections.set(3);
    cells.shards[1].gauges[ShardGauge::kMemberships].set(-2);
    cells.shards[0].counters[ShardCounter::kPublished].add(7);
    cells.ports[1].rang.add(9);
    cells.acceptors[0].refused_total.add(5);
    cells.shards[1].http_answers[http_status(403)].add(3);
    cells.shards[0].violations[ws::Violation::kTooManyPings].add(2);
    const std::string text = metrics_text(cells.sources());
    for (const char* line :
         {"stentor_http_answers_total{reactor=\"1\",status=\"403\"} 3\n",
          "stentor_violations_total{reactor=\"0\",rule=\"too_many_pings\"} 2\n",
          "stentor_received_bytes_total{reactor=\"0\"} 0\n",
          "stentor_received_bytes_total{reactor=\"1\"} 4711\n",
          "stentor_connections{reactor=\"0\"} 3\n", "stentor_memberships{reactor=\"1\"} -2\n",
          "stentor_published_total{reactor=\"0\"} 7\n",
          "stentor_lane_rang_total{participant=\"1\"} 9\n",
          "stentor_acceptor_refused_total{acceptor=\"0\"} 5\n", "stentor_connections_limit 1000\n",
          "process_start_time_seconds 1790000000.25", "stentor_build_info{version=\"0."}) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
}

}  // namespace
}  // namespace stentor::chat
