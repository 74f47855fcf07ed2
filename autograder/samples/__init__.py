"""Classes made to be graded: what `demo` shows, and what the kit is tested on."""
