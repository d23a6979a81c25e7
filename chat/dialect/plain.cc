// See plain.h.
// Thread: owner reactor.
// Invariant: see plain.h.
#include "chat/dialect/plain.h"

#include "chat/dialect/simple_text.h"
#include "ws/frame_writer.h"

namespace stentor::chat {

void Plain::on_message(Session& session, ws::Opcode /*opcode*/, std::span<std::byte> payload) {
    say(session, {reinterpret_cast<const char*>(payload.data()), payload.size()});
}

void Plain::render(std::string_view json, std::string& out) {
    const RoomFrame& frame = reader_.read(json);
    if (frame.kind != RoomFrame::Kind::kText) return;
    const std::string text =
        std::string(frame.from) + ": " + html_escaped(one_line(shown_content(frame)));
    ws::append_frame(out, ws::Opcode::kText, text);
}

void Plain::notice(Session& session, std::string_view text) {
    outlet_.send_text(session, html_escaped(text));
}

}  // namespace stentor::chat
