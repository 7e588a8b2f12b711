"""The slot of views: one file is one named, versioned, pure fold of an incident into a document."""
