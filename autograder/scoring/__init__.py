"""Answers -> verdicts -> nbgrader's gradebook, feedback pages, tables and exports."""
