"""The Java names that PySpark uses all the time, looked up once.

PySpark asks Java anew, for every `F.col`, what `functions` is and whether it has a `col`. For a short name Java looks
into every jar for every package that PySpark imports, in vain but for one. A night of 80 datasets asks 23 600 times.
"""

from __future__ import annotations

from typing import Any

from py4j.java_gateway import JavaClass, JVMView

NAMED_BY_PYSPARK = (
    "functions",
    "PythonUtils",
    "org.apache.spark.sql.functions",
    "org.apache.spark.sql.types.Metadata",
)
"""Classes of which PySpark only calls static methods; what is remembered of a method is its name."""


class RememberedClass(JavaClass):  # type: ignore[misc]  # py4j has no types
    """A Java class that is asked once for each of its static methods."""

    def __getattr__(self, name: str) -> Any:
        """The method, remembered as an attribute; AttributeError or Py4JError when there is none."""
        found = super().__getattr__(name)
        self.__dict__[name] = found
        return found


def remember_java_names(java: JVMView) -> None:
    """Have the view answer for the names above without asking; the same view keeps them as long as it lives."""
    for name in NAMED_BY_PYSPARK:
        if name not in vars(java):
            found = getattr(java, name)
            setattr(java, name, RememberedClass(found._fqn, found._gateway_client))
