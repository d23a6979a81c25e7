// The queue of envelopes, compiled once for all who include chat/envelope.h.
// Thread: see core/broadcast_queue.h.
// Invariant: see core/broadcast_queue.h.
#include "chat/envelope.h"

template class stentor::core::Lane<stentor::chat::Envelope>;
template class stentor::core::BroadcastQueue<stentor::chat::Envelope>;
