// What is behind forgetful_vfs.h. Of the locks between connections of this one thread only the
// exclusive one is kept: a reader that stands in the way is not what is tested here.
// Thread: the test's.
// Invariant: see forgetful_vfs.h.
#include "tests/chat/log/forgetful_vfs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace stentor::chat {
namespace {

struct OpenFile {
    sqlite3_file base;
    ForgetfulDisk* disk;
    std::shared_ptr<ForgetfulDisk::File>* file;
    std::string* name;
    bool is_temporary;
};
OpenFile& of(sqlite3_file* file) {
    return *reinterpret_cast<OpenFile*>(file);
}
ForgetfulDisk& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<ForgetfulDisk*>(vfs->pAppData);
}
thread_local int last_errno = 0;

int close(sqlite3_file* f) {
    OpenFile& open = of(f);
    --(*open.file)->handles;
    delete open.file;
    delete open.name;
    return SQLITE_OK;
}

int read(sqlite3_file* f, void* data, int size, sqlite3_int64 at) {
    const std::string& bytes = (*of(f).file)->now;
    const auto from = std::min(static_cast<std::size_t>(at), bytes.size());
    const auto there = std::min(static_cast<std::size_t>(size), bytes.size() - from);
    std::memset(data, 0, static_cast<std::size_t>(size));
    std::memcpy(data, bytes.data() + from, there);
    return there == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int shm_map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
    auto& shm = of(f).disk->shms[*of(f).name];
    const auto index = static_cast<std::size_t>(region);
    *out = nullptr;
    while (shm.regions.size() <= index) {
        if (extend == 0) return SQLITE_OK;
        shm.regions.push_back(
            std::make_unique<std::vector<char>>(static_cast<std::size_t>(size), '\0'));
    }
    *out = shm.regions[index]->data();
    return SQLITE_OK;
}

// Whoever closes last wants it exclusively, to empty and remove the WAL.
int lock(sqlite3_file* f, int lock) {
    return lock == SQLITE_LOCK_EXCLUSIVE && (*of(f).file)->handles > 1 ? SQLITE_BUSY : SQLITE_OK;
}

const sqlite3_io_methods kMethods{
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite =
        [](sqlite3_file* f, const void* data, int size, sqlite3_int64 at) {
            return of(f).disk->write(
                **of(f).file, static_cast<std::size_t>(at),
                {static_cast<const char*>(data), static_cast<std::size_t>(size)});
        },
    .xTruncate =
        [](sqlite3_file* f, sqlite3_int64 size) {
            return of(f).disk->cut(**of(f).file, static_cast<std::size_t>(size));
        },
    .xSync = [](sqlite3_file* f, int) { return of(f).disk->sync(**of(f).file); },
    .xFileSize =
        [](sqlite3_file* f, sqlite3_int64* size) {
            *size = static_cast<sqlite3_int64>((*of(f).file)->now.size());
            return SQLITE_OK;
        },
    .xLock = lock,
    .xUnlock = [](sqlite3_file*, int) { return SQLITE_OK; },
    .xCheckReservedLock =
        [](sqlite3_file*, int* out) {
            *out = 0;
            return SQLITE_OK;
        },
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    .xSectorSize = [](sqlite3_file*) { return 512; },
    .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    .xShmMap = shm_map,
    .xShmLock = [](sqlite3_file*, int, int, int) { return SQLITE_OK; },
    .xShmBarrier = [](sqlite3_file*) {},
    .xShmUnmap =
        [](sqlite3_file* f, int gone) {
            if (gone != 0 && (*of(f).file)->handles == 1) of(f).disk->shms.erase(*of(f).name);
            return SQLITE_OK;
        },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out_flags) {
    ForgetfulDisk& disk = disk_of(vfs);
    const std::string path = name == nullptr ? "" : name;
    auto& file = disk.files[path];
    if (file == nullptr) {
        if ((flags & SQLITE_OPEN_CREATE) == 0) {
            disk.files.erase(path);
            return SQLITE_CANTOPEN;
        }
        file = std::make_shared<ForgetfulDisk::File>();
    }
    OpenFile& open = of(f);
    open.disk = &disk;
    open.file = new std::shared_ptr<ForgetfulDisk::File>(file);
    ++file->handles;
    open.name = new std::string(path);
    open.base.pMethods = &kMethods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

}  // namespace

ForgetfulDisk::ForgetfulDisk(const std::string& name) : name_(name) {
    vfs_ = *sqlite3_vfs_find(nullptr);
    vfs_.pNext = nullptr;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.szOsFile = sizeof(OpenFile);
    vfs_.xOpen = open;
    vfs_.xDelete = [](sqlite3_vfs* v, const char* path, int) {
        return disk_of(v).remove(path) ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
    };
    vfs_.xAccess = [](sqlite3_vfs* v, const char* path, int, int* out) {
        *out = disk_of(v).files.contains(path) ? 1 : 0;
        return SQLITE_OK;
    };
    vfs_.xFullPathname = [](sqlite3_vfs*, const char* path, int size, char* out) {
        sqlite3_snprintf(size, out, "%s", path);
        return SQLITE_OK;
    };
    vfs_.xGetLastError = [](sqlite3_vfs*, int, char*) { return last_errno; };
    sqlite3_vfs_register(&vfs_, 0);
}

ForgetfulDisk::~ForgetfulDisk() {
    sqlite3_vfs_unregister(&vfs_);
}

void ForgetfulDisk::File::apply(std::string& to, const Write& write) const {
    if (write.bytes.empty()) {
        to.resize(write.offset);
        return;
    }
    to.resize(std::max(to.size(), write.offset + write.bytes.size()));
    to.replace(write.offset, write.bytes.size(), write.bytes);
}

bool ForgetfulDisk::fails(Fault fault, std::uint64_t at) {
    return fault_ == fault && at >= fails_from_ && at < fails_to_;
}

void ForgetfulDisk::fail(Fault fault, std::uint64_t nth, std::uint64_t times) {
    const std::uint64_t base = fault == Fault::kSyncError ? syncs_ : writes_;
    fault_ = fault;
    fails_from_ = base + nth;
    fails_to_ = times > ~fails_from_ ? ~std::uint64_t{0} : fails_from_ + times;
}

bool ForgetfulDisk::remove(const std::string& path) {
    return frozen_ ? files.contains(path) : files.erase(path) > 0;
}

int ForgetfulDisk::write(File& file, std::size_t offset, std::string_view bytes) {
    if (frozen_) return SQLITE_OK;
    const std::uint64_t at = writes_++;
    if (fails(Fault::kNoSpace, at)) {
        last_errno = ENOSPC;
        return SQLITE_FULL;
    }
    if (fails(Fault::kWriteError, at)) {
        last_errno = EIO;
        return SQLITE_IOERR_WRITE;
    }
    file.unsynced.push_back({offset, std::string(bytes)});
    file.apply(file.now, file.unsynced.back());
    return SQLITE_OK;
}

int ForgetfulDisk::cut(File& file, std::size_t size) {
    if (frozen_) return SQLITE_OK;
    file.unsynced.push_back({size, {}});
    file.apply(file.now, file.unsynced.back());
    return SQLITE_OK;
}

int ForgetfulDisk::sync(File& file) {
    if (frozen_) return SQLITE_OK;
    if (fails(Fault::kSyncError, syncs_++)) {
        last_errno = EIO;
        return SQLITE_IOERR_FSYNC;
    }
    file.synced = file.now;
    file.unsynced.clear();
    return SQLITE_OK;
}

void ForgetfulDisk::cut_power(const std::function<bool()>& keeps) {
    fault_ = Fault::kNone;
    frozen_ = false;
    shms.clear();
    for (auto& [path, file] : files) {
        for (const Write& write : file->unsynced) {
            if (keeps()) file->apply(file->synced, write);
        }
        file->now = file->synced;
        file->unsynced.clear();
    }
}

bool ForgetfulDisk::holds(std::string_view text) const {
    return std::ranges::any_of(files, [&](const auto& entry) {
        return entry.second->now.find(text) != std::string::npos;
    });
}

}  // namespace stentor::chat
