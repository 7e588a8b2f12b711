"""The page: HTML for people, made from answers of the HTTP interface.

Nothing here reads the log or a table: every figure comes from an operation of `service.api`, asked within the process,
so that whatever a page shows can be asked again.
"""
