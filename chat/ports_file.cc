// See ports_file.h.
// Thread: main.
// Invariant: no half-written file is left behind.
#include "chat/ports_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ranges>

#include "chat/protocol/encode.h"
#include "net/unique_fd.h"

namespace stentor::chat {

namespace {

using net::ListenAddress;

template <typename Addresses>
std::string json_list(Addresses&& addresses) {
    std::string list = "[";
    for (const ListenAddress& address : addresses) {
        if (list.size() > 1) list += ',';
        append_json_string(list, address.place());
    }
    return list + "]";
}

}  // namespace

std::string ports_json(const BoundAddresses& addresses, int pid) {
    std::string json = "{\"pid\":" + std::to_string(pid);
    json += ",\"listen\":" + json_list(addresses.listen);
    auto tls = addresses.listen | std::views::filter(&ListenAddress::tls);
    if (!tls.empty()) json += ",\"tls\":" + json_list(tls);
    if (addresses.admin) append_json_string(json += ",\"admin\":", addresses.admin->place());
    if (addresses.line) append_json_string(json += ",\"line\":", addresses.line->place());
    return json + "}\n";
}

std::expected<void, core::Error> write_ports_file(const std::string& path,
                                                  const BoundAddresses& addresses) {
    const std::string beside = path + "." + std::to_string(::getpid()) + ".new";
    const std::string json = ports_json(addresses, ::getpid());
    const net::UniqueFd file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file) return std::unexpected(core::Error::from_errno(errno, "cannot write " + beside));
    const ssize_t written = ::write(file.get(), json.data(), json.size());
    if (written != static_cast<ssize_t>(json.size()) ||
        std::rename(beside.c_str(), path.c_str()) != 0) {
        const int error = errno;
        ::unlink(beside.c_str());
        return std::unexpected(core::Error::from_errno(error, "cannot write " + path));
    }
    return {};
}

}  // namespace stentor::chat
