"""PostEntry: carries out one item of the plan."""
