"""How hard Hypothesis tries where `make mutants` runs the tests thousands of times: briefly, without explaining."""

from hypothesis import Phase, settings

settings.register_profile(
    "mutants", parent=settings.get_profile("dev"), max_examples=30, phases=(Phase.explicit, Phase.generate)
)
