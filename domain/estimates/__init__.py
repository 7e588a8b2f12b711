"""From claims to estimates: the claim index, what a policy is given, exclusion, dominance, and withdrawal."""
