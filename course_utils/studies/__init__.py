"""The project: a study's file, its checkpoints, findings, measuring anew, and its report."""
