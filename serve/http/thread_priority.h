// Loading models beside those that answer.
#pragma once

namespace filigree::serve {

// The calling thread, and threads that it starts, get what the others leave of the processors. For
// threads that nobody waits for more urgently than for an answer. Does nothing where the system
// does not allow it.
void lower_thread_priority() noexcept;

}  // namespace filigree::serve
