"""Auricle in a folder, for machines without a network.

    bundle.json      what the bundle is for, and size and SHA-256 of every file that belongs to it
    SHA256SUMS       the same hashes for `sha256sum --check`, and that of bundle.json
    install.sh       begins the installation; needs Python alone
    requirements.txt the packages, pinned with their hashes
    wheels/          these packages, and Auricle itself with its web app
    models/          speech models, a folder each
    images/          container images, where the bundle was made with a container engine
    deploy/          the compose files

What `__main__` imports runs before anything is installed: the standard library, `auricle.errors` and
`auricle.stack.engine` are all there is then.
"""

from auricle.errors import AuricleError


class DamagedBundle(AuricleError):
    """A file of a bundle is missing, or is not what was written."""

    code = "damaged_bundle"


class BaseMissing(AuricleError):
    """A difference cannot be installed without the bundle that it differs from."""

    code = "base_missing"


class OtherMachine(AuricleError):
    """The bundle was made for another kind of machine."""

    code = "other_machine"


class CannotCollect(AuricleError):
    """Something that belongs into the bundle cannot be had now."""

    code = "cannot_collect"
    retryable = True
