"""Points of keys, kept: what was read once need not be read and checked again.

Reading a key takes a square root and a check of its subgroup, and is most of verifying an
aggregate; a set of validators signs with the same keys in every epoch. What is kept is
known by the bytes that it was read from, so it changes no result. It is beside the
protocol, which remembers nothing.
"""

import attrs

from statemachine.crypto.bls import Backend, Point

DEFAULT_LIMIT = 131_072
"""Keys whose points are kept, some 400 bytes each with the native backend."""


@attrs.define(eq=False)
class KeptPoints:
    """The points of keys that were read and found good; those that came first go first."""

    backend: Backend
    limit: int = DEFAULT_LIMIT
    points: dict[bytes, Point] = attrs.field(factory=dict)
    _read: tuple[bytes, Point] = (b"", None)
    """The key that was read last, of which it is not known yet whether it is good."""

    def known_key(self, encoded: object) -> Point | None:
        """Return the point of a good key, if it is kept."""
        return self.points.get(encoded) if isinstance(encoded, bytes) else None

    def decompress_key(self, encoded: bytes) -> Point:
        """Return the point of a key. Raises NotOnCurve."""
        point = self.backend.decompress_key(encoded)
        self._read = (encoded, point)
        return point

    def key_in_subgroup(self, point: Point) -> bool:
        """Say whether a point is in the subgroup, and keep it if it is and was just read."""
        good = self.backend.key_in_subgroup(point)
        encoded, read = self._read
        if good and read is point:
            if len(self.points) >= self.limit:
                del self.points[next(iter(self.points))]
            self.points[encoded] = point
        return good


def with_kept_points(backend: Backend, limit: int = DEFAULT_LIMIT) -> Backend:
    """Return a backend that does the same, and keeps the points of the keys that it reads."""
    kept = KeptPoints(backend, limit)
    return attrs.evolve(
        backend,
        decompress_key=kept.decompress_key,
        key_in_subgroup=kept.key_in_subgroup,
        known_key=kept.known_key,
    )
