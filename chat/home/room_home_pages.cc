// One room at its home: pages of its events, out of what is held or out of its log.
// Thread: owner reactor.
// Invariant: see room_home.h.
#include <algorithm>
#include <utility>

#include "chat/home/room_home.h"

namespace stentor::chat {

// From memory alone. Where `since` is kept but held no more, `more` says that the client pages.
void RoomHome::join_page(const Join& ask, Joined& joined) {
    const std::uint64_t end = head_ + 1;
    const bool position_is_known =
        epoch_ == ask.since.epoch && ask.since.seq <= head_ && ask.since.seq + 1 >= first_kept();
    joined.recovered = !ask.resume || position_is_known;
    if (ask.resume && position_is_known) {
        const PageRange range =
            ask.since.seq + 1 >= held_.first()
                ? PageRange::from(ask.since.seq, end, kPageEventsMax, held_.first())
                : PageRange::from(ask.since.seq, ask.since.seq + 1, 0, 1);
        joined.page = page_of(held_page(range), true, end, head_);
    } else {
        const PageRange range = PageRange::up_to(end, ask.history, held_.first());
        joined.page = page_of(held_page(range), false, end, head_);
    }
}

void RoomHome::handle(const ReadHistory& ask) {
    if (!is_in(ask.connection, ask.command_id, true)) {
        return;
    }
    close_run();
    const std::uint64_t end = ask.before == 0 ? head_ + 1 : std::min(ask.before, head_ + 1);
    const PageRange range = ask.from_oldest
                                ? PageRange::from(ask.after, end, ask.limit, first_kept())
                                : PageRange::up_to(end, ask.limit, first_kept());
    PageReads::Waiting waiting{ask.connection, ask.command_id, ask.from_oldest, end, head_};
    if (range.empty() || range.after + 1 >= held_.first()) {
        tell_history(waiting, held_page(range));
    } else if (const EventTexts* texts = services_.pages.find(key_, range)) {
        tell_history(waiting, *texts);
    } else {
        if (!reads_) reads_ = std::make_unique<PageReads>();
        if (const std::uint64_t request = reads_->wait(range, std::move(waiting))) {
            read_from_log(range, request);
        }
    }
}

EventTexts RoomHome::held_page(const PageRange& range) {
    if (range.empty()) {
        return held_.page(range);
    }
    if (const EventTexts* texts = services_.pages.find(key_, range)) {
        return *texts;
    }
    EventTexts texts = held_.page(range);
    services_.pages.keep(key_, range, texts);
    return texts;
}

EventsPage RoomHome::page_of(const EventTexts& texts, bool from_oldest, std::uint64_t end,
                             std::uint64_t head) const {
    return {.epoch = std::string(epoch_),
            .head = head,
            .first = first_kept(),
            .more = from_oldest ? texts.last + 1 < end : texts.first > first_kept(),
            .events = texts.json};
}

// Of the moment of asking, however long the log took to read it: what came since is told live. Only
// retention may have gone past that.
void RoomHome::tell_history(const PageReads::Waiting& waiting, const EventTexts& texts) {
    auto read = std::make_unique<HistoryRead>();
    read->connection = waiting.connection;
    read->room = name_;
    read->command_id = waiting.command_id;
    read->page =
        page_of(texts, waiting.from_oldest, waiting.end, std::max(waiting.head, first_kept() - 1));
    context().tell(waiting.connection.shard, std::move(read));
}

void RoomHome::read_from_log(const PageRange& range, std::uint64_t request) {
    services_.log.read({.key = key_,
                        .request = request,
                        .from_oldest = range.from_oldest,
                        .after = range.after,
                        .before = range.before,
                        .events_max = kPageEventsMax,
                        .bytes_max = page_bytes_max(context().limits)});
}

void RoomHome::on_read(LogRead&& read) {
    const auto answered = reads_->answered(read.request, read.failed);
    if (!answered) {
        return;
    }
    if (reads_->empty()) reads_.reset();
    if (read.failed) {
        for (const PageReads::Waiting& waiting : answered->waiting) {
            context().tell(waiting.connection.shard,
                           std::make_unique<Refused>(Refused{
                               waiting.connection, ErrorCode::kUnavailable, waiting.command_id,
                               "the page could not be read: try again", true}));
        }
        return;
    }
    const PageRange& range = answered->range;
    // A hole at its begin: retention was quicker than the word of it.
    const std::uint64_t oldest = read.events.empty() ? range.before : read.events.front().seq;
    if (oldest > range.after + 1 && (range.from_oldest || !read.more)) on_trimmed(oldest);
    // Or the word was quicker than the page; then what comes behind a page that was cut may be
    // there.
    std::erase_if(read.events, [&](const EventFrame& event) { return event.seq < first_kept(); });
    const std::uint64_t end = range.from_oldest && read.more ? 0 : range.before;
    EventTexts texts{.first = range.from_oldest ? range.after + 1 : range.before,
                     .last = std::max(end, first_kept()) - 1,
                     .json = {}};
    if (!read.events.empty()) {
        texts.first = read.events.front().seq;
        texts.last = read.events.back().seq;
    }
    std::string& json = context().scratch;
    json.clear();
    for (const EventFrame& event : read.events) {
        if (!json.empty()) json.push_back(',');
        json.append(event.json());
    }
    texts.json = core::SharedBytes::copy_of(json);
    for (const PageReads::Waiting& waiting : answered->waiting) {
        tell_history(waiting, texts);
    }
    if (answered->is_present) {
        services_.pages.keep(key_, range, texts);
    }
}

void RoomHome::on_trimmed(std::uint64_t first) {
    first_in_log_ = std::max(first_in_log_, first);
    close_run();
    held_.drop_before(first);
}

void RoomHome::look(RoomLine& line, UserId user, std::size_t& work) {
    close_run();
    const bool is_of_this_log = services_.log.keeps_events() || line.epoch == epoch_;
    if (!is_of_this_log || line.read > head_) line.read = 0;
    line.epoch = std::string(epoch_);
    line.seq = head_;
    line.count = members_.size();
    const std::uint64_t from = std::max(line.read + 1, first_kept());
    const std::uint64_t behind = head_ + 1 - std::min(from, head_ + 1);
    if (from >= held_.first() && behind <= work) {
        work -= behind;
        line.unread = std::min(held_.unread(from - 1, user), kUnreadMax);
    } else {  // the store's, which may know more than was told here yet
        line.unread = std::min(line.unread, behind);
    }
    if (direct_ && line.with.empty()) {  // no store knew it
        line.with = name_of(direct_->other(user), work);
    }
}

// What a user of a direct room is called, or was when it last did something here.
std::string RoomHome::name_of(UserId user, std::size_t& work) {
    const Member* member = members_.find(user);
    return member != nullptr ? std::string(member->name.view()) : held_.newest_name(user, work);
}

}  // namespace stentor::chat
