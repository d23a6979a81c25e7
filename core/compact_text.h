// A text in sixteen bytes: up to fifteen bytes of it lie in place, more on the heap. For names that
// are kept once or more for each connection (docs/limits.md).
// Thread: a value.
// Invariant: the last byte is the size of what lies in place, or kOnHeap; then a pointer and a
// 32-bit size stand in front.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/check.h"

namespace stentor::core {

class CompactText {
public:
    static constexpr std::size_t kInPlaceMax = 15;

    CompactText() = default;
    explicit CompactText(std::string_view text) {
        char* to = bytes_.data();
        if (text.size() <= kInPlaceMax) {
            bytes_.back() = static_cast<char>(text.size());
        } else {
            STENTOR_CHECK(text.size() <= UINT32_MAX);
            const auto size = static_cast<std::uint32_t>(text.size());
            to = new char[size];
            std::memcpy(bytes_.data(), &to, sizeof to);
            std::memcpy(bytes_.data() + sizeof to, &size, sizeof size);
            bytes_.back() = kOnHeap;
        }
        text.copy(to, text.size());
    }
    CompactText(const CompactText& other) : CompactText(other.view()) {}
    CompactText(CompactText&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    CompactText& operator=(CompactText other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    CompactText& operator=(std::string_view text) { return *this = CompactText(text); }
    ~CompactText() {
        if (bytes_.back() == kOnHeap) {
            delete[] heap();
        }
    }

    // Valid until the text is moved, assigned or destroyed.
    std::string_view view() const {
        if (bytes_.back() != kOnHeap) {
            return {bytes_.data(), static_cast<std::size_t>(bytes_.back())};
        }
        std::uint32_t size;
        std::memcpy(&size, bytes_.data() + sizeof(char*), sizeof size);
        return {heap(), size};
    }
    operator std::string_view() const { return view(); }
    bool empty() const { return bytes_.back() == 0; }

    friend bool operator==(const CompactText& a, const CompactText& b) {
        return a.view() == b.view();
    }
    friend bool operator==(const CompactText& a, std::string_view b) { return a.view() == b; }

private:
    static constexpr char kOnHeap = 127;

    char* heap() const {
        char* text;
        std::memcpy(&text, bytes_.data(), sizeof text);
        return text;
    }

    alignas(char*) std::array<char, kInPlaceMax + 1> bytes_{};
};
static_assert(sizeof(CompactText) == 16);

}  // namespace stentor::core
