"""Access: who asks, what they may do, which incidents they may see, what is sealed and what was erased."""
