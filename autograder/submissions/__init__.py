"""A student's files: found, read under limits, and restored into a fresh copy of the release. Static: nothing is run."""
