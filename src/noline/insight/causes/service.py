"""The door of the room: where something happens too often, and what a treatment changed."""

from typing import Any

from noline.insight.causes import effects, searching
from noline.insight.causes.model import Among, Cases, CasesWrong, Effect, Finding, Method, Search

_WORDS = {
    "where": ""
    "Every value of every dimension, and every pair of values of two dimensions, is a part. Parts with at least "
    "30 persons and 5 cases are compared with all other persons. A part is told when its share is higher than "
    "that of all others: Newcombe's 95 % interval of the difference lies above 0, and the exact chance "
    "(hypergeometric, twice the tail), adjusted for all parts compared (Benjamini-Hochberg), is below 5 %. excess "
    "cases = cases - persons x the share of the others; contribution = excess cases / all cases; their intervals "
    "draw persons anew, 500 times. The surest part is taken first. A part that no longer stands out without the "
    "persons of those taken before is told as because of them; so is a part taken before, when smaller parts "
    "inside explain it. All of it is association: something else may be the cause of both.",
    "control": ""
    "The share of the treated less that of the control group, with Newcombe's 95 % interval. Refused when the "
    "groups differ beyond chance in anything known before (adjusted p below 0.001): then chance did not draw "
    "them.",
    "doubly_robust": ""
    "Models of the chance to be treated, and of the outcome in each group (logistic, a small ridge), are put "
    "together (augmented inverse probability weighting): the answer is right when the one or the others are. The "
    "interval is that of the influence function, with those of the models in it. Overlap is the share of the "
    "persons whose chance to be treated lies from 0.1 to 0.9, or, where the effect among the treated is asked, the "
    "share of the treated whose chance is at most 0.9; below 0.8 the answer is refused. It is causal only if nothing "
    "unmeasured differs; hidden_needed says how strong such a thing would have to be (E-value, VanderWeele and Ding "
    "2017).",
}


class Causes:
    """Answers about tables of cases; it keeps nothing."""

    def where(self, cases: Cases) -> list[Finding]:
        """Parts to which it happens more often than to the others, those that stand for themselves first."""
        return list(self.searched(cases).findings)

    def searched(self, cases: Cases) -> Search:
        """The same, with how many parts were compared and the base rate."""
        return searching.searched(cases)

    def effect(self, cases: Cases, method: Method = "control", *, among: Among = "everybody") -> Effect:
        """What the treatment changed.

        method: `control`, when chance drew who was treated; `doubly_robust`, when it did not. among: with the second,
        whose effect: that of `everybody`, or of the `treated`; where few are treated (a friction, mostly) only the
        second can be told. Raises NoTreatment, TooFewTreated, GroupsDiffer, OutcomeDecided, OverlapTooSmall, and
        CasesWrong for a method that there is not.
        """
        if method == "control":
            return effects.by_control(cases)
        if method == "doubly_robust":
            return effects.doubly_robust(cases, among)
        raise CasesWrong(why=f"there is no method {method!r}, only control and doubly_robust")

    def counted(self, question: str) -> dict[str, Any]:
        """How `where`, `control` or `doubly_robust` is counted: `words`, `sql` (none here) and `parameters`.

        Raises CasesWrong for another question.
        """
        if question not in _WORDS:
            raise CasesWrong(why=f"there is no question {question!r}, only {', '.join(_WORDS)}")
        return {"words": _WORDS[question], "sql": "", "parameters": {}}
