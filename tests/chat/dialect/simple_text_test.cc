// The rules of text that the simple dialects share.
#include "chat/dialect/simple_text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "ws/utf8.h"

namespace stentor::chat {
namespace {

TEST(SimpleText, HtmlIsEscaped) {
    // What a page puts into its HTML becomes no element.
    EXPECT_EQ(html_escaped("<b>a & b</b> \"'"), "&lt;b&gt;a &amp; b&lt;/b&gt; \"'");
    EXPECT_EQ(html_escaped(""), "");
}

TEST(SimpleText, ATextIsOneLineOnATerminal) {
    // Line breaks of all kinds are shown, control characters and broken UTF-8 are replaced.
    EXPECT_EQ(one_line("a\nb\r\nc\rd\u2028e\u0085f"), "a ⏎ b ⏎ c ⏎ d ⏎ e ⏎ f");
    EXPECT_EQ(one_line("a\tb\x1b[31mc\x7f\u009b"), "a b\ufffd[31mc\ufffd\ufffd");
    EXPECT_EQ(one_line("x\xff\xc3y"), "x\ufffd\ufffdy");
    EXPECT_EQ(one_line("Grüße 👍"), "Grüße 👍");
}

TEST(SimpleText, AnyBytesBecomeUtf8) {
    // Each pair of octets.
    for (int one = 0; one < 256; ++one) {
        for (int other = 0; other < 256; ++other) {
            const std::array<char, 2> pair{static_cast<char>(one), static_cast<char>(other)};
            const std::string line = one_line({pair.data(), pair.size()});
            ASSERT_TRUE(ws::is_valid_utf8(std::as_bytes(std::span(line)))) << one << ' ' << other;
        }
    }
}

TEST(SimpleText, APrivateTextNamesWhomItIsFor) {
    // "@NAME text" does; an "@" by itself, or a name with nothing behind it, does not.
    const auto text = private_text("@bob see you at 5");
    ASSERT_TRUE(text);
    EXPECT_EQ(text->to, "bob");
    EXPECT_EQ(text->text, "see you at 5");
    for (const char* not_private : {"", "@", "@ bob", "@bob", "hi @bob there"}) {
        EXPECT_FALSE(private_text(not_private)) << not_private;
    }
}

}  // namespace
}  // namespace stentor::chat
