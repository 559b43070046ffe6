"""Pairs of records followed from the strongest to the weakest, never across a conflict.

Most groups of records have none: whoever hangs together by pairs, with one national id at most and not too many
records, is one cluster. Only the other groups are walked through, level by level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from jobs.customers.numbered_pairs import NumberedPairs
from jobs.relations.graph import Numbers
from jobs.relations.union import Marks, joined

NO_IDENTITY = -1
NOBODY = -1
MOST_BITS = 40
REVIEWED = MOST_BITS + 1
"""Strength is the binary logarithm of the odds, in whole bits, as weights of evidence are counted since Fellegi and
Sunter 1969: a smaller difference decides nothing between two candidates. What a reviewer said is stronger than all."""

CONFLICTING, SAID_NO, TWO_CANDIDATES, TOO_MANY = 1, 2, 3, 4

Edge = tuple[int, int, int]
"""The position of a pair, and the groups at its ends."""


def refuse_conflicts(
    pairs: NumberedPairs, identity: Numbers, before: Numbers, apart: NumberedPairs, *, most_records: int
) -> Numbers:
    """For each pair 0, or the number of the reason for which it is not followed.

    identity: of each record, equal for equal national ids; NO_IDENTITY for none. before: equal for records that were
    one customer, NOBODY for a new one. apart: records a reviewer parted.
    """
    group = pairs.groups()
    is_doubtful = _has_two_identities(group, identity) | (np.bincount(group, minlength=pairs.count) > most_records)
    is_doubtful[group[apart.left][group[apart.left] == group[apart.right]]] = True
    reason = np.zeros(len(pairs.left), dtype=np.int64)
    suspects = np.flatnonzero(is_doubtful[group[pairs.left]])
    suspects = suspects[np.argsort(_turn(pairs, before)[suspects])]
    strengths = _strengths(pairs)
    groups = _Groups(identity, list(zip(apart.left.tolist(), apart.right.tolist(), strict=True)), most_records)
    for strength in np.unique(strengths[suspects])[::-1]:
        chosen = suspects[strengths[suspects] == strength]
        ends = zip(chosen.tolist(), pairs.left[chosen].tolist(), pairs.right[chosen].tolist(), strict=True)
        refused = groups.follow(ends, is_bounded=strength < REVIEWED)
        reason[list(refused)] = list(refused.values())
    group = pairs.groups(reason == 0)
    return np.where(group[pairs.left] == group[pairs.right], 0, reason)  # refused once, and met on another way


def _strengths(pairs: NumberedPairs) -> Numbers:
    wrong = np.clip(1 - pairs.probability, 2.0**-MOST_BITS, 1 - 2.0**-MOST_BITS)
    bits = np.rint(np.log2((1 - wrong) / wrong)).astype(np.int64)
    return np.where(pairs.is_reviewed, REVIEWED, np.minimum(bits, MOST_BITS))


def _turn(pairs: NumberedPairs, before: Numbers) -> Numbers:
    """The place of each pair in the order in which pairs of one strength fill a group that has a ceiling.

    Pairs within a customer of before come first, then those of the records longest known; a newcomer displaces nobody.
    """
    is_new = before == NOBODY
    rank = np.empty(pairs.count, dtype=np.int64)
    rank[np.lexsort((np.arange(pairs.count), is_new))] = np.arange(pairs.count)
    left, right = rank[pairs.left], rank[pairs.right]
    is_other = is_new[pairs.left] | (before[pairs.left] != before[pairs.right])
    turn = np.empty(len(left), dtype=np.int64)
    turn[np.lexsort((np.minimum(left, right), np.maximum(left, right), is_other))] = np.arange(len(left))
    return turn


def _has_two_identities(group: Numbers, identity: Numbers) -> Marks:
    """Whether the group of that number holds two national ids."""
    given = identity != NO_IDENTITY
    smallest, largest = np.full(len(group), np.iinfo(np.int64).max), np.full(len(group), -1, dtype=np.int64)
    np.minimum.at(smallest, group[given], identity[given])
    np.maximum.at(largest, group[given], identity[given])
    return np.asarray((largest >= 0) & (smallest != largest))


@dataclass
class _Groups:
    """Records that belong together so far; a group is called by one of its records."""

    identity_of: Numbers
    apart: Sequence[tuple[int, int]]
    most_records: int
    parent: dict[int, int] = field(default_factory=dict)
    size: dict[int, int] = field(default_factory=lambda: defaultdict(lambda: 1))
    identity: dict[int, int] = field(default_factory=dict)
    enemies: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for one, other in self.apart:
            self.enemies[one].add(other)
            self.enemies[other].add(one)

    def follow(self, pairs: Iterable[Edge], *, is_bounded: bool) -> dict[int, int]:
        """Unite by pairs of one strength; the refused ones with their reasons.

        All pairs are judged by the groups as they were before, so that their order decides nothing but who still finds
        room in a group that would become too large: pairs come in their turn.
        """
        edges = [(pair, self._group(left), self._group(right)) for pair, left, right in pairs]
        refused: dict[int, int] = {}
        for keep_apart in (self._across_identities, self._across_a_no, self._to_two_candidates):
            found = keep_apart([edge for edge in edges if edge[0] not in refused])
            refused |= found
        for members, inside in _connected([edge for edge in edges if edge[0] not in refused]):
            if is_bounded and sum(self.size[member] for member in members) > self.most_records:
                refused |= self._fill(inside)
            elif self._holds_enemies(members):
                refused |= {pair: SAID_NO for pair, *_ in inside}
            else:
                self._unite(members)
        return refused

    def _fill(self, edges: Sequence[Edge]) -> dict[int, int]:
        """Unite by one pair after the other up to the ceiling, and refuse the surplus."""
        refused: dict[int, int] = {}
        for pair, one, other in edges:
            left, right = self._group(one), self._group(other)
            if left == right:
                continue
            if self.size[left] + self.size[right] > self.most_records:
                refused[pair] = TOO_MANY
            elif self._holds_enemies({left, right}):
                refused[pair] = SAID_NO
            else:
                self._unite({left, right})
        return refused

    def _group(self, record: int) -> int:
        while self.parent.get(record, record) != record:
            self.parent[record] = self.parent.get(self.parent[record], self.parent[record])
            record = self.parent[record]
        return record

    def _identity(self, group: int) -> int:
        return self.identity.get(group, int(self.identity_of[group]))

    def _across_identities(self, edges: Sequence[Edge]) -> dict[int, int]:
        both = ((pair, self._identity(one), self._identity(other)) for pair, one, other in edges)
        return {pair: CONFLICTING for pair, one, other in both if NO_IDENTITY not in (one, other) and one != other}

    def _across_a_no(self, edges: Sequence[Edge]) -> dict[int, int]:
        return {pair: SAID_NO for pair, one, other in edges if one != other and self._holds_enemies({one, other})}

    def _to_two_candidates(self, edges: Sequence[Edge]) -> dict[int, int]:
        """Pairs of groups without national id from which two different ones are reached: nobody knows which is right.

        Two that are tied to each other and to twins are kept from both twins and from each other.
        """
        reached = self._reached(edges)
        return {
            pair: TWO_CANDIDATES
            for pair, one, other in edges
            if one != other and (len(reached[one]) > 1 or len(reached[other]) > 1)
        }

    def _reached(self, edges: Sequence[Edge]) -> Mapping[int, set[int]]:
        """The national ids that each group has, or reaches through groups without one."""
        ends = {group for _, *pair in edges for group in pair}
        reached = {group: {identity} - {NO_IDENTITY} for group in ends for identity in (self._identity(group),)}
        without = [edge for edge in edges if NO_IDENTITY in (self._identity(edge[1]), self._identity(edge[2]))]
        is_settled = False
        while not is_settled:
            is_settled = True
            for _, one, other in without:
                for group, near in ((one, other), (other, one)):
                    if self._identity(group) == NO_IDENTITY and not reached[near] <= reached[group]:
                        reached[group] |= reached[near]
                        is_settled = False
        return reached

    def _holds_enemies(self, groups: Iterable[int]) -> bool:
        members = set(groups)
        return any(self._group(enemy) in members for group in members for enemy in self.enemies.get(group, ()))

    def _unite(self, groups: Iterable[int]) -> None:
        first, *others = sorted(groups)
        identity = max(self._identity(group) for group in (first, *others))
        for group in others:
            self.parent[group] = first
            self.size[first] += self.size[group]
            self.enemies[first] |= self.enemies.get(group, set())
        self.identity[first] = identity


def _connected(edges: Sequence[Edge]) -> list[tuple[set[int], list[Edge]]]:
    """The groups that hang together by edges, with the edges between them in their order."""
    numbers = {group: number for number, group in enumerate(sorted({end for _, *ends in edges for end in ends}))}
    left, right = (np.array([numbers[edge[side]] for edge in edges], dtype=np.int64) for side in (1, 2))
    label = joined(len(numbers), left, right)
    members: dict[int, set[int]] = defaultdict(set)
    for group, number in numbers.items():
        members[int(label[number])].add(group)
    inside: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        inside[int(label[numbers[edge[1]]])].append(edge)
    return [(members[name], inside[name]) for name in sorted(members)]
