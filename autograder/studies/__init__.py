"""The study that was handed in beside a notebook: judged, drawn anew, shown on a page, compared with the class."""
