"""The slot of policies: one file is one named, versioned rule from claims to an estimate."""
