"""The schema-restricted SQL reader: catalogue and typed query in, checked SQL out, rows back."""
