"""Times: clocks and spans of time, EDTF dates, IANA time zones."""
