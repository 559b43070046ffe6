"""A Spark starts from the classes that set-up archived for its Java, and as well, only later, without them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.errors import ExitCode
from jobs.java import class_archive, java_program
from jobs.spark import SILENT_ON_ARCHIVES, options_of_driver
from jobs.spark_archive import keep, main
from tests.alliance import PROJECT_ROOT

FROM_THE_ARCHIVE = "scala.Option source: shared objects file (top)"


def made_archive() -> Path:
    archive = class_archive()
    assert archive is not None
    assert archive.exists(), "`make setup` makes it"
    return archive


def load_one_class(class_path: str, archive: Path) -> tuple[str, str]:
    """Where Java says it found that class of Scala, which is no program and so ends Java; and what it says besides."""
    java = java_program()
    assert java
    done = subprocess.run(
        [
            java,
            f"-XX:SharedArchiveFile={archive}",
            *SILENT_ON_ARCHIVES.split(),
            "-Xlog:class+load",
            *("-cp", class_path, "scala.Option"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    (found,) = [line for line in done.stdout.splitlines() if " scala.Option source: " in line]
    return found, done.stderr


def classes_of(session: SparkSession) -> str:
    java = session.sparkContext._jvm
    assert java
    return str(java.java.lang.System.getProperty("java.class.path"))


def test_a_session_is_given_the_archive_and_its_classes_are_the_archived_ones(compiling: SparkSession) -> None:
    java = compiling.sparkContext._jvm
    assert java
    archive = made_archive()
    options = java.java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments()
    assert f"-XX:SharedArchiveFile={archive}" in list(options)
    assert FROM_THE_ARCHIVE in load_one_class(classes_of(compiling), archive)[0]


def test_an_archive_of_other_classes_is_passed_over_without_a_word(compiling: SparkSession) -> None:
    classes, archive = classes_of(compiling), made_archive()
    found, said = load_one_class(f"{PROJECT_ROOT}:{classes}", archive)
    assert "shared objects file" not in found
    assert said == load_one_class(classes, archive)[1]  # that it is no program


def test_an_archive_that_is_cut_short_never_gets_its_name_for_java_would_die_of_it(tmp_path: Path) -> None:
    archive, cut_short = tmp_path / "whole.jsa", tmp_path / "cut-short.jsa"
    cut_short.write_bytes(made_archive().read_bytes()[:100_000])
    with pytest.raises(OSError, match=r"Java cannot read cut-short\.jsa"):
        keep(cut_short, archive)
    assert not archive.exists()
    shutil.copy(made_archive(), cut_short)
    keep(cut_short, archive)
    assert archive.exists()


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ('JAVA_RUNTIME_VERSION="21.0.4+7-LTS"\n', "spark-classes-21.0.4+7-LTS.jsa"),
        (
            'IMPLEMENTOR="x"\nJAVA_RUNTIME_VERSION="17.0.15+6-Debian-1deb12u1"\n',
            "spark-classes-17.0.15+6-Debian-1deb12u1.jsa",
        ),
        ('JAVA_RUNTIME_VERSION="../../elsewhere"\n', None),
        ("", None),
        (None, None),
    ],
)
def test_every_build_of_java_has_an_archive_of_its_own(
    release: str | None, name: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    if release is not None:
        (tmp_path / "release").write_text(release, encoding="utf-8")
    assert class_archive() == (Path(sys.prefix) / name if name else None)


def test_an_archive_that_is_there_is_not_made_again(capsys: pytest.CaptureFixture[str]) -> None:
    archive = made_archive()
    made = archive.stat().st_mtime_ns
    assert main([]) == ExitCode.OK
    assert archive.stat().st_mtime_ns == made
    assert capsys.readouterr() == ("", "")


def test_set_up_goes_on_without_an_archive_and_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "release").write_text('JAVA_RUNTIME_VERSION="99+1"\n', encoding="utf-8")  # and no program that starts
    done = subprocess.run(
        [sys.executable, "-m", "jobs.spark_archive"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "JAVA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitCode.TEMPORARY
    assert done.stderr.splitlines()[1:] == [
        "the classes of Spark were not archived, so it starts as slowly as before: "
        "the Spark server ended while it started: see by-hand.log"
    ]
    assert not list(Path(sys.prefix).glob("spark-classes-99*"))


def test_whoever_configures_spark_in_a_folder_also_says_there_what_it_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logging_is_ours = "-Dlog4j2.configurationFile="
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)
    assert logging_is_ours in options_of_driver("", None)["spark.driver.extraJavaOptions"]
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    assert logging_is_ours not in options_of_driver("", None)["spark.driver.extraJavaOptions"]
