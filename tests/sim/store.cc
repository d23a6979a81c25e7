// The threads of the store without threads. Thread: the simulation has one. Invariant: see store.h.
#include "tests/sim/store.h"

#include <poll.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "chat/limits.h"
#include "core/check.h"
#include "tests/chat/log/forgetful_vfs.h"
#include "tests/sim/kernel_random.h"

namespace stentor::sim {

namespace {

using namespace std::chrono_literals;
using chat::ForgetfulDisk;

constexpr auto kAppend = static_cast<std::uint32_t>(chat::Rank::kAppend);
constexpr auto kStored = static_cast<std::uint32_t>(chat::Rank::kStored);

// One for all runs of the program, and never gone: SQLite knows it by its name.
ForgetfulDisk& disk() {
    static auto& one = *new ForgetfulDisk("stentor-simulation");
    return one;
}

chat::StoreConfig config_for(World& world) {
    return {.file = "simulation.db",
            .durability = world.plan.durability,
            .retain_days = world.plan.retain_days,
            .retain_events = world.plan.retain_events,
            .name_hold = world.plan.limits.name_hold,
            .on_failed =
                [&world](const core::Error& error) {
                    world.report.fail("the store failed: {}", error.message());
                },
            .boot_id = fmt::format("boot-{}", world.boots),
            .vfs = disk().name()};
}

using Files = decltype(ForgetfulDisk::files);
Files copy_of(const Files& files) {
    Files copy;
    for (const auto& [path, file] : files) {
        copy[path] = std::make_shared<ForgetfulDisk::File>();
        copy[path]->synced = file->synced;
        copy[path]->now = file->now;
    }
    return copy;
}
Files& backup() {
    static Files one;
    return one;
}

bool is_rung(chat::Port& port) {
    pollfd readable{port.doorbell().fd(), POLLIN, 0};
    return ::poll(&readable, 1, 0) == 1;
}

// Of a room that is open already, and long.
bool is_page(const chat::Envelope& asked) {
    const auto* page = std::get_if<chat::Box<chat::ReadLog>>(&asked);
    return page != nullptr && (*page)->request != std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

Store::Store(World& world, chat::Port& writer, chat::Port& reader)
    : world_(world), writing_{writer}, reading_{reader} {
    if (world.processes == 1) {
        disk().cut_power([] { return false; });
        disk().files.clear();
        backup().clear();
    }
    seed_kernel_random(world.plan.seed * 1000 + world.processes);
    const chat::StoreConfig config = config_for(world);
    auto log = chat::SqliteLog::open(config, world.clock, open_rooms_, health_, metrics_);
    STENTOR_CHECK(log.has_value());
    log_ = std::move(*log);
    auto opened = chat::SqliteReader::open(config, world.clock, log_->keys().epoch, open_rooms_,
                                           health_, metrics_);
    STENTOR_CHECK(opened.has_value());
    reader_ = std::move(*opened);
}

// ---- turns

bool Store::runnable(const Worker& worker, bool has_begun) const {
    const core::Instant now = world_.clock.now();
    if (worker.stalled_until > now) {
        return false;
    }
    return has_begun || !worker.asleep || worker.wake_at <= now || is_rung(worker.port);
}

bool Store::turn(bool writer) {
    if (writer ? !runnable(writing_, step_ != Step::kTake) : !runnable(reading_, !asked_.empty())) {
        return false;
    }
    writer ? write() : read();
    return true;
}

std::optional<core::Instant> Store::next_deadline() const {
    std::optional<core::Instant> next;
    for (const Worker* worker : {&writing_, &reading_}) {
        core::Instant at =
            std::max(worker->stalled_until, worker->asleep ? worker->wake_at : core::Instant{});
        if (!next || at < *next) next = at;
    }
    return next;
}

bool Store::quiet() const {
    return step_ == Step::kTake && asked_.empty() && writing_.port.pending() == 0 &&
           reading_.port.pending() == 0;
}

// As SqliteStore::wait().
void Store::sleep(Worker& worker, core::Duration at_most) {
    const bool is_stalled = worker.port.has_work() && !worker.port.has_room(kStored);
    worker.asleep = worker.port.prepare_sleep() || is_stalled;
    if (!worker.asleep) {
        worker.port.awake();
        return;
    }
    const core::Duration most = is_stalled ? core::Duration{chat::kStalledRetry} : at_most;
    worker.wake_at = world_.clock.now() + std::chrono::ceil<std::chrono::milliseconds>(most);
}

bool Store::stalls(Worker& worker, std::string_view who) {
    if (calm_ || !world_.choice.one_in(60)) {
        return false;
    }
    const auto time = std::chrono::milliseconds{world_.choice.between(10, 8000)};
    worker.stalled_until = world_.clock.now() + time;
    world_.report.saw(Seen::kStoreStalled);
    world_.report.trace("store {} stalls for {} ms", who, time.count());
    return true;
}

// ---- the thread that writes

void Store::write() {
    writing_.port.awake();
    writing_.asleep = false;
    // Several steps at once as often as not.
    do {
        switch (step_) {
            case Step::kTake:
                take();
                break;
            case Step::kCommit:
                commit();
                break;
            case Step::kAnswer:
                answer();
                break;
            case Step::kTend:
                tend(false);
                break;
        }
    } while (step_ != Step::kTake && !stalls(writing_, "writer") && world_.choice.one_in(2));
}

void Store::take() {
    batch_.clear();
    chat::Port& port = writing_.port;
    port.drain(
        kAppend, 1 + world_.choice.below(64), [&] { return port.has_room(kStored); },
        [&](std::uint32_t from, chat::Envelope&& envelope) {
            batch_.push_back({from, std::move(envelope)});
        });
    if (!batch_.empty()) {
        step_ = Step::kCommit;
        return;
    }
    tend(true);
    sleep(writing_, std::max(core::Duration{}, tend_at_ - world_.clock.now()));
}

void Store::make_full_at_times() {
    if (!calm_ && world_.choice.one_in(25)) {
        disk().fail(ForgetfulDisk::Fault::kNoSpace, world_.choice.below(6));
    }
}

void Store::commit() {
    std::vector<bool> is_renewal;
    for (const chat::StoreWork& work : batch_) {
        if (const auto* open = std::get_if<chat::Box<chat::OpenLog>>(&work.what)) {
            rooms_[(*open)->key] = (*open)->room;
        }
        is_renewal.push_back(std::holds_alternative<chat::RenewEpoch>(work.what));
    }
    make_full_at_times();
    log_->apply(batch_);
    // In order: a room that is closed and opened again has its head by what came before.
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        tell_truth(batch_[i], is_renewal[i]);
    }
    disk().fail(ForgetfulDisk::Fault::kNone, 0);
    world_.report.saw(Seen::kStoreFull,
                      metrics_.gauges[chat::StoreGauge::kFull].value() > 0 ? 1 : 0);
    step_ = Step::kAnswer;
}

void Store::tell_truth(const chat::StoreWork& work, bool is_renewal) {
    if (const auto* opened = std::get_if<chat::Box<chat::LogOpened>>(&work.what)) {
        if (!(*opened)->failed && is_renewal) {
            world_.truth.renewed(rooms_.at((*opened)->key), (*opened)->epoch, (*opened)->head);
        } else if (!(*opened)->failed) {
            world_.truth.reopened(rooms_.at((*opened)->key), (*opened)->epoch, (*opened)->head,
                                  newest_event(**opened));
        }
    } else if (const auto* stored = std::get_if<chat::LogStored>(&work.what)) {
        const std::string& room = rooms_.at(stored->key);
        if (stored->publish->duplicate) {
            world_.truth.duplicate(room, *stored->publish);
        } else {
            world_.truth.stored(room, *stored->publish);
        }
    }
}

// Where that alone says which room it is (Truth::what_survived()), as JSON.
std::string Store::newest_event(const chat::LogOpened& opened) {
    if (world_.plan.retain_days == 0 || opened.head == 0) return {};
    const chat::LogRead read = reader_->read({.key = opened.key,
                                              .request = 0,
                                              .from_oldest = false,
                                              .after = opened.head - 1,
                                              .before = opened.head + 1,
                                              .events_max = 1,
                                              .bytes_max = chat::kPageBytesMax});
    return read.events.empty() ? std::string() : std::string(read.events.front().json());
}

void Store::answer() {
    for (chat::StoreWork& work : std::exchange(batch_, {})) {
        if (!std::holds_alternative<std::monostate>(work.what)) {
            writing_.port.push(work.shard, kStored, std::move(work.what));
        }
    }
    writing_.port.publish();
    step_ = Step::kTend;
}

void Store::tend(bool idle) {
    make_full_at_times();
    const std::uint64_t trimmed = metrics_.counters[chat::StoreCounter::kTrimmedEvents].value();
    tend_at_ = log_->tend(idle);
    disk().fail(ForgetfulDisk::Fault::kNone, 0);
    world_.report.saw(Seen::kTrimmed,
                      metrics_.counters[chat::StoreCounter::kTrimmedEvents].value() - trimmed);
    for (chat::StoreWork& notice : log_->take_notices()) {
        writing_.port.push(notice.shard, kStored, std::move(notice.what));
    }
    writing_.port.publish();
    step_ = Step::kTake;
}

// ---- the thread that reads

void Store::read() {
    chat::Port& port = reading_.port;
    port.awake();
    reading_.asleep = false;
    if (asked_.empty()) {
        port.drain(
            kAppend, 1 + world_.choice.below(8), [&] { return port.has_room(kStored); },
            [&](std::uint32_t from, chat::Envelope&& envelope) {
                asked_.push_back({from, std::move(envelope)});
            });
        // What is read later shows a later state.
        if (!asked_.empty() && (stalls(reading_, "reader") || world_.choice.one_in(2))) {
            world_.report.saw(Seen::kLateRead);
            return;
        }
    }
    if (asked_.empty()) {
        port.publish();
        sleep(reading_, 1h);
        return;
    }
    for (chat::StoreWork& work : std::exchange(asked_, {})) {
        world_.report.saw(Seen::kPageRead, is_page(work.what) ? 1 : 0);
        port.push(work.shard, kStored, reader_->answer(work.what));
    }
    port.publish();
}

// ---- the end

void Store::close() {
    world_.report.saw(Seen::kStoreClosed);
    reader_.reset();
    log_->close();
    log_.reset();
    ++world_.boots;
}

void Store::end(End how) {
    world_.report.saw(Seen::kCrash);
    world_.report.saw(Seen::kBatchLost, step_ == Step::kCommit ? 1 : 0);
    world_.report.saw(Seen::kAnswersLost, step_ == Step::kAnswer ? 1 : 0);
    const auto keeps = [this] { return world_.choice.one_in(2); };
    switch (how) {
        case End::kClosed:
            close();
            disk().cut_power(keeps);  // all of it is on the disk
            break;
        case End::kRestored:
            close();
            if (backup().empty() || world_.choice.one_in(3)) {
                backup() = copy_of(disk().files);
                world_.truth.backed_up();
            } else {
                world_.report.saw(Seen::kRestored);
                disk().files = copy_of(backup());
                world_.truth.restored();
            }
            break;
        case End::kKilled:
            disk().freeze();
            reader_.reset();
            log_.reset();
            disk().cut_power([] { return true; });
            break;
        case End::kPowerCut:
            world_.report.saw(Seen::kPowerCut);
            disk().freeze();
            reader_.reset();
            log_.reset();
            disk().cut_power(keeps);
            ++world_.boots;
            if (world_.plan.durability == chat::Durability::kDisk) {
                world_.truth.lost_power();
            }
            break;
    }
}

}  // namespace stentor::sim
