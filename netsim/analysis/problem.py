"""Questions that cannot be asked."""


class AnalysisProblem(Exception):
    """A question that makes no sense in this world: an unknown place, a target that cannot be read. The text is one line."""
