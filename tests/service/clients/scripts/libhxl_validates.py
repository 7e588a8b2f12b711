"""Validates the export with hashtags by the schema that libhxl brings along."""

import sys

import hxl

data = hxl.data(f"{sys.argv[1]}/v1/exports/csv", hxl.InputOptions(allow_local=True))
problems = []
assert hxl.schema(None, callback=problems.append).validate(data), [str(each) for each in problems][:5]
print(data.display_tags)
