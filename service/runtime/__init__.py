"""The process: worker threads, subprocesses, garbage collection, packaged files, time zones, allowed hosts."""
