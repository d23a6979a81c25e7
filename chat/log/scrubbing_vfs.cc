// What is behind scrubbing_vfs.h: a sqlite3_vfs whose files forward every call, and scrub on the
// way of a page to the main database file.
// Thread: any.
// Invariant: see scrubbing_vfs.h.
#include "chat/log/scrubbing_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <list>
#include <mutex>
#include <string>

#include "core/check.h"

namespace stentor::chat {

void scrub_page(std::span<std::byte> page, std::size_t header) {
    const auto byte_at = [&](std::size_t at) { return std::to_integer<std::size_t>(page[at]); };
    const auto word_at = [&](std::size_t at) { return byte_at(at) << 8U | byte_at(at + 1); };
    const std::size_t type = byte_at(header);
    const bool is_leaf = type == 0x0a || type == 0x0d;
    if (!is_leaf && type != 0x02 && type != 0x05) return;
    const std::size_t cells = word_at(header + 3);
    const std::size_t content = word_at(header + 5);
    const std::size_t unused = header + (is_leaf ? 8 : 12) + 2 * cells;
    if (content < unused || content > page.size()) return;
    std::ranges::fill(page.subspan(unused, content - unused), std::byte{0});
    // Each free block begins with where the next one is, and its own size.
    std::size_t block = word_at(header + 1);
    while (block >= content && block + 4 <= page.size()) {
        const std::size_t size = word_at(block + 2);
        if (size < 4 || block + size > page.size()) return;
        std::ranges::fill(page.subspan(block + 4, size - 4), std::byte{0});
        const std::size_t next = word_at(block);
        if (next <= block) return;
        block = next;
    }
}

namespace {

// What SQLite allocates for each file of ours; the file of the VFS below stands behind it.
struct ScrubbedFile {
    sqlite3_file base;
    bool is_database;
    sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
static_assert(sizeof(ScrubbedFile) % alignof(std::int64_t) == 0, "as SQLite aligns files");

ScrubbedFile* ours(sqlite3_file* file) {
    return reinterpret_cast<ScrubbedFile*>(file);
}
sqlite3_file* below(sqlite3_file* file) {
    return ours(file)->below();
}
const sqlite3_io_methods* methods(sqlite3_file* file) {
    return below(file)->pMethods;
}
sqlite3_vfs* below(sqlite3_vfs* vfs) {
    return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    constexpr std::size_t kFirstPageHeader = 100;
    if (!ours(file)->is_database || size != static_cast<int>(kDatabasePageBytes)) {
        return methods(file)->xWrite(below(file), data, size, offset);
    }
    std::array<std::byte, kDatabasePageBytes> page;
    std::memcpy(page.data(), data, page.size());
    scrub_page(page, offset == 0 ? kFirstPageHeader : 0);
    return methods(file)->xWrite(below(file), page.data(), size, offset);
}

const sqlite3_io_methods kFileMethods{
    .iVersion = 2,  // 3 adds reading by memory map, which we do not use
    .xClose = [](sqlite3_file* f) { return methods(f)->xClose(below(f)); },
    .xRead = [](sqlite3_file* f, void* data, int size,
                sqlite3_int64 at) { return methods(f)->xRead(below(f), data, size, at); },
    .xWrite = write,
    .xTruncate = [](sqlite3_file* f,
                    sqlite3_int64 size) { return methods(f)->xTruncate(below(f), size); },
    .xSync = [](sqlite3_file* f, int flags) { return methods(f)->xSync(below(f), flags); },
    .xFileSize = [](sqlite3_file* f,
                    sqlite3_int64* size) { return methods(f)->xFileSize(below(f), size); },
    .xLock = [](sqlite3_file* f, int lock) { return methods(f)->xLock(below(f), lock); },
    .xUnlock = [](sqlite3_file* f, int lock) { return methods(f)->xUnlock(below(f), lock); },
    .xCheckReservedLock = [](sqlite3_file* f,
                             int* out) { return methods(f)->xCheckReservedLock(below(f), out); },
    .xFileControl = [](sqlite3_file* f, int op,
                       void* arg) { return methods(f)->xFileControl(below(f), op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return methods(f)->xSectorSize(below(f)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* f) { return methods(f)->xDeviceCharacteristics(below(f)); },
    .xShmMap =
        [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
            return methods(f)->xShmMap(below(f), page, size, extend, out);
        },
    .xShmLock = [](sqlite3_file* f, int at, int count,
                   int flags) { return methods(f)->xShmLock(below(f), at, count, flags); },
    .xShmBarrier = [](sqlite3_file* f) { methods(f)->xShmBarrier(below(f)); },
    .xShmUnmap = [](sqlite3_file* f, int gone) { return methods(f)->xShmUnmap(below(f), gone); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    ours(file)->is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    below(file)->pMethods = nullptr;
    const int code = below(vfs)->xOpen(below(vfs), name, below(file), flags, out_flags);
    // SQLite closes what has methods, whether or not it could be opened; so do we with ours.
    file->pMethods = below(file)->pMethods == nullptr ? nullptr : &kFileMethods;
    return code;
}

struct Registered {
    std::string name;
    sqlite3_vfs vfs;
};

void fill_in(Registered& one, sqlite3_vfs* under) {
    one.name = std::string("stentor-scrubbing-") + under->zName;
    one.vfs = *under;  // the version and what needs no handle of ours
    one.vfs.pNext = nullptr;
    one.vfs.zName = one.name.c_str();
    one.vfs.pAppData = under;
    one.vfs.szOsFile = static_cast<int>(sizeof(ScrubbedFile)) + under->szOsFile;
    one.vfs.xOpen = open;
    one.vfs.xDelete = [](sqlite3_vfs* v, const char* name, int sync) {
        return below(v)->xDelete(below(v), name, sync);
    };
    one.vfs.xAccess = [](sqlite3_vfs* v, const char* name, int flags, int* out) {
        return below(v)->xAccess(below(v), name, flags, out);
    };
    one.vfs.xFullPathname = [](sqlite3_vfs* v, const char* name, int size, char* out) {
        return below(v)->xFullPathname(below(v), name, size, out);
    };
    one.vfs.xRandomness = [](sqlite3_vfs* v, int size, char* out) {
        return below(v)->xRandomness(below(v), size, out);
    };
    one.vfs.xSleep = [](sqlite3_vfs* v, int us) { return below(v)->xSleep(below(v), us); };
    one.vfs.xGetLastError = [](sqlite3_vfs* v, int size, char* out) {
        return below(v)->xGetLastError(below(v), size, out);
    };
    one.vfs.xCurrentTimeInt64 = [](sqlite3_vfs* v, sqlite3_int64* now) {
        return below(v)->xCurrentTimeInt64(below(v), now);
    };
}

}  // namespace

const char* scrubbing_vfs(const char* under_name) {
    static std::mutex mutex;
    static std::list<Registered> all;  // SQLite keeps pointers to them
    const std::scoped_lock lock(mutex);
    sqlite3_vfs* under = sqlite3_vfs_find(under_name);
    STENTOR_CHECK(under != nullptr);
    for (const Registered& one : all) {
        if (one.vfs.pAppData == under) return one.name.c_str();
    }
    Registered& one = all.emplace_back();
    fill_in(one, under);
    STENTOR_CHECK(sqlite3_vfs_register(&one.vfs, 0) == SQLITE_OK);
    return one.name.c_str();
}

}  // namespace stentor::chat
