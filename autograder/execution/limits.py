"""What the code of one submission may use."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits of one graded notebook: memory, processes, files, output, time.

    A graded run of an honest notebook takes under 30 s of one core and 2 GiB; the limits leave room for slow machines.
    """

    memory_bytes: int = 2048 * MIB  # private memory of all its processes together
    disk_bytes: int = 256 * MIB  # of each of its writable folders, which lie in memory
    file_bytes: int = 128 * MIB  # of one file
    open_files: int = 256
    processes: int = 64  # threads apart
    output_bytes: int = 4 * MIB  # kept of all that a notebook prints; answers are counted apart
    cell_output_bytes: int = 2 * MIB  # kept of what one cell prints
    answer_bytes: int = 8 * MIB  # of the answers of one check
    cell_seconds: float = 60.0
    notebook_seconds: float = 300.0
