// The wire words of the error codes (docs/protocol.md, "Errors and closing").
// Thread: any.
// Invariant: a code without a word does not compile.
#include "chat/protocol/error_code.h"

#include <utility>

namespace stentor::chat {

std::string_view wire_word(ErrorCode code) {
    switch (code) {
        case ErrorCode::kBadJson:
            return "bad_json";
        case ErrorCode::kBadRequest:
            return "bad_request";
        case ErrorCode::kUnknownType:
            return "unknown_type";
        case ErrorCode::kLoginFirst:
            return "login_first";
        case ErrorCode::kNameTaken:
            return "name_taken";
        case ErrorCode::kBadName:
            return "bad_name";
        case ErrorCode::kBadRoom:
            return "bad_room";
        case ErrorCode::kNotInRoom:
            return "not_in_room";
        case ErrorCode::kNoSuchMessage:
            return "no_such_message";
        case ErrorCode::kNoSuchUser:
            return "no_such_user";
        case ErrorCode::kIdReused:
            return "id_reused";
        case ErrorCode::kForbidden:
            return "forbidden";
        case ErrorCode::kTooLarge:
            return "too_large";
        case ErrorCode::kTooManyRooms:
            return "too_many_rooms";
        case ErrorCode::kRateLimited:
            return "rate_limited";
        case ErrorCode::kNotStored:
            return "not_stored";
        case ErrorCode::kUnavailable:
            return "unavailable";
    }
    std::unreachable();
}

}  // namespace stentor::chat
