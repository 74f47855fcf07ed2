"""What makes the data that ship with `course_utils`: recorded runs, tables of measures, pun-world."""
