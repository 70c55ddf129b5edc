"""A real classifier that a package carries: how likely an English text is offensive."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.testbed.resources import Say, resource


@dataclass(frozen=True)
class OffenceClassifier:
    """TF-IDF over words and a linear SVM with calibrated probabilities. It knows words, not what is meant by them."""

    model: Any
    vectorizer: Any

    def __call__(self, texts: Sequence[str]) -> list[float]:
        """The probability that each text is offensive."""
        if not len(texts):
            return []
        chances: list[float] = self.model.predict_proba(self.vectorizer.transform(list(texts)))[:, 1].tolist()
        return chances


def load_offence_classifier(*, say: Say | None = None) -> OffenceClassifier:
    """Load the classifier of alt-profanity-check, fetched first where it is not here.

    Its files are pickles: nothing but the pinned package's own, by its SHA-256, is ever read.

    Raises:
        NotFetchedError: It is not here and cannot be fetched.
        ValueError: The scikit-learn that is installed is not the one that the files were written by.
    """
    import joblib  # type: ignore[import-untyped]  # noqa: PLC0415 - both for who asks for it alone
    from sklearn.exceptions import InconsistentVersionWarning  # type: ignore[import-untyped]  # noqa: PLC0415

    known = resource("alt-profanity-check")
    model, vectorizer = known.fetch(say=say)
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            return OffenceClassifier(joblib.load(model), joblib.load(vectorizer))
        except Exception as error:  # noqa: BLE001 - another version fails in many ways
            why = str(error).splitlines()[0]
            raise ValueError(f"{known.package} {known.version} needs the scikit-learn of its files: {why}") from None
