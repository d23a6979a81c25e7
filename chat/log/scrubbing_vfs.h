// A way to SQLite's files that wipes what no row owns any more. secure_delete wipes the cells of
// deleted rows, but when a b-tree page is divided, copies of the rows that moved stay in the
// unused middle of the old page, and outlive their rows. So each page on its way from the WAL into
// the database file gets that middle and its free blocks zeroed
// (https://sqlite.org/fileformat2.html, "B-tree Pages"). All else goes to the VFS below as it is.
// Thread: any.
// Invariant: only bytes change that SQLite does not read; a page that is not understood is written
// as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace stentor::chat {

// The page size of our databases.
inline constexpr std::size_t kDatabasePageBytes = 4096;
// A page whose first byte is a b-tree's is one only while page numbers are this low: overflow pages
// begin with the number of another page.
inline constexpr std::int64_t kDatabasePagesMax = 0x01ff'ffff;  // 128 GiB

// By which name SQLite knows it; registered at the first call. `below`: nullptr is the system's.
const char* scrubbing_vfs(const char* below);

// Wipes what is unused in the page. `header`: where its b-tree header is: 100 in the first page of
// a database, else 0.
void scrub_page(std::span<std::byte> page, std::size_t header);

}  // namespace stentor::chat
