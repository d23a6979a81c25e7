// A table of users by their id, which stands in the record itself and is not kept twice: 8 bytes a
// place, since a table that doubles has two places for each record at worst.
// Thread: owner reactor.
// Invariant: no two records of one id.
#pragma once

#include <cstddef>
#include <memory>

#include <boost/unordered/unordered_flat_set.hpp>

#include "chat/ids.h"
#include "core/hash.h"

namespace stentor::chat {

struct ByUserId {
    using is_transparent = void;
    using is_avalanching = void;

    static UserId id_of(UserId id) { return id; }
    template <typename Record>
    static UserId id_of(const std::unique_ptr<Record>& record) {
        return record->id;
    }
    template <typename Key>
    std::size_t operator()(const Key& key) const {
        return core::IdHash{}(id_of(key).value);
    }
    template <typename Left, typename Right>
    bool operator()(const Left& left, const Right& right) const {
        return id_of(left) == id_of(right);
    }
};

// `Record` has a UserId called id, which never changes.
template <typename Record>
using UsersById = boost::unordered_flat_set<std::unique_ptr<Record>, ByUserId, ByUserId>;

}  // namespace stentor::chat
