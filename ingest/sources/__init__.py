"""Where documents come from: files and folders, web addresses, Google Drive.

Guarantees that a place that cannot be reached is a reported failure, never the end of a run, and that a web address
never leads into the private network unless that is asked for.
"""
