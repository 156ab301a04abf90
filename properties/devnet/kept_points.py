"""Points of keys, kept: what was read once need not be read and checked again.

Reading a key takes a square root and a check of its subgroup, and is most of verifying an
aggregate; a set of validators signs with the same keys in every epoch. What is kept is
known by the bytes that it was read from, so it changes no result. It is beside the
protocol, which remembers nothing.
"""

from collections import OrderedDict

import attrs

from statemachine.crypto.bls import Backend, Point

DEFAULT_LIMIT = 131_072
"""Keys whose points are kept, some 400 bytes each with the native backend."""


@attrs.define(eq=False)
class KeptPoints:
    """The points of the keys that were read last; those that were used longest ago go first."""

    backend: Backend
    limit: int = DEFAULT_LIMIT
    points: OrderedDict[bytes, Point] = attrs.field(factory=OrderedDict)
    good: set[int] = attrs.field(factory=set)
    """The identities of those of them that are known to be in the subgroup."""

    def decompress_key(self, encoded: bytes) -> Point:
        """Return the point of a key, the same object as long as it is kept. Raises NotOnCurve."""
        point = self.points.get(encoded)
        if point is not None:
            self.points.move_to_end(encoded)
            return point
        point = self.backend.decompress_key(encoded)
        self.points[encoded] = point
        if len(self.points) > self.limit:
            _, oldest = self.points.popitem(last=False)
            self.good.discard(id(oldest))
        return point

    def key_in_subgroup(self, point: Point) -> bool:
        """Say whether a point is in the subgroup; of one that is kept, this is known."""
        if id(point) in self.good:
            return True
        is_good = self.backend.key_in_subgroup(point)
        if is_good and self._is_kept(point):
            self.good.add(id(point))
        return is_good

    def _is_kept(self, point: Point) -> bool:
        # It is asked about a key that was read just now.
        return bool(self.points) and next(reversed(self.points.values())) is point


def with_kept_points(backend: Backend, limit: int = DEFAULT_LIMIT) -> Backend:
    """Return a backend that does the same, and keeps the points of the keys that it reads."""
    kept = KeptPoints(backend, limit)
    return attrs.evolve(
        backend, decompress_key=kept.decompress_key, key_in_subgroup=kept.key_in_subgroup
    )
