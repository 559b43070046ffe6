"""A scorecard as PMML 4.4 (Data Mining Group, 2019), for engines that score from a file.

The result is in points and not rounded: initial score plus one partial score for each characteristic. PMML has no NaN:
whoever calls an engine gives a missing value instead.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from jobs.models.scorecard import Bin, Feature, Population, Scorecard

NAMESPACE = "http://www.dmg.org/PMML-4_4"
DATA_TYPES: Mapping[str, tuple[str, str]] = {
    "string": ("categorical", "string"),
    "boolean": ("continuous", "double"),  # 1 for true
    "int": ("continuous", "double"),
    "bigint": ("continuous", "double"),
    "double": ("continuous", "double"),
}
BEYOND_ALL_NUMBERS = {"greaterThan": sys.float_info.max, "lessThan": -sys.float_info.max}
"""Only an infinite value is. Not every engine (PMML4S does not) takes the INF of XML for a number to be equal to."""


def scorecard_pmml(scorecard: Scorecard) -> str:
    """The document as text; equal scorecards give equal bytes."""
    root = ET.Element("PMML", {"xmlns": NAMESPACE, "version": "4.4"})
    header = _add(root, "Header", description=f"Credit score {scorecard.model_version}")
    _add(header, "Application", name="Nightledger")
    fields = {feature.name: DATA_TYPES[feature.type] for feature in scorecard.features}
    if scorecard.population:
        fields.setdefault(scorecard.population.marker, DATA_TYPES["bigint"])
    dictionary = _add(root, "DataDictionary", numberOfFields=str(len(fields)))
    for name, (kind, data_type) in fields.items():
        _add(dictionary, "DataField", name=name, optype=kind, dataType=data_type)
    model = _add(
        root,
        "Scorecard",
        modelName=f"credit_score {scorecard.model_version}",
        functionName="regression",
        initialScore=_number(scorecard.offset + scorecard.factor * scorecard.intercept),
        useReasonCodes="false",
    )
    schema = _add(model, "MiningSchema")
    for name in fields:
        _add(schema, "MiningField", name=name, invalidValueTreatment="asIs")
    _add_output(model, scorecard)
    characteristics = _add(model, "Characteristics")
    for feature in scorecard.features:
        _add_characteristic(characteristics, scorecard, feature)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _add_output(model: ET.Element, scorecard: Scorecard) -> None:
    """The points, and the probability 1 / (1 + exp((points - offset) / factor))."""
    output = _add(model, "Output")
    _add(output, "OutputField", name="points", optype="continuous", dataType="double", feature="predictedValue")
    probability = _add(
        output,
        "OutputField",
        name="default_probability",
        optype="continuous",
        dataType="double",
        feature="transformedValue",
    )
    division = _add(probability, "Apply", function="/")
    _constant(division, 1.0)
    addition = _add(division, "Apply", function="+")
    _constant(addition, 1.0)
    odds = _add(_add(addition, "Apply", function="exp"), "Apply", function="/")
    above_offset = _add(odds, "Apply", function="-")
    _add(above_offset, "FieldRef", field="points")
    _constant(above_offset, scorecard.offset)
    _constant(odds, scorecard.factor)


def _add_characteristic(parent: ET.Element, scorecard: Scorecard, feature: Feature) -> None:
    """Attributes in the order in which the first that holds decides."""
    characteristic = _add(parent, "Characteristic", name=f"points of {feature.name}")

    def attribute(weight_of_evidence: float) -> ET.Element:
        points = scorecard.factor * feature.weight * weight_of_evidence
        return _add(characteristic, "Attribute", partialScore=_number(points))

    if scorecard.population and scorecard.is_known_of_population_only(feature):
        _outside(attribute(0.0), scorecard.population)
    _add(attribute(feature.missing), "SimplePredicate", field=feature.name, operator="isMissing")
    if feature.type == "string":
        for one in feature.bins:
            _in_set(attribute(one.weight_of_evidence), feature, one)
        _add(attribute(feature.unseen), "True")
        return
    for operator, value in BEYOND_ALL_NUMBERS.items():
        _compare(attribute(feature.special), feature.name, operator, _number(value))
    for code in feature.special_codes:
        _compare(attribute(feature.special), feature.name, "equal", _number(code))
    for one in feature.bins[:-1]:
        _compare(attribute(one.weight_of_evidence), feature.name, "lessThan", _number(one.below or 0.0))
    _add(attribute(feature.bins[-1].weight_of_evidence), "True")


def _outside(attribute: ET.Element, population: Population) -> None:
    either = _add(attribute, "CompoundPredicate", booleanOperator="or")
    _add(either, "SimplePredicate", field=population.marker, operator="isMissing")
    _compare(either, population.marker, "lessThan", "1")


def _in_set(attribute: ET.Element, feature: Feature, one: Bin) -> None:
    chosen = _add(attribute, "SimpleSetPredicate", field=feature.name, booleanOperator="isIn")
    array = _add(chosen, "Array", n=str(len(one.categories)), type="string")
    array.text = " ".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in one.categories)


def _compare(parent: ET.Element, field: str, operator: str, value: str) -> None:
    _add(parent, "SimplePredicate", field=field, operator=operator, value=value)


def _constant(parent: ET.Element, value: float) -> None:
    _add(parent, "Constant", dataType="double").text = _number(value)


def _add(parent: ET.Element, tag: str, **attributes: Any) -> ET.Element:
    return ET.SubElement(parent, tag, attributes)


def _number(value: float) -> str:
    return repr(float(value))
