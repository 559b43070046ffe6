"""Commands on models: which decide, which are tried beside them, who decided so and why."""

from __future__ import annotations

import json
import logging
import unicodedata
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from jobs.errors import ExitCode, StepMissingError
from jobs.inputs import Resolver, night
from jobs.lake import Lake, open_lake
from jobs.lake_errors import CorruptFileError, CorruptManifestError, MissingPartitionError
from jobs.manifest import Manifest
from jobs.models.challenger import read_challenger
from jobs.models.propensity import read_propensity, read_uplift
from jobs.models.scorecard import read_scorecard
from jobs.registry import (
    PROMOTE,
    RETIRE,
    ROLL_BACK,
    SHADOW,
    Decision,
    Registry,
    RegistryError,
    champion_of,
    champions_in_turn,
    hash_of_last,
    overruled_by,
)
from jobs.settings import read_settings
from jobs.verbs import verbs_with
from schemas.catalogue import dataset_at, tables_in_layer
from schemas.models.card_propensity import STEPS

logger = logging.getLogger("nightledger")

NOT_TEXT = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Control, format (which turn the direction of a text), surrogate, line and paragraph separators of Unicode."""

DOCUMENT_OF = {"scorecard": "scorecard.json", "trees": "challenger.json"}
CREDIT_SCORE, PROPENSITY = "credit_score", "propensity"
PARTS_OF = {"card_propensity": STEPS, "churn": ("is_churned",), "response": ("responds",)}
"""Documents that hold propensities, decided on as a whole: their parts were learnt from the same messages and dates."""
EXAMPLES = """examples:
  python -m jobs.run models
  python -m jobs.run promote --trained-on 2026-04-30 --from 2026-05-06 --by "credit committee" --why "gain in Gini 0.03"
  python -m jobs.run shadow --trained-on 2026-04-30 --kind trees --from 2026-05-06 --by "R. Diaz" --why "try a month"
  python -m jobs.run retire --trained-on 2026-04-30 --kind trees --from 2026-06-01 --by "R. Diaz" --why "no gain"
  python -m jobs.run promote --model churn --trained-on 2026-04-30 --from 2026-05-06 --by "marketing" --why "hold it"
  python -m jobs.run roll-back --from 2026-05-09 --by "credit committee" --why "grades drift in city tier 3"

A decision counts from a night of which no profile and no score is published, and is never changed: another decision
follows it. While nobody has decided, the newest scorecard decides from the night after its training, and its own
challenger is in shadow; a closed night keeps the training it was closed with.
"""


class Opened(NamedTuple):
    """The lake of one command; its registry reads the decisions once, so that a command decides on what it has seen."""

    lake: Lake
    registry: Registry
    resolver: Resolver
    address: str

    @property
    def kind(self) -> str:
        """What of the document may be champion."""
        return "scorecard" if self.address == f"models/{CREDIT_SCORE}" else PROPENSITY

    def manifest(self, day: date) -> Manifest | None:
        """Of the training of that day."""
        return self.resolver.manifest(night(day).partition(dataset_at(self.address)))


def add_verbs(verbs: Any, day: Callable[[str], date]) -> None:
    """The commands as verbs of `python -m jobs.run`."""
    verb = verbs_with(verbs, EXAMPLES)

    def decided(added: ArgumentParser, *, names_a_model: bool = True) -> ArgumentParser:
        if names_a_model:
            added.add_argument("--trained-on", required=True, type=day, metavar="YYYY-MM-DD", help="its training")
        added.add_argument(
            "--from", dest="counts_from", required=True, type=day, metavar="YYYY-MM-DD", help="first night that follows"
        )
        added.add_argument("--by", dest="decided_by", required=True, metavar="WHO", help="the person or committee")
        added.add_argument("--why", dest="reason", required=True, metavar="WHY", help="the reason, for the record")
        return added

    def of_any_model(added: ArgumentParser) -> ArgumentParser:
        added.add_argument("--model", choices=(CREDIT_SCORE, *PARTS_OF), default=CREDIT_SCORE, help="which document")
        return added

    of_any_model(verb("models", models, "every training, what decides and what is in shadow, and all decisions"))
    of_any_model(decided(verb("promote", promote, "let the scorecard, or the propensities, of a training decide")))
    fall_back = verb("roll-back", roll_back, "let the champion before the present one decide again")
    of_any_model(decided(fall_back, names_a_model=False))
    for name, command, sentence in (
        ("shadow", shadow, "score a model every night beside the champion; it decides nothing"),
        ("retire", retire, "end the shadow scoring of a model"),
    ):
        added = decided(verb(name, command, sentence))
        added.add_argument("--kind", choices=tuple(DOCUMENT_OF), default="trees", help="which model of the training")


def promote(options: Namespace) -> int:
    """Name a champion. Trees cannot be one: their reasons do not add up to the score."""
    return _decide(options, PROMOTE, options.trained_on, _open(options))


def shadow(options: Namespace) -> int:
    """Name a challenger; propensities have none, since nothing scores two of them beside each other."""
    return _decide(options, SHADOW, options.trained_on, _open(options), kind=options.kind)


def retire(options: Namespace) -> int:
    """End the shadow scoring of a challenger that is in shadow."""
    opened = _open(options)
    named = opened.registry.challengers(opened.address, options.counts_from) or ()
    if not any((one.trained_on, one.kind) == (options.trained_on, options.kind) for one in named):
        raise RegistryError(
            f"{opened.address} {options.trained_on}: its {options.kind} are not in shadow; nothing to retire"
        )
    return _decide(options, RETIRE, options.trained_on, opened, kind=options.kind)


def roll_back(options: Namespace) -> int:
    """Name the champion before the present one, whoever promoted it; once more names the one before that."""
    opened = _open(options)
    in_turn = champions_in_turn(opened.registry.decisions(opened.address), options.counts_from)
    if len(in_turn) < 2:
        raise RegistryError(f"{opened.address}: no champion before the present one; promote the one that shall decide")
    return _decide(options, ROLL_BACK, in_turn[-2].trained_on, opened)


def models(options: Namespace) -> int:
    """Print the trainings and the decisions; what decides the next night, and what is in shadow then, is marked."""
    opened = _open(options)
    lake, registry = opened.lake, opened.registry
    begun = newest_night(lake)
    trained = lake.partitions(opened.address)
    coming = begun + timedelta(days=1) if begun else (trained[-1] + timedelta(days=1) if trained else date.max)
    champion = champion_of(registry.decisions(opened.address), coming)
    before = [day for day in trained if day < coming]
    decides = champion.trained_on if champion else (before[-1] if before else None)
    in_shadow = _in_shadow(opened, coming, decides)
    for day in trained:
        roles = {"in shadow": (day, opened.kind) in in_shadow, "champion": day == decides}
        told = ", ".join(role for role, holds in roles.items() if holds)
        logger.info("%s  %s %s  %s", day, opened.kind, _version_or_why_not(opened, day, opened.kind), told)
        if (day, "trees") in in_shadow:
            logger.info("%s  trees %s  in shadow", day, _version_or_why_not(opened, day, "trees"))
    for one in registry.decisions(opened.address):
        logger.info(
            "%d. from %s: %s %s %s, by %s: %s (%s)",
            one.number, one.counts_from, one.action, one.kind, one.model_version, one.decided_by, one.reason,
            one.decided_at,
        )  # fmt: skip
    return ExitCode.OK


def _in_shadow(opened: Opened, coming: date, decides: date | None) -> set[tuple[date, str]]:
    """Training and kind of the models that the coming night scores in shadow, as the night itself resolves them."""
    decided = opened.registry.challengers(opened.address, coming)
    if decided is None:
        return set() if decides is None or opened.kind == PROPENSITY else {(decides, "trees")}
    return {(one.trained_on, one.kind) for one in decided}


def _decide(options: Namespace, action: str, trained_on: date, opened: Opened, *, kind: str = "") -> int:
    """Append a decision to the list that `opened` has read, or to none. kind: what may be champion, unless given."""
    kind, lake, registry = kind or opened.kind, opened.lake, opened.registry
    seen = registry.decisions(opened.address)
    _refuse_without_text(options)
    manifest = opened.manifest(trained_on)
    if manifest is None:
        raise StepMissingError(
            f"{opened.address} {trained_on}: not published; "
            f"first run: python -m jobs.run train --business-date {trained_on}"
        )
    begun = newest_night(lake)
    if begun is not None and options.counts_from <= begun:
        raise RegistryError(f"--from {options.counts_from}: the night of {begun} is closed; decide for a later one")
    if options.counts_from <= trained_on:
        raise RegistryError(
            f"--from {options.counts_from}: a model counts from the night after its training at the earliest"
        )
    decision = Decision(
        number=0,
        action=action,
        kind=kind,
        trained_on=trained_on,
        model_version=_version(opened, manifest, kind),
        digest=manifest.digest,
        counts_from=options.counts_from,
        decided_by=options.decided_by.strip(),
        reason=options.reason.strip(),
        decided_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    stored = registry.append(opened.address, decision, after=hash_of_last(seen))
    logger.info("decision %d: %s %s %s from %s", stored.number, action, kind, stored.model_version, stored.counts_from)
    for one in overruled_by(stored, seen):
        logger.warning(
            "decision %d (%s %s from %s) no longer counts: decision %d overrules it from %s on",
            one.number, one.action, one.model_version, one.counts_from, stored.number, stored.counts_from,
        )  # fmt: skip
    return ExitCode.OK


def _refuse_without_text(options: Namespace) -> None:
    for name, text in (("--by", options.decided_by), ("--why", options.reason)):
        if not text.strip() or any(unicodedata.category(sign) in NOT_TEXT for sign in text):
            raise RegistryError(
                f"{name} is empty or holds more than one line or a control character: "
                "the record needs who decided, and why"
            )


def newest_night(lake: Lake) -> date | None:
    """The newest night that is closed to decisions, which a night is from its first profile or score on.

    Otherwise a decision could come between two tables of one night, and its scores and reasons be of different models.
    """
    tables = [table for layer in ("profiles", "scores") for table in tables_in_layer(layer)]
    return max((day for table in tables for day in lake.partitions(table.address)), default=None)


def _version_or_why_not(opened: Opened, day: date, kind: str) -> str:
    """For the list of all trainings: one that cannot be read (of an older format, say) must not hide the rest."""
    try:
        manifest = opened.manifest(day)
        return "not published any more" if manifest is None else _version(opened, manifest, kind)
    except (CorruptFileError, CorruptManifestError, MissingPartitionError, KeyError, ValueError) as error:
        return f"cannot be read: {error}"


def _version(opened: Opened, manifest: Manifest, kind: str) -> str:
    """The version of a model that its own reader accepts: what is broken is not decided on."""
    files = opened.lake.documents(night(manifest.business_date).partition(dataset_at(opened.address)), manifest)
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items() if name.endswith((".json", ".txt"))}
    if kind == PROPENSITY:
        return _version_of_propensities(opened.address, manifest, texts)
    content = json.loads(texts[DOCUMENT_OF[kind]])
    if kind == "scorecard":
        return read_scorecard(content).model_version
    return read_challenger(content, texts["challenger.txt"]).model_version


def _version_of_propensities(address: str, manifest: Manifest, texts: Mapping[str, str]) -> str:
    """Day of the training and digest of all files; each part has a version of its own, and none is decided on alone."""
    for part in PARTS_OF[address.split("/")[1]]:
        read_propensity(f"{address}: {part}.json", json.loads(texts[f"{part}.json"]), texts[f"{part}.txt"])
    if "uplift.json" in texts:
        trees = texts["uplift_of_contacted.txt"], texts["uplift_of_controls.txt"]
        read_uplift(f"{address}: uplift.json", json.loads(texts["uplift.json"]), *trees)
    return f"{manifest.business_date}-{manifest.digest[:12]}"


def _open(options: Namespace) -> Opened:
    settings = read_settings()
    lake = open_lake(settings)
    resolver = Resolver(lake, settings)
    model = getattr(options, "model", CREDIT_SCORE)  # shadow and retire are of the credit score alone
    return Opened(lake, resolver.registry, resolver, f"models/{model}")
