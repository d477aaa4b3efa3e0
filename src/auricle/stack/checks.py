"""What has to be right before containers are built or started: each thing that is wrong is one sentence."""

import errno
import shutil
import socket

from auricle.errors import Conflict, DiskFull, InvalidSetting, NotFound
from auricle.shipped import checkout
from auricle.stack.containers import volumes
from auricle.stack.engine import Engine
from auricle.stack.files import Port, Stack, own_images, ports

#: Bytes that have to be free: to build the images, to build those with CUDA, and to start them.
_TO_BUILD, _TO_BUILD_CUDA, _TO_START = 5_000_000_000, 15_000_000_000, 1_000_000_000
_LAST_PORT = 65_535


def check_no_data(stack: Stack, engine: Engine) -> None:
    """Raise Conflict where there is data already, whose database would not know a new password."""
    held = volumes(stack, engine)
    if held:
        raise Conflict(
            f"There is no file {stack.env_file} with the stack's passwords, but there is already a stack "
            f"with data (the volumes {', '.join(held)}), whose database keeps the password it was made "
            "with: give --env-file, or put its file back."
        )


def check_sources() -> None:
    """Raise NotFound where there is nothing to build images from."""
    if checkout() is None:
        raise NotFound(
            "This Auricle was installed without the sources that images are built from: build them in a "
            "checkout, or load them from a bundle (docs/offline.md)."
        )


def missing_images(stack: Stack, engine: Engine) -> list[str]:
    """The images of Auricle's that have to be built before the stack can start.

    Raises NotFound where that cannot be done here.
    """
    missing = [image for image in own_images(stack) if engine.ask("image", "inspect", image) is None]
    if missing and checkout() is None:
        raise NotFound(
            f"There is no image {missing[0]} here, and this Auricle was installed without the sources to "
            "build it from: load it from a bundle (docs/offline.md), or start the stack from a checkout."
        )
    return missing


def check_ports(stack: Stack) -> None:
    """Raise Conflict where another program uses a port of the stack, InvalidSetting where it is none.

    For a stack that does not run.
    """
    for port in ports(stack):
        if port.number > _LAST_PORT:
            raise InvalidSetting(
                f"{port.variable or f'The port of {port.service}'} is {port.number}, which is no port: set "
                f"one of at most {_LAST_PORT} in {stack.env_file}."
            )
        if _is_used(port):
            cure = (
                f"set {port.variable} in {stack.env_file} to another" if port.variable else "end that program"
            )
            raise Conflict(
                f"Port {port.number}, at which {port.service} is to be reached, is used by another program: "
                f"{cure}."
            )


def check_disk(stack: Stack, engine: Engine, *, build: bool) -> None:
    """Raise DiskFull where the engine's disk has less room than is needed to build, or to start."""
    folder = engine.folder()
    if folder is None:
        return
    needed = (_TO_BUILD_CUDA if stack.gpu else _TO_BUILD) if build else _TO_START
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFull(
            f"Only {free / 1e9:.1f} GB are free in {folder}, and {'building' if build else 'starting'} needs "
            f"{needed / 1e9:.0f} GB: free some, for example with `{engine.name} system prune`."
        )


def _is_used(port: Port) -> bool:
    family = socket.AF_INET6 if ":" in port.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((port.address, port.number))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False
