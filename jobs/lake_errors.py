"""Every way in which the lake can refuse or fail; each message is one line that says what, where and what to do."""

from __future__ import annotations


class LakeError(Exception):
    """Whatever goes wrong in the lake; `is_temporary` says whether running the same command again may help."""

    is_temporary = False


class LakeUnavailableError(LakeError):
    """The server or the disk did not answer, or is full; nothing was published."""

    is_temporary = True


class LakeAccessError(LakeError):
    """The lake refuses us (credentials, permissions, a bucket that does not exist)."""


class UnsafeKeyError(LakeError):
    """A name that could leave its folder, or that holds characters outside the lake's alphabet."""


class UnsupportedStorageError(LakeError):
    """The S3 server ignores conditions on writes, so that it cannot keep a second writer out."""


class MissingPartitionError(LakeError):
    """Nothing is published at this address for this date."""


class CorruptManifestError(LakeError):
    """A manifest is torn, was edited, or belongs to another partition."""


class CorruptFileError(LakeError):
    """A file that a manifest lists is missing, or is not the file that was published."""


class WriterBusyError(LakeError):
    """Another process writes the same partition at this moment."""


class LostLockError(LakeError):
    """This writer was taken for dead and another took its place; it must not publish any more."""


class ChangedMeanwhileError(LakeError):
    """What is stored is not what it was when this writer started."""
