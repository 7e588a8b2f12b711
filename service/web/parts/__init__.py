"""Parts of pages: each makes what its template shows from documents of the interface, and asks for nothing itself."""
