// A file that lives as long as the object, for tests of what reads files.
// Thread: one. Invariant: no two have the same path.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace stentor::chat {

class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view text) : path_(testing::TempDir() + "stentor-XXXXXX") {
        const int fd = ::mkstemp(path_.data());
        EXPECT_GE(fd, 0);
        EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        ::close(fd);
    }
    ~TemporaryFile() { ::unlink(path_.c_str()); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace stentor::chat
