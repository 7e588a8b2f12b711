"""The questions that come with a sample: `questions.toml` beside its lines, for `knownwhen demo` to print."""

import tomllib
from uuid import UUID

from domain.values.text_types import Strict
from service.runtime import package_files


class SampleQuestion(Strict, frozen=True):
    """A question about the first incident of a sample, on the reported clock.

    With `before_report`, it is asked as of the position before that report; `words` then name the `{position}`.
    """

    words: str
    reported_until: str
    before_report: UUID | None = None


class SampleQuestions(Strict, frozen=True):
    """What a sample is asked; `sentence` is how the sentence of `state/1` begins that answers."""

    heading: str
    sentence: str
    questions: tuple[SampleQuestion, ...]


def questions_of(name: str) -> SampleQuestions:
    """Return the questions of a sample that comes with Knownwhen."""
    return SampleQuestions.model_validate(
        tomllib.loads((package_files.samples() / name / "questions.toml").read_text("utf-8"))
    )
