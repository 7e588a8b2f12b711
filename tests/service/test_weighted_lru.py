"""A cache evicts what was used longest ago, by weight."""

from service.runtime.weighted_lru import WeightedLRU


def test_the_least_recently_used_entries_are_evicted_until_the_rest_is_light_enough() -> None:
    cache = WeightedLRU[str, int](10)
    for number, key in enumerate("abc"):
        cache.put(key, number, 3)
    assert cache.get("a") == 0, "which marks it as used"
    assert cache.put("d", 3, 4) == [1]
    assert (list(cache), cache.weight) == (["c", "a", "d"], 10)
    cache.put("e", 4, 8)
    assert (list(cache), cache.weight) == (["e"], 8)


def test_an_entry_that_grows_is_weighed_anew() -> None:
    cache = WeightedLRU[str, int](10)
    cache.put("a", 1, 3)
    cache.put("b", 2, 3)
    cache.put("a", 3, 8)
    assert ("b" in cache, cache.get("a"), cache.weight) == (False, 3, 8)


def test_an_entry_heavier_than_the_capacity_is_kept_alone() -> None:
    cache = WeightedLRU[str, int](10)
    cache.put("a", 1, 3)
    cache.put("b", 2, 30)
    assert (list(cache), len(cache), cache.get("b"), cache.get("a")) == (["b"], 1, 2, None)


def test_a_removed_entry_weighs_nothing() -> None:
    cache = WeightedLRU[str, int](10)
    cache.put("a", 1, 3)
    assert (cache.pop("a"), cache.pop("a"), cache.weight, len(cache)) == (1, None, 0, 0)
