"""Problems of RFC 9457: every 4xx and 5xx response.

`types` has slug, status and title of each problem type; `mapping` which type an exception has; `problem` the exception
and its response, whose `detail` is the exception's message; `validation` sentences for pydantic's errors; `handlers`
those of the application; `pages` the documentation.
"""
