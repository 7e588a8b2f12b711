"""Schemas of the documents of views, for the OpenAPI document and the codebook; one model an object."""
